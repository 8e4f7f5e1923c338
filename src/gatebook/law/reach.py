"""Reaching: whether the law lets one class of records go to one recipient on one instrument, clause by clause.

The trap guarded against: what nobody knows read as a yes. A record is reached only where one clause grants it and no
clause stands against it; a missing fact leads to counsel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gatebook.law.clause import Clause, every, some
from gatebook.law.consider import consider
from gatebook.law.sources import asks_about_disclosure
from gatebook.law.tree import LawOfDay
from gatebook.terms.demand import Instrument, Office, Recipient
from gatebook.terms.determination import Answer, Reason
from gatebook.terms.fact import Fact, Facts
from gatebook.terms.record_class import RecordClass

#: The clause every grant is an exception to: nothing leaves without a basis.
GENERAL = "house/disclosure.nothing_leaves_without_a_basis"
#: The source of law an instrument rests on; all others are known to 18 U.S.C. ch. 121.
_SOURCES = {Instrument.EU_PRODUCTION.value: "e_evidence", Instrument.EU_PRESERVATION.value: "e_evidence"}

#: The facts of the asking itself, which nobody outside can find.
_PUT_HERE = frozenset({"disclosure.is_asked", "disclosure.is_law_held"})


@dataclass(frozen=True, slots=True)
class Reached:
    """What the law says: met is reached, unmet is refused, unknown is for counsel.

    ``basis`` is the id of the clause that grants, empty unless met. ``reasons`` hold every clause on disclosure.
    """

    answer: Answer
    basis: str
    reasons: tuple[Reason, ...]

    @property
    def because(self) -> tuple[Reason, ...]:
        """Return the reasons that settle it: the grant, else what refuses, else what is unknown."""
        if self.answer is Answer.MET:
            return tuple(reason for reason in self.reasons if reason.clause == self.basis)
        if self.answer is Answer.UNMET:
            return tuple(reason for reason in self.reasons if reason.effect == "decline" and not reason.yielded_to)
        return tuple(reason for reason in self.reasons if reason.answer is Answer.UNKNOWN and not reason.yielded_to)

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the facts nobody knows that a clause with an unknown answer asked for; empty unless unknown."""
        if self.answer is not Answer.UNKNOWN:
            return ()
        found = {name for reason in self.reasons if reason.answer is Answer.UNKNOWN for name in reason.missing}
        return tuple(sorted(found - _PUT_HERE))


def disclosure_facts(
    instrument: Instrument | None,
    recipient: Recipient,
    record_class: RecordClass,
    *,
    is_authentic: bool | None = None,
    issuer: Office | None = None,
    validator: Office | None = None,
    has_belief: bool | None = None,
    by_two: bool | None = None,
    only_identifies: bool | None = None,
) -> Facts:
    """Return the facts of one disclosure. No instrument is None; everything else that is None is unknown."""
    found: dict[str, str | bool | None] = {
        "disclosure.instrument": instrument.value if instrument else "none",
        "disclosure.recipient": recipient.value,
        "disclosure.record_class": record_class.value,
        "disclosure.is_authentic": is_authentic,
        "disclosure.issuer": issuer.value if issuer else None,
        "disclosure.validator": validator.value if validator else None,
        "disclosure.has_belief": has_belief,
        "disclosure.by_two": by_two,
        "disclosure.only_identifies": only_identifies,
    }
    return Facts(tuple(Fact(name, value) for name, value in found.items() if value is not None))


def reach(law: LawOfDay, facts: Facts) -> Reached:
    """Put facts of a disclosure to the clauses on disclosure of a day; no clause on accounts is asked."""
    narrowed = replace(law, clauses=tuple(c for c in law.clauses if asks_about_disclosure(c.clause_id)))
    reasons = consider(narrowed, facts.with_facts(_of_the_asking(law, facts)))
    answers = {reason.clause: reason.answer for reason in reasons}
    bases = {c.clause_id: _settled(c, narrowed.clauses, answers) for c in narrowed.clauses if not c.exception_to}
    # Without the clause that everything rests on (a day before it began) nobody knows.
    answer = every(*bases.values()) if GENERAL in bases else Answer.UNKNOWN
    basis = next((reason.yielded_to for reason in reasons if reason.clause == GENERAL), "")
    return Reached(answer, basis if answer is Answer.MET else "", tuple(_said(r, bases) for r in reasons))


def _of_the_asking(law: LawOfDay, facts: Facts) -> list[Fact]:
    """What is known of the asking itself: that it is one, and whether the house holds by the law of the instrument."""
    found = [Fact("disclosure.is_asked", True)]
    if named := facts.peek("disclosure.instrument"):
        found.append(Fact("disclosure.is_law_held", _SOURCES.get(str(named.value), "sca") in law.resting))
    return found


def _settled(base: Clause, clauses: Sequence[Clause], answers: Mapping[str, Answer]) -> Answer:
    """A clause with its exceptions: one that may yet be met leaves it open what an unmet clause calls for."""
    exceptions = (answers[c.clause_id] for c in clauses if base.clause_id in c.exception_to)
    return some(answers[base.clause_id], *exceptions)


def _said(reason: Reason, bases: Mapping[str, Answer]) -> Reason:
    """Return a reason that asks for a look, and not for a refusal, where an exception to it is still open."""
    if reason.effect == "decline" and bases.get(reason.clause) is Answer.UNKNOWN:
        return replace(reason, effect="review")
    return reason
