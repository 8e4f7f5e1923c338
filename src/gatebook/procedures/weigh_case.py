"""Weighing: what was found of a case, what was dealt with before and what an officer said, put to the law of a day.

The trap guarded against: an officer's word put to the law where it does not reach, and a day that changes between two
facts of one determination. Day, law and facts come of one instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gatebook.decide.determine import determine
from gatebook.identify import check, plan
from gatebook.law.consider import consider
from gatebook.law.sources import of_accounts
from gatebook.law.tree import LawOfDay
from gatebook.procedures import officers_word as said
from gatebook.procedures.case import Case
from gatebook.procedures.house import House
from gatebook.record.ports import Work
from gatebook.screen.findings import measure_finding, screening_findings
from gatebook.screen.screening import Screening
from gatebook.terms.determination import Determination
from gatebook.terms.fact import Fact, Facts, Finding
from gatebook.terms.ids import ApplicationId, DeterminationId, PersonId

_FOUR_EYES = "house/four_eyes"


@dataclass(frozen=True, slots=True)
class Weighing:
    """A case screened at one instant, before anything is put to the law. ``screenings`` begin with the applicant's."""

    case: Case
    law: LawOfDay
    at: datetime
    screenings: Sequence[Screening]

    @property
    def by_one(self) -> bool:
        """Whether this house lets one officer clear a confirmed candidate of a blocking list."""
        return not self.law.parameters.table(_FOUR_EYES).get("clearing_a_block", True)

    @property
    def settled(self) -> frozenset[str]:
        """The parties an officer called the same as somebody screened, or different from everybody."""
        words = self.case.words
        return said.accepted(words, self.screenings) | said.cleared(words, self.screenings, by_one=self.by_one)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was determined, and whether anything holds the case up that the latest officer did not have before them."""

    determination: Determination
    is_new_to_officer: bool


def counts(law: LawOfDay, grade: str) -> bool:
    """Return whether a candidate of this grade may hold anybody up: a weak one, where a house sends it to review."""
    return grade != "weak" or law.parameters.text("house/weak_goes_to") != "admit"


def find_facts(weighing: Weighing) -> Facts:
    """Turn what was claimed, shown and screened into facts."""
    case, numbers, today = weighing.case, weighing.law.parameters, weighing.at.date()
    person, *others = said.undisposed(case.words, weighing.screenings, by_one=weighing.by_one)
    findings = (
        *check.check_claims(
            case.claims,
            case.evidence,
            today,
            adult_age=int(numbers.number("house/adult_age")),
            owner_share_percent=int(numbers.number("cip_2024/beneficial_owner_share")),
            residence_paper_days=int(numbers.number("house/residence_paper_days")),
        ),
        *screening_findings(
            person, today, int(numbers.number("house/list_age_days")), others, numbers.list("house/lists_needed")
        ),
        measure_finding(
            weighing.screenings,
            numbers.table("eo13984/measures_on_persons"),
            said.accepted(case.words, weighing.screenings),
            said.cleared(case.words, weighing.screenings, by_one=weighing.by_one),
        ),
        Finding("lessee.id", case.person_id, "house", "own-id"),
    )
    return Facts(check.findings_to_facts(findings))


def weigh(house: House, work: Work, weighing: Weighing, found: Facts) -> Weighed:
    """Look for earlier dealings, put everything to the law, and hear the officer's word as far as it reaches.

    Asked under the lock that the determination is entered under, so that no refusal of a moment ago is missed.
    """
    case, screenings = weighing.case, weighing.screenings
    match = said.match_of(case.words, screenings, by_one=weighing.by_one)
    facts = found.with_facts((*_earlier(house, work, case), *([Fact("review.match", match)] if match else [])))
    heard = _heard(weighing, facts)
    if heard:
        facts = facts.with_facts([Fact("review.disposition", heard)])
    determination = determine(
        weighing.law,
        facts,
        determination_id=DeterminationId(house.new_id("det")),
        application_id=ApplicationId(case.application_id),
        person_id=PersonId(case.person_id),
        asked_on=weighing.at.date(),
        at=weighing.at,
    )
    return Weighed(determination, _is_new_to_officer(case, heard, determination))


def _heard(weighing: Weighing, facts: Facts) -> str:
    """The latest officer's disposition, as far as it is heard: a decline always, an admission only where it reaches.

    To know what an admission would have to reach, the facts are considered once without it.
    """
    if not weighing.case.words:
        return ""
    word = weighing.case.words[-1]
    if word.disposition != "admit":
        return word.disposition
    held = said.holding(consider(of_accounts(weighing.law), facts))
    return "admit" if said.reaches(word, held, weighing.screenings, weighing.settled) else ""


def _is_new_to_officer(case: Case, heard: str, determination: Determination) -> bool:
    if not case.words or not heard:
        return True
    held = said.holding(determination.reasons)
    return heard == "admit" and not all(case.words[-1].is_about(reason) for reason in held)


def _earlier(house: House, work: Work, case: Case) -> tuple[Fact, ...]:
    pairs = plan.index_values(case.claims, case.evidence)
    persons = {p for field, value in pairs for p in house.door.find(work, field, value)} - {case.person_id}
    declined = any(work.registers.count("applications", {"person_id": p, "state": "declined"}) for p in persons)
    for_cause = any(work.registers.count("accounts", {"person_id": p, "for_cause": True}) for p in persons)
    return (Fact("earlier.declined", declined), Fact("earlier.closed_for_cause", for_cause))
