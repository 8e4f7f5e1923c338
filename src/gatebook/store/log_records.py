"""Records of the write-ahead log as bytes: how a batch is written, and what a file of them holds.

The trap guarded against: taking a record cut off by a crash for a damaged one, or the other way round. Only what stands
at the very end of a file and is short, or was never written, is a tail nobody was told about.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import IO

import msgspec
import pyarrow as pa

from gatebook.record.log_ports import Damage, LoggedBatch

_MAGIC = b"GBKLOG1\n"
_LENGTHS = struct.Struct("<IQ")
_CHECK = struct.Struct("<I")
# Magic, lengths of head and body, a checksum of both lengths and the head, and the SHA-256 of the body.
_DIGEST = 32
_AT_CHECK = len(_MAGIC) + _LENGTHS.size
START = _AT_CHECK + _CHECK.size + _DIGEST
_MOST_HEAD = 16 * 1024
_LOOK = 1024 * 1024


class Head(msgspec.Struct, frozen=True, gc=False):
    """What is known of a record before its rows are read."""

    batch_id: str
    digest: str
    source: str
    form: str
    received_at: int
    operator: str
    rows: int


@dataclass(frozen=True, slots=True)
class Found:
    """A record in a file: its head, where it begins, where its rows begin, and where it ends."""

    head: Head
    start: int
    body: int
    end: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Head).decode


def to_bytes(batch: LoggedBatch) -> bytes:
    """Return the record of a batch."""
    sink = pa.BufferOutputStream()
    # Rows of one sender are alike: a quarter of the bytes have to reach the disk before the sender is answered.
    with pa.ipc.new_stream(sink, batch.rows.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(batch.rows)
    body = memoryview(sink.getvalue())
    head = _encode(
        Head(
            batch.batch_id,
            batch.digest,
            batch.source,
            batch.form,
            batch.received_at,
            batch.operator,
            batch.rows.num_rows,
        )
    )
    lengths = _LENGTHS.pack(len(head), len(body))
    check = _CHECK.pack(zlib.crc32(lengths + head))
    return b"".join((_MAGIC, lengths, check, hashlib.sha256(body).digest(), head, body))


def read_batch(file: IO[bytes], found: Found) -> LoggedBatch | None:
    """Read the rows of a record that was found; None where it is no longer there."""
    body = _body(file, found.start, found.body, found.end)
    if body is None:
        return None
    with pa.ipc.open_stream(body) as reader:
        rows = reader.read_next_batch()
    head = found.head
    return LoggedBatch(head.batch_id, head.digest, head.source, head.form, head.received_at, head.operator, rows)


def scan(file: IO[bytes], name: str, offset: int, size: int) -> tuple[list[Found], list[Damage], int]:
    """Return the records from ``offset`` on, what between them is damaged, and where to go on when there is more."""
    found, damaged = list[Found](), list[Damage]()
    while offset < size:
        one = _record_at(file, offset, size)
        if one is None:
            break
        if isinstance(one, Found):
            found.append(one)
            offset = one.end
        else:
            reason, after = one
            damaged.append(Damage(name, offset, reason))
            offset = after
    return found, damaged, offset


def _record_at(file: IO[bytes], offset: int, size: int) -> Found | tuple[str, int] | None:
    """Return the record at ``offset``; None for a tail; or what is wrong with it, and where the next may begin."""
    start = _bytes(file, offset, START)
    if len(start) < START and _MAGIC.startswith(start[: len(_MAGIC)]):
        return None
    head_size, body_size = _lengths(start)
    head = _bytes(file, offset + START, head_size)
    body = offset + START + head_size
    end = body + body_size
    if not _is_sound(start, head):
        after = _next_start(file, offset + 1, size)
        is_short = head_size and body > size and after == size
        if is_short or _is_blank(file, offset, size):
            return None
        return "the beginning of a record does not agree with its checksum", after
    if end > size:
        return None
    if _body(file, offset, body, end) is None:
        return "the rows of a record do not agree with their digest", end
    return Found(_decode(head), offset, body, end)


def _lengths(start: bytes) -> tuple[int, int]:
    """Return the lengths of head and body; zeros where they cannot be those of a record."""
    if len(start) < START or not start.startswith(_MAGIC):
        return 0, 0
    head, body = _LENGTHS.unpack_from(start, len(_MAGIC))
    return (head, body) if head <= _MOST_HEAD else (0, 0)


def _is_sound(start: bytes, head: bytes) -> bool:
    if len(start) < START or not start.startswith(_MAGIC):
        return False
    return bool(_CHECK.unpack_from(start, _AT_CHECK)[0] == zlib.crc32(start[len(_MAGIC) : _AT_CHECK] + head))


def _body(file: IO[bytes], start: int, body: int, end: int) -> bytes | None:
    """Return the rows of a record as they were written, or None."""
    wanted = _bytes(file, start + START - _DIGEST, _DIGEST)
    read = _bytes(file, body, end - body)
    return read if hashlib.sha256(read).digest() == wanted else None


def _next_start(file: IO[bytes], offset: int, size: int) -> int:
    """Return where the next record may begin: at its magic, or at the end."""
    while offset < size:
        piece = _bytes(file, offset, min(_LOOK, size - offset))  # a writer may have gone on behind it since
        place = piece.find(_MAGIC)
        if place >= 0:
            return offset + place
        if len(piece) < len(_MAGIC):
            return size
        offset += len(piece) - len(_MAGIC) + 1
    return size


def _is_blank(file: IO[bytes], offset: int, size: int) -> bool:
    """Whether the rest is zeros: room that was made in the file, and not filled, before the power went."""
    while offset < size:
        piece = _bytes(file, offset, min(_LOOK, size - offset))
        if not piece or piece.count(0) != len(piece):
            return False
        offset += len(piece)
    return True


def _bytes(file: IO[bytes], offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)
