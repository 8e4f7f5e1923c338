"""Scoping a demand: the law is asked, class by class of records, what this instrument reaches; unknown goes to counsel.

The trap guarded against: "the records" handed over in one piece. What was known of the demand, the law of that day and
every clause considered are sealed with the answer, so that years later the same question gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gatebook import canonical
from gatebook.law.reach import Reached, disclosure_facts, reach
from gatebook.law.tree import LawOfDay
from gatebook.procedures.about import demand_entry
from gatebook.procedures.demand_checks import are_two, checks_of, is_authentic
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look_at_demands import demand_row, in_state, latest_scoping, open_demand
from gatebook.procedures.permit import permit
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work
from gatebook.terms.demand import Check, Demand
from gatebook.terms.determination import Answer
from gatebook.terms.fact import Fact, Facts
from gatebook.terms.record_class import RecordClass

_STATES = ("received", "counsel", "scoped")


@dataclass(frozen=True, slots=True)
class Scoped:
    """What was asked and answered: a class of records by its name, the facts put, and what the law said of it."""

    asked_on: date
    law: LawOfDay
    facts: Mapping[str, Facts]
    reached: Mapping[str, Reached]

    @property
    def outcome(self) -> str:
        """``counsel`` while the answer on any class is unknown, ``refused`` where none is reached, else ``ready``."""
        answers = {one.answer for one in self.reached.values()}
        if Answer.UNKNOWN in answers:
            return "counsel"
        return "ready" if Answer.MET in answers else "refused"

    @property
    def classes(self) -> dict[str, str]:
        """Each class and whether it is reached: met, unmet, unknown."""
        return {name: one.answer.value for name, one in self.reached.items()}

    def to_plain(self) -> dict[str, Any]:
        """Return what is sealed."""
        return canonical.table(
            {
                "asked_on": self.asked_on,
                "edition": self.law.edition,
                "outcome": self.outcome,
                "classes": self.classes,
                "bases": {name: one.basis for name, one in self.reached.items() if one.basis},
                "facts": {name: {fact.name: fact.value for fact in facts.facts} for name, facts in self.facts.items()},
                "reasons": {name: one.reasons for name, one in self.reached.items()},
                "missing": {name: one.missing for name, one in self.reached.items() if one.missing},
            }
        )


def scope_demand(house: House, operator: Operator, demand_id: str) -> dict[str, Any]:
    """Ask the law what a demand reaches, and enter it; return it with the clauses that settle each class.

    Raises NotFound, and Conflict while it is not described, and once a production was proposed.
    """
    permit(house, operator, "officer", "scope-demand")
    demand = open_demand(house, operator, demand_id)
    with house.state.transaction() as work:
        work.ledger.lock()
        row = in_state(demand_row(work, demand_id), *_STATES)
        found = _ask(house, work, row, demand)
        body = {"outcome": found.outcome, "classes": found.classes, "answers": _answers(found)}
        entry = demand_entry(house, operator, "demand.scoped", demand_id, body)
        enter(work, house.door.seal(work, entry, house.new_id("rec"), found.to_plain(), ()))
        if found.outcome == "counsel":
            tell(house, work, "demand.counsel", demand=demand_id)
    return shown(demand_id, found.to_plain())


def replay_scoping(house: House, operator: Operator, demand_id: str) -> dict[str, Any]:
    """Put what was known at the latest scoping to today's copy of the law of that day, and compare byte for byte."""
    permit(house, operator, "read-records", "replay-scoping")
    then = latest_scoping(house, operator, demand_id)
    facts = {name: Facts(tuple(Fact(*pair) for pair in known.items())) for name, known in then["facts"].items()}
    now = _put(house.law.on(date.fromisoformat(then["asked_on"])), date.fromisoformat(then["asked_on"]), facts)
    return {
        "demand_id": demand_id,
        "same_bytes": canonical.encode(now.to_plain()) == canonical.encode(then),
        "edition_then": then["edition"],
        "edition_now": now.law.edition,
        "outcome_then": then["outcome"],
        "outcome_now": now.outcome,
    }


def shown(demand_id: str, scoped: Mapping[str, Any]) -> dict[str, Any]:
    """Show a scoping: by class the answer, the clause that grants it, what is missing, and what stands against it."""
    classes = {
        name: {
            "answer": answer,
            "basis": scoped["bases"].get(name, ""),
            "missing": scoped["missing"].get(name, []),
            "clauses": [
                {key: reason[key] for key in ("clause", "cites", "rests_on", "answer", "duty")}
                for reason in scoped["reasons"][name]
                if reason["effect"] != "none" or reason["clause"] == scoped["bases"].get(name)
            ],
        }
        for name, answer in scoped["classes"].items()
    }
    told = {name: scoped[name] for name in ("outcome", "asked_on", "edition")}
    return {"demand_id": demand_id, **told, "classes": classes}


def _ask(house: House, work: Work, row: Row, demand: Demand) -> Scoped:
    """Put what is known to the law, for every class asked for; where none is named, for all there are."""
    checks, authentic = checks_of(work, row), is_authentic(house, work, row)
    second = checks.get(Check.SECOND_PERSON)
    by_two = None if second is None else second["verdict"] == "passed" and are_two(work, checks)
    today = house.now().date()
    facts = {
        one.value: disclosure_facts(
            demand.instrument,
            demand.recipient,
            one,
            is_authentic=authentic,
            issuer=demand.issuer.office,
            validator=demand.validator.office if demand.validator else None,
            has_belief=True if demand.belief else None,  # one that nobody wrote down yet may still be held
            by_two=by_two,
            only_identifies=demand.only_identifies,
        )
        for one in demand.classes or RecordClass
    }
    return _put(house.law.on(today), today, facts)


def _put(law: LawOfDay, asked_on: date, facts: Mapping[str, Facts]) -> Scoped:
    return Scoped(asked_on, law, facts, {name: reach(law, known) for name, known in facts.items()})


def _answers(found: Scoped) -> dict[str, dict[str, str]]:
    """Return, by clause, what it answered of each class that it settles."""
    answers: dict[str, dict[str, str]] = {}
    for name, one in found.reached.items():
        for reason in one.because:
            answers.setdefault(reason.clause, {})[name] = reason.answer.value
    return answers
