"""Holds: placed within the transaction that receives a demand, narrowed, renewed, ended; and who is held now.

The trap guarded against: a moment between a demand and its hold. Both are one commit, and whoever erases looks under
the same writer's turn, so that one of the two comes first and the other sees it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date

from gatebook import canonical
from gatebook.errors import Conflict, FieldProblem, InvalidInput, NotFound
from gatebook.law.deadlines import hold_clock
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Row, Work
from gatebook.record.walk import every_row
from gatebook.terms.demand import HoldKind
from gatebook.trace.fields import ends_accesses
from gatebook.trace.holds import ALL, KEEPING, NAMED, Grace, Holding, end_of, holding_of, standing_of

_MOST_NAMED = 500
_ALL_KINDS = frozenset(HoldKind)
_CAUSE = re.compile(r"[a-z][a-z0-9-]{0,39}")


def place_hold(
    house: House,
    operator: Operator,
    work: Work,
    demand_id: str,
    kind: HoldKind,
    persons: Sequence[str],
    accounts: Sequence[str],
    *,
    everything: bool,
) -> str:
    """Place a hold within ``work`` and return its id: it is in force from the commit on.

    ``everything`` holds the whole house, for as long as what the demand names is not resolved. Nobody is asked for
    permission here: the procedure that received the demand did that.
    """
    now, hold_id = house.now(), house.new_id("hld")
    until, rule = hold_clock(house.law.on(now.date()), kind, now)
    body = {
        "hold": hold_id,
        "demand": demand_id,
        "hold_kind": kind.value,
        "scope": ALL if everything else NAMED,
        "persons": sorted(set(persons)),
        "accounts": sorted(set(accounts)),
        "until": until,
        "rule": rule,
        "overtaken": _overtaken(house, work, persons, accounts),
    }
    work.ledger.lock()
    enter(work, Entry("hold.placed", now, operator.operator_id, body=body))
    return hold_id


def place_own_hold(house: House, operator: Operator, persons: Sequence[str], accounts: Sequence[str]) -> Row:
    """Place a hold of the house's own, for litigation, on persons and accounts it knows. It is open until it is ended.

    Raises InvalidInput for nobody, for too many, and for one this house does not know.
    """
    _permit_keeping(house, operator, "place-hold")
    with house.state.transaction() as work:
        work.ledger.lock()
        _check_named(work, persons, accounts)
        hold_id = place_hold(house, operator, work, "", HoldKind.LITIGATION, persons, accounts, everything=False)
        return _hold(work, hold_id)


def scope_hold(
    house: House, operator: Operator, work: Work, hold_id: str, persons: Sequence[str], accounts: Sequence[str]
) -> None:
    """Narrow a hold over the whole house to whom it names, within ``work``; one that names somebody grows by them.

    Who was held once is let go by the end of a hold alone.
    """
    work.ledger.lock()
    hold = _hold(work, hold_id)
    if hold["state"] == "ended":
        raise Conflict("this hold was ended")
    named, of_accounts = {*persons, *(hold["persons"] or ())}, {*accounts, *(hold["accounts"] or ())}
    before = hold["scope"], set(hold["persons"] or ()), set(hold["accounts"] or ())
    if before == (NAMED, named, of_accounts):
        return
    body = {
        "hold": hold_id,
        "scope": NAMED,
        "persons": sorted(named),
        "accounts": sorted(of_accounts),
        "overtaken": _overtaken(house, work, sorted(named), sorted(of_accounts), hold["overtaken"] or ()),
    }
    enter(work, Entry("hold.scoped", house.now(), operator.operator_id, body=body))


def note_overtaken(house: House, operator: Operator, work: Work, person_id: str) -> None:
    """Name somebody whose accesses just went in every hold that came too late for that, within ``work``.

    A hold over everything names nobody when it is placed, and nothing of a person shows which of their accesses went.
    """
    for hold_id in held_by(in_force(house, work), work, person_id):
        hold = _hold(work, hold_id)
        scope = {"scope": hold["scope"], "persons": hold["persons"] or [], "accounts": hold["accounts"] or []}
        overtaken = sorted({*(hold["overtaken"] or ()), person_id})
        if overtaken != hold["overtaken"]:
            body = {"hold": hold_id, **scope, "overtaken": overtaken}
            enter(work, Entry("hold.scoped", house.now(), operator.operator_id, body=body))


def scope_holds_of(
    house: House, operator: Operator, work: Work, demand_id: str, persons: Sequence[str], accounts: Sequence[str]
) -> None:
    """Narrow every hold of a demand that was not ended, within ``work``."""
    for hold in _of_demand(work, demand_id):
        scope_hold(house, operator, work, hold["hold_id"], persons, accounts)


def renew_hold(house: House, operator: Operator, hold_id: str, *, production_confirmed: bool = False) -> Row:
    """Renew a hold: by its kind's further period from its last day, or from now where that day is past.

    One renewed late keeps the day it lapsed. ``production_confirmed`` opens a European preservation until it is ended.
    Raises NotFound, and Conflict for one that was ended or is open.
    """
    _permit_keeping(house, operator, "renew-hold")
    with house.state.transaction() as work:
        work.ledger.lock()
        hold = _hold(work, hold_id)
        if hold["state"] == "ended":
            raise Conflict("this hold was ended; place another")
        if not hold["until"]:
            raise Conflict("this hold is open until it is ended; there is nothing to renew")
        until, rule, lapsed_at = _renewed(house, hold, production_confirmed=production_confirmed)
        body = {"hold": hold_id, "until": until, "rule": rule, "lapsed_at": lapsed_at}
        enter(work, Entry("hold.renewed", house.now(), operator.operator_id, body=body))
        return _hold(work, hold_id)


def _renewed(house: House, hold: Row, *, production_confirmed: bool) -> tuple[str, str, str]:
    """The new last day and its rule, and since when it had lapsed (empty for one renewed in time)."""
    now, end = house.now(), end_of(hold["until"])
    law, kind = house.law.on(now.date()), HoldKind(hold["hold_kind"])
    placed = canonical.parse_instant(hold["placed_at"])
    until, rule = hold_clock(law, kind, placed, 1, renewed_at=now, production_confirmed=production_confirmed)
    if until:  # the register keeps no count: what one renewal adds goes on from the last day it has
        once, never = hold_clock(law, kind, placed, 1)[0], hold_clock(law, kind, placed)[0]
        further = date.fromisoformat(once) - date.fromisoformat(never)
        until = max(until, (date.fromisoformat(hold["until"]) + further).isoformat())
    return until, rule, canonical.instant(end) if now >= end else ""


def end_hold(house: House, operator: Operator, hold_id: str, cause: str) -> Row:
    """End a hold, as an officer: what it kept may go on its day. Raises NotFound, Conflict, InvalidInput."""
    permit(house, operator, "officer", "end-hold")
    if not _CAUSE.fullmatch(cause):
        problem = FieldProblem("/cause", "not-a-slug", "lower-case letters, digits and hyphens, at most 40")
        raise InvalidInput("the cause of ending is a short slug, not a sentence", (problem,))
    with house.state.transaction() as work:
        work.ledger.lock()
        if _hold(work, hold_id)["state"] == "ended":
            raise Conflict("this hold was ended already")
        _enter_end(house, operator, work, hold_id, cause)
        return _hold(work, hold_id)


def end_holds_of(
    house: House, operator: Operator, work: Work, demand_id: str, cause: str, kinds: Collection[HoldKind] = _ALL_KINDS
) -> list[str]:
    """End every hold of a demand that is of one of ``kinds`` within ``work``; return their ids.

    The caller asked for permission.
    """
    work.ledger.lock()
    ended = [str(hold["hold_id"]) for hold in _of_demand(work, demand_id) if HoldKind(hold["hold_kind"]) in kinds]
    for hold_id in ended:
        _enter_end(house, operator, work, hold_id, cause)
    return ended


def in_force(house: House, work: Work) -> Holding:
    """Return whom holds keep now. What was lapsed longer than its grace keeps nothing."""
    now, grace = house.now(), grace_of(house)
    return holding_of(row for row in not_ended(work) if standing_of(row, now, grace) in KEEPING)


def held_by(holding: Holding, work: Work, person_id: str) -> list[str]:
    """Return the holds on a person: by name, by any account of theirs, or over everything."""
    return holding.on(person_id, _accounts_of(work, person_id) if holding.accounts else ())


def grace_of(house: House) -> Grace:
    """Return the days of grace, and of warning, by the law of today."""
    numbers = house.law.on(house.now().date()).parameters
    return Grace(numbers.number("house/hold_grace_days"), numbers.number("house/hold_warning_days"))


def not_ended(work: Work) -> Iterator[Row]:
    """Return every hold that was not ended, lapsed ones too."""
    return every_row(work.registers, "holds", {"state": "in-force"})


def _overtaken(
    house: House, work: Work, persons: Sequence[str], accounts: Sequence[str], before: Collection[str] = ()
) -> list[str]:
    """Persons in scope whose erasure had gone beyond recall: their key is destroyed, whatever was entered of it yet.

    So are those whose accesses are being ended, though some rows may stand yet, and those who were named ``before``.
    While a hold is over everything nobody is named, so nobody is looked for; when it is narrowed they are.
    """
    rows = (work.registers.get("accounts", account) for account in accounts)
    named = {*persons, *(row["person_id"] for row in rows if row is not None)}
    known = (work.registers.get("persons", person) for person in sorted(named))
    return [row["person_id"] for row in known if row is not None and _is_overtaken(house, row, before)]


def _is_overtaken(house: House, person: Row, before: Collection[str]) -> bool:
    return person["person_id"] in before or ends_accesses(person) or house.door.is_destroyed(person)


def _accounts_of(work: Work, person_id: str) -> Iterator[str]:
    return (row["account_id"] for row in every_row(work.registers, "accounts", {"person_id": person_id}))


def _of_demand(work: Work, demand_id: str) -> list[Row]:
    return [row for row in every_row(work.registers, "holds", {"demand_id": demand_id}) if row["state"] == "in-force"]


def _enter_end(house: House, operator: Operator, work: Work, hold_id: str, cause: str) -> None:
    body = {"hold": hold_id, "cause": cause}
    enter(work, Entry("hold.ended", house.now(), operator.operator_id, body=body))


def _hold(work: Work, hold_id: str) -> Row:
    row = work.registers.get("holds", hold_id)
    if row is None:
        raise NotFound("there is no hold under this id")
    return row


def _permit_keeping(house: House, operator: Operator, act: str) -> None:
    """Whoever may read records or speak as an officer may have them kept: keeping harms nobody in a hurry."""
    permit(house, operator, "officer" if "officer" in operator.scopes else "read-records", act)


def _check_named(work: Work, persons: Sequence[str], accounts: Sequence[str]) -> None:
    if not 0 < len(persons) + len(accounts) <= _MOST_NAMED:
        problem = FieldProblem("/persons", "out-of-range", f"1 to {_MOST_NAMED} persons and accounts")
        raise InvalidInput("a hold of the house's own names whom it keeps", (problem,))
    problems = []
    for register, named in (("persons", persons), ("accounts", accounts)):
        known = work.registers.present(register, list(named))
        for n, one in enumerate(named):
            if one not in known:
                problems.append(FieldProblem(f"/{register}/{n}", "unknown", f"no such id among {register}"))
    if problems:
        raise InvalidInput("this hold names somebody this house does not know", tuple(problems))
