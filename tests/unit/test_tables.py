"""Tables of customers: rows where quotes stand in odd places, columns of every type, targets that are no targets."""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.errors import InvalidInput
from gatebook.outside.csv_rows import LONGEST_CELL, rows_of
from gatebook.outside.table_writers import check_target, write_rows
from gatebook.outside.tables import Table, list_files
from gatebook.screen.batches import PopulationScreen
from gatebook.screen.cells import NOT_TEXT, texts_of
from gatebook.screen.lists.detect import load_folder
from gatebook.wiring.lists import sample_list

KNOWN = ("id", "name", "born", "country", "kind", "number")


def rows(tmp_path: Path, text: str) -> list[tuple[str, str, str]]:
    """The id, name and fault of each row."""
    path = tmp_path / "people.csv"
    path.write_text(text, newline="")
    table = Table(path, ("id", "name"), KNOWN)
    found = [row for _, batch in table.parts(3) for row in batch.to_pylist()]
    assert [row["place"] for row in found] == list(range(1, table.rows + 1))
    return [(row["id"], row["name"], row["refused"]) for row in found]


def refused(reason: str) -> tuple[str, str, str]:
    return "", "", reason


OPEN, BROKEN, WIDE = refused("quote-never-closed"), refused("line-break-in-cell"), refused("other-number-of-cells")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('id,name\n1,"Bob Jones\n2,Saddam\n3,Carl\n', [OPEN, ("2", "Saddam", ""), ("3", "Carl", "")]),
        ('id,name\n1,Bob\n2,"Saddam', [("1", "Bob", ""), OPEN]),
        ('id,name\n1,"Bob\n2,"Saddam"\n3,"Carl"\n', [OPEN, ("2", "Saddam", ""), ("3", "Carl", "")]),
        ('id,name\r\n1,"Bob\r\n2,Saddam\r\n3,Carl"\r\n4,Dan\r\n', [BROKEN, ("2", "Saddam", ""), ("3", 'Carl"', ""), ("4", "Dan", "")]),
        ('id,name\n1,"Bob\nJones"\n2,Carl\n', [BROKEN, WIDE, ("2", "Carl", "")]),
        ('id,name,note\n1,Bob,"one\ntwo"\n2,Carl,x\n', [("1", "Bob", ""), ("2", "Carl", "")]),
        ('note,id,name\n"one\ntwo",1,Bob\nx,2,Carl\n', [("1", "Bob", ""), ("2", "Carl", "")]),
        ('id,name,note\n1,Bob,"one\n2,Saddam,x\n3,Carl,"\n', [BROKEN, ("2", "Saddam", ""), OPEN]),
        ('id,name,note\n1,Bob,"one\n2,Saddam,"\n', [BROKEN, OPEN]),
        ('id,name\n1,"Bob" Jones\n2,"Jim ""Kid"" Doe"\n3,O"Hara\n', [("1", "Bob Jones", ""), ("2", 'Jim "Kid" Doe', ""), ("3", 'O"Hara', "")]),
        ('id,name\n1,"Bob" Jones,"x\n2,Saddam\n', [OPEN, ("2", "Saddam", "")]),
        ("\n\nid,name\n\n1,Bob\n\n", [("1", "Bob", "")]),
        ("id,name\n", []),
        (f'id,name\n1,{"x" * (LONGEST_CELL + 1)}\n2,Bob\n', [refused("cell-too-long"), ("2", "Bob", "")]),
        (f'id,name\n1,"x\n{"y" * LONGEST_CELL},z\n2,Bob\n', [OPEN, ("y" * LONGEST_CELL, "z", ""), ("2", "Bob", "")]),
        ('id,"na\nme",name\n1,x,Bob\n', [("1", "Bob", "")]),
    ],
)  # fmt: skip
def test_a_quote_left_open_costs_its_own_row_alone(
    tmp_path: Path, text: str, found: list[tuple[str, str, str]]
) -> None:
    # Breaks when customers after a stray quote are hidden in a cell, and the count says that all is well.
    assert rows(tmp_path, text) == found


@pytest.mark.parametrize("text", ['id,"name\n1,Bob\n', 'id,name,"note\n1,Saddam,x\n2,Carl,y"\n'])
def test_a_header_that_swallows_rows_is_refused(tmp_path: Path, text: str) -> None:
    # Breaks when the first customers are read as the name of a column.
    with pytest.raises(InvalidInput) as caught:
        rows(tmp_path, text)
    assert "header cannot be told from what follows" in caught.value.problems[0].reason


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=8)


