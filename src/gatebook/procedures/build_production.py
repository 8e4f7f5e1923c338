"""Building a production: gathered, written whole, entered by its digest; and released, entered as a disclosure first.

The trap guarded against: a set of files nobody can account for. Its digest is entered once the file is whole on the
disk; a crash before that leaves a file without an entry, which the next build writes over, and nothing was handed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, Protocol

from gatebook.errors import Conflict
from gatebook.procedures.access_record import AccessAnswers
from gatebook.procedures.gather_production import RULING, Outside, gather_production, span_of_run
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look_at_demands import demand_row, latest_scoping
from gatebook.procedures.permit import permit
from gatebook.procedures.production_papers import papers_beside, papers_within
from gatebook.procedures.propose_production import check_current, open_list, production_row
from gatebook.procedures.tell import tell
from gatebook.record.checkpoint import Signature, key_id, note_of
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Row
from gatebook.record.row_parts import session_alone
from gatebook.terms.access_event import AccessEvent
from gatebook.terms.record_class import RecordClass
from gatebook.trace.ports import Filter, KeptEvent
from gatebook.trace.production.bag import Built, write_bag

_FIRST = 100  # accesses of an account on the cover


class Press(Protocol):
    """Where files of productions lie. Guarantee: a file is there whole or not at all, whatever dies meanwhile."""

    def build(self, production: str, recipient_key: str, make: Callable[[IO[bytes]], Built]) -> Pressed:
        """Let ``make`` write the archive, keep it, and beside it what is encrypted to the recipient, if to any."""
        ...


@dataclass(frozen=True, slots=True)
class Pressed:
    """What was kept: what was built, how large it is, and how it is encrypted (empty for not at all)."""

    built: Built
    size: int
    sealed_to: str


def build_production(
    house: House, access: AccessAnswers, operator: Operator, production_id: str, outside: Outside, press: Press
) -> dict[str, Any]:
    """Open what is on an approved list, build the file, and enter its digest; return that with its counts.

    One built already is built again from the same list, until it is released. Raises NotFound, Conflict for a list
    nobody approved, Shredded for a record that ended meanwhile, LedgerError where what is kept is not what was entered.
    """
    permit(house, operator, "read-records", "build-production")
    with house.state.read() as work:
        row = _in(production_row(work, production_id), "approved", "built")
        check_current(house, work, row)
    opened = open_list(house, operator, production_id)
    listed = {name: value for name, value in opened.items() if name not in ("digest", "state")}
    gathered = gather_production(house, access, operator, listed, outside)
    events = {item["account"]: _first_events(access, listed, item) for item in listed["items"]}
    within = papers_within(gathered, row, events)

    def write(out: IO[bytes]) -> Built:
        beside = partial(papers_beside, gathered, row, events)
        return write_bag(gathered.contents, within, beside, partial(_signed, house), out)

    made = press.build(production_id, gathered.demand.recipient_key, write)
    counts = made.built.counts
    body = {
        "production": production_id,
        "digest": made.built.digest,
        "bytes": made.size,
        "records": counts["records"],
        "events": counts["events"],
        "sealed_to": made.sealed_to,
    }
    with house.state.transaction() as work:
        work.ledger.lock()
        check_current(house, work, _in(production_row(work, production_id), "approved", "built"))
        enter(work, Entry("production.built", house.now(), operator.operator_id, body=body))
        tell(house, work, "production.built", production=production_id, demand=str(row["demand_id"]))
    return {**body, "demand": row["demand_id"], "counts": dict(counts)}


def release_production(house: House, operator: Operator, production_id: str) -> Row:
    """Enter the disclosure of a production, by the bases it rests on; from then on its file may be handed over.

    Released once, it stays released. Raises NotPermitted, NotFound, and Conflict before it is built.
    """
    permit(house, operator, "officer", "release-production")
    with house.state.read() as work:
        row = _in(production_row(work, production_id), "built", "disclosed")
    if row["state"] == "disclosed":
        return row
    scoped = latest_scoping(house, operator, row["demand_id"])
    with house.state.transaction() as work:
        work.ledger.lock()
        row = production_row(work, production_id)
        if row["state"] == "disclosed":
            return row
        _in(row, "built")
        check_current(house, work, row)
        demand = demand_row(work, row["demand_id"])
        body = {
            "disclosure": house.new_id("dis"),
            "demand": row["demand_id"],
            "production": production_id,
            "basis": bases_of(scoped, demand, row["classes"]),
            **{name: demand[name] for name in ("recipient", "jurisdiction")},
            **{name: row[name] for name in ("classes", "records", "events", "digest")},
        }
        enter(work, Entry("disclosure.made", house.now(), operator.operator_id, body=body))
        tell(house, work, "disclosure.made", disclosure=body["disclosure"], demand=str(row["demand_id"]))
        return production_row(work, production_id)


def released(house: House, operator: Operator, production_id: str) -> Row:
    """Return the row of a production whose file may be handed over. Raises NotFound, Conflict before its release."""
    permit(house, operator, "read-records", "read-production")
    with house.state.read() as work:
        return _in(production_row(work, production_id), "disclosed")


def bases_of(scoped: Mapping[str, Any], demand: Row, classes: Sequence[str]) -> dict[str, str]:
    """Return, by class, the clause it is disclosed on; counsel's word where the law was unknown and they ruled.

    Raises Conflict for a class that neither opens: it was scoped again meanwhile.
    """
    ruled = {name for name, answer in scoped["classes"].items() if answer == "unknown" and demand["ruled_by"]}
    bases = {name: scoped["bases"].get(name) or (RULING if name in ruled else "") for name in classes}
    if not all(bases.values()):
        raise Conflict("a class on this list has no basis any more: propose again")
    return bases


def _signed(house: House, text: str) -> bytes:
    """Return the signed note of a text, under the key that signs checkpoints."""
    signer = house.signer
    line = Signature(signer.origin, key_id(signer.origin, signer.public_key), signer.sign(text.encode()))
    return note_of(text, (line,))


def _first_events(access: AccessAnswers, listed: Mapping[str, Any], item: Mapping[str, Any]) -> list[AccessEvent]:
    """Return the first accesses that are handed over of an account, as they are shown: for the cover."""
    is_whole, found = RecordClass.ACTIVITY in listed["classes"], list[KeptEvent]()
    for run in item["runs"]:
        bounds = span_of_run(run)
        asked = Filter(bounds.from_at, bounds.until_at, (run["principal"],))
        found += [one for one in access.events(asked, None, _FIRST) if one.segment <= listed["last_segment"]]
    events = [one.event for one in sorted(found, key=lambda one: one.place)[:_FIRST]]
    return events if is_whole else [session_alone(event) for event in events]


def _in(row: Row, *states: str) -> Row:
    if row["state"] not in states:
        raise Conflict(f"this production is {row['state']}, not {' or '.join(states)}")
    return row
