"""A segment: the tree over rows of one month in principal order, and the proof that nobody's row was left out.

The trap guarded against: an answer that leaves a row out. Rows stand in the order of a label made from the principal
alone, so everything of one principal is one run, and the labels of its neighbours prove that the run is whole.

A leaf is SHA-256(0x00, label, commitment); a commitment is SHA-256(salt, record). The label (8 bytes) is the beginning
of SHA-256(label salt, principal); the salt (16 bytes) is drawn from a secret by the row's segment and position, and
shown for the rows that are shown, so that a neighbour's commitment says nothing about the neighbour.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from gatebook.errors import LedgerError
from gatebook.record import merkle
from gatebook.record.events.packing import kept_raw, pack_address
from gatebook.terms.access_event import AccessEvent

CHUNK = 256  # leaves under one kept hash: what lies below is computed from the rows when it is asked for
_FIXED = struct.Struct("<qHH")


@lru_cache(maxsize=262_144)  # the same principals come again and again
def label_of(label_salt: bytes, principal: str) -> int:
    """Return the label of a principal: 64 bits that order the rows of every segment."""
    return int.from_bytes(hashlib.sha256(label_salt + principal.encode()).digest()[:8], "big")


def texts_of(event: AccessEvent) -> tuple[str, ...]:
    """Return the texts of an event in the order in which they are hashed and kept."""
    return (
        event.principal,
        event.act,
        event.outcome,
        event.address_kind,
        kept_raw(event.raw_address, event.address, event.address_kind),
        event.session,
        event.user_agent,
        event.fingerprint,
        event.target,
        event.event_id,
        ",".join(event.marks),
        event.source,
        event.detail,
    )


def record_of(event: AccessEvent, batch: int) -> bytes:
    """Return the bytes of a row that are committed to: time, ordinal, batch, address, then texts parted by NUL.

    No text holds a NUL: one that came is kept escaped. ``batch`` is the row's batch within its segment.
    """
    head = _FIXED.pack(event.at, event.nth, batch) + pack_address(event.address)
    return head + b"\0".join(text.encode() for text in texts_of(event))


def commitment_of(salt: bytes, record: bytes) -> bytes:
    """Return the commitment to a row."""
    return hashlib.sha256(salt + record).digest()


def leaf_of(label: int, commitment: bytes) -> bytes:
    """Return the leaf hash of a row."""
    return merkle.leaf_hash(label.to_bytes(8, "little") + commitment)


@dataclass(frozen=True, slots=True)
class SegmentSecrets:
    """What the trees are made with and no tree shows.

    ``label_salt`` (32 bytes) is shown with every range proof; ``salt_key`` (32 bytes) never is: the salt of a row is
    two SipHash-2-4 values, keyed with it, of segment * 2**32 + position.
    """

    label_salt: bytes
    salt_key: bytes

    @property
    def labels(self) -> str:
        """What an entry says of the label salt, so that no other can be shown in a proof: its SHA-256, in hex."""
        return hashlib.sha256(self.label_salt).hexdigest()

    def salt_words(self) -> tuple[int, int, int, int]:
        """Return the keys of the two SipHash functions, two 64-bit words each."""
        first, second, third, fourth = struct.unpack(">4Q", self.salt_key)
        return first, second, third, fourth


class Hidden(msgspec.Struct, frozen=True, tag="hidden"):
    """A row that is not shown: its label and its commitment. What was erased is kept as this alone."""

    label: int
    commitment: bytes

    @property
    def leaf(self) -> bytes:
        """The leaf hash."""
        return leaf_of(self.label, self.commitment)


class ShownRow(msgspec.Struct, frozen=True, tag="shown"):
    """A row that is shown: its event, its place among the segment's batches, and the salt it was committed to with."""

    event: AccessEvent
    batch: int
    salt: bytes


