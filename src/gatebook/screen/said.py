"""What names a text may hold: all of it, and those of its parts that are a name by themselves.

The trap guarded against: whoever writes their name twice, in two scripts or with something behind it, and is found
under neither.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from gatebook.screen import tables
from gatebook.screen.lists.countries import codes_of
from gatebook.screen.tokens import FAMILY, FATHER, FORM, GIVEN, INITIAL, NUMBER, PLACE, WORD, read_once

MOST_NAMES = 6  # the text and five parts
_OPEN, _SHUT, _COMMAS = "([{<\uff08\u3010", ")]}>\uff09\u3011", ",\u060c\u3001\uff0c"
_BRACKETS = re.compile(rf"[{re.escape(_OPEN)}]([^{re.escape(_OPEN + _SHUT)}]*)(?:[{re.escape(_SHUT)}]|$)")
_DEEPEST = 4  # brackets within brackets
_STROKES = r"[;|\n]|(?<=\w\w)\s*/\s*(?=\w\w)|\s/\s"  # "S/O" is a word
_COMMA = re.compile(f"[{_COMMAS}]")
_APART = re.compile(rf"[\s{_COMMAS}]+")
_SIGNS = frozenset(_OPEN + ";:|/\n")
_EDGES = f" \t\n.:;/|-\u2013\u2014\"'{_COMMAS}"
_NAMES = frozenset({WORD, GIVEN, FAMILY, FATHER})
_COUNTED = _NAMES | {FORM, INITIAL, NUMBER, PLACE}
_TWO, _TIMES = 2, (2, 3)
_ALPHABETS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})  # one takes letters for another's
_ONE_SCRIPT = {
    "HIRAGANA": "CJK",
    "KATAKANA": "CJK",
    "KATAKANA-HIRAGANA": "CJK",
    "FULLWIDTH": "LATIN",
    "IDEOGRAPHIC": "CJK",
}
_LATIN_TO = "\u024f"


def names_said(text: str) -> tuple[str, ...]:
    """Return the text and then the names it may hold, each once, six at most.

    One Latin word is no name, and neither is a country. A text with no sign of a second name costs next to nothing.
    """
    if not _has_sign(text):
        return (text,)
    found = {_key(text): text}
    for part in _parts(text):
        name = " ".join(part.split()).strip(_EDGES)
        if _key(name) not in found and _is_name(name):
            found[_key(name)] = name
            if len(found) == MOST_NAMES:
                break
    return tuple(found.values())


def all_said(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the names that several texts may hold, each once: every text first, then what they hold."""
    each = [names_said(text) for text in texts]
    return tuple(dict.fromkeys([*(names[0] for names in each), *(name for names in each for name in names[1:])]))


def _has_sign(text: str) -> bool:
    """Whether anything in a text may part it, seen at a glance and sometimes in vain."""
    if not _SIGNS.isdisjoint(text):
        return True
    words = text.lower().split()
    if not _first_words().isdisjoint(words) or (len(words) >= 2 * _TWO and words[0] in words[1:]):
        return True
    if not text.isascii() and len({_script(c) for word in words for c in (word[0], word[-1]) if c.isalpha()}) > 1:
        return True
    return any(" " in part.strip() for part in _before_commas(text))


@cache
def other_name_signs() -> str:
    """Return a pattern of all that says "also known as", the longest first; points may be strokes or left out."""
    lines = sorted(tables.lines("other_names.txt"), key=lambda line: (-len(line), line))
    return "|".join(re.escape(line).replace(r"\.", "[./]?").replace(r"\ ", r"\s+") for line in lines)


@cache
def _signs() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{other_name_signs()})(?![\w.])|{_STROKES}", re.IGNORECASE)


@cache
def _first_words() -> frozenset[str]:
    """Return the words by which a sign of the table begins; one with points as it may be written, too."""
    firsts = [line.split()[0] for line in tables.lines("other_names.txt")]
    return frozenset(w for first in firsts for w in (first, first.strip("."), first.replace(".", "")))


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def _is_name(text: str) -> bool:
    """Whether a part is a name by itself: two words or more that tell who is meant, and no country or town."""
    tokens = read_once(text).tokens
    names = [t.text for t in tokens if t.role in _NAMES]
    if not names or sum(t.role in _COUNTED for t in tokens) < _TWO:
        return False
    return not _is_place(text, names)


def _is_place(text: str, words: Iterable[str]) -> bool:
    return tables.words("places.txt").issuperset(word.strip(_EDGES).upper() for word in words) or bool(codes_of(text))


def _parts(text: str) -> Iterator[str]:
    for apart in _unbracketed(text):
        for leaf in _signs().split(apart):
            for piece in (leaf, *_before_commas(leaf)):
                yield piece
                yield from _by_script(piece)
                yield from _once(piece)


def _unbracketed(text: str) -> list[str]:
    """Return a text without its brackets, then what stood in them."""
    held: list[str] = []
    for _ in range(_DEEPEST):
        inside = _BRACKETS.findall(text)
        if not inside:
            break
        held += inside
        text = _BRACKETS.sub(" ", text)
    return [text, *held]


def _before_commas(text: str) -> Iterator[str]:
    """Yield what stands before the first and the second comma, unless it is a family name alone."""
    for place, comma in zip(range(_TWO), _COMMA.finditer(text), strict=False):
        front, behind = text[: comma.start()], text[comma.end() :]
        if place or not _is_family(front, behind):
            yield front


def _is_family(front: str, behind: str) -> bool:
    """Whether a given name stands behind a comma: one that is known, or one of a list's ``LAST NAME, First``."""
    words = behind.split()
    if not words:
        return False
    if words[0].strip(_EDGES).upper() in _known():
        return True
    return front.isupper() and not behind.isupper() and not _is_place(behind, words)


@cache
def _known() -> frozenset[str]:
    """Return given names, and some family names among them: behind a comma they say that a family name is before it."""
    rows = (members for _, members in tables.rows("names.tsv"))
    common = (line.partition(" ")[2] for line in tables.lines("common.txt"))
    return frozenset(word for line in (*rows, *common) for word in line.split())


def _by_script(text: str) -> list[str]:
    """Return the words of each script, where there are several and none stands in for another's letters."""
    if text.isascii():
        return []
    found: dict[str, list[str]] = {}
    for word in text.split():
        scripts = dict.fromkeys(_script(c) for c in word if c.isalpha())
        if len(scripts) > 1 and _ALPHABETS.issuperset(scripts):
            return []
        for script in scripts:
            one = word if len(scripts) == 1 else "".join(c for c in word if _script(c) == script)
            found.setdefault(script, []).append(one)
    return [" ".join(words) for words in found.values()] if len(found) > 1 else []


@cache
def _script(c: str) -> str:
    if c <= _LATIN_TO:
        return "LATIN"
    first = unicodedata.name(c, "?").split()[0]
    return _ONE_SCRIPT.get(first, first)


def _once(text: str) -> list[str]:
    """Return a name of two words or more that was written twice or three times, in any order, as it stands first."""
    words = [word for word in _APART.split(text) if word]
    for times in _TIMES:
        size, rest = divmod(len(words), times)
        if not rest and size >= _TWO:
            runs = [sorted(word.casefold() for word in words[at : at + size]) for at in range(0, len(words), size)]
            if all(run == runs[0] for run in runs):
                return [" ".join(words[:size])]
    return []
