"""The exhaustive scan: every name of every list is compared. Slow, simple, and the oracle for ever.

The trap guarded against: a candidate lost to a short cut. The one skip here is exact: two names of which no token
pair is within budget score nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from gatebook import canonical
from gatebook.screen.compare import Aligned, NameScore, compare_names, token_cost, tokens
from gatebook.screen.party import Birth, ListEdition, ListedName, ListedParty

_GRADES = ("weak", "clash", "possible", "confirmed")


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """Thresholds in thousandths of a score: from where a candidate is shown, and from where a name is the same."""

    shown_from: int = 780
    same_from: int = 880


@dataclass(frozen=True, slots=True)
class Query:
    """What to compare: names, and what may confirm or deny them. Empty means not known."""

    names: tuple[str, ...]
    kind: str = ""
    born_on: str = ""
    countries: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    wallets: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A listed party that may be the person, with all that speaks for and against it.

    ``grade``: confirmed (name and birth, or an exact number), possible (same name, nothing to compare), clash (same
    name, birth disagrees), weak (a weak alias or a lesser score). ``score`` is a decimal text from 0 to 1.
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

    @property
    def key(self) -> str:
        """The party across editions: what a disposition or a measure remembers it by."""
        return f"{self.list_id}/{self.party_id}"


@dataclass(frozen=True, slots=True)
class ComparedList:
    """A list that was compared with: its digest, how many parties, and when it was fetched."""

    list_id: str
    digest: str
    parties: int
    fetched_at: datetime | None


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


class ExhaustiveScan:
    """The ``Screener`` that compares everything with everything."""

    def __init__(self, editions: Sequence[ListEdition], settings: ScreenSettings) -> None:
        self._settings, self._editions = settings, tuple(editions)
        self._by_token: dict[str, list[int]] = {}
        self._names: list[tuple[ListEdition, ListedParty, ListedName, tuple[str, ...]]] = []
        self._exact: dict[tuple[str, str], list[tuple[ListEdition, ListedParty]]] = {}
        for edition in self._editions:
            for party in edition.parties:
                self._index(edition, party)

    def _index(self, edition: ListEdition, party: ListedParty) -> None:
        for name in party.names:
            cut = tokens(name.text)
            for token in set(cut) | {"".join(cut)}:
                self._by_token.setdefault(token, []).append(len(self._names))
            self._names.append((edition, party, name, cut))
        for _, value in party.numbers:
            self._exact.setdefault(("number", _number(value)), []).append((edition, party))
        for _, address in party.wallets:  # one may hold several currencies, and what it is called proves nothing
            self._exact.setdefault(("wallet", _wallet(address)), []).append((edition, party))

    def screen(self, query: Query) -> Screening:
        """Compare ``query`` with every listed name, number and wallet."""
        best: dict[tuple[str, str], Candidate] = {}
        for candidate in (
            *self._by_identifier(query),
            *(c for name in query.names for c in self._by_name(query, name)),
        ):
            key = (candidate.list_id, candidate.party_id)
            if key not in best or _strength(candidate) > _strength(best[key]):
                best[key] = candidate
        ordered = sorted(best.values(), key=lambda c: (_strength(c), c.list_id, c.party_id), reverse=True)
        compared = tuple(ComparedList(e.list_id, e.digest, len(e.parties), e.fetched_at) for e in self._editions)
        return Screening(tuple(ordered), compared, canonical.digest(asdict(self._settings)))

    def _by_name(self, query: Query, name: str) -> list[Candidate]:
        cut = tokens(name)
        wanted = set(cut) | {"".join(cut)}
        reached = {
            n
            for token, names in self._by_token.items()
            if token in wanted or any(token_cost(t, token) is not None for t in cut)
            for n in names
        }
        found = []
        for n in sorted(reached):
            edition, party, listed, listed_cut = self._names[n]
            if not _comparable(query.kind, party.kind):
                continue
            scored = compare_names(cut, listed_cut)
            if round(scored.score * 1000) >= self._settings.shown_from:
                found.append(self._candidate(query, edition, party, listed, scored))
        return found

    def _candidate(
        self, query: Query, edition: ListEdition, party: ListedParty, listed: ListedName, scored: NameScore
    ) -> Candidate:
        agreed, clashed = _details(query, party)
        same = round(scored.score * 1000) >= self._settings.same_from
        grade = _grade(same=same, weak=listed.quality == "weak", agreed=agreed, clashed=clashed)
        return Candidate(
            edition.list_id,
            edition.digest,
            party.party_id,
            listed.row,
            listed.text,
            "name",
            f"{scored.score:.3f}",
            grade,
            tuple((a.query, a.listed, f"{a.cost:.2f}") for a in scored.aligned),
            agreed,
            clashed,
            edition.is_blocking,
            party.programmes,
            _words(listed, grade, scored.aligned, agreed, clashed),
        )

    def _by_identifier(self, query: Query) -> list[Candidate]:
        """A wallet address is one in the world; a bare number may be another country's, so it is only possible."""
        keys = [("wallet", "wallet", _wallet(a)) for _, a in query.wallets]
        keys += [("number", "number", _number(v.rpartition(":")[2])) for _, v in query.numbers]
        return [
            Candidate(
                edition.list_id,
                edition.digest,
                party.party_id,
                party.names[0].row,
                party.names[0].text,
                by,
                "1.000",
                "confirmed" if by == "wallet" else "possible",
                (),
                (by,),
                (),
                edition.is_blocking,
                party.programmes,
                f"The {by} given is exactly one listed for {party.names[0].text}.",
            )
            for by, kind, value in keys
            for edition, party in self._exact.get((kind, value), [])
        ]


