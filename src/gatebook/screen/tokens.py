"""A name as tokens: what part each word plays, what it may be read as, and which neighbours may be one word.

The trap guarded against: a word thrown away. Titles, particles and forms of organisation keep a small weight, so that a
name made of nothing else still has something to be compared by.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby

from gatebook.screen import tables
from gatebook.screen.fold import Word, cut_words, is_cyrillic, plain_text, read_word
from gatebook.screen.sounds import sound_joined

FAMILY, GIVEN, WORD, PARTICLE, TITLE, FORM, INITIAL, NUMBER = (
    "family", "given", "word", "particle", "title", "form", "initial", "number",
)  # fmt: skip
FATHER, PLACE = "father", "place"  # a word has these only beside others: a father's name, where an organisation is
MOST_TOKENS = 24  # no name is longer; what stands beyond is joined to the last token's end, never dropped
_LONGEST_FORM = 5
_JOIN = 3  # so many neighbours may be one word
_SHORT_FORM = 2
_SPELT_OUT = 4  # so many letters apart are one word
_SHORTEST_FATHER = 8
_WITH_FATHER = 3  # a name of fewer words has no father's name
_TELLING = frozenset({WORD, GIVEN, FAMILY})


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a name: its readings, cheapest first, and its role. Forms carry their code and group."""

    readings: Word
    role: str
    code: str = ""
    group: str = ""

    @property
    def text(self) -> str:
        """The reading shown to a person."""
        return self.readings[0][0]


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring tokens ``start`` to ``stop`` written as one; ``key`` is how that sounds."""

    start: int
    stop: int
    key: str


@dataclass(frozen=True, slots=True)
class Name:
    """A name ready to compare: ``tokens`` in natural order, and the ``blocks`` its neighbours make."""

    tokens: tuple[Token, ...]
    blocks: tuple[Block, ...]


@cache
def _forms() -> dict[tuple[str, ...], tuple[str, str]]:
    return {
        tuple(written.split()): (code, group)
        for code, group, forms in tables.rows("forms.tsv")
        for written in forms.split("|")
    }


@cache
def _form_heads() -> frozenset[str]:
    return frozenset(form[0] for form in _forms())


@cache
def _particles() -> dict[str, str]:
    return {word: line.split()[0] for line in tables.lines("particles.txt") for word in line.split()}


@lru_cache(maxsize=100_000)
def _token(word: Word, role: str) -> Token:
    text = word[0][0]
    if len(text) == 1:
        return Token(word[:1], INITIAL if text.isalpha() else NUMBER)
    if text.isdigit():
        return Token(word[:1], NUMBER)
    if text in _particles():
        return Token(word, PARTICLE, _particles()[text])
    if text in tables.words("titles.txt") and not (role == FAMILY and _is_namelike(text)):
        return Token(word, TITLE)
    return Token(word, role)


def _is_namelike(text: str) -> bool:
    return text in tables.words("namelike_titles.txt")


@lru_cache(maxsize=100_000)
def _words(text: str) -> tuple[Word, ...]:
    written = _put_together(cut_words(text))
    in_cyrillic = not text.isascii() and any(map(is_cyrillic, text))
    return tuple(word for one in written for word in read_word(one, in_cyrillic=in_cyrillic) if word)


def _put_together(written: list[str]) -> list[str]:
    """Read four letters or more that stand apart as one word."""
    if sum(map(len, written)) >= 2 * len(written) or sum(len(w) == 1 for w in written) < _SPELT_OUT:
        return written
    found: list[str] = []
    for is_letter, run in groupby(written, lambda w: len(w) == 1 and w.isalpha()):
        words = list(run)
        found += ["".join(words)] if is_letter and len(words) >= _SPELT_OUT else words
    return found


def _fold_forms(tokens: list[Token]) -> list[Token]:
    """Take forms of organisation at either end, or anywhere when long, the longest first, as one token each."""
    if _form_heads().isdisjoint([t.readings[0][0] for t in tokens]):
        return tokens
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        size, form = _form_at(tokens, at)
        if form is None or (size == len(tokens)):
            found.append(tokens[at])
            at += 1
            continue
        text = "".join(t.text for t in tokens[at : at + size])
        found.append(Token(((text, 0),), FORM, *form))
        at += size
    return found


def _form_at(tokens: list[Token], at: int) -> tuple[int, tuple[str, str] | None]:
    if tokens[at].text in _form_heads():
        for size in range(min(_LONGEST_FORM, len(tokens) - at), 0, -1):
            form = _forms().get(tuple(t.text for t in tokens[at : at + size]))
            letters = sum(len(t.text) for t in tokens[at : at + size])
            at_end = at + size == len(tokens) or at == 0
            if form and (letters > _SHORT_FORM or at_end) and (at or letters > 1):
                return size, form
    return 0, None


@lru_cache(maxsize=100_000)
def read_name(text: str) -> Name:
    """Read a name as lists write it (``LAST, First``) or as people do; the order of words is natural order."""
    return read_once(text)


def read_once(text: str) -> Name:
    """The same for a name that nobody will ask for again soon: it is not remembered."""
    plain = plain_text(text)
    last, comma, first = plain.partition(",")
    if comma and "," not in first and (given := _words(first)) and (family := _words(last)):
        tokens = [_token(w, GIVEN) for w in given] + [_token(w, FAMILY) for w in family]
        if len(tokens) > len(given) and len(_fold_forms(tokens[: len(given)])) == len(given) and not _is_form(given):
            return _name(tokens, len(given))
        tokens = tokens[len(given) :] + tokens[: len(given)]  # "SMITH AND SONS, LTD" is no surname
        return _name(_fold_forms([_token(t.readings, WORD) for t in tokens]), 0)
    return _name(_fold_forms([_token(w, WORD) for w in _words(plain)]), 0)


def _is_form(words: tuple[Word, ...]) -> bool:
    return tuple(w[0][0] for w in words) in _forms()


def _name(tokens: list[Token], wrap: int) -> Name:
    if len(tokens) > MOST_TOKENS:
        rest = "".join(t.text for t in tokens[MOST_TOKENS:])[:64]
        tokens = [*tokens[:MOST_TOKENS], Token(((rest, 0),), WORD)]
    if len(tokens) > 1 and tokens[-1].role == TITLE and _is_namelike(tokens[-1].text):
        tokens[-1] = Token(tokens[-1].readings, WORD)  # what stands last is a surname more often than a title
    tokens = _beside_others(tokens)
    texts, count = [t.readings[0][0] for t in tokens], len(tokens)
    found = []
    for start in range(count - 1):
        found += [
            Block(start, stop, key)
            for stop in range(start + 2, min(start + _JOIN, count) + 1)
            if (key := _key(texts[start:stop]))
        ]
    if count > _JOIN and (key := _key(texts)):
        found.append(Block(0, count, key))
    if wrap and count == 2 and (key := _key(texts[::-1])):  # noqa: PLR2004  surname and given name, the other way round
        found.append(Block(-1, 2, key))
    return Name(tuple(tokens), tuple(found))


def _beside_others(tokens: list[Token]) -> list[Token]:
    """Give the roles that words have only beside others, so that a token's weight hangs on nothing but the token."""
    if any(_is_fathers(t) for t in tokens):
        tokens = _with_father(tokens)
    if not tables.words("places.txt").isdisjoint([t.readings[0][0] for t in tokens]):
        tokens = _with_places(tokens)
    return tokens


