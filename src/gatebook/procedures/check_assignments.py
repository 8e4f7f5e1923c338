"""Checking assignments: every batch is held against the root its ledger entry committed to.

The trap guarded against: a lease rewritten in the database after somebody asked about it. What was noted is in the
ledger as a digest only, so it is compared, and nothing is repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gatebook.errors import LedgerError
from gatebook.procedures.assign import batch_root
from gatebook.procedures.house import House, HouseWork, Operator
from gatebook.procedures.permit import permit
from gatebook.record.entry import Entry
from gatebook.record.walk import every_line
from gatebook.terms.assignment import Assignment, End
from gatebook.trace.assignment_ports import Batch

_ROWS = 5000
_NOTED = b'"assignments.noted"'


@dataclass(frozen=True, slots=True)
class CheckedAssignments:
    """What a check came to. In health nothing differs, and nothing stands that no entry noted.

    ``differing`` are the positions of entries whose batch is gone or is not what was noted; ``unentered`` counts
    assignments and ends that are in no batch, or do not follow from those that are.
    """

    batches: int
    assignments: int
    differing: tuple[int, ...]
    unentered: int


def check_assignments(house: House, operator: Operator, progress: Callable[[int], None]) -> CheckedAssignments:
    """Compare everything with what was entered; ``progress(assignments)`` is told of each batch."""
    permit(house, operator, "look", "check-assignments")
    batches, made, ended, differing = 0, 0, 0, list[int]()
    with house.state.read() as work:
        for position, entry in _noted(work):
            differing += [] if _is_as_noted(work.assignments.batch(position), entry) else [position]
            batches, made, ended = batches + 1, made + entry.body["assigned"], ended + entry.body["ended"]
            progress(entry.body["assigned"])
        rows, ends, odd = _standing(work)
    return CheckedAssignments(batches, rows, tuple(differing), abs(rows - made) + abs(ends - ended) + odd)


def _noted(work: HouseWork) -> Iterator[tuple[int, Entry]]:
    """Yield every entry that notes a batch, with its position."""
    for position, data in every_line(work.ledger):
        if _NOTED in data and (entry := Entry.from_bytes(data)).kind == "assignments.noted":
            yield position, entry


def _is_as_noted(batch: Batch | None, entry: Entry) -> bool:
    try:
        return batch is not None and batch_root(batch) == entry.body["root"]
    except LedgerError:  # a time that is none
        return False


def _standing(work: HouseWork) -> tuple[int, int, int]:
    """Return how many assignments and ends there are, and how many assignments do not follow from their ends."""
    rows, ends, odd, after = 0, 0, 0, ""
    while page := work.assignments.every(after, _ROWS):
        moved: dict[str, list[End]] = {}
        for end in work.assignments.ends([a.assignment_id for a in page]):
            moved.setdefault(end.assignment_id, []).append(end)
        rows, ends = rows + len(page), ends + sum(map(len, moved.values()))
        odd += sum(not _follows(a, moved.get(a.assignment_id, [])) for a in page)
        after = page[-1].assignment_id
    return rows, ends, odd


def _follows(assignment: Assignment, ends: list[End]) -> bool:
    """Return whether each end begins at the one before it, and the last one is what stands."""
    befores, afters = [end.until_before for end in ends[1:]], [end.until_at for end in ends]
    is_last = not ends or afters[-1] == assignment.until_at
    return is_last and befores == afters[:-1] and assignment.ends == len(ends)
