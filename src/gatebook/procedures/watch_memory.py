"""What the watch of accesses remembers on the shelf between two turns: how far it is, and what each account came to.

The trap guarded against: a second record of who was where. It holds countries and days, no address and no time of
day, and is forgotten in the transaction that closes the account. Losing it loses no history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from gatebook import canonical
from gatebook.record.ports import Work
from gatebook.trace.watch import Seen, Span

_CURSOR, _KEY, _ACCOUNT = "access-watch", "cursor", "access-seen"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the watch is: the next segment, the account in it that was done last, and the day it first looked."""

    segment: int
    after: str
    began: date


@dataclass(frozen=True, slots=True)
class Asked:
    """The review in which a person was last asked about a fact, and what it was about: countries, or days.

    ``kept`` is what persons asked before let stand.
    """

    review: str
    about: tuple[str, ...]
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of one account.

    ``known_in`` are the countries its holder has to do with, as read when the account's latest step was ``known_at``;
    None while nobody read it. ``asked`` holds the latest question by fact.
    """

    seen: Seen = field(default_factory=Seen)
    known_in: frozenset[str] | None = None
    known_at: int = -1
    asked: Mapping[str, Asked] = field(default_factory=dict)

    def knowing(self, known_in: frozenset[str], at: int) -> Remembered:
        """Return the same, with where its holder is said and shown to be."""
        return replace(self, known_in=known_in, known_at=at)


def cursor_of(work: Work, otherwise: Cursor) -> Cursor:
    """Return how far the watch is; ``otherwise`` where it never ran."""
    held = work.shelf.get(_CURSOR, _KEY)
    if held is None:
        return otherwise
    plain = canonical.table(canonical.decode(held))
    return Cursor(int(plain["segment"]), str(plain["after"]), date.fromisoformat(plain["began"]))


def keep_cursor(work: Work, cursor: Cursor) -> None:
    """Keep how far the watch is; in the transaction of what it did."""
    work.shelf.put(_CURSOR, _KEY, canonical.encode(cursor), None)


def remembered_of(work: Work, account_id: str) -> Remembered:
    """Return what is remembered of an account, which may be nothing."""
    held = work.shelf.get(_ACCOUNT, account_id)
    return Remembered() if held is None else _opened(canonical.table(canonical.decode(held)))


def keep_remembered(work: Work, account_id: str, remembered: Remembered) -> None:
    """Keep what is remembered of an account."""
    work.shelf.put(_ACCOUNT, account_id, canonical.encode(remembered), None)


def forget_account(work: Work, account_id: str) -> None:
    """Forget an account: it is closed, and its accesses are the record's alone."""
    work.shelf.remove(_ACCOUNT, account_id)


def _opened(plain: Mapping[str, Any]) -> Remembered:
    known = plain["known_in"]
    asked = {
        fact: Asked(one["review"], tuple(one["about"]), tuple(one["kept"])) for fact, one in plain["asked"].items()
    }
    return Remembered(_seen(plain["seen"]), None if known is None else frozenset(known), int(plain["known_at"]), asked)


def _seen(plain: Mapping[str, Any]) -> Seen:
    countries = {
        country: Span(date.fromisoformat(span["first"]), date.fromisoformat(span["last"]), int(span["events"]))
        for country, span in plain["countries"].items()
    }
    return Seen(countries, {date.fromisoformat(day): found for day, found in plain["days"].items()})
