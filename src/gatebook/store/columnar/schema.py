"""Tables of access events, and the SQL of their trees: the same in process and on a server.

The trap guarded against: a tree computed from what was sent and not from what is kept. It is made of rows read back
from the table.
"""

from __future__ import annotations

from gatebook.record.merkle import HASH
from gatebook.record.row_parts import ACTIVITY_TEXTS, SESSION_TEXTS
from gatebook.record.row_parts import SALT as SALT_BYTES
from gatebook.record.segment_tree import ENTRY as ENTRY_BYTES
from gatebook.record.segment_tree import GROUP
from gatebook.record.segments import CHUNK, SegmentSecrets

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


#: What is said of the table of events: of which form the commitments to its rows are.
FORM = "rows in two parts, four to a leaf"
#: What is said of a table that is there.
KEPT_FORM = "SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = 'events'"
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
SETTINGS {_ON_DISK} COMMENT '{FORM}'
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


def _salt(nth: int) -> str:
    """A salt of a row, from four words of the salt key, of which the first is the ``nth``."""
    words = (f"sipHash64Keyed(({{k{n}:UInt64}}, {{k{n + 1}:UInt64}}), {_AT})" for n in (nth, nth + 2))
    return f"toFixedString(concat({', '.join(f'reinterpretAsFixedString({word})' for word in words)}), {SALT_BYTES})"


def words_of(secrets: SegmentSecrets) -> dict[str, int]:
    """Return the values with which salts are asked for."""
    return {f"k{n}": word for n, word in enumerate(secrets.salt_words())}


#: Salts of both parts of a row, asked with :func:`words_of`.
SALT, ACTIVITY_SALT = _salt(0), _salt(4)
#: Both parts of a row behind their salts, as ``record.row_parts`` writes them; the activity with its first byte.
SESSION = (
    f"concat({SALT}, reinterpretAsFixedString(at), reinterpretAsFixedString(nth), reinterpretAsFixedString(batch), "
    "reinterpretAsFixedString(address), " + ", char(0), ".join(SESSION_TEXTS) + ")"
)
ACTIVITY = f"concat(char(3), {ACTIVITY_SALT}, " + ", char(0), ".join(ACTIVITY_TEXTS) + ")"
COMMITMENT = f"SHA256(concat(char(2), principal, char(0), SHA256({ACTIVITY}), {SESSION}))"
ENTRY = f"concat(reinterpretAsFixedString(label), {COMMITMENT})"
_SIDE = 16  # rows hashed in one expression: a wider one is slower, since each step is a pass over a column


def _root(low: int, high: int, width: int) -> str:
    """The root of ``low`` to ``high`` of a text ``x`` of entries, or of hashes, of this width, as one expression."""
    if high - low == (GROUP if width == ENTRY_BYTES else 2):
        first = 0 if width == ENTRY_BYTES else 1
        return f"SHA256(concat(char({first}), substring(x, {low * width + 1}, {(high - low) * width})))"
    middle = (low + high) // 2
    return f"SHA256(concat(char(1), {_root(low, middle, width)}, {_root(middle, high, width)}))"


# A hash is joined to nothing before it is joined to others: a text of fixed length would lose zero bytes at its end.
_OF_ENTRIES = (
    f"SELECT g, min(label) AS first, arrayStringConcat(groupArray(entry)) AS x FROM "
    f"(SELECT position, label, intDiv(position, {_SIDE}) AS g, {ENTRY} AS entry FROM events "
    "WHERE segment = {segment:UInt32} AND position < {full:UInt32} ORDER BY position) GROUP BY g ORDER BY g"
)
#: With which hashes are joined in the order of their rows: one thread, and no sorting left out as redundant.
IN_ORDER = {"max_threads": 1, "query_plan_remove_redundant_sorting": 0}
#: (chunk, label of its first row, root) of every full chunk of a segment, asked with :data:`IN_ORDER`.
CHUNK_ROOTS = (
    f"SELECT chunk, first, {_root(0, CHUNK // _SIDE, HASH)} AS root FROM "
    f"(SELECT intDiv(g, {CHUNK // _SIDE}) AS chunk, min(first) AS first, "
    "arrayStringConcat(groupArray(concat(h, ''))) AS x FROM "
    f"(SELECT g, first, {_root(0, _SIDE, ENTRY_BYTES)} AS h FROM ({_OF_ENTRIES})) GROUP BY chunk) ORDER BY chunk"
)
