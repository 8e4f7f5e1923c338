"""Assignment: who held which address, machine, volume, number, name or domain, from when to when.

The trap guarded against: an instant that belongs to two holders, or to none. ``from_at`` is held, ``until_at`` no
longer is; an assignment that ends when it begins was struck out, and never held anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from gatebook import canonical
from gatebook.errors import LedgerError

#: The end of an assignment that has none yet, in microseconds since 1970 UTC.
OPEN = 2**62
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class AssignmentKind(StrEnum):
    """What kind of thing was held."""

    ADDRESS = "address"  # one IP address, or a network of them
    MACHINE = "machine"
    VOLUME = "volume"
    NUMBER = "number"  # of an autonomous system
    PRINCIPAL = "principal"  # the name a control plane knows an account by
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One thing held by one account. Times are microseconds since 1970 UTC; ``until_at`` is excluded.

    ``thing`` is its text in the one form the house compares. ``account`` is an account id, which the house may not
    know. ``under`` is the id of the larger assignment this was let out of, ``note`` says where this was learned, and
    ``noted_at`` when. ``ends`` counts how often the end was moved since; each is kept as an :class:`End`.
    """

    assignment_id: str
    kind: AssignmentKind
    thing: str
    account: str
    from_at: int
    until_at: int = OPEN
    under: str = ""
    note: str = ""
    noted_at: int = 0
    ends: int = 0

    @property
    def is_struck(self) -> bool:
        """Whether it was taken back as a mistake."""
        return self.until_at <= self.from_at

    def meets(self, from_at: int, until_at: int) -> bool:
        """Return whether it held at any instant from ``from_at`` up to but not including ``until_at``."""
        return max(self.from_at, from_at) < min(self.until_at, until_at)

    def spans(self, from_at: int, until_at: int) -> bool:
        """Return whether it held at every such instant."""
        return self.from_at <= from_at and until_at <= self.until_at


@dataclass(frozen=True, slots=True)
class End:
    """An end that was moved: the assignment's ``nth`` from 1, from ``until_before`` to ``until_at``."""

    assignment_id: str
    nth: int
    until_before: int
    until_at: int
    note: str = ""
    noted_at: int = 0


def id_of(position: int, number: int) -> str:
    """Return an assignment's id: the ledger position of the batch that noted it, and its number there."""
    return f"asg_{position}_{number}"


def place_of(assignment_id: str) -> tuple[int, int] | None:
    """Return position and number of an id, or None for what is no id of an assignment."""
    parts = assignment_id.split("_")
    if len(parts) != 3 or parts[0] != "asg" or not all(p.isascii() and p.isdigit() for p in parts[1:]):  # noqa: PLR2004  asg, position, number
        return None
    position, number = int(parts[1]), int(parts[2])
    return (position, number) if max(position, number) < OPEN and id_of(position, number) == assignment_id else None


def microseconds(at: datetime) -> int:
    """Return an instant in microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def instant(at: int) -> str | None:
    """Write an instant as the house does; None for an end that is open. Raises LedgerError for what is no instant."""
    if at >= OPEN:
        return None
    try:
        return canonical.instant(_EPOCH + at * _MICROSECOND)
    except OverflowError:
        raise LedgerError("a time kept of an assignment is none; it was not noted so") from None


def to_plain(assignment: Assignment) -> dict[str, Any]:
    """Return the plain form: what answers show, and what a batch commits to."""
    return {
        "assignment_id": assignment.assignment_id,
        "kind": assignment.kind.value,
        "thing": assignment.thing,
        "account": assignment.account,
        "from": instant(assignment.from_at),
        "until": instant(assignment.until_at),
        "under": assignment.under,
        "note": assignment.note,
        "noted_at": instant(assignment.noted_at),
    }


def end_to_plain(end: End) -> dict[str, Any]:
    """Return the plain form of an end that was moved."""
    return {
        "assignment_id": end.assignment_id,
        "nth": end.nth,
        "until_before": instant(end.until_before),
        "until": instant(end.until_at),
        "note": end.note,
        "noted_at": instant(end.noted_at),
    }