def _strength(candidate: Candidate) -> tuple[int, str]:
    return _GRADES.index(candidate.grade), candidate.score


def _comparable(query: str, listed: str) -> bool:
    """Nobody is a ship; but whether a person is an individual or an entity is only what they say of themselves."""
    return query == listed or listed not in ("vessel", "aircraft")


def _kinds_clash(query: str, listed: str) -> bool:
    return bool(query) and listed not in (query, "unknown")


def _grade(*, same: bool, weak: bool, agreed: tuple[str, ...], clashed: tuple[str, ...]) -> str:
    if not same:
        return "weak"
    if "number" in agreed or (agreed and "kind" not in clashed):
        return "confirmed"
    if weak:
        return "weak"
    # The kind is only claimed: another one neither confirms nor clears, so a person looks.
    return "clash" if "birth" in clashed and "kind" not in clashed else "possible"


def _details(query: Query, party: ListedParty) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say what else agrees and what clashes; what one side does not know is neither."""
    agreed: list[str] = []
    clashed: list[str] = []
    if query.born_on and party.births:
        (agreed if any(_may_be(query.born_on, birth) for birth in party.births) else clashed).append("birth")
    if {_number(v.rpartition(":")[2]) for _, v in query.numbers} & {_number(v) for _, v in party.numbers}:
        agreed.append("number")
    if _kinds_clash(query.kind, party.kind):
        clashed.append("kind")
    return tuple(agreed), tuple(clashed)


def _may_be(born_on: str, birth: Birth) -> bool:
    first, last = (born_on + "-01-01")[:10], (born_on + "-12-31")[:10] if len(born_on) == 4 else (born_on + "-31")[:10]  # noqa: PLR2004  a year
    return first <= birth.latest and birth.earliest <= last


def _words(
    listed: ListedName, grade: str, aligned: Sequence[Aligned], agreed: Sequence[str], clashed: Sequence[str]
) -> str:
    same = [a.query for a in aligned if a.cost == 0]
    alike = [f"{a.query} for {a.listed}" for a in aligned if 0 < a.cost < 1]
    odd = [a.query or a.listed for a in aligned if a.cost == 1]
    parts = [
        f"{', '.join(same)} the same" if same else "",
        f"{', '.join(alike)} alike" if alike else "",
        f"{', '.join(odd)} without a match" if odd else "",
        *(f"{x} agrees" for x in agreed),
        *(f"{x} clashes" for x in clashed),
    ]
    if not agreed and not clashed:
        parts.append("nothing else to compare")
    return f"{grade}: {listed.quality} name {listed.text} ({listed.row}): " + "; ".join(p for p in parts if p) + "."


def _number(value: str) -> str:
    return "".join(c for c in value.upper() if c.isalnum())


def _wallet(address: str) -> str:
    low = address.lower()
    return low if low.startswith(("0x", "bc1", "ltc1")) else address


def candidate_to_plain(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as plain values."""
    return asdict(candidate)
