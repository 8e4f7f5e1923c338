"""OFAC parity: an approximation of the search on Treasury's own site, for a house that asks for it by name.

The trap guarded against: the approximation taken for the original, or for the rule of the house. It follows what FAQ
249 says and no more, it has been checked against nothing here, and every candidate says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
from anyascii import anyascii
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from gatebook import canonical
from gatebook.screen.evidence import are_compared
from gatebook.screen.fold import plain_text
from gatebook.screen.identifiers import Identifiers
from gatebook.screen.party import ListEdition, ListedName, ListedParty
from gatebook.screen.screening import (
    Candidate,
    ComparedList,
    Query,
    Screening,
    ScreenSettings,
    strongest_first,
)

NAME = "ofac-parity"
VERSION = 1  # raised whenever the same inputs may give another score
WHOLE, PARTS = "whole name", "name parts"
_WHOLE_PERCENT = 100
_SAME_PERCENT = 90  # divides the grades possible and weak, and is ours
_SOUNDS = {c: str(n) for n, letters in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1) for c in letters}
_BETWEEN = "HW"  # letters that do not part two of one sound
_CODE = 4
_Floats = npt.NDArray[np.float64]


def plain_name(text: str) -> str:
    """Return a name in capitals A to Z and figures, words divided by one blank."""
    letters = anyascii(plain_text(text)).upper().replace("'", "")
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())


def soundex(part: str) -> str:
    """Return the American Soundex code of a part, empty where it does not begin with a letter."""
    if not part[:1].isalpha():
        return ""
    code, last = part[0], _SOUNDS.get(part[0], "")
    for letter in part[1:]:
        sound = _SOUNDS.get(letter, "")
        if sound and sound != last:
            code += sound
        if letter not in _BETWEEN:
            last = sound
    return code[:_CODE].ljust(_CODE, "0")


class OfacParity:
    """A ``Screener`` after FAQ 249: whole strings by Jaro-Winkler, parts by that and Soundex, and the higher counts.

    Every listed name is compared. ``settings.shown_from`` is the minimum name score, in whole per cent. Details neither
    find nor deny.
    """

    def __init__(self, editions: Sequence[ListEdition], settings: ScreenSettings | None = None) -> None:
        self._settings = settings or ScreenSettings()
        self._editions = tuple(editions)
        self._identifiers = Identifiers(self._editions)
        self._compared = tuple(map(ComparedList.of, self._editions))
        self._places: dict[str, list[tuple[ListEdition, ListedParty, ListedName]]] = {}
        for edition, party, name in _all_names(self._editions):
            if plain := plain_name(name.text):
                self._places.setdefault(plain, []).append((edition, party, name))
        self._names = tuple(self._places)
        numbers: dict[str, int] = {}
        parts = [[numbers.setdefault(part, len(numbers)) for part in name.split()] for name in self._names]
        self._parts, self._codes = tuple(numbers), np.array([soundex(part) for part in numbers], dtype=np.str_)
        self._held = np.array([n for held in parts for n in held], dtype=np.int64)
        sizes = np.array([len(held) for held in parts], dtype=np.int64)
        self._starts = np.cumsum(sizes) - sizes

    @property
    def editions(self) -> tuple[ComparedList, ...]:
        """The lists compared with."""
        return self._compared

    def screen(self, query: Query) -> Screening:
        """Compare ``query`` with every listed name, number and wallet."""
        found = [*self._identifiers.find(query), *(c for text in query.names for c in self._by_name(query, text))]
        settings = {"settings": asdict(self._settings), "scorer": f"{NAME} {VERSION}"}
        return Screening(strongest_first(found), self._compared, canonical.digest(settings))

    def scores(self, text: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Return for each distinct listed name its score in whole per cent, and whether it is that of the parts."""
        plain = plain_name(text)
        if not plain or not self._names:
            return np.zeros(len(self._names), dtype=np.int64), np.zeros(len(self._names), dtype=np.bool_)
        whole = _percent(process.cdist([plain], self._names, scorer=JaroWinkler.similarity, dtype=np.float64)[0])
        composite = _percent(self._composite(plain.split()))
        return np.maximum(whole, composite), composite > whole

    def _composite(self, parts: list[str]) -> _Floats:
        """Return for each name the mean over the parts asked for of the best score any of its own parts has."""
        alike: _Floats = process.cdist(parts, self._parts, scorer=JaroWinkler.similarity, dtype=np.float64)
        for n, part in enumerate(parts):
            if code := soundex(part):
                same = self._codes == code
                alike[n, same] = (alike[n, same] + 1) / 2  # how Treasury joins the two is not published
        best: _Floats = np.maximum.reduceat(alike[:, self._held], self._starts, axis=1)
        mean: _Floats = best.mean(axis=0)
        return mean

    def _by_name(self, query: Query, text: str) -> Iterator[Candidate]:
        scores, by_parts = self.scores(text)
        for number in np.flatnonzero(scores * 10 >= self._settings.shown_from).tolist():
            way = PARTS if by_parts[number] else WHOLE
            for edition, party, name in self._places[self._names[number]]:
                if are_compared(query.kind, party.kind):
                    yield self._candidate(edition, party, name, int(scores[number]), way)

    def _candidate(
        self, edition: ListEdition, party: ListedParty, name: ListedName, percent: int, way: str
    ) -> Candidate:
        same = percent >= _SAME_PERCENT and name.quality != "weak"
        return Candidate(
            edition.list_id,
            edition.digest,
            party.party_id,
            name.row,
            name.text,
            NAME,
            f"{percent // _WHOLE_PERCENT}.{percent % _WHOLE_PERCENT:02d}",
            "possible" if same else "weak",
            (),
            (),
            (),
            edition.blocks(party),
            party.programmes,
            f"{name.quality} name {name.text} ({name.row}) at {percent} per cent by its {way}. This approximates "
            "Treasury's own search after its FAQ 249; it is not that search.",
        )


def _all_names(editions: Sequence[ListEdition]) -> Iterator[tuple[ListEdition, ListedParty, ListedName]]:
    for edition in editions:
        for party in edition.parties:
            for name in party.names:
                yield edition, party, name


def _percent(scores: _Floats) -> npt.NDArray[np.int64]:
    """Round to whole per cent, halves up; all but the same is below a hundred."""
    found: npt.NDArray[np.int64] = np.floor(scores * _WHOLE_PERCENT + 0.5).astype(np.int64)
    return np.where(scores < 1, np.minimum(found, _WHOLE_PERCENT - 1), found)
