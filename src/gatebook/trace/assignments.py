"""Which assignments may stand side by side, and what was known of one at an instant: intervals, and nothing else.

The trap guarded against: a thing with two holders at one instant. Two may hold it only where one lies within the
other: of one account, or let out of the other by name.
"""

from __future__ import annotations

import bisect
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from gatebook.terms.assignment import Assignment, End, id_of
from gatebook.trace.proposal import Proposal
from gatebook.trace.spans import Span, span_of

#: (span, from, until): what lies within a range and meets a time, as the store has it.
Within = Callable[[Span, int, int], Iterable[Assignment]]
#: The same for what covers a span.
Covering = Callable[[Span, int, int], Iterable[Assignment]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a proposal cannot stand: a field, a code and words that name accounts and no thing."""

    pointer: str
    code: str
    reason: str


class Roll:
    """What stands while a batch is taken: what the store has, and what the batch made and ended so far.

    ``load`` is given everything that covers any span of the batch; what lies within one is asked for when needed.
    """

    def __init__(self, position: int, noted_at: int, within: Within, covering: Covering) -> None:
        self._position, self._noted_at = position, noted_at
        self._within, self._covering = within, covering
        self._at: dict[bytes, list[str]] = defaultdict(list)
        self._held: dict[str, Assignment] = {}
        self._made_keys: list[bytes] = []
        self._lengths: set[int] = set()
        self.made: dict[str, None] = {}  # in order, each once
        self.ended: dict[str, End] = {}
        self.moved = 0  # how often an end was moved

    def load(self, standing: Iterable[Assignment]) -> None:
        """Take in what the store has."""
        for assignment in standing:
            if assignment.assignment_id not in self._held:
                self._hold(assignment, span_of(assignment.kind, assignment.thing))

    def batch(self) -> tuple[tuple[Assignment, ...], tuple[End, ...]]:
        """Return what the batch made and ended."""
        return tuple(self._held[made] for made in self.made), tuple(self.ended.values())

    def take(self, proposal: Proposal) -> Assignment | Refusal:
        """Let a proposal stand, and return the assignment as it stands then; or why it cannot.

        What stands already is returned as it is; with an earlier end, that end is noted.
        """
        span, of_thing = proposal.span, self._of(proposal.span.key)
        same = [a for a in of_thing if (a.account, a.from_at) == (proposal.account, proposal.from_at)]
        if same:
            return self._again(same[0], proposal)
        clash = next((a for a in of_thing if a.meets(proposal.from_at, proposal.until_at)), None)
        found = _held_by(proposal, clash) if clash else self._fits(proposal)
        if found:
            return found
        assignment = Assignment(
            id_of(self._position, len(self.made)),
            span.kind,
            span.thing,
            proposal.account,
            proposal.from_at,
            proposal.until_at,
            proposal.under,
            proposal.note,
            self._noted_at,
        )
        self.made[assignment.assignment_id] = None
        self._hold(assignment, span)
        bisect.insort(self._made_keys, span.key)
        return assignment

    def end(self, assignment: Assignment, until_at: int, note: str) -> Assignment | Refusal:
        """Move an end forward in time towards the beginning, at the earliest onto it; or say why not."""
        if assignment.is_struck:
            return Refusal("", "struck", "this assignment was struck out; nothing can be changed about it")
        if not assignment.from_at <= until_at < assignment.until_at:
            reason = "an end may only become earlier, at the earliest the beginning; note anew what held afterwards"
            return Refusal("/until", "not-earlier", reason)
        return self._end(assignment, until_at, note)

    def _again(self, standing: Assignment, proposal: Proposal) -> Assignment | Refusal:
        if proposal.under != standing.under:
            return Refusal("/under", "other-under", "this assignment stands already, under another or under none")
        if proposal.until_at == standing.until_at:
            return standing
        return self.end(standing, proposal.until_at, proposal.note)

    def _end(self, standing: Assignment, until_at: int, note: str) -> Assignment:
        """Note an earlier end; of what this batch itself made there was no earlier form to keep."""
        name = standing.assignment_id
        self.moved += 1
        if name in self.made:
            self._held[name] = replace(standing, until_at=until_at)
            return self._held[name]
        before = self.ended.get(name)
        nth, until_before = (before.nth, before.until_before) if before else (standing.ends + 1, standing.until_at)
        self.ended[name] = End(name, nth, until_before, until_at, note, self._noted_at)
        self._held[name] = replace(standing, until_at=until_at, ends=nth)
        return self._held[name]

    def _hold(self, assignment: Assignment, span: Span) -> None:
        self._held[assignment.assignment_id] = assignment
        self._at[span.key].append(assignment.assignment_id)
        self._lengths.add(span.length)

    def _of(self, key: bytes) -> list[Assignment]:
        return [self._held[name] for name in self._at.get(key, ()) if not self._held[name].is_struck]

    def _fits(self, proposal: Proposal) -> Refusal | None:
        """Return why ranges around or within it forbid it; None where none does."""
        if refused := self._fits_under(proposal):
            return refused
        others = (a for a in self._inside(proposal) if a.account != proposal.account)
        clash = next((a for a in others if not self._let_out_below(proposal, a)), None)
        return _held_by(proposal, clash) if clash else None

    def _fits_under(self, proposal: Proposal) -> Refusal | None:
        """Look at wider ranges, the narrowest first: each is its own, or named, or permitted one that lies between."""
        keys = proposal.span.covering_keys(self._lengths)[1:]
        wider = [a for key in keys for a in self._of(key) if a.meets(proposal.from_at, proposal.until_at)]
        if proposal.under and not any(_lets_out(a, proposal) for a in wider):
            reason = "must be the id of an assignment of a larger network that stands for the whole of this time"
            return Refusal("/under", "not-around", reason)
        for n, around in enumerate(wider):
            if around.account == proposal.account or around.assignment_id == proposal.under:
                continue
            from_at, until_at = max(around.from_at, proposal.from_at), min(around.until_at, proposal.until_at)
            if not any(a.spans(from_at, until_at) and a.thing != around.thing for a in wider[:n]):
                return _held_by(proposal, around)
        return None

    def _inside(self, proposal: Proposal) -> Iterator[Assignment]:
        """Yield what lies within a range at its time, as it stands now."""
        if not proposal.span.is_range:
            return
        low, high = proposal.span.inner_keys()
        first, last = bisect.bisect_left(self._made_keys, low), bisect.bisect_right(self._made_keys, high)
        here = (a for key in self._made_keys[first:last] for a in self._of(key))
        kept = self._within(proposal.span, proposal.from_at, proposal.until_at)
        for found in itertools.chain(here, kept):
            now = self._held.get(found.assignment_id, found)
            if now.meets(proposal.from_at, proposal.until_at):
                yield now

    def _let_out_below(self, proposal: Proposal, inner: Assignment) -> bool:
        """Return whether another's ``inner`` lies in a narrower range of the same account, which permitted it."""
        span = span_of(inner.kind, inner.thing)
        from_at, until_at = max(inner.from_at, proposal.from_at), min(inner.until_at, proposal.until_at)
        self.load(self._covering(span, from_at, until_at))
        between = (length for length in self._lengths if length > proposal.span.length)
        around = (a for key in span.covering_keys(between)[1:] for a in self._of(key))
        return any(a.account == proposal.account and a.spans(from_at, until_at) for a in around)


def _lets_out(around: Assignment, proposal: Proposal) -> bool:
    return around.assignment_id == proposal.under and around.spans(proposal.from_at, proposal.until_at)


def _held_by(proposal: Proposal, holder: Assignment) -> Refusal:
    """Name both claimants, by their accounts."""
    mine, theirs = proposal.account, holder.account
    reason = f"{mine} is to hold what {theirs} holds at that time ({holder.assignment_id}); end that one first"
    return Refusal("/thing", "held", f"{reason}, or name it as under where this is let out of it")


def as_known(assignment: Assignment, ends: Sequence[End], known_at: int) -> Assignment | None:
    """Return what was known of an assignment at an instant; None before it was noted.

    ``ends`` are those of this assignment, in order.
    """
    if assignment.noted_at > known_at:
        return None
    known = [end for end in ends if end.noted_at <= known_at]
    until_at = known[-1].until_at if known else ends[0].until_before if ends else assignment.until_at
    return replace(assignment, until_at=until_at, ends=len(known))
