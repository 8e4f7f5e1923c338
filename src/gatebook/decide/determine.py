"""From reasons to an outcome: the only place where three-valued answers become one recorded outcome.

The trap guarded against: unknown read as a yes or a no. Unknown leads to review; only an unmet clause that
calls for it declines; nothing admits while a clause in force is unmet or unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from gatebook import canonical
from gatebook.law.consider import consider
from gatebook.law.sources import of_accounts
from gatebook.law.tree import LawOfDay
from gatebook.terms.determination import Determination, Outcome, Reason
from gatebook.terms.fact import Facts
from gatebook.terms.ids import ApplicationId, DeterminationId, PersonId

_CONDITION = "condition:"


def outcome_of(reasons: Sequence[Reason]) -> tuple[Outcome, tuple[str, ...]]:
    """Return the outcome and its conditions: decline over review over conditions over admit."""
    effects = [reason.effect for reason in reasons if not reason.yielded_to]
    conditions = tuple(sorted({effect.removeprefix(_CONDITION) for effect in effects if effect.startswith(_CONDITION)}))
    if "decline" in effects:
        return Outcome.DECLINE, ()
    if "review" in effects:
        return Outcome.REVIEW, ()
    return (Outcome.ADMIT_ON_CONDITIONS, conditions) if conditions else (Outcome.ADMIT, ())


def determine(
    law: LawOfDay,
    facts: Facts,
    *,
    determination_id: DeterminationId,
    application_id: ApplicationId,
    person_id: PersonId,
    asked_on: date,
    at: datetime,
) -> Determination:
    """Put ``facts`` to the law of ``asked_on``. The same arguments give the same bytes, for ever."""
    reasons = consider(of_accounts(law), facts)
    outcome, conditions = outcome_of(reasons)
    return Determination(
        determination_id=determination_id,
        application_id=application_id,
        person_id=person_id,
        asked_on=asked_on,
        at=at,
        edition=law.edition,
        outcome=outcome,
        conditions=conditions,
        facts=tuple(facts),
        reasons=reasons,
    )


def to_bytes(determination: Determination) -> bytes:
    """Return the canonical bytes of a determination: what replay is compared with."""
    return canonical.encode(determination)
