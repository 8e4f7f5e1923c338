"""Receiving a demand: its papers are sealed, its clock starts, and its hold is in force, all in one commit.

The trap guarded against: a moment in which what a demand is about is erased. The hold is over the whole house until
what the demand names is resolved, and it stands when the answer goes out. What is not known of a demand that came as a
paper alone stays unknown until somebody describes it, and by when that has to be is a deadline too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput
from gatebook.law.deadlines import What, deadlines
from gatebook.law.tree import LawOfDay
from gatebook.procedures.about import demand_entry
from gatebook.procedures.demand_forms import FORMS
from gatebook.procedures.demand_papers import (
    check_document,
    digest_of,
    index_of,
    letter_of,
    payload_of,
    received_before,
)
from gatebook.procedures.holds import end_holds_of, place_hold, scope_holds_of
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look_at_demands import demand_row, in_state
from gatebook.procedures.permit import permit
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work
from gatebook.terms.demand import Channel, Demand, HoldKind, Instrument, TargetKind
from gatebook.trace.demand_form import parse_demand
from gatebook.trace.holds import ALL

_DESCRIBE_BY = "house/demand_describe_hours"
_MAY_BE_DESCRIBED = ("received", "counsel", "scoped")
_HOLD_KINDS = {
    Instrument.PRESERVATION: HoldKind.PRESERVATION,
    Instrument.EU_PRESERVATION: HoldKind.EU_PRESERVATION,
    Instrument.BACKUP: HoldKind.BACKUP,
}
#: Instruments on which nothing is disclosed, so that there is nothing to tell of.
_KEEPING = frozenset(_HOLD_KINDS)


def receive_demand(
    house: House, operator: Operator, data: Plain, document: bytes | None, channel: Channel
) -> dict[str, Any]:
    """Take in a demand and hold what it is about; return it with the demands that came with the same paper before.

    ``data`` is what it says, None where nobody read it yet; ``document`` the paper as it came. A paper that was taken
    in alone before, and comes alone again, is the same demand, and nothing is entered anew: while that one is open, and
    by mail whatever became of it, as a paper may not leave the mailbox. Raises InvalidInput.
    """
    permit(house, operator, "read-records", "receive-demand")
    check_document(document)
    if data is None and document is None:
        raise InvalidInput("this is no demand", (FieldProblem("", "missing", "what it says, or a document"),))
    demand = None if data is None else parse_demand(data, house.now(), channel, FORMS)
    letter, digest = letter_of(document, channel), digest_of(document)
    index, law = index_of(demand, document, letter), house.law.on(house.now().date())
    with house.state.transaction() as work:
        work.ledger.lock()
        before = received_before(house, work, index)
        same = _same_paper(work, before, digest, channel) if demand is None else None
        if same is not None:
            return _answer(work, same, before)
        demand_id = house.new_id("dem")
        body = {"channel": channel.value, "document": digest, **_said(law, demand, house.now())}
        entry = demand_entry(house, operator, "demand.received", demand_id, body)
        enter(work, house.door.seal(work, entry, house.new_id("rec"), payload_of(document, letter), index))
        if demand is not None:
            _describe(house, operator, work, demand_id, demand, ())
        _hold(house, operator, work, demand_id, demand)
        tell(house, work, "demand.received", demand=demand_id, instrument=body["instrument"], due_at=body["due_at"])
        return _answer(work, demand_id, before)


def describe_demand(house: House, operator: Operator, demand_id: str, data: Plain) -> dict[str, Any]:
    """Enter what a demand says, for the first time or better: it is checked and scoped anew, and its hold follows.

    Raises NotFound, InvalidInput, and Conflict once a production was proposed, or it is closed.
    """
    permit(house, operator, "read-records", "describe-demand")
    with house.state.read() as work:
        row = in_state(demand_row(work, demand_id), *_MAY_BE_DESCRIBED)
    if isinstance(data, dict):
        data = {"received_at": row["received_at"], **data}
    demand = parse_demand(data, house.now(), Channel(str(row["channel"])), FORMS)
    index = index_of(demand, None, None)
    with house.state.transaction() as work:
        work.ledger.lock()
        in_state(demand_row(work, demand_id), *_MAY_BE_DESCRIBED)
        before = received_before(house, work, index, demand_id)
        _describe(house, operator, work, demand_id, demand, index)
        _hold(house, operator, work, demand_id, demand)
        return _answer(work, demand_id, before)


def _describe(
    house: House, operator: Operator, work: Work, demand_id: str, demand: Demand, index: Sequence[tuple[str, str]]
) -> None:
    """Seal what a demand says apart from its paper: that is opened often, and the paper seldom."""
    said = {**_said(house.law.on(house.now().date()), demand, house.now()), **_noticed(work, demand_id)}
    entry = demand_entry(house, operator, "demand.described", demand_id, said)
    payload: Plain = {"demand": canonical.plain(demand)}
    enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, index))


def _noticed(work: Work, demand_id: str) -> dict[str, str]:
    """Return what was entered of notice since the demand came: to describe it better takes back no court's word."""
    about = {"person_id": demand_id}
    kinds = ("notice.delayed", "notice.given")
    if not any(work.registers.page("records", {**about, "kind": kind}, "", 1) for kind in kinds):
        return {}
    row = demand_row(work, demand_id)
    return {name: str(row[name] or "") for name in ("notice", "notice_until")}


