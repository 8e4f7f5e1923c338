"""Deadlines and clocks of holds: every number at its boundary, and what counts is the safe reading in every time zone."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebook.errors import LawError
from gatebook.law.business_days import business_days_later, is_business_day, kept_on
from gatebook.law.deadlines import Deadline, Dueness, Nature, What, deadlines, hold_clock, how_due
from gatebook.law.sources import all_clauses
from gatebook.law.tree import LawTree
from gatebook.store.law_folder import read_law_texts
from gatebook.terms.demand import HoldKind, Instrument
from law_cases import DAY, tree

LAW = tree().on(DAY)
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday; the Thursday after is a holiday
HOLIDAYS = LAW.parameters.list("sca/federal_holidays")
ZONES = [timezone(timedelta(hours=hours)) for hours in range(-12, 15)]
INSTANTS = st.datetimes(datetime(2026, 11, 24), datetime(2040, 1, 1), timezones=st.just(UTC))
I = Instrument  # noqa: E741  a short name for the tables below


def found(
    instrument: Instrument, what: What, nature: Nature = Nature.BY, at: datetime = AT, **more: object
) -> Deadline | None:
    some = deadlines(LAW, instrument, at, **more)  # type: ignore[arg-type]
    return next((d for d in some if (d.what, d.nature) == (what, nature)), None)


@pytest.mark.parametrize(
    ("instrument", "what", "after", "rule"),
    [
        (I.SUBPOENA, What.ANSWER, timedelta(14), "house/answer_days"),
        (I.COURT_ORDER, What.ANSWER, timedelta(10), "house/answer_days"),
        (I.WARRANT, What.ANSWER, timedelta(10), "house/answer_days"),
        (I.CONSENT, What.ANSWER, timedelta(14), "house/answer_days"),
        (I.CIVIL, What.ANSWER, timedelta(14), "house/answer_days"),
        (I.MUTUAL_ASSISTANCE, What.ANSWER, timedelta(14), "house/answer_days"),
        (I.EMERGENCY, What.ANSWER, timedelta(hours=4), "house/emergency_answer_hours"),
        (I.PRESERVATION, What.ANSWER, timedelta(2), "house/answer_days"),
        (I.EU_PRODUCTION, What.ANSWER, timedelta(10), "e_evidence/production_days"),
        (I.EU_PRESERVATION, What.ANSWER, timedelta(2), "house/answer_days"),
        (I.PRESERVATION, What.PRESERVE, timedelta(0), "sca/preserve_hours"),
        (I.EU_PRODUCTION, What.PRESERVE, timedelta(0), "e_evidence/preserve_hours"),
        (I.EU_PRESERVATION, What.PRESERVE, timedelta(0), "e_evidence/preserve_hours"),
        (I.SUBPOENA, What.PRESERVE, timedelta(0), "house/preserve_hours"),
        (I.COURT_ORDER, What.QUASH, timedelta(5), "house/quash_days"),
        (I.COURT_ORDER, What.CONFLICT, timedelta(14), "sca/conflict_motion_days"),
        (I.WARRANT, What.CONFLICT, timedelta(14), "sca/conflict_motion_days"),
        (I.BACKUP, What.COPY, timedelta(3), "sca/backup_copy_business_days"),  # Wednesday, and Friday after the holiday
    ],
)
def test_what_is_due_and_by_which_rule(instrument: Instrument, what: What, after: timedelta, rule: str) -> None:
    # Breaks when a number is read off by one, or a deadline cannot say which rule set it.
    deadline = found(instrument, what)
    assert deadline is not None
    assert (deadline.due_at, deadline.rule) == (AT + after, rule)
    assert deadline.cites == LAW.parameters.held[rule].cites


@pytest.mark.parametrize("instrument", list(Instrument))
def test_every_instrument_has_a_clock(instrument: Instrument) -> None:
    # Breaks when a demand names nobody's clock, or one kind of deadline stands twice.
    some = deadlines(LAW, instrument, AT)
    assert {What.PRESERVE, What.ANSWER} <= {d.what for d in some}
    assert len({(d.what, d.nature) for d in some}) == len(some)
    assert [d.due_at for d in some] == sorted(d.due_at for d in some)
    assert all(d.due_at.tzinfo is UTC and d.cites for d in some)


def test_an_emergency_is_answered_in_hours() -> None:
    # Breaks when the ten days are kept where eight hours are given.
    production = found(I.EU_PRODUCTION, What.ANSWER, is_emergency=True)
    warrant = found(I.WARRANT, What.ANSWER, is_emergency=True)
    assert production is not None
    assert warrant is not None
    assert (production.due_at - AT, production.rule) == (timedelta(hours=8), "e_evidence/emergency_hours")
    assert (warrant.due_at - AT, warrant.rule) == (timedelta(hours=4), "house/emergency_answer_hours")


@pytest.mark.parametrize(("days", "rule"), [(13, "demand"), (14, "house/answer_days"), (15, "house/answer_days")])
def test_of_the_demands_own_day_and_the_houses_the_earlier_wins(days: int, rule: str) -> None:
    # Breaks when the day a court set is passed over, or a generous one lets an answer wait.
    deadline = found(I.SUBPOENA, What.ANSWER, return_at=AT + timedelta(days, seconds=1 if days == 14 else 0))
    assert deadline is not None
    assert (deadline.rule, deadline.due_at) == (rule, AT + timedelta(min(days, 14)))


def test_a_notified_order_is_waited_out_and_an_emergency_is_not() -> None:
    # Breaks when data leaves in the days in which the enforcing authority may object (art. 10), or later than it must.
    over = datetime(2026, 12, 6, tzinfo=UTC)  # when 4 December is over everywhere
    release = found(I.EU_PRODUCTION, What.RELEASE, Nature.NOT_BEFORE, enforcer_is_notified=True)
    answer = found(I.EU_PRODUCTION, What.ANSWER, enforcer_is_notified=True)
    assert release is not None
    assert answer is not None
    assert release.due_at == answer.due_at == over
    urgent = {"is_emergency": True, "enforcer_is_notified": True}
    objection = found(I.EU_PRODUCTION, What.OBJECTION, Nature.UNTIL, **urgent)
    assert objection is not None
    assert objection.due_at == AT + timedelta(hours=96)
    assert found(I.EU_PRODUCTION, What.RELEASE, Nature.NOT_BEFORE, **urgent) is None
    assert found(I.EU_PRODUCTION, What.OBJECTION, Nature.UNTIL) is None


def test_a_backup_copy_is_not_released_before_fourteen_days_after_notice() -> None:
    # Breaks when a copy leaves while the customer may still move against it, or a date is made up before any notice.
    assert found(I.BACKUP, What.RELEASE, Nature.NOT_BEFORE) is None
    release = found(I.BACKUP, What.RELEASE, Nature.NOT_BEFORE, noticed_at=AT + timedelta(1))
    assert release is not None
    assert release.due_at == datetime(2026, 12, 11, tzinfo=UTC)  # 9 December is over everywhere


# -- how days count


@given(INSTANTS, st.sampled_from([I.SUBPOENA, I.EU_PRODUCTION]))
@settings(max_examples=60, deadline=None)
def test_what_is_owed_is_never_later_than_the_last_day_of_any_time_zone(at: datetime, instrument: Instrument) -> None:
    # Breaks when an answer in time by our clock is late by the clock of whoever asked.
    deadline = found(instrument, What.ANSWER, at=at)
    assert deadline is not None
    days = {I.SUBPOENA: 14, I.EU_PRODUCTION: 10}[instrument]
    for zone in ZONES:
        last = at.astimezone(zone).date() + timedelta(days)
        assert deadline.due_at <= datetime.combine(last + timedelta(1), time(), zone)


@given(INSTANTS, st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_what_is_kept_is_kept_to_the_end_of_the_last_day_of_every_time_zone(at: datetime, renewals: int) -> None:
    # Breaks when a hold ends while by somebody's clock its ninetieth day is not over; or runs days over it.
    until, _ = hold_clock(LAW, HoldKind.PRESERVATION, at, renewals)
    end = datetime.combine(date.fromisoformat(until) + timedelta(1), time(), UTC)
    for zone in ZONES:
        last = at.astimezone(zone).date() + timedelta(90 + 90 * renewals)
        assert end >= datetime.combine(last + timedelta(1), time(), zone)
    assert end - at <= timedelta(92 + 90 * renewals)


@given(INSTANTS)
@settings(max_examples=60, deadline=None)
def test_a_copy_is_never_due_after_the_second_business_day_of_any_state(at: datetime) -> None:
    # Breaks when a receipt in the evening counts from the next day, for it is that already in UTC.
    deadline = found(I.BACKUP, What.COPY, at=at)
    assert deadline is not None
    for zone in ZONES[:9]:  # from west of Hawaii to the Atlantic
        last = business_days_later(at.astimezone(zone).date(), 2, HOLIDAYS)
        assert deadline.due_at <= datetime.combine(last + timedelta(1), time(), zone)


def test_an_instant_without_a_time_zone_is_refused() -> None:
    # Breaks when a local time is counted as if it were UTC.
    naive = datetime(2026, 11, 24, 12)
    for call in (
        lambda: deadlines(LAW, I.SUBPOENA, naive),
        lambda: hold_clock(LAW, HoldKind.PRESERVATION, naive),
        lambda: how_due(LAW, naive, AT),
        lambda: hold_clock(LAW, HoldKind.PRESERVATION, AT, -1),
    ):
        with pytest.raises(LawError):
            call()


# -- holds


@pytest.mark.parametrize(
    ("kind", "renewals", "days", "rule"),
    [
        (HoldKind.PRESERVATION, 0, 90, "sca/preservation_days"),
        (HoldKind.PRESERVATION, 1, 180, "sca/preservation_renewal_days"),
        (HoldKind.PRESERVATION, 2, 270, "sca/preservation_renewal_days"),
        (HoldKind.EU_PRESERVATION, 0, 60, "e_evidence/preservation_days"),
        (HoldKind.EU_PRESERVATION, 1, 90, "e_evidence/preservation_renewal_days"),
    ],
)
def test_a_hold_with_a_term_ends_on_its_day(kind: HoldKind, renewals: int, days: int, rule: str) -> None:
    # Breaks when a term or a renewal is a day short: the day of asking is not counted, and its last day ends everywhere.
    assert hold_clock(LAW, kind, AT, renewals) == ((AT.date() + timedelta(days + 1)).isoformat(), rule)


@pytest.mark.parametrize(("late", "days"), [(30, 180), (90, 180), (91, 181), (120, 210)])
def test_a_late_renewal_counts_from_the_day_it_came(late: int, days: int) -> None:
    # Breaks when a hold renewed after it ran out ends sooner than ninety days after the renewal.
    until, _ = hold_clock(LAW, HoldKind.PRESERVATION, AT, 1, renewed_at=AT + timedelta(late))
    assert until == (AT.date() + timedelta(days + 1)).isoformat()


@pytest.mark.parametrize(
    ("kind", "confirmed", "rule"),
    [
        (HoldKind.EU_PRESERVATION, True, "e_evidence/confirmed_hold_ends"),
        (HoldKind.BACKUP, False, "sca/backup_hold_ends"),
        (HoldKind.PROCESS, False, "house/open_hold_ends"),
        (HoldKind.LITIGATION, False, "house/open_hold_ends"),
    ],
)
def test_an_open_hold_has_no_day(kind: HoldKind, confirmed: bool, rule: str) -> None:
    # Breaks when a hold that ends by an event runs out by itself.
    assert hold_clock(LAW, kind, AT, production_confirmed=confirmed) == ("", rule)
    assert LAW.parameters.held[rule].cites
    assert hold_clock(LAW, HoldKind.PRESERVATION, AT, production_confirmed=True)[0]  # 2703(f) knows no such thing


def test_how_near_a_deadline_is() -> None:
    # Breaks when what is due this instant is not overdue, or a warning comes an instant late.
    near = timedelta(hours=LAW.parameters.number("house/nearly_due_hours"))
    moment = timedelta(microseconds=1)
    assert [how_due(LAW, AT, AT + d) for d in (-near - moment, -near, -moment, timedelta(0), moment)] == [
        Dueness.IN_TIME, Dueness.NEARLY_DUE, Dueness.NEARLY_DUE, Dueness.OVERDUE, Dueness.OVERDUE,
    ]  # fmt: skip


# -- business days


@pytest.mark.parametrize(
    ("rule", "year", "kept"),
    [
        ("01-01", 2028, date(2027, 12, 31)),  # a Saturday, kept in the year before
        ("01-01", 2033, date(2032, 12, 31)),
        ("01-mon-3", 2027, date(2027, 1, 18)),
        ("02-mon-3", 2027, date(2027, 2, 15)),
        ("05-mon-last", 2027, date(2027, 5, 31)),
        ("05-mon-last", 2028, date(2028, 5, 29)),
        ("06-19", 2027, date(2027, 6, 18)),
        ("07-04", 2027, date(2027, 7, 5)),  # a Sunday
        ("07-04", 2028, date(2028, 7, 4)),
        ("11-thu-4", 2026, date(2026, 11, 26)),
        ("12-25", 2027, date(2027, 12, 24)),
        ("12-mon-last", 2026, date(2026, 12, 28)),
    ],
)
def test_the_day_a_holiday_is_kept(rule: str, year: int, kept: date) -> None:
    # Breaks when a holiday on a weekend, or the fourth or last weekday of a month, is a day off.
    assert kept_on(rule, year) == kept


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 11, 24), 2, date(2026, 11, 27)),
        (date(2026, 11, 25), 1, date(2026, 11, 27)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),
        (date(2026, 11, 28), 2, date(2026, 12, 1)),
        (date(2027, 12, 30), 1, date(2028, 1, 3)),  # 31 December is kept for 1 January
        (date(2026, 12, 1), 0, date(2026, 12, 1)),
    ],
)
def test_business_days_are_counted_over_weekends_and_holidays(day: date, count: int, expected: date) -> None:
    # Breaks when the day of receipt is counted, or a day nobody works is.
    assert business_days_later(day, count, HOLIDAYS) == expected


@given(st.dates(date(2026, 11, 24), date(2090, 1, 1)), st.integers(1, 8))
@settings(deadline=None)
def test_as_many_business_days_lie_between(day: date, count: int) -> None:
    # Breaks when a count skips or repeats a day.
    last = business_days_later(day, count, HOLIDAYS)
    between = (day + timedelta(n) for n in range(1, (last - day).days + 1))
    assert sum(is_business_day(each, HOLIDAYS) for each in between) == count
    assert is_business_day(last, HOLIDAYS)


# -- as parameters


def test_a_house_sets_its_own_numbers_from_a_day_on() -> None:
    # Breaks when a house's own number needs our file, reaches back, or leaves an instrument it left out without a clock.
    text = (
        "means: m\nvalues:\n"
        "  - {begins: 2026-12-01, value: {warrant: 3}, cites: ours, standing: house, confirmed: true, checked_on: 2026-11-24}\n"
    )
    law = LawTree.build(all_clauses(), *read_law_texts(), {"house/parameters/answer_days.yaml": text})
    days = {
        day: next(
            d.due_at - AT
            for d in deadlines(law.on(date(2026, 11, 30) + timedelta(day)), I.WARRANT, AT)
            if d.what is What.ANSWER
        )
        for day in range(3)
    }
    assert list(days.values()) == [timedelta(10), timedelta(3), timedelta(3)]
    left_out = next(d for d in deadlines(law.on(date(2026, 12, 1)), I.CIVIL, AT) if d.what is What.ANSWER)
    assert left_out.due_at == AT + timedelta(3)  # the shortest the house's own table has


def test_the_numbers_begin_on_their_day_and_have_no_gap() -> None:
    # Breaks when a day is left on which a demand has no clock.
    law = tree()
    with pytest.raises(LawError, match="no value on this day"):
        deadlines(law.on(date(2026, 11, 23)), I.SUBPOENA, AT)
    for n, kind in itertools.product(range(0, 800, 100), HoldKind):
        day = law.on(date(2026, 11, 24) + timedelta(n))
        assert hold_clock(day, kind, AT)[1] in day.parameters.held


def test_nothing_of_demands_is_taken_for_the_keeping_of_persons() -> None:
    # Breaks when a parameter named <source>/retention_years would keep every person's data for as long as a demand's.
    assert {n for n in LAW.parameters.names() if n.endswith("/retention_years")} == {
        "cip_2024/retention_years", "house/retention_years", "ofac/retention_years",
    }  # fmt: skip
    assert LAW.parameters.number("house/demand_retention_years") == 5
    assert LAW.parameters.number("house/disclosure_retention_years") == 5
