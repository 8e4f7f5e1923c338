"""Asking witnesses: each puts its name to our published head, proved to continue the one it cosigned last.

The trap guarded against: a witness that says no taken for one that is away. Whoever holds another history of us than
we do is told of at once, and what a witness answers counts only once its signature was checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from gatebook import canonical
from gatebook.errors import InvalidInput, LedgerError, NotFound, Unavailable
from gatebook.procedures import publish_ledger
from gatebook.procedures.house import House
from gatebook.procedures.tell import tell
from gatebook.record.checkpoint import Checkpoint, parse_checkpoint
from gatebook.record.cosignature import Cosigner, cosigned_at, to_note, with_cosignature
from gatebook.record.ports import Work
from gatebook.record.witness_form import Submission, parse_size

_TRIES = 4  # of one asking: whoever else asks for this house may come between
_RENEWS_AFTER, _LONGEST_REST_S, _DOUBLINGS = timedelta(hours=1), 600, 10
_KIND, _OK, _CONFLICT, _REFUSED = "witness", 200, 409, {404: "unknown-log", 403: "not-signed"}
_DOES_NOT_FOLLOW, _LATER, _SERVER_FAILED = 422, frozenset({408, 429}), 500

#: What came of asking, and what to make of it.
SENTENCES: Mapping[str, str] = {
    "": "was not asked yet",
    "cosigned": "cosigned this head",
    "unreachable": "did not answer; it is asked again",
    "unusable-answer": "answered with nothing that its key signed; ask whoever runs it, and compare the vkey",
    "unknown-log": "does not watch this ledger; give whoever runs it ledger/vkey",
    "not-signed": "knows this ledger by another key; give whoever runs it ledger/vkey",
    "forked": "cosigned another history under this name: this ledger is not the continuation of what it saw;"
    " publish nothing more and look for an older state that was put back",
    "ahead": "cosigned more entries than this ledger has: an older state was put back, or another house signs"
    " with this key",
    "went-back": "cosigned less than it did before: it lost its memory and its word is worth nothing until it has a"
    " new key",
}
#: Outcomes that say something is wrong with a history, ours or theirs.
ALARMS = frozenset({"forked", "ahead", "went-back"})


class Answer(Protocol):
    """What a witness answered."""

    @property
    def status(self) -> int: ...  # noqa: D102  the name says it

    @property
    def body(self) -> bytes: ...  # noqa: D102  the name says it


#: Sends a body to the ``add-checkpoint`` of an address. Raises Unavailable.
Post = Callable[[str, bytes], Answer]


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness to ask: who it is, its verifier key line, and the address before ``/add-checkpoint``."""

    cosigner: Cosigner
    vkey: str
    url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a witness: the largest head it cosigned, in ``note``, and what came of the last asking."""

    size: int = 0
    note: str = ""
    cosigned_at: int = 0
    outcome: str = ""
    tried_at: str = ""
    failures: int = 0


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one asking gave: a word, and the cosigned note where there is one."""

    word: str
    note: bytes = b""


def what_is_known(house: House, witness: Witness) -> Asked:
    """Return what came of asking this witness so far."""
    with house.state.read() as work:
        return _held(work, witness)


def is_due(house: House, witness: Witness) -> bool:
    """Return whether there is a head this witness has not cosigned, or has long ago, and it is time to ask."""
    note, known = house.tiles.read_checkpoint(), what_is_known(house, witness)
    if note is None:
        return False
    tried = canonical.parse_instant(known.tried_at) if known.tried_at else None
    if known.failures and tried:
        rest = min(2 ** min(known.failures, _DOUBLINGS), _LONGEST_REST_S)
        return house.now() >= tried + timedelta(seconds=rest)
    return tried is None or house.now() >= tried + _RENEWS_AFTER or _lacks(note, witness)


