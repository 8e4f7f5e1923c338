"""The ``Assignments`` port in memory: it looks at every row, and is what the others are held to.

The trap guarded against: two answers of one question. Nothing here is clever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gatebook.errors import Conflict
from gatebook.store.memory.tables import Tables
from gatebook.terms.assignment import Assignment, End, place_of
from gatebook.trace.assignment_ports import Batch
from gatebook.trace.spans import Span, span_of


class MemoryAssignments:
    """Assignments of one transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def holders(self, span: Span, at: int) -> list[Assignment]:
        """Return what held the thing, or a network it lies in, at an instant; the narrowest first."""
        found = self.covering(span, at, at + 1)
        return sorted(found, key=lambda a: -_span(a).length)

    def covering(self, span: Span, from_at: int, until_at: int, *, struck: bool = False) -> list[Assignment]:
        """Return assignments of a thing, and of networks it lies in."""
        return self._those(lambda a: _span(a).covers(span), from_at, until_at, struck=struck)

    def meeting(self, asked: Sequence[tuple[Span, int, int]]) -> list[Assignment]:
        """Return what covers any of these spans and meets its own time."""
        return [a for span, from_at, until_at in asked for a in self.covering(span, from_at, until_at)]

    def within(
        self, span: Span, from_at: int, until_at: int, after: str, limit: int, *, struck: bool = False
    ) -> list[Assignment]:
        """Return a page of what is narrower and lies in a range."""

        def is_inside(assignment: Assignment) -> bool:
            inner = _span(assignment)
            return inner.key != span.key and span.covers(inner)

        found = self._those(is_inside, from_at, until_at, struck=struck)
        return self._page(found, lambda a: (_span(a).key, a.from_at, place_of(a.assignment_id)), after, limit)

    def of_account(self, account: str, from_at: int, until_at: int, after: str, limit: int) -> list[Assignment]:
        """Return a page of what an account held, by its beginning."""
        found = self._those(lambda a: a.account == account, from_at, until_at)
        return self._page(found, lambda a: (a.from_at, place_of(a.assignment_id)), after, limit)

    def every(self, after: str, limit: int) -> list[Assignment]:
        """Return a page of all, in the order they were noted."""
        return self._page(
            list(self._tables.assignments.values()), lambda a: place_of(a.assignment_id) or (), after, limit
        )

    def ends(self, assignment_ids: Sequence[str]) -> list[End]:
        """Return every end of these that was moved."""
        wanted = set(assignment_ids)
        found = [end for batch in self._tables.assigned.values() for end in batch.ended if end.assignment_id in wanted]
        return sorted(found, key=lambda end: (place_of(end.assignment_id) or (), end.nth))

    def note(self, batch: Batch) -> None:
        """Keep a batch; Conflict when a thing is held at that time already."""
        held = self._tables.writing()
        for end in batch.ended:
            standing = held.assignments[end.assignment_id]
            held.assignments[end.assignment_id] = replace(standing, until_at=end.until_at, ends=end.nth)
        for made in batch.made:
            alike = self._those(lambda a, m=made: (a.kind, a.thing) == (m.kind, m.thing), made.from_at, made.until_at)  # type: ignore[misc]  # bound at once
            if alike or made.assignment_id in held.assignments:
                raise Conflict("this is held at that time already; nothing was kept")
            held.assignments[made.assignment_id] = made
        held.assigned[batch.position] = batch

    def get(self, assignment_id: str) -> Assignment | None:
        """Return an assignment as it stands, or None."""
        return self._tables.assignments.get(assignment_id)

    def batch(self, position: int) -> Batch | None:
        """Return a batch as it was noted."""
        return self._tables.assigned.get(position)

    def _those(
        self, is_one: Callable[[Assignment], bool], from_at: int, until_at: int, *, struck: bool = False
    ) -> list[Assignment]:
        """Return those that meet a time, by thing and beginning."""
        found = [
            a
            for a in self._tables.assignments.values()
            if (a.meets(from_at, until_at) or (struck and a.is_struck and a.from_at < until_at)) and is_one(a)
        ]
        return sorted(found, key=lambda a: (_span(a).key, a.from_at, place_of(a.assignment_id)))

    def _page(
        self, found: Sequence[Assignment], order: Callable[[Assignment], tuple[object, ...]], after: str, limit: int
    ) -> list[Assignment]:
        ordered = sorted(found, key=order)
        last = self._tables.assignments.get(after)
        return [a for a in ordered if last is None or order(a) > order(last)][:limit]


def _span(assignment: Assignment) -> Span:
    return span_of(assignment.kind, assignment.thing)
