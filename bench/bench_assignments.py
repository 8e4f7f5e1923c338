"""A million leases: how fast a table of them is noted, and how fast it is said who held an address at an instant.

Run: ./gatebook bench bench_assignments [LEASES]. On SQLite; the same questions are put to one table and index that
knows nothing of networks, which is the floor.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import time
from pathlib import Path

import houses
from figures import Figures, ms, rate, side_by_side
from gatebook.procedures.assign import MOST_ROWS, assign
from gatebook.procedures.held import holder
from gatebook.terms.assignment import OPEN, AssignmentKind, instant
from gatebook.trace.proposal import Proposal
from gatebook.trace.spans import span_of
from gatebook.wiring.premises import Premises

_PER_ADDRESS, _LONGEST, _QUESTIONS = 40, 10**12, 5000
_DAY = 86_400_000_000


def address(n: int) -> str:
    """One of the provider's addresses: IPv4, and every third an IPv6 network."""
    return f"2001:db8:{n >> 16:x}:{n & 0xFFFF:x}::/64" if n % 3 == 0 else f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"


def leases(count: int) -> list[tuple[str, str, int, int]]:
    """Return (thing, account, from, until): each address let forty times, with gaps, the last one open."""
    rng, found = random.Random(1), []
    for n in range(count // _PER_ADDRESS):
        at = rng.randrange(_DAY)
        for k in range(_PER_ADDRESS):
            until = at + rng.randrange(1, _LONGEST) if k < _PER_ADDRESS - 1 else OPEN
            found.append((address(n), f"acc_{rng.randrange(count // 8)}", at, until))
            at = until + rng.choice((0, 1, _DAY))
    return found


def noted(premises: Premises, rows: list[tuple[str, str, int, int]]) -> float:
    """Note all in batches; return the seconds it took."""
    began = time.perf_counter()
    for start in range(0, len(rows), MOST_ROWS):
        batch = [
            (n, Proposal(span_of(AssignmentKind.ADDRESS, thing), account, from_at, until_at))
            for n, (thing, account, from_at, until_at) in enumerate(rows[start : start + MOST_ROWS])
        ]
        assert assign(premises.house, houses.WHO, batch).count("made") == len(batch)
    return time.perf_counter() - began


def raw(place: Path, rows: list[tuple[str, str, int, int]]) -> sqlite3.Connection:
    """Put the same rows into one table with one index."""
    connection = sqlite3.connect(place)
    connection.execute("CREATE TABLE lease (thing TEXT, account TEXT, from_at INT, until_at INT)")
    connection.executemany("INSERT INTO lease VALUES (?, ?, ?, ?)", rows)
    connection.execute("CREATE INDEX by_thing ON lease (thing, from_at)")
    connection.commit()
    return connection


def main() -> None:
    count = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else 1_000_000
    figures = Figures("bench_assignments", f"{count:,} leases on SQLite", ("what", "p50", "p99", "rate"))
    rows = leases(count)
    order = list(range(len(rows)))
    random.Random(2).shuffle(order)
    asked = [(rows[n][0].replace("::/64", "::7"), rows[n][2] + 1) for n in order[: _QUESTIONS + 100]]
    with houses.folder() as place, houses.house(place / "h") as premises:
        took = noted(premises, [rows[n] for n in order])
        figures.keep("noted_per_second", len(rows) / took)
        figures.row("noted, in any order, 10,000 a batch", "", "", rate(len(rows) / took))
        plain = raw(place / "raw.db", rows)
        size = sum(f.stat().st_size for f in (place / "h").glob("state.db*")) / len(rows)
        figures.keep("bytes_per_lease", size)
        sql = "SELECT account FROM lease WHERE thing = ? AND from_at <= ? ORDER BY from_at DESC LIMIT 1"
        with premises.house.state.read() as work:
            spreads = side_by_side(
                [
                    lambda n: work.assignments.holders(span_of(AssignmentKind.ADDRESS, asked[n][0]), asked[n][1]),
                    lambda n: plain.execute(sql, asked[n]).fetchall(),
                ],
                _QUESTIONS,
            )
        told = side_by_side(
            [lambda n: holder(premises.house, houses.WHO, "address", asked[n][0], str(instant(asked[n][1])), "audit")],
            500,
        )
        names = ("as of, in the store", "floor: exact text, one index", "as of, asked and entered first (with fsync)")
        for name, key, spread in zip(names, ("holder", "floor", "asked"), [*spreads, *told], strict=True):
            figures.keep(f"{key}_p50_ms", spread.p50)
            figures.keep(f"{key}_p99_ms", spread.p99)
            figures.row(name, ms(spread.p50), ms(spread.p99), rate(spread.rate))
    figures.row("on disk, each lease with its keys", f"{size:.0f} bytes", "", "")
    figures.show("Each address was let forty times; a third are IPv6 networks, asked for by an address within.")


if __name__ == "__main__":
    main()
