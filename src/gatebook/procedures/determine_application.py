"""Determining: screen, look for earlier dealings, put the facts to the law of the day, enter, and only then act.

The trap guarded against: an account that opens before its determination is entered. Each numbered step commits
by itself; a crash between two leaves the application in review, and running this again takes it up from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gatebook import canonical
from gatebook.decide.determine import determine
from gatebook.identify import check, plan
from gatebook.law import consider
from gatebook.law.tree import LawOfDay
from gatebook.procedures import case as cases
from gatebook.procedures.house import House, Operator
from gatebook.procedures.retention import retain_until
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Work
from gatebook.screen.findings import measure_finding, screening_findings, strongest
from gatebook.screen.screening import Screening, candidate_to_plain
from gatebook.terms.account import ApplicationClaims
from gatebook.terms.determination import Determination, Outcome
from gatebook.terms.evidence import Requirement
from gatebook.terms.fact import Fact, Facts, Finding
from gatebook.terms.ids import ApplicationId, DeterminationId, PersonId

WithIt = Callable[[Work, Determination], None]
#: The field of the keyed index under which a screening is found by a party it named, once that party is taken off.
CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class Determined:
    """What determining gave: the determination, its ledger position, what is still due, and who is waited for."""

    determination: Determination
    position: int
    due: tuple[Requirement, ...]
    waiting_on: str
    account_id: str = ""


def determine_application(house: House, operator: Operator, case: cases.Case) -> Determined | None:
    """Determine ``case`` by the law of today and carry the outcome out (design, walk one, steps 4 to 6).

    Returns None when a later step was entered since the case was put together: then nothing is carried out, and
    ``judge`` takes it up with all there is.
    """
    law = house.law.on(house.now().date())
    screened = screen_case(house, operator, case)  # (4)
    facts = gather_facts(house, law, case, screened)  # (5) and all that was found before
    determination = _put(house, law, case, facts)
    due = evidence_due(determination, case.claims)
    waiting_on = _waits_for(determination, due)
    position = _enter_determination(house, operator, case, determination, due, waiting_on)  # (6)
    account_id = None if position is None else _carry_out(house, operator, case, law, determination, position)
    if position is None or account_id is None:
        return None
    return Determined(determination, position, due, waiting_on, account_id)


def evidence_due(determination: Determination, claims: ApplicationClaims) -> tuple[Requirement, ...]:
    """Return the evidence that would move an application in review; one that is settled is asked for nothing."""
    if determination.outcome is not Outcome.REVIEW:
        return ()
    return plan.requirements_due(consider.due_facts(determination.reasons), claims)


def determine_account(
    house: House, operator: Operator, case: cases.Case, with_it: WithIt, *, is_reviewed: bool
) -> Determined:
    """Determine an account that is already open: entered and, where a person must look, reviewed.

    ``with_it`` does what belongs to the determination in its own transaction, such as restricting. ``is_reviewed``
    says that an officer's word on this very account is what is being carried out.
    """
    law = house.law.on(house.now().date())
    facts = gather_facts(house, law, case, screen_case(house, operator, case))
    determination = _put(house, law, case, facts)
    found = determination.outcome in (Outcome.REVIEW, Outcome.DECLINE)
    waiting_on = "officer" if found and not is_reviewed else ""
    position = _enter_determination(house, operator, case, determination, (), waiting_on, with_it)
    assert position is not None  # noqa: S101  only an application can be overtaken
    return Determined(determination, position, (), waiting_on, case.account_id)


def screen_case(house: House, operator: Operator, case: cases.Case) -> tuple[Screening, list[Screening]]:
    """Compare the person, those behind it and every payment identifier with the lists; seal and enter what came."""
    query, queries = cases.query_of(case), cases.queries_of_others(case)
    screening, *others = house.screener().screen_many([query, *queries])
    payload = canonical.plain(
        {
            "candidates": [candidate_to_plain(c) for c in screening.candidates],
            "others": [[candidate_to_plain(c) for c in other.candidates] for other in others],
            "query": query,
            "queries_of_others": queries,
        }
    )
    named = [(CANDIDATE, c.key) for s in (screening, *others) for c in s.candidates if c.grade != "weak"]
    body = {
        "candidates": len(screening.candidates),
        "strongest": strongest(screening.candidates),
        "lists": [edition.digest for edition in screening.editions],
        "settings": screening.settings,
    }
    with house.state.transaction() as work:
        entry = Entry(
            "person.screened",
            house.now(),
            operator.operator_id,
            person=case.person_id,
            application=case.application_id,
            account=case.account_id,
            body=body,
        )
        enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, named))
    return screening, others


def gather_facts(house: House, law: LawOfDay, case: cases.Case, screened: tuple[Screening, list[Screening]]) -> Facts:
    """Turn findings, earlier dealings and an officer's word into the facts put to the law."""
    numbers, today = law.parameters, house.now().date()
    screening, others = screened
    findings = (
        *check.check_claims(
            case.claims,
            case.evidence,
            today,
            adult_age=int(numbers.number("house/adult_age")),
            owner_share_percent=int(numbers.number("cip_2024/beneficial_owner_share")),
        ),
        *screening_findings(screening, today, int(numbers.number("house/list_age_days")), others),
        measure_finding(
            [screening, *others], numbers.table("eo13984/measures_on_persons"), case.accepted, case.cleared
        ),
        Finding("lessee.id", case.person_id, "house", "own-id"),
    )
    with house.state.read() as work:
        earlier = _earlier(house, work, case)
    return Facts(check.findings_to_facts(findings)).with_facts(
        (*earlier, *case.disposition_facts([screening, *others]))
    )


