"""The house: a frozen bundle of everything a procedure may use. ``wiring`` fills it, nobody else.

The trap guarded against: a procedure that reaches for the clock, for chance or for a file by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from gatebook.law.tree import LawOfDay
from gatebook.record.access import Door
from gatebook.record.ports import LastSigned, State, Tiles, Work
from gatebook.screen.index import CompleteIndex
from gatebook.screen.party import KeptEdition, ListEdition
from gatebook.screen.screening import Screener
from gatebook.trace.assignment_ports import Assignments


class CodeSender(Protocol):
    """Carries a one-time code to a person, by mail or text message."""

    def send_code(self, destination: str, code: str, expires_minutes: int) -> None:
        """Send, or raise Unavailable. A sent code may still never arrive."""
        ...


class Law(Protocol):
    """The law tree under this house's adoptions."""

    def on(self, day: date) -> LawOfDay:
        """Return the law in force on ``day``."""
        ...

    def fault(self) -> str:
        """Return what is wrong with the operator's own law as it stands now; empty when nothing is."""
        ...


class ListEditions(Protocol):
    """The list editions of this house, current and past. What is read is what was loaded, byte for byte, or refused."""

    def current(self) -> list[ListEdition]:
        """Return the edition compared with of every list. Raises ListError when one is not what was loaded."""
        ...

    def editions(self, list_id: str) -> tuple[KeptEdition, ...]:
        """Return the editions kept of a list, the current one last. Raises NotFound for a list nobody loaded."""
        ...

    def edition(self, list_id: str, digest: str) -> ListEdition:
        """Return one edition by its digest or the first letters of it. Raises NotFound, ListError."""
        ...


class HouseWork(Work, Protocol):
    """One transaction over all the house keeps: what record asks of it, and the assignments trace asks for."""

    @property
    def assignments(self) -> Assignments: ...  # noqa: D102  the type says it


class HouseState(State, Protocol):
    """Where all of it lies, as :class:`State` promises."""

    def transaction(self) -> AbstractContextManager[HouseWork]:
        """Begin as the only writer."""
        ...

    def read(self) -> AbstractContextManager[HouseWork]:
        """Begin a look."""
        ...


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs checkpoints: origin, vkey line, raw 32-byte public key, the signing function, and what it signed last."""

    origin: str
    vkey: str
    public_key: bytes
    sign: Callable[[bytes], bytes]
    last: LastSigned


@dataclass(frozen=True, slots=True)
class Operator:
    """Who asks: a pseudonymous staff id or key id, and the scopes they hold."""

    operator_id: str
    scopes: frozenset[str]


#: What an operator or key may be allowed to do. ``officer`` may dispose and approve; control planes ``record``.
SCOPES = frozenset({"apply", "look", "officer", "read-records", "gate", "admin", "record"})
SYSTEM = Operator("system", SCOPES)


@dataclass(frozen=True, slots=True)
class House:
    """Ports and sources of the world. ``now`` gives UTC, ``draw(n)`` n random bytes, ``new_id(prefix)`` an id.

    ``screener`` gives the house's own; ``screener_named`` another way of screening for who asks for it by name, and
    raises NotFound where there is none of that name. ``senders`` maps channel (``email``, ``phone``) to what carries
    codes; a channel not there cannot be used. ``country_of`` gives the country a local file has for an address, or
    None for unknown.
    """

    state: HouseState
    door: Door
    law: Law
    screener: Callable[[], CompleteIndex]
    screener_named: Callable[[str], Screener]
    lists: ListEditions
    tiles: Tiles
    signer: Signer
    senders: Mapping[str, CodeSender]
    country_of: Callable[[str], str | None]
    now: Callable[[], datetime]
    draw: Callable[[int], bytes]
    new_id: Callable[[str], str]
