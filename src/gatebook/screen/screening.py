"""What goes into a screening and what comes out: query, settings, candidates explained, and the lists compared.

The trap guarded against: an answer nobody can check. A candidate carries all that speaks for and against it, in plain
values, with the digests of list and settings it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Protocol

from gatebook import canonical
from gatebook.screen import tables
from gatebook.screen.party import ListEdition, age_in_days

SCORER = 3  # raised whenever the same inputs may give another score


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """Thresholds in thousandths: from which score of the name it is shown, and what makes it the same name.

    It is the same from ``equal_from`` of the score, however common, and from ``same_from`` of the chance that the name
    gives by itself: of two names as near to a listed one, the rare one is likelier to be that of the same party.
    """

    shown_from: int = 820
    same_from: int = 300
    equal_from: int = 965


@cache
def settings_digest(settings: ScreenSettings) -> str:
    """Return the digest of the settings, of the tables and of the scorer's version."""
    return canonical.digest({"settings": asdict(settings), "scorer": SCORER, "tables": tables.digest_text()})


@dataclass(frozen=True, slots=True)
class Query:
    """What to compare: names, and what may confirm or deny them. Empty means not known."""

    names: tuple[str, ...]
    kind: str = ""
    born_on: str = ""
    countries: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    wallets: tuple[tuple[str, str], ...] = ()
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Tokens set against each other, in thousandths: likeness, weight, and what the pair gained of the name's score."""

    query: str
    listed: str
    likeness: int
    weight: int
    gained: int
    edits: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A birth, country, number or gender compared: ``verdict`` in a word, ``points`` in hundredths of log odds."""

    what: str
    verdict: str
    points: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything the score came from. ``weights`` are of the tokens of both names, so that it can be reckoned again."""

    query_name: str
    listed_name: str
    quality: str
    pairs: tuple[Pair, ...]
    weights: tuple[tuple[str, int], ...]
    raw: str
    details: tuple[Detail, ...]
    points: int
    calibrated: str
    list_id: str
    list_digest: str
    row: str
    settings: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A listed party that may be the person, with all that speaks for and against it.

    ``grade``: confirmed (name and birth, or an exact number), possible (same name, nothing to compare), clash (same
    name, birth disagrees), weak (a weak alias or a lesser score). ``score`` is a decimal text from 0 to 1, near the
    chance that it is the same party; ``aligned`` holds token, token and cost.
    """

    list_id: str
    list_digest: str
    party_id: str
    row: str
    matched_name: str
    by: str
    score: str
    grade: str
    aligned: tuple[tuple[str, str, str], ...]
    agreed: tuple[str, ...]
    clashed: tuple[str, ...]
    is_blocking: bool
    programmes: tuple[str, ...]
    words: str
    explanation: Explanation | None = None

    @property
    def key(self) -> str:
        """The party across editions: what a disposition or a measure remembers it by."""
        return f"{self.list_id}/{self.party_id}"


@dataclass(frozen=True, slots=True)
class ComparedList:
    """A list that was compared with: its digest, how many parties, when it was fetched and of which day it is.

    ``max_age_days`` is the age set for this list alone; None leaves it to the house.
    """

    list_id: str
    digest: str
    parties: int
    fetched_at: datetime | None
    published_on: str = ""
    max_age_days: int | None = None

    @classmethod
    def of(cls, edition: ListEdition) -> ComparedList:
        """Return what is to be said of an edition that was compared with."""
        e = edition
        return cls(e.list_id, e.digest, len(e.parties), e.fetched_at, e.published_on, e.max_age_days)

    def age_days(self, today: date) -> int | None:
        """Return the age in days by the publisher's day or the day of fetching, whichever is older; None: unknown."""
        return age_in_days(self.published_on, self.fetched_at, today)


@dataclass(frozen=True, slots=True)
class Screening:
    """Candidates, strongest first, the lists compared with, and the digest of the settings."""

    candidates: tuple[Candidate, ...]
    editions: tuple[ComparedList, ...]
    settings: str


class Screener(Protocol):
    """Compares one person with every list it was made for."""

    def screen(self, query: Query) -> Screening:
        """Return every candidate; nothing at or above the settings' threshold is left out."""
        ...


_GRADES = ("weak", "clash", "possible", "confirmed")


def strength(candidate: Candidate) -> tuple[int, str, str, str, str]:
    """Order candidates: by grade, score, and then by what they are, so that the order is one."""
    return (
        _GRADES.index(candidate.grade),
        candidate.score,
        candidate.list_id,
        candidate.party_id,
        f"{candidate.row} {candidate.matched_name}",
    )


def strongest_first(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Keep the strongest candidate of each party, strongest first."""
    best: dict[tuple[str, str], Candidate] = {}
    for candidate in candidates:
        key = (candidate.list_id, candidate.party_id)
        if key not in best or strength(candidate) > strength(best[key]):
            best[key] = candidate
    return tuple(sorted(best.values(), key=strength, reverse=True))


def candidate_to_plain(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as plain values."""
    return asdict(candidate)


def explanation_from_plain(plain: Mapping[str, Any]) -> Explanation:
    """Return an explanation that was written by :func:`candidate_to_plain`."""
    own = {
        "pairs": tuple(Pair(**pair) for pair in plain["pairs"]),
        "weights": tuple((str(token), int(weight)) for token, weight in plain["weights"]),
        "details": tuple(Detail(**detail) for detail in plain["details"]),
    }
    return Explanation(**{**plain, **own})


def query_from_plain(plain: Mapping[str, Any]) -> Query:
    """Return a query from its plain form."""
    own = {name: tuple(map(tuple, plain[name])) for name in ("numbers", "wallets")}
    own |= {name: tuple(plain[name]) for name in ("names", "countries")}
    return Query(**{**plain, **own})