def _earlier(house: House, work: Work, case: cases.Case) -> Sequence[Fact]:
    pairs = plan.index_values(case.claims, case.evidence)
    persons = {p for field, value in pairs for p in house.door.find(work, field, value)} - {case.person_id}
    declined = any(work.registers.count("applications", {"person_id": p, "state": "declined"}) for p in persons)
    for_cause = any(work.registers.count("accounts", {"person_id": p, "for_cause": True}) for p in persons)
    return (Fact("earlier.declined", declined), Fact("earlier.closed_for_cause", for_cause))


def _put(house: House, law: LawOfDay, case: cases.Case, facts: Facts) -> Determination:
    at = house.now()
    return determine(
        law,
        facts,
        determination_id=DeterminationId(house.new_id("det")),
        application_id=ApplicationId(case.application_id),
        person_id=PersonId(case.person_id),
        asked_on=at.date(),
        at=at,
    )


def _waits_for(determination: Determination, due: Sequence[Requirement]) -> str:
    """The applicant while something they can supply is the only thing missing; else an officer."""
    if determination.outcome is not Outcome.REVIEW:
        return ""
    unmet = [r for r in determination.reasons if r.effect == "review" and r.answer == "unmet" and not r.yielded_to]
    covered = {fact for requirement in due for fact in requirement.facts}
    unknown = [r for r in determination.reasons if r.answer == "unknown" and r.effect == "review" and not r.yielded_to]
    suppliable = all(set(r.missing) & covered for r in unknown)
    return "applicant" if due and suppliable and not unmet else "officer"


def _enter_determination(
    house: House,
    operator: Operator,
    case: cases.Case,
    determination: Determination,
    due: Sequence[Requirement],
    waiting_on: str,
    with_it: WithIt | None = None,
) -> int | None:
    reasons = [r for r in determination.reasons if r.answer != "met" or r.yielded_to]
    body = {
        "determination": determination.determination_id,
        "asked_on": determination.asked_on.isoformat(),
        "outcome": determination.outcome.value,
        "conditions": list(determination.conditions),
        "answers": {r.clause: r.answer.value for r in reasons},
        "due": [r.requirement for r in due],
        "waiting_on": waiting_on,
        "personhood": consider.personhood(Facts(determination.facts)).value,
    }
    entry = Entry(
        "determination.made",
        determination.at,
        operator.operator_id,
        person=case.person_id,
        application=case.application_id,
        account=case.account_id,
        edition=determination.edition,
        body=body,
    )
    payload = canonical.plain(determination)
    with house.state.transaction() as work:
        if _is_overtaken(work, case, case.position):
            return None
        position = enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, ()))
        if waiting_on == "officer":
            _open_review(house, operator, work, case, determination)
        if with_it:
            with_it(work, determination)
        tell(
            house, work, "application.determined", application=case.application_id, outcome=determination.outcome.value
        )
    return position


