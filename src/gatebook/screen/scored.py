"""Names asked for against listed names by number, with what both need to be compared kept from one time to the next.

The trap guarded against: a short cut with a score of its own. Likenesses are the scorer's, and the sum is reckoned by
the function that the exhaustive scan uses; only what cannot be alike is not looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from gatebook.screen.compare import NameScore, align, set_against, singles, sounds_as, whole
from gatebook.screen.likeness import likeness
from gatebook.screen.shelf import Shelf
from gatebook.screen.sounds import sound
from gatebook.screen.tokens import Name, Token, read_name

_SIDES, _PAIRS = 50_000, 500_000


@dataclass(frozen=True, slots=True)
class _Side:
    """A name ready to be set against others: its tokens by number, their weights, and how they and its blocks sound."""

    name: Name
    numbers: tuple[int, ...]
    weights: tuple[int, ...]
    sounds: frozenset[str]
    blocks: frozenset[str]


class Scorer:
    """Scores by number; remembers sides of names and likenesses of tokens."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._asked: dict[str, _Side] = {}
        self._listed: dict[int, _Side] = {}
        self._numbers: dict[Token, int] = {}
        self._next = count()  # no number is given twice, whichever threads ask
        self._alike: dict[tuple[int, int], int] = {}

    def score(self, text: str, number: int, least: int) -> NameScore:
        """Return the scorer's word on a name and a listed one; below ``least`` without its pairs."""
        query, listed = self._query(text), self._list(number)
        mine, theirs = query.weights, listed.weights
        found = []
        for i, a in enumerate(query.numbers):
            for j, b in enumerate(listed.numbers):
                alike = self._alike.get((a, b))
                if alike is None:
                    alike = self._find(a, b, query.name.tokens[i], listed.name.tokens[j])
                if alike:
                    found.append((i, j, alike))
        options = singles(query.name, listed.name, mine, theirs, found)
        if query.blocks.isdisjoint(listed.sounds) and listed.blocks.isdisjoint(query.sounds):
            return align(query.name, listed.name, mine, theirs, options, least)
        return set_against(query.name, listed.name, mine, theirs, options)

    def _find(self, a: int, b: int, mine: Token, theirs: Token) -> int:
        if len(self._alike) >= _PAIRS:
            self._alike = {}
        found = self._alike[a, b] = likeness(mine, theirs)
        return found

    def _query(self, text: str) -> _Side:
        if (side := self._asked.get(text)) is None:
            if len(self._asked) >= _SIDES:
                self._asked = {}
            side = self._asked[text] = self._side(read_name(text))
        return side

    def _list(self, number: int) -> _Side:
        if (side := self._listed.get(number)) is None:
            if len(self._listed) >= _SIDES:
                self._listed = {}
            side = self._listed[number] = self._side(read_name(self._shelf.texts[number]))
        return side

    def _side(self, name: Name) -> _Side:
        if len(self._numbers) >= _PAIRS:
            self._numbers = {}
        numbers = tuple([self._numbers.setdefault(t, next(self._next)) for t in name.tokens])
        blocks, key = {b.key for b in name.blocks}, whole(name)
        sounds = {k for t in name.tokens for text, _ in t.readings for k in sound(text) if sounds_as(t, k)}
        return _Side(
            name, numbers, self._shelf.weights.of_name(name), frozenset(sounds | {key} - {""}), frozenset(blocks)
        )
