"""Folders of lists and packed files: no list takes another's place, and nothing is cut off in silence."""

from __future__ import annotations

import gzip

import pytest

import list_samples
from gatebook.errors import ListError
from gatebook.screen.lists.detect import Folder, load_files, load_folder

ROW = '{0},"NOBODY {1}",-0- ,X,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n'


def own(*names: str) -> bytes:
    return "\n".join(["id,name", *(f"{n},{name}" for n, name in enumerate(names))]).encode()


def sdn(*uids: int) -> bytes:
    return "".join(ROW.format(uid, chr(65 + uid)) for uid in uids).encode()


def everybody(found: Folder) -> list[str]:
    return sorted(party.names[0].text for edition in found.editions for party in edition.parties)


def test_lists_of_one_name_in_several_folders_are_all_loaded() -> None:
    # Breaks when the folder or the ending of a file is no part of what tells lists apart.
    found = load_folder({"L/a/list.csv": own("Ann"), "L/b/list.csv": own("Bob"), "L\\list.txt": own("Cid")})
    assert found.refused == () and everybody(found) == ["Ann", "Bob", "Cid"]
    assert len({edition.list_id for edition in found.editions}) == 3
    assert load_folder({"list.csv": own("Ann")}).editions[0].list_id == "own-list"


def test_tables_of_two_years_in_two_folders_are_not_joined() -> None:
    # Breaks when the other names of one year are put to the parties of another.
    alt = b'1,7,"aka","SOMEBODY ELSE",-0- \n'
    found = load_folder({"2022/sdn.csv": sdn(1), "2022/alt.csv": alt, "2023/sdn.csv": sdn(1, 2)})
    assert [(len(e.parties), len(e.parties[0].names)) for e in found.editions] == [(1, 2), (2, 1)]


def test_two_files_for_one_part_of_a_list_are_refused_in_words() -> None:
    # Breaks when a packed file and a plain one take each other's place.
    files = {"sdn.csv": sdn(1), "sdn.csv.gz": gzip.compress(sdn(1, 2))}
    with pytest.raises(ListError, match="two files are the sdn file"):
        load_files(files, "x")
    found = load_folder({**files, "other/own.csv": own("Ann")})
    assert everybody(found) == ["Ann"]
    assert found.refused == (("sdn.csv, sdn.csv.gz", "two files are the sdn file of one list; give one"),)
    csl = b"source,entity_number,name,alt_names,ids\nX (X),1,NOBODY,,\n"
    with pytest.raises(ListError, match="as CSV and as JSON"):
        load_files({"csl.csv": csl, "csl.json": list_samples.CSL_JSON}, "x")
    assert len(load_folder({"csl.csv": csl, "csl.json": list_samples.CSL_JSON}).editions) == 2


def test_two_lists_of_one_long_name_have_two_ids() -> None:
    # Breaks when two lists stand under one id, so that one hides the other wherever ids are keys.
    stem = "a-very-long-name-of-a-list-that-is-cut-off-here"
    found = load_folder({f"{stem}-one.csv": own("Ann"), f"{stem}-two.csv": own("Bob")})
    ids = [edition.list_id for edition in found.editions]
    assert len(set(ids)) == 2 and all(len(one) <= 40 for one in ids)
    assert all(edition.list_id.endswith(edition.digest[:8]) for edition in found.editions)


def test_the_very_same_list_twice_is_said() -> None:
    # Breaks when a copy of a list is compared with as another one, or vanishes unsaid.
    found = load_folder({"a/list.csv": own("Ann"), "b/list.csv": own("Ann")})
    assert len(found.editions) == 1 and found.refused == (("b/list.csv", "the same list as a/list.csv"),)


def test_all_members_of_a_gzip_are_read() -> None:
    # Breaks when a file packed in several goes ends after the first.
    packed = gzip.compress(sdn(1)) + gzip.compress(sdn(2)) + b"\x00" * 512
    assert [p.party_id for p in load_files({"sdn.csv.gz": packed}, "x").parties] == ["1", "2"]
    for behind in (b"rubbish", sdn(3)):
        with pytest.raises(ListError, match="something else behind it"):
            load_files({"sdn.csv.gz": packed + behind}, "x")
    with pytest.raises(ListError, match="cut off"):
        load_files({"sdn.csv.gz": packed[: -512 - 9]}, "x")
    with pytest.raises(ListError, match="empty"):
        load_files({"sdn.csv.gz": b""}, "x")
