"""The distinct tokens of the lists, and an exact search for all of them that are like a given token.

The trap guarded against: a filter that drops a pair the scorer would have counted. Every filter here is a bound proved
in docs/screening.md; what passes is measured by the scorer's own likeness.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from gatebook.screen.likeness import CUT_LETTERS, LEAST, LEAST_FRAME, VOWEL, budget, is_bare, likeness, namesakes
from gatebook.screen.postings import KeptPostings, Postings, as_bytes, ints, longs
from gatebook.screen.sounds import frame, sound
from gatebook.screen.tokens import FORM, PARTICLE, Token

_LONGER = 5  # the largest budget in vowels put in
_FRAME_LETTERS = "BDKVSMJLRX"
_ALL_LETTERS = "".join(sorted({chr(c) for c in range(65, 91)} | set("cxjh")))
_PART = 4_096
_PER_MARK = min(LEAST // 2, LEAST_FRAME - LEAST)
_BUDGETS = np.array([budget(n, 0) for n in range(64)], dtype=np.int16)


class KeptForms(msgspec.Struct, frozen=True, array_like=True):
    """Forms laid out, as plain values."""

    forms: list[str]
    tokens: bytes
    letters: bytes
    framed: bytes
    bare: bytes
    frames: KeptPostings


class KeptVocabulary(msgspec.Struct, frozen=True, array_like=True):
    """A vocabulary laid out, as plain values."""

    tokens: list[Token]
    by_sound: KeptPostings
    written: KeptForms
    sounding: KeptForms


class Forms:
    """Forms of tokens by length, each with its letters as bits: what may be near is found without reading it."""

    def __init__(self, kept: KeptForms) -> None:
        self._forms = np.array(kept.forms, dtype=object)
        self._tokens = ints(kept.tokens)
        self._sizes = np.array([len(form) for form in kept.forms], dtype=np.int16)
        self._letters, self._framed = longs(kept.letters), longs(kept.framed)
        self._by_frame = Postings.taken_up(kept.frames)
        self._reckoned: dict[int, tuple[int, npt.NDArray[np.uint8]]] = {}
        self._bare = frozenset(ints(kept.bare).tolist())

    @classmethod
    def laid_down(cls, forms: Iterable[tuple[str, int, bool]]) -> KeptForms:
        """Lay out forms of tokens, each with whether the token is without its vowels."""
        ordered = sorted({(len(form), form, token, bare) for form, token, bare in forms})
        texts = [form for _, form, _, _ in ordered]
        frames = [frame(form) for form in texts]
        return KeptForms(
            texts,
            as_bytes(np.array([token for *_, token, _ in ordered], dtype=np.int32)),
            as_bytes(_all_bits(texts, _ALL_LETTERS, 2)),
            as_bytes(_all_bits(frames, _FRAME_LETTERS, 6)),
            as_bytes(np.array([n for n, (*_, bare) in enumerate(ordered) if bare], dtype=np.int32)),
            Postings.of((key, n) for n, key in enumerate(frames)).laid_down(),
        )

    def near(self, form: str, *, bare: bool) -> list[int]:
        """Return the tokens with a form that may be within budget of ``form``, or of its frame with vowels lost."""
        found = [n for n in self._by_frame.get(frame(form)) if bare or n in self._bare]
        found += self._within(form)
        return self._tokens[found].tolist() if found else []

    def _within(self, form: str) -> list[int]:
        """Bound the edits from below: roughly by all marks; then by letters and frame; then by counting the edits."""
        low, marks = self._marks(len(form))
        here = slice(low, low + len(marks))
        steps = _half(np.bitwise_count(self._letters[here] ^ _letter_bits(form)))
        framed = _half(np.bitwise_count(self._framed[here] ^ _frame_bits(form)))
        near = np.flatnonzero(steps + steps + framed <= marks)
        if not len(near):
            return []
        few, framed, near = steps[near].astype(np.int16), framed[near].astype(np.int16), near + low
        most = _BUDGETS[np.minimum(np.maximum(self._sizes[near], len(form)), len(_BUDGETS) - 1)]
        kept = _least(few, framed) <= most
        near, framed, most = near[kept], framed[kept], most[kept]
        edits = process.cdist([form], self._forms[near].tolist(), scorer=OSA.distance, dtype=np.int16)[0]
        return near[_least(edits, framed) <= most].tolist()  # type: ignore[no-any-return]  # numpy says Any

    def _marks(self, size: int) -> tuple[int, npt.NDArray[np.uint8]]:
        """Return where the forms begin that are near enough in length, and what their edits may come to.

        An edit counts two, and one more where it touches the frame: each of these is worth _PER_MARK at least.
        """
        if size not in self._reckoned:
            low, high = np.searchsorted(self._sizes, [size - _LONGER, size + _LONGER + 1]).tolist()
            sizes = self._sizes[low:high]
            most = _BUDGETS[np.minimum(np.maximum(sizes, size), len(_BUDGETS) - 1)]
            inside = np.flatnonzero(np.abs(sizes - size) * VOWEL <= most)  # lengths in order: what is inside is one run
            start, stop = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0)
            self._reckoned[size] = low + start, (most[start:stop] // _PER_MARK).astype(np.uint8)
        return self._reckoned[size]


def _least(steps: npt.NDArray[np.integer[Any]], framed: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int16]:
    """The same sum as ``least_cost``, over arrays."""
    return steps * np.int16(LEAST) + framed * np.int16(LEAST_FRAME - LEAST)


def _half(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the edits that so many changed bits take at least: one edit changes two."""
    return (bits + np.uint8(1)) >> np.uint8(1)


