"""How a token sounds: a key in which spellings of one sound fall together, and its frame of consonants.

The trap guarded against: sounds that are near taken for the same. The key only names spellings; near sounds cost edits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from operator import eq

from gatebook.screen import tables

_ABD = re.compile(r"ABD[AEIOU]?L?(?=[A-Z]{3})")
_DOUBLE = re.compile(r"(.)\1+")
VOWELS = frozenset("AEIOUY")
FRAME = {
    **dict.fromkeys("BP", "B"),
    **dict.fromkeys("DT", "D"),
    **dict.fromkeys("GKQC", "K"),
    **dict.fromkeys("VFW", "V"),
    **dict.fromkeys("SZ", "S"),
    **dict.fromkeys("MN", "M"),
    **dict.fromkeys("cxjJ", "J"),
    "L": "L",
    "R": "R",
    "X": "X",
}  # fmt: skip  a frame has these alone: vowels, H and h are air
_LONGEST = 4  # letters of the longest spelling in the table
_FRAME = {ord(c): FRAME.get(c, c if c.isdigit() else "") for c in map(chr, range(48, 123))}


@cache
def _spellings() -> tuple[re.Pattern[str], dict[str, str], dict[int, str]]:
    """The spellings of several letters, and those of one, which none of the first brings forth."""
    table = {row[0]: row[1] for row in tables.rows("sounds.tsv")}
    many = {spelling: spelt for spelling, spelt in table.items() if len(spelling) > 1}
    if max(map(len, many)) > _LONGEST:
        raise ValueError("a spelling is longer than the seam between two words is read")
    one = {ord(spelling): spelt for spelling, spelt in table.items() if len(spelling) == 1}
    return re.compile("|".join(sorted(many, key=lambda s: (-len(s), s)))), many, one


@lru_cache(maxsize=400_000)
def sound(text: str) -> tuple[str, ...]:
    """Return the sound keys of a token: one, or more where a spelling has two sounds (CH, J)."""
    first = text
    if text.startswith("ABD"):
        first = _ABD.sub("ABD", text, count=1)
    key = _no_doubles(_spelt(_end(first)))
    if "c" not in key and "j" not in key:
        return (key,)
    more = []
    if "c" in key:
        more += [key.replace("c", "h"), key.replace("c", "K")]
    if "j" in key:
        more.append(key.replace("j", "Z"))
    if "J" in text:
        more.append(_no_doubles(key.replace("j", "I")))
    return (key, *(k for k in more if k != key))


def sound_joined(texts: Sequence[str]) -> str:
    """Return the first sound key of words written as one, ``sound("".join(texts))[0]``, from what each gave before.

    Where a spelling of several letters reaches over a seam, or a rule for the beginning or the end does, the whole is
    read as one text; else each part sounds as it does alone.
    """
    *before, last = texts
    whole = "".join(texts)
    if len(last) == 1 or whole.startswith("ABD"):
        return sound(whole)[0]
    last = _end(last)
    whole, at = "".join((*before, last)), 0
    for text in before:
        at += len(text)
        if _reaches_over(whole[max(0, at - _LONGEST + 1) : at], whole[at : at + _LONGEST - 1]):
            return sound("".join(texts))[0]
    return _no_doubles("".join([*map(_spelt, before), _spelt(last)]))


def _end(text: str) -> str:
    if text.endswith("FF"):
        return f"{text[:-2]}V"
    return text[:-1] if text.endswith(("AH", "EH")) else text


@lru_cache(maxsize=200_000)
def _spelt(text: str) -> str:
    many, table, one = _spellings()
    if many.search(text):
        text = many.sub(lambda m: table[m.group()], text)
    return text.translate(one)


def _no_doubles(key: str) -> str:
    return _DOUBLE.sub(lambda m: m[1], key) if any(map(eq, key, key[1:])) else key


@lru_cache(maxsize=100_000)
def _reaches_over(left: str, right: str) -> bool:
    """Whether a spelling of several letters stands partly in ``left`` and partly in ``right``."""
    _, many, _ = _spellings()
    both, seam = left + right, len(left)
    return any(both[start:stop] in many for start in range(seam) for stop in range(seam + 1, start + _LONGEST + 1))


@lru_cache(maxsize=400_000)
def frame(form: str) -> str:
    """Return a form's frame: its consonants by class, vowels and H left out; each letter kept costs an edit."""
    return form.translate(_FRAME)


def forms(text: str) -> tuple[str, ...]:
    """Return what may be compared of a token: as it is written, and each way it sounds."""
    return (text, *(k for k in sound(text) if k != text))
