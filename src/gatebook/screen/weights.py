"""What a token is worth: a rare word says much about who is meant, a common one little.

The trap guarded against: a score that moves because one edition happens to repeat a name. Rarity comes in a few broad
bands, from fixed tables first; the lists themselves can only lower it, and only in steps of four times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from gatebook.screen import tables
from gatebook.screen.tokens import (
    FATHER,
    FORM,
    INITIAL,
    NUMBER,
    PARTICLE,
    PLACE,
    TITLE,
    Name,
    Token,
    read_name,
)

RARE, WORDLIKE = 1_000, 300
_ROLES = {
    PARTICLE: 100, TITLE: 40, FORM: 150, INITIAL: 300, NUMBER: 700, FATHER: 400, PLACE: WORDLIKE,
}  # fmt: skip
_NAMELIKE_TITLE = 250
_COMMON = {"1": 600, "2": 700, "3": 800}
_SHARES = ((128, 550), (32, 650), (8, 800), (2, 900))  # of 10,000 names, so many or more hold the token
_FEW_NAMES = 2_000  # a list shorter than this says nothing of what is common
_SHORT = {2: 600, 3: 800}


@cache
def _prior() -> dict[str, int]:
    found: dict[str, int] = {}
    for line in tables.lines("common.txt"):
        band, *members = line.split()
        for member in members:
            found.setdefault(member, _COMMON[band])
    return {**found, **dict.fromkeys(tables.words("words.txt"), WORDLIKE)}


def token_key(token: Token) -> str:
    """Return what a token's weight is kept under: its role and what is written."""
    return f"{token.role} {token.text}"


class Weights:
    """Weights of tokens, in thousandths, given how often the loaded lists use them."""

    def __init__(self, counts: Mapping[str, int] | None = None, names: int = 0) -> None:
        self._lists = {} if names < _FEW_NAMES else _by_share(counts or {}, names)
        self._known: dict[str, int] = {}
        self._fixed: dict[str, int] = {}

    @classmethod
    def of_names(cls, names: Iterable[str]) -> Weights:
        """Count the tokens of names as lists write them; each name counts once."""
        return cls.of_read([read_name(name) for name in sorted(set(names))])

    @classmethod
    def of_read(cls, names: Sequence[Name]) -> Weights:
        """The same of distinct names that were read already."""
        return cls(Counter(text for name in names for text in {t.text for t in name.tokens}), len(names))

    @classmethod
    def by_shares(cls, shares: Mapping[str, int]) -> Weights:
        """Take the weights that lists gave their words before, as :meth:`shares` names them."""
        found = cls()
        found._lists = dict(shares)
        return found

    def shares(self) -> dict[str, int]:
        """Return the words that the lists use often enough to be worth less, with their weights."""
        return dict(self._lists)

    @classmethod
    def fixed(cls, weights: Iterable[tuple[str, int]]) -> Weights:
        """Take weights as an explanation names them."""
        found = cls()
        found._fixed = dict(weights)
        return found

    def of(self, token: Token) -> int:
        """Return the weight of one token."""
        key = token_key(token)
        if key not in self._known:
            self._known[key] = self._fixed[key] if key in self._fixed else self._weigh(token)
        return self._known[key]

    def of_name(self, name: Name) -> tuple[int, ...]:
        """Return the weights of a name's tokens, in their order."""
        return tuple(self.of(t) for t in name.tokens)

    def _weigh(self, token: Token) -> int:
        text = token.text
        if token.role == TITLE and text in tables.words("namelike_titles.txt"):
            return _NAMELIKE_TITLE
        if token.role in _ROLES:
            return _ROLES[token.role]
        return min(_prior().get(text, RARE), self._lists.get(text, RARE), _SHORT.get(len(text), RARE))


def _by_share(counts: Mapping[str, int], names: int) -> dict[str, int]:
    found = {}
    for text, count in counts.items():
        for share, weight in _SHARES:
            if count * 10_000 >= share * names:
                found[text] = weight
                break
    return found
