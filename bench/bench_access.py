"""The access record: provable ingest, bytes, lookups, proofs and what is withheld, beside what you might pick instead.

Run: ./gatebook bench bench_access [--rows N] [--part NAME ...] with the parts ingest, engines, bytes, proof, withheld,
http, lookups; all by default, a million rows, under three minutes on two cores. The data are those of access_data.

The trap guarded against: a ratio of two runs. Batch by batch each way takes its turn in one process, merging in the
background is stopped meanwhile and counted apart, and what the raw insert leaves out is said beside it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa

import houses
from access_data import DAYS, Made, made
from access_engines import ENGINES, Held, Used
from access_http import HTTP_BATCHES, QUESTIONS, SENT, drawn, in_store, lease, over_http
from access_measures import bytes_per_row, kept_tables, of_ledger, prove_some, withheld
from figures import Figures, Spread, rate, timed
from gatebook.procedures.seal_access import seal_access
from gatebook.record.log_ports import LoggedBatch
from gatebook.record.placing import by_month, labelled
from gatebook.store.columnar.engine import Engine
from gatebook.store.columnar.schema import EVENTS
from gatebook.store.columnar.store import ColumnarStore
from gatebook.wiring.access import HeldAccess
from gatebook.wiring.premises import Premises, open_premises

PARTS = ("ingest", "engines", "bytes", "proof", "withheld", "http", "lookups")
_SEAL_ROWS = 200_000
_MONTH = "toYYYYMM(fromUnixTimestamp64Micro(at))"
_INDEXES = "".join(
    f"INDEX by_{name} {name} TYPE bloom_filter(0.01) GRANULARITY 1, " for name in ("session", "detail", "fingerprint")
)


def raw_table(indexes: str) -> str:
    """Return the table without what proofs need: every column of an event, two orders, months, the same flushing."""
    columns = EVENTS[EVENTS.index("nth UInt16") : EVENTS.index("INDEX by_segment")]
    rest = EVENTS[EVENTS.index("SETTINGS") :]
    return (
        f"CREATE TABLE IF NOT EXISTS events (at Int64 CODEC(Delta, ZSTD(1)), {columns} {indexes}"
        "PROJECTION by_address (SELECT address, at, principal ORDER BY address, at)) "
        f"ENGINE = MergeTree PARTITION BY {_MONTH} ORDER BY (principal, at) {rest}"
    )


@dataclass
class Bench:
    """One house that is filled with the made events, and what was seen of it."""

    premises: Premises
    data: Made
    rows: int
    figures: Figures
    filled: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @cached_property
    def dsn(self) -> str:
        """Where the engine of this process keeps its files: one folder, whatever is in it."""
        return f"chdb://{(self.premises.folder / 'access').resolve() / 'store'}"

    @cached_property
    def held(self) -> HeldAccess:
        """The record of the house, held."""
        found = self.premises.access_place.take()
        assert found
        return found

    @cached_property
    def kept(self) -> Engine:
        """A second look into the tables of the house."""
        return Engine(self.dsn, f"gatebook_{self.premises.segment_secrets.labels[:16]}")

    def log(self, start: int, stop: int) -> None:
        """Put rows into the log, as batches that a source sent."""
        for batch in self.data.batches(start, stop, SENT):
            number = next(self._numbers)
            name, digest = f"bat_bench{number:09d}", f"{number:064x}"
            self.premises.access_log.append(LoggedBatch(name, digest, "", "own", int(time.time() * 1e6), "b", batch))

    def fill(self) -> None:
        """Fill the house up to its rows."""
        for start in range(self.filled, self.rows, _SEAL_ROWS):
            self.log(start, min(start + _SEAL_ROWS, self.rows))
            while seal_access(self.premises.house, self.held.record).batches:
                pass
        self.filled = max(self.filled, self.rows)


def ingest(bench: Bench) -> None:
    """Insert the same batches four ways, each in its turn; then merge each way's parts into one a month."""
    figures, house = bench.figures, bench.premises.house
    engines = {name: Engine(bench.dsn, name) for name in ("bare", "raw", "provable")}
    engines["bare"].command(raw_table(""))
    engines["raw"].command(raw_table(_INDEXES))
    store = ColumnarStore(engines["provable"], bench.premises.segment_secrets)
    engines["whole"] = bench.kept
    _ = bench.held
    segments = count(1)

    def insert(name: str, table: pa.Table) -> None:
        engines[name].insert("events", table)

    def add(table: pa.Table) -> None:
        of_batch = table.append_column("batch", pa.array(np.zeros(table.num_rows, np.uint16)))
        for month, rows in by_month(labelled(of_batch, bench.premises.segment_secrets.label_salt)):
            store.add(next(segments), month, rows)

    def seal(table: pa.Table) -> None:
        assert seal_access(house, bench.held.record, table.num_rows).rows == table.num_rows

    ways: dict[str, Callable[[pa.Table], object]] = {
        "bare": lambda table: insert("bare", table),
        "raw": lambda table: insert("raw", table),
        "provable": add,
        "whole": seal,
    }
    for engine in engines.values():
        engine.command("SYSTEM STOP MERGES events")
    for size, most in ((100_000, 4), (200_000, 3)):
        batches = min(most, (bench.rows - bench.filled) // size)
        if batches:
            show_ingest(figures, size, size * batches, in_turn(bench, ways, size, batches))
    merging(bench, engines)
    for name in ("bare", "raw", "provable"):
        engines[name].command("TRUNCATE TABLE events")
        engines[name].close()  # the folder is one process's at a time, and a served house will want it


def in_turn(bench: Bench, ways: dict[str, Callable[[pa.Table], object]], size: int, batches: int) -> dict[str, Used]:
    """Give each way each batch, another one first each time; the log is written apart, before."""
    used = {name: Used() for name in (*ways, "log")}
    for n in range(batches):
        start, stop = bench.filled, bench.filled + size
        table = pa.Table.from_batches([bench.data.batch(start, stop)])
        with used["log"].counting():
            bench.log(start, stop)
        if n == 0:
            log = sum(path.stat().st_size for path in (bench.premises.folder / "access" / "log").glob("*.log"))
            bench.figures.keep("log_bytes_per_event", log / size)
        names = list(ways)
        for name in (*names[n % 4 :], *names[: n % 4]):
            with used[name].counting():
                ways[name](table)
        bench.filled = stop
    return used


SAID = {
    "bare": "raw insert: no label, place or tree; no search indexes",
    "raw": "raw insert: no label, place or tree; same search indexes",
    "provable": "labelled and added, with its tree",
    "whole": "the whole sealing: from the log into rows and ledger",
    "log": "before it: into the log, flushed, 10,000 a batch",
}


def show_ingest(figures: Figures, size: int, rows: int, used: dict[str, Used]) -> None:
    """Add a line for each way, and its share of the raw insert."""
    for name, one in used.items():
        key, share = f"ingest_{size // 1000}k_{name}", ""
        figures.keep(f"{key}_rows_per_cpu_s", rows / one.cpu)
        figures.keep(f"{key}_rows_per_s", rows / one.wall)
        if name in {"provable", "whole"}:
            ratios = [figures.keep(f"{key}_of_{than}", used[than].cpu / one.cpu) for than in ("raw", "bare")]
            share = f"{ratios[0]:.2f} of raw, {ratios[1]:.2f} of bare"
        figures.row(
            f"{size // 1000}k: {SAID[name]}", f"{rate(rows / one.cpu)} cpu", f"{rate(rows / one.wall)} wall", share
        )


def merging(bench: Bench, engines: dict[str, Engine]) -> None:
    """Merge the parts of each way to one a month, which is the most that merging in the background comes to at once."""
    used = {}
    for name, engine in engines.items():
        engine.command("SYSTEM START MERGES events")
        used[name] = Used()
        with used[name].counting():
            engine.command("OPTIMIZE TABLE events FINAL")
        key = f"merge_{name}_rows_per_cpu_s"
        bench.figures.keep(key, bench.filled / used[name].cpu)
    shown = ", ".join(f"{name} {rate(bench.filled / one.cpu)}" for name, one in used.items())
    bench.figures.row("all parts merged to one a month, apart", shown, "", "")


def engines(bench: Bench, place: Path, counts: Sequence[int]) -> None:
    """Do the same with other engines, on fewer rows, and ask each the same questions."""
    for opened, rows in zip(ENGINES, counts, strict=True):
        with opened(place, bench.data, rows) as held:
            account, address = asked_of(held, bench.data)
        key = held.name.split(",")[0].lower()
        speed = bench.figures.keep(f"{key}_rows_per_cpu_s", held.rows / held.used.cpu)
        size = bench.figures.keep(f"{key}_bytes_per_row", held.size / held.rows)
        for name, spread in (("account", account), ("address", address)):
            bench.figures.keep(f"{key}_{name}_p50_ms", spread.p50)
            bench.figures.keep(f"{key}_{name}_p99_ms", spread.p99)
        said = f"account {spread_of(account)}, address {spread_of(address)}"
        bench.figures.row(f"{held.name}, {held.rows:,} rows", f"{rate(speed)} cpu", f"{size:.1f} bytes", said)


def asked_of(held: Held, data: Made) -> tuple[Spread, Spread]:
    """Ask an engine both questions about the same rows."""
    asked = drawn(held.rows, QUESTIONS + 5)

    def account(n: int) -> None:
        held.account(data.principal(asked[n]), int(data.at[asked[n]]))

    def address(n: int) -> None:
        held.address(data.address[asked[n]].tobytes(), int(data.at[asked[n]]))

    return timed(account, QUESTIONS), timed(address, QUESTIONS)


def spread_of(spread: Spread) -> str:
    return f"{spread.p50:.1f} / {spread.p99:.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench_access", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="events in the house")
    parser.add_argument("--part", action="append", choices=PARTS, help="one part; all without it, may be given again")
    parser.add_argument(
        "--beside", type=int, default=300_000, help="rows for PostgreSQL and SQLite; DuckDB takes thrice as many"
    )
    given = parser.parse_args()
    parts = given.part or PARTS
    columns = ("what", "rate or p50", "rate, bytes or p99", "beside")
    figures = Figures("bench_access", f"Access events: {given.rows:,} of {DAYS} days", columns)
    data = made(given.rows, 2 * HTTP_BATCHES * SENT)
    with houses.folder() as place, ExitStack() as stack:
        with houses.house(place / "h"):
            pass
        premises = stack.enter_context(open_premises(place / "h"))
        bench = Bench(premises, data, given.rows, figures)
        run(bench, place, parts, given.beside)
    figures.show(*NOTES)


