"""Assigning: what control planes say accounts hold is noted, batch by batch, and ends where they say so.

The trap guarded against: a lease table that is read half. Each row stands or is refused by itself, with its reason;
what stands of a batch is one entry in the ledger, made with it in one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gatebook import canonical
from gatebook.errors import Conflict, FieldProblem, InvalidInput, NotFound
from gatebook.procedures.house import House, HouseWork, Operator
from gatebook.procedures.permit import permit
from gatebook.record import merkle
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.terms.assignment import Assignment, end_to_plain, microseconds, to_plain
from gatebook.trace.assignment_ports import Batch
from gatebook.trace.assignments import Refusal, Roll
from gatebook.trace.proposal import Proposal, note_faults, read_instant, read_proposal
from gatebook.trace.spans import Span

MOST_ROWS = 10_000  # of one batch: what one transaction, and whoever waits for it, can bear
_SALT, _PAGE = 32, 500


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a row: the assignment as it stands now, or every reason why not."""

    row: int
    what: str  # made, ended, stands, refused
    assignment: Assignment | None = None
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of a batch. ``position`` is its entry's, None when nothing changed.

    ``strangers`` are accounts that were named and that this house did not open.
    """

    position: int | None
    rows: tuple[Taken, ...]
    strangers: frozenset[str]

    def count(self, what: str) -> int:
        """Return how many rows that became of."""
        return sum(taken.what == what for taken in self.rows)


def assign(house: House, operator: Operator, rows: Sequence[tuple[int, object]]) -> Noted:
    """Note what (number, row) pairs propose, in this order; return what became of each.

    A row is what ``read_proposal`` reads, a proposal, or the InvalidInput it could not be read for.

    One that stands already changes nothing; one that gives a standing assignment an earlier end, ends it. Raises
    InvalidInput when there are too many rows.
    """
    permit(house, operator, "record", "assign")
    if len(rows) > MOST_ROWS:
        raise InvalidInput("too many at once", (FieldProblem("", "too-many", f"at most {MOST_ROWS} in one batch"),))
    read = [(number, _read(row)) for number, row in rows]
    proposals = [found for _, found in read if isinstance(found, Proposal)]
    with house.state.transaction() as work:
        roll = _roll(house, work)
        roll.load(work.assignments.meeting([(p.span, p.from_at, p.until_at) for p in proposals]))
        taken = tuple(_take(roll, number, found) for number, found in read)
        position = _note(house, operator, work, roll)
        return Noted(position, taken, strangers(work, {p.account for p in proposals}))


def assign_one(house: House, operator: Operator, row: object) -> Noted:
    """Note one assignment. Raises InvalidInput with every field at fault, and Conflict naming both claimants."""
    noted = assign(house, operator, [(1, row)])
    problems = noted.rows[0].problems
    if any(problem.code == "held" for problem in problems):
        raise Conflict(problems[0].reason)
    if problems:
        raise InvalidInput("the assignment cannot be taken", problems)
    return noted


def end_assignment(house: House, operator: Operator, assignment_id: str, until: str, note: str = "") -> Noted:
    """Give an assignment an earlier end; onto its beginning strikes it out. Raises NotFound, InvalidInput, Conflict."""
    permit(house, operator, "record", "end-assignment")
    until_at = read_instant(until, "/until")
    if faults := note_faults(note):
        raise InvalidInput("some fields cannot be taken", tuple(faults))
    with house.state.transaction() as work:
        standing = work.assignments.get(assignment_id)
        if standing is None:
            raise NotFound("there is no assignment under this id")
        roll = _roll(house, work)
        roll.load([standing])
        ended = roll.end(standing, until_at, note)
        if isinstance(ended, Refusal):
            raise Conflict(ended.reason)
        position = _note(house, operator, work, roll)
        return Noted(position, (Taken(1, "ended", ended),), strangers(work, {ended.account}))


def batch_root(batch: Batch) -> str:
    """Return what a batch's entry commits to: the root over its rows, each hashed under a salt of its own.

    A row can so be shown to be in a batch, with its salt and a path, without any other being told or guessed.
    """
    rows = [*map(to_plain, batch.made), *map(end_to_plain, batch.ended)]
    hashes = [
        merkle.leaf_hash(hashlib.sha256(batch.salt + n.to_bytes(4)).digest() + canonical.encode(row))
        for n, row in enumerate(rows)
    ]
    return merkle.root_of(hashes).hex()


def show(noted: Noted) -> dict[str, Any]:
    """Show what became of a batch: counts, each assignment that was made or ended, and each problem of each row."""
    whats = ("made", "ended", "stands", "refused")
    told = [taken for taken in noted.rows if taken.assignment]
    return {
        "position": noted.position,
        **{what: noted.count(what) for what in whats},
        "unknown_accounts": len(noted.strangers),
        "items": [{"row": t.row, "what": t.what, **_shown(t.assignment, noted.strangers)} for t in told],
        "problems": problems_of(noted),
    }


def problems_of(noted: Noted) -> list[dict[str, Any]]:
    """Show why rows were refused, one by one."""
    return [
        {"row": taken.row, "pointer": problem.pointer, "code": problem.code, "reason": problem.reason}
        for taken in noted.rows
        for problem in taken.problems
    ]


def strangers(work: HouseWork, accounts: Iterable[str]) -> frozenset[str]:
    """Return those of the accounts that this house did not open."""
    named = sorted(set(accounts))
    return frozenset(named) - work.registers.present("accounts", named)


def _shown(assignment: Assignment | None, unknown: frozenset[str]) -> dict[str, Any]:
    return {} if assignment is None else {**to_plain(assignment), "account_known": assignment.account not in unknown}


def _read(row: object) -> Proposal | tuple[FieldProblem, ...]:
    if isinstance(row, InvalidInput):
        return row.problems
    try:
        return row if isinstance(row, Proposal) else read_proposal(row)
    except InvalidInput as error:
        return error.problems


def _roll(house: House, work: HouseWork) -> Roll:
    """Return a roll over what stands. Nobody else writes until this transaction ends."""

    def within(span: Span, from_at: int, until_at: int) -> Iterator[Assignment]:
        after = ""
        while page := work.assignments.within(span, from_at, until_at, after, _PAGE):
            yield from page
            after = page[-1].assignment_id

    def covering(span: Span, from_at: int, until_at: int) -> list[Assignment]:
        return work.assignments.covering(span, from_at, until_at)

    return Roll(work.ledger.size(), microseconds(house.now()), within, covering)


def _take(roll: Roll, number: int, found: Proposal | tuple[FieldProblem, ...]) -> Taken:
    if not isinstance(found, Proposal):
        return Taken(number, "refused", None, found)
    before = (len(roll.made), roll.moved)
    taken = roll.take(found)
    if isinstance(taken, Refusal):
        return Taken(number, "refused", None, (FieldProblem(taken.pointer, taken.code, taken.reason),))
    what = "made" if len(roll.made) > before[0] else "ended" if roll.moved > before[1] else "stands"
    return Taken(number, what, taken)


def _note(house: House, operator: Operator, work: HouseWork, roll: Roll) -> int | None:
    """Enter and keep what a roll came to; nothing when it came to nothing."""
    made, ended = roll.batch()
    if not made and not ended:
        return None
    batch = Batch(work.ledger.size(), house.draw(_SALT), made, ended)
    body = {"assigned": len(made), "ended": len(ended), "root": batch_root(batch)}
    position = enter(work, Entry("assignments.noted", house.now(), operator.operator_id, body=body))
    work.assignments.note(batch)
    return position
