"""Editions change with what a clause says and with nothing else; clauses hold from their day to their day."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest

from gatebook.errors import LawError
from gatebook.law.clause import Clause
from gatebook.law.consider import consider
from gatebook.law.edition import Book
from gatebook.law.sources import FILES, all_clauses
from gatebook.law.tree import LawTree
from gatebook.store.law_folder import read_law_texts
from gatebook.terms.determination import Answer
from gatebook.terms.fact import Fact, Facts

DAY = date(2026, 11, 24)
OWN, TEXTS = read_law_texts()


def edition(change: dict[str, str] | None = None, day: date = DAY) -> str:
    return LawTree.build(all_clauses(), OWN, {**TEXTS, **(change or {})}).on(day).edition


def swapped(path: str, old: str, new: str) -> dict[str, str]:
    assert old in TEXTS[path]
    return {path: TEXTS[path].replace(old, new)}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("house/contact.py", 'verified(facts, "contact.email")', 'true(facts, "contact.email_given")'),
        ("house/screening.py", '== "different"', '!= "different"'),  # a private helper of a clause
        ("eo13984/s5_definitions.py", '"person.is_us_citizen", ', ""),
        ("eo13984/s5_definitions.py", '"person.is_us_permanent_resident", ', ""),  # used, though not adopted
        ("clause.py", 'value == "verified"', 'value != "refuted"'),  # what verified means to every clause
    ],
)
def test_changing_what_a_clause_says_or_uses_changes_the_edition(path: str, old: str, new: str) -> None:
    # Breaks when a replay could find the same edition over altered law.
    assert edition(swapped(path, old, new)) != edition()


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("house/contact.py", "\n\ndef a_later_clause(facts, law):\n    return None\n"),
        ("house/contact.py", "\n# a remark\n"),
        ("eo13984/s1_records.py", "\n\ndef of_a_source_not_adopted(facts, law):\n    return None\n"),
        ("tree.py", "\n\nX = 1\n"),
    ],
)
def test_adding_later_law_to_a_file_leaves_old_days_alone(path: str, more: str) -> None:
    # Breaks when a clause that begins next year gives last year's determinations another edition.
    assert edition({path: TEXTS[path] + more}) == edition()


def test_an_end_written_into_a_clause_leaves_earlier_days_alone() -> None:
    # Breaks when the only change an old clause may have, its end, gives last year's determinations another edition.
    ended = swapped("house/contact.py", "    begins=_BEGINS,\n", "    begins=_BEGINS,\n    ends=_LATER,\n")
    ended["house/contact.py"] = ended["house/contact.py"].replace(
        "_BEGINS = date", "_LATER = date(2030, 1, 1)\n_BEGINS = date"
    )
    assert edition(ended) == edition()


@pytest.mark.parametrize("field", ["cites", "duty", "for_applicant", "exception_to", "unmet"])
def test_what_a_clause_is_registered_with_is_part_of_its_edition(field: str) -> None:
    # Breaks when a changed citation, word or reach of an exception goes unseen by the edition.
    value = (
        ("house/judgement.officer_admits",) if field == "exception_to" else "decline" if field == "unmet" else "other"
    )
    changed = dataclasses.replace(first(), **{field: value})
    assert LawTree.build((*others(), changed), OWN, TEXTS).on(DAY).edition != edition()


def test_names_made_together_are_followed_and_what_cannot_be_followed_is_refused() -> None:
    # Breaks when a clause reads a value no digest covers.
    adopted = {"adopt.yaml": "- {source: eo13984, begins: 2026-01-01}"}
    plain = LawTree.build(all_clauses(), OWN, TEXTS, adopted).on(DAY).edition
    moved = swapped("eo13984/s2_measures.py", '"eo13984/measures_on_persons"', '"eo13984/measures_on_nobody"')
    assert LawTree.build(all_clauses(), OWN, {**TEXTS, **moved}, adopted).on(DAY).edition != plain
    for text in ("for X in (1,):\n    pass\n", "if True:\n    Y = 1\n", "Z = 1\nZ += 1\n"):
        with pytest.raises(LawError, match=r"house/x\.py"):
            Book.read({"house/x.py": text})


def test_every_registered_clause_has_its_text() -> None:
    # Breaks when a clause is digested as nothing, so that changing it would go unseen.
    book = Book.read(TEXTS)
    digests = {book.digest(c.module, c.put.__name__) for c in all_clauses()}
    assert len(digests) == len(all_clauses())
    assert "" not in digests
    assert book.digest("nowhere.py", "x") == ""


def test_every_clause_file_is_imported() -> None:
    # Breaks when a clause file is law on paper only.
    found = {path for path in TEXTS if "/" in path and not path.endswith("__init__.py")}
    assert {f.__name__.removeprefix("gatebook.law.").replace(".", "/") + ".py" for f in FILES} == found


def test_a_clause_file_that_cannot_be_read_is_refused() -> None:
    # Breaks when broken text is digested as if it said something.
    with pytest.raises(LawError, match=r"house/x\.py"):
        Book.read({"house/x.py": "def ("})


def first() -> Clause:
    return next(c for c in all_clauses() if c.clause_id == "house/contact.email_is_confirmed")


def others() -> tuple[Clause, ...]:
    return tuple(c for c in all_clauses() if c.clause_id != first().clause_id)


def test_two_versions_of_a_clause_hand_over_on_their_day() -> None:
    # Breaks when a boundary is off by a day, or a later version reaches back.
    turn = date(2027, 3, 1)
    old, new = dataclasses.replace(first(), ends=turn), dataclasses.replace(first(), begins=turn, unmet="decline")
    before, after = (LawTree.build((*others(), *c), OWN, TEXTS) for c in ((first(),), (old, new)))
    held = {
        n: [c.unmet for c in after.on(turn + timedelta(n)).clauses if c.clause_id == first().clause_id]
        for n in (-1, 0, 1)
    }
    assert held == {-1: ["review"], 0: ["decline"], 1: ["decline"]}
    assert before.on(turn - timedelta(1)).edition == after.on(turn - timedelta(1)).edition
    assert before.on(turn).edition != after.on(turn).edition


def test_two_versions_on_one_day_are_refused() -> None:
    # Breaks when which of two laws holds depends on their order.
    turn = date(2027, 3, 1)
    old = dataclasses.replace(first(), ends=turn + timedelta(1))
    with pytest.raises(LawError, match="email_is_confirmed"):
        LawTree.build((*others(), old, dataclasses.replace(first(), begins=turn)), OWN, TEXTS)


def test_two_exceptions_met_at_once_are_refused_by_name() -> None:
    # Breaks when one of two exceptions wins silently.
    admits = next(c for c in all_clauses() if c.clause_id == "house/judgement.officer_admits")
    second = dataclasses.replace(admits, clause_id="house/judgement.another_admits")
    law = LawTree.build((*all_clauses(), second), OWN, TEXTS).on(DAY)
    with pytest.raises(LawError, match=r"another_admits and house/judgement\.officer_admits"):
        consider(law, Facts((Fact("review.disposition", "admit"),)))


@pytest.mark.parametrize(
    ("when", "duty", "expected"),
    [
        ("unmet", "unmet", "met"),
        ("unmet", "unknown", "met"),
        ("unknown", "met", "met"),
        ("unknown", "unmet", "unknown"),
        ("unknown", "unknown", "unknown"),
        ("met", "unmet", "unmet"),
        ("met", "unknown", "unknown"),
        ("met", "met", "met"),
    ],
)
def test_a_definition_gates_a_duty_in_three_values(when: str, duty: str, expected: str) -> None:
    # Breaks when a duty whose condition is unknown counts as not applicable, or as failed.
    one = dataclasses.replace(first(), when=(lambda *_: Answer(when),), put=_answering(duty))
    law = LawTree.build((*others(), one), OWN, TEXTS).on(DAY)
    reason = next(r for r in consider(law, Facts(())) if r.clause == one.clause_id)
    assert reason.answer.value == expected
    assert reason.effect == {"met": "none", "unmet": "review", "unknown": "review"}[expected]


def _answering(answer: str):  # noqa: ANN202  the type of a clause function is in Clause
    def email_is_confirmed(*_: object) -> Answer:
        return Answer(answer)

    return email_is_confirmed
