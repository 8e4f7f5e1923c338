"""Comparing names a person can check: folded, cut into tokens, aligned one to one, each pair with its cost.

The trap guarded against: a score from what could not be compared. A token pair over its budget counts nothing, and
a name with no letters matches nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii
from confusable_homoglyphs import confusables
from rapidfuzz.distance import OSA

_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f")
_PARTICLES = frozenset(
    [
        "AL",
        "EL",
        "BIN",
        "IBN",
        "BINT",
        "BEN",
        "ABU",
        "UL",
        "UD",
        "AD",
        "DE",
        "DA",
        "DI",
        "DU",
        "VAN",
        "VON",
        "DER",
        "DEN",
        "LA",
        "LE",
        "DOS",
        "DEL",
        "THE",
        "OF",
        "AND",
        "MR",
        "MRS",
        "DR",
    ]
)
_FORMS = frozenset(
    [
        "LTD",
        "LIMITED",
        "LLC",
        "INC",
        "INCORPORATED",
        "CORP",
        "CORPORATION",
        "CO",
        "COMPANY",
        "GMBH",
        "AG",
        "SA",
        "SARL",
        "BV",
        "NV",
        "PLC",
        "OOO",
        "ZAO",
        "OAO",
        "PAO",
        "JSC",
        "AO",
        "FZE",
        "FZCO",
        "FZC",
        "EST",
        "TRADING",
    ]
)
_SPLIT = re.compile(r"[^A-Z0-9]+")
_LATIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True, slots=True)
class Aligned:
    """A pair of tokens; ``cost`` 0 is equal, up to 1 is alike, empty token means nothing stood against it."""

    query: str
    listed: str
    cost: float


@dataclass(frozen=True, slots=True)
class NameScore:
    """0 to 1, and the pairs it came from."""

    score: float
    aligned: tuple[Aligned, ...]


@lru_cache(maxsize=65_536)
def fold_letter(letter: str) -> str:
    """Return the Latin letter a letter of another script is easily taken for, else the letter."""
    if letter in _LATIN or not letter.isalpha():
        return letter
    found = confusables.is_confusable(letter, preferred_aliases=[], greedy=True)
    if found:
        for twin in found[0]["homoglyphs"]:
            if len(twin["c"]) == 1 and twin["c"] in _LATIN:
                return str(twin["c"])
    return letter


def _is_mixed(word: str) -> bool:
    latin = any(c in _LATIN for c in word)
    return latin and any(c.isalpha() and ord(c) > 0x24F for c in word)  # noqa: PLR2004  beyond extended Latin


@lru_cache(maxsize=200_000)
def tokens(name: str) -> tuple[str, ...]:
    """Return a name's tokens: NFKC, invisible letters out, look-alikes folded in mixed words, romanised, capitals."""
    last, comma, first = name.partition(", ")
    natural = f"{first} {last}" if comma and "," not in first else name  # lists write LAST, First
    text = "".join(c for c in unicodedata.normalize("NFKC", natural) if c not in _INVISIBLE)
    words = ["".join(fold_letter(c) for c in word) if _is_mixed(word) else word for word in text.split()]
    plain = anyascii(" ".join(words)).upper().replace("'", "").replace("`", "")
    return tuple(token for token in _SPLIT.split(plain) if token)


def weight(token: str) -> float:
    """Return what a token is worth: particles and organisation forms little, initials half, rarer length more."""
    if token in _PARTICLES or token in _FORMS:
        return 0.2
    return 0.5 if len(token) == 1 else 1.0 + min(len(token), 10) * 0.05


@lru_cache(maxsize=500_000)
def token_cost(a: str, b: str) -> float | None:
    """Return the cost of taking ``a`` for ``b`` (0 to 1), or None beyond the budget: one edit per four letters."""
    if a == b:
        return 0.0
    if len(a) == 1 or len(b) == 1:
        return 0.5 if a[0] == b[0] else None
    if a.isdigit() or b.isdigit():
        return None
    budget = max(1, max(len(a), len(b)) // 4) if min(len(a), len(b)) > 2 else 0  # noqa: PLR2004  two letters bear no edit
    edits = OSA.distance(a, b, score_cutoff=budget)
    return None if edits > budget else edits / (budget + 1) * 0.6


def compare_names(query: tuple[str, ...], listed: tuple[str, ...]) -> NameScore:
    """Align tokens, cheapest first, in any order; what is left over costs its weight."""
    pairs = sorted(
        (cost, a != b, i, j)
        for i, a in enumerate(query)
        for j, b in enumerate(listed)
        if (cost := token_cost(a, b)) is not None
    )
    used_q: set[int] = set()
    used_l: set[int] = set()
    aligned = []
    for cost, _, i, j in pairs:
        if i not in used_q and j not in used_l:
            used_q.add(i)
            used_l.add(j)
            aligned.append(Aligned(query[i], listed[j], cost))
    left = [Aligned(t, "", 1.0) for i, t in enumerate(query) if i not in used_q]
    over = [Aligned("", t, 1.0) for j, t in enumerate(listed) if j not in used_l]
    gained = sum((weight(p.query) + weight(p.listed)) * (1 - p.cost) for p in aligned)
    total = sum(weight(p.query) + weight(p.listed) for p in aligned)
    total += sum(weight(p.query) for p in left) + 0.8 * sum(weight(p.listed) for p in over)
    joined = _joined(query, listed)
    score = gained / total if total else 0.0
    if joined > score:
        return NameScore(joined, (Aligned(" ".join(query), " ".join(listed), 1 - joined),))
    return NameScore(score, tuple(aligned + left + over))


def _joined(query: tuple[str, ...], listed: tuple[str, ...]) -> float:
    """Names written together or apart: the same letters in the same order, whatever the spaces."""
    a, b = "".join(query), "".join(listed)
    return 0.97 if a == b and len(a) > 4 and query != listed else 0.0  # noqa: PLR2004  short strings prove nothing
