"""Rows of access events as they are committed to: each in two parts, and runs of a million of them as bytes.

The trap guarded against: a row that is read in another way than it was committed to. Lengths belong to kinds, every
text has one writing, and what is hashed is the bytes as they lie in the file.

A *piece* of n rows is, with every number little-endian: n (4 bytes); the kind of each row (n bytes: 0 hidden, 1 session
alone, 2 whole); the lengths of each row's session bytes (n x 4 bytes), then of each row's activity bytes (n x 4 bytes);
then for each row its session bytes and its activity bytes. Pieces stand one behind the other.

    kind       session bytes                        activity bytes
    0 hidden   none                                 commitment, 32 bytes
    1 session  session salt (16), session part      activity hash, 32 bytes
    2 whole    session salt (16), session part      0x03, activity salt (16), activity part

    activity hash = SHA-256(activity bytes of a whole row)
    commitment    = SHA-256(0x02, principal, 0x00, activity hash, session bytes)

In the tree of a segment a row's entry is its label, the least of its 8 bytes first, and its commitment. A leaf is
SHA-256(0x00, entries) of four rows, fewer at the end; a node is SHA-256(0x01, left, right), as RFC 6962 joins them.
"""

from __future__ import annotations

import hashlib
import ipaddress
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from gatebook_verifier import tree
from gatebook_verifier.note import DoesNotHold

if TYPE_CHECKING:  # names for readers: an older Python cannot make them
    Level = tuple[int, list[bytes]]
    Slab = tuple[bytes, bytes, list[int]]

HIDDEN, SESSION, WHOLE = range(3)
SALT = 16
_GROUP, _ENTRY = 4, 8 + tree.HASH  # rows of a leaf, and bytes of each
_AT_ONCE = 1024  # rows
#: Texts of each part, in their order, by the names they have in a file.
SESSION_TEXTS = ("outcome", "address_kind", "raw_address", "session", "source")
ACTIVITY_TEXTS = ("act", "user_agent", "fingerprint", "target", "id", "marks", "detail")
_FIXED = struct.Struct("<qHH16s")
_COMMITTED, _ACTIVITY = b"\x02", b"\x03"
_MAPPED = bytes(10) + b"\xff\xff"


@dataclass(frozen=True)
class Run:
    """Where the rows of one principal stand in a segment; ``before`` and ``after`` are (label, commitment) or None.

    A label is 8 bytes, the most first, as its text has them.
    """

    principal: str
    label: bytes
    first: int
    size: int
    before: tuple[bytes, bytes] | None
    after: tuple[bytes, bytes] | None
    path: Sequence[bytes]


def slabs(data: bytes | memoryview) -> Iterator[Slab]:
    """Yield, some rows of a piece at a time, their kinds, their bytes, and where in these each begins, is cut and ends.

    As many as a processor's cache holds with all that is made of them: a whole piece at once is slower by a tenth.
    """
    at = 0
    while at < len(data):
        kinds, sessions, activities, at = _tables(data, at)
        for first in range(0, len(kinds), _AT_ONCE):
            last = min(first + _AT_ONCE, len(kinds))
            mixed = [0] * (2 * (last - first))
            mixed[::2], mixed[1::2] = sessions[first:last], activities[first:last]
            marks = list(accumulate(mixed, initial=0))
            if at + marks[-1] > len(data):
                raise DoesNotHold("a piece of packed rows is malformed")
            yield kinds[first:last], bytes(data[at : at + marks[-1]]), marks
            at += marks[-1]


def _tables(data: bytes | memoryview, at: int) -> tuple[bytes, tuple[int, ...], tuple[int, ...], int]:
    """Return the kinds of a piece's rows, the lengths of both parts, and where the first begins."""
    count = int.from_bytes(data[at : at + 4], "little")
    tables, head = at + 4 + count, at + 4 + 9 * count
    if not count or head > len(data):
        raise DoesNotHold("a piece of packed rows is malformed")
    kinds, lengths = bytes(data[at + 4 : tables]), struct.unpack_from(f"<{2 * count}I", data, tables)
    if not _fit(kinds, lengths[:count], lengths[count:]):
        raise DoesNotHold("a piece of packed rows is malformed")
    return kinds, lengths[:count], lengths[count:], head


def _fit(kinds: bytes, sessions: Sequence[int], activities: Sequence[int]) -> bool:
    """Whether lengths are those of their kinds: bytes cut elsewhere would be another row of the same hash."""
    if kinds.count(WHOLE) == len(kinds):  # most are: looked at all at once
        return min(sessions) >= SALT + _FIXED.size and min(activities) > SALT
    for kind, session, activity in zip(kinds, sessions, activities):
        if kind == WHOLE:
            fits = session >= SALT + _FIXED.size and activity > SALT
        else:
            fits = activity == tree.HASH and (session == 0 if kind == HIDDEN else session >= SALT + _FIXED.size)
        if not fits or kind > WHOLE:
            return False
    return True


