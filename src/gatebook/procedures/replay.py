"""Replay: the same day, law and facts, years later, must give the same bytes.

The trap guarded against: law rewritten after the fact without anybody noticing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from gatebook import canonical
from gatebook.decide.determine import determine, to_bytes
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look import determination
from gatebook.terms.fact import Fact, Facts
from gatebook.terms.ids import ApplicationId, DeterminationId, PersonId


@dataclass(frozen=True, slots=True)
class Replayed:
    """Whether the bytes are the same, and both editions and outcomes so that a person can see what moved."""

    same_bytes: bool
    edition_then: str
    edition_now: str
    outcome_then: str
    outcome_now: str


def replay(house: House, operator: Operator, determination_id: str) -> Replayed:
    """Put the recorded facts to today's copy of the law of the recorded day, and compare byte for byte."""
    then: dict[str, Any] = determination(house, operator, determination_id, "audit")
    asked_on = date.fromisoformat(then["asked_on"])
    facts = Facts(tuple(Fact(f["name"], f["value"], tuple(f["basis"])) for f in then["facts"]))
    now = determine(
        house.law.on(asked_on),
        facts,
        determination_id=DeterminationId(then["determination_id"]),
        application_id=ApplicationId(then["application_id"]),
        person_id=PersonId(then["person_id"]),
        asked_on=asked_on,
        at=canonical.parse_instant(then["at"]),
    )
    return Replayed(
        to_bytes(now) == canonical.encode(then), then["edition"], now.edition, then["outcome"], now.outcome.value
    )
