"""A population screened on this machine: customers per second per core, cold and warm, with one and two processes.

Run: ./gatebook bench bench_population [rows] [rows of the large run; 0 for none], or bench_population delta [rows ...]
for a hundred names that came to the lists, by the file and by its index. The lists are those of ../shared/data/lists. The trap guarded against: a rate made of customers who are all new to the names on the lists, or
who are all the same person; the skew is stated and the share of distinct names is counted.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from rapidfuzz import fuzz, process

sys.path.insert(0, str(Path(__file__).resolve().parent))
from figures import Figures, rate
from gatebook.screen.batches import PopulationScreen
from gatebook.screen.came import Came, came_since
from gatebook.screen.party import ListEdition
from gatebook.screen.population_index import Reaching
from gatebook.screen.population_layout import stamp
from gatebook.store.kept_population import KeptPopulation
from gatebook.wiring.lists import lists_in
from gatebook.wiring.population import Ways, screen_file
from screening_data import _CULTURES, clean_population

LISTS = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "lists"
PART = 16_384
NAMES_CAME, MANY = 100, 200_000
SKEW = (
    "Skew: eight cultures by share (22 % English down to 7 %); inside a culture the nth of 20 to 30 given names is drawn with "
    "weight 1/n^0.7; 47 % of surnames are drawn so, 50 % are two or three syllables and near unique, 3 % are surnames of the "
    "lists; one in four has a second given name; one customer in 50,000 is a listed name in its own words; no birth, no country."
)


def customers(rng: random.Random, names: Sequence[str], rows: int) -> Iterator[list[str]]:
    """Yield parts of names: given names and surnames of people drawn before are joined anew, so that 10^7 are cheap."""
    people = clean_population(rng, names, min(rows, 200_000))
    words = [p.rsplit(" ", 1) for p in people]
    parts = [c[3].split() for c in _CULTURES]
    for start in range(0, rows, PART):
        count = min(PART, rows - start)
        part = (
            people[start : start + count] if start < len(people) else [joined(rng, words, parts) for _ in range(count)]
        )
        part += [joined(rng, words, parts) for _ in range(count - len(part))]
        for n in range(count):
            if rng.random() < 1 / 50_000:
                part[n] = rng.choice(names)
        yield part


def joined(rng: random.Random, words: Sequence[Sequence[str]], parts: Sequence[Sequence[str]]) -> str:
    given = rng.choice(words)[0]
    if rng.random() < 0.25:  # the rare tail goes on growing with the population
        return f"{given} {''.join(rng.choices(rng.choice(parts), k=3)).title()}"
    return f"{given} {rng.choice(words)[-1]}"


def batches_of(parts: Iterator[list[str]]) -> Iterator[pa.RecordBatch]:
    for n, part in enumerate(parts):
        ids = [str(n * PART + k) for k in range(len(part))]
        yield pa.RecordBatch.from_pydict({"id": ids, "name": part})


def memory() -> float:
    return psutil.Process().memory_info().rss / 2**20


def in_process(work: PopulationScreen, rows: int, seen: Figures, names: Sequence[str]) -> None:
    parts = list(customers(random.Random(1), names, rows))
    made = list(batches_of(iter(parts)))
    distinct = len({name for part in parts for name in part})
    before = memory()
    for title in ("cold", "warm"):
        began, wall = time.process_time(), time.perf_counter()
        found = sum(batch.num_rows - 1 for batch in work(iter(made)))
        cpu, took = time.process_time() - began, time.perf_counter() - wall
        seen.keep(f"in_process_{title}_per_core", rows / cpu)
        seen.row(
            f"one process, {title}", f"{rows:,}", f"{rate(rows / cpu)} cpu", f"{rate(rows / took)} wall", f"{found:,}"
        )
    seen.keep("distinct_share", distinct / rows)
    seen.row("more memory for what was found", "", f"{memory() - before:,.0f} MiB", f"{memory():,.0f} MiB in all", "")


def beside(rows: int, seen: Figures, names: Sequence[str], listed: Sequence[str]) -> None:
    """Rapidfuzz compares everything with everything; so many rows that it takes some seconds, then by the row."""
    some = list(itertools.chain.from_iterable(customers(random.Random(1), names, rows)))
    upper = [text.upper().replace(",", "") for text in listed]
    began = time.process_time()
    found = 0
    for start in range(0, rows, 50):
        cut = process.cdist(
            [t.upper() for t in some[start : start + 50]],
            upper,
            scorer=fuzz.token_set_ratio,
            score_cutoff=90,
            workers=1,
        )
        found += int(np.count_nonzero(cut))
    speed = seen.keep("rapidfuzz_per_core", rows / (time.process_time() - began))
    for title in ("cold", "warm"):
        seen.keep(f"ratio_{title}", seen.kept[f"in_process_{title}_per_core"] / speed)
    seen.row(
        "rapidfuzz cdist token_set 90",
        f"{rows:,}",
        f"{rate(speed)} cpu",
        f"x {seen.kept['ratio_cold']:,.0f} cold",
        f"{found:,}",
    )


def by_command(path: Path, rows: int, workers: int, seen: Figures, startup: float = 0) -> float:
    """Run the command itself, lists loaded and result written, and say what the whole and what the screening took."""
    out = path.with_name(f"out{workers}.parquet")
    command = [sys.executable, "-m", "gatebook.cli.main", "screen", "population", str(path), "--lists", str(LISTS)]
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with subprocess.Popen([*command, "--out", str(out), "--workers", str(workers)], stderr=subprocess.DEVNULL) as run:
        most = 0.0
        while run.poll() is None:
            most = max(most, held(run.pid))
            try:
                run.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                continue
    took, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run.returncode == 0
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = pq.ParquetFile(out).metadata.num_rows
    out.unlink()
    if not startup:
        return cpu
    speed = seen.keep(f"command_{workers}_workers_{rows}_rows_per_core", rows / max(cpu - startup, 0.01))
    seen.keep(f"command_{workers}_workers_{rows}_rows_wall_s", took)
    seen.keep(f"command_{workers}_workers_{rows}_rows_mib", most)
    cells = (f"{rate(speed)} cpu", f"{took:,.0f} s wall, {cpu:,.0f} s cpu", f"{found:,}, {most:,.0f} MiB")
    seen.row(f"the command, {workers} workers, all in", f"{rows:,}", *cells)
    return speed


def held(pid: int) -> float:
    """Memory of a process and its workers, shared pages counted once."""
    try:
        own = psutil.Process(pid)
        return sum(p.memory_full_info().pss for p in (own, *own.children())) / 2**20
    except psutil.Error:
        return 0.0


def write(path: Path, names: Sequence[str], rows: int, seed: int) -> None:
    with pq.ParquetWriter(path, pa.schema([("id", pa.string()), ("name", pa.string())])) as writer:
        for batch in batches_of(customers(random.Random(seed), names, rows)):
            writer.write_batch(batch)


def came_of(editions: Sequence[ListEdition], rng: random.Random) -> Came:
    """A hundred names that came: parties drawn from all lists, until they have a hundred names."""
    drawn: set[tuple[int, str]] = set()
    count = 0
    listed = [(n, p) for n, e in enumerate(editions) for p in e.parties if p.names]
    for n, party in rng.sample(listed, len(listed)):
        if count + len(party.names) <= NAMES_CAME and (n, party.party_id) not in drawn:
            drawn.add((n, party.party_id))
            count += len(party.names)
    before = [
        replace(e, digest="before", parties=tuple(p for p in e.parties if (n, p.party_id) not in drawn))
        for n, e in enumerate(editions)
    ]
    return came_since(before, editions)


def apart(act: Callable[[], object]) -> list[float]:
    """Do an act in a child that knows no more than this process: seconds, processor seconds, MiB more, what it gave."""
    ours, theirs = os.pipe()
    if child := os.fork():
        os.close(theirs)
        with os.fdopen(ours, "rb") as pipe:
            found: list[float] = json.load(pipe)
        os.waitpid(child, 0)
        return found
    before, began, done = memory(), time.perf_counter(), 1
    try:
        gave = act()
        took = time.perf_counter() - began
        used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        cpu = sum(u.ru_utime + u.ru_stime for u in used)
        with os.fdopen(theirs, "w") as pipe:
            json.dump([took, cpu, used[0].ru_maxrss / 1024 - before, gave], pipe)
        done = 0
    finally:
        os._exit(done)  # a child must never go on as a second bench


def delta(sizes: Sequence[int]) -> None:
    """A hundred names that came, against populations with an index and without; the median of five draws of names."""
    editions = lists_in(LISTS).editions
    names = sorted({n.text for e in editions for p in e.parties for n in p.names if p.kind == "individual"})
    draws = [came_of(editions, random.Random(n)) for n in range(5)]
    columns = ("what", "rows", "seconds", "processor", "memory of the process, rows out")
    seen = Figures("population_delta", f"{NAMES_CAME} listed names that came, against a population", columns)
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            _one_size(Path(folder), rows, names, draws, seen)
    seen.show(
        SKEW,
        "The whole: file digested, index opened, customers found, read and screened, result written. Lists loaded, their "
        "differences and weights are left out: they are the same for any population.",
    )


def _one_size(folder: Path, rows: int, names: Sequence[str], draws: Sequence[Came], seen: Figures) -> None:
    path = folder / f"{rows}.parquet"
    index = folder / f"{rows}.index"
    write(path, names, rows, 1)

    def screened(came: Came, name: str, where: Path | None) -> float:
        return screen_file(path, folder / name, came, Ways(index=where), lambda *_: None, lambda _: None)["matches"]

    def said(what: str, found: Sequence[Sequence[float]]) -> None:
        took, cpu, more, gave = (statistics.median(each) for each in zip(*found, strict=True))
        seen.keep(f"{what.replace(' ', '_')}_{rows}_s", took)
        seen.row(what, f"{rows:,}", f"{took:,.2f}", f"{cpu:,.2f}", f"{more:,.0f} MiB more, {gave:,.0f}")

    said("index made", [apart(lambda: screened(draws[0], "made.csv", index))])
    size = sum(p.stat().st_size for p in index.iterdir())
    seen.row("index on the disk", f"{rows:,}", "", "", f"{size / 2**20:,.0f} MiB, {size / rows:,.0f} bytes a customer")
    some = draws if rows <= MANY else draws[:1]
    said("by the file", [apart(partial(screened, came, "file.csv", None)) for came in some])
    said("by the index", [apart(partial(screened, came, "index.csv", index)) for came in draws])
    said("by the index, opened before", [apart(_opened(path, index, came)) for came in draws])
    for came in some:
        screened(came, "file.csv", None)
        screened(came, "index.csv", index)
        assert (folder / "file.csv").read_bytes() == (folder / "index.csv").read_bytes()


def _opened(path: Path, where: Path, came: Came) -> Callable[[], float]:
    """Open index and lists, and return what is left to do in one process: find customers, read and screen them."""
    work, folder = PopulationScreen.of_came(came), KeptPopulation(where)
    folder.begin({"stamp": stamp(hashlib.sha256(path.read_bytes()).hexdigest()), "rows_a_part": Ways().index_rows})
    reaching = Reaching(folder.index(), work.index())

    def done() -> float:
        found = ((n, pa.Table.from_batches(reaching([batch]))) for n, batch in reaching.parts(NAMES_CAME))
        customers = folder.customers(reaching.reached(found).tolist())
        return sum(batch.num_rows - 1 for batch in work(customers))

    return done


def main() -> None:
    if sys.argv[1:2] == ["delta"]:
        delta([int(rows) for rows in sys.argv[2:]] or [100_000, 1_000_000])
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    large = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    editions = lists_in(LISTS).editions
    names = sorted({n.text for e in editions for p in e.parties for n in p.names if p.kind == "individual"})
    listed = sorted({n.text for e in editions for p in e.parties for n in p.names})
    work = PopulationScreen.of(editions)
    began = time.process_time()
    work.index()
    seen = Figures(
        "population",
        f"A population against {len(listed):,} distinct listed names",
        ("what", "rows", "per core", "wall", "rows out"),
    )
    seen.keep("index_s", time.process_time() - began)
    in_process(work, rows, seen, names)
    beside(500, seen, names, listed)
    with tempfile.TemporaryDirectory() as folder:
        tiny, middle, big = (Path(folder) / f"{n}.parquet" for n in ("tiny", "middle", "big"))
        write(tiny, names, 10, 1)
        write(middle, names, rows, 1)
        startup = seen.keep("startup_cpu_s", by_command(tiny, 10, 1, seen))
        for workers in (1, 2):
            speed = by_command(middle, rows, workers, seen, startup)
        if large:
            write(big, names, large, 2)
            speed = by_command(big, large, 2, seen, startup)
    hours = seen.keep("extrapolated_1e8_cpu_hours", 1e8 / speed / 3600)
    seen.show(
        SKEW,
        f"{seen.kept['distinct_share']:.0%} of the {rows:,} names are distinct. Cold: no token met before. Warm: the same rows again.",
        f"10^8 customers: {hours:.2f} core hours, if the rate of the largest run holds. It should rise, for new tokens get rarer, until "
        "there are more tokens than are remembered; real vocabularies have a longer tail than these.",
    )


if __name__ == "__main__":
    main()