def ask_witness(house: House, witness: Witness, post: Post) -> Asked:
    """Ask once and return what is then known; whatever is wrong with the witness is an outcome and no error.

    Raises NotFound before the first publication, LedgerError when our own files do not hold.
    """
    known = what_is_known(house, witness)
    try:
        found = _ask(house, witness, known.size, post)
    except Unavailable:
        found = _Outcome("unreachable")
    if found.note:
        publish_ledger.merge_cosignature(house, found.note, witness.cosigner)
    return _noted(house, witness, found, house.now())


def _ask(house: House, witness: Witness, known: int, post: Post) -> _Outcome:
    old = known
    for _ in range(_TRIES):
        note = house.tiles.read_checkpoint()
        if note is None:
            raise NotFound("nothing was published yet")
        head = parse_checkpoint(note)
        if old > head.size:
            return _Outcome("ahead")
        proof = publish_ledger.growth_from(house, old, head) if old else ()
        answer = post(witness.url, Submission(old, tuple(proof), note).to_bytes())
        if answer.status == _OK:
            return _cosigned(head, note, answer.body, witness.cosigner)
        if answer.status != _CONFLICT:
            return _Outcome(_REFUSED.get(answer.status) or _other(answer.status, old))
        found = _size(answer.body, old, head.size, known)
        if isinstance(found, _Outcome):
            return found
        old = found
    return _Outcome("unreachable")


def _other(status: int, old: int) -> str:
    if status in _LATER or status >= _SERVER_FAILED:
        return "unreachable"
    return "forked" if status == _DOES_NOT_FOLLOW and old else "unusable-answer"


def _size(body: bytes, old: int, ours: int, known: int) -> int | _Outcome:
    """Return the size a witness says it cosigned last, to go on from.

    Where it was asked from our own size, another root at that size is what it refuses; it need not tell a size then.
    A witness that never cosigned has nothing to hold against us.
    """
    try:
        size = parse_size(body)
    except LedgerError:
        return _Outcome("forked" if old and old == ours else "unusable-answer")
    if size < known:
        return _Outcome("went-back")
    if size == old:
        return _Outcome("forked" if old else "unusable-answer")
    return size


def _cosigned(head: Checkpoint, note: bytes, answer: bytes, cosigner: Cosigner) -> _Outcome:
    """Return the note with the witness's line alone of all it answered; checked as the note's signatures are."""
    try:
        bare = replace(head, signatures=tuple(s for s in head.signatures if s.key_id != cosigner.key_id))
        found = parse_checkpoint(to_note(bare) + answer)
        return _Outcome("cosigned", to_note(with_cosignature(parse_checkpoint(note), found, cosigner)))
    except (LedgerError, InvalidInput):
        return _Outcome("unusable-answer")


def _lacks(note: bytes, witness: Witness) -> bool:
    try:
        return cosigned_at(parse_checkpoint(note), witness.cosigner) is None
    except LedgerError:
        return True


def _noted(house: House, witness: Witness, found: _Outcome, now: datetime) -> Asked:
    """Keep what came of it; that a history is called into question is told once."""
    with house.state.transaction() as work:
        before = _held(work, witness)
        known = replace(
            before,
            outcome=found.word,
            tried_at=canonical.instant(now),
            failures=0 if found.note else before.failures + 1,
        )
        if found.note:
            head = parse_checkpoint(found.note)
            at = cosigned_at(head, witness.cosigner) or 0
            if head.size >= before.size:
                known = replace(known, size=head.size, note=found.note.decode(), cosigned_at=at)
        work.shelf.put(_KIND, _key(witness), canonical.encode(known), None)
        if found.word in ALARMS and found.word != before.outcome:
            tell(house, work, "witness.refused", witness=witness.cosigner.name, outcome=found.word)
    return known


def _held(work: Work, witness: Witness) -> Asked:
    held = work.shelf.get(_KIND, _key(witness))
    return Asked(**canonical.table(canonical.decode(held))) if held else Asked()


def _key(witness: Witness) -> str:
    return canonical.digest(witness.vkey)
