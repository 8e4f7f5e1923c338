"""A party as it is put together from its rows, the same for every form.

The trap guarded against: two forms that read the same fact in two ways. Countries, dates, documents and addresses go
through here alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gatebook.screen.lists.births import birth_of
from gatebook.screen.lists.countries import codes_of
from gatebook.screen.lists.parts import is_one_word, parts_of
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import Birth, Document, ListedName, ListedParty
from gatebook.terms.evidence import Verification
from gatebook.terms.wallet import has_lost_case, normal_wallet, ticker_of

_GENDERS = {"male": "male", "m": "male", "female": "female", "f": "female"}
_MOST_NAME = 1000


class Draft:
    """A party in the making. What cannot be used is told to the tally, with the row it stood in."""

    def __init__(self, party_id: str, kind: str, tally: Tally) -> None:
        self.party_id, self.kind = party_id, kind
        self.source = self.gender = self.given_id = ""
        self.is_blocking: bool | None = None
        self._tally = tally
        self._names: list[ListedName] = []
        self._seen: dict[str, ListedName] = {}
        self._births: dict[Birth, None] = {}
        self._countries: dict[str, None] = {}
        self._nationalities: dict[str, None] = {}
        self._documents: dict[Document, None] = {}
        self._wallets: dict[tuple[str, str], None] = {}
        self._programmes: dict[str, None] = {}

    @property
    def has_names(self) -> bool:
        """Whether the party has a name yet; one without is no party."""
        return bool(self._names)

    @property
    def first_name(self) -> str:
        """The name that was given first."""
        return self._names[0].text

    def name(self, text: str, quality: str, row: str, script: str = "", language: str = "") -> None:
        """Add a name; one that another row gave already is added once, with the better quality of the two."""
        plain = " ".join(text.split())
        if not plain:
            return
        if len(plain) > _MOST_NAME:
            self._tally.unread(row, "name-too-long-cut")
            plain = plain[:_MOST_NAME]
        held = self._seen.get(plain)
        if held is None or held.row == row:
            self._seen[plain] = name = ListedName(plain, quality, row, script, language)
            self._names.append(name)
        elif held.quality == "weak" and quality != "weak":
            self._seen[plain] = ListedName(plain, quality, row, script, language)
            self._names[self._names.index(held)] = self._seen[plain]

    def born(self, text: str, row: str, *, day_first: bool = False) -> None:
        """Add a date of birth in the list's words; ``day_first`` where the form says so of ``03/04/1971``."""
        if not text.strip():
            return
        found = birth_of(text, day_first=day_first)
        if found:
            self._births[found] = None
        else:
            self._tally.unread(row, "date-of-birth-in-no-known-form")

    def born_in(self, birth: Birth | None, row: str) -> None:
        """Add a date of birth as an interval; None is one that could not be read."""
        if birth:
            self._births[birth] = None
        else:
            self._tally.unread(row, "date-of-birth-in-no-known-form")

    def lives_in(self, country: str, row: str) -> None:
        """Add a country of an address, a flag or a registration."""
        for code in self._codes(country, row):
            self._countries[code] = None

    def national_of(self, country: str, row: str) -> None:
        """Add a country of nationality or citizenship."""
        for code in self._codes(country, row):
            self._nationalities[code] = None
            self._countries[code] = None

    def document(self, kind: str, number: str, row: str, country: str = "") -> None:
        """Add a document or registration. Its country is its issuer's; none where the word stands for several."""
        plain = " ".join(number.split())
        if not plain:
            return
        codes = self._codes(country, row)
        if len(codes) > 1:
            self._tally.unread(row, "country-of-issue-may-be-several")
        self._documents[Document(" ".join(kind.split()), plain, codes[0] if len(codes) == 1 else "")] = None

    def wallet(self, currency: str, address: str, row: str) -> None:
        """Add a virtual-currency address, its case kept; one that lost its case is none and is reported."""
        ticker, plain = ticker_of(currency), address.strip()
        if not plain:
            return
        if has_lost_case(ticker, plain):
            self._tally.unread(row, f"wallet-unusable-its-case-is-lost: {ticker}")
            return
        if normal_wallet(ticker, plain)[0] is Verification.REFUTED:
            self._tally.unread(row, f"wallet-kept-though-its-checksum-is-wrong: {ticker}")
        self._wallets[ticker, plain] = None

    def programme(self, *names: str) -> None:
        """Add programmes."""
        self._programmes.update((plain, None) for name in names if (plain := name.strip()))

    def sex(self, word: str) -> None:
        """Set the gender when the list gives it."""
        self.gender = self.gender or _GENDERS.get(word.strip().rstrip(".").casefold(), "")

    def _codes(self, country: str, row: str) -> tuple[str, ...]:
        word = country.strip().rstrip(".")
        if not word:
            return ()
        codes = codes_of(word)
        if codes is None:
            self._tally.unread(row, "country-unknown", word)
            return (word[:60],)
        return codes

    def shares_a_name(self, other: Draft) -> bool:
        """Return whether one of its names is one of the other's, but for capitals."""
        return not {name.casefold() for name in self._seen}.isdisjoint(name.casefold() for name in other._seen)

    def take(self, other: Draft) -> None:
        """Add all that another draft of the same party holds."""
        kinds = {self.kind, other.kind} - {"unknown"}
        self.kind = kinds.pop() if len(kinds) == 1 else "unknown"
        for name in other._names:
            quality = "strong" if name.quality == "primary" else name.quality
            self.name(name.text, quality, name.row, name.script, name.language)
        for mine, theirs in zip(self._sets(), other._sets(), strict=True):
            mine.update(theirs)
        self.gender, self.source = self.gender or other.gender, self.source or other.source
        said = {self.is_blocking, other.is_blocking}
        self.is_blocking = True if True in said else None if None in said else False

    def _sets(self) -> tuple[dict[Any, None], ...]:
        return (
            self._births,
            self._countries,
            self._nationalities,
            self._documents,
            self._wallets,
            self._programmes,
        )

    def party(self) -> ListedParty:
        """Return the party; a primary name comes first, what stands in one cell with another name comes last."""
        names = sorted(self._names, key=lambda name: name.quality != "primary")
        names += self._besides(names)
        documents = tuple(self._documents)
        return ListedParty(
            self.party_id,
            self.kind,
            tuple(names),
            tuple(self._births),
            tuple(self._countries),
            tuple(dict.fromkeys((document.kind, document.number) for document in documents)),
            tuple(self._wallets),
            tuple(self._programmes),
            tuple(self._nationalities),
            documents,
            self.gender,
            self.source,
            self.is_blocking,
            self.given_id,
        )

    def _besides(self, names: Iterable[ListedName]) -> list[ListedName]:
        """Return the names that stand in the cell of another: of its quality, or weak when it is one word."""
        found: dict[str, ListedName] = {}
        for name in names:
            for part in parts_of(name.text, self.kind):
                if part not in self._seen:
                    found.setdefault(part, replace(name, text=part, quality=_quality_of(part, name.quality)))
        return list(found.values())


def _quality_of(part: str, quality: str) -> str:
    return "weak" if is_one_word(part) else "strong" if quality == "primary" else quality


def made_up_id(prefix: str, parts: Iterable[str]) -> str:
    """Return an id for a party whose list gives none: from what stays the same when rows are put in another order."""
    plain = "\n".join(" ".join(part.split()).casefold() for part in parts)
    return f"{prefix}-{hashlib.sha256(plain.encode()).hexdigest()[:16]}"
