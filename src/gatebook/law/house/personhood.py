"""House policy on who is foreign: contradictions are for a person to look at."""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause
from gatebook.law.eo13984.s5_definitions import is_us_person
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts


@clause(
    cites="house 1.1, after EO 13984 s. 5",
    standing=Standing.HOUSE,
    begins=date(2026, 1, 1),
    unmet="review",
    for_applicant="Some of what you told us does not fit together; a person will look at it.",
)
def signs_do_not_contradict(facts: Facts, _: Parameters) -> Answer:
    """Evidence on whether the applicant is a United States person does not contradict itself."""
    count = facts.get("person.contradictions")
    return Answer.of(None if count is None else count == 0)


@clause(
    cites="house 1.2, after EO 13984 s. 1(a)",
    standing=Standing.HOUSE,
    begins=date(2026, 1, 1),
    unmet="review",
    for_applicant="We need to know whether you are a United States person; a document or other evidence can show it.",
)
def personhood_is_settled(facts: Facts, law: Parameters) -> Answer:
    """Whether the applicant is a United States or a foreign person is settled before an account opens."""
    settled = is_us_person(facts, law)
    return Answer.UNKNOWN if settled is Answer.UNKNOWN else Answer.MET
