"""What a word clears, candidate by candidate: grades only ever fall, and nobody is cleared for another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.procedures.officers_word import Seen, Word, accepted, cleared, match_of, open_word, reaches, seal_word
from gatebook.screen.screening import Candidate, Screening
from gatebook.terms.determination import Answer, Reason, Standing
from gatebook.terms.fact import Fact

GRADES = ("weak", "clash", "possible", "confirmed")
grades = st.sampled_from(GRADES)


def candidate(grade: str, party: str = "1", *, blocking: bool = True) -> Candidate:
    words = (("x",), (), ())
    return Candidate("l", "d", party, "r", "N", "name", "1.000", grade, (), *words[:2], blocking, (), "")


def screening(*candidates: Candidate) -> Screening:
    return Screening(candidates, (), "s")


def word(match: str, seen: dict[tuple[int, str], Seen], *, by_two: bool = False, about: Any = None) -> Word:
    return Word("admit", match, seen, about or {}, by_two)


def reason(clause: str, **facts: Any) -> Reason:
    put = tuple(Fact(name.replace("_", ".", 1), value) for name, value in facts.items())
    return Reason(clause, "c", Standing.HOUSE, "", Answer.UNMET, "review", "d", "", put, ())


def test_an_owners_clearing_is_not_the_applicants() -> None:
    # Breaks when a party is cleared of one person and so of everybody in the application.
    said = [word("different", {(1, "l/1"): Seen("possible", is_blocking=True)})]
    both = [screening(candidate("possible")), screening(candidate("possible"))]
    assert cleared(said, both, by_one=False) == frozenset()
    assert match_of(said, both, by_one=False) == ""
    assert match_of(said, [screening(), both[1]], by_one=False) == "different"


@given(grades, grades, st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_a_clearing_never_reaches_a_stronger_candidate_and_a_block_takes_two(
    seen: str, now: str, was_blocking: bool, is_blocking: bool, by_two: bool, by_one: bool
) -> None:
    # Breaks when a grade grows, or a list begins to block, under a clearing.
    said = [word("different", {(0, "l/1"): Seen(seen, is_blocking=was_blocking)}, by_two=by_two)]
    found = cleared(said, [screening(candidate(now, blocking=is_blocking))], by_one=by_one)
    if now == "weak" or GRADES.index(now) > GRADES.index(seen):
        assert not found
    elif now == "confirmed" and is_blocking:
        assert bool(found) == (was_blocking and (by_two or by_one))
    else:
        assert found == {"l/1"}


def test_the_same_is_said_only_of_those_looked_at() -> None:
    # Breaks when an officer's "same" makes a listed person of a weak likeness they passed over.
    said = [word("same", {(0, "l/1"): Seen("clash", is_blocking=True), (0, "l/2"): Seen("weak", is_blocking=True)})]
    assert accepted(said, [screening(candidate("confirmed"), candidate("possible", "2"))]) == {"l/1"}


@pytest.mark.parametrize(
    ("held", "is_reached"),
    [
        ([], True),
        ([reason("house/a.b", person_contradictions=1)], True),
        ([reason("house/a.b", person_contradictions=2)], False),
        ([reason("house/a.c")], False),
        ([reason("cip_2024/a.c")], True),  # a word does not set it aside: it holds by itself
    ],
)
def test_an_admission_reaches_clauses_seen_on_the_facts_they_had(held: list[Reason], is_reached: bool) -> None:
    # Breaks when a clause the officer saw covers facts they did not.
    spoken = word("", {}, about={"house/a.b": {"person.contradictions": 1}})
    assert reaches(spoken, held, [screening()], frozenset()) == is_reached


def test_a_sealed_word_opens_as_it_was_given() -> None:
    # Breaks when what the officer had before them is sealed in part.
    seen = {"list_id": "l", "party_id": "1", "grade": "clash", "is_blocking": True}
    seen |= {"matched_name": "GORSE, Wim", "agreed": ("country",)}
    held = {"clause": "house/a.b", "effect": "review", "facts": [{"name": "account.type", "value": "gpu"}]}
    met = {"clause": "house/a.c", "effect": "none", "facts": []}
    sealed = seal_word({"candidates": [], "others": [[seen]]}, {"reasons": [held, met]})
    found = open_word({"disposition": "admit", "match": "", **sealed}, by_two=True)
    assert found == Word(
        "admit",
        "",
        {(1, "l/1"): Seen("clash", True, "GORSE, Wim", frozenset({"country"}))},
        {"house/a.b": {"account.type": "gpu"}},
        by_two=True,
    )
