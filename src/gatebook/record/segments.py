"""A segment: the tree over rows of one month in principal order, and the proof that nobody's row was left out.

The trap guarded against: an answer that leaves a row out. Rows stand in the order of a label made from the principal
alone, so everything of one principal is one run, and the labels of its neighbours prove that the run is whole.

The tree (``record.segment_tree``) is over labels and the commitments to rows (``record.row_parts``). The label is the
first 8 bytes of SHA-256(label salt, principal). The salts of a row, 16 bytes for each part, are drawn from a secret by
the row's segment and position, and shown for the parts that are shown, so that a neighbour's commitment says nothing
about the neighbour.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import msgspec

from gatebook.errors import LedgerError
from gatebook.record.row_parts import Hidden, Row
from gatebook.record.segment_tree import entry_of, root_from_range

CHUNK = 256  # leaves under one kept hash: what lies below is computed from the rows when it is asked for


@lru_cache(maxsize=262_144)  # the same principals come again and again
def label_of(label_salt: bytes, principal: str) -> int:
    """Return the label of a principal: 64 bits that order the rows of every segment."""
    return int.from_bytes(hashlib.sha256(label_salt + principal.encode()).digest()[:8], "big")


@dataclass(frozen=True, slots=True)
class SegmentSecrets:
    """What the trees are made with and no tree shows.

    ``label_salt`` (32 bytes) is shown with every range proof; ``salt_key`` (32 bytes) never is: each salt of a row is
    two SipHash-2-4 values of segment * 2**32 + position, under keys of its own that are made from it.
    """

    label_salt: bytes
    salt_key: bytes

    @property
    def labels(self) -> str:
        """What an entry says of the label salt, so that no other can be shown in a proof: its SHA-256, in hex."""
        return hashlib.sha256(self.label_salt).hexdigest()

    def salt_words(self) -> tuple[int, ...]:
        """Return the keys of four SipHash functions, two 64-bit words each: two for session salts, two for activity."""
        return struct.unpack(">8Q", hmac.digest(self.salt_key, b"gatebook/row-salts", "sha512"))


class RangeProof(msgspec.Struct, frozen=True):
    """That these are all the rows of ``principal`` in a segment, from position ``first`` on.

    ``rows`` are shown, whole or in part, or hidden where they were erased. ``before`` and ``after`` are the neighbours,
    None at the ends of the segment. ``path`` is what stands beside them in the tree (``segment_tree.range_path``).
    """

    segment: int
    size: int
    root: bytes
    label_salt: bytes
    principal: str
    first: int
    rows: tuple[Row, ...]
    before: Hidden | None
    after: Hidden | None
    path: tuple[bytes, ...]


def verify_range(proof: RangeProof) -> None:
    """Raise LedgerError unless the proof shows every row of its principal in the segment with this root and size.

    A proof without rows shows that there is none: then ``before`` and ``after`` are next to each other.
    """
    label = label_of(proof.label_salt, proof.principal)
    verify_entries(proof, [_entry(row, label, proof.principal) for row in proof.rows], label)


def _entry(row: Row, label: int, principal: str) -> bytes:
    if isinstance(row, Hidden):
        if row.label != label:
            raise LedgerError("an erased row of the range belongs to somebody else")
        return row.entry
    if row.event.principal != principal:
        raise LedgerError("a row of the range belongs to somebody else")
    return entry_of(label, row.commitment)


class Beside(Protocol):
    """What says where a run begins in its segment, who stands beside it, and by what it is proved."""

    @property
    def first(self) -> int:
        """Position of the first row, or where it would stand."""

    @property
    def size(self) -> int:
        """Rows of the segment."""

    @property
    def before(self) -> Hidden | None:
        """The row before the run."""

    @property
    def after(self) -> Hidden | None:
        """The row after the run."""

    @property
    def path(self) -> Sequence[bytes]:
        """What stands beside run and neighbours."""

    @property
    def root(self) -> bytes:
        """The root of the segment."""


def verify_entries(run: Beside, entries: Sequence[bytes], label: int) -> None:
    """Raise LedgerError unless entries of a label are a whole run, and lead to the root."""
    check_neighbours(run, len(entries), label)
    beside = [*([run.before.entry] if run.before else []), *entries, *([run.after.entry] if run.after else [])]
    root = root_from_range(beside, run.first - bool(run.before), run.size, run.path)
    if not hmac.compare_digest(root, run.root):
        raise LedgerError("the range proof does not lead to this root")


def check_neighbours(run: Beside, count: int, label: int) -> None:
    """Raise LedgerError unless the neighbours of a run of ``count`` rows have other labels than the run."""
    last = run.first + count
    if (run.before is None) != (run.first == 0) or (run.after is None) != (last == run.size):
        raise LedgerError("the range does not say who stands beside it")
    if run.before and run.before.label >= label:
        raise LedgerError("the row before the range could belong to it")
    if run.after and run.after.label <= label:
        raise LedgerError("the row after the range could belong to it")
