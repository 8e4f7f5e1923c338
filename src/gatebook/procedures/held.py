"""Who held what: as of an instant, over a thing's whole history, of one account. Each is a reading, entered first.

The trap guarded against: an answer from hindsight. What was noted later can be left out by ``known_at``, so that what
the house said at the time can be said again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gatebook.errors import FieldProblem, InvalidInput
from gatebook.procedures.assign import strangers
from gatebook.procedures.house import House, HouseWork, Operator
from gatebook.procedures.note_trace import note_trace
from gatebook.terms.assignment import OPEN, Assignment, End, end_to_plain, instant, place_of, to_plain
from gatebook.trace.assignments import as_known
from gatebook.trace.ports import EARLIEST
from gatebook.trace.proposal import kind_of, read_instant
from gatebook.trace.spans import Span, span_of

_PAGE, _MANY = 200, 5000


def holder(
    house: House, operator: Operator, kind: str, thing: str, at: str, purpose: str, known_at: str = ""
) -> dict[str, Any]:
    """Say which account held a thing at an instant, and the chain of larger ranges it lay in, narrowest first.

    ``account`` is empty when nobody held it. Raises InvalidInput.
    """
    span, moment = span_of(kind_of(kind), thing), read_instant(at, "/at")
    known = read_instant(known_at, "/known_at") if known_at else OPEN
    note_trace(house, operator, "assignment.holder", purpose)
    with house.state.read() as work:
        chain = work.assignments.holders(span, moment) if known >= OPEN else _as_known(work, span, moment, known)
        shown = _shown(work, chain)
    return {
        "kind": span.kind.value,
        "thing": span.thing,
        "at": instant(moment),
        "account": chain[0].account if chain else "",
        "account_known": shown[0]["account_known"] if shown else False,
        "chain": shown,
    }


def history(
    house: House,
    operator: Operator,
    kind: str,
    thing: str,
    purpose: str,
    from_: str = "",
    until: str = "",
    after: str = "",
) -> dict[str, Any]:
    """Say who held a thing, a range it lies in, or a part of it, and every end that was moved; a page at a time.

    What was struck out is shown too, and says so.
    """
    span, (from_at, until_at) = span_of(kind_of(kind), thing), _window(from_, until)
    note_trace(house, operator, "assignment.history", purpose)
    with house.state.read() as work:
        _known_cursor(work, after)
        around = [] if after else work.assignments.covering(span, from_at, until_at, struck=True)
        inside = work.assignments.within(span, from_at, until_at, after, _PAGE + 1, struck=True)
        found = sorted(around, key=lambda a: (a.from_at, place_of(a.assignment_id))) + inside[:_PAGE]
        moved = work.assignments.ends([a.assignment_id for a in found if a.ends])
        following = inside[_PAGE - 1].assignment_id if len(inside) > _PAGE else ""
        return {"items": _shown(work, found, moved), "next": following}


def of_account(
    house: House, operator: Operator, account: str, purpose: str, from_: str = "", until: str = "", after: str = ""
) -> dict[str, Any]:
    """Say what an account held at any time of a window, by its beginning; a page at a time."""
    from_at, until_at = _window(from_, until)
    note_trace(house, operator, "assignment.of-account", purpose)
    with house.state.read() as work:
        _known_cursor(work, after)
        found = work.assignments.of_account(account, from_at, until_at, after, _PAGE + 1)
        following = found[_PAGE - 1].assignment_id if len(found) > _PAGE else ""
        return {"items": _shown(work, found[:_PAGE]), "next": following}


def every(house: House, operator: Operator, purpose: str) -> Iterator[dict[str, Any]]:
    """Give every assignment that was not struck out, in the order they were noted; one reading for all of them."""
    note_trace(house, operator, "assignment.every", purpose)
    after = ""
    while True:
        with house.state.read() as work:
            page = work.assignments.every(after, _MANY)
        if not page:
            return
        yield from (to_plain(a) for a in page if not a.is_struck)
        after = page[-1].assignment_id


def _as_known(work: HouseWork, span: Span, at: int, known_at: int) -> list[Assignment]:
    """Return the chain as it was known at an instant: with ends that were moved later put back."""
    found = work.assignments.covering(span, EARLIEST, at + 1, struck=True)
    ends = _by_assignment(work.assignments.ends([a.assignment_id for a in found if a.ends]))
    known = (as_known(a, ends.get(a.assignment_id, ()), known_at) for a in found)
    chain = [a for a in known if a and a.meets(at, at + 1)]
    return sorted(chain, key=lambda a: -span_of(a.kind, a.thing).length)


def _by_assignment(ends: Sequence[End]) -> Mapping[str, list[End]]:
    found: dict[str, list[End]] = {}
    for end in ends:
        found.setdefault(end.assignment_id, []).append(end)
    return found


def _shown(work: HouseWork, assignments: Sequence[Assignment], ends: Sequence[End] = ()) -> list[dict[str, Any]]:
    unknown, moved = strangers(work, {a.account for a in assignments}), _by_assignment(ends)

    def parts(a: Assignment) -> Iterator[tuple[str, Any]]:
        yield from to_plain(a).items()
        yield "account_known", a.account not in unknown
        if a.is_struck:
            yield "struck", True
        if a.assignment_id in moved:
            yield "ends", [end_to_plain(end) for end in moved[a.assignment_id]]

    return [dict(parts(a)) for a in assignments]


def _window(from_: str, until: str) -> tuple[int, int]:
    from_at = read_instant(from_, "/from") if from_ else EARLIEST
    return from_at, read_instant(until, "/until") if until else OPEN


def _known_cursor(work: HouseWork, after: str) -> None:
    """Raise InvalidInput for a cursor this house did not give: a page from the beginning would never end."""
    if after and work.assignments.get(after) is None:
        raise InvalidInput("there is no such page", (FieldProblem("/after", "unknown-cursor", "the next of a page"),))
