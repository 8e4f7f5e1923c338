"""A timeline: what is drawn of an account's time, as plain data: marks in lanes, bars, and days without any access.

The trap guarded against: a picture that leaves out without a word. Beyond what can be drawn one by one, accesses are
drawn by day and lane, and lanes beyond the most are one lane; the story says so in its notes.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gatebook.terms.access_event import Outcome
from gatebook.trace.by_day import day_of
from gatebook.trace.ports import KeptEvent, Use

#: Accesses drawn one by one, lanes, and columns of days.
MOST_DRAWN, MOST_LANES, MOST_COLUMNS = 500, 16, 250
OTHERS, NOWHERE, UNPLACED = "all others", "no address", "country unknown"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """Accesses drawn as one: of one lane, between two times. ``outcome`` is None where several are drawn as one."""

    lane: str
    first_at: int
    last_at: int
    events: int = 1
    outcome: Outcome | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """Something held from one time until another."""

    words: str
    from_at: int
    until_at: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Whole days without an access, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Story:
    """What is drawn. Times are microseconds since 1970 UTC; ``opened_at`` and ``closed_at`` are None when unknown."""

    title: str
    words: str
    from_at: int
    until_at: int
    opened_at: int | None
    closed_at: int | None
    lanes: tuple[str, ...]
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]


def printable(text: str) -> str:
    """Return a text without anything that steers a terminal, a picture or the direction of writing."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


def gaps_of(days: Iterable[date], begin: date | None, end: date | None, least: int) -> tuple[Gap, ...]:
    """Return each run of at least ``least`` whole days without an access: between days with one, and to both ends.

    ``begin`` and ``end`` are days that end a run as an access does; None is not known, and no run reaches there.
    """
    marked = sorted({*days})
    if begin is not None:
        marked = [begin, *(day for day in marked if day > begin)]
    if end is not None and (not marked or marked[-1] < end):
        marked.append(end)
    found = (Gap(before + _DAY, after - _DAY) for before, after in itertools.pairwise(marked))
    return tuple(gap for gap in found if gap.days >= max(least, 1))


def marks_of_events(events: Iterable[KeptEvent]) -> list[Mark]:
    """Return a mark for each event, its lane its address."""
    return [
        Mark(
            kept.event.address or NOWHERE,
            kept.event.at,
            kept.event.at,
            1,
            kept.event.outcome,
            f"{kept.event.act or 'access'}, {kept.event.outcome.value}, by {kept.event.source}",
        )
        for kept in events
    ]


def marks_of_uses(uses: Iterable[Use]) -> list[Mark]:
    """Return a mark for each use, which is of one day, its lane its address."""
    return [Mark(use.address or NOWHERE, use.first_at, use.last_at, use.events) for use in uses]


def in_lanes(marks: Sequence[Mark], countries: Mapping[str, str]) -> tuple[tuple[str, ...], list[Mark]]:
    """Return the lanes by when each began, and the marks in them: by address, else by country, else the busiest.

    ``countries`` are those of addresses, as far as a file places them.
    """
    placed = {lane: f"{lane} ({countries[lane]})" if countries.get(lane) else lane for lane in _lanes(marks)}
    if len(placed) > MOST_LANES:
        placed = {lane: lane if lane == NOWHERE else countries.get(lane) or UNPLACED for lane in placed}
        counts = Counter[str]()
        for mark in marks:
            counts[placed[mark.lane]] += mark.events
        busiest = {lane for lane, _ in counts.most_common(MOST_LANES - 1 if len(counts) > MOST_LANES else MOST_LANES)}
        placed = {lane: name if name in busiest else OTHERS for lane, name in placed.items()}
    found = [replace(mark, lane=placed[mark.lane]) for mark in marks]
    return _lanes(found), found


def in_columns(marks: Sequence[Mark]) -> tuple[int, list[Mark]]:
    """Put together what falls into one lane and the same days; return how many days are one column, and the marks."""
    if not marks:
        return 1, []
    first, last = min(day_of(mark.first_at) for mark in marks), max(day_of(mark.last_at) for mark in marks)
    width = -(-((last - first).days + 1) // MOST_COLUMNS)
    found: dict[tuple[str, int], Mark] = {}
    for mark in marks:
        place = (mark.lane, (day_of(mark.first_at) - first).days // width)
        found[place] = _joined(found[place], mark) if place in found else mark
    return width, list(found.values())


def _lanes(marks: Iterable[Mark]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mark.lane for mark in sorted(marks, key=lambda mark: mark.first_at)))


def _joined(one: Mark, other: Mark) -> Mark:
    first_at, last_at = min(one.first_at, other.first_at), max(one.last_at, other.last_at)
    return Mark(one.lane, first_at, last_at, one.events + other.events)
