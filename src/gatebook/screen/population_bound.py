"""The bound between a listed name and customers: who cannot reach the threshold is turned down over arrays.

The trap guarded against: the roles turned round with the question. The customer stays the one who is asked for: what
they have left over counts as that of a query, and a listed name's as a listed name's, though the search begins there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from gatebook.screen.compare import ALONE, OVER_LISTED, TELLING
from gatebook.screen.likeness import SAME
from gatebook.screen.reach import against
from gatebook.screen.tokens import Name

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
NOBODY: Longs = np.empty(0, dtype=np.int64)
_ALONE = ALONE * SAME
_MOST_SLOTS = 12  # a table of so many bits is small


class Listed:
    """One listed name: what each of its tokens is like in the population, and the bound for customers who hold some.

    ``like`` are all tokens like any of its own. For each, at its place from 1, ``_gain`` is the most that a pair with
    it may gain, and ``_slots`` which of the listed tokens it is like, as bits.
    """

    def __init__(
        self,
        name: Name,
        weights: Sequence[int],
        similar: Sequence[tuple[Longs, Longs]],
        worth: npt.NDArray[np.int32],
        threshold: int,
    ) -> None:
        self.name, self.weights, self.total, self._threshold = name, weights, sum(weights), threshold
        self._similar = [tokens for tokens, _ in similar]
        sizes = [len(tokens) for tokens in self._similar]
        slots = np.repeat(np.arange(len(weights)), sizes)
        all_tokens = np.concatenate(self._similar)
        likeness = np.concatenate([alike for _, alike in similar])
        mine = np.repeat(np.array(weights, dtype=np.int64), sizes)
        gains = np.maximum(likeness - threshold, 0) * 2 * np.minimum(mine, worth[all_tokens])
        self.like, at = np.unique(all_tokens, return_inverse=True)
        self._gain, self._slots = np.zeros((2, len(self.like) + 1), dtype=np.int64)
        np.maximum.at(self._gain, at + 1, gains)
        np.bitwise_or.at(self._slots, at + 1, np.int64(1) << slots)
        self._verdicts: Bools | None = None
        self._best = np.zeros(len(weights), dtype=np.int64)
        np.maximum.at(self._best, slots, gains)

    def searched(self, sizes: Callable[[Longs], Longs]) -> list[Longs]:
        """Return the tokens by which customers are looked for, those of each listed token that is searched.

        Left out, the most frequent first, are listed tokens that by themselves carry no customer to the threshold.
        """
        reach = [int(sizes(tokens).sum()) for tokens in self._similar]
        kept, gain, weight, telling = [], 0, 0, 0
        all_telling = sum(w >= TELLING for w in self.weights)
        for slot in sorted(range(len(reach)), key=lambda s: (-reach[s], s)):
            own = self.weights[slot]
            tells = telling + (own >= TELLING)
            least = (self.total - weight - own) * OVER_LISTED + (_ALONE if tells <= 1 < 1 + all_telling - tells else 0)
            if (gain + int(self._best[slot])) * SAME < self._threshold * least:
                gain, weight, telling = gain + int(self._best[slot]), weight + own, tells
            else:
                kept.append(self._similar[slot])
        return kept

    def summed(self, parts: Sequence[tuple[Longs, int, Longs, int]]) -> tuple[Longs, Longs]:
        """Add up by row what blocks may gain and account for: rows, likeness, what theirs is worth, and mine."""
        rows = np.concatenate([*(p[0] for p in parts), NOBODY])
        found, at = np.unique(rows, return_inverse=True)
        extra = np.zeros((3, len(found)), dtype=np.int64)
        first = 0
        for held, alike, theirs, mine in parts:
            here = at[first : first + len(held)]
            first += len(held)
            np.add.at(extra[0], here, max(alike - self._threshold, 0) * 2 * np.minimum(theirs, mine))
            np.add.at(extra[1], here, theirs)
            np.add.at(extra[2], here, mine)
        return found, extra

    def may_reach(self, places: Ints, begins: Longs) -> Bools:
        """Whether customers would reach the threshold if each token they are like did its best, and they left nothing.

        That depends on nothing but which listed tokens are met, so it is reckoned once for each set of them.
        """
        if not len(begins) or len(self.weights) > _MOST_SLOTS:
            return np.ones(len(begins), dtype=np.bool_)
        if self._verdicts is None:
            most, over, telling, unmet = self._by_slots(np.arange(1 << len(self.weights)))
            self._verdicts = self._enough(most, np.zeros_like(over), over, _alone(telling, unmet))
        found: Bools = self._verdicts[np.bitwise_or.reduceat(self._slots[places], begins)]
        return found

    def reaches(self, places: Ints, worth: Ints, begins: Longs, extra: Longs | None) -> Bools:
        """Whether the bound of customers reaches the threshold, given the places and weights of their tokens.

        What a customer has left over is at least the weight of tokens that are like none of the listed, and no block's.
        """
        if not len(begins):
            return np.empty(0, dtype=np.bool_)
        unmet, tells = places == 0, worth >= TELLING
        gain = np.add.reduceat(self._gain[places], begins)
        left = np.add.reduceat(np.where(unmet, worth, 0), begins, dtype=np.int64)
        most, over, telling, unmet_telling = self._by_slots(np.bitwise_or.reduceat(self._slots[places], begins))
        gain = np.minimum(gain, most)
        if extra is not None:
            return self._enough(gain + extra[0], np.maximum(left - extra[1], 0), np.maximum(over - extra[2], 0), 0)
        telling = np.minimum(telling, np.add.reduceat(tells & ~unmet, begins, dtype=np.int64))
        unmet_telling += np.add.reduceat(tells & unmet, begins, dtype=np.int64)
        return self._enough(gain, left, over, _alone(telling, unmet_telling))

    def _by_slots(self, slots: Longs) -> tuple[Longs, Longs, Longs, Longs]:
        """Return for sets of listed tokens met: what they gain at most, what is over, how many tell, and tell unmet."""
        most, over, telling, unmet_telling = np.zeros((4, len(slots)), dtype=np.int64)
        for slot, weight in enumerate(self.weights):
            met = slots >> slot & 1
            most += met * self._best[slot]
            over += (1 - met) * weight
            if weight >= TELLING:
                telling += met
                unmet_telling += 1 - met
        return most, over, telling, unmet_telling

    def _enough(self, gain: Longs, left: Longs, over: Longs, alone: Longs | int) -> Bools:
        found: Bools = gain * SAME >= self._threshold * (against(left, over) + alone)
        return found


def _alone(telling: Longs, unmet_telling: Longs) -> Longs:
    """Return what counts against a match on one telling word where another is left over."""
    return np.where((telling <= 1) & (unmet_telling > 0), _ALONE, 0)
