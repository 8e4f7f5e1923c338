"""Tallying a segment: its accesses by account, day and country, and how many no account is known to have made.

The trap guarded against: an access laid to an account that only may have made it. A principal counts for the account
that held it as long as it was seen; where that changed meanwhile, nobody is guessed. Whoever fails to get in as
somebody has not used their account.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from gatebook.errors import InvalidInput
from gatebook.procedures.house import House
from gatebook.terms.assignment import AssignmentKind
from gatebook.trace import watch
from gatebook.trace.by_day import begin_of, day_of, instant_of, microseconds, uses_by_day
from gatebook.trace.ports import LATEST, AccessRows, Filter, Use
from gatebook.trace.spans import span_of

#: Who held a principal at a time: an account of this house, or None where nobody is known to have.
HolderOf = Callable[[str, datetime], str | None]
Tallies = dict[str, dict[date, dict[str, int]]]
_USES = 50_000
_COUNTRY = re.compile("[A-Z]{2}")


def tally_access(house: House, rows: AccessRows, segment: int, today: date, holder: HolderOf) -> tuple[Tallies, int]:
    """Return accesses by account, day and country, and how many no account is known to have made.

    Accesses without an address or a principal are left out: they are as often the provider's own doing as anybody's.
    So are attempts that failed: anybody may make them in anybody's name.
    Times to come count as today: a clock that runs ahead takes no access away from an account.
    """
    tallies: Tallies = {}
    found, countries, unheld = list(_uses(rows, segment, today)), dict[str, str](), 0
    with house.state.read() as work:
        accounts = work.registers.present("accounts", sorted({use.principal for _, use in found}))
    for day, use in found:
        account_id = use.principal if use.principal in accounts else _held_by(holder, use)
        if account_id is None:
            unheld += use.events
            continue
        if use.address not in countries:
            countries[use.address] = _placed(house.country_of(use.address))
        held = tallies.setdefault(account_id, {}).setdefault(day, {})
        country = countries[use.address]
        held[country] = held.get(country, 0) + use.events
    return tallies, unheld


def assigned_holder(house: House) -> HolderOf:
    """Return what says who held a principal by the assignments of this house; no reading, for it is shown to nobody."""

    def holder(principal: str, at: datetime) -> str | None:
        try:
            span = span_of(AssignmentKind.PRINCIPAL, principal)
        except InvalidInput:
            return None  # a name no assignment can be of
        with house.state.read() as work:
            found = work.assignments.holders(span, microseconds(at))
        return found[0].account if found else None

    return holder


def _uses(rows: AccessRows, segment: int, today: date) -> Iterator[tuple[date, Use]]:
    tomorrow = begin_of(today + timedelta(days=1))
    past = Filter(from_at=begin_of(today - watch.REACH), until_at=tomorrow, segment=segment, without_failures=True)
    for use in uses_by_day(rows, past, _USES):
        if use.address and use.principal:
            yield day_of(use.first_at), use
    ahead = Filter(from_at=tomorrow, until_at=LATEST, segment=segment, without_failures=True)
    for use in uses_by_day(rows, ahead, _USES):
        if use.address and use.principal:
            yield today, use


def _held_by(holder: HolderOf, use: Use) -> str | None:
    try:
        found = holder(use.principal, instant_of(use.first_at))
        return found if found and found == holder(use.principal, instant_of(use.last_at)) else None
    except OverflowError:  # a time no calendar has
        return None


def _placed(country: str | None) -> str:
    return country if country and _COUNTRY.fullmatch(country) else watch.UNPLACED