@given(st.lists(st.tuples(_CELL, _CELL, _CELL), min_size=1, max_size=8))
def test_what_a_writer_wrote_is_read_as_it_was(written: list[tuple[str, str, str]]) -> None:
    # Breaks when a good file is not read to the letter.
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("id", "name", "note"), *written])
    found = list(rows_of(io.StringIO(text.getvalue(), newline=""), 3, (0, 1)))
    assert [tuple(cells) for cells, _ in found[1:]] == written and not any(fault for _, fault in found[1:])


@given(st.lists(st.text('ab",', max_size=8), max_size=10))
def test_a_line_whatever_its_quotes_never_takes_a_good_line_with_it(lines: list[str]) -> None:
    # Breaks when any arrangement of quotes makes the row of somebody listed vanish.
    given_lines = ["id,name", *[piece for n, line in enumerate(lines) for piece in (line, f"{n},Saddam {n}")]]
    found = list(rows_of(io.StringIO("\n".join(given_lines) + "\n", newline=""), 2, (0, 1)))
    assert [cells for cells, fault in found if not fault and "Saddam" in cells[1]] == [
        [str(n), f"Saddam {n}"] for n in range(len(lines))
    ]


def parquet(tmp_path: Path, **columns: Any) -> Table:
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table({"id": ["1", "2"], "name": ["Grigor Voronovsky", "Bob"], **columns}), path)
    return Table(path, ("id", "name"), KNOWN)


DAY = dt.datetime(1971, 3, 14, 15, 9, 26, 535898)


@pytest.mark.parametrize(
    "born",
    [
        pa.array([DAY, None], pa.timestamp("ns")),
        pa.array([dt.datetime(1971, 3, 14), None], pa.timestamp("s")),
        pa.array([dt.datetime(1971, 3, 13, 23, 30, tzinfo=dt.UTC), None], pa.timestamp("us", "Europe/Paris")),
        pa.array([DAY.date(), None], pa.date64()),
        pa.array([[DAY.date()], None], pa.list_(pa.date32())),
        pa.array([DAY, None], pa.timestamp("us")).dictionary_encode(),
    ],
)
def test_an_instant_of_birth_is_a_day(tmp_path: Path, born: pa.Array) -> None:
    # Breaks when a birth kept as an instant, as data frames keep it, is compared with nothing.
    assert [cells["born"] for _, cells, _ in parquet(tmp_path, born=born).cells()] == ["1971-03-14", ""]
    work = PopulationScreen.of(load_folder(sample_list()).editions)
    found = pa.Table.from_batches(work(b for _, b in parquet(tmp_path, born=born).parts(10))).to_pylist()
    assert [(row["id"], row["grade"]) for row in found if row["what"] == "match"] == [("1", "confirmed")]


@pytest.mark.parametrize(
    ("country", "read", "unread"),
    [
        (pa.array([["RU", "Cyprus"], []]), ["RU;Cyprus", ""], 0),
        (pa.array([["RU", None], None], pa.large_list(pa.string())), ["RU", ""], 0),
        (pa.array([{"code": "RU"}, None]), [NOT_TEXT, ""], 1),
        (pa.array([[["RU"]], None]), [NOT_TEXT, ""], 1),
        (pa.array([[("RU", 1)], None], pa.map_(pa.string(), pa.int8())), [NOT_TEXT, ""], 1),
        (pa.array([dt.timedelta(1), None], pa.duration("s")), ["86400", ""], 1),
    ],
)
def test_several_values_in_a_cell_are_read_or_counted(
    tmp_path: Path, country: pa.Array, read: list[str], unread: int
) -> None:
    # Breaks when a column of lists ends in a traceback, or counts as one that says nothing.
    table = parquet(tmp_path, country=country)
    (batch,) = [batch for _, batch in table.parts(10)]
    assert texts_of(batch, "country") == read
    work = PopulationScreen.of(load_folder(sample_list()).editions)
    found = pa.Table.from_batches(work([batch])).to_pylist()
    assert f'"country-unread": {unread}' in found[-1]["words"] or not unread
    assert "country-unread" not in found[-1]["words"] or unread
    assert found[0]["id"] == "1" and found[0]["what"] == "match"


