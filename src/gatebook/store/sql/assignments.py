"""The ``Assignments`` port over SQL: every question is asked of an index by the exact keys that can answer it.

The trap guarded against: a look through all leases of a network to find one holder. Networks are nested or apart, so
the holders of an address are among the few networks of the lengths in use that it lies in, and of each the one that
began last. The database itself refuses a second holder of one thing by a trigger, whoever writes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gatebook.store.sql.tables import ASSIGNMENT_BATCHES, ASSIGNMENT_ENDS, ASSIGNMENT_LENGTHS, ASSIGNMENTS
from gatebook.terms.assignment import Assignment, AssignmentKind, End, id_of, place_of
from gatebook.trace.assignment_ports import Batch
from gatebook.trace.spans import Span, span_of

_ASKED_AT_ONCE = 1000
_AT_ONCE = 5000  # keys or ids in one question: PostgreSQL takes 65,535 values in a statement, SQLite 32,766
_A, _E = ASSIGNMENTS.c, ASSIGNMENT_ENDS.c
_ORDER = (_A.key, _A.from_at, _A.position, _A.number)
_BY_BEGINNING = (_A.from_at, _A.position, _A.number)
_ENDED = (
    ASSIGNMENTS.update()
    .where(_A.position == sa.bindparam("of_position"), _A.number == sa.bindparam("of_number"))
    .values(until_at=sa.bindparam("to"), ends=sa.bindparam("times"), struck=sa.bindparam("as_struck"))
)


class SqlAssignments:
    """Assignments of one database, within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._lengths: dict[bytes, list[int]] = {}  # by family; within a writer's turn nobody else adds one

    def holders(self, span: Span, at: int) -> list[Assignment]:
        """Return what held the thing, or a network it lies in, at an instant; the narrowest first."""
        keys = span.covering_keys(self._in_use(span))
        values = {f"key{n}": key for n, key in enumerate(keys)}
        found = self._rows(_began_last(len(keys)), {**values, "at": at})
        return sorted((a for a in found if a.until_at > at), key=lambda a: -span_of(a.kind, a.thing).length)

    def covering(self, span: Span, from_at: int, until_at: int, *, struck: bool = False) -> list[Assignment]:
        """Return assignments of a thing, and of networks it lies in, by thing and beginning."""
        keys = span.covering_keys(self._in_use(span))
        where = _meets(from_at, until_at, struck=struck)
        return self._rows(sa.select(ASSIGNMENTS).where(_A.key.in_(keys), *where).order_by(*_ORDER))

    def meeting(self, asked: Sequence[tuple[Span, int, int]]) -> list[Assignment]:
        """Return what covers any of these spans and meets its own time."""
        rows = ((key, *time) for span, *time in asked for key in span.covering_keys(self._in_use(span)))
        mark = "?" if self._connection.dialect.name == "sqlite" else "%s"
        found: list[Assignment] = []
        while some := list(islice(rows, _ASKED_AT_ONCE)):
            values = tuple(value for row in some for value in row)
            met = self._connection.exec_driver_sql(_meeting(mark, len(some)), values)
            found += map(_assignment, met)
        return found

    def within(
        self, span: Span, from_at: int, until_at: int, after: str, limit: int, *, struck: bool = False
    ) -> list[Assignment]:
        """Return a page of what is narrower and lies in a range."""
        if not span.is_range or max(self._in_use(span), default=0) <= span.length:
            return []
        low, high = span.inner_keys()
        where = [_A.key.between(low, high), *_meets(from_at, until_at, struck=struck)]
        return self._page(where, _ORDER, after, limit)

    def of_account(self, account: str, from_at: int, until_at: int, after: str, limit: int) -> list[Assignment]:
        """Return a page of what an account held, by its beginning."""
        where = [_A.account == account, *_meets(from_at, until_at, struck=False)]
        return self._page(where, _BY_BEGINNING, after, limit)

    def every(self, after: str, limit: int) -> list[Assignment]:
        """Return a page of all, in the order they were noted."""
        return self._page((), (_A.position, _A.number), after, limit)

    def ends(self, assignment_ids: Sequence[str]) -> list[End]:
        """Return every end of these that was moved."""
        found: list[End] = []
        places = sorted(place for name in set(assignment_ids) if (place := place_of(name)))
        for some in _parts(places, _AT_ONCE // 2):
            of_one = sa.tuple_(_E.of_position, _E.of_number)
            found += self._moved(of_one.in_(some), (_E.of_position, _E.of_number, _E.nth))
        return found

    def note(self, batch: Batch) -> None:
        """Keep a batch: what ended makes place before what begins takes it."""
        if batch.ended:
            self._connection.execute(_ENDED, list(self._as_ended(batch)))
            self._connection.execute(ASSIGNMENT_ENDS.insert(), [_end_row(batch, n) for n in range(len(batch.ended))])
        spans = [span_of(made.kind, made.thing) for made in batch.made]
        self._use({(span.family, span.length) for span in spans if span.is_address})
        if batch.made:
            rows = [_made_row(made, span) for made, span in zip(batch.made, spans, strict=True)]
            self._connection.execute(ASSIGNMENTS.insert(), rows)
        self._connection.execute(ASSIGNMENT_BATCHES.insert(), {"position": batch.position, "salt": batch.salt})

    def get(self, assignment_id: str) -> Assignment | None:
        """Return an assignment as it stands, or None."""
        place = place_of(assignment_id)
        if place is None:
            return None
        wanted = sa.select(ASSIGNMENTS).where(_A.position == place[0], _A.number == place[1])
        return next(iter(self._rows(wanted)), None)

    def batch(self, position: int) -> Batch | None:
        """Return a batch as it was noted: what was made with the ends it had then."""
        salt = sa.select(ASSIGNMENT_BATCHES.c.salt).where(ASSIGNMENT_BATCHES.c.position == position)
        found = self._connection.execute(salt).scalar()
        if found is None:
            return None
        made = self._rows(sa.select(ASSIGNMENTS).where(_A.position == position).order_by(_A.number))
        moved = self._moved(sa.and_(_E.of_position == position, _E.nth == 1), ())
        before = {end.assignment_id: end.until_before for end in moved}
        as_made = (replace(a, until_at=before.get(a.assignment_id, a.until_at), ends=0) for a in made)
        return Batch(position, bytes(found), tuple(as_made), tuple(self._moved(_E.position == position, (_E.number,))))

    def _in_use(self, span: Span) -> list[int]:
        """Return the lengths any network of its family ever had here."""
        return self._lengths_of(span.family) if span.is_address else []

    def _lengths_of(self, family: bytes) -> list[int]:
        if family not in self._lengths:
            columns = ASSIGNMENT_LENGTHS.c
            wanted = sa.select(columns.length).where(columns.family == family.decode())
            self._lengths[family] = list(self._connection.execute(wanted).scalars())
        return self._lengths[family]

    def _use(self, lengths: Iterable[tuple[bytes, int]]) -> None:
        new = [(family, length) for family, length in lengths if length not in self._lengths_of(family)]
        if new:
            insert = sqlite.insert if self._connection.dialect.name == "sqlite" else postgresql.insert
            rows = [{"family": family.decode(), "length": length} for family, length in new]
            self._connection.execute(insert(ASSIGNMENT_LENGTHS).on_conflict_do_nothing(), rows)
            self._lengths.clear()

    def _as_ended(self, batch: Batch) -> Iterator[dict[str, int]]:
        """Yield what each ended row becomes. One struck out gives its place free, and keeps one of its own."""
        for end in batch.ended:
            standing = self.get(end.assignment_id)
            position, number = place_of(end.assignment_id) or (0, 0)
            is_struck = standing is not None and end.until_at <= standing.from_at
            struck = batch.position + 1 if is_struck else 0
            yield {
                "of_position": position,
                "of_number": number,
                "to": end.until_at,
                "times": end.nth,
                "as_struck": struck,
            }

    def _page(
        self, where: Sequence[sa.ColumnElement[bool]], order: Sequence[sa.Column[Any]], after: str, limit: int
    ) -> list[Assignment]:
        place, wanted = place_of(after), sa.select(ASSIGNMENTS).where(*where).order_by(*order).limit(limit)
        if place:
            last = sa.select(*order).where(_A.position == place[0], _A.number == place[1])
            row = self._connection.execute(last).first()
            if row is not None:
                values = (sa.literal(value, column.type) for value, column in zip(row, order, strict=True))
                wanted = wanted.where(sa.tuple_(*order) > sa.tuple_(*values))
        return self._rows(wanted)

    def _rows(self, wanted: sa.Executable, values: Mapping[str, Any] | None = None) -> list[Assignment]:
        return [_assignment(row) for row in self._connection.execute(wanted, values or {})]

    def _moved(self, where: sa.ColumnElement[bool], order: Sequence[sa.Column[int]]) -> list[End]:
        names = (_E.of_position, _E.of_number, _E.nth, _E.until_before, _E.until_at, _E.note, _E.noted_at)
        found = self._connection.execute(sa.select(*names).where(where).order_by(*order))
        return [End(id_of(row[0], row[1]), *row[2:]) for row in found]


@functools.cache
def _meeting(mark: str, times: int) -> str:
    """Return the question for what meets so many (key, from, until).

    Of one key nothing overlaps, so what meets a time is the one that began last before it, and those that begin in it.
    Written out, since thousands of values are bound: the names are of this file, and every value is bound.
    """
    columns = ", ".join(f"a.{column.name}" for column in ASSIGNMENTS.columns)
    rows = ", ".join([f"({mark}, {mark}, {mark})"] * times)
    return (
        f"WITH asked (key, from_at, until_at) AS (VALUES {rows}) SELECT {columns} FROM asked"  # noqa: S608  as above
        " JOIN assignments a ON a.key = asked.key AND a.struck = 0"
        " AND a.from_at < asked.until_at AND a.until_at > asked.from_at"
        " AND a.from_at >= COALESCE((SELECT b.from_at FROM assignments b WHERE b.key = asked.key AND b.struck = 0"
        " AND b.from_at <= asked.from_at ORDER BY b.from_at DESC LIMIT 1), asked.from_at)"
    )


@functools.cache
def _began_last(keys: int) -> sa.Executable:
    """Return the question for what began last of each of so many things, at or before an instant."""
    parts = []
    for n in range(keys):
        where = (_A.key == sa.bindparam(f"key{n}", type_=_A.key.type), _A.from_at <= sa.bindparam("at"), _A.struck == 0)
        one = sa.select(ASSIGNMENTS).where(*where).order_by(_A.from_at.desc()).limit(1).subquery()
        parts.append(sa.select(one))
    return sa.union_all(*parts)


def _meets(from_at: int, until_at: int, *, struck: bool) -> list[sa.ColumnElement[bool]]:
    stands = sa.and_(_A.struck == 0, _A.until_at > from_at)
    return [_A.from_at < until_at, sa.or_(_A.struck != 0, stands) if struck else stands]


def _parts(keys: Sequence[Any], size: int = _AT_ONCE) -> Iterator[list[Any]]:
    rest = iter(keys)
    while some := list(islice(rest, size)):
        yield some


def _assignment(row: Sequence[Any]) -> Assignment:
    position, number, kind, thing, _, account, from_at, until_at, _, ends, under, note, noted_at = row
    place = id_of(position, number)
    return Assignment(place, AssignmentKind(kind), thing, account, from_at, until_at, under, note, noted_at, ends)


def _made_row(made: Assignment, span: Span) -> dict[str, Any]:
    position, number = place_of(made.assignment_id) or (0, 0)
    return {
        "position": position,
        "number": number,
        "kind": made.kind.value,
        "thing": made.thing,
        "key": span.key,
        "account": made.account,
        "from_at": made.from_at,
        "until_at": made.until_at,
        "struck": 0,
        "ends": made.ends,
        "under": made.under,
        "note": made.note,
        "noted_at": made.noted_at,
    }


def _end_row(batch: Batch, number: int) -> dict[str, Any]:
    end = batch.ended[number]
    of_position, of_number = place_of(end.assignment_id) or (0, 0)
    return {
        "position": batch.position,
        "number": number,
        "of_position": of_position,
        "of_number": of_number,
        "nth": end.nth,
        "until_before": end.until_before,
        "until_at": end.until_at,
        "note": end.note,
        "noted_at": end.noted_at,
    }
