"""Invented access events to bench with, made by numpy: the same in every run, and as skewed as a provider's are.

Ninety days, one account for fifteen events: 60 % of events fall on accounts by Zipf's law (s = 1), 40 % evenly. 70 % of
addresses are IPv4, 30 % IPv6; three in ten events come from a pool of shared addresses, and one account in a hundred
belongs to a ring of eight that use the same ones. Sessions of 30 minutes, 12 acts, 5,000 user agents. Events come in the
order of their times. The trap guarded against: data that compresses because it is invented; principals, sessions and
addresses are as random as real ones, and only what a real source repeats is repeated.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gatebook.record.events.columns import SCHEMA
from gatebook.record.events.packing import unpack_address
from gatebook.record.events.times import write_time

DAY = 86_400_000_000
DAYS = 90
START = int(datetime(2026, 8, 1, tzinfo=UTC).timestamp()) * 1_000_000
_SESSION = 30 * 60 * 1_000_000
_ACTS = pa.array(
    [f"{what}.{how}" for what in ("session", "server", "volume", "network") for how in ("create", "read", "delete")]
)
_AGENTS = pa.array(
    [
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{100 + n % 50}.0.{n}.{n * 7 % 200} Safari/537.36"
        for n in range(1250)
        for system in (
            "X11; Linux x86_64",
            "Windows NT 10.0; Win64; x64",
            "Macintosh; Intel Mac OS X 10_15_7",
            "Linux; K",
        )
    ]
)
_SOURCES = pa.array(["console", "api-1", "api-2", "bastion"])
_OUTCOMES = pa.array(["failure", *["success"] * 24])
_EMPTY = ("raw_address", "fingerprint", "target", "marks", "detail")
Words = NDArray[np.uint64]


def _mix(values: Words, salt: int) -> Words:
    """Return 64 bits that look random and are not (splitmix64)."""
    mixed = values + np.uint64((salt * 0x9E3779B97F4A7C15) % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


@dataclass(frozen=True)
class Made:
    """Events as arrays, in the order of their times; texts are written when a part is asked for."""

    at: NDArray[np.int64]
    account: Words
    address: NDArray[np.uint8]
    with_ids: bool = False

    def __len__(self) -> int:
        return len(self.at)

    def principal(self, row: int) -> str:
        """Return who acted in a row."""
        return _ids("acc_", self.account[row : row + 1])[0]

    def address_text(self, row: int) -> str:
        """Return the address of a row."""
        return unpack_address(self.address[row].tobytes())

    def batch(self, start: int, stop: int) -> pa.RecordBatch:
        """Return rows as columns of events, as the log takes them."""
        at, account = self.at[start:stop], self.account[start:stop]
        count = len(at)
        row = np.arange(start, start + count, dtype=np.uint64)
        session = _mix(account * np.uint64(1 << 24) + (at // _SESSION).astype(np.uint64), 4)
        texts: dict[str, Any] = {
            "source": _SOURCES.take(pa.array(_mix(row, 5) % 4)),
            "principal": _ids("acc_", account),
            "act": _ACTS.take(pa.array(np.minimum(_mix(row, 6) % 24, _mix(row, 7) % 12))),
            "outcome": _OUTCOMES.take(pa.array(_mix(row, 8) % 25)),
            "address_kind": pa.repeat("address", count),
            "session": [f"{one:016x}" for one in session.tolist()],
            "user_agent": _AGENTS.take(pa.array(np.minimum(_mix(account, 9) % 5000, _mix(account, 10) % 5000))),
            "event_id": _ids("", row) if self.with_ids else pa.repeat("", count),
            **dict.fromkeys(_EMPTY, pa.repeat("", count)),
        }
        columns: dict[str, pa.Array] = {name: pa.array(values) for name, values in texts.items()}
        packed = pa.py_buffer(np.ascontiguousarray(self.address[start:stop]))
        columns["address"] = pa.Array.from_buffers(pa.binary(16), count, [None, packed])
        columns |= {"at": pa.array(at), "nth": pa.array(np.zeros(count, np.uint16))}
        return pa.RecordBatch.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)

    def batches(self, start: int, stop: int, size: int) -> Iterator[pa.RecordBatch]:
        """Yield rows in batches of ``size``."""
        for first in range(start, stop, size):
            yield self.batch(first, min(first + size, stop))


def made(in_days: int, later: int = 0, *, with_ids: bool = False) -> Made:
    """Return events of the ninety days, and of the week after; with ``with_ids`` each bears a random id of its source."""
    draw = np.random.default_rng(1)
    accounts, rows = max(in_days // 15, 100), in_days + later
    after = draw.integers(DAYS * DAY, (DAYS + 7) * DAY, later)
    at = np.sort(np.concatenate((draw.integers(0, DAYS * DAY, in_days), after))) + START
    zipf = np.exp(draw.random(rows) * np.log(accounts)).astype(np.uint64)
    account = np.where(draw.random(rows) < 0.6, zipf, draw.integers(0, accounts, rows).astype(np.uint64))
    # An account uses three addresses; one in a hundred shares them with seven others; the pool is everybody's.
    is_ringed = _mix(account, 11) % 100 == 0
    owner = np.where(is_ringed, account // 8 + np.uint64(1 << 40), account)
    slot = draw.integers(0, 3, rows).astype(np.uint64)
    pooled = draw.integers(0, max(accounts // 100, 8), rows).astype(np.uint64) + np.uint64(1 << 50)
    place = np.where(draw.random(rows) < 0.3, pooled, owner * np.uint64(3) + slot)
    return Made(at, account, _addresses(place), with_ids)


def _addresses(place: Words) -> NDArray[np.uint8]:
    """Return sixteen bytes for each place: seven in ten IPv4, mapped, the others IPv6."""
    found = np.zeros((len(place), 16), np.uint8)
    found[:, :8] = _mix(place, 2).view(np.uint8).reshape(-1, 8)
    found[:, 8:] = _mix(place, 3).view(np.uint8).reshape(-1, 8)
    found[:, 0], found[:, 1] = 0x2A, found[:, 1] % 16
    is_older = _mix(place, 1) % 10 < 7
    found[is_older, :10], found[is_older, 10:12] = 0, 255
    found[is_older, 12] = found[is_older, 12] % 200 + 11
    return found


def _ids(prefix: str, values: Words) -> list[str]:
    """Return ids of 128 bits, as a house gives them."""
    pairs = zip(_mix(values, 12).tolist(), _mix(values, 13).tolist(), strict=True)
    return [f"{prefix}{high:016x}{low:016x}" for high, low in pairs]


def lines(batch: pa.RecordBatch) -> bytes:
    """Return a batch as a source sends it: records of our own form, a line of JSON each."""
    rows = batch.select(["at", "principal", "act", "outcome", "session", "user_agent"]).to_pylist()
    addresses = [unpack_address(one) for one in batch.column("address").to_pylist()]
    return b"".join(
        json.dumps({**row, "at": write_time(row["at"]), "address": address}, separators=(",", ":")).encode() + b"\n"
        for row, address in zip(rows, addresses, strict=True)
    )
