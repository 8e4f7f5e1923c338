"""Other scripts in Latin letters: Cyrillic by several schemes, Arabic and Hebrew without their vowels, Chinese, Korean.

The trap guarded against: one romanisation taken for the only one. A passport, a newspaper and a library spell a name
three ways; each is a reading.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from anyascii import anyascii

from gatebook.screen import tables

Word = tuple[tuple[str, int], ...]
_SCHEME = (0, 5, 10)
_HAN, _HANGUL = "CJK", "HANGUL"
_ONE_LETTER = str.maketrans("یىکأإآٱةۀہ", "ييكااااههه")  # letters that Arabs and Persians write for each other


@cache
def _letters(name: str, column: int) -> dict[str, str]:
    return {row[0]: row[column] for row in tables.rows(name)}


@cache
def _table(name: str) -> dict[str, str]:
    return {row[0].translate(_ONE_LETTER): row[1] for row in tables.rows(name)}


@cache
def _cyrillic() -> tuple[dict[str, str], ...]:
    rows = tables.rows("cyrillic.tsv")
    return tuple({row[0]: row[1 + n].replace("-", "") for row in rows} for n in range(3))


def _script(word: str) -> str:
    return unicodedata.name(next((c for c in word if c.isalpha()), "A"), "?").split()[0]


def read_script(word: str) -> tuple[Word, ...]:
    """Return the words that a word of another script stands for, each with its readings."""
    script = _script(word)
    if script == "CYRILLIC":
        return (_by_scheme(word.upper()),)
    if script == "ARABIC":
        return _abjad(word, "arabic", "\u0627\u0644")
    if script == "HEBREW":
        return _abjad(word, "hebrew", "")
    if script.startswith(_HAN):
        return _chinese(word)
    if script == _HANGUL:
        return _korean(word)
    return (((_plain(anyascii(word)), 0),),)


def _plain(text: str) -> str:
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum())


def _by_scheme(word: str) -> Word:
    found = []
    for cost, scheme in zip(_SCHEME, _cyrillic(), strict=True):
        found.append((_plain("".join(scheme.get(c, anyascii(c)) for c in word)), cost))
    return tuple(found)


def _bare(word: str) -> str:
    return "".join(c for c in word if unicodedata.category(c) not in {"Mn", "Lm"})


def _abjad(word: str, script: str, article: str) -> tuple[Word, ...]:
    word, known = _bare(word), _table(f"{script}.tsv")
    if found := known.get(word.translate(_ONE_LETTER)):
        return (((found, 0),),)
    if article and word.startswith(article) and len(word) > len(article) + 2:
        rest = word[len(article) :]
        found = known.get(rest.translate(_ONE_LETTER))
        return ((("AL", 0),), ((found, 0),) if found else _spell(rest, script))
    return (_spell(word, script),)


def _spell(word: str, script: str) -> Word:
    """Semi-vowels read as vowels save at the beginning, everywhere, and nowhere."""
    soft, firm = (_letters(f"{script}_letters.tsv", column) for column in (1, 2))
    vowels = [soft.get(c, anyascii(c)) for c in word]
    solid = [firm.get(c, anyascii(c)) for c in word]
    voiced = [*solid[:1], *vowels[1:]]
    return tuple((_plain("".join(letters)), cost) for letters, cost in ((voiced, 20), (vowels, 25), (solid, 40)))


def _chinese(word: str) -> tuple[Word, ...]:
    """Surname first, of one character or of two; the rest is one given name. Longer runs are read by syllable."""
    known = _table("chinese.tsv")
    if not all(_is_han(c) for c in word) or len(word) > 4:  # noqa: PLR2004  no personal name is longer
        return tuple(((_plain(anyascii(c)), 0),) for c in word if _plain(anyascii(c)))
    cut = 2 if word[:2] in known and len(word) > 2 else 1  # noqa: PLR2004  two characters
    surname = known.get(word[:cut]) or _plain("".join(anyascii(c) for c in word[:cut]))
    given = _plain("".join(anyascii(c) for c in word[cut:]))
    return (((surname, 0),), ((given, 0),)) if given else (((surname, 0),),)


def _is_han(c: str) -> bool:
    return unicodedata.name(c, "").startswith(_HAN)


def _korean(word: str) -> tuple[Word, ...]:
    if len(word) > 4:  # noqa: PLR2004  no personal name is longer
        return (_hangul(word),)
    return (_hangul(word[:1]), _hangul(word[1:])) if len(word) > 1 else (_hangul(word),)


def _hangul(word: str) -> Word:
    """Three spellings: the official one, the usual one in the press, and the old one with hard consonants."""
    parts = [_plain(anyascii(c)) for c in word]
    usual = "".join(p.replace("EO", "O").replace("EU", "U") for p in parts)
    hard = {"G": "K", "D": "T", "B": "P", "J": "CH"}
    old = "".join(hard.get(p[:1], p[:1]) + p[1:].replace("EO", "O").replace("EU", "U") for p in parts if p)
    return (("".join(parts), 0), (usual, 10), (old, 20))
