"""Packed rows read one by one, as their layout is written down: what the verifier's faster loop is compared with."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence

from gatebook_verifier.rows import (
    ACTIVITY_TEXTS,
    HIDDEN,
    SALT,
    SESSION_TEXTS,
    WHOLE,
    Run,
    address_text,
    root_of_entries,
    slabs,
)

_FIXED = struct.Struct("<qHH16s")


def walk(data: bytes | memoryview) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield kind, session bytes and activity bytes of each row of the pieces in ``data``."""
    for kinds, body, marks in slabs(data):
        for kind, start, cut, end in zip(kinds, marks[:-1:2], marks[1::2], marks[2::2], strict=True):
            yield kind, body[start:cut], body[cut:end]


def entries_of_run(data: bytes | memoryview, label: bytes, principal: str) -> list[bytes]:
    """Return the entry of each row of the pieces in ``data``."""
    sha256, of_row, of_label = hashlib.sha256, b"\x02" + principal.encode() + b"\0", label[::-1]
    found: list[bytes] = []
    for kind, session, activity in walk(data):
        hidden = sha256(activity).digest() if kind == WHOLE else activity
        found.append(of_label + (hidden if kind == HIDDEN else sha256(of_row + hidden + session).digest()))
    return found


def root_of_run(data: bytes | memoryview, run: Run) -> bytes:
    """Return the root of the segment that packed rows, their neighbours and the path beside them lead to."""
    return root_of_entries(entries_of_run(data, run.label, run.principal), run)


def read_session(data: bytes) -> dict[str, int | str | None]:
    """Return what the session bytes of a row say: ``at`` in microseconds since 1970 UTC, nth, batch, address, texts."""
    at, nth, batch, packed = _FIXED.unpack_from(data, SALT)
    texts = _texts(data[SALT + _FIXED.size :], SESSION_TEXTS)
    address = address_text(packed)
    if texts["address_kind"] == "address" and not texts["raw_address"]:
        texts["raw_address"] = address or ""
    return {"at": at, "nth": nth, "batch": batch, "address": address, **texts}


def read_activity(data: bytes) -> dict[str, str]:
    """Return what the activity bytes of a whole row say; marks are parted by commas."""
    assert data[:1] == b"\x03"
    return _texts(data[1 + SALT :], ACTIVITY_TEXTS)


def _texts(data: bytes, names: Sequence[str]) -> dict[str, str]:
    return dict(zip(names, data.decode().split("\0"), strict=True))
