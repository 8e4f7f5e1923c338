"""Deadlines: by when a demand has to be answered, when something may not happen yet, and until when a hold holds.

The trap guarded against: a day counted to somebody's harm. What we owe counts to the earliest reading of a period,
what we must wait for or keep to the latest, whatever the time zone. A day owed is 24 hours from the instant of receipt,
which is never after the end of the last day; a day kept is over when its end has come everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from gatebook.errors import LawError
from gatebook.law.business_days import business_days_later
from gatebook.law.tree import LawOfDay
from gatebook.terms.demand import HoldKind, Instrument


class What(StrEnum):
    """What a deadline is of."""

    PRESERVE = "preserve"
    ANSWER = "answer"
    QUASH = "quash"  # 18 U.S.C. 2703(d): a motion against a voluminous or burdensome order
    CONFLICT = "conflict"  # 18 U.S.C. 2703(h): a motion because a foreign law forbids it
    COPY = "copy"  # 18 U.S.C. 2704(a)
    RELEASE = "release"
    OBJECTION = "objection"  # of the enforcing authority, Regulation (EU) 2023/1543 art. 10


class Nature(StrEnum):
    """How an instant binds."""

    BY = "by"  # it is to be done by then
    NOT_BEFORE = "not-before"  # it may not be done earlier
    UNTIL = "until"  # somebody else may act until then


_NOT_BEFORE = Nature.NOT_BEFORE


class Dueness(StrEnum):
    """How near a deadline is."""

    IN_TIME = "in-time"
    NEARLY_DUE = "nearly-due"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline, in UTC. ``rule`` is the parameter that set it, or ``demand``; only one by nature can be overdue."""

    what: What
    due_at: datetime
    rule: str
    cites: str
    nature: Nature = Nature.BY


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the clocks of one demand are wound with."""

    law: LawOfDay
    instrument: Instrument
    received_at: datetime
    is_emergency: bool
    noticed_at: datetime | None
    enforcer_is_notified: bool

    def is_urgent(self) -> bool:
        return self.is_emergency or self.instrument is Instrument.EMERGENCY

    def waits(self) -> bool:
        """Whether the ten days have to be waited out, as the enforcing authority may object in them."""
        return self.enforcer_is_notified and not self.is_emergency

    def is_plain(self) -> bool:
        return not self.enforcer_is_notified and not self.is_emergency

    def may_be_objected_to(self) -> bool:
        return self.enforcer_is_notified and self.is_emergency

    def is_noticed(self) -> bool:
        return self.noticed_at is not None


def _hours(asked: _Asked, count: int) -> datetime:
    return asked.received_at + timedelta(hours=count)


def _days(asked: _Asked, count: int) -> datetime:
    return asked.received_at + timedelta(days=count)


def _days_over(asked: _Asked, count: int) -> datetime:
    return _over(asked.received_at, count)


def _days_over_since_notice(asked: _Asked, count: int) -> datetime:
    return _over(asked.noticed_at or asked.received_at, count)


def _business_days(asked: _Asked, count: int) -> datetime:
    """The same hour of the day ``count`` business days on, counted from the day it was in UTC or west of it."""
    rules = asked.law.parameters.list("sca/federal_holidays")
    days = {asked.received_at.date(), (asked.received_at - timedelta(hours=12)).date()}
    return min(asked.received_at + (business_days_later(day, count, rules) - day) for day in days)


def _over(instant: datetime, count: int) -> datetime:
    """When ``count`` days after the day of ``instant`` are over in every time zone."""
    return datetime.combine(_last_day(instant, count) + timedelta(1), time(), UTC)


def _last_day(instant: datetime, count: int) -> date:
    """The day in UTC at whose end they are over everywhere: one more, for elsewhere a day ends later than in UTC."""
    return instant.date() + timedelta(count + 1)


@dataclass(frozen=True, slots=True)
class _Clock:
    """A row of the table: for these instruments, where ``when`` holds, the parameter runs like this."""

    what: What
    instruments: frozenset[Instrument]
    rule: str
    runs: Callable[[_Asked, int], datetime]
    nature: Nature = Nature.BY
    when: Callable[[_Asked], bool] = lambda _: True


_I = Instrument
_EPOC, _BACKUP, _PRESERVATION = frozenset({_I.EU_PRODUCTION}), frozenset({_I.BACKUP}), frozenset({_I.PRESERVATION})
_EU = _EPOC | {_I.EU_PRESERVATION}
_US = frozenset(Instrument) - _EU
_COMPELS = frozenset({_I.SUBPOENA, _I.COURT_ORDER, _I.WARRANT})
_TEN_DAYS = "e_evidence/production_days"
_CLOCKS = (
    _Clock(What.PRESERVE, _PRESERVATION, "sca/preserve_hours", _hours),
    _Clock(What.PRESERVE, _EU, "e_evidence/preserve_hours", _hours),
    _Clock(What.PRESERVE, _US - _PRESERVATION, "house/preserve_hours", _hours),
    _Clock(What.ANSWER, _EPOC, _TEN_DAYS, _days, when=_Asked.is_plain),
    _Clock(What.ANSWER, _EPOC, _TEN_DAYS, _days_over, when=_Asked.waits),
    _Clock(What.ANSWER, _EPOC, "e_evidence/emergency_hours", _hours, when=_Asked.is_urgent),
    _Clock(What.ANSWER, frozenset(Instrument) - _EPOC - {_I.EMERGENCY}, "house/answer_days", _days),
    _Clock(What.ANSWER, _US, "house/emergency_answer_hours", _hours, when=_Asked.is_urgent),
    _Clock(What.COPY, _BACKUP, "sca/backup_copy_business_days", _business_days),
    _Clock(What.RELEASE, _BACKUP, "sca/backup_release_days", _days_over_since_notice, _NOT_BEFORE, _Asked.is_noticed),
    _Clock(What.RELEASE, _EPOC, _TEN_DAYS, _days_over, _NOT_BEFORE, _Asked.waits),
    _Clock(What.OBJECTION, _EPOC, "e_evidence/objection_hours", _hours, Nature.UNTIL, _Asked.may_be_objected_to),
    _Clock(What.QUASH, frozenset({_I.COURT_ORDER}), "house/quash_days", _days),
    _Clock(What.CONFLICT, _COMPELS, "sca/conflict_motion_days", _days),
)


def deadlines(
    law: LawOfDay,
    instrument: Instrument,
    received_at: datetime,
    *,
    is_emergency: bool = False,
    return_at: datetime | None = None,
    noticed_at: datetime | None = None,
    enforcer_is_notified: bool = False,
) -> tuple[Deadline, ...]:
    """Return the deadlines of a demand, the earliest first, one of each kind and nature: of two the earlier.

    ``return_at`` is the demand's own day; ``noticed_at`` is when government told the customer of a backup copy (18
    U.S.C. 2704(a)); ``enforcer_is_notified`` says that a European order was notified to the enforcing State (art. 8).
    """
    asked = _Asked(
        law, instrument, _in_utc(received_at), is_emergency, noticed_at and _in_utc(noticed_at), enforcer_is_notified
    )
    found = list(_run(asked))
    if return_at is not None:
        found.append(Deadline(What.ANSWER, _in_utc(return_at), "demand", "the day the demand itself gives"))
    earliest: dict[tuple[What, Nature], Deadline] = {}
    for deadline in sorted(found, key=lambda deadline: deadline.due_at):
        earliest.setdefault((deadline.what, deadline.nature), deadline)
    return tuple(earliest.values())


def _run(asked: _Asked) -> Iterator[Deadline]:
    held = asked.law.parameters
    for clock in _CLOCKS:
        if asked.instrument not in clock.instruments or not clock.when(asked):
            continue
        value = held.value(clock.rule)
        # A table gives each instrument its number; one left out takes the shortest there is, and is never without.
        count = value.get(asked.instrument.value, min(value.values())) if isinstance(value, dict) else value
        due_at = clock.runs(asked, int(count))
        yield Deadline(clock.what, due_at, clock.rule, held.held[clock.rule].cites, clock.nature)


def how_due(law: LawOfDay, due_at: datetime, now: datetime) -> Dueness:
    """Return whether ``due_at`` has come, is within house/nearly_due_hours, or is further off."""
    if _in_utc(now) >= _in_utc(due_at):
        return Dueness.OVERDUE
    near = timedelta(hours=law.parameters.number("house/nearly_due_hours"))
    return Dueness.NEARLY_DUE if _in_utc(due_at) - _in_utc(now) <= near else Dueness.IN_TIME


#: Of each hold with a term: how long, by how much a renewal extends it, what ends it once production is confirmed.
_TERMS = {
    HoldKind.PRESERVATION: ("sca/preservation_days", "sca/preservation_renewal_days", ""),
    HoldKind.EU_PRESERVATION: (
        "e_evidence/preservation_days",
        "e_evidence/preservation_renewal_days",
        "e_evidence/confirmed_hold_ends",
    ),
}
_OPEN = {HoldKind.BACKUP: "sca/backup_hold_ends"}


def hold_clock(
    law: LawOfDay,
    kind: HoldKind,
    from_: datetime,
    renewals: int = 0,
    *,
    renewed_at: datetime | None = None,
    production_confirmed: bool = False,
) -> tuple[str, str]:
    """Return the last day (ISO, in UTC) to whose end a hold holds, empty while it is open, and the rule.

    ``from_`` is when it was first asked for, and each renewal adds its days to that. Where the latest came so late, at
    ``renewed_at``, that its days counted from itself end later, they do. The day of asking is not counted, and one day
    is added: with it no time zone's last day outlasts the hold.
    """
    if renewals < 0:
        raise LawError("a hold cannot be renewed less than never")
    if kind not in _TERMS:
        return "", _OPEN.get(kind, "house/open_hold_ends")
    days, more, once_confirmed = _TERMS[kind]
    if production_confirmed and once_confirmed:
        return "", once_confirmed
    extension = law.parameters.number(more)
    until = _last_day(_in_utc(from_), law.parameters.number(days) + renewals * extension)
    if renewals and renewed_at is not None:
        until = max(until, _last_day(_in_utc(renewed_at), extension))
    return until.isoformat(), more if renewals else days


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise LawError("a deadline counts from an instant with its time zone")
    return instant.astimezone(UTC)
