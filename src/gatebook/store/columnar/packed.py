"""Runs out of the engine as bytes, ready to be hashed by whoever gets them.

The trap guarded against: a million rows that become objects on their way from one file to another. The engine joins the
bytes of each row, and the buffer its answer lies in is the body of a piece.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from gatebook.errors import LedgerError
from gatebook.record.packed_runs import HIDDEN, SESSION, WHOLE, Shown, piece_of
from gatebook.record.segment_ports import RunPlace
from gatebook.record.segments import SegmentSecrets, label_of
from gatebook.store.columnar import schema
from gatebook.store.columnar.engine import Engine

_OF_RUN = "label = {label:UInt64} AND segment = {segment:UInt32}"
_PLACE = f"""
SELECT count() AS n, min(position) AS first, max(position) AS last, countIf(is_other) AS others FROM (
    SELECT position, max(other) AS is_other FROM (
        SELECT position, principal != {{principal:String}} AS other FROM events WHERE {_OF_RUN}
        UNION ALL SELECT position, 0 AS other FROM tombstones WHERE {_OF_RUN}
    ) GROUP BY position
)
"""
_STANDING = """
SELECT count() AS n FROM (
    SELECT position FROM events WHERE segment = {segment:UInt32} AND label < {label:UInt64}
    UNION DISTINCT SELECT position FROM tombstones WHERE segment = {segment:UInt32} AND label < {label:UInt64}
)
"""
_OF_PIECE = f"{_OF_RUN} AND position >= {{start:UInt32}} AND position < {{stop:UInt32}}"
_IN_TIME = "at >= {from_at:Int64} AND at < {until_at:Int64}"
_HIDDEN = f"""
SELECT position, toUInt8({HIDDEN}) AS kind, toUInt32(0) AS cut, concat({schema.COMMITMENT}, '') AS body FROM events
WHERE {_OF_PIECE} AND NOT ({_IN_TIME})
"""
# A text of fixed length is joined to nothing: as it is, it would lose zero bytes at its end. A row that is still there
# is shown, though its erasing was begun.
_ERASED = f"""
SELECT position, toUInt8({HIDDEN}) AS kind, toUInt32(0) AS cut, concat(commitment, '') AS body FROM tombstones FINAL
WHERE {_OF_PIECE} AND position NOT IN (SELECT position FROM events WHERE {_OF_PIECE})
"""


def _pieces(kind: int, activity: str) -> str:
    shown = f"""
SELECT position, toUInt8({kind}) AS kind, toUInt32(length({schema.SESSION})) AS cut,
    concat({schema.SESSION}, {activity}) AS body FROM events WHERE {_OF_PIECE} AND {_IN_TIME}
"""
    return f"SELECT kind, cut, body FROM ({shown} UNION ALL {_HIDDEN} UNION ALL {_ERASED}) ORDER BY position"


_WHOLE, _SESSIONS = _pieces(WHOLE, schema.ACTIVITY), _pieces(SESSION, f"SHA256({schema.ACTIVITY})")


class ColumnarPacked:
    """The ``PackedRows`` port over one engine."""

    def __init__(self, engine: Engine, secrets: SegmentSecrets) -> None:
        self._engine, self._secrets = engine, secrets

    def place(self, segment: int, principal: str, size: int) -> RunPlace:
        """Return where a run stands."""
        asked = {"segment": segment, "label": label_of(self._secrets.label_salt, principal)}
        found = self._engine.ask(_PLACE, {**asked, "principal": principal}).to_pylist()[0]
        count = found["n"]
        first = found["first"] if count else self._engine.ask(_STANDING, asked)["n"][0].as_py()
        if found["others"] or (count and found["last"] - first + 1 != count) or first + count > size:
            raise LedgerError("a row of the segment is gone that nobody erased")
        return RunPlace(first, count)

    def packed(self, segment: int, principal: str, start: int, stop: int, shown: Shown) -> bytes:
        """Return rows of a run as a piece."""
        asked: dict[str, Any] = {"segment": segment, "label": label_of(self._secrets.label_salt, principal)}
        asked |= {"start": start, "stop": stop, "from_at": shown.from_at, "until_at": shown.until_at}
        found = self._engine.ask(_WHOLE if shown.activity else _SESSIONS, asked | schema.words_of(self._secrets))
        if found.num_rows != stop - start:
            raise LedgerError("a row of the segment is gone that nobody erased")
        return _piece(found)


def _piece(rows: pa.Table) -> bytes:
    kinds = rows["kind"].to_numpy().tobytes()
    cuts = rows["cut"].to_numpy().astype("<u4")
    bodies, lengths = [], []
    for chunk in rows["body"].chunks:
        _, ends, values = chunk.buffers()
        marks = np.frombuffer(ends, np.int32)[chunk.offset :][: len(chunk) + 1]
        lengths.append(np.diff(marks).astype("<u4"))
        bodies.append(memoryview(values)[marks[0] : marks[-1]])
    tables = np.concatenate([cuts, np.concatenate(lengths) - cuts])
    return piece_of(kinds, tables.tobytes(), b"".join(bodies))
