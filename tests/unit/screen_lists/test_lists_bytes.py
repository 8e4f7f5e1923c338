"""The bytes of lists: broken letters, foreign alphabets, end-of-file marks and long cells."""

from __future__ import annotations

import csv
import json

import pytest

from gatebook.errors import ListError
from gatebook.screen.lists.detect import load_files, load_folder

ROW = '{0},"{1}",-0- ,X,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,{2}\r\n'
GOOD = "1,Рамзан\n2,José\n3,Ольга\n"


def texts(files: dict[str, bytes]) -> list[str]:
    return [name.text for party in load_files(files, "x").parties for name in party.names]


def test_a_broken_byte_costs_its_row_and_no_other() -> None:
    # Breaks when one byte that is no UTF-8 makes a whole list unreadable words.
    broken = f"id,name\n{GOOD}".encode().replace("José".encode(), b"Jos\xe9")
    edition = load_files({"own.csv": broken}, "x")
    assert [p.names[0].text for p in edition.parties] == ["Рамзан", "Ольга"]
    assert edition.report.refused == (("own:1", "header"), ("own:3", "not-utf-8"))
    rows = "".join(ROW.format(n, name, "-0- ") for n, name in ((1, "ÄÄ"), (2, "ÖÖ"), (3, "Jos?")))
    edition = load_files({"sdn.csv": rows.encode().replace(b"Jos?", b"Jos\xe9")}, "x")
    assert [p.party_id for p in edition.parties] == ["1", "2"]
    assert edition.report.refused == (("sdn:3", "not-utf-8"),)


def test_a_broken_byte_in_json_costs_its_entity() -> None:
    # Breaks when half a letter reaches the index, or takes good entities with it.
    lines = [{"id": str(n), "schema": "Person", "properties": {"name": [f"Ольга {n}"]}} for n in range(3)]
    data = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    edition = load_files({"x.jsonl": data.replace(b" 1", b"\xff1")}, "x")
    assert [p.party_id for p in edition.parties] == ["0", "2"] and edition.report.refused == (("ftm:2", "not-utf-8"),)
    rows = [{"source": "A (A)", "name": f"Ольга {n}", "alt_names": []} for n in range(3)]
    data = json.dumps({"results": rows}, ensure_ascii=False).encode()
    edition = load_files({"csl.json": data.replace(b" 1", b"\xff1")}, "x")
    assert len(edition.parties) == 2 and edition.report.refused == (("csl:2", "not-utf-8"),)


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1251", ["Рамзан Кадыров", "Фёдор Соловьёв"]),
        ("koi8-r", ["Рамзан Кадыров"]),
        ("cp866", ["Рамзан Кадыров"]),
        ("cp1256", ["محمد حسن"]),
        ("cp1253", ["Γιώργος"]),
        ("cp1250", ["Wałęsa", "Łukasz"]),
        ("gbk", ["王小明", "李四"]),
        ("shift-jis", ["山田太郎"]),
    ],
)
def test_a_list_in_another_encoding_is_refused_in_words(encoding: str, names: list[str]) -> None:
    # Breaks when a list in a foreign encoding is loaded as letters that are like nobody.
    data = "\n".join(["id,name", *(f"{n},{name}" for n, name in enumerate(names))]).encode(encoding)
    with pytest.raises(ListError, match="save it as UTF-8"):
        load_files({"own.csv": data}, "x")
    assert "save it as UTF-8" in load_folder({"own.csv": data}).refused[0][1]


def test_western_letters_alone_are_still_read_and_said() -> None:
    # Breaks when an old Western file is refused, or is read without a word.
    names = ["José Núñez", "Françoise Müller", "Søren Ågård", "Seán O\u2019Brien", "Zoë \u00a0Šime"]
    data = "\n".join(["id,name", *(f"{n},{name}" for n, name in enumerate(names))]).encode("cp1252")
    edition = load_files({"own.csv": data}, "x")
    assert [p.names[0].text for p in edition.parties] == [" ".join(name.split()) for name in names]
    assert edition.report.unread == (("own", "encoding-taken-as-windows-1252"),)


def test_an_end_of_file_mark_glued_to_a_row_is_no_part_of_it() -> None:
    # Breaks when a DOS mark ends up in a name, or costs the row it stands behind.
    row = ROW.format(1, "NOBODY", "\"a.k.a. 'X Y'.\"").rstrip()
    assert texts({"sdn.csv": f"{row}\x1a\r\n".encode()}) == ["NOBODY", "X Y"]
    assert texts({"own.csv": b"id,name\n1,Nobody\x1a"}) == ["Nobody"]
    edition = load_files({"own.csv": b"id,name\n1,Nobody\r\n\x1a"}, "x")
    assert edition.report.refused == (("own:1", "header"), ("own:3", "end-of-file-mark"))


def test_long_cells_are_read_whoever_read_anything_before() -> None:
    # Breaks when the limit of a cell is that of whatever table was read last.
    data = b'id,name,note\n1,Nobody,"' + b"x" * 200_000 + b'"\n2,Another,\n'
    before = csv.field_size_limit(131_072)
    try:
        assert texts({"own.csv": data}) == ["Nobody", "Another"]
    finally:
        csv.field_size_limit(before)
