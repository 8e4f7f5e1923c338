"""What trace asks of a store of access events: questions as data, answers as rows, no query language.

The trap guarded against: two engines that answer one question differently. Every adapter is held to the same suite,
and the one in memory, which looks at every row, is the oracle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gatebook.terms.access_event import AccessEvent

#: Before and after every time a row can have, in microseconds since 1970 UTC.
EARLIEST, LATEST = -(2**62), 2**62


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows: every part that is given has to hold. Times are microseconds since 1970 UTC, ``until_at`` excluded.

    ``principals``: any of these exactly. ``networks``: any of these (CIDR text; a single address is its own network);
    only rows with an address can match. ``session``, ``user_agent``, ``fingerprint``: exactly this text.
    ``segment``: of this segment only. ``without_failures``: no row of an act that failed.
    """

    from_at: int = EARLIEST
    until_at: int = LATEST
    principals: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    session: str = ""
    user_agent: str = ""
    fingerprint: str = ""
    segment: int | None = None
    without_failures: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a row stands: its time, then its segment and position there. Rows are answered in this order."""

    at: int
    segment: int
    position: int


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event as it is kept: in which segment, at which position of its tree, in which of the segment's batches."""

    event: AccessEvent
    segment: int
    position: int
    batch: int

    @property
    def place(self) -> Place:
        """Where it stands among all."""
        return Place(self.event.at, self.segment, self.position)


@dataclass(frozen=True, slots=True)
class Use:
    """What one principal did from one address within a filter. ``address`` is empty for events without one."""

    principal: str
    address: str
    events: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Sharer:
    """Another principal seen at addresses of those asked about, within the same time.

    ``addresses`` are the shared ones, by their text; ``events`` counts the other's events at them.
    """

    principal: str
    addresses: tuple[str, ...]
    events: int
    first_at: int
    last_at: int


class AccessRows(Protocol):
    """Sealed access events. Guarantee: an answer covers every row sealed before it was asked, or it is an error."""

    def events(self, asked: Filter, after: Place | None, limit: int) -> list[KeptEvent]:
        """Return at most ``limit`` rows by place, those after ``after``."""
        ...

    def uses(self, asked: Filter, limit: int) -> list[Use]:
        """Return at most ``limit`` (principal, address) pairs: most events first, then by principal, then by address.

        Texts are in the order of their UTF-8 bytes, addresses of their 128 bits, none first.
        """
        ...

    def sharers(self, principals: Sequence[str], from_at: int, until_at: int, least: int) -> list[Sharer]:
        """Return other principals that share at least ``least`` addresses with these taken together.

        Most shared addresses first, then most events, then by principal; at most 1,000. Rows without a principal
        share nothing.
        """
        ...