def run(bench: Bench, place: Path, parts: Sequence[str], beside: int) -> None:
    """Carry out the parts that are wanted, those that need a filled house after it is."""
    before = of_ledger(bench.premises)
    if "ingest" in parts:
        ingest(bench)
    if "engines" in parts:
        engines(bench, place, [min(rows, bench.rows) for rows in (3 * beside, beside, beside)])
    if {"bytes", "proof", "withheld", "lookups"} & set(parts):
        bench.fill()
    if "bytes" in parts:
        bytes_per_row(bench.kept, bench.figures, "before merging ends")
        bench.kept.command("OPTIMIZE TABLE events FINAL")
        bytes_per_row(bench.kept, bench.figures, "after OPTIMIZE FINAL")
        kept_tables(bench.premises, bench.figures, bench.filled, before)
    if {"proof", "withheld"} & set(parts):
        proofs = prove_some(bench.premises, bench.held, bench.data, bench.filled, bench.figures)
        if "withheld" in parts:
            withheld(proofs, bench.premises.house.signer.vkey, bench.figures)
    if "lookups" in parts:
        in_store(bench.held, bench.data, bench.rows, bench.figures)
        lease(bench.premises, bench.data, bench.rows)
    if {"http", "lookups"} & set(parts):
        bench.kept.close()
        over_http(bench.premises, bench.data, bench.rows, place, parts, bench.figures)


NOTES = (
    "raw: the same engine, columns, codecs, months, two orders (principal, at) and (address, at), and flushing to the disk; rows come",
    "in the order of their times. It has no label, segment, position, batch, month column, chunks or ledger, finds no repeats and",
    "proves nothing. Merging was stopped while rows were inserted; merging them is the line after. Other engines have no proofs either.",
)


if __name__ == "__main__":
    main()