def _same_paper(work: Work, before: list[str], digest: str, channel: Channel) -> str | None:
    """Return the demand that came as exactly this paper: one that is still open, or by mail the first there is."""
    rows = [row for demand_id in before if (row := demand_row(work, demand_id))["document"] == digest]
    still = [row for row in rows if row["state"] in _MAY_BE_DESCRIBED]
    if channel is Channel.MAIL:
        still += [row for row in rows if row["channel"] == channel.value]
    return str(still[0]["demand_id"]) if still else None


def _said(law: LawOfDay, demand: Demand | None, now: datetime) -> dict[str, Any]:
    """Return what of a demand is entered: slugs and times."""
    if demand is None:
        due_at = now + timedelta(hours=law.parameters.number(_DESCRIBE_BY))
        words = dict.fromkeys(("instrument", "jurisdiction", "recipient", "notice", "notice_until"), "")
        at, due = canonical.instant(now), canonical.instant(due_at)
        return {**words, "is_emergency": False, "received_at": at, "due_at": due, "due_rule": _DESCRIBE_BY}
    due_at, rule = answer_due(law, demand)
    return {
        "instrument": demand.instrument.value,
        "jurisdiction": demand.jurisdiction,
        "recipient": demand.recipient.value,
        "is_emergency": demand.is_emergency,
        "received_at": canonical.instant(demand.received_at),
        "due_at": canonical.instant(due_at),
        "due_rule": rule,
        "notice": _notice(demand),
        "notice_until": demand.no_notice_until,
    }


def answer_due(law: LawOfDay, demand: Demand) -> tuple[datetime, str]:
    """Return by when a demand has to be answered, and the rule: its own day, where that is earlier."""
    found = deadlines(
        law,
        demand.instrument,
        demand.received_at,
        is_emergency=demand.is_emergency,
        return_at=_ends_first(demand.return_on) if demand.return_on else None,
    )
    first = min((one for one in found if one.what in (What.ANSWER, What.COPY)), key=lambda one: one.due_at)
    return first.due_at, first.rule


def _ends_first(day: str) -> datetime:
    """Where a day ends first on earth, 14 hours before it does in UTC: a demand seldom says by whose clock."""
    return datetime.combine(datetime.fromisoformat(day).date(), time(10), UTC)


def _notice(demand: Demand) -> str:
    if demand.instrument in _KEEPING:
        return "none"
    # Regulation (EU) 2023/1543 art. 13(1): of an order of this kind it is always the authority that tells.
    if demand.authority_gives_notice or demand.instrument is Instrument.EU_PRODUCTION:
        return "by-authority"
    return "delayed" if demand.forbids_notice else "to-give"


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom a demand names by ids of this house; ``is_all`` says that it names nobody in another way."""

    persons: list[str]
    accounts: list[str]
    is_all: bool


def _named(work: Work, demand: Demand | None) -> _Named:
    persons, accounts, others = list[str](), list[str](), 0
    for target in demand.targets if demand else ():
        row = work.registers.get("accounts", target.value) if target.kind is TargetKind.ACCOUNT else None
        if row is not None:
            accounts.append(target.value)
            persons.append(str(row["person_id"]))
        elif target.kind is TargetKind.PERSON and work.registers.get("persons", target.value) is not None:
            persons.append(target.value)
        else:
            others += 1
    return _Named(persons, accounts, bool(persons) and not others)


def _hold(house: House, operator: Operator, work: Work, demand_id: str, demand: Demand | None) -> None:
    """Hold what a demand is about, within ``work``: by the clock of its instrument, before another one lets go."""
    kind = _HOLD_KINDS.get(demand.instrument, HoldKind.PROCESS) if demand else HoldKind.PROCESS
    named, others = _named(work, demand), frozenset(HoldKind) - {kind}
    held = work.registers.page("holds", {"demand_id": demand_id, "state": "in-force"}, "", 100)
    # A hold that was narrowed holds too little once the demand names somebody in a way that is still to be resolved.
    if not any(hold["hold_kind"] == kind.value and (named.is_all or hold["scope"] == ALL) for hold in held):
        place_hold(house, operator, work, demand_id, kind, named.persons, named.accounts, everything=not named.is_all)
    end_holds_of(house, operator, work, demand_id, "described", others)
    if held and named.is_all:
        scope_holds_of(house, operator, work, demand_id, named.persons, named.accounts)


def _answer(work: Work, demand_id: str, before: list[str]) -> dict[str, Any]:
    row: Row = demand_row(work, demand_id)
    holds = work.registers.page("holds", {"demand_id": demand_id, "state": "in-force"}, "", 100)
    names = ("demand_id", "state", "instrument", "due_at", "due_rule", "document")
    return {
        **{name: row[name] for name in names},
        "holds": [{"hold_id": h["hold_id"], "scope": h["scope"], "until": h["until"]} for h in holds],
        "received_before_as": before,
    }
