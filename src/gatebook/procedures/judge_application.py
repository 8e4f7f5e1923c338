"""Judging: an application is determined on all that was entered, and one already judged is shown as it stands.

The trap guarded against: two requests at once, or a crash between two steps, after which an application is judged
on less than it holds, or on nothing. The register says which step was the latest; a case older than that is loaded
again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from gatebook import canonical
from gatebook.errors import Conflict, NotFound, Overtaken
from gatebook.identify.sealed_form import claims_from_plain
from gatebook.procedures import case as cases
from gatebook.procedures.determine_application import Determined, determine_application, evidence_due
from gatebook.procedures.house import House, Operator
from gatebook.record.ports import Row, Work
from gatebook.terms.determination import Answer, Determination, Outcome, Reason, Standing
from gatebook.terms.fact import Fact
from gatebook.terms.ids import ApplicationId, DeterminationId, PersonId

_TRIES = 5
#: Who an application in review waits on while its next step is the house's own: nobody yet, after something was
#: entered; or nobody any more, after an outcome that was not carried out.
HOUSE_IS_DUE = ("house", "")
_ENDED_UNDETERMINED = ("withdrawn", "lapsed")


def in_review(work: Work, application_id: str) -> Row:
    """Return the application's row. Raises NotFound or Conflict unless it is in review."""
    row = work.registers.get("applications", application_id)
    if row is None:
        raise NotFound("there is no application under this id")
    if row["state"] != "review":
        raise Conflict(f"this application is settled: it was {row['state']}")
    return row


def judge(house: House, operator: Operator, case: cases.Case) -> Determined:
    """Determine ``case``; where something was entered meanwhile, load it again.

    Raises Overtaken when that goes on, and Conflict when the application was withdrawn or lapsed meanwhile.
    """
    for _ in range(_TRIES):
        found = determine_application(house, operator, case)
        if found is not None:
            return found
        with house.state.read() as work:
            row = work.registers.get("applications", case.application_id)
        if row is not None and row["state"] != "review":
            return _as_it_stands(house, operator, row)
        case = cases.load_case(house, operator, case.application_id, "determination")
    raise Overtaken("other steps on this application keep coming; ask again in a moment")


def take_up(house: House, operator: Operator, application_id: str) -> Determined:
    """Return where an application stands: judged now if its latest step was cut off, else as it was last determined.

    Raises NotFound, and Conflict when it was withdrawn or lapsed.
    """
    with house.state.read() as work:
        row = work.registers.get("applications", application_id)
    if row is None:
        raise NotFound("there is no application under this id")
    if row["state"] == "review" and (row["waiting_on"] or "") in HOUSE_IS_DUE:
        return judge(house, operator, cases.load_case(house, operator, application_id, "determination"))
    return _as_it_stands(house, operator, row)


def _as_it_stands(house: House, operator: Operator, row: Row) -> Determined:
    """The latest determination and what it left due, opened through the door."""
    if row["state"] in _ENDED_UNDETERMINED:
        raise Conflict(f"this application is settled: it was {row['state']}")
    with house.state.read() as work:
        held = work.registers.get("determinations", str(row["determination_id"]))
    assert held is not None  # noqa: S101  the row names it
    wanted = [row["claims_record"], held["record_id"]]
    claimed, sealed = house.door.read(house.state, wanted, "determination", operator.operator_id, house.now())
    assert isinstance(claimed, dict)  # noqa: S101  claims are sealed as an object
    assert isinstance(sealed, dict)  # noqa: S101  a determination is sealed as an object
    determination = _determination(sealed)
    claims = claims_from_plain(claimed["claims"])
    due = evidence_due(determination, claims)
    account_id, waiting_on = str(row["account_id"] or ""), str(row["waiting_on"] or "")
    return Determined(determination, int(held["position"]), due, waiting_on, account_id)


def _determination(plain: Mapping[str, Any]) -> Determination:
    return Determination(
        determination_id=DeterminationId(plain["determination_id"]),
        application_id=ApplicationId(plain["application_id"]),
        person_id=PersonId(plain["person_id"]),
        asked_on=date.fromisoformat(plain["asked_on"]),
        at=canonical.parse_instant(plain["at"]),
        edition=plain["edition"],
        outcome=Outcome(plain["outcome"]),
        conditions=tuple(plain["conditions"]),
        facts=_facts(plain["facts"]),
        reasons=tuple(_reason(reason) for reason in plain["reasons"]),
    )


def _reason(plain: Mapping[str, Any]) -> Reason:
    own = {
        "standing": Standing(plain["standing"]),
        "answer": Answer(plain["answer"]),
        "facts": _facts(plain["facts"]),
        "missing": tuple(plain["missing"]),
    }
    return Reason(**{**plain, **own})


def _facts(plain: list[Mapping[str, Any]]) -> tuple[Fact, ...]:
    return tuple(Fact(fact["name"], fact["value"], tuple(fact["basis"])) for fact in plain)
