"""A production of a million accesses: built, and checked by a stranger, beside a plain export of the same rows.

Run: ./gatebook bench bench_production [--rows N]. One account has ten in eleven of the rows of a house that is filled
first; the others stand beside its runs. What you might pick instead is the same rows as CSV from the same engine, put
into a bag by bagit-python and into an archive by the standard library: it proves nothing, and says who made it to nobody.

The trap guarded against: a build that leaves out the disk. Both sides end with their archive flushed; the check is a
process of its own, from its start to its exit status, and its processor time is what the system counted.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bagit
import numpy as np
import pyarrow.csv as pa_csv

import houses
import productions
from access_data import Made, made
from bench_access import Bench
from figures import Figures, times
from gatebook.store.production_folder import ProductionFolder
from gatebook.terms.record_class import RecordClass
from gatebook.trace.production.bag import write_bag
from gatebook.trace.production.contents import Contents
from gatebook.wiring.premises import Premises

_ALL = frozenset(RecordClass) - {RecordClass.CONTENT}
_PLAIN = """
SELECT at, principal, act, outcome, IPv6NumToString(address) AS address, session, user_agent, target, event_id, source
FROM events WHERE principal = {p:String} ORDER BY at
"""
_ROUNDS = 3


def one_account(rows: int) -> Made:
    """Return made events, ten of eleven of which are one account's, from two thousand addresses."""
    data = made(rows * 11 // 10)
    number = np.arange(len(data.at))
    account = np.where(number % 11 == 10, data.account, np.uint64(7)).astype(np.uint64)
    return replace(data, account=account, address=data.address[number % 2000])


def gathered(premises: Premises, bench: Bench, principal: str) -> tuple[Contents, float]:
    """Return the contents of the production, and how long the rows took to leave the engine."""
    account = productions.customer(premises.house) | {"account_id": principal}
    window = (int(bench.data.at[0]), int(bench.data.at[-1]) + 1)
    shown = int((bench.data.account == 7).sum())
    listed = productions.proposed(premises.house, account, window, shown, _ALL)
    began = time.perf_counter()
    runs = productions.runs_of(premises.house, bench.held, principal, listed, activity=True)
    took = time.perf_counter() - began
    records = productions.records_of(premises.house, account, listed, _ALL)
    return productions.contents_of(premises.house, listed, records, runs, _ALL), took


def plain(bench: Bench, principal: str, place: Path) -> Path:
    """Export the same rows as CSV, bag and zip them; return the archive."""
    place.mkdir()
    rows = bench.kept.ask(_PLAIN, {"p": principal})
    pa_csv.write_csv(rows, place / "accesses.csv")
    bagit.make_bag(str(place), checksums=["sha256"])
    with (place.parent / f"{place.name}.zip").open("w+b") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for path in sorted(place.rglob("*")):
                archive.write(path, path.relative_to(place.parent))
        file.flush()
        os.fsync(file.fileno())
    return place.parent / f"{place.name}.zip"


def checked(command: list[str]) -> tuple[float, float]:
    """Run a check in a process of its own; return its wall and processor seconds."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fastest(act: Callable[[], Any]) -> tuple[float, Any]:
    """Return the least time of a few, and what the last came to."""
    took, found = [], None
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        found = act()
        took.append(time.perf_counter() - began)
    return min(took), found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    figures = Figures(
        "bench_production", f"A production of {rows:,} accesses", ("what", "wall", "processor", "size", "")
    )
    with houses.folder() as place, houses.house(place / "house") as premises:
        bench = Bench(premises, one_account(rows), rows * 11 // 10, figures)
        bench.fill()
        principal = bench.data.principal(0)
        show(bench, premises, principal, place, figures)
        bench.held.close()
    figures.show(
        "The plain export proves nothing: its check finds a changed file, and not who changed it with its list."
    )


def show(bench: Bench, premises: Premises, principal: str, place: Path, figures: Figures) -> None:
    contents, took = gathered(premises, bench, principal)
    sign, folder = productions.signer_of(premises.house), ProductionFolder(place / "productions")
    began = time.process_time()
    wall, _ = fastest(lambda: folder.write("prd_1.zip", lambda out: write_bag(contents, {}, lambda _: {}, sign, out)))
    spent = (time.process_time() - began) / _ROUNDS
    path = folder.path("prd_1.zip")
    size = path.stat().st_size
    figures.keep("build_s", wall + took)
    figures.row("rows out of the engine", f"{took:.2f} s", "", "", f"{len(contents.runs)} segments")
    figures.row("written, listed, signed, flushed", f"{wall:.2f} s", f"{spent:.2f} s", f"{size / 1e6:,.0f} MB", "")
    (place / "verify.py").write_bytes(contents.verifier)
    check = [sys.executable, "-I", "-S", str(place / "verify.py"), str(path), "--vkey", premises.house.signer.vkey]
    seen = min(checked(check) for _ in range(_ROUNDS))
    figures.keep("verify_wall_s", seen[0])
    figures.keep("verify_cpu_s", seen[1])
    figures.row("checked by verify.py", f"{seen[0]:.2f} s", f"{seen[1]:.2f} s", "", "every byte, row and proof")
    beside(bench, principal, place, figures, wall + took)


def beside(bench: Bench, principal: str, place: Path, figures: Figures, ours: float) -> None:
    turns = iter(range(_ROUNDS))
    wall, archive = fastest(lambda: plain(bench, principal, place / f"plain{next(turns)}"))
    figures.keep("plain_build_s", wall)
    figures.keep("build_ratio", ours / wall)
    figures.row(
        "plain CSV, bagit, zip", f"{wall:.2f} s", "", f"{archive.stat().st_size / 1e6:,.0f} MB", times(ours / wall)
    )
    with tempfile.TemporaryDirectory(dir=place) as where:
        code = "import bagit, sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2]); bagit.Bag(sys.argv[3]).validate()"
        bag = str(Path(where) / archive.stem)
        seen = checked([sys.executable, "-c", code, str(archive), where, bag])
    figures.keep("plain_verify_cpu_s", seen[1])
    figures.row("checked by bagit", f"{seen[0]:.2f} s", f"{seen[1]:.2f} s", "", "a list of digests")


if __name__ == "__main__":
    main()
