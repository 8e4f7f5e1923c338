"""Drafting notices: the text for each person a demand is about, made of what was entered and opened for it.

The trap guarded against: a notice that tells one subject of another, or is sent by whoever reads it. Each person has a
text of their own; opening it is a reading; and sending is the operator's, who then enters that they did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gatebook.errors import Shredded
from gatebook.law.tree import LawOfDay
from gatebook.procedures.gather_production import RULING
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look_at_demands import demand_row, open_demand, open_paper
from gatebook.procedures.permit import permit
from gatebook.procedures.propose_production import open_list
from gatebook.record.access import LEGAL_PROCESS
from gatebook.record.ports import Row, Work
from gatebook.terms.demand import Demand
from gatebook.terms.record_class import RecordClass
from gatebook.trace.found import Resolved
from gatebook.trace.notice import Standing, Teller, names_authority, refusal, standing_of
from gatebook.trace.notice_text import Given, Telling, text_of

_PAGE = 200
#: Of one person: the accounts that are meant, and by production what of theirs is in it.
_Persons = dict[str, tuple[list[str], list[Given]]]


def draft_notice(house: House, operator: Operator, demand_id: str) -> dict[str, Any]:
    """Return, for each person a demand is about, whom to write to and what to say: a reading, entered first.

    Whether it may be said now is in ``standing`` and ``refusal``. Raises NotFound, Conflict for one not described.
    """
    permit(house, operator, "read-records", "draft-notice")
    demand = open_demand(house, operator, demand_id)
    with house.state.read() as work:
        row = demand_row(work, demand_id)
        disclosures = _disclosures(work, demand_id)
    persons = _given(house, operator, disclosures) or _found(house, operator, row)
    now = house.now()
    return {
        "demand_id": demand_id,
        "standing": standing_of(row, now).value,
        "refusal": refusal(row, now, Teller.PROVIDER),
        "notices": [_notice(house, operator, row, demand, one, *about) for one, about in sorted(persons.items())],
    }


def _disclosures(work: Work, demand_id: str) -> list[Row]:
    found = work.registers.page("disclosures", {"demand_id": demand_id}, "", _PAGE)
    return sorted(found, key=lambda row: int(row["position"]))


def _given(house: House, operator: Operator, disclosures: Sequence[Row]) -> _Persons:
    """Return whose records were handed over, by the lists that were approved, opened for it."""
    found: _Persons = {}
    law = house.law.on(house.now().date())
    for row in disclosures:
        for item in open_list(house, operator, str(row["production_id"]))["items"]:
            accounts, given = found.setdefault(item["person"], ([], []))
            if item["account"] and item["account"] not in accounts:
                accounts.append(item["account"])
            given.append(_one(law, row, item))
    return found


def _one(law: LawOfDay, row: Row, item: Mapping[str, Any]) -> Given:
    cites = {one.clause_id: one.cites for one in law.clauses} | {RULING: "the word of our counsel"}
    return Given(
        given_on=str(row["made_at"])[:10],
        classes={RecordClass(name): cites.get(clause, clause) for name, clause in row["basis"].items()},
        records=len(item["records"]),
        events=sum(run["events"] for run in item["runs"]),
        digest=str(row["digest"]),
    )


def _found(house: House, operator: Operator, row: Row) -> _Persons:
    """Return whom the search found without doubt, where nothing was handed over yet."""
    if not row["searched_record"]:
        return {}
    searched = open_paper(house, operator, row["searched_record"])
    found: _Persons = {}
    for person, account in _certain(searched["found"]):
        accounts, _ = found.setdefault(person, ([], []))
        if account and account not in accounts:
            accounts.append(account)
    return found


def _certain(resolutions: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for resolution in resolutions:
        if resolution["answer"] == Resolved.FOUND:
            yield from ((one["person"], one["account"]) for one in resolution["found"])


def _notice(
    house: House,
    operator: Operator,
    row: Row,
    demand: Demand,
    person: str,
    accounts: Sequence[str],
    given: Sequence[Given],
) -> dict[str, Any]:
    name, emails = _who(house, operator, person)
    may_name = names_authority(row, house.now())
    was_delayed = bool(row["notice_until"]) and standing_of(row, house.now()) is Standing.DUE
    telling = Telling(
        to=name,
        accounts=accounts,
        instrument=demand.instrument,
        jurisdiction=demand.jurisdiction,
        received_on=demand.received_at.date().isoformat(),
        authority=demand.issuer.authority if may_name else "",
        reference=demand.reference if may_name else "",
        asked=demand.classes,
        given=given,
        silent_until=str(row["notice_until"]) if was_delayed else "",
        provider=house.signer.origin,
    )
    return {"person_id": person, "name": name, "emails": emails, "text": text_of(telling)}


def _who(house: House, operator: Operator, person: str) -> tuple[str, list[str]]:
    """Return a person's name and e-mail addresses as they last applied; nothing of one whose data ended."""
    with house.state.read() as work:
        claims = work.registers.page("records", {"person_id": person, "kind": "application.received"}, "", _PAGE)
    if not claims:
        return "", []
    latest = max(claims, key=lambda one: int(one["position"]))
    try:
        (opened,) = house.door.read(
            house.state, [latest["record_id"]], LEGAL_PROCESS, operator.operator_id, house.now(), in_part=True
        )
    except Shredded:
        return "", []
    assert isinstance(opened, dict)  # noqa: S101  claims are sealed as an object
    applicant = opened.get("claims", {}).get("applicant", {})
    return str(applicant.get("name", "")), list(applicant.get("emails") or ())
