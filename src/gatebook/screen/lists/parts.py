"""The names in one cell of a list: what stands round an "a.k.a.", in brackets and outside of them.

The trap guarded against: a party whom nobody finds by either of two names because the list keeps both in one cell. The
cell is a name as it stands; what is here are names besides.
"""

from __future__ import annotations

import re
from functools import cache

from gatebook.screen import tables
from gatebook.screen.fold import cut_words
from gatebook.screen.lists.countries import codes_of
from gatebook.screen.said import other_name_signs

_MOST = 6
_SHORTEST, _PERSONS_WORDS = 3, 3
_BRACKET = re.compile(r"([(\[])([^()\[\]]*)[)\]]")
#: what brackets say of a name that is no name: whole, and words of it
_NOTES = frozenset(
    """birth name|devil|group|holding|initials|jr|junior|off shore|offshore|persian gulf|private|public organisation|rtd
    |sahami khass|senior|south south|sr|third|zona libre""".replace("\n    ", "").split("|")
)
_NOTE_WORDS = frozenset(
    "any branch comoras comoren comores ftz komoren komoru likvidatsii located location office only sec".split()  # noqa: SIM905  words in a line
)


def parts_of(text: str, kind: str) -> tuple[str, ...]:
    """Return the names a cell holds besides itself, six at most; none of nearly every cell.

    A bracket that is a country, a form of organisation or a note adds only what stands outside. Of a person it stands
    for the word before it; of an organisation it is a name by itself when it ends the name, or is its initials.
    """
    between, _ = _signs()
    if not (_BRACKET.search(text) or between.search(text)):
        return ()
    outside = _joined(_BRACKET.sub(" ", text))
    pieces = [_joined(piece) for piece in between.split(outside)]
    found = [] if len(pieces) > 1 and all(map(is_one_word, pieces)) else pieces
    for bracket in _BRACKET.finditer(text):
        if bracket[1] == "(":
            found += _within(bracket, text, outside, kind)
    kept = [name for name in dict.fromkeys(found) if name != text and _is_name(name)]
    return tuple(kept[:_MOST])


def is_one_word(name: str) -> bool:
    """Return whether a name is of one word, which many may have."""
    return len(cut_words(name)) == 1


@cache
def _signs() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what stands between two names, and what stands before one in brackets."""
    words = other_name_signs()
    between = re.compile(rf"\s+(?:{words}):?\s+|\s+/\s+|;\s*", re.IGNORECASE)
    return between, re.compile(rf"(?:{words}):?\s+", re.IGNORECASE)


def _within(bracket: re.Match[str], text: str, outside: str, kind: str) -> list[str]:
    said = bracket[2].strip()
    if sign := _signs()[1].match(said):
        return [said[sign.end() :]]
    if _is_note(said):
        return []
    before, after = (_BRACKET.sub(" ", half) for half in (text[: bracket.start()], text[bracket.end() :]))
    is_last = not _joined(after) or _is_form(_joined(after))
    if kind == "individual" or (kind == "unknown" and not is_last and len(cut_words(outside)) <= _PERSONS_WORDS):
        return [_joined(f"{' '.join(before.split()[:-1])} {said} {after}")]
    if is_one_word(said):
        return [said] if _are_initials(said, outside) else []
    return [said] if is_last else []


def _joined(text: str) -> str:
    return re.sub(r"\s+(?=[,.)])", "", " ".join(text.split())).strip(" ,;/")


def _is_name(name: str) -> bool:
    words = cut_words(name)
    is_note = bool(_NOTE_WORDS & {word.casefold() for word in words[:2]})
    return sum(map(len, words)) >= _SHORTEST and not is_note and not codes_of(name)


def _is_note(said: str) -> bool:
    words = [word.casefold() for word in cut_words(said)]
    is_plain = said[:1].islower() or " ".join(words) in _NOTES or bool(_NOTE_WORDS & set(words))
    is_place = {word.upper() for word in cut_words(said)} <= tables.words("places.txt")
    return is_plain or is_place or bool(codes_of(said)) or _is_form(said)


def _is_form(text: str) -> bool:
    return all(" ".join(cut_words(piece)).upper() in _forms() for piece in text.split(",") if piece.strip())


@cache
def _forms() -> frozenset[str]:
    return frozenset(form for _, _, forms in tables.rows("forms.tsv") for form in forms.split("|"))


def _are_initials(word: str, name: str) -> bool:
    """Return whether the letters of a word stand in a name in that order, the first of both being the same."""
    letters, rest = ([c for c in text.casefold() if c.isalnum()] for text in (word, name))
    left = iter(rest)
    return letters[:1] == rest[:1] and all(letter in left for letter in letters)