def _is_overtaken(work: Work, case: cases.Case, position: int) -> bool:
    """Whether the application's latest step is another than the one at ``position``; asked under the lock."""
    if case.account_id:
        return False
    work.ledger.lock()
    row = work.registers.get("applications", case.application_id)
    return row is None or row["state"] != "review" or row["position"] != position


def _open_review(house: House, operator: Operator, work: Work, case: cases.Case, determination: Determination) -> None:
    where = {"application_id": case.application_id, "account_id": case.account_id}
    reviews = work.registers.page("reviews", where, "", 1000)
    if any(review["state"] in ("open", "proposed") for review in reviews):
        return
    cause = next(r.clause for r in determination.reasons if r.effect in ("review", "decline") and not r.yielded_to)
    review_id = house.new_id("rev")
    enter(
        work,
        Entry(
            "review.opened",
            house.now(),
            operator.operator_id,
            person=case.person_id,
            application=case.application_id,
            account=case.account_id,
            body={"review": review_id, "cause": cause},
        ),
    )
    tell(house, work, "review.opened", review=review_id, application=case.application_id)


def _carry_out(
    house: House, operator: Operator, case: cases.Case, law: LawOfDay, determination: Determination, position: int
) -> str | None:
    """Open or decline, once, and only while the determination at ``position`` is the latest step; else None."""
    if determination.outcome is Outcome.REVIEW:
        return ""
    with house.state.transaction() as work:
        if _is_overtaken(work, case, position):
            return None
        account_id = "" if determination.outcome is Outcome.DECLINE else house.new_id("acc")
        entries = _settling_entries(house, operator, case, law, determination, account_id)
        enter(work, *entries, *_closing_reviews(house, operator, work, case, determination))
        topic = "account.opened" if account_id else "application.declined"
        tell(house, work, topic, application=case.application_id, account=account_id)
    return account_id


def _settling_entries(
    house: House, operator: Operator, case: cases.Case, law: LawOfDay, determination: Determination, account_id: str
) -> list[Entry]:
    now = house.now()
    if not account_id:
        listed = any(r.clause.startswith("ofac/") and r.effect == "decline" for r in determination.reasons)
        until, rule = retain_until(law, now.date(), was_listed=listed)
        return [
            Entry(
                "application.declined",
                now,
                operator.operator_id,
                person=case.person_id,
                application=case.application_id,
                edition=determination.edition,
                body={"retain_until": until, "retain_rule": rule},
            )
        ]
    body = {
        "account_type": case.claims.account_type,
        "conditions": list(determination.conditions),
        "personhood": consider.personhood(Facts(determination.facts)).value,
        "is_reseller": case.claims.is_reseller,
    }
    return [
        Entry(
            "account.opened",
            now,
            operator.operator_id,
            person=case.person_id,
            application=case.application_id,
            account=account_id,
            edition=determination.edition,
            body=body,
        )
    ]


def _closing_reviews(
    house: House, operator: Operator, work: Work, case: cases.Case, determination: Determination
) -> list[Entry]:
    where = {"application_id": case.application_id, "account_id": case.account_id}
    return [
        Entry(
            "review.closed",
            house.now(),
            operator.operator_id,
            person=case.person_id,
            application=case.application_id,
            account=case.account_id,
            body={"review": review["review_id"], "outcome": determination.outcome.value},
        )
        for review in work.registers.page("reviews", where, "", 1000)
        if review["state"] != "closed"
    ]
