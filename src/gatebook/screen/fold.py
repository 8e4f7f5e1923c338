"""Folding: from what was written to plain Latin readings, word by word, each with the cost of reading it so.

The trap guarded against: a disguise read as another name, or another script's true name read as a disguise. Where both
can be meant, both readings are kept.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii
from confusable_homoglyphs import confusables

from gatebook.screen.scripts import read_script

Reading = tuple[str, int]  # capitals A-Z and figures; cost in thousandths
Word = tuple[Reading, ...]  # cheapest first

SPOOF, LEET, TWIN, ARTICLE = 30, 60, 5, 60
_LATIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_TWINS = {
    "Ä": "AE",
    "Ö": "OE",
    "Ü": "UE",
    "Å": "AA",
    "Ø": "OE",
    "Æ": "A",
    "Œ": "O",
    "Þ": "T",
    "Ð": "DH",
    "Ñ": "NY",
    "Ł": "W",
    "Ș": "SH",
    "Ş": "SH",
    "Š": "SH",
    "Č": "CH",
    "Ć": "CH",
    "Ç": "CH",
    "Ž": "ZH",
    "Đ": "DJ",
    "Ğ": "GH",
    "Ő": "OE",
}  # fmt: skip  one letter, its other usual spelling
_LEET = (
    str.maketrans({"0": "O", "1": "I", "3": "E", "4": "A", "5": "S", "7": "T", "8": "B", "9": "G"}),
    str.maketrans({"0": "O", "1": "L", "3": "E", "4": "A", "5": "S", "7": "T", "8": "B", "9": "G"}),
)
_AS_CYRILLIC = dict(zip("ABCEHIJKMOPSTXYZaceijkmopstxy03", "АВСЕНІЈКМОРЅТХУЗасеіјкморѕтхуОЗ", strict=True))
_SIGNS = str.maketrans({"@": "A", "$": "S", "€": "E", "£": "L", "!": "I", "|": "L"})
_MARKS = "'`\u2019\u2018\u02bc\u02bb\u02b9\u02ba\u00b4\u2032\u02be\u02bf\u055a\uff07\""
_DROPPED = str.maketrans("", "", _MARKS)
_CUT = re.compile(r"[^\w@$€£!|]+|_+")
_EDGES = "@$€£!|"
_PLAIN = re.compile(r"[^A-Z0-9]+")
_ARTICLE = re.compile(r"(?:AL|EL)(?=[BCDFGHJKMNPQRSTVWXZ][A-Z]{3})")
_TAIL = re.compile(r"(?<=\u0647) (?=\u0627\u06cc(?!\w))")  # a Persian ending, written apart or after a sign nobody sees
_BEYOND = 0x24F  # the end of extended Latin


@lru_cache(maxsize=65_536)
def fold_letter(letter: str) -> str:
    """Return the Latin letter a letter of another script is easily taken for, else the letter."""
    if letter in _LATIN or not letter.isalpha():
        return letter
    twins = [
        str(twin["c"])
        for found in confusables.is_confusable(letter, preferred_aliases=[], greedy=True) or ()
        for twin in found["homoglyphs"]
        if len(twin["c"]) == 1 and twin["c"] in _LATIN
    ]
    if twins[:1] == ["l"] and letter.isupper():
        return "I"  # the table writes one letter for both of these twins
    return next((t for t in twins if t.isupper() == letter.isupper()), twins[0] if twins else letter)


def plain_text(text: str) -> str:
    """Return NFKC text without invisible, direction and control characters; blanks of all kinds are one blank."""
    if text.isascii() and text.isprintable():
        return text
    kept = []
    for c in unicodedata.normalize("NFKC", text):
        kind = unicodedata.category(c)
        if kind not in {"Cf", "Cc", "Co", "Cs", "Cn"} and c not in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0":
            kept.append(" " if kind[0] == "Z" else c)
        elif c in "\t\r\n\v\f":
            kept.append(" ")
    return _TAIL.sub("", "".join(kept))


def cut_words(text: str) -> list[str]:
    """Cut plain text into words; apostrophes join, every other sign divides."""
    return [w for w in (w.strip(_EDGES) for w in _CUT.split(text.translate(_DROPPED))) if w]


@lru_cache(maxsize=200_000)
def read_word(word: str, *, in_cyrillic: bool = False) -> tuple[Word, ...]:
    """Return the words that one written word stands for, each with its readings. Most often one of each.

    ``in_cyrillic`` says that Cyrillic letters stand beside it: then one wholly of their twins may be one of theirs.
    """
    if word.isascii():
        own = _readings(word.upper(), ())
        return (tidy((*own, *_as_cyrillic(word, SPOOF))) if in_cyrillic and len(word) > 2 else own,)  # noqa: PLR2004  as below
    spoofed = "".join(fold_letter(c) for c in unicodedata.normalize("NFKC", word))
    foreign = [c for c in word if c.isalpha() and ord(c) > _BEYOND]
    if foreign and any(c in _LATIN for c in word):
        return (_read_mixed(word, spoofed),)
    if foreign:
        words = read_script(word)
        if len(words) == 1 and len(word) > 2 and all(c in _LATIN for c in spoofed if c.isalpha()):  # noqa: PLR2004  short words look like anything
            return (tidy((*words[0], (_ascii(spoofed), SPOOF))),)
        return tuple(tidy(w) for w in words if any(text for text, _ in w))
    capital = unicodedata.normalize("NFC", word).upper()
    twin = "".join(_TWINS.get(c, c) for c in capital)
    return (_readings(_ascii(capital), ((_ascii(twin), TWIN),) if twin != capital else ()),)


def _read_mixed(word: str, spoofed: str) -> Word:
    """Read letters of two alphabets as Latin; first as Cyrillic where some have no Latin twin, all a Cyrillic one."""
    latin = _readings(_ascii(spoofed), ())
    if all(c in _LATIN for c in spoofed if c.isalpha()):
        return tidy((*latin, *_as_cyrillic(word, SPOOF)))
    cyrillic = _as_cyrillic(word, 0)
    return tidy((*cyrillic, *((text, cost + SPOOF) for text, cost in latin))) if cyrillic else latin


def _as_cyrillic(word: str, cost: int) -> Word:
    """Return a word read by its Cyrillic twins; nothing where a letter has none."""
    letters = "".join(_AS_CYRILLIC.get(c, c) for c in word)
    if not all(is_cyrillic(c) for c in letters) or not any(c.isalpha() for c in word):
        return ()
    return tuple((text, more + cost) for text, more in read_script(letters)[0])


def is_cyrillic(c: str) -> bool:
    """Whether a letter is Cyrillic."""
    return "\u0400" <= c <= "\u04ff"


def _ascii(text: str) -> str:
    marked = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return _PLAIN.sub("", anyascii(marked.translate(_SIGNS)).upper())


def _readings(text: str, more: tuple[Reading, ...]) -> Word:
    found = [(_PLAIN.sub("", text.translate(_SIGNS)), 0), *more]
    first = found[0][0]
    if (
        not first.isalpha()
        and not first.isdigit()
        and sum(c.isalpha() for c in first) >= max(2, sum(c.isdigit() for c in first))
    ):
        found += [(first.translate(leet), LEET) for leet in _LEET]
    if "RN" in first[1:]:
        found.append((f"{first[0]}{first[1:].replace('RN', 'M')}", LEET))
    if _ARTICLE.match(first):
        found.append((first[2:], ARTICLE))
    return tidy(tuple(found))


def tidy(word: Word) -> Word:
    """Keep each text once, at its lowest cost, cheapest first; eight at most, always in the same order."""
    best: dict[str, int] = {}
    for text, cost in word:
        if text and cost < best.get(text, 1_000):
            best[text] = cost
    return tuple(sorted(best.items(), key=lambda r: (r[1], r[0])))[:8] if len(best) > 1 else tuple(best.items())
