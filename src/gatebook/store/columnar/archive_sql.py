"""Questions to archived rows as SQL that DuckDB, Sail and Spark read alike; every value is a parameter, never text.

The trap guarded against: one question in three dialects. Only what all of them share is written here: numbers and texts
compared, grouped, counted and ordered, and ``?`` for what is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from gatebook.record.events.packing import pack_address
from gatebook.store.columnar.archive_shape import NONE, SHAPE, halves_of
from gatebook.terms.access_event import Outcome
from gatebook.trace.ports import Filter, Place

Value = int | str
#: Where in a statement the rows stand: a runner puts the files there.
ROWS = "{events}"
MOST_SHARERS = 1_000
_IPV4 = IPv6Network("::ffff:0:0/96")


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL, and the values of its question marks in their order."""

    text: str
    values: tuple[Value, ...] = ()


def events_sql(where: Sql, after: Place | None, limit: int) -> Sql:
    """Return the question for rows by place."""
    if after:
        where = joined(" AND ", (where, _later(after)))
    columns = ", ".join(SHAPE.names)
    text = f"SELECT {columns} FROM {ROWS} WHERE {where.text} ORDER BY at_us, segment, position LIMIT {int(limit)}"
    return Sql(text, where.values)


def uses_sql(where: Sql, limit: int) -> Sql:
    """Return the question for (principal, address) pairs, most events first."""
    text = (
        "SELECT principal, high, low, count(*) AS n, min(at_us) AS first_us, max(at_us) AS last_us "
        f"FROM {ROWS} WHERE {where.text} GROUP BY principal, high, low "
        f"ORDER BY n DESC, principal, high, low LIMIT {int(limit)}"
    )
    return Sql(text, where.values)


def sharers_sql(mine: Sql, others: Sql, least: int) -> Sql:
    """Return the question for who is at the addresses of those rows: a row for each address that is shared.

    Each is counted over all of one principal's, so that those who share too few, or come after the first thousand, are
    left out where the rows are and not here.
    """
    at_mine = (
        f"SELECT e.principal AS principal, e.high AS high, e.low AS low, count(*) AS n, min(e.at_us) AS first_us, "
        f"max(e.at_us) AS last_us FROM (SELECT principal, high, low, at_us FROM {ROWS} WHERE {others.text}) e "
        f"JOIN (SELECT DISTINCT high, low FROM {ROWS} WHERE {mine.text}) m ON e.high = m.high AND e.low = m.low "
        "GROUP BY e.principal, e.high, e.low"
    )
    whole = "OVER (PARTITION BY principal)"
    counted = (
        f"SELECT principal, high, low, count(*) {whole} AS shared, CAST(sum(n) {whole} AS BIGINT) AS events, "
        f"min(first_us) {whole} AS from_us, max(last_us) {whole} AS until_us FROM ({at_mine}) a"
    )
    ranked = (
        "SELECT principal, high, low, events, from_us, until_us, "
        "dense_rank() OVER (ORDER BY shared DESC, events DESC, principal) AS place "
        f"FROM ({counted}) b WHERE shared >= {int(least)}"
    )
    text = f"SELECT * FROM ({ranked}) c WHERE place <= {MOST_SHARERS} ORDER BY place, high, low"
    return Sql(text, (*others.values, *mine.values))


def where(asked: Filter, labels: Sequence[int]) -> Sql:
    """Return the condition on a row; ``labels`` are those of the principals asked for, as they are archived."""
    parts = [in_time(asked.from_at, asked.until_at)]
    if asked.principals:
        parts += [among("label", labels), among("principal", asked.principals)]
    parts += [Sql(f"{name} = ?", (text,)) for name in _EXACT if (text := getattr(asked, name))]
    if asked.segment is not None:
        parts.append(Sql("segment = ?", (asked.segment,)))
    if asked.without_failures:
        parts.append(Sql("outcome <> ?", (Outcome.FAILURE.value,)))
    if asked.networks:
        inside = [_inside(ip_network(text, strict=False)) for text in asked.networks]
        parts += [HAS_ADDRESS, _bracketed(joined(" OR ", inside))]
    return joined(" AND ", parts)


_EXACT = ("session", "user_agent", "fingerprint")
HAS_ADDRESS = Sql("NOT (high = ? AND low = ?)", NONE)


def in_time(from_at: int, until_at: int) -> Sql:
    """Return the condition that a row is of this time."""
    return Sql("at_us >= ? AND at_us < ?", (from_at, until_at))


def among(column: str, values: Sequence[Value]) -> Sql:
    """Return the condition that a column has one of these values, of which there is at least one."""
    return Sql(f"{column} IN ({', '.join('?' * len(values))})", tuple(values))


def joined(word: str, parts: Sequence[Sql]) -> Sql:
    """Return conditions joined by a word."""
    return Sql(word.join(part.text for part in parts), tuple(value for part in parts for value in part.values))


def _bracketed(part: Sql) -> Sql:
    return Sql(f"({part.text})", part.values)


def _later(after: Place) -> Sql:
    text = "at_us >= ? AND (at_us > ? OR segment > ? OR (segment = ? AND position > ?))"
    return Sql(text, (after.at, after.at, after.segment, after.segment, after.position))


def _inside(network: IPv4Network | IPv6Network) -> Sql:
    """Return the condition that an address lies in a network; one of version 6 holds no address of version 4."""
    first, last = (halves_of(pack_address(str(network[n]))) for n in (0, -1))
    if isinstance(network, IPv6Network) and network.overlaps(_IPV4):
        four = [halves_of(_IPV4[n].packed) for n in (0, -1)]
        return _bracketed(joined(" AND NOT ", (_between(first, last), _bracketed(_between(*four)))))
    return _bracketed(_between(first, last))


def _between(first: tuple[int, int], last: tuple[int, int]) -> Sql:
    """Return the condition that an address lies between two: a network is cut in one half and whole in the other."""
    if first[0] == last[0]:
        return Sql("high = ? AND low >= ? AND low <= ?", (first[0], first[1], last[1]))
    return Sql("high >= ? AND high <= ?", (first[0], last[0]))
