"""Considering: put facts to every clause in force, and say of each what it answered and what that calls for.

The trap guarded against: a clause left out because its condition was unknown. An unknown condition with an unmet
duty is unknown, never silently not applicable.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatebook.errors import LawError
from gatebook.law.clause import Clause, every, negate, some
from gatebook.law.eo13984.s5_definitions import is_us_person
from gatebook.law.parameters import Parameters
from gatebook.law.tree import LawOfDay
from gatebook.terms.determination import Answer, Reason
from gatebook.terms.fact import Facts
from gatebook.terms.person import Personhood


def consider(law: LawOfDay, facts: Facts) -> tuple[Reason, ...]:
    """Return a reason for every clause in force, in order of id. Two exceptions met at once raise LawError."""
    answered = {clause.clause_id: _answer(clause, law.parameters, facts) for clause in law.clauses}
    yields = _exceptions(law.clauses, {clause_id: answer for clause_id, (answer, _) in answered.items()})
    return tuple(
        _reason(clause, law, *answered[clause.clause_id], yields.get(clause.clause_id, "")) for clause in law.clauses
    )


def _answer(clause: Clause, numbers: Parameters, facts: Facts) -> tuple[Answer, Facts]:
    watched = facts.watched()
    applies = every(*(when(watched, numbers) for when in clause.when))
    if applies is Answer.UNMET:
        return Answer.MET, watched
    return some(negate(applies), clause.put(watched, numbers)), watched


def _exceptions(clauses: Sequence[Clause], answers: dict[str, Answer]) -> dict[str, str]:
    found: dict[str, str] = {}
    for clause in clauses:
        if clause.exception_to and answers[clause.clause_id] is Answer.MET:
            for base in clause.exception_to:
                if base in found:
                    raise LawError(
                        f"{found[base]} and {clause.clause_id} both set {base} aside; the law must say which"
                    )
                found[base] = clause.clause_id
    return found


def _reason(clause: Clause, law: LawOfDay, answer: Answer, seen: Facts, yielded_to: str) -> Reason:
    effect = {Answer.MET: "none", Answer.UNMET: clause.unmet, Answer.UNKNOWN: "review"}[answer]
    if clause.exception_to or clause.unmet == "none":
        effect = "none"  # an exception or a definition asks for nothing by itself
    looked = sorted(seen.looked_at)
    return Reason(
        clause=clause.clause_id,
        cites=clause.cites,
        standing=clause.standing,
        rests_on=law.rests_on(clause.source),
        answer=answer,
        effect=effect,
        duty=clause.duty,
        for_applicant=clause.for_applicant,
        facts=tuple(fact for name in looked if (fact := seen.peek(name)) is not None),
        missing=tuple(name for name in looked if not seen.looked_at[name]),
        yielded_to=yielded_to,
    )


def personhood(facts: Facts) -> Personhood:
    """Return us, foreign or unknown by the definition of EO 13984 s. 5."""
    answer = is_us_person(facts.watched(), Parameters({}))
    return {Answer.MET: Personhood.US, Answer.UNMET: Personhood.FOREIGN, Answer.UNKNOWN: Personhood.UNKNOWN}[answer]


def due_facts(reasons: Sequence[Reason]) -> list[tuple[str, tuple[str, ...]]]:
    """Return each fact missing in a clause that answered unknown and asks for it, with those clauses."""
    found: dict[str, list[str]] = {}
    for reason in reasons:
        if reason.answer is Answer.UNKNOWN and reason.effect != "none" and not reason.yielded_to:
            for name in reason.missing:
                found.setdefault(name, []).append(reason.clause)
    return [(name, tuple(clauses)) for name, clauses in sorted(found.items())]
