"""Gatebook beside nomenklatura's logic-v2: the same list, the same queries, one process, CPU time.

Run where nomenklatura is installed beside Gatebook (it is no dependency): python bench/compare_nomenklatura.py [cases
per class] [clean customers]. Its matcher has no exact search of its own, so it is given a shortlist for each query: the
best twenty listed persons by each of three rapidfuzz scorers, and whoever Gatebook found. Its alerts are a lower bound,
its time is that of its matcher alone.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bench_screening import ofac
from gatebook.screen.index import CompleteIndex
from gatebook.screen.party import ListedParty
from gatebook.screen.screening import Query, ScreenSettings
from screening_data import VARIATIONS, clean_population, natural, near_misses

CUTS = (0.70, 0.85)
_BEST = 20
Found = dict[str, dict[str, float]]  # query to party to score


class Nomenklatura:
    """logic-v2 over a shortlist; the entities are made before the clock runs."""

    def __init__(self, people: Sequence[ListedParty]) -> None:
        """Make an entity of each listed person, with all its names."""
        from followthemoney import model  # noqa: PLC0415  only where it is installed
        from nomenklatura.matching import get_algorithm  # noqa: PLC0415  as above

        self._model, self._matcher = model, get_algorithm("logic-v2")
        self._config, self._asked = self._matcher.default_config(), 0
        self._listed = {p.party_id: self._person(p.party_id, [natural(n.text) for n in p.names]) for p in people}
        self._names = [natural(n.text).upper() for p in people for n in p.names]
        self._owner = [p.party_id for p in people for _ in p.names]

    def _person(self, number: str, names: Sequence[str]) -> Any:  # noqa: ANN401  theirs
        entity = self._model.make_entity("Person")
        entity.id = f"p-{number}"
        for name in names:
            entity.add("name", name)
        return entity

    def shortlist(self, text: str) -> set[str]:
        """Return the persons worth comparing: the best of each rapidfuzz scorer."""
        best: set[str] = set()
        for scorer in (JaroWinkler.normalized_similarity, fuzz.token_sort_ratio, fuzz.token_set_ratio):
            scores = process.cdist([text.upper()], self._names, scorer=scorer)[0]
            best |= {self._owner[n] for n in np.argsort(-scores, kind="stable")[:_BEST]}
        return best

    def scores(self, text: str, shortlist: set[str]) -> dict[str, float]:
        """Return the matcher's score of each."""
        self._asked += 1
        query = self._person(f"asked-{self._asked}", [text])  # what it reads of an entity it remembers by its id
        return {who: self._matcher.compare(query, self._listed[who], self._config).score for who in sorted(shortlist)}


def timed(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def compare(count: int, clean_count: int) -> None:
    rng = random.Random(20261125)
    people = [p for p in ofac().parties if p.kind == "individual"]
    edition = replace(ofac(), parties=tuple(people))  # the other is given persons alone
    names = [n.text for p in people for n in p.names]
    cases = [
        (p.party_id, act(rng, natural(p.names[0].text)))
        for act in VARIATIONS.values()
        for p in rng.sample(people, count)
    ]
    misses, clean = near_misses(rng, names, count * 5), clean_population(rng, names, clean_count)
    texts = list(dict.fromkeys([t for _, t in cases] + [t for _, t in misses] + clean))
    index = CompleteIndex([edition], ScreenSettings())
    ours: Found = {}
    took = timed(lambda: ours.update((t, of_ours(index, t)) for t in texts))
    other = Nomenklatura(people)
    short = {t: other.shortlist(t) | set(ours[t]) for t in texts}
    other.scores(texts[0], short[texts[0]])  # its tables are read at the first call
    theirs: Found = {}
    spent = timed(lambda: theirs.update((t, other.scores(t, short[t])) for t in texts))
    pairs = sum(map(len, short.values()))
    print(f"{len(people):,} persons, {len(names):,} names; {len(texts):,} queries; {platform.machine()}, "
          f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")  # fmt: skip
    print(f"{'':22} {'recall':>7} {'near misses':>12} {'clean alerted':>14} {'alerts per 1,000 clean':>23}")
    for title, cut in (("Gatebook, shown", 0.0), ("Gatebook, not weak", 1.0)):
        tell(title, ours, cut, cases, [t for _, t in misses], clean)
    for cut in CUTS:
        tell(f"logic-v2 at {cut:.2f}", theirs, cut, cases, [t for _, t in misses], clean)
    print(f"CPU: Gatebook {took * 1000 / len(texts):.2f} ms a query, whole list, tokens new; logic-v2 "
          f"{spent * 1000 / len(texts):.2f} ms a query for {pairs / len(texts):.0f} persons of a shortlist")  # fmt: skip


def of_ours(index: CompleteIndex, text: str) -> dict[str, float]:
    """What is shown, and with it 1 for what is not weak: that is what goes to a person unless a house wants all."""
    return {c.party_id: float(c.grade != "weak") for c in index.screen(Query((text,), "individual")).candidates}


def tell(
    title: str, found: Found, cut: float, cases: Sequence[tuple[str, str]], misses: Sequence[str], clean: Sequence[str]
) -> None:
    hits = {text: {who for who, score in scores.items() if score >= cut} for text, scores in found.items()}
    recall = sum(who in hits[text] for who, text in cases) / len(cases)
    near = sum(bool(hits[t]) for t in misses) / len(misses)
    alerted, alerts = sum(bool(hits[t]) for t in clean) / len(clean), sum(len(hits[t]) for t in clean)
    print(f"{title:22} {recall:7.3f} {near:12.1%} {alerted:14.2%} {alerts * 1000 / len(clean):23.1f}")


def main() -> None:
    if importlib.util.find_spec("nomenklatura") is None:
        print(
            "nomenklatura is not installed here, so there is nothing to compare with; it is no dependency of Gatebook."
        )
        return
    compare(int(sys.argv[1]) if len(sys.argv) > 1 else 30, int(sys.argv[2]) if len(sys.argv) > 2 else 1000)


if __name__ == "__main__":
    main()
