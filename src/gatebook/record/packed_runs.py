"""Packed runs: all rows of a principal in a segment as bytes, as they were committed to, for sets of a million.

The trap guarded against: an object for each row. What leaves the engine is what a stranger hashes, and nothing between
the two reads, copies or rewrites a single row.

The rows of a run are a sequence of *pieces*, which stand one behind the other and are each whole in themselves. A
piece of n rows is, with every number little-endian:

    n                  4 bytes
    kinds              n bytes       0 hidden, 1 session alone, 2 whole
    session lengths    n x 4 bytes
    activity lengths   n x 4 bytes
    bodies             for each row its session bytes, then its activity bytes, of these lengths

    kind       session bytes                        activity bytes
    0 hidden   none                                 commitment, 32 bytes
    1 session  session salt (16), session part      activity hash, 32 bytes
    2 whole    session salt (16), session part      0x03, activity salt (16), activity part

Session part: at (8 bytes, signed, microseconds since 1970 UTC), nth (2), batch (2), address (16; zero is none, IPv4 is
mapped into IPv6), then outcome, address_kind, raw_address, session, source as UTF-8, parted by NUL. Activity part: act,
user_agent, fingerprint, target, id, marks (parted by commas), detail, parted by NUL. ``raw_address`` is empty where
``address_kind`` is "address" and it is written as ``address`` is. The principal is the run's own and in no row.

So the hash of the activity is SHA-256 of the activity bytes of a whole row, or the activity bytes of a row whose
session alone is shown; and the commitment is SHA-256(0x02, principal, 0x00, hash of the activity, session bytes).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import msgspec

from gatebook.errors import LedgerError
from gatebook.record.merkle import HASH
from gatebook.record.row_parts import (
    ACTIVITY,
    COMMITTED,
    SALT,
    Hidden,
    Row,
    SessionRow,
    ShownRow,
    activity_hash,
    activity_of,
    session_of,
)
from gatebook.record.segments import label_of, verify_entries

HIDDEN, SESSION, WHOLE = range(3)
#: Rows in one piece, but for the last of a run: some tens of megabytes, and one message over a socket.
PIECE_ROWS = 65_536
_SHORTEST = SALT + 28  # of session bytes that are there: what stands before the texts
_COUNT = struct.Struct("<I")


class Shown(msgspec.Struct, frozen=True):
    """What of a run is shown: rows from a time up to another, with or without their activity; others are hidden.

    Times are microseconds since 1970 UTC, ``until_at`` excluded; by default every row.
    """

    from_at: int = -(2**63)
    until_at: int = 2**63 - 1
    activity: bool = True


EVERYTHING = Shown()


class PackedRun(msgspec.Struct, frozen=True):
    """All ``count`` rows of ``principal`` in a segment, from position ``first`` on, and what proves that they are all.

    ``rows`` are pieces, as this module says, ``count`` rows together. ``before`` and ``after`` are the neighbours, None
    at the ends of the segment; ``path`` is what stands beside them in the tree (``segment_tree.range_path``).
    """

    segment: int
    size: int
    root: bytes
    label_salt: bytes
    principal: str
    first: int
    count: int
    rows: tuple[bytes, ...]
    before: Hidden | None
    after: Hidden | None
    path: tuple[bytes, ...]


def piece_of(kinds: bytes, lengths: bytes, bodies: bytes | memoryview) -> bytes:
    """Return a piece: ``lengths`` are both tables, already little-endian."""
    return b"".join((_COUNT.pack(len(kinds)), kinds, lengths, bodies))


def pack_rows(rows: Sequence[Row], shown: Shown) -> bytes:
    """Return rows as a piece, of each as much as is shown: the slow way, row by row, that the fast one is held to."""
    packed = [_packed(row, shown) for row in rows]
    lengths = [len(session) for _, session, _ in packed] + [len(activity) for _, _, activity in packed]
    bodies = b"".join(session + activity for _, session, activity in packed)
    return piece_of(bytes(kind for kind, _, _ in packed), struct.pack(f"<{len(lengths)}I", *lengths), bodies)


def _packed(row: Row, shown: Shown) -> tuple[int, bytes, bytes]:
    if isinstance(row, Hidden) or not shown.from_at <= row.event.at < shown.until_at:
        return HIDDEN, b"", row.commitment
    session = row.salt + session_of(row.event, row.batch)
    if isinstance(row, ShownRow) and shown.activity:
        return WHOLE, session, ACTIVITY + row.activity_salt + activity_of(row.event)
    hidden = row.activity if isinstance(row, SessionRow) else activity_hash(row.activity_salt, activity_of(row.event))
    return SESSION, session, hidden


def walk(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield kind, session bytes and activity bytes of each row. Raises LedgerError for a piece that is malformed."""
    for piece in pieces:
        kinds, starts, cuts, ends = _table(piece)
        for kind, start, cut, end in zip(kinds, starts, cuts, ends, strict=True):
            yield kind, piece[start:cut], piece[cut:end]


def _table(piece: bytes) -> tuple[bytes, list[int], list[int], list[int]]:
    """Return the kind of each row, where its bytes start, where they are cut in two and where they end."""
    count = _COUNT.unpack_from(piece)[0] if len(piece) >= _COUNT.size else -1
    head = _COUNT.size + 9 * count
    if not 0 <= head <= len(piece):
        raise LedgerError("a piece of packed rows is malformed")
    kinds = piece[_COUNT.size : _COUNT.size + count]
    lengths = struct.unpack_from(f"<{2 * count}I", piece, _COUNT.size + count)
    both = zip(lengths[:count], lengths[count:], strict=True)
    marks = list(accumulate((length for pair in both for length in pair), initial=head))
    if marks[-1] != len(piece) or not _fit(kinds, lengths[:count], lengths[count:]):
        raise LedgerError("a piece of packed rows is malformed")
    return kinds, marks[:-1:2], marks[1::2], marks[2::2]


def _fit(kinds: bytes, sessions: Sequence[int], activities: Sequence[int]) -> bool:
    """Return whether lengths are those of their kinds: what is cut elsewhere would be another row of the same bytes."""
    of_kinds = set(zip(kinds, map(_SHORTEST.__le__, sessions), map(HASH.__eq__, activities), strict=True))
    hidden_are_bare = not any(length for kind, length in zip(kinds, sessions, strict=True) if kind == HIDDEN)
    return hidden_are_bare and of_kinds <= _FITTING


_FITTING = {(HIDDEN, False, True), (SESSION, True, True), (WHOLE, True, True), (WHOLE, True, False)}


def entries_of(pieces: Iterable[bytes], label: int, principal: str) -> list[bytes]:
    """Return the entry of each row. Raises LedgerError for a piece that is malformed."""
    sha256, of_row = hashlib.sha256, COMMITTED + principal.encode() + b"\0"
    of_label, found = label.to_bytes(8, "little"), list[bytes]()
    add = found.append
    for kind, session, activity in walk(pieces):
        hidden = sha256(activity).digest() if kind == WHOLE else activity
        add(of_label + (sha256(of_row + hidden + session).digest() if kind else hidden))
    return found


def verify_packed(run: PackedRun) -> None:
    """Raise LedgerError unless the run holds every row of its principal in the segment with this root and size."""
    label = label_of(run.label_salt, run.principal)
    entries = entries_of(run.rows, label, run.principal)
    if len(entries) != run.count:
        raise LedgerError("a packed run has other rows than it says")
    verify_entries(run, entries, label)
