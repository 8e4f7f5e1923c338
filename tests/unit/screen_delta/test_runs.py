"""A rescreening in hand: stopped and gone on with, taken over, over what is gone, and asked for by whom it is not for."""

from __future__ import annotations

from typing import Any

import pytest

import builders as b
from gatebook.errors import Conflict, NotFound, NotPermitted
from gatebook.procedures import open_account, rescreen_delta
from gatebook.procedures.house import Operator
from gatebook.procedures.keep_house import note_list
from gatebook.procedures.rescreening_run import lists_due
from gatebook.record.entry import Entry
from gatebook.wiring.lists import sample_list

GORSE = b'90099,"GORSE, Wim",individual,CYBER2,-0-,-0-,-0-,-0-,-0-,-0-,-0-,DOB 05 May 1966.\r\n'


class Stop(Exception):
    """Where the run is cut off."""


def land(premises: Any, operator: Any) -> str:
    files = sample_list()
    files["SDN.CSV"] = GORSE + files["SDN.CSV"]
    edition = premises.shelf.put("sample", files, premises.now())
    note_list(premises.house, operator, "sample", edition.digest, len(edition.parties), 0)
    return str(edition.digest)


def apply(premises: Any, operator: Any, n: int, name: str = "", born: str = "1973-01-01") -> str:
    who = b.person(name or f"Person Number{n}", born, emails=[f"{n}@example.com"], phones=[f"+46701234{n:03}"])
    card = {"kind": "card", "bin": "400000", "last4": f"{1000 + n}", "country": "SE"}
    return open_account.open_account(premises.house, operator, b.application(who, payments=[card]))[0]


def entries(premises: Any, kind: str) -> list[Entry]:
    with premises.house.state.read() as work:
        lines = work.ledger.read(0, work.ledger.size())
    return [e for e in map(Entry.from_bytes, lines) if e.kind == kind]


@pytest.fixture
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescreen_delta, "_PAGE", 2)


@pytest.mark.usefixtures("pages_of_two")
def test_a_run_cut_off_goes_on_where_it_stood(premises: Any, operator: Any) -> None:
    # Breaks when a run cut off begins anew, counts somebody twice, or reads again what it had compared.
    applications = [apply(premises, operator, n) for n in range(5)]
    wim = apply(premises, operator, 9, "Wim Gorse", "1966-05-05")
    land(premises, operator)
    seen: list[tuple[int, int]] = []

    def cut(done: int, total: int) -> None:
        seen.append((done, total))
        if done >= 4:
            raise Stop

    with pytest.raises(Stop):
        rescreen_delta.rescreen_delta(premises.house, operator, "sample", progress=cut)
    assert seen[:3] == [(0, 6), (2, 6), (4, 6)]
    assert lists_due(premises.house) == []  # somebody was at it a moment ago
    found = rescreen_delta.rescreen_delta(premises.house, operator, "sample", progress=lambda d, t: seen.append((d, t)))
    assert (found.compared, [f.application_id for f in found.found]) == (6, [wim])
    assert [done for done, _ in seen[3:]] == [4, 6]
    assert entries(premises, "list.rescreened")[0].body["compared"] == 6
    read = [e.application for e in entries(premises, "record.read") if e.body["purpose"] == "rescreening"]
    assert {read.count(a) for a in applications} == {1}


@pytest.mark.usefixtures("pages_of_two")
def test_of_two_runs_the_later_goes_on(premises: Any, operator: Any) -> None:
    # Breaks when two runs at once each enter an end, or undo what the other kept.
    for n in range(3):
        apply(premises, operator, n)
    land(premises, operator)
    beside: list[Any] = []

    def take_over(done: int, _: int) -> None:
        if done and not beside:
            beside.append(rescreen_delta.rescreen_delta(premises.house, operator, "sample"))

    with pytest.raises(Conflict):
        rescreen_delta.rescreen_delta(premises.house, operator, "sample", progress=take_over)
    assert beside[0].compared == 3
    assert len(entries(premises, "list.rescreened")) == 1


def test_a_record_destroyed_meanwhile_does_not_take_the_page_with_it(premises: Any, operator: Any) -> None:
    # Breaks when one person whose time was over keeps everybody beside them from being compared.
    gone = apply(premises, operator, 1)
    wim = apply(premises, operator, 2, "Wim Gorse", "1966-05-05")
    land(premises, operator)
    with premises.house.state.transaction() as work:
        person = work.registers.get("applications", gone)["person_id"]
        work.records.erase(person)
    premises.house.door.shred(person)
    found = rescreen_delta.rescreen_delta(premises.house, operator, "sample")
    assert ([f.application_id for f in found.found], found.compared) == ([wim], 2)


def test_only_an_officer_rescreens_and_only_since_an_edition_there_is(premises: Any, operator: Any) -> None:
    # Breaks when a key without the scope learns whom a list names, or an old edition is rescreened with as if current.
    first = premises.shelf.current_digests()["sample"]
    land(premises, operator)
    with pytest.raises(NotPermitted):
        rescreen_delta.rescreen_delta(premises.house, Operator("opr-other", frozenset({"admin", "look"})), "sample")
    with pytest.raises(NotFound):
        rescreen_delta.rescreen_delta(premises.house, operator, "sample", "ff" * 32)
    with pytest.raises(NotFound):
        rescreen_delta.rescreen_delta(premises.house, operator, "nobody")
    assert rescreen_delta.rescreen_delta(premises.house, operator, "sample", first[:10]).added == 1


def test_an_earlier_edition_nobody_can_read_has_everybody_compared_with_all_of_the_new(
    premises: Any, operator: Any
) -> None:
    # Breaks when a lost file of an old edition leaves a new one uncompared.
    first = premises.shelf.current_digests()["sample"]
    wim = apply(premises, operator, 1, "Wim Gorse", "1966-05-05")
    land(premises, operator)
    for file in (premises.folder / "lists" / "sample" / first).iterdir():
        file.unlink()
    found = rescreen_delta.rescreen_delta(premises.house, operator, "sample")
    assert (found.since, found.added, [f.application_id for f in found.found]) == ((), 13, [wim])
