"""The operator's law folder on disk: read again when it changes, and never half-read."""

from __future__ import annotations

import os
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gatebook.errors import LawError
from gatebook.store.law_folder import LawFolder

DAY = date(2026, 11, 24)
ADOPTED = "- {source: eo13984, begins: 2026-01-01}\n"
_NS = 10**9


def write(path: Path, text: str, turn: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    os.utime(path, ns=(turn * _NS, turn * _NS))  # two writes within one tick of a coarse clock are two states


def test_an_adoption_counts_without_a_restart(tmp_path: Path) -> None:
    # Breaks when a running house goes on under the law it was started with.
    write(tmp_path / "adopt.yaml", "[]\n", 1)
    law = LawFolder(tmp_path)
    before = law.on(DAY)
    assert "eo13984" not in before.resting
    write(tmp_path / "adopt.yaml", ADOPTED, 2)
    assert "eo13984" in law.on(DAY).resting
    assert law.on(DAY) is law.on(DAY)
    write(tmp_path / "adopt.yaml", "[]\n", 3)
    assert law.on(DAY).edition == before.edition
    assert law.fault() == ""


@pytest.mark.parametrize("lose", [lambda path: path.unlink(), lambda path: path.write_text("\n")])
def test_a_lost_adoption_is_a_fault_and_not_a_house_that_adopted_nothing(tmp_path: Path, lose: Any) -> None:
    # Breaks when a deleted or truncated file quietly sets the order aside.
    write(tmp_path / "adopt.yaml", ADOPTED, 1)
    law = LawFolder(tmp_path)
    before = law.on(DAY)
    lose(tmp_path / "adopt.yaml")
    assert law.on(DAY) is before
    assert "adopt.yaml" in law.fault()
    with pytest.raises(LawError, match=r"adopt\.yaml"):
        LawFolder(tmp_path)


def test_a_file_with_another_ending_is_refused_rather_than_passed_over(tmp_path: Path) -> None:
    # Breaks when an operator's override under .yml is believed to hold and does not.
    write(tmp_path / "adopt.yaml", ADOPTED, 1)
    write(tmp_path / "house" / "parameters" / "adult_age.yml", "means: m\n", 1)
    with pytest.raises(LawError, match=r"adult_age\.yml"):
        LawFolder(tmp_path)


def test_a_law_read_anew_takes_its_days_with_it(tmp_path: Path) -> None:
    # Breaks when a day asked while the folder was being read again keeps the old law for good.
    write(tmp_path / "adopt.yaml", ADOPTED, 1)
    law, stop, seen = LawFolder(tmp_path), threading.Event(), set[str]()

    def ask() -> None:
        while not stop.is_set():
            seen.add(law.on(DAY).edition)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for turn in range(2, 12):
        write(tmp_path / "adopt.yaml", ADOPTED if turn % 2 else "[]\n", turn)
        assert ("eo13984" in law.on(DAY).resting) == bool(turn % 2)
    stop.set()
    for asker in askers:
        asker.join()
    assert len(seen) <= 2


@pytest.mark.parametrize("text", ["- {source: nowhere, begins: 2026-01-01}\n", "- [", "\udcff"])
def test_a_folder_that_became_unreadable_leaves_the_law_and_says_so(tmp_path: Path, text: str) -> None:
    # Breaks when a half-saved file stops every determination, or is passed over without a word.
    write(tmp_path / "adopt.yaml", ADOPTED, 1)
    law = LawFolder(tmp_path)
    (tmp_path / "adopt.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    os.utime(tmp_path / "adopt.yaml", ns=(2 * _NS, 2 * _NS))
    assert "eo13984" in law.on(DAY).resting
    assert law.fault()
    with pytest.raises(LawError):
        LawFolder(tmp_path)
    write(tmp_path / "adopt.yaml", ADOPTED, 3)
    assert law.fault() == ""