def root_of_entries(entries: list[bytes], run: Run) -> bytes:
    """Return the root that a run's entries lead to. Raises DoesNotHold where a neighbour could belong to the run."""
    last, before, after = run.first + len(entries), run.before, run.after
    if not 0 <= run.first <= last <= run.size or (before is None) != (run.first == 0):
        raise DoesNotHold("a run does not say who stands beside it")
    if (after is None) != (last == run.size):
        raise DoesNotHold("a run does not say who stands beside it")
    if before and before[0] >= run.label:
        raise DoesNotHold("the row before a run could belong to it")
    if after and after[0] <= run.label:
        raise DoesNotHold("the row after a run could belong to it")
    beside = [*([entry_of(*before)] if before else []), *entries, *([entry_of(*after)] if after else [])]
    return _root(beside, run.first - (1 if before else 0), run.size, run.path)


def entry_of(label: bytes, commitment: bytes) -> bytes:
    """Return the entry of a row."""
    if len(label) != 8 or len(commitment) != tree.HASH:  # noqa: PLR2004  64 bits
        raise DoesNotHold("a row that is not shown is malformed")
    return label[::-1] + commitment


def _root(entries: list[bytes], start: int, size: int, path: Sequence[bytes]) -> bytes:
    if not entries:
        raise DoesNotHold("a run is malformed")
    steps, levels = iter(path), _levels(entries, start)
    found = _joined((entries, levels), (start, start + len(entries)), (0, size), steps)
    if next(steps, None) is not None:
        raise DoesNotHold("the path beside a run is too long")
    return found


def _levels(entries: list[bytes], start: int) -> list[Level]:
    """Return, level by level, the hashes of complete subtrees within a run, and the place of the first."""
    sha256, first = hashlib.sha256, -(-start // _GROUP)
    grouped = iter(entries[first * _GROUP - start :])
    hashes = [sha256(b"\x00%b%b%b%b" % four).digest() for four in zip(*[grouped] * _GROUP)]
    levels = [(first, hashes)]
    while len(hashes) > 1:
        odd, first = first & 1, (first + 1) >> 1
        pairs = zip(hashes[odd::2], hashes[odd + 1 :: 2])  # what stands alone is joined further up
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        levels.append((first, hashes))
    return levels


def _joined(
    held: tuple[list[bytes], list[Level]], run: tuple[int, int], part: tuple[int, int], steps: Iterator[bytes]
) -> bytes:
    (entries, levels), (start, stop), (low, high) = held, run, part
    width = high - low
    if stop <= low or high <= start:
        return _step(steps, tree.HASH)
    if start <= low and high <= stop and width >= _GROUP and width & (width - 1) == 0:
        level = width.bit_length() - 1
        first, hashes = levels[level - _GROUP.bit_length() + 1]
        return hashes[(low >> level) - first]
    if width <= _GROUP:
        return tree.leaf(b"".join(_entry(entries, at - start, steps) for at in range(low, high)))
    middle = low + (1 << ((width - 1).bit_length() - 1))
    left = _joined(held, run, (low, middle), steps)
    return tree.node(left, _joined(held, run, (middle, high), steps))


def _entry(entries: list[bytes], nth: int, steps: Iterator[bytes]) -> bytes:
    """Return an entry of the run, or the next step of the path for a row that stands in the same leaf as some of it."""
    return entries[nth] if 0 <= nth < len(entries) else _step(steps, _ENTRY)


def _step(steps: Iterator[bytes], length: int) -> bytes:
    step = next(steps, None)
    if step is None:
        raise DoesNotHold("the path beside a run is too short")
    if len(step) != length:
        raise DoesNotHold("a step of the path beside a run is not as long as its kind")
    return step


def activity_hash(salt: bytes, texts: Sequence[str]) -> bytes:
    """Return what is committed to of an activity part."""
    if len(salt) != SALT:
        raise DoesNotHold("a row is malformed")
    return hashlib.sha256(_ACTIVITY + salt + _parted(texts)).digest()


def commitment_of(principal: str, activity: bytes, salt: bytes, session: bytes) -> bytes:
    """Return the commitment to a row."""
    if len(activity) != tree.HASH or len(salt) != SALT or "\0" in principal:
        raise DoesNotHold("a row is malformed")
    return hashlib.sha256(_COMMITTED + principal.encode() + b"\0" + activity + salt + session).digest()


def session_bytes(at: int, nth: int, batch: int, address: str | None, texts: Sequence[str]) -> bytes:
    """Return the bytes of a session part."""
    return _FIXED.pack(at, nth, batch, sixteen(address)) + _parted(texts)


def _parted(texts: Sequence[str]) -> bytes:
    if any("\0" in text for text in texts):
        raise DoesNotHold("a text of a row holds what no row can")
    return b"\0".join(text.encode() for text in texts)


def sixteen(address: str | None) -> bytes:
    """Return an address as sixteen bytes; none is zero bytes."""
    if address is None:
        return bytes(16)
    found = ipaddress.ip_address(address)
    is_mapped = isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None
    if str(found) != address or is_mapped or not any(found.packed):
        raise DoesNotHold("an address is not in its one writing")
    return found.packed if isinstance(found, ipaddress.IPv6Address) else _MAPPED + found.packed


def address_text(packed: bytes) -> str | None:
    """Return the text of an address of sixteen bytes; None for zero bytes."""
    if not any(packed):
        return None
    if packed.startswith(_MAPPED):
        return ".".join(map(str, packed[12:]))
    return str(ipaddress.IPv6Address(packed))
