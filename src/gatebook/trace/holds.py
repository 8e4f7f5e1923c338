"""Holds: how one stands on a day, and whom all of them together keep.

The trap guarded against: a hold that ends by the passing of a day. One that was not renewed in time has lapsed and not
ended: it keeps what it kept for some days of grace, and says so to whoever looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

#: What a hold is over: the whole house while what its demand names is not resolved, then whom it names.
ALL, NAMED = "all", "named"


class Standing(StrEnum):
    """How a hold stands. All but the last two keep what is in their scope."""

    IN_FORCE = "in-force"
    NEARLY_LAPSED = "nearly-lapsed"
    LAPSED = "lapsed"  # its day is past, and it keeps on while the grace lasts
    RUN_OUT = "run-out"  # its grace is past too: it keeps nothing until it is renewed
    ENDED = "ended"


#: Those that stop an erasure.
KEEPING = frozenset({Standing.IN_FORCE, Standing.NEARLY_LAPSED, Standing.LAPSED})


@dataclass(frozen=True, slots=True)
class Grace:
    """How many days a lapsed hold still keeps what it kept, and how many before its day it counts as near it."""

    after_days: int
    near_days: int


def standing_of(hold: Mapping[str, Any], now: datetime, grace: Grace) -> Standing:
    """Return how a row of the register stands at ``now``. A last day counts to its end, UTC; none is open."""
    if hold["state"] == "ended":
        return Standing.ENDED
    if not hold["until"]:
        return Standing.IN_FORCE
    end = end_of(hold["until"])
    if now >= end + timedelta(days=grace.after_days):
        return Standing.RUN_OUT
    if now >= end:
        return Standing.LAPSED
    return Standing.NEARLY_LAPSED if now >= end - timedelta(days=grace.near_days) else Standing.IN_FORCE


def end_of(last_day: str) -> datetime:
    """Return the instant at which a last day (ISO) is over, UTC."""
    return datetime.combine(date.fromisoformat(last_day) + timedelta(days=1), time(), UTC)


@dataclass(frozen=True, slots=True)
class Holding:
    """Whom holds keep, taken together: ids of holds over everything, and by person and by account."""

    everything: frozenset[str]
    persons: Mapping[str, frozenset[str]]
    accounts: Mapping[str, frozenset[str]]

    def on(self, person: str, accounts: Iterable[str] = ()) -> list[str]:
        """Return the holds that keep what there is of a person who has these accounts, in order; none: nobody does."""
        found = self.everything | self.persons.get(person, frozenset())
        return sorted(found.union(*(self.accounts.get(account, frozenset()) for account in accounts)))

    def __bool__(self) -> bool:
        """Return whether anybody at all is kept."""
        return bool(self.everything or self.persons or self.accounts)


def holding_of(holds: Iterable[Mapping[str, Any]]) -> Holding:
    """Put together rows of holds that keep."""
    everything = set[str]()
    persons, accounts = dict[str, frozenset[str]](), dict[str, frozenset[str]]()
    for hold in holds:
        own = frozenset({str(hold["hold_id"])})
        if hold["scope"] == ALL:
            everything |= own
        for among, named in ((persons, hold["persons"]), (accounts, hold["accounts"])):
            for one in named or ():
                among[one] = among.get(one, frozenset()) | own
    return Holding(frozenset(everything), persons, accounts)
