"""The operator's law folder on disk: read again when it changes, and never half-read."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

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
    law = LawFolder(tmp_path)
    before = law.on(DAY)
    assert "eo13984" not in before.resting
    write(tmp_path / "adopt.yaml", ADOPTED, 1)
    assert "eo13984" in law.on(DAY).resting
    assert law.on(DAY) is law.on(DAY)
    (tmp_path / "adopt.yaml").unlink()
    assert law.on(DAY).edition == before.edition
    assert law.fault() == ""


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
