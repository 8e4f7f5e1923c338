"""Record batches of customers in, matches out: every row accounted for, whatever stands in it."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from collections import Counter
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.errors import ListError
from gatebook.screen.batches import SCHEMA, PopulationScreen, ignored_columns, screen_batches
from gatebook.screen.came import came_since
from gatebook.screen.lists.detect import load_folder
from gatebook.screen.rows import born_text, read_details
from gatebook.screen.scan import ExhaustiveScan
from gatebook.screen.screening import Query, ScreenSettings
from gatebook.wiring.lists import sample_list

EDITIONS = load_folder(sample_list()).editions
WORK = PopulationScreen.of(EDITIONS)


def _screened(**columns: Any) -> list[dict[str, Any]]:
    return pa.Table.from_batches(WORK([pa.RecordBatch.from_pydict(columns)])).to_pylist()


def _tally(rows: list[dict[str, Any]]) -> dict[str, int]:
    return json.loads(next(row["words"] for row in rows if row["what"] == "tally"))


def test_a_match_says_what_a_screening_says() -> None:
    # Breaks when the batch is screened by another rule than one name, or a column holds another thing.
    found = _screened(id=["a"], name=["Grigor Voronovsky"], born=["1971-03-14"])[0]
    one = ExhaustiveScan(EDITIONS, ScreenSettings()).screen(Query(("Grigor Voronovsky",), born_on="1971-03-14"))
    c = one.candidates[0]
    assert found["what"] == "match" and found["id"] == "a" and found["rank"] == 1
    assert [found[k] for k in ("list", "party", "row", "matched_name")] == [
        c.list_id,
        c.party_id,
        c.row,
        c.matched_name,
    ]
    assert [found[k] for k in ("grade", "words", "edition")] == [c.grade, c.words, c.list_digest]
    assert found["score"] == float(c.score) and found["agreed"] == "birth" and found["explanation"] is None


def test_an_explanation_is_carried_when_asked() -> None:
    # Breaks when a match of a population cannot be reckoned again as one of a single screening can.
    batch = pa.RecordBatch.from_pydict({"id": ["a"], "name": ["Grigor Voronovsky"]})
    found = pa.Table.from_batches(PopulationScreen.of(EDITIONS, explained=True)([batch])).to_pylist()[0]
    assert json.loads(found["explanation"])["row"] == found["row"]


@pytest.mark.parametrize(
    ("row_id", "name", "reason"),
    [
        (None, "Anna Marlow", "no-id"),
        (" ", "Anna Marlow", "no-id"),
        ("x", None, "no-name"),
        ("x", "  ", "no-name"),
        ("x", "!!! ---", "name-without-letters"),
        ("x", "A" * 1001, "name-too-long"),
    ],
)
def test_a_row_that_cannot_be_screened_is_refused_with_its_reason(row_id: Any, name: Any, reason: str) -> None:
    # Breaks when such a row vanishes, or stops the rows beside it.
    rows = _screened(id=["first", row_id], name=["Grigor Voronovsky", name], place=[1, 2])
    refused = [row for row in rows if row["what"] == "refused"]
    assert [(row["place"], row["words"]) for row in refused] == [(2, reason)]
    assert _tally(rows) == {"rows": 2, "screened": 1, "refused": 1, "matches": 1}


def test_bytes_that_are_no_text_are_refused_and_those_that_are_text_are_read() -> None:
    # Breaks when a cell that is no UTF-8 stops the batch, is dropped, or finds somebody with holes in the name.
    raw = [b"Grigor Voronovsky", b"Grigor \xff Voronovsky"]
    unsafe = pa.Array.from_buffers(pa.string(), 2, pa.array(raw, pa.binary()).buffers())
    for column in (pa.array(raw, pa.binary()), unsafe, pa.array(raw, pa.large_binary())):
        batch = pa.RecordBatch.from_arrays([pa.array(["a", "b"]), column], ["id", "name"])
        rows = pa.Table.from_batches(WORK([batch])).to_pylist()
        assert [(row["what"], row["id"]) for row in rows] == [("match", "a"), ("refused", "b"), ("tally", None)]
        assert rows[1]["words"] == "not-utf-8"


def test_an_id_on_two_rows_is_screened_twice() -> None:
    # Breaks when one customer under two names is screened under one of them.
    rows = _screened(id=["a", "a"], name=["Nobody Atall", "Grigor Voronovsky"], place=[1, 2])
    assert [(row["id"], row["place"]) for row in rows if row["what"] == "match"] == [("a", 2)]
    assert _tally(rows)["screened"] == 2


def test_columns_of_any_type_are_read() -> None:
    # Breaks when a number, a day or a dictionary of texts is taken for nothing.
    rows = _screened(
        id=pa.array([7]),
        name=pa.array(["Grigor Voronovsky"]).dictionary_encode(),
        born=pa.array([dt.date(1971, 3, 14)]),
        country=pa.array([None], pa.null()),
    )
    assert (rows[0]["id"], rows[0]["grade"]) == ("7", "confirmed")


def test_what_nobody_can_read_is_left_out_and_counted() -> None:
    # Breaks when a garbled birth or country counts against the person, or an odd kind hides every match.
    rows = _screened(
        id=["a"], name=["Grigor Voronovsky"], born=["soon"], country=["Atlantis"], kind=["who knows"], number=[""]
    )
    plain = _screened(id=["a"], name=["Grigor Voronovsky"])
    assert rows[0] == plain[0]
    assert {k for k in _tally(rows) if k.endswith("unread")} == {"born-unread", "country-unread", "kind-unread"}


def test_columns_missing_and_columns_too_many() -> None:
    # Breaks when a file without names passes for a file in which nobody is listed.
    with pytest.raises(ListError, match="name"):
        _screened(id=["a"], nom=["Grigor Voronovsky"])
    assert ignored_columns(["id", "name", "born", "shoe size"]) == ("shoe size",)
    with pytest.raises(ListError, match="no list"):
        PopulationScreen.of(())


def test_the_function_travels_and_refuses_to_work_beside_another_gatebook() -> None:
    # Breaks when a worker answers with another scorer, tables or thresholds than the machine that asked.
    batch = pa.RecordBatch.from_pydict({"id": ["a"], "name": ["Grigor Voronovsky"]})
    there = pickle.loads(pickle.dumps(WORK))  # noqa: S301  our own
    assert list(there([batch])) == list(WORK([batch]))
    with pytest.raises(ListError, match="another Gatebook"):
        list(PopulationScreen(EDITIONS, ScreenSettings(), scorer="another")([batch]))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1964", "1964"), ("1964-11", "1964-11"), ("1964-11-16", "1964-11-16"), ("16 Nov 1964", "1964-11-16"),
        ("16/11/1964", "1964-11-16"), ("03/04/1971", "1971"), ("04/04/1971", "1971-04-04"), ("Feb 1964", "1964-02"),
        ("1964-02", "1964-02"), ("circa 1964", ""), ("1961 to 1963", ""), ("yesterday", ""), ("", ""), ("99999", ""),
    ],
)  # fmt: skip
def test_births_as_tables_have_them(written: str, read: str) -> None:
    # Breaks when a date of which day and month are in doubt is taken for a day, and denies the right person.
    assert born_text(written) == read


def test_countries_by_name_and_code_and_several_in_a_cell() -> None:
    # Breaks when the second nationality of a customer is not compared.
    assert read_details("Person", "", "Iran; DE|Atlantis", "").countries == ("Iran", "DE")
    assert read_details("LegalEntity", "", "", " 12 ").numbers == (("", "12"),)


_CELL = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from(["Grigor Voronovsky", "Voronovsky, Gregor", "a", "\x00", "1971"])
)


@given(st.lists(st.tuples(_CELL, _CELL, _CELL, _CELL, _CELL, _CELL), max_size=12), st.integers(1, 5))
def test_rows_in_are_rows_screened_and_rows_refused(rows: list[tuple[Any, ...]], size: int) -> None:
    # Breaks when any cell whatever makes a row vanish, or where a batch ends changes an answer.
    names = ("id", "name", "born", "country", "kind", "number")
    whole = pa.table({n: pa.array([r[i] for r in rows], pa.string()) for i, n in enumerate(names)})
    found = pa.Table.from_batches(WORK(whole.to_batches()), SCHEMA).to_pylist()
    cut = pa.Table.from_batches(WORK(whole.to_batches(max_chunksize=size)), SCHEMA).to_pylist()
    counts: Counter[str] = Counter()
    for row in found:
        if row["what"] == "tally":
            counts.update(json.loads(row["words"]))
    assert counts["rows"] == len(rows) == counts["screened"] + counts["refused"]
    assert counts["refused"] == sum(row["what"] == "refused" for row in found)
    for what in ("match", "refused"):
        assert [r for r in found if r["what"] == what] == [r for r in cut if r["what"] == what]


def test_a_query_met_again_is_answered_the_same() -> None:
    # Breaks when what is remembered of one customer is given to another with other details.
    names = ["Grigor Voronovsky"] * 3
    rows = _screened(id=["a", "b", "c"], name=names, born=["1971-03-14", "1999", "1971-03-14"])
    grades = {row["id"]: row["grade"] for row in rows if row["what"] == "match"}
    assert grades == {"a": "confirmed", "b": "clash", "c": "confirmed"}
    assert list(screen_batches(WORK.index(), [])) == []


def test_what_came_travels_with_the_weights_of_all_lists() -> None:
    # Breaks when a name that came scores on a cluster as if the lists held it alone, or two deltas are taken for one.
    came = replace(came_since([], EDITIONS), shares=(("VORONOVSKY", 550),))
    work = PopulationScreen.of_came(came, explained=True)
    there = pickle.loads(pickle.dumps(work))  # noqa: S301  what stands in the line itself
    batch = pa.RecordBatch.from_pydict({"id": ["a"], "name": ["Grigor Voronovsky"]})
    here, found = (pa.Table.from_batches(w([batch])).to_pylist() for w in (work, there))
    assert here == found and there.lists == work.lists
    weights = dict(json.loads(found[0]["explanation"])["weights"])
    assert weights["family VORONOVSKY"] == weights["word VORONOVSKY"] == 550
    assert (
        len({PopulationScreen.of_came(came_since(old, EDITIONS)).lists for old in ((), EDITIONS)} | {WORK.lists}) == 3
    )


def test_where_nobody_came_every_row_is_tallied_and_none_matches() -> None:
    # Breaks when a day without changes ends in an error, or rows are left out of the counts.
    work = PopulationScreen.of_came(came_since(EDITIONS, EDITIONS))
    batch = pa.RecordBatch.from_pydict({"id": ["a", ""], "name": ["Grigor Voronovsky", "b"]})
    rows = pa.Table.from_batches(work([batch])).to_pylist()
    assert [row["what"] for row in rows] == ["refused", "tally"]
    assert _tally(rows) == {"rows": 2, "screened": 1, "refused": 1, "matches": 0}