@cache
def _fathers_endings() -> tuple[str, ...]:
    return tuple(sorted(tables.words("patronyms.txt")))


def _is_fathers(token: Token) -> bool:
    text = token.readings[0][0]
    return len(text) >= _SHORTEST_FATHER and token.role in {WORD, GIVEN} and text.endswith(_fathers_endings())


def _with_father(tokens: list[Token]) -> list[Token]:
    """Name the father: the first of such words that does not begin the name, if that has a family name besides."""
    telling = [at for at, t in enumerate(tokens) if t.role in _TELLING]
    if len(telling) < _WITH_FATHER:
        return tokens
    at = next((at for at in telling[1:] if _is_fathers(tokens[at])), None)
    return [Token(t.readings, FATHER) if n == at else t for n, t in enumerate(tokens)]


def _with_places(tokens: list[Token]) -> list[Token]:
    """Name the places at the end of an organisation's name, where a word is left that says which one it is."""
    trade, places = tables.words("words.txt"), tables.words("places.txt")
    rest = len(tokens)
    while rest and (tokens[rest - 1].role == FORM or tokens[rest - 1].text in places or tokens[rest - 1].text in trade):
        rest -= 1
    is_trade = any(t.role == FORM or t.text in trade for t in tokens)
    if not is_trade or not any(t.role == WORD and t.text not in trade for t in tokens[:rest]):
        return tokens
    return [
        Token(t.readings, PLACE) if n >= rest and t.role == WORD and t.text in places else t
        for n, t in enumerate(tokens)
    ]


def _key(texts: list[str]) -> str:
    return sound_joined(texts) if sum(map(len, texts)) > 3 else ""  # noqa: PLR2004  short strings prove nothing
