"""Screening on this machine: recall by class of disguise, alerts on clean customers, time and memory, beside rapidfuzz.

Run: ./gatebook bench bench_screening [cases per class] [clean customers]. The lists are those of ../shared/data/lists.
"""

from __future__ import annotations

import gc
import gzip
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import psutil
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gatebook.screen.index import CompleteIndex
from gatebook.screen.lists import bis, eu, ofac_csv
from gatebook.screen.ofac_parity import OfacParity
from gatebook.screen.party import ListEdition, ListedParty
from gatebook.screen.reach import find_reach
from gatebook.screen.screening import Query, ScreenSettings
from gatebook.screen.tokens import read_name
from screening_data import VARIATIONS, clean_population, natural, near_misses

LISTS = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "lists"
RIVALS = (
    ("JaroWinkler .90", JaroWinkler.normalized_similarity, 0.90),
    ("token_set .90", fuzz.token_set_ratio, 90),
    ("WRatio .90", fuzz.WRatio, 90),
)


def read(name: str) -> bytes:
    return gzip.decompress((LISTS / name).read_bytes())


def ofac() -> ListEdition:
    return ofac_csv.load({r: read(f"ofac/{r}_2022-01-31.csv.gz") for r in ("sdn", "alt", "add")}, "ofac-sdn")


def real_lists() -> list[ListEdition]:
    late = {r: read(f"ofac/{r}_2026-06.csv.gz") for r in ("alt", "add")}
    cons = {r: read(f"ofac/cons_{f}_2025-12.csv.gz") for r, f in (("sdn", "prim"), ("alt", "alt"), ("add", "add"))}
    return [
        ofac(),
        ofac_csv.load(late, "ofac-2026-06", is_partial=True),
        ofac_csv.load(cons, "ofac-cons"),
        eu.load({"list": read("eu/fsf_xml_1_1_2021-03-02.xml.gz")}, "eu-fsf"),
        bis.load({"list": read("bis/dpl_2022-09.txt.gz")}, "bis-dpl"),
    ]


def memory() -> float:
    return psutil.Process().memory_info().rss / 1e6


def accuracy(count: int, clean_count: int) -> None:
    edition, rng = ofac(), random.Random(20261124)
    index = CompleteIndex([edition], ScreenSettings())
    people = [p for p in edition.parties if p.kind == "individual"]
    names = [n.text for p in people for n in p.names]
    cases = [
        (kind, p, act(rng, natural(p.names[0].text)))
        for kind, act in VARIATIONS.items()
        for p in rng.sample(people, count)
    ]
    misses = near_misses(rng, names, count * 5)
    clean = clean_population(rng, names, clean_count)
    asked = {*(c[2] for c in cases), *(t for _, t in misses), *clean}
    ours = {text: found_by_us(index, text) for text in asked}
    sure = {text: found_by_us(index, text, weak=False) for text in asked}
    print(f"{'class':14} {'Gatebook':>9} " + " ".join(f"{name:>16}" for name, _, _ in RIVALS))
    listed = [natural(n).upper() for n in names]
    owner = [p.party_id for p in people for _ in p.names]
    theirs = {name: rival(scorer, cut, listed, owner) for name, scorer, cut in RIVALS}
    for kind in VARIATIONS:
        mine = [(p.party_id, text) for k, p, text in cases if k == kind]
        row = [sum(pid in ours[t] for pid, t in mine) / len(mine)]
        row += [sum(pid in theirs[name](t) for pid, t in mine) / len(mine) for name, _, _ in RIVALS]
        print(f"{kind:14} {row[0]:9.3f} " + " ".join(f"{x:16.3f}" for x in row[1:]))
    for title, found in (("all", ours), ("not weak", sure)):
        print(f"{title:14} {sum(p.party_id in found[t] for _, p, t in cases) / len(cases):9.3f}")
    for kind in ("token_swap", "other_given", "other_surname"):
        some = [t for k, t in misses if k == kind]
        print(
            f"near miss {kind:14} alerted {share(ours.get, some)}  "
            + "  ".join(f"{n} {share(f, some)}" for n, f in theirs.items())
        )
    print(
        f"clean customers: shown {share(ours.get, clean)}, {sum(len(ours[t]) for t in clean) * 1000 / len(clean):.1f} per 1,000; not weak {share(sure.get, clean)}; "
        + "  ".join(f"{n} {share(f, clean)}" for n, f in theirs.items())
    )
    births(index, people, rng)


def share(find: Callable[[str], object], texts: Sequence[str]) -> str:
    return f"{sum(bool(find(t)) for t in texts) / max(1, len(texts)):.2%}"


