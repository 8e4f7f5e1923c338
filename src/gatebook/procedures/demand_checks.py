"""Whether a demand is authentic: which checks it needs, which of those made count, and what they come to.

The trap guarded against: a demand believed because nobody looked. It is authentic once every check it needs was passed,
it is not once any failed, and until then nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping

from gatebook.errors import LawError
from gatebook.law.tree import LawOfDay
from gatebook.procedures.four_eyes import are_independent
from gatebook.procedures.house import House
from gatebook.record.ports import Row, Work
from gatebook.terms.demand import Check

_RULE = "house/demand_checks"


def needed_checks(law: LawOfDay, row: Row) -> tuple[Check, ...]:
    """Return the checks a demand needs in this house, by channel and instrument; of an emergency, an emergency's."""
    about = {"always", str(row["channel"]), str(row["instrument"]), "emergency" if row["is_emergency"] else ""}
    pairs = [str(word).partition(".") for word in law.parameters.list(_RULE)]
    words = {check for where, _, check in pairs if where in about}
    if unknown := words - set(Check):
        raise LawError(f"{_RULE} names {len(unknown)} checks that there are not")
    return tuple(check for check in Check if check.value in words)


def checks_of(work: Work, row: Row) -> dict[Check, Row]:
    """Return the checks that count, the latest of each: those made since it was last described what the demand says."""
    described = work.registers.get("records", str(row["record_id"]))
    since = int(described["position"]) if described else -1
    made = work.registers.page("demand_checks", {"demand_id": row["demand_id"]}, "", len(Check))
    return {Check(str(one["check"])): one for one in made if int(one["position"]) > since}


def is_authentic(house: House, work: Work, row: Row) -> bool | None:
    """Return whether a demand is authentic; None while nobody knows. One that is not described is not known."""
    law = house.law.on(house.now().date())
    checks = checks_of(work, row)
    if any(check["verdict"] == "failed" for check in checks.values()):
        return False
    passed = set(checks) if are_two(work, checks) else set(checks) - {Check.SECOND_PERSON}
    return True if row["instrument"] and passed >= set(needed_checks(law, row)) else None


def are_two(work: Work, checks: Mapping[Check, Row]) -> bool:
    """Return whether the second person to look is somebody else than whoever made any of the other checks."""
    second = checks.get(Check.SECOND_PERSON)
    others = {str(row["by"]) for check, row in checks.items() if check is not Check.SECOND_PERSON}
    return second is not None and bool(others) and all(are_independent(work, str(second["by"]), by) for by in others)
