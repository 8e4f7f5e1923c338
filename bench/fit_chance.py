"""Fit the line from a name's score to a chance (screen/calibrate.py), and say how well it tells same from other.

    .venv/bin/python bench/fit_chance.py [CASES [CUSTOMERS]]

Same: disguised names of listed persons, and pairs of names the list itself gives one person. Other: made customers,
near misses, and listed persons found under another's name whose births are more than two years apart. The trap guarded
against: figures nobody can come to again. All is seeded, and the fit is printed beside what calibrate.py holds.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bench_screening import ofac
from gatebook.screen.calibrate import millionths, points_of_name
from gatebook.screen.compare import NameScore, compare_names
from gatebook.screen.index import CompleteIndex
from gatebook.screen.party import ListedParty
from gatebook.screen.screening import Query, ScreenSettings
from gatebook.screen.tokens import read_name
from screening_data import VARIATIONS, clean_population, natural, near_misses

Floats = npt.NDArray[np.float64]
_FROM = 780  # a little below what is shown
_ENOUGH = 4.2
_SHARES = {"disguised": 0.5, "aliases": 0.5, "lookalikes": 0.25, "customers": 0.6, "near misses": 0.15}
_SAME = ("disguised", "aliases")
_BANDS = (0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.001)


class Scored:
    """The list's names, and the scores of what may be said to be one of them."""

    def __init__(self) -> None:
        self.index = CompleteIndex([ofac()], ScreenSettings(_FROM))
        self.people = [p for p in ofac().parties if p.kind == "individual"]
        self.by_id = {p.party_id: p for p in self.people}
        self.names = [n.text for p in self.people for n in p.names]

    def pair(self, text: str, listed: str) -> NameScore:
        """Score a name against a listed one, weighed as among all listed names."""
        return compare_names(read_name(text), read_name(listed), self.index.shelf.weights)

    def found(self, text: str) -> dict[str, NameScore]:
        """Return the parties a name finds, each with its score."""
        candidates = self.index.screen(Query((text,), "individual")).candidates
        return {c.party_id: self.pair(text, c.matched_name) for c in candidates}

    def disguised(self, rng: random.Random, count: int) -> list[NameScore]:
        """Listed persons found under a disguise of their own name."""
        found = []
        for act in VARIATIONS.values():
            for party in rng.sample(self.people, count):
                own = self.found(act(rng, natural(party.names[0].text))).get(party.party_id)
                found += [own] if own else []
        return found

    def aliases(self) -> list[NameScore]:
        """Return pairs of names that the list gives one person, as far as they would be found."""
        pairs = [(p.names[0].text, n.text) for p in self.people for n in p.names[1:] if n.quality != "weak"]
        scored = [self.pair(natural(primary), other) for primary, other in pairs]
        return [s for s in scored if s.raw >= _FROM * 100]

    def lookalikes(self, rng: random.Random) -> list[NameScore]:
        """Listed persons found under the name of another, born in other years."""
        born = [p for p in self.people if p.births]
        found = []
        for party in rng.sample(born, min(2_500, len(born))):
            for other, scored in self.found(natural(party.names[0].text)).items():
                if self._apart(party, self.by_id.get(other)):
                    found.append(scored)
        return found

    @staticmethod
    def _apart(one: ListedParty, other: ListedParty | None) -> bool:
        if other is None or other is one or not other.births:
            return False
        years = [[(int(b.earliest[:4]), int(b.latest[:4])) for b in p.births] for p in (one, other)]
        return all(a > d + 2 or b < c - 2 for a, b in years[0] for c, d in years[1])


def told(scored: NameScore) -> tuple[float, ...]:
    best = max((a.likeness * a.weight for a in scored.aligned), default=0) / 1e6
    over = sum(a.weight for a in scored.aligned if not a.query) / 1e3
    return (1.0, scored.raw / 1e5, min(scored.gained / 1e6, _ENOUGH), best, over)


def fitted(groups: dict[str, list[NameScore]]) -> Floats:
    """Logistic regression by Newton's steps; each group counts its share, however many are in it."""
    told_all = np.array([told(s) for group in groups.values() for s in group])
    same = np.concatenate([np.full(len(g), float(name in _SAME)) for name, g in groups.items()])
    share = np.concatenate([np.full(len(g), _SHARES[name] / len(g)) for name, g in groups.items()])
    line = np.zeros(told_all.shape[1])
    for _ in range(200):
        chance = 1 / (1 + np.exp(-told_all @ line))
        slope = told_all.T @ (share * (same - chance)) - 1e-4 * line * (np.arange(len(line)) > 0)
        bend = (told_all * (share * chance * (1 - chance))[:, None]).T @ told_all + 1e-6 * np.eye(len(line))
        line += np.linalg.solve(bend, slope)
    return line


def of_program(scored: Sequence[NameScore]) -> Floats:
    return np.array([millionths(points_of_name(s)) / 1e6 for s in scored])


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    customers = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    rng, scored = random.Random(77), Scored()
    groups = {
        "disguised": scored.disguised(rng, count),
        "aliases": scored.aliases(),
        "lookalikes": scored.lookalikes(rng),
        "customers": [s for t in clean_population(rng, scored.names, customers) for s in scored.found(t).values()],
        "near misses": [s for _, t in near_misses(rng, scored.names, 1_500) for s in scored.found(t).values()],
    }
    print("pairs: " + ", ".join(f"{len(group):,} {name}" for name, group in groups.items()))
    print("fitted: base, raw, gained, best, over = " + ", ".join(f"{x:.2f}" for x in fitted(groups)))
    print("share of each group by the chance the program gives")
    print(f"{'':12}" + "".join(f"{low:>7}" for low in _BANDS[:-1]))
    for name, group in groups.items():
        shares = np.histogram(of_program(group), _BANDS)[0] / max(1, len(group))
        print(f"{name:12}" + "".join(f"{x:7.3f}" for x in shares))


if __name__ == "__main__":
    main()