class RangeProof(msgspec.Struct, frozen=True):
    """That these are all the rows of ``principal`` in a segment, from position ``first`` on.

    ``rows`` are shown, or hidden where they were erased. ``before`` and ``after`` are the neighbours, None at the ends
    of the segment. ``path`` holds the hashes beside the run, as :func:`range_path` gives them.
    """

    segment: int
    size: int
    root: bytes
    label_salt: bytes
    principal: str
    first: int
    rows: tuple[ShownRow | Hidden, ...]
    before: Hidden | None
    after: Hidden | None
    path: tuple[bytes, ...]


def range_path(start: int, stop: int, size: int, read: merkle.Reader) -> list[bytes]:
    """Return the hashes of the largest complete subtrees beside leaves ``start`` to ``stop``, in tree order."""
    found: list[bytes] = []
    _beside(start, stop, 0, size, read, found)
    return found


def _beside(start: int, stop: int, low: int, high: int, read: merkle.Reader, found: list[bytes]) -> None:
    if stop <= low or high <= start:
        found.append(merkle.range_hash(low, high, read))
    elif not (start <= low and high <= stop):
        middle = low + merkle.split(high - low)
        _beside(start, stop, low, middle, read, found)
        _beside(start, stop, middle, high, read, found)


def root_from_range(leaves: Sequence[bytes], start: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that leaves from ``start`` on and the hashes beside them lead to. Raises LedgerError."""
    if not leaves or start < 0 or start + len(leaves) > size:
        raise LedgerError("a range proof covers at least one leaf, and only leaves of its tree")
    if any(len(hash_) != merkle.HASH for hash_ in path):
        raise LedgerError("a hash is not 32 bytes long")
    steps = iter(path)
    root = _joined(leaves, start, 0, size, steps)
    if next(steps, None) is not None:
        raise LedgerError("the range proof is too long")
    return root


def _joined(leaves: Sequence[bytes], start: int, low: int, high: int, steps: Iterator[bytes]) -> bytes:
    if start + len(leaves) <= low or high <= start:
        found = next(steps, None)
        if found is None:
            raise LedgerError("the range proof is too short")
        return found
    if high - low == 1:
        return leaves[low - start]
    middle = low + merkle.split(high - low)
    left = _joined(leaves, start, low, middle, steps)
    return merkle.node_hash(left, _joined(leaves, start, middle, high, steps))


def verify_range(proof: RangeProof) -> None:
    """Raise LedgerError unless the proof shows every row of its principal in the segment with this root and size.

    A proof without rows shows that there is none: then ``before`` and ``after`` are next to each other.
    """
    label = label_of(proof.label_salt, proof.principal)
    inner = [_leaf(row, label, proof.principal) for row in proof.rows]
    leaves = [
        *([proof.before.leaf] if proof.before else []),
        *inner,
        *([proof.after.leaf] if proof.after else []),
    ]
    _check_neighbours(proof, label)
    start = proof.first - (1 if proof.before else 0)
    if not hmac.compare_digest(root_from_range(leaves, start, proof.size, proof.path), proof.root):
        raise LedgerError("the range proof does not lead to this root")


def _leaf(row: ShownRow | Hidden, label: int, principal: str) -> bytes:
    if isinstance(row, Hidden):
        if row.label != label:
            raise LedgerError("an erased row of the range belongs to somebody else")
        return row.leaf
    if row.event.principal != principal:
        raise LedgerError("a row of the range belongs to somebody else")
    return leaf_of(label, commitment_of(row.salt, record_of(row.event, row.batch)))


def _check_neighbours(proof: RangeProof, label: int) -> None:
    last = proof.first + len(proof.rows)
    if (proof.before is None) != (proof.first == 0) or (proof.after is None) != (last == proof.size):
        raise LedgerError("the range does not say who stands beside it")
    if proof.before and proof.before.label >= label:
        raise LedgerError("the row before the range could belong to it")
    if proof.after and proof.after.label <= label:
        raise LedgerError("the row after the range could belong to it")
