"""An account's timeline: its opening and closing, what it held, every access, and the days without one.

The trap guarded against: silence taken for nothing. Days without an access are shown as such from the number of days
on after which the law of this house calls an account dormant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from gatebook import canonical
from gatebook.procedures.house import HouseWork
from gatebook.procedures.trace import Tracer, answered
from gatebook.procedures.trace_account import Held, assigned_to, filters_of, held_by, show_held
from gatebook.procedures.trace_address import show_bounds
from gatebook.terms.assignment import Assignment, microseconds, to_plain
from gatebook.trace.asked import FIRST, LAST, SECOND, Bounds, read_account, read_bounds, read_limit, read_place
from gatebook.trace.by_day import day_of, uses_by_day
from gatebook.trace.gather import events_of
from gatebook.trace.ports import Filter, Use
from gatebook.trace.timeline import (
    MOST_DRAWN,
    Bar,
    Gap,
    Mark,
    Story,
    gaps_of,
    in_columns,
    in_lanes,
    marks_of_events,
    marks_of_uses,
)
from gatebook.trace.timeline_svg import draw

_DORMANT = "house/dormant_days"
_USES, _MOST_ASSIGNMENTS, _MOST_BARS, _HOUR = 50_000, 200, 20, 3600 * SECOND


@dataclass(frozen=True, slots=True)
class _Life:
    """What is known of an account within a time: when it was opened and closed, and what it held."""

    opened_at: int | None
    closed_at: int | None
    held: tuple[Held, ...]
    assigned: tuple[Assignment, ...]

    def gaps(self, days: Iterable[date], bounds: Bounds, today: date, least: int) -> tuple[Gap, ...]:
        """Return the gaps of its life within a time, today the last day there is."""
        is_begun = self.opened_at is not None and self.opened_at < bounds.until_at
        begin = day_of(max(self.opened_at or 0, bounds.from_at)) if is_begun else None
        ends = bounds.until_at if self.closed_at is None else min(self.closed_at, bounds.until_at)
        been = (day for day in days if day <= today)  # a clock that runs ahead makes no gap
        return gaps_of(been, begin, min(today, day_of(min(ends, LAST))), least)


def trace_timeline(
    tracer: Tracer, account: str, from_: str = "", until: str = "", after: str = "", limit: int = 100
) -> dict[str, Any]:
    """Return a timeline as data, its events a page at a time. Raises NotPermitted, InvalidInput."""
    read_account(account)
    bounds, page, limit = read_bounds(from_, until), read_place(after), read_limit(limit)
    head = tracer.begin("trace.timeline")
    life = _life(tracer, account, bounds)
    found = {
        **head,
        "account": account,
        **show_bounds(bounds),
        "principals": show_held(life.held),
        "assignments": [to_plain(a) for a in life.assigned[:_MOST_ASSIGNMENTS]],
        "more_assignments": len(life.assigned) > _MOST_ASSIGNMENTS,
    }
    if not page:
        days, least = _days(_uses(tracer, life)), _dormant_days(tracer)
        gaps = life.gaps(days, bounds, tracer.house.now().date(), least)
        shown = [{"from": gap.first.isoformat(), "until": gap.last.isoformat(), "days": gap.days} for gap in gaps]
        found |= {"dormant_days": least, "gaps": shown}
    return {**found, **answered(tracer, head, filters_of(life.held), page, limit, [account])}


def draw_timeline(tracer: Tracer, account: str, from_: str = "", until: str = "") -> str:
    """Return a timeline as an SVG picture. Raises NotPermitted, InvalidInput."""
    read_account(account)
    bounds = read_bounds(from_, until)
    tracer.begin("trace.timeline")
    life = _life(tracer, account, bounds)
    uses = _uses(tracer, life)
    total = sum(use.events for use in uses)
    marks, lanes, notes = _marks(tracer, life, uses, total)
    from_at, until_at = _extent(life, bounds, uses)
    if len(life.assigned) > _MOST_BARS:
        notes.append(f"{len(life.assigned) - _MOST_BARS} more assignments are not drawn.")
    gaps = life.gaps(_days(uses), bounds, tracer.house.now().date(), _dormant_days(tracer))
    counts = f"accesses: {total}; assignments: {len(life.assigned)}; times without access: {len(gaps)}"
    words = f"{counts}; {_span(from_at, until_at)}, UTC"
    bars = tuple(Bar(f"{a.kind.value} {a.thing}", a.from_at, a.until_at) for a in life.assigned[:_MOST_BARS])
    story = Story(
        f"Account {account}",
        words,
        from_at,
        until_at,
        life.opened_at,
        life.closed_at,
        lanes,
        marks,
        bars,
        gaps,
        (*notes,),
    )
    return draw(story)


def _life(tracer: Tracer, account: str, bounds: Bounds) -> _Life:
    with tracer.house.state.read() as work:
        opened_at, closed_at = _opened_and_closed(work, account)
        assigned = tuple(islice(assigned_to(work, account, bounds), _MOST_ASSIGNMENTS + 1))
        return _Life(opened_at, closed_at, tuple(held_by(work, account, bounds)), assigned)


def _opened_and_closed(work: HouseWork, account: str) -> tuple[int | None, int | None]:
    row = work.registers.get("accounts", account) or {}
    times = (row.get(name) for name in ("opened_at", "closed_at"))
    opened_at, closed_at = (microseconds(canonical.parse_instant(at)) if at else None for at in times)
    return opened_at, closed_at


def _uses(tracer: Tracer, life: _Life) -> list[Use]:
    return [use for one in filters_of(life.held) for use in uses_by_day(tracer.rows, one, _USES)]


def _days(uses: Iterable[Use]) -> set[date]:
    return {day_of(use.first_at) for use in uses}


def _dormant_days(tracer: Tracer) -> int:
    return tracer.house.law.on(tracer.house.now().date()).parameters.number(_DORMANT)


def _marks(
    tracer: Tracer, life: _Life, uses: Sequence[Use], total: int
) -> tuple[tuple[Mark, ...], tuple[str, ...], list[str]]:
    """Return marks, lanes, and notes on what was put together."""
    addresses = {use.address for use in uses if use.address}
    countries = {address: tracer.house.country_of(address) or "" for address in addresses}
    filters: list[Filter] = filters_of(life.held)
    if total <= MOST_DRAWN:
        lanes, marks = in_lanes(marks_of_events(events_of(tracer.rows, filters, None, MOST_DRAWN)[0]), countries)
        return tuple(marks), lanes, ["Each mark is one access."]
    lanes, marks = in_lanes(marks_of_uses(uses), countries)
    width, marks = in_columns(marks)
    days = "a day" if width == 1 else f"{width} days"
    note = f"More than {MOST_DRAWN} accesses: each mark is all of {days} in its lane, whatever their outcome."
    return tuple(marks), lanes, [note]


def _extent(life: _Life, bounds: Bounds, uses: Sequence[Use]) -> tuple[int, int]:
    """Return from when until when is drawn: the time asked about, or where it is open what there is in it."""
    times = [at for use in uses for at in (use.first_at, use.last_at)]
    times += [at for at in (life.opened_at, life.closed_at) if at is not None]
    times += [at for a in life.assigned for at in (a.from_at, a.until_at)]
    inside = [at for at in times if bounds.from_at <= at < bounds.until_at and FIRST <= at < LAST]
    first, last = (min(inside), max(inside)) if inside else (bounds.from_at, bounds.until_at)
    from_at = bounds.from_at if bounds.from_at >= FIRST else first if inside else 0
    until_at = bounds.until_at if bounds.until_at <= LAST else last if inside else from_at
    return from_at, max(until_at, min(from_at + _HOUR, LAST))


def _span(from_at: int, until_at: int) -> str:
    return f"{day_of(from_at).isoformat()} until {day_of(until_at).isoformat()}"
