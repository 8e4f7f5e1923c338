"""A layout that is kept answers as one just made, and one of other names is passed over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from gatebook.screen.certificate import certify
from gatebook.screen.index import CompleteIndex
from gatebook.screen.lists.detect import load_files
from gatebook.screen.party import ListEdition
from gatebook.screen.screening import Query, ScreenSettings
from gatebook.store.kept_index import made_index
from gatebook.wiring.lists import sample_list

ASKED = ("Grigor Voronovsky", "Al Qasrawi Haidar", "Lantern Hosting", "Voronovskygrigor", "MHMMD", "J. Doe", "\u738b")
SETTINGS = ScreenSettings(500)


@pytest.fixture(scope="module")
def edition() -> ListEdition:
    return load_files(sample_list(), "sample")


def answers(index: CompleteIndex) -> list[object]:
    queries = [Query((text,)) for text in ASKED]
    return [*index.screen_many(queries), *(certify(index, query) for query in queries)]


def test_a_kept_layout_gives_the_same_answers(tmp_path: Path, edition: ListEdition) -> None:
    # Breaks when what is laid down and taken up again is another index.
    first, again = (made_index(tmp_path, [edition], SETTINGS) for _ in range(2))
    assert (first.shelf.is_taken_up, again.shelf.is_taken_up) == (False, True)
    assert answers(first) == answers(again) == answers(CompleteIndex([edition], SETTINGS))


def test_a_layout_of_other_names_or_bytes_is_passed_over(tmp_path: Path, edition: ListEdition) -> None:
    # Breaks when a changed list, or a file cut off or spoilt, is answered from.
    made_index(tmp_path, [edition], SETTINGS)
    fewer = replace(edition, parties=edition.parties[1:])  # the same digest on purpose
    assert not made_index(tmp_path, [fewer], SETTINGS).shelf.is_taken_up
    assert made_index(tmp_path, [fewer], SETTINGS).shelf.is_taken_up
    (path,) = tmp_path.glob("*.index")
    whole = path.read_bytes()
    for spoilt in (b"", whole[:-1], whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]):
        path.write_bytes(spoilt)
        assert not made_index(tmp_path, [fewer], SETTINGS).shelf.is_taken_up
        assert made_index(tmp_path, [fewer], SETTINGS).shelf.is_taken_up
    assert not CompleteIndex([fewer], SETTINGS, kept=b"\xc1").shelf.is_taken_up


def test_several_may_keep_it_at_once(tmp_path: Path, edition: ListEdition) -> None:
    # Breaks when two that lay out the same lists spoil each other's file, or a folder cannot be written.
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: made_index(tmp_path, [edition], SETTINGS), range(4)))
    assert len({str(answers(index)) for index in made}) == 1
    assert made_index(tmp_path, [edition], SETTINGS).shelf.is_taken_up
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    assert not made_index(blocked, [edition], SETTINGS).shelf.is_taken_up


def test_old_layouts_are_cleared_away(tmp_path: Path, edition: ListEdition) -> None:
    # Breaks when every edition ever loaded leaves its layout behind.
    for n in range(5):
        made_index(tmp_path, [replace(edition, digest=f"{n:064d}")], SETTINGS)
    assert len(list(tmp_path.glob("*"))) == 3
