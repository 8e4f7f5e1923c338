"""What is looked at in a filled house: bytes of an event, size and time of proofs, and rows that are withheld.

The trap guarded against: a size without what a proof needs. Chunks, tombstones, indexes and both orders are counted.
"""

from __future__ import annotations

import base64
import copy
import json
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import houses
from access_data import Made
from figures import Figures, Spread, ms, timed
from gatebook.procedures.prove_access import prove_access
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.store.columnar.engine import Engine
from gatebook.trace.asked import Bounds
from gatebook.wiring.access import HeldAccess
from gatebook.wiring.premises import Premises
from gatebook_verifier import access as checking
from gatebook_verifier.access import check_access
from gatebook_verifier.note import DoesNotHold, read_checkpoint

_PROVED, _DROPS, _SHOWN_COLUMNS = 40, 1000, 7
Proof = dict[str, Any]
_PARTS = """
SELECT table, sum(bytes_on_disk) AS size, sum(rows) AS rows, count() AS parts FROM system.parts
WHERE active AND database = currentDatabase() GROUP BY table ORDER BY table
"""
_ORDER = "SELECT sum(bytes_on_disk) AS size FROM system.projection_parts WHERE active AND database = currentDatabase()"
_COLUMNS = """
SELECT column, sum(column_data_compressed_bytes) AS size FROM system.parts_columns
WHERE active AND database = currentDatabase() AND table = 'events' GROUP BY column ORDER BY size DESC
"""


def bytes_per_row(engine: Engine, figures: Figures, when: str) -> None:
    """Add what all tables take on the disk for each event, and what of it is the second order and which columns."""
    found = {row["table"]: row for row in engine.ask(_PARTS).to_pylist()}
    rows, parts = found["events"]["rows"], found["events"]["parts"]
    total = sum(row["size"] for row in found.values()) / rows
    second = engine.ask(_ORDER)["size"][0].as_py() / rows
    beside = (total * rows - found["events"]["size"]) / rows
    columns = [(row["column"], row["size"] / rows) for row in engine.ask(_COLUMNS).to_pylist()]
    key = "bytes_merged" if "FINAL" in when else "bytes_sealed"
    figures.keep(f"{key}_per_event", total)
    figures.keep(f"{key}_parts", parts)
    for name, size in (("second_order", second), ("chunks_and_tombstones", beside)):
        figures.keep(f"{key}_{name}", size)
    figures.row(
        f"bytes an event, {when}, {rows:,} rows in {parts} parts",
        f"{total:.1f} bytes",
        f"of it second order {second:.1f}, chunks {beside:.2f}",
        ", ".join(f"{name} {size:.1f}" for name, size in columns[:_SHOWN_COLUMNS]),
    )


def of_ledger(premises: Premises) -> tuple[int, int]:
    """Return how many entries there are, and the bytes of state and published ledger; it is published first."""
    publish_ledger(premises.house)
    with premises.house.state.read() as work:
        entries = work.ledger.size()
    files = [*premises.folder.glob("state.db"), *(premises.folder / "ledger").rglob("*")]
    return entries, sum(path.stat().st_size for path in files if path.is_file())


def kept_tables(premises: Premises, figures: Figures, rows: int, before: tuple[int, int]) -> None:
    """Add what the ledger and its registers grew by for each segment."""
    with premises.house.state.read() as work:
        segments = work.registers.count("access_segments", {})
    entries, size = ((now - then) / segments for now, then in zip(of_ledger(premises), before, strict=True))
    figures.keep("ledger_entries_per_segment", entries)
    figures.keep("ledger_bytes_per_segment", size)
    said = f"{rows / segments:,.0f} rows a segment"
    figures.row(f"the ledger, for each of {segments} segments", f"{entries:.1f} entries", f"{size:,.0f} bytes", said)


def prove_some(premises: Premises, held: HeldAccess, data: Made, rows: int, figures: Figures) -> list[Proof]:
    """Prove what single principals did, in all time and in the time of one row; return the proofs of all time."""
    publish_ledger(premises.house)
    house, vkey = premises.house, premises.house.signer.vkey
    some = [int(n) for n in np.random.default_rng(9).integers(0, rows, _PROVED)]

    def at_once(n: int) -> Proof:
        at = int(data.at[some[n]])
        return prove_access(house, held, houses.WHO, data.principal(some[n]), Bounds(at, at + 1), "legal-process")

    single = min((at_once(n) for n in range(_PROVED)), key=lambda proof: sum(len(s["rows"]) for s in proof["segments"]))
    show_single(single, vkey, figures)
    show_time(figures, "a proof made: one principal, one segment", "proof_make", timed(at_once, _PROVED - 5))
    proofs = list[Proof]()
    took = list[float]()
    for n in range(_PROVED):
        began = time.perf_counter()
        proofs.append(prove_access(house, held, houses.WHO, data.principal(some[n]), Bounds(), "audit"))
        took.append(time.perf_counter() - began)
    segments = len(proofs[0]["segments"])
    show_time(figures, f"a proof made: one principal, all {segments} segments", "proof_make_all", Spread(tuple(took)))
    show_rows(proofs, vkey, figures)
    return proofs


