"""Comparing two names as a person can check it: tokens set against each other, each pair with its likeness and weight.

The trap guarded against: a score from what could not be compared. A pair beyond the cliff counts nothing, what each
name has left over counts against it, and a name with no letters matches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

from gatebook.screen.likeness import BLOCK, SAME, likeness
from gatebook.screen.sounds import sound
from gatebook.screen.tokens import FAMILY, GIVEN, INITIAL, NUMBER, Name, Token, read_name
from gatebook.screen.weights import Weights

UNIT = 100_000  # a whole score
AGAINST, AGAINST_FAMILY = 2_400, 3_200  # of the weight both names have left over, in thousandths
OVER_QUERY, OVER_LISTED, OVER_FIRST, OVER_FAMILY = 900, 380, 600, 1_500  # of the weight only one of them has left over
# One word that says who is meant is no name, with others left over or an initial; several initials say a little more.
ALONE, ALONE_INITIAL, ALONE_INITIALS = 800, 300, 150
TELLING = 500  # from this weight a word says who is meant
FIGURES_DIFFER = 1_500
_FULL_BLOCK = 3


@dataclass(frozen=True, slots=True)
class Aligned:
    """Tokens set against each other: 1000 is the same; with an empty side nothing stood against it."""

    query: str
    listed: str
    likeness: int
    weight: int

    @property
    def cost(self) -> int:
        """What the difference costs, in thousandths."""
        return SAME - self.likeness


@dataclass(frozen=True, slots=True)
class NameScore:
    """``raw`` is 0 to 100000; ``gained`` of ``wanted``, in thousandths of a token's weight."""

    raw: int
    gained: int
    wanted: int
    aligned: tuple[Aligned, ...]

    @property
    def score(self) -> float:
        """The score from 0 to 1; for reading, not for reckoning."""
        return self.raw / UNIT


# A way to set tokens of the query (bits) against tokens of the listed name (bits): minus what it gains, minus its
# likeness, both texts, both bits, its weight. Most gained first; then by what is written, never by place, so that order
# of words does not matter.
Option = tuple[int, int, tuple[str, str], int, int, int]
_ORDER = itemgetter(0, 1, 2)


def tokens(name: str) -> tuple[str, ...]:
    """Return the tokens of a name as they are shown."""
    return tuple(t.text for t in read_name(name).tokens)


def compare_names(query: Name, listed: Name, weights: Weights) -> NameScore:
    """Set the tokens of two names against each other, best gain first, and weigh what agrees against what is left."""
    mine, theirs = weights.of_name(query), weights.of_name(listed)
    found = [
        (i, j, alike)
        for i, a in enumerate(query.tokens)
        for j, b in enumerate(listed.tokens)
        if (alike := likeness(a, b))
    ]
    return set_against(query, listed, mine, theirs, singles(query, listed, mine, theirs, found))


def set_against(
    query: Name, listed: Name, mine: tuple[int, ...], theirs: tuple[int, ...], options: list[Option]
) -> NameScore:
    """Return the better of two alignments: token by token, and with neighbours that may be one word."""
    found = align(query, listed, mine, theirs, options)
    if blocks := _blocks(query, listed, mine, theirs):
        joined = align(query, listed, mine, theirs, [*blocks, *options])
        return joined if joined.raw > found.raw else found
    return found


def align(
    query: Name, listed: Name, mine: tuple[int, ...], theirs: tuple[int, ...], options: list[Option], least: int = 0
) -> NameScore:
    """Take the options greedily, most gained first, each token once. A score below ``least`` is told without pairs."""
    used_q = used_l = gained = matched = telling = 0
    taken = []
    for option in sorted(options, key=_ORDER) if len(options) > 1 else options:
        less, _, _, q, p, weight = option
        if not (q & used_q or p & used_l):
            used_q |= q
            used_l |= p
            gained -= less
            matched += weight
            taken.append(option)
            if weight >= 2 * TELLING:
                telling += max(q.bit_count(), p.bit_count())
    left = [(t, mine[i]) for i, t in enumerate(query.tokens) if not used_q >> i & 1]
    over = [(t, theirs[j]) for j, t in enumerate(listed.tokens) if not used_l >> j & 1]
    wanted = matched * SAME
    if left or over:
        wanted += _against(left, over, listed, used_l)
    if telling <= 1:
        wanted += _alone(telling, [*mine, *theirs], [*left, *over], taken) * SAME
    if not used_l & 1 and listed.tokens and listed.tokens[0].role == GIVEN:
        wanted += theirs[0] * (OVER_FIRST - OVER_LISTED)
    raw = gained * UNIT // wanted if wanted else 0
    if raw < least:
        return NameScore(raw, gained, wanted, ())
    aligned = [Aligned(*texts, -minus, weight) for _, minus, texts, _, _, weight in taken]
    aligned += [Aligned(t.text, "", 0, w) for t, w in left] + [Aligned("", t.text, 0, w) for t, w in over]
    return NameScore(raw, gained, wanted, tuple(aligned))


