"""What each token asked for reaches among the listed names; and for many queries at once, which names may be theirs.

The trap guarded against: a name turned down that could have reached the threshold. The bound here is the one proved in
docs/screening.md, over arrays; whatever passes is scored by the scorer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gatebook.screen.compare import AGAINST, OVER_LISTED, OVER_QUERY, sounds_as
from gatebook.screen.likeness import SAME
from gatebook.screen.shelf import Shelf
from gatebook.screen.sounds import sound
from gatebook.screen.tokens import Token

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_SPREAD, _BITS = np.uint64(0x9E3779B97F4A7C15), 23


@dataclass(frozen=True, slots=True)
class Reach:
    """The names a token reaches, in order: how alike at best, what a pair may weigh, and what it may account for."""

    names: Ints
    likeness: Ints
    weight: Ints
    worth: Ints


@dataclass(frozen=True, slots=True)
class Row:
    """A query laid out: weights of its tokens, what each reaches, and what its blocks reach.

    A block gives name, likeness, weight of mine, and what it accounts for of theirs.
    """

    weights: tuple[int, ...]
    reached: tuple[Reach, ...]
    blocks: tuple[tuple[int, int, int, int], ...]


def find_reach(shelf: Shelf, token: Token) -> Reach:
    """Return the names that hold a token like ``token``, or neighbours that are written as it sounds."""
    parts: list[tuple[Ints, int, Ints]] = []
    for number, alike in shelf.vocabulary.similar(token):
        held = shelf.holding(number)
        parts.append((held, alike, np.full(len(held), shelf.worth(number), dtype=np.int32)))
    for key in sorted({key for text, _ in token.readings for key in sound(text)}):
        alike = sounds_as(token, key)
        if alike and key in shelf.blocks:
            held, worth = shelf.block(key)
            parts.append((held, alike, worth))
    if not parts:
        none = np.empty(0, dtype=np.int32)
        return Reach(none, none, none, none)
    names = np.concatenate([p[0] for p in parts])
    likeness = np.repeat(np.array([p[1] for p in parts], dtype=np.int32), [len(p[0]) for p in parts])
    return _best_by_name(names, likeness, np.concatenate([p[2] for p in parts]), shelf.weights.of(token))


def _best_by_name(names: Ints, alike: Ints, worth: Ints, weight: int) -> Reach:
    order = np.argsort(names, kind="stable")
    names, alike, worth = names[order], alike[order], worth[order]
    firsts = np.flatnonzero(np.concatenate(([True], names[1:] != names[:-1])))
    most = np.maximum.reduceat(worth, firsts)
    return Reach(names[firsts], np.maximum.reduceat(alike, firsts), 2 * np.minimum(most, weight), most)


class Bound:
    """The bound over all pairs of some queries and the listed names, with one threshold in thousandths.

    A slot is a token of a query at its place; slots of a query follow each other.
    """

    def __init__(self, totals: Ints, rows: Sequence[Row], threshold: int) -> None:
        self._totals, self._threshold, self._count = totals, threshold, np.int64(max(1, len(totals)))
        self._sizes = np.array([len(row.weights) for row in rows], dtype=np.int64)
        self._firsts = np.cumsum(self._sizes) - self._sizes
        self._row = np.repeat(np.arange(len(rows)), self._sizes)
        self._weight = np.array([w for row in rows for w in row.weights], dtype=np.int64)
        self._total = self._by_row(self._weight)
        self._gather([reach for row in rows for reach in row.reached])
        self._gather_blocks(rows)
        self._best_gain, self._left = (
            self._by_row(self._most_gain),
            self._total - self._by_row(self._weight * (self._reach > 0)),
        )
        self._best_worth = self._by_row(self._most_worth)
        if self._block_most is not None:
            self._best_gain += self._block_most[0]
            self._left -= self._block_most[1]
            self._best_worth += self._block_most[2]

    def _by_row(self, values: Longs) -> Longs:
        return np.bincount(self._row, values, len(self._sizes)).astype(np.int64)

    def _gather(self, reached: list[Reach]) -> None:
        """Lay what tokens reach end to end, each token once: ``keys`` are token and name as one number, in order."""
        tokens: dict[int, int] = {}
        slots = [tokens.setdefault(id(reach), len(tokens)) for reach in reached]
        each = list({id(reach): reach for reach in reached}.values())
        sizes = np.array([len(reach.names) for reach in each], dtype=np.int64)
        none = [np.empty(0, dtype=np.int32)]
        self._names = np.concatenate([r.names for r in each] or none)
        self._likeness = np.concatenate([r.likeness for r in each] or none)
        self._pairs = np.concatenate([r.weight for r in each] or none)
        self._worth = np.concatenate([r.worth for r in each] or none)
        self._token = np.array(slots, dtype=np.int64)
        self._keys = self._names + np.repeat(np.arange(len(each)) * self._count, sizes)
        self._reach = sizes[self._token]
        self._starts = (np.cumsum(sizes) - sizes)[self._token]
        most = np.zeros((2, len(each)), dtype=np.int64)
        if len(held := np.flatnonzero(sizes)):
            starts = (np.cumsum(sizes) - sizes)[held]
            gain = np.maximum(self._likeness - self._threshold, 0) * self._pairs
            most[0, held] = np.maximum.reduceat(gain, starts)
            most[1, held] = np.maximum.reduceat(self._worth, starts)
        self._most_gain, self._most_worth = most[0, self._token], most[1, self._token]

    def _gather_blocks(self, rows: Sequence[Row]) -> None:
        """Add up what blocks may gain and account for, by query and name."""
        self._block_keys = self._blocks = np.empty(0, dtype=np.int64)
        self._block_most: Longs | None = None
        if not any(row.blocks for row in rows):
            return
        found = np.array(
            [
                (r * int(self._count) + name, max(alike - self._threshold, 0) * 2 * min(mine, theirs), mine, theirs)
                for r, row in enumerate(rows)
                for name, alike, mine, theirs in row.blocks
            ],
            dtype=np.int64,
        ).reshape(-1, 4)
        self._block_keys, at = np.unique(found[:, 0], return_inverse=True)
        self._blocks = np.zeros((3, len(self._block_keys)), dtype=np.int64)
        for kind in range(3):
            np.add.at(self._blocks[kind], at, found[:, kind + 1])
        self._block_most = np.zeros((3, len(rows)), dtype=np.int64)
        for kind in range(3):
            np.maximum.at(self._block_most[kind], self._block_keys // self._count, self._blocks[kind])

    def pairs(self) -> tuple[list[int], list[int]]:
        """Return query and name of each pair whose bound reaches the threshold, in order."""
        slot, at = self._searched()
        row, name = self._row[slot], self._names[at]
        gain = np.maximum(self._likeness[at] - self._threshold, 0) * self._pairs[at]
        kept = np.flatnonzero(self._may_reach(slot, row, name, gain, self._worth[at]))
        if not len(kept) and self._block_most is None:
            return [], []
        slot, row, name = slot[kept], row[kept], name[kept]
        # What is gained, what is accounted for of the query, and of the listed name.
        sums = np.stack([gain[kept], self._weight[slot], self._worth[at[kept]]], dtype=np.int64)
        if self._block_most is not None:
            extra_row, extra_name = np.divmod(self._block_keys, self._count)
            slot = np.concatenate([slot, np.full(len(extra_row), -1)])
            row, name = np.concatenate([row, extra_row]), np.concatenate([name, extra_name])
            sums = np.concatenate([sums, np.zeros((3, len(extra_row)), dtype=np.int64)], axis=1)
            self._add_blocks(row * self._count + name, sums)
        self._add_others(slot, row, name, sums)
        sure = self._reaches(sums[0], self._total[row] - sums[1], self._totals[name] - sums[2])
        found = np.unique(row[sure] * self._count + name[sure])
        return (found // self._count).tolist(), (found % self._count).tolist()

    def _searched(self) -> tuple[Longs, Longs]:
        """Return every slot that is searched with every place of a name it reaches.

        A query that would not reach the threshold though every token did its best in one name is not searched at all.
        """
        hopeful = self._reaches(self._best_gain, self._left, np.zeros_like(self._left))
        slots = np.flatnonzero(~self._droppable() & (self._reach > 0) & hopeful[self._row])
        sizes = self._reach[slots]
        begins = np.cumsum(sizes) - sizes
        at = np.arange(int(sizes.sum())) + np.repeat(self._starts[slots] - begins, sizes)
        return np.repeat(slots, sizes), at

    def _droppable(self) -> Bools:
        """Return the slots that cannot carry a name to the threshold by themselves, those that reach most first."""
        if len(self._sizes) == 1:
            return self._droppable_of_one()
        dropped, left_out = np.zeros(len(self._row), dtype=np.bool_), np.zeros(len(self._sizes), dtype=np.int64)
        order = np.lexsort((-self._reach, self._row))
        for place in range(int(self._sizes.max(initial=0))):
            rows = np.flatnonzero(self._sizes > place)
            slots = order[self._firsts[rows] + place]
            more = left_out[rows] + self._weight[slots]
            rest = self._total[rows] - more
            leaves = more * (2 * (SAME - self._threshold) * SAME) < rest * (self._threshold * OVER_QUERY)
            left_out[rows[leaves]] = more[leaves]
            dropped[slots[leaves]] = True
        return dropped

    def _droppable_of_one(self) -> Bools:
        """The same for one query alone, without the cost of arrays."""
        weights, reach, total = self._weight.tolist(), self._reach.tolist(), int(self._total[0])
        dropped, left_out = np.zeros(len(weights), dtype=np.bool_), 0
        for slot in sorted(range(len(weights)), key=lambda s: (-reach[s], s)):
            more = left_out + weights[slot]
            if more * 2 * (SAME - self._threshold) * SAME < self._threshold * (total - more) * OVER_QUERY:
                left_out, dropped[slot] = more, True
        return dropped

    def _may_reach(self, slot: Longs, row: Longs, name: Ints, gain: Ints, worth: Ints) -> Bools:
        """Whether a pair reaches the threshold if every other token and block of the query did its best there."""
        others_gain = self._best_gain[self._row] - self._most_gain
        others_worth = self._best_worth[self._row] - self._most_worth
        theirs = others_worth[slot] + worth
        return self._reaches(others_gain[slot] + gain, self._left[row], self._totals[name] - theirs)

    def _add_blocks(self, keys: Longs, sums: Longs) -> None:
        place = np.minimum(np.searchsorted(self._block_keys, keys), len(self._block_keys) - 1)
        hit = np.flatnonzero(self._block_keys[place] == keys)
        sums[:, hit] += self._blocks[:, place[hit]]

    def _add_others(self, slot: Longs, row: Longs, name: Longs, sums: Longs) -> None:
        """Add what the other tokens of each query gain of the name."""
        for place in range(int(self._sizes[row].max(initial=0))):
            other = self._firsts[row] + place
            pairs = np.flatnonzero((self._sizes[row] > place) & (other != slot))
            others = other[pairs]
            pairs, others = pairs[self._reach[others] > 0], others[self._reach[others] > 0]
            wanted = self._token[others] * self._count + name[pairs]
            found = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
            hit = np.flatnonzero(self._keys[found] == wanted) if len(found) else found
            pairs, others, found = pairs[hit], others[hit], found[hit]
            sums[0, pairs] += np.maximum(self._likeness[found] - self._threshold, 0) * self._pairs[found]
            sums[1, pairs] += self._weight[others]
            sums[2, pairs] += self._worth[found]

    def _reaches(self, gain: Longs, left: Longs, over: Longs) -> Bools:
        found: Bools = gain * SAME >= self._threshold * against(np.maximum(left, 0), np.maximum(over, 0))
        return found


def against(left: Longs, over: Longs) -> Longs:
    """Return the least that what is left over on both sides counts against the name."""
    found: Longs = (
        np.minimum(left, over) * (AGAINST - OVER_QUERY - OVER_LISTED) + left * OVER_QUERY + over * OVER_LISTED
    )
    return found
