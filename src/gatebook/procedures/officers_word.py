"""An officer's word: what it was given about, and so how far it reaches.

The trap guarded against: a word that reaches facts nobody saw. What the officer had before them is sealed with the
word: every candidate with its grade, and every clause that held the case up with the facts it rested on. Whatever is
new goes back to an officer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gatebook.canonical import Plain
from gatebook.screen.screening import Candidate, Screening
from gatebook.terms.determination import Reason
from gatebook.terms.fact import Scalar

_GRADES = ("none", "weak", "clash", "possible", "confirmed")
_SCREENED = ("screening.person", "screening.owners")
_HOLDS = ("review", "decline")
#: Whose candidate it is (0 the applicant, then those behind them in the order claimed), and the listed party.
Whose = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """A candidate as the officer saw it. ``name`` and ``agreed`` are None in words sealed before these were kept."""

    grade: str
    is_blocking: bool
    name: str | None = None
    agreed: frozenset[str] | None = None

    def covers(self, candidate: Candidate) -> bool:
        """Return whether this is no more than was seen: no stronger, by the same name, and nothing agrees that did not.

        A list that changes a party under its number may make it another one.
        """
        if _GRADES.index(candidate.grade) > _GRADES.index(self.grade):
            return False
        same_name = self.name in (None, candidate.matched_name)
        return same_name and (self.agreed is None or self.agreed >= set(candidate.agreed))


@dataclass(frozen=True, slots=True)
class Word:
    """One officer's word that counts, with what they had before them; ``by_two`` says that another approved it.

    ``about`` holds each clause that held the case up, and the facts it looked at by name.
    """

    disposition: str
    match: str
    candidates: Mapping[Whose, Seen]
    about: Mapping[str, Mapping[str, Scalar]]
    by_two: bool

    def saw(self, whose: Whose, candidate: Candidate) -> bool:
        """Return whether this candidate was before the officer, as it is or stronger."""
        seen = self.candidates.get(whose)
        return seen is not None and seen.covers(candidate)

    def is_about(self, reason: Reason) -> bool:
        """Return whether this clause held the case up then too, and on the same facts."""
        return self.about.get(reason.clause) == _facts(reason)


def seal_word(screened: Mapping[str, Any], determination: Mapping[str, Any]) -> dict[str, Plain]:
    """Return what is sealed with a word: the candidates of a sealed screening, the clauses of a sealed determination.

    Weak candidates are among them: where the house sends those to an officer, they were seen as well.
    """
    groups = [screened["candidates"], *screened["others"]]
    return {
        "candidates": [
            {
                "of": n,
                "key": f"{c['list_id']}/{c['party_id']}",
                "grade": c["grade"],
                "is_blocking": c["is_blocking"],
                "name": c["matched_name"],
                "agreed": list(c["agreed"]),
            }
            for n, group in enumerate(groups)
            for c in group
        ],
        "about": {
            reason["clause"]: {fact["name"]: fact["value"] for fact in reason["facts"]}
            for reason in determination["reasons"]
            if reason["effect"] in _HOLDS  # what an earlier word set aside is among them: it is seen again
        },
    }


def open_word(sealed: Mapping[str, Any], *, by_two: bool) -> Word:
    """Return the word that was sealed."""
    candidates = {(c["of"], c["key"]): _seen(c) for c in sealed["candidates"]}
    return Word(sealed["disposition"], sealed["match"], candidates, sealed["about"], by_two)


def _seen(sealed: Mapping[str, Any]) -> Seen:
    agreed = sealed.get("agreed")
    return Seen(
        sealed["grade"], sealed["is_blocking"], sealed.get("name"), None if agreed is None else frozenset(agreed)
    )


def was_seen(words: Iterable[Word], whose: Whose, candidate: Candidate) -> bool:
    """Return whether an officer disposed of the case with this candidate before them, as it is or stronger."""
    return any(word.saw(whose, candidate) for word in words)


def accepted(words: Iterable[Word], screenings: Sequence[Screening]) -> frozenset[str]:
    """Return the parties an officer called the same as somebody screened; one seen as weak was not looked at."""
    same = [word for word in words if word.match == "same"]
    return frozenset(c.key for whose, c in _named(screenings) if any(_was_named(word, whose) for word in same))


def _was_named(word: Word, whose: Whose) -> bool:
    seen = word.candidates.get(whose)
    return seen is not None and seen.grade != "weak"


def cleared(words: Sequence[Word], screenings: Sequence[Screening], *, by_one: bool) -> frozenset[str]:
    """Return the parties that officers called different from everybody screened.

    A clearing counts while the candidate is no stronger than the one seen. A confirmed candidate of a blocking list
    has to be cleared as such by two; ``by_one`` says that the house lets one do it.
    """
    named = _named(screenings)
    left = {c.key for whose, c in named if not any(_clears(word, whose, c, by_one=by_one) for word in words)}
    return frozenset(c.key for _, c in named) - left


def _clears(word: Word, whose: Whose, candidate: Candidate, *, by_one: bool) -> bool:
    if word.match != "different" or not word.saw(whose, candidate):
        return False
    if candidate.grade == "confirmed" and candidate.is_blocking:
        return word.candidates[whose].is_blocking and (word.by_two or by_one)
    return True


def undisposed(words: Sequence[Word], screenings: Sequence[Screening], *, by_one: bool) -> list[Screening]:
    """Return the screenings without the candidates cleared of that very person: a new one is judged by itself.

    Otherwise whoever was once cleared of a block would be blocked again by any likeness found later. An address on a
    blocking list stays: it is the listed one, whatever was said.
    """
    return [
        replace(
            screening,
            candidates=tuple(c for c in screening.candidates if not _is_cleared(words, (n, c.key), c, by_one)),
        )
        for n, screening in enumerate(screenings)
    ]


def _is_cleared(words: Sequence[Word], whose: Whose, candidate: Candidate, by_one: bool) -> bool:
    if candidate.grade == "weak" or (candidate.by == "wallet" and candidate.is_blocking):
        return False
    return any(_clears(word, whose, candidate, by_one=by_one) for word in words)


def match_of(words: Sequence[Word], screenings: Sequence[Screening], *, by_one: bool) -> str:
    """Return ``same`` when one party was accepted, ``different`` when every one was cleared, else nothing."""
    keys = {c.key for _, c in _named(screenings)}
    if keys & accepted(words, screenings):
        return "same"
    return "different" if keys and keys <= cleared(words, screenings, by_one=by_one) else ""


def holding(reasons: Iterable[Reason]) -> list[Reason]:
    """Return the reasons that hold a case up."""
    return [r for r in reasons if r.effect in _HOLDS and not r.yielded_to]


def reaches(word: Word, held: Sequence[Reason], screenings: Sequence[Screening], settled: frozenset[str]) -> bool:
    """Return whether an admission covers all that holds the case up without it.

    Every house clause among them has to be one the officer had before them, on the same facts; and where such a
    clause rests on candidates, so has every candidate that is as strong as the weakest it speaks of. Law that is not
    the house's own is not asked: a word does not set it aside, so it holds by itself. ``settled`` are parties
    accepted or cleared.
    """
    ours = [reason for reason in held if reason.clause.startswith("house/")]
    if not all(word.is_about(reason) for reason in ours):
        return False
    grades = [str(fact.value) for r in ours for fact in r.facts if fact.name in _SCREENED and fact.value != "none"]
    if not grades:
        return True
    weakest = min(map(_GRADES.index, grades))
    return all(
        word.saw((n, c.key), c) or c.key in settled
        for n, screening in enumerate(screenings)
        for c in screening.candidates
        if _GRADES.index(c.grade) >= weakest
    )


def _named(screenings: Sequence[Screening]) -> list[tuple[Whose, Candidate]]:
    """Every candidate but weak ones, with whose it is."""
    return [((n, c.key), c) for n, s in enumerate(screenings) for c in s.candidates if c.grade != "weak"]


def _facts(reason: Reason) -> dict[str, Scalar]:
    return {fact.name: fact.value for fact in reason.facts}
