"""What trace needs of a store of assignments.

The trap guarded against: a store that answers by its own idea of who held what. What overlaps, and what may, is
decided in ``trace.assignments``; a store only finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gatebook.terms.assignment import Assignment, End
from gatebook.trace.spans import Span


@dataclass(frozen=True, slots=True)
class Batch:
    """What one ledger entry notes: the assignments made and the ends moved, under the salt its digest was made with.

    ``position`` is the entry's; ``made`` have the numbers 0, 1, 2, ... there.
    """

    position: int
    salt: bytes
    made: tuple[Assignment, ...]
    ended: tuple[End, ...]


class HeldThings(Protocol):
    """Who held what. Guarantee: what stands is what was noted last; an earlier end is kept and never lost.

    Of two assignments of one thing at one time a store keeps one, whoever writes: the other's transaction fails.
    """

    def holders(self, span: Span, at: int) -> list[Assignment]:
        """Return what held the thing, or a network it lies in, at an instant; the narrowest first. None was struck."""
        ...

    def covering(self, span: Span, from_at: int, until_at: int, *, struck: bool = False) -> list[Assignment]:
        """Return assignments of a thing, and of networks it lies in, that begin before ``until_at``.

        They end after ``from_at``; with ``struck`` also those that were struck out, whatever their end.
        """
        ...

    def within(
        self, span: Span, from_at: int, until_at: int, after: str, limit: int, *, struck: bool = False
    ) -> list[Assignment]:
        """Return at most ``limit`` assignments of narrower networks and addresses in a range, as :meth:`covering`.

        They come by first address, length and time, those after the one whose id is ``after``.
        """
        ...

    def of_account(self, account: str, from_at: int, until_at: int, after: str, limit: int) -> list[Assignment]:
        """Return at most ``limit`` assignments of an account that meet the time, by their beginning; none was struck.

        Those after the one whose id is ``after``.
        """
        ...

    def every(self, after: str, limit: int) -> list[Assignment]:
        """Return at most ``limit`` of all assignments, struck ones too, in the order they were noted."""
        ...

    def ends(self, assignment_ids: Sequence[str]) -> list[End]:
        """Return every end of these that was moved, in the order of id and ``nth``."""
        ...


class Assignments(HeldThings, Protocol):
    """As above, and how it comes to stand there."""

    def meeting(self, asked: Sequence[tuple[Span, int, int]]) -> list[Assignment]:
        """Return what covers any of these spans and meets its own time (from, until), in no order, some perhaps twice.

        Of thousands at once; of a thing with a long history only what meets the time is read.
        """
        ...

    def note(self, batch: Batch) -> None:
        """Keep a batch. Raises Conflict when a thing is held at that time already."""
        ...

    def get(self, assignment_id: str) -> Assignment | None:
        """Return an assignment as it stands, or None."""
        ...

    def batch(self, position: int) -> Batch | None:
        """Return a batch as it was noted, whatever came later; None when the entry there noted none."""
        ...
