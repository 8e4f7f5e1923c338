"""Cosigning: this house puts its name to another log's head, once it saw that the head continues the one before.

The trap guarded against: two heads of one log, both with our name, of which neither continues the other. The head is
kept on the disk before the signature is made, and one request at a time has the turn of a log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from gatebook import canonical
from gatebook.errors import InvalidInput, LedgerError
from gatebook.procedures.house import SYSTEM, House
from gatebook.procedures.tell import tell
from gatebook.record import merkle
from gatebook.record.checkpoint import Checkpoint, line_of, parse_checkpoint, verify_checkpoint
from gatebook.record.cosignature import Cosigner, cosign
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.witness_form import Submission, parse_submission, size_body
from gatebook.record.witness_ports import WatchedLog, WatchedLogs


@dataclass(frozen=True, slots=True)
class Desk:
    """Where this house cosigns: its name and key as a witness, the signing function, and the logs it watches."""

    cosigner: Cosigner
    vkey: str
    sign: Callable[[bytes], bytes]
    logs: WatchedLogs


class Word(StrEnum):
    """What a witness says to a checkpoint put before it; the API gives each its status."""

    COSIGNED = "cosigned"
    MALFORMED = "malformed"
    UNKNOWN_LOG = "unknown-log"
    NOT_SIGNED = "not-signed"
    OLD_IS_LARGER = "old-is-larger"
    NOT_THE_LATEST = "not-the-latest"
    CONTRADICTS = "contradicts"
    DOES_NOT_FOLLOW = "does-not-follow"


@dataclass(frozen=True, slots=True)
class Said:
    """The word, and the body that goes with it: signature lines, the size cosigned last, or a sentence."""

    word: Word
    body: str


_SENTENCES = {
    Word.MALFORMED: "this is no add-checkpoint request",
    Word.UNKNOWN_LOG: "this witness does not watch this log",
    Word.NOT_SIGNED: "the checkpoint is not signed by the key this witness knows of this log",
    Word.OLD_IS_LARGER: "the old size is larger than the checkpoint",
    Word.DOES_NOT_FOLLOW: "the proof does not lead from the head that was cosigned last to this one",
}


def cosign_checkpoint(house: House, desk: Desk, body: bytes) -> Said:
    """Answer ``add-checkpoint`` (C2SP tlog-witness), in the order that page gives to what may be wrong.

    Whoever asks needs no key: a head counts by the log's own signature. A head of the size that was cosigned last and
    with another root is a log that forked, whatever else is sent along: both heads are kept and entered.
    """
    try:
        asked = parse_submission(body)
        head = parse_checkpoint(asked.note)
    except (LedgerError, InvalidInput):
        return _refusal(Word.MALFORMED)
    log = desk.logs.get(head.origin)
    if log is None or not log.is_watched:
        return _refusal(Word.UNKNOWN_LOG)
    try:
        verify_checkpoint(asked.note, log.vkey)
    except LedgerError:
        return _refusal(Word.NOT_SIGNED)
    if asked.old > head.size:
        return _refusal(Word.OLD_IS_LARGER)
    with desk.logs.turn(head.origin):  # from reading the head that was kept to keeping the next
        held = desk.logs.get(head.origin)
        if held is None or (held.is_watched, held.vkey) != (True, log.vkey):
            return _refusal(Word.UNKNOWN_LOG)  # changed since the look
        return _judged(house, desk, held, asked, head)


def _judged(house: House, desk: Desk, log: WatchedLog, asked: Submission, head: Checkpoint) -> Said:
    latest = parse_checkpoint(log.note.encode()) if log.note else None
    size = latest.size if latest else 0
    if latest and head.size == latest.size and head.root != latest.root:
        _note_contradiction(house, desk, log, asked.note)
        return Said(Word.CONTRADICTS, size_body(size))
    if asked.old != size:
        return Said(Word.NOT_THE_LATEST, size_body(size))
    if not _follows(latest, head, asked):
        refused = asked.note.decode()
        if refused != log.refused:
            desk.logs.keep(replace(log, refused=refused))
        return _refusal(Word.DOES_NOT_FOLLOW)
    now = house.now()
    if latest is None or head.size != latest.size:
        is_cleared = bool(log.refused) and _same(parse_checkpoint(log.refused.encode()), head)
        refused = "" if is_cleared else log.refused
        kept = replace(log, note=asked.note.decode(), cosigned_at=canonical.instant(now), refused=refused)
        desk.logs.keep(kept)  # before the signature is there to leave
    return Said(Word.COSIGNED, line_of(cosign(head.text, desk.cosigner, int(now.timestamp()), desk.sign)))


def _follows(latest: Checkpoint | None, head: Checkpoint, asked: Submission) -> bool:
    if not asked.old:
        return not asked.proof and (head.size > 0 or head.root == merkle.EMPTY)
    try:
        merkle.verify_consistency(asked.old, head.size, latest.root if latest else b"", head.root, asked.proof)
    except LedgerError:
        return False
    return True


def _same(one: Checkpoint, other: Checkpoint) -> bool:
    return (one.size, one.root) == (other.size, other.root)


def _note_contradiction(house: House, desk: Desk, log: WatchedLog, note: bytes) -> None:
    """Enter once a log that it forked, tell it, and keep both heads; a crash between may enter it twice."""
    if log.contradiction:
        return
    name, rest = log.origin, log.vkey.removeprefix(f"{log.origin}+")
    body = {"log": name, "key": rest.partition("+")[0]}
    with house.state.transaction() as work:
        enter(work, Entry("witness.contradicted", house.now(), SYSTEM.operator_id, body=body))
        tell(house, work, "witness.contradicted", **body)
    desk.logs.keep(replace(log, contradiction=(log.note, note.decode())))


def _refusal(word: Word) -> Said:
    return Said(word, f"{_SENTENCES[word]}\n")
