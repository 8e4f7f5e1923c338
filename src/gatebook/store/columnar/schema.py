"""Tables of access events, and the SQL of their leaves: the same in process and on a server.

The trap guarded against: a leaf computed from what was sent and not from what is kept. The tree is made of rows read
back from the table.
"""

from __future__ import annotations

from gatebook.record.segments import CHUNK

_TEXTS = (
    "principal",
    "act",
    "outcome",
    "address_kind",
    "raw_address",
    "session",
    "user_agent",
    "fingerprint",
    "target",
    "event_id",
    "marks",
    "source",
    "detail",
)
#: Columns of an event as ``record.events.columns`` names them, in the order in which they are asked for.
EVENT = ("at", "nth", "address", *_TEXTS)
_FEW = ("act", "outcome", "address_kind", "user_agent", "marks", "source")
_SETTINGS = {
    # What was acknowledged by the ledger is on the disk.
    "fsync_after_insert": 1,
    "fsync_part_directory": 1,
    # Parts that hold what was erased are gone from the disk in a second or two, and not in half a minute.
    "old_parts_lifetime": 1,
    "cleanup_delay_period": 1,
    "max_cleanup_delay_period": 1,
    "cleanup_delay_period_random_add": 0,
    # The second order is compressed as the first is; statistics for a planner of joins would be a tenth of the bytes.
    "default_compression_codec": "'ZSTD(1)'",
    "auto_statistics_types": "''",
}
_ON_DISK = ", ".join(f"{name} = {value}" for name, value in _SETTINGS.items())


def _column(name: str) -> str:
    return f"{name} LowCardinality(String)" if name in _FEW else f"{name} String CODEC(ZSTD(1))"


EVENTS = f"""
CREATE TABLE IF NOT EXISTS events (
    label UInt64 CODEC(ZSTD(1)),
    at Int64 CODEC(Delta, ZSTD(1)),
    segment UInt32 CODEC(ZSTD(1)),
    position UInt32 CODEC(Delta, ZSTD(1)),
    month UInt32 CODEC(ZSTD(1)),
    batch UInt16 CODEC(ZSTD(1)),
    nth UInt16 CODEC(ZSTD(1)),
    address IPv6 CODEC(ZSTD(1)),
    {", ".join(_column(name) for name in _TEXTS)},
    INDEX by_segment segment TYPE minmax GRANULARITY 1,
    INDEX by_session session TYPE bloom_filter(0.05) GRANULARITY 1,
    INDEX by_detail detail TYPE bloom_filter(0.05) GRANULARITY 1,
    INDEX by_fingerprint fingerprint TYPE bloom_filter(0.05) GRANULARITY 1,
    PROJECTION by_address (SELECT address, at, label ORDER BY address, at)
) ENGINE = MergeTree PARTITION BY month ORDER BY (label, at, position)
SETTINGS {_ON_DISK}
"""
CHUNKS = f"""
CREATE TABLE IF NOT EXISTS chunks (
    segment UInt32, chunk UInt32, first UInt64, root FixedString(32)
) ENGINE = MergeTree ORDER BY (segment, chunk) SETTINGS {_ON_DISK}
"""
TOMBSTONES = f"""
CREATE TABLE IF NOT EXISTS tombstones (
    segment UInt32, position UInt32, label UInt64, commitment FixedString(32)
) ENGINE = ReplacingMergeTree ORDER BY (segment, position) SETTINGS {_ON_DISK}
"""
TABLES = (EVENTS, CHUNKS, TOMBSTONES)

_AT = "toUInt64(segment) * 4294967296 + position"
#: The salt of a row, from four words of the salt key.
SALT = (
    "toFixedString(concat("
    f"reinterpretAsFixedString(sipHash64Keyed(({{k0:UInt64}}, {{k1:UInt64}}), {_AT})), "
    f"reinterpretAsFixedString(sipHash64Keyed(({{k2:UInt64}}, {{k3:UInt64}}), {_AT}))), 16)"
)
#: The bytes of a row, as ``record.segments.record_of`` writes them.
RECORD = (
    "concat(reinterpretAsFixedString(at), reinterpretAsFixedString(nth), reinterpretAsFixedString(batch), "
    "reinterpretAsFixedString(address), " + ", char(0), ".join(_TEXTS) + ")"
)
COMMITMENT = f"SHA256(concat({SALT}, {RECORD}))"
LEAF = f"SHA256(concat(char(0), reinterpretAsFixedString(label), {COMMITMENT}))"
_SIDE = 16  # leaves hashed in one expression: a wider one is slower, since each step is a pass over a column


def _root(low: int, high: int) -> str:
    """The root of leaves ``low`` to ``high`` of a text ``x`` of hashes, as one expression."""
    if high - low == 2:  # noqa: PLR2004  a pair of neighbours
        return f"SHA256(concat(char(1), substring(x, {low * 32 + 1}, 64)))"
    middle = (low + high) // 2
    return f"SHA256(concat(char(1), {_root(low, middle)}, {_root(middle, high)}))"


# A hash is joined to nothing before it is joined to others: a text of fixed length would lose zero bytes at its end.
_OF_LEAVES = (
    f"SELECT g, min(label) AS first, arrayStringConcat(groupArray(concat(leaf, ''))) AS x FROM "
    f"(SELECT position, label, intDiv(position, {_SIDE}) AS g, {LEAF} AS leaf FROM events "
    "WHERE segment = {segment:UInt32} AND position < {full:UInt32} ORDER BY position) GROUP BY g ORDER BY g"
)
#: With which hashes are joined in the order of their rows: one thread, and no sorting left out as redundant.
IN_ORDER = {"max_threads": 1, "query_plan_remove_redundant_sorting": 0}
#: (chunk, label of its first row, root) of every full chunk of a segment, asked with :data:`IN_ORDER`.
CHUNK_ROOTS = (
    f"SELECT chunk, first, {_root(0, CHUNK // _SIDE)} AS root FROM "
    f"(SELECT intDiv(g, {CHUNK // _SIDE}) AS chunk, min(first) AS first, "
    "arrayStringConcat(groupArray(concat(h, ''))) AS x FROM "
    f"(SELECT g, first, {_root(0, _SIDE)} AS h FROM ({_OF_LEAVES})) GROUP BY chunk) ORDER BY chunk"
)