def test_identifiers_of_any_type_tell_two_apart(tmp_path: Path) -> None:
    # Breaks when an id that is an instant is cut to its day, or a UUID is no text.
    instants = pa.array([DAY, DAY + dt.timedelta(seconds=1)], pa.timestamp("us"))
    ids = pa.array([uuid.UUID(int=1).bytes, uuid.UUID(int=2).bytes], pa.uuid())
    for column in (instants, ids):
        batch = pa.RecordBatch.from_arrays([column], ["id"])
        assert len(set(texts_of(batch, "id"))) == 2 and NOT_TEXT not in texts_of(batch, "id")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,name,Name\n1,Bob,Saddam\n", "columns twice: name"),
        (b"id;name;born\n1;Bob;\n", "parted by semicolons"),
        (b"id\tname\n1\tBob\n", "parted by tabs"),
        ("id,name\n1,Bob\n".encode("utf-16"), "looks like UTF-16"),
        ("id,name\n1,Bob\n".encode("utf-16-be"), "looks like UTF-16"),
        (b"nom,id\n", "lacks the columns name"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_why(tmp_path: Path, content: bytes, said: str) -> None:
    # Breaks when a spreadsheet's other way of saving reads as a file without names.
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        Table(path, ("id", "name"), KNOWN)
    assert said in caught.value.problems[0].reason


def test_a_parquet_file_with_a_column_twice_or_names_in_lists_is_refused(tmp_path: Path) -> None:
    # Breaks when such a file ends in a traceback, after hours or at once.
    path = tmp_path / "people.parquet"
    for names, column in ((["id", "name", "name"], ["Bob"]), (["id", "name", "NAME"], ["Bob"])):
        pq.write_table(pa.Table.from_arrays([pa.array(["1"]), pa.array(column), pa.array(["x"])], names), path)
        with pytest.raises(InvalidInput, match="cannot be read") as caught:
            Table(path, ("id", "name"), KNOWN)
        assert "twice" in caught.value.problems[0].reason
    pq.write_table(pa.table({"id": ["1"], "name": [["Bob", "Rob"]]}), path)
    with pytest.raises(InvalidInput) as caught:
        Table(path, ("id", "name"), KNOWN)
    assert "columns name hold several values" in caught.value.problems[0].reason


def test_a_target_that_is_the_file_read_is_refused_by_whatever_name(tmp_path: Path) -> None:
    # Breaks when a slip of the hand costs the only copy.
    path, other = tmp_path / "people.csv", tmp_path / "other.csv"
    path.write_text("x")
    (tmp_path / "link.csv").symlink_to(path)
    (tmp_path / "hard.csv").hardlink_to(path)
    for target in (path, tmp_path / "link.csv", tmp_path / "hard.csv", tmp_path / "." / "people.csv", tmp_path):
        with pytest.raises(InvalidInput):
            check_target(target, (path,))
    check_target(other, (path,))


def test_rows_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    # Breaks when a run that failed leaves half a file, or nothing of the one that was there.
    out = tmp_path / "out.csv"
    out.write_text("before")

    def failing() -> Any:
        yield {"a": 1}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(out, failing(), ("a",), as_json=False)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("out.csv", "before")]
    assert write_rows(out, iter([{"a": 1}, {"a": 2}]), ("a",), as_json=False) == 2
    assert out.read_text() == "a\n1\n2\n"
    with pytest.raises(InvalidInput):
        write_rows(tmp_path / "none" / "out.csv", failing(), ("a",), as_json=False)
    assert write_rows(Path("/dev/null"), iter([{"a": 1}]), ("a",), as_json=True) == 1
    assert not Path("/dev/null").is_file()


def test_a_folder_of_lists_is_read_without_what_is_left_out_and_hidden(tmp_path: Path) -> None:
    # Breaks when half-made parts, or the customers, are read as lists, or one that cannot be read is passed over.
    for name in ("a.csv", "b/a.csv", ".hidden.csv", ".out.csv.parts/0.parquet", "people.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert list_files(tmp_path, (tmp_path / "b" / ".." / "people.csv",)) == {"a.csv": b"a.csv", "b/a.csv": b"b/a.csv"}
    (tmp_path / "sdn.csv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InvalidInput) as caught:
        list_files(tmp_path)
    assert "no such file" in caught.value.problems[0].reason
