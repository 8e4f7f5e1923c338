"""The clocks of demands: what is due when, told once when it is near and once when it is past, and counted.

The trap guarded against: a day that passes in silence. Every clock that runs is listed, the demand's own answer first
among them; a hold, a motion that may still be made, and a notice that may not be given yet each have their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gatebook import canonical
from gatebook.law.deadlines import Dueness, Nature, What, deadlines, how_due
from gatebook.law.tree import LawOfDay
from gatebook.procedures.give_notice import with_notice
from gatebook.procedures.holds import not_ended
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look_at_demands import OPEN
from gatebook.procedures.permit import permit
from gatebook.procedures.tell import tell
from gatebook.record.ports import Row, Work
from gatebook.record.walk import every_row
from gatebook.terms.demand import Instrument
from gatebook.trace.holds import end_of
from gatebook.trace.notice import Standing, is_owed, standing_of

_SHELF = "demand-told"
_SAID_FOR = timedelta(days=730)
#: What is told of, by how near it is.
TOPICS = {Dueness.NEARLY_DUE: "demand.nearly-due", Dueness.OVERDUE: "demand.overdue"}
#: The answer is in the row; preserving is done by the hold, which has a clock of its own.
_ELSEWHERE = frozenset({What.ANSWER, What.COPY, What.PRESERVE})


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock: of which demand and hold, what it is of, when it strikes, how that binds, and the rule that set it."""

    demand_id: str
    what: str
    due_at: datetime
    rule: str
    nature: str = Nature.BY.value
    hold_id: str = ""


def clocks(house: House, operator: Operator) -> list[dict[str, Any]]:
    """Return every clock of an open demand and of a hold that was not ended, the earliest first, and how near it is."""
    permit(house, operator, "look", "look-at-clocks")
    law, now = _law(house), house.now()
    with house.state.read() as work:
        found = sorted(_running(law, work, now), key=lambda clock: clock.due_at)
    return [_shown(law, clock, now) for clock in found]


def counts(house: House) -> Mapping[str, Any]:
    """Return how many open demands are overdue and nearly due, and how many are open by instrument."""
    law, now, near, by = _law(house), house.now(), Counter[Dueness](), Counter[str]()
    with house.state.read() as work:
        for row in _open(work):
            by[str(row["instrument"] or "not-described")] += 1
            if row["due_at"] and not row["answered_at"]:
                near[how_due(law, canonical.parse_instant(str(row["due_at"])), now)] += 1
    return {"overdue": near[Dueness.OVERDUE], "nearly_due": near[Dueness.NEARLY_DUE], "open": dict(by)}


def tell_of_clocks(house: House) -> list[str]:
    """Tell of each demand once that its answer is nearly due, and once that it is overdue; return which were told.

    To be called every minute or so. An answer that becomes due at another time is told of anew.
    """
    law, now = _law(house), house.now()
    with house.state.read() as work:
        late = [(str(row["demand_id"]), topic) for row in _open(work) if (topic := _topic(law, row, now))]
        due = [pair for pair in late if work.shelf.get(_SHELF, _key(work, *pair)) is None]
    if not due:
        return []
    told = list[str]()
    with house.state.transaction() as work:
        for demand_id, topic in due:
            row = work.registers.get("demands", demand_id) or {}
            is_still = row.get("state") in OPEN and _topic(law, row, now) == topic
            if is_still and work.shelf.add(_SHELF, _key(work, demand_id, topic), b"", now + _SAID_FOR):
                tell(house, work, topic, demand=demand_id, instrument=row["instrument"], due_at=row["due_at"])
                told.append(demand_id)
    return told


def _key(work: Work, demand_id: str, topic: str) -> str:
    row = work.registers.get("demands", demand_id) or {}
    return f"{demand_id} {topic} {row.get('due_at')}"


def _topic(law: LawOfDay, row: Row, now: datetime) -> str:
    if not row["due_at"] or row["answered_at"]:
        return ""
    return TOPICS.get(how_due(law, canonical.parse_instant(str(row["due_at"])), now), "")


def _open(work: Work) -> Iterator[Row]:
    for state in OPEN:
        yield from every_row(work.registers, "demands", {"state": state})


def _running(law: LawOfDay, work: Work, now: datetime) -> Iterator[Clock]:
    for row in _open(work):
        demand_id = str(row["demand_id"])
        if row["due_at"] and not row["answered_at"]:
            what = What.ANSWER.value if row["instrument"] else "describe"
            yield Clock(demand_id, what, canonical.parse_instant(str(row["due_at"])), str(row["due_rule"]))
        yield from _others(law, row)
    yield from _notices(work, now)
    for hold in not_ended(work):
        if hold["until"]:
            at, rule = end_of(str(hold["until"])), str(hold["rule"])
            yield Clock(str(hold["demand_id"] or ""), "hold", at, rule, hold_id=str(hold["hold_id"]))


def _notices(work: Work, now: datetime) -> Iterator[Clock]:
    """Yield until when each subject may not be told, and what is to be told since: of closed demands too."""
    for row in (*with_notice(work, Standing.DELAYED), *with_notice(work, Standing.DUE)):
        found, owed = standing_of(row, now), is_owed(row, now)
        if owed or found is Standing.DELAYED:
            nature = Nature.BY if owed else Nature.NOT_BEFORE
            yield Clock(str(row["demand_id"]), "notice", end_of(str(row["notice_until"])), "demand", nature.value)


def _others(law: LawOfDay, row: Row) -> Iterator[Clock]:
    """Yield what else the instrument winds up: a motion that may be made, a day before which nothing is let out."""
    if not row["instrument"] or row["answered_at"]:
        return
    received_at = canonical.parse_instant(str(row["received_at"]))
    noticed_at = canonical.parse_instant(str(row["noticed_at"])) if row["noticed_at"] else None
    is_emergency = bool(row["is_emergency"])
    for one in deadlines(
        law, Instrument(row["instrument"]), received_at, is_emergency=is_emergency, noticed_at=noticed_at
    ):
        if one.what not in _ELSEWHERE:
            yield Clock(str(row["demand_id"]), one.what.value, one.due_at, one.rule, one.nature.value)


def _shown(law: LawOfDay, clock: Clock, now: datetime) -> dict[str, Any]:
    dueness = how_due(law, clock.due_at, now)
    # Only what is to be done by then can be late; the rest is past, or not.
    late = dueness.value if clock.nature == Nature.BY.value else ("past" if dueness is Dueness.OVERDUE else "running")
    found = {**canonical.table(clock), "due_in_s": int((clock.due_at - now).total_seconds()), "dueness": late}
    return {name: value for name, value in found.items() if value != ""}


def _law(house: House) -> LawOfDay:
    return house.law.on(house.now().date())
