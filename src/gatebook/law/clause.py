"""A clause: one sentence of law as one function, with its citation, standing and dates.

The trap guarded against: a rule without a source. A clause that cites nothing, or says nothing, is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from gatebook.errors import LawError
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

Put = Callable[[Facts, Parameters], Answer]
_EFFECTS = ("none", "review", "decline")
REGISTERED: list[Clause] = []


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause as registered. ``ends`` is the first day it no longer holds; None means open.

    ``when`` are definitions that have to hold for it to apply; ``unless`` names clauses that, when met, set it aside
    (its exceptions). ``unmet`` is what an unmet answer calls for: none, review, decline or condition:<slug>.
    """

    clause_id: str
    source: str
    module: str
    cites: str
    standing: Standing
    begins: date
    ends: date | None
    unmet: str
    when: tuple[Put, ...]
    exception_to: tuple[str, ...]
    duty: str
    for_applicant: str
    put: Put

    def holds_on(self, day: date) -> bool:
        """Return whether the clause holds on ``day``."""
        return self.begins <= day and (self.ends is None or day < self.ends)


def clause(
    *,
    cites: str,
    standing: Standing,
    begins: date,
    ends: date | None = None,
    unmet: str = "none",
    when: tuple[Put, ...] = (),
    exception_to: tuple[str, ...] = (),
    for_applicant: str = "",
    name: str = "",
) -> Callable[[Put], Put]:
    """Register a function ``(facts, law) -> Answer`` as a clause. ``name`` lets a later version keep an earlier id."""

    def register(put: Put) -> Put:
        module = put.__module__.removeprefix("gatebook.law.")
        source, _, stem = module.partition(".")
        duty = (inspect.getdoc(put) or "").split("\n")[0]
        known = unmet in _EFFECTS or unmet.removeprefix("condition:") not in ("", unmet)
        if not cites.strip() or not duty or not known:
            raise LawError(f"the clause {put.__name__} needs a citation, a first line and a known effect")
        if ends is not None and ends <= begins:
            raise LawError(f"the clause {put.__name__} ends before it begins")
        clause_id = f"{source}/{stem}.{name or put.__name__}"
        REGISTERED.append(
            Clause(
                clause_id,
                source,
                f"{source}/{stem}.py",
                cites,
                standing,
                begins,
                ends,
                unmet,
                when,
                exception_to,
                duty,
                for_applicant,
                put,
            )
        )
        return put

    return register


def every(*answers: Answer) -> Answer:
    """Kleene's and: one unmet is unmet, else one unknown is unknown."""
    if Answer.UNMET in answers:
        return Answer.UNMET
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.MET


def some(*answers: Answer) -> Answer:
    """Kleene's or: one met is met, else one unknown is unknown."""
    if Answer.MET in answers:
        return Answer.MET
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.UNMET


def negate(answer: Answer) -> Answer:
    """Kleene's not: unknown stays unknown."""
    return {Answer.MET: Answer.UNMET, Answer.UNMET: Answer.MET, Answer.UNKNOWN: Answer.UNKNOWN}[answer]


def true(facts: Facts, name: str) -> Answer:
    """Return whether a yes-or-no fact holds."""
    value = facts.get(name)
    return Answer.of(None if value is None else bool(value))


def verified(facts: Facts, name: str) -> Answer:
    """Return whether a verification succeeded; one not tried yet is unknown, only a failed one is unmet."""
    value = facts.get(name)
    if value == "untried":
        facts.looked_at[name] = False  # untried is still due
        return Answer.UNKNOWN
    return Answer.of(None if value is None else value == "verified")