def _against(left: list[tuple[Token, int]], over: list[tuple[Token, int]], listed: Name, used: int) -> int:
    """Return what is wanting: left over on both sides costs much, on one side little; other figures cost much."""
    mine, theirs = sum([w for _, w in left]), sum([w for _, w in over])
    both = min(mine, theirs)
    surname_differs = any(t.role == FAMILY for t, _ in over) and not any(
        t.role == FAMILY and used >> j & 1 for j, t in enumerate(listed.tokens)
    )
    found = both * (AGAINST_FAMILY if surname_differs else AGAINST)
    found += (mine - both) * OVER_QUERY + (theirs - both) * (OVER_FAMILY if surname_differs else OVER_LISTED)
    if left and over and any(t.role == NUMBER for t, _ in left) and any(t.role == NUMBER for t, _ in over):
        found += FIGURES_DIFFER * SAME
    return found


def _alone(telling: int, weights: list[int], unmet: list[tuple[Token, int]], taken: list[Option]) -> int:
    """Return what a match on one telling word or none wants: nothing where neither name has more to tell."""
    if any(w >= TELLING for _, w in unmet) or (not telling and any(w >= TELLING for w in weights)):
        return ALONE
    initials = sum(1 in (len(texts[0]), len(texts[1])) for _, _, texts, *_ in taken)
    if not initials:
        return 0
    more = sum(t.role == INITIAL for t, _ in unmet)
    return ALONE_INITIAL if initials + more == 1 else ALONE_INITIALS


def singles(
    query: Name,
    listed: Name,
    mine: tuple[int, ...],
    theirs: tuple[int, ...],
    found: Iterable[tuple[int, int, int]],
) -> list[Option]:
    """Return the ways to set one token against one, of places and likenesses."""
    options: list[Option] = []
    for i, j, alike in found:
        weight = 2 * min(mine[i], theirs[j])
        texts = query.tokens[i].readings[0][0], listed.tokens[j].readings[0][0]
        options.append((-alike * weight, -alike, texts, 1 << i, 1 << j, weight))
    return options


def _blocks(query: Name, listed: Name, mine: tuple[int, ...], theirs: tuple[int, ...]) -> list[Option]:
    """Neighbours of one name written as one word of the other, or both names whole without regard to blanks."""
    found = []
    for block in query.blocks:
        for j, token in enumerate(listed.tokens):
            if cost := sounds_as(token, block.key):
                found.append(_block_option(_span(block.start, block.stop), 1 << j, cost, query, listed, mine, theirs))
    for block in listed.blocks:
        for i, token in enumerate(query.tokens):
            if cost := sounds_as(token, block.key):
                found.append(_block_option(1 << i, _span(block.start, block.stop), cost, query, listed, mine, theirs))
    full = whole(query)
    if full and full == whole(listed) and len(query.tokens) > 1 < len(listed.tokens):
        bits = (1 << len(query.tokens)) - 1, (1 << len(listed.tokens)) - 1
        found.append(_block_option(*bits, SAME - BLOCK, query, listed, mine, theirs))
    return found


def sounds_as(token: Token, key: str) -> int:
    """Return how alike a token is to neighbours whose key is ``key``: the same sound or nothing."""
    return max(
        (SAME - BLOCK - cost for text, cost in token.readings if len(text) > _FULL_BLOCK and key in sound(text)),
        default=0,
    )


def whole(name: Name) -> str:
    """Return the key of a name written without blanks, or nothing when it has but one token."""
    return next((b.key for b in name.blocks if b.start == 0 and b.stop == len(name.tokens)), "")


def _span(start: int, stop: int) -> int:
    """Bits of tokens ``start`` to ``stop``; from -1 the pair is turned, and it is both tokens all the same."""
    return (1 << stop) - 1 if start < 0 else ((1 << stop) - 1) & ~((1 << start) - 1)


def _block_option(
    mine_bits: int,
    their_bits: int,
    found: int,
    query: Name,
    listed: Name,
    mine: tuple[int, ...],
    theirs: tuple[int, ...],
) -> Option:
    texts = tuple(
        " ".join(t.text for i, t in enumerate(name.tokens) if bits >> i & 1)
        for name, bits in ((query, mine_bits), (listed, their_bits))
    )
    weight = 2 * min(_sum(mine, mine_bits), _sum(theirs, their_bits))
    return -found * weight, -found, (texts[0], texts[1]), mine_bits, their_bits, weight


def _sum(weights: tuple[int, ...], bits: int) -> int:
    return sum(w for i, w in enumerate(weights) if bits >> i & 1)