def found_by_us(index: CompleteIndex, text: str, *, weak: bool = True) -> frozenset[str]:
    found = index.screen(Query((text,), "individual")).candidates
    return frozenset(c.party_id for c in found if weak or c.grade != "weak")


def rival(
    scorer: Callable[..., float], cut: float, listed: list[str], owner: list[str]
) -> Callable[[str], frozenset[str]]:
    def find(text: str) -> frozenset[str]:
        scores = process.cdist([text.upper()], listed, scorer=scorer, score_cutoff=cut)[0]
        return frozenset(owner[n] for n in np.flatnonzero(scores >= cut))

    return find


def births(index: CompleteIndex, people: Sequence[ListedParty], rng: random.Random) -> None:
    """Lookalikes: listed persons found under another's name. Then the same with the birth year given."""
    born = [p for p in people if p.births and p.births[0].earliest == p.births[0].latest]
    alone = with_year = pairs = own = 0
    for p in rng.sample(born, 400):
        year, text = p.births[0].earliest, natural(p.names[0].text)
        plain = {c.party_id for c in index.screen(Query((text,), "individual")).candidates} - {p.party_id}
        dated = index.screen(Query((text,), "individual", year)).candidates
        own += any(c.party_id == p.party_id and c.grade == "confirmed" for c in dated)
        pairs += 1
        alone += len(plain)
        with_year += sum(c.party_id in plain and c.grade not in {"clash", "weak"} for c in dated)
    print(
        f"lookalikes of {pairs} listed persons: {alone} by name alone, {with_year} not denied by birth; own entry confirmed {own}/{pairs}"
    )


def speed(clean_count: int) -> None:
    editions = real_lists()
    before, began = memory(), time.process_time()
    index = CompleteIndex(editions, ScreenSettings())
    took = time.process_time() - began
    print(
        f"index of {index.shelf.names:,} names ({len(index.shelf.texts):,} distinct): {took:.2f} s cpu, {memory() - before:.0f} MB more"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kept"
        path.write_bytes(index.shelf.laid_down())
        subprocess.run([sys.executable, __file__, "load", str(path)], check=True)
    gc.collect()
    gc.freeze()  # as in a house
    rng = random.Random(3)
    names = [n.text for e in editions for p in e.parties for n in p.names]
    people = [Query((t,)) for t in clean_population(rng, names, clean_count)]
    turned = [Query((f"{' '.join(t.names[0].split()[1:])} {t.names[0].split()[0]}",)) for t in people]
    for title, queries in (
        ("tokens new", people),
        ("tokens known, names new", turned),
        ("names known", people),
        ("names known", people),
    ):
        began = time.process_time()
        shown = sum(len(s.candidates) for s in index.screen_many(queries))
        print(
            f"batch, {title}: {len(queries) / (time.process_time() - began):,.0f} customers/s per core, {shown} candidates"
        )
    tokens = list(dict.fromkeys(t for q in people for t in read_name(q.names[0]).tokens))
    took = timed(lambda: [find_reach(index.shelf, t) for t in tokens[:1000]])
    print(f"one token, likenesses known: {took:.0f} us; {len(tokens):,} distinct tokens of {len(people):,} customers")
    for title, texts in (
        ("customers", [q.names[0] for q in people[:2000]]),
        ("listed names", [natural(n) for n in rng.sample(names, 1000)]),
    ):
        for warm in (False, True) if title == "listed names" else (True,):
            took_all = sorted(timed(lambda t=t: index.screen(Query((t,)))) for t in texts)
            print(
                f"one check, {title}, {'known' if warm else 'first sight'}: p50 {took_all[len(texts) // 2]:.3f} ms, p99 {took_all[len(texts) * 99 // 100]:.2f} ms"
            )
    parity = OfacParity(editions)
    took_all = sorted(timed(lambda t=t: parity.scores(t.names[0])) for t in people[:200])
    print(f"one check, ofac-parity, every name: p50 {took_all[100]:.1f} ms, p99 {took_all[198]:.1f} ms")


def load(path: Path) -> None:
    """Take up a kept layout in a process of its own, so that its memory can be told."""
    editions = real_lists()
    gc.collect()
    before, began = memory(), time.process_time()
    index = CompleteIndex(editions, ScreenSettings(), kept=path.read_bytes())
    took = time.process_time() - began
    print(
        f"taken up from {path.stat().st_size / 1e6:.0f} MB kept: {took:.2f} s cpu, {memory() - before:.0f} MB more ({index.shelf.is_taken_up})"
    )


def timed(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000


def main() -> None:
    if sys.argv[1:2] == ["load"]:
        load(Path(sys.argv[2]))
        return
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; processor time")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    clean = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    accuracy(count, clean)
    speed(clean)
    print(f"load average {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