def show_time(figures: Figures, what: str, key: str, spread: Spread) -> None:
    figures.keep(f"{key}_p50_ms", spread.p50)
    figures.keep(f"{key}_p99_ms", spread.p99)
    figures.row(what, f"p50 {ms(spread.p50)}", f"p99 {ms(spread.p99)}", "")


def hashes(proof: Proof) -> int:
    """Return the bytes of what shows that rows are where they are said to be: paths, neighbours, salts."""
    size = 0
    for one in proof["segments"]:
        size += sum(len(base64.b64decode(step)) for step in (*one["path"], *one["inclusion"]))
        size += sum(8 + 32 for row in (one["before"], one["after"]) if row)
        size += sum(16 for row in one["rows"] for name in ("salt", "activity_salt") if name in row)
    return size


def show_single(proof: Proof, vkey: str, figures: Figures) -> None:
    """Add size and checking time of the smallest proof."""
    data = json.dumps(proof, separators=(",", ":")).encode()
    rows = sum(len(one["rows"]) for one in proof["segments"])
    size = json.loads(proof["segments"][0]["entry"])["body"]["rows"]
    whole, each = timed(lambda _: check_access(data, vkey), 100), timed(row_checked(proof, vkey), 2000)
    figures.keep("proof_single_hash_bytes", hashes(proof))
    figures.keep("proof_single_file_bytes", len(data))
    figures.keep("proof_single_file_verify_us", whole.p50 * 1000)
    figures.keep("proof_single_verify_us", each.p50 * 1000)
    figures.row(
        f"the proof of {rows} row in a segment of {size:,}",
        f"{hashes(proof)} bytes of hashes",
        f"{len(data):,} bytes as a file",
        f"checked in {each.p50 * 1000:.0f} us; the whole file with its signature {whole.p50:.1f} ms",
    )


def row_checked(proof: Proof, vkey: str) -> Callable[[int], object]:
    """Return what checks a proof's first segment: its place in the log, its rows, its run; the signature is read before."""
    head, one = read_checkpoint(proof["checkpoint"].encode(), vkey), proof["segments"][0]
    whose = checking._whose(proof)  # noqa: SLF001  a part of the verifier is timed

    def check(_: int) -> None:
        entry = checking._sealed(one, head, whose)  # noqa: SLF001  as above
        rows = [(row, checking._kind(row)) for row in one["rows"]]  # noqa: SLF001  as above
        entries = [checking._entry(row, kind, whose, entry) for row, kind in rows]  # noqa: SLF001  as above
        checking._check_run(one, entry, entries, whose)  # noqa: SLF001  as above

    return check


def show_rows(proofs: Sequence[Proof], vkey: str, figures: Figures) -> None:
    """Add size and checking time for each row, where a principal has many."""
    largest = max(proofs, key=rows_in)
    data, rows = json.dumps(largest, separators=(",", ":")).encode(), rows_in(largest)
    took = timed(lambda _: check_access(data, vkey), 5)
    figures.keep("proof_rows_verify_us_per_row", took.p50 * 1000 / rows)
    figures.keep("proof_rows_hash_bytes_per_row", hashes(largest) / rows)
    figures.row(
        f"the proof of {rows:,} rows of one principal",
        f"{hashes(largest) / rows:.1f} bytes of hashes a row",
        f"{len(data) / rows:,.0f} bytes a row as a file",
        f"checked in {took.p50 * 1000 / rows:.1f} us a row",
    )


def rows_in(proof: Proof) -> int:
    return sum(len(one["rows"]) for one in proof["segments"])


def withheld(proofs: Sequence[Proof], vkey: str, figures: Figures) -> None:
    """Leave one row out, a thousand times: anywhere, at the ends with the place moved, or with a neighbour put there."""
    draw, few = random.Random(3), [proof for proof in proofs if 0 < rows_in(proof) <= 200]
    for proof in few:
        check_access(json.dumps(proof).encode(), vkey)
    detected = 0
    for _ in range(_DROPS):
        broken = without_one(draw.choice(few), draw)
        try:
            check_access(json.dumps(broken).encode(), vkey)
        except DoesNotHold:
            detected += 1
    figures.keep("withheld_detected", detected)
    figures.row("rows left out of a proof, one each", f"{detected:,} of {_DROPS:,} detected", "", f"{len(few)} proofs")


def without_one(proof: Proof, draw: random.Random) -> Proof:
    """Return a proof in which a row is missing, in one of the ways somebody might try."""
    broken = copy.deepcopy(proof)
    segment = draw.choice([one for one in broken["segments"] if one["rows"]])
    at = draw.randrange(len(segment["rows"]))
    gone = segment["rows"].pop(at)
    way = draw.randrange(3)
    if way == 1 and at == 0:
        segment["first"] += 1
    if way == 2 and at == 0 and segment["before"]:
        segment["before"], segment["first"] = hidden_of(gone), segment["first"] + 1
    return broken


def hidden_of(row: dict[str, Any]) -> dict[str, str]:
    """Return a row as if it were a neighbour's: not shown, under another label."""
    return {"label": "0" * 16, "commitment": row.get("commitment") or base64.b64encode(bytes(32)).decode()}
