"""Watching: what the accesses of an open account come to, by country and day, and what the law is told of it.

The trap guarded against: a clock that is wrong read as a person who is somewhere else. Days long past are not
reckoned, those to come count as today, an address no file places is counted as just that, and days in which not every
source was heard are no quiet days.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from gatebook.terms.fact import Finding

#: Stands for the country of an address that no file places.
UNPLACED = ""
#: Accesses longer past than this are not reckoned: a wrong clock, or a feed of old records.
REACH = timedelta(days=400)
_DAY = timedelta(days=1)
_MEASURE = "access.measure"
_EFFECTS = ("none", "condition", "prohibit")
#: What one batch holds of an account: accesses by day and country.
Tally = Mapping[date, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Span:
    """From which day to which an account was used from a country, and how often."""

    first: date
    last: date
    events: int

    def joined(self, other: Span | None) -> Span:
        """Return both together."""
        if other is None:
            return self
        return Span(min(self.first, other.first), max(self.last, other.last), self.events + other.events)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered of an account's use: no address, no time of day.

    ``countries`` holds every country, those unplaced too; ``days`` the accesses of the latest days by country.
    """

    countries: Mapping[str, Span] = field(default_factory=dict)
    days: Tally = field(default_factory=dict)

    @property
    def first(self) -> date | None:
        """The first day with an access, None where there is none."""
        return min((span.first for span in self.countries.values()), default=None)

    @property
    def last(self) -> date | None:
        """The latest day with an access, None where there is none."""
        return max((span.last for span in self.countries.values()), default=None)

    def early(self, first_days: int) -> frozenset[str]:
        """Return the countries it was used from in its first days."""
        first = self.first
        if first is None:
            return frozenset()
        ends = first + timedelta(days=first_days)
        return frozenset(c for c, span in self.countries.items() if span.first < ends and c != UNPLACED)


@dataclass(frozen=True, slots=True)
class Holder:
    """What is known of who holds an account: where they are evidenced or said to be, and what holds for them.

    ``known_in`` is None where nothing says where they are. ``kept`` are, by fact, the countries that an officer was
    asked about and let stand.
    """

    known_in: frozenset[str] | None
    personhood: str
    is_under_measure: bool
    kept: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def new(self, fact: str, countries: Collection[str]) -> frozenset[str]:
        """Return those of ``countries`` that no officer let stand."""
        return frozenset(countries) - self.kept.get(fact, frozenset())


@dataclass(frozen=True, slots=True)
class Quiet:
    """How many whole days without an access just ended, of days in which every source was heard, and days around them.

    ``unheard`` are days more that it may have been: in them a source was silent, or not yet there.
    """

    days: int = 0
    around: tuple[str, ...] = ()
    unheard: int = 0


@dataclass(frozen=True, slots=True)
class Yardstick:
    """The numbers a finding is made with: days looked back, first days, and measures on jurisdictions."""

    today: date
    use_days: int
    first_use_days: int
    measures: Mapping[str, str]


def remember(seen: Seen, tally: Tally, oldest: date) -> Seen:
    """Return what is remembered once ``tally`` is added; days before ``oldest`` are kept in sum only.

    Batches may come in any order: the sum is the same.
    """
    countries, days = dict(seen.countries), {day: dict(found) for day, found in seen.days.items()}
    for day, found in tally.items():
        held = days.setdefault(day, {})
        for country, events in found.items():
            countries[country] = Span(day, day, events).joined(countries.get(country))
            held[country] = held.get(country, 0) + events
    return Seen(countries, {day: found for day, found in sorted(days.items()) if day >= oldest})


def longest_quiet(seen: Seen, tally: Tally, opened_on: date, heard_since: date | None = None) -> Quiet:
    """Return the most whole days without an access that a day of ``tally`` ended.

    ``heard_since`` is the day since which every source was heard; None where not every one is. Of an account never
    seen the quiet began with its opening. A day before the latest one seen ends nothing.
    """
    last, longest, heard, around = seen.last or opened_on, 0, 0, tuple[str, ...]()
    for day in sorted(tally):
        longest = max(longest, (day - last - _DAY).days)
        since = day if heard_since is None else max(last, heard_since)
        if (quiet := (day - since - _DAY).days) > heard:
            heard, around = quiet, (since.isoformat(), day.isoformat())
        last = max(last, day)
    return Quiet(heard, around, longest - heard)


def findings(seen: Seen, quiet: Quiet, holder: Holder, by: Yardstick) -> tuple[Finding, ...]:
    """Return what the law is told of an account's use. The basis of a count are the countries it is of."""
    counted = _counted(seen, by)
    unplaced, unfamiliar = _unplaced(seen, by), _unfamiliar(seen, counted, by)
    elsewhere = None if holder.known_in is None else set(counted) - holder.known_in
    return (
        Finding("access.is_ongoing", True, "counted", "account-in-use"),
        Finding("access.events", sum(counted.values()) + unplaced, "counted", "in-days"),
        Finding("access.events_unplaced", unplaced, "counted", "no-country"),
        _count("access.events_elsewhere", counted, elsewhere, holder),
        _count("access.events_unfamiliar", counted, unfamiliar, holder),
        _measure(holder.new(_MEASURE, set(counted) & set(by.measures)), unplaced, by.measures),
        Finding("access.quiet_days", quiet.days, "counted", "whole-days", quiet.around),
        Finding("access.quiet_days_unheard", quiet.unheard, "counted", "not-every-source"),
        Finding("account.personhood", holder.personhood, "register", "as-opened"),
        Finding("account.is_under_measure", holder.is_under_measure, "register", "conditions"),
    )


def _counted(seen: Seen, by: Yardstick) -> dict[str, int]:
    """Accesses by country in the days looked at, today included; unplaced ones are left out."""
    found: dict[str, int] = {}
    for country, events in _within(seen, by):
        if country != UNPLACED:
            found[country] = found.get(country, 0) + events
    return found


def _unplaced(seen: Seen, by: Yardstick) -> int:
    return sum(events for country, events in _within(seen, by) if country == UNPLACED)


def _within(seen: Seen, by: Yardstick) -> Iterable[tuple[str, int]]:
    since = by.today - timedelta(days=by.use_days)
    return [pair for day, found in seen.days.items() if since < day <= by.today for pair in found.items()]


def _unfamiliar(seen: Seen, counted: Collection[str], by: Yardstick) -> set[str] | None:
    """Countries not seen in the first days; None while those are not over, or nothing was placed in them."""
    early, first = seen.early(by.first_use_days), seen.first
    if not early or first is None or by.today < first + timedelta(days=by.first_use_days):
        return None
    return set(counted) - early


def _count(fact: str, counted: Mapping[str, int], of: set[str] | None, holder: Holder) -> Finding:
    if of is None:
        return Finding(fact, None, "counted", "by-country")
    new = sorted(holder.new(fact, of))
    return Finding(fact, sum(counted[country] for country in new), "counted", "by-country", tuple(new))


def _measure(held: Collection[str], unplaced: int, measures: Mapping[str, str]) -> Finding:
    """The strictest measure on a place of access. Where one might hold unseen, and none is seen, nobody knows."""
    value = max((measures[country] for country in held), key=_EFFECTS.index, default="none")
    is_unknown = value == "none" and bool(measures) and unplaced > 0
    return Finding(_MEASURE, None if is_unknown else value, "counted", "by-country", tuple(sorted(held)))
