"""Determining: screen, look for earlier dealings, put the facts to the law of the day, enter, and only then act.

The trap guarded against: an account that opens before its determination is entered. Each numbered step commits
by itself; a crash between two leaves the application in review, and running this again takes it up from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gatebook import canonical
from gatebook.identify import plan
from gatebook.law import consider
from gatebook.law.sources import asks_about_use
from gatebook.law.tree import LawOfDay
from gatebook.procedures import case as cases
from gatebook.procedures.about import case_entry
from gatebook.procedures.house import House, Operator
from gatebook.procedures.retention import retention_of
from gatebook.procedures.tell import tell
from gatebook.procedures.weigh_case import Weighed, Weighing, counts, find_facts, weigh
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Work
from gatebook.screen.findings import strongest
from gatebook.screen.screening import candidate_to_plain
from gatebook.terms.account import ApplicationClaims
from gatebook.terms.determination import Determination, Outcome
from gatebook.terms.evidence import Requirement
from gatebook.terms.fact import Facts

WithIt = Callable[[Work, Determination], None]
_HELD_UP = (Outcome.REVIEW, Outcome.DECLINE)
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
    weighing = screen_case(house, operator, case)  # (4)
    found = find_facts(weighing)
    with house.state.transaction() as work:
        if _is_overtaken(work, case, case.position):
            return None
        determination = weigh(house, work, weighing, found).determination  # (5)
        due = evidence_due(determination, case.claims)
        waiting_on = _waits_for(determination, due)
        position = _enter_determination(house, operator, work, case, determination, due, waiting_on)  # (6)
    account_id = _carry_out(house, operator, case, weighing.law, determination, position)
    if account_id is None:
        return None
    return Determined(determination, position, due, waiting_on, account_id)


def evidence_due(determination: Determination, claims: ApplicationClaims) -> tuple[Requirement, ...]:
    """Return the evidence that would move an application in review; one that is settled is asked for nothing."""
    if determination.outcome is not Outcome.REVIEW:
        return ()
    return plan.requirements_due(consider.due_facts(determination.reasons), claims)


def determine_account(
    house: House, operator: Operator, case: cases.Case, with_it: WithIt, *, word: str = ""
) -> Determined | None:
    """Determine an account that is already open: entered and, where a person must look, reviewed.

    ``with_it`` does what belongs to the determination in its own transaction, such as restricting. ``word`` is the
    officer's disposition when one on this very account is being carried out: then only what the officer did not have
    before them is reviewed once more. Returns None when a later step was entered since the case was put together.
    """
    weighing = screen_case(house, operator, case)
    found = find_facts(weighing)
    with house.state.transaction() as work:
        if _is_overtaken(work, case, case.position):
            return None
        weighed = weigh(house, work, weighing, found)
        waiting_on = "officer" if _needs_officer(work, case, weighed, word) else ""
        position = _enter_determination(house, operator, work, case, weighed.determination, (), waiting_on)
        with_it(work, weighed.determination)
    return Determined(weighed.determination, position, (), waiting_on, case.account_id)


def _needs_officer(work: Work, case: cases.Case, weighed: Weighed, word: str) -> bool:
    """While an account is restricted a person looks, whatever was found: only an officer's word opens it again."""
    is_held_up = weighed.determination.outcome in _HELD_UP
    if word:
        return word == "admit" and is_held_up and weighed.is_new_to_officer
    account = work.registers.get("accounts", case.account_id) or {}
    return is_held_up or account.get("status") == "restricted"


def screen_case(house: House, operator: Operator, case: cases.Case) -> Weighing:
    """Compare the person, those behind it and every payment identifier with the lists; seal and enter what came.

    One instant and one set of lists for all of it: nobody is compared with an edition that another was not.
    """
    screener, at = house.screener(), house.now()
    query, *behind = cases.queries_of_case(case)
    screening, *others = screenings = list(screener.screen_many([query, *behind]))
    payload = canonical.plain(
        {
            "candidates": [candidate_to_plain(c) for c in screening.candidates],
            "others": [[candidate_to_plain(c) for c in other.candidates] for other in others],
            "query": query,
            "queries_of_others": behind,
        }
    )
    law = house.law.on(at.date())
    named = [(CANDIDATE, c.key) for s in screenings for c in s.candidates if counts(law, c.grade)]
    body = {
        "candidates": len(screening.candidates),
        "strongest": strongest(screening.candidates),
        "lists": [edition.digest for edition in screening.editions],
        "settings": screening.settings,
    }
    with house.state.transaction() as work:
        entry = case_entry(house, operator, "person.screened", case, body, at=at)
        enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, named))
    return Weighing(case, law, at, screenings)


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
    work: Work,
    case: cases.Case,
    determination: Determination,
    due: Sequence[Requirement],
    waiting_on: str,
) -> int:
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
    entry = case_entry(
        house, operator, "determination.made", case, body, edition=determination.edition, at=determination.at
    )
    payload = canonical.plain(determination)
    position = enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, ()))
    if waiting_on == "officer":
        _open_review(house, operator, work, case, determination)
    tell(house, work, "application.determined", application=case.application_id, outcome=determination.outcome.value)
    return position


def _is_overtaken(work: Work, case: cases.Case, position: int) -> bool:
    """Whether the latest step of the application, or account, is not the one at ``position``; asked under the lock."""
    work.ledger.lock()
    if case.account_id:
        account = work.registers.get("accounts", case.account_id)
        return account is None or account["position"] != position
    row = work.registers.get("applications", case.application_id)
    return row is None or row["state"] != "review" or row["position"] != position


def _open_review(house: House, operator: Operator, work: Work, case: cases.Case, determination: Determination) -> None:
    where = {"application_id": case.application_id, "account_id": case.account_id}
    reviews = work.registers.page("reviews", where, "", 1000)
    if any(r["state"] in ("open", "proposed") and not asks_about_use(str(r["cause"])) for r in reviews):
        return
    causes = [r.clause for r in determination.reasons if r.effect in ("review", "decline") and not r.yielded_to]
    review_id = house.new_id("rev")
    body = {"review": review_id, "cause": causes[0] if causes else "account-restricted"}
    enter(work, case_entry(house, operator, "review.opened", case, body))
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
        if account_id:
            settling = _opening(house, operator, replace(case, account_id=account_id), determination)
        else:
            until = retention_of(work, law, case.person_id, determination.asked_on)
            settling = case_entry(house, operator, "application.declined", case, until, edition=determination.edition)
        enter(work, settling, *_closing_reviews(house, operator, work, case, determination))
        topic = "account.opened" if account_id else "application.declined"
        tell(house, work, topic, application=case.application_id, account=account_id)
    return account_id


def _opening(house: House, operator: Operator, case: cases.Case, determination: Determination) -> Entry:
    body = {
        "account_type": case.claims.account_type,
        "conditions": list(determination.conditions),
        "personhood": consider.personhood(Facts(determination.facts)).value,
        "is_reseller": case.claims.is_reseller,
    }
    return case_entry(house, operator, "account.opened", case, body, edition=determination.edition)


def _closing_reviews(
    house: House, operator: Operator, work: Work, case: cases.Case, determination: Determination
) -> list[Entry]:
    where = {"application_id": case.application_id, "account_id": case.account_id}
    return [
        case_entry(
            house,
            operator,
            "review.closed",
            case,
            {"review": review["review_id"], "outcome": determination.outcome.value},
        )
        for review in work.registers.page("reviews", where, "", 1000)
        if review["state"] != "closed"
    ]
