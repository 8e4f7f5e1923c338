"""What a log sends to a witness and what comes back: the body of ``add-checkpoint``, by C2SP tlog-witness.

The trap guarded against: a body with two readings. Each line has one form, and the first empty line ends the proof.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gatebook.errors import LedgerError
from gatebook.record.checkpoint import read_base64
from gatebook.record.merkle import HASH

_SIZE = re.compile(rb"0|[1-9][0-9]{0,18}")
_MOST_STEPS = 63  # of a proof


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint put before a witness: the size it should know, the proof from there, and the signed note."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def to_bytes(self) -> bytes:
        """Return the body."""
        return f"old {self.old}\n{''.join(map(_line, self.proof))}\n".encode() + self.note


def parse_submission(body: bytes) -> Submission:
    """Read a body; the note's signatures are not looked at. Raises LedgerError for any other form."""
    head, separator, note = body.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    if not separator or not first.startswith(b"old ") or len(lines) > _MOST_STEPS:
        raise LedgerError("this is no checkpoint with the proof that leads to it")
    return Submission(_size(first.removeprefix(b"old ")), _steps(lines), note)


def size_body(size: int) -> str:
    """Return the body that tells which size a witness cosigned last."""
    return f"{size}\n"


def parse_size(body: bytes) -> int:
    """Read the size a witness says it cosigned last. Raises LedgerError."""
    if not body.endswith(b"\n"):
        raise LedgerError("the witness did not tell a size")
    return _size(body[:-1])


def _steps(lines: Sequence[bytes]) -> tuple[bytes, ...]:
    if not all(line.isascii() for line in lines):
        raise LedgerError("a line of the proof is not base64")
    steps = tuple(read_base64(line.decode()) for line in lines)
    if any(len(step) != HASH for step in steps):
        raise LedgerError("a line of the proof is no hash")
    return steps


def _size(digits: bytes) -> int:
    if not _SIZE.fullmatch(digits):
        raise LedgerError("a size is malformed")
    return int(digits)


def _line(step: bytes) -> str:
    return base64.b64encode(step).decode() + "\n"