def _letter_bits(form: str) -> np.uint64:
    return np.uint64(_bits(form, _ALL_LETTERS, 2))


def _frame_bits(form: str) -> np.uint64:
    return np.uint64(_bits(frame(form), _FRAME_LETTERS, 6))


def _bits(key: str, letters: str, deep: int) -> int:
    """Mark each letter once for every time it stands there, to a depth, so that an edit changes two marks at most."""
    found = 0
    for letter in set(key):
        if (n := letters.find(letter)) >= 0:
            found |= ((1 << min(key.count(letter), deep)) - 1) << (n * deep)
    return found


def _all_bits(keys: Sequence[str], letters: str, deep: int) -> npt.NDArray[np.uint64]:
    """The same for many keys at once, a part at a time so that a long one does not make room for all."""
    parts = [_bits_of_part(keys[start : start + _PART], letters, deep) for start in range(0, len(keys), _PART)]
    return np.concatenate([*parts, np.empty(0, dtype=np.uint64)])


def _bits_of_part(keys: Sequence[str], letters: str, deep: int) -> npt.NDArray[np.uint64]:
    written = np.array([key.encode() for key in keys], dtype=np.bytes_)
    table = written.view(np.uint8).reshape(len(keys), -1) if written.itemsize else np.zeros((len(keys), 1), np.uint8)
    found = np.zeros(len(keys), dtype=np.uint64)
    for n, letter in enumerate(letters):
        times = np.minimum((table == ord(letter)).sum(axis=1), deep).astype(np.uint64)
        found |= ((np.uint64(1) << times) - np.uint64(1)) << np.uint64(n * deep)
    return found


class Vocabulary:
    """Distinct tokens by number, found by text, role, sound, beginning and frame."""

    def __init__(self, tokens: Sequence[Token], kept: KeptVocabulary | None = None) -> None:
        """Lay out ``tokens``, or take up what was laid out of the same tokens before."""
        self.tokens = tokens
        self._by_text: dict[str, list[int]] = {}
        self._by_code: dict[tuple[str, str], list[int]] = {}
        self._by_letter: dict[str, list[int]] = {}
        for number, token in enumerate(tokens):
            self._take(number, token)
        self._sorted = sorted(self._by_text)
        self._kept = kept or self._lay_out()
        self._by_sound = Postings.taken_up(self._kept.by_sound)
        self._written, self._sounding = Forms(self._kept.written), Forms(self._kept.sounding)

    def laid_down(self) -> KeptVocabulary:
        """Return what was laid out, as plain values."""
        return self._kept

    def _lay_out(self) -> KeptVocabulary:
        written = [(t, n, is_bare(t)) for t, found in self._by_text.items() if t.isalpha() for n in found]
        sounds = (
            (key, number)
            for number, token in enumerate(self.tokens)
            for text, _ in token.readings
            if len(text) > 3  # noqa: PLR2004  as in a block
            for key in sound(text)
        )
        return KeptVocabulary(
            list(self.tokens),
            Postings.of(sounds).laid_down(),
            Forms.laid_down(written),
            Forms.laid_down((key, n, bare) for text, n, bare in written for key in sound(text)),
        )

    def _take(self, number: int, token: Token) -> None:
        if token.code:
            self._by_code.setdefault((token.role, token.code), []).append(number)
            self._by_code.setdefault((token.role, "group " + token.group), []).append(number)
        for text, _ in token.readings:
            self._by_text.setdefault(text, []).append(number)
            self._by_letter.setdefault(text[0], []).append(number)

    def sounding(self, key: str) -> list[int]:
        """Return the tokens that sound like neighbours with this key."""
        return self._by_sound.get(key)

    def similar(self, token: Token) -> list[tuple[int, int]]:
        """Return every token that is like ``token`` at all, by number, with its likeness."""
        numbers: set[int] = set()
        if token.code and token.role in {FORM, PARTICLE}:
            numbers.update(self._by_code.get((token.role, token.code), ()))
            numbers.update(self._by_code.get((token.role, "group " + token.group), ()) if token.role == FORM else ())
        for text, _ in token.readings:
            numbers.update(self._near(text))
        return [(n, found) for n in sorted(numbers) if (found := likeness(token, self.tokens[n]))]

    def _near(self, text: str) -> set[int]:
        found = {n for twin in {text, *namesakes(text)} for n in self._by_text.get(twin, ())}
        if len(text) == 1:
            return found.union(self._by_letter.get(text, ()) if text.isalpha() else ())
        found.update(self._by_text.get(text[0], ()))
        if not text.isalpha():
            return found
        found.update(self._cut_short(text))
        found.update(self._written.near(text, bare=is_bare(text)))
        for key in sound(text):
            found.update(self._sounding.near(key, bare=is_bare(text)))
        return found

    def _cut_short(self, text: str) -> set[int]:
        """Return tokens that begin with ``text``, and those with which ``text`` begins."""
        found = {n for size in range(CUT_LETTERS, len(text)) for n in self._by_text.get(text[:size], ())}
        if len(text) >= CUT_LETTERS:
            at = bisect_left(self._sorted, text)
            while at < len(self._sorted) and self._sorted[at].startswith(text):
                found.update(self._by_text[self._sorted[at]])
                at += 1
        return found
