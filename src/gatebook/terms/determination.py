"""Determination: a recorded outcome with its reasons, and the words it is made of.

The trap guarded against: unknown read as guilt or as innocence. ``Answer`` has three values and only
``outcome`` rules in ``decide`` may turn them into an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from gatebook.terms.fact import Fact
    from gatebook.terms.ids import ApplicationId, DeterminationId, PersonId


class Answer(StrEnum):
    """The three values of a clause."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"

    @staticmethod
    def of(truth: bool | None) -> Answer:
        """Turn a three-valued truth into an answer."""
        if truth is None:
            return Answer.UNKNOWN
        return Answer.MET if truth else Answer.UNMET


class Standing(StrEnum):
    """What a source of law is worth on a day. A proposed rule binds only a house that adopts it."""

    IN_FORCE = "in force"
    PROPOSED = "proposed"
    RESCINDED = "rescinded"
    HOUSE = "house"


class Outcome(StrEnum):
    """What was determined."""

    ADMIT = "admit"
    ADMIT_ON_CONDITIONS = "admit on conditions"
    REVIEW = "review"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class Reason:
    """One clause considered: its answer, what it led to, and the words for applicant and staff.

    ``effect`` is what the answer called for: ``none``, ``review``, ``decline`` or ``condition:<slug>``.
    ``yielded_to`` names the exception that set the clause aside, if one did. ``missing`` lists facts it
    looked for and did not find. ``rests_on`` says the standing and, when adopted, since when.
    ``for_applicant`` is empty when saying it would help evasion.
    """

    clause: str
    cites: str
    standing: Standing
    rests_on: str
    answer: Answer
    effect: str
    duty: str
    for_applicant: str
    facts: tuple[Fact, ...]
    missing: tuple[str, ...]
    yielded_to: str = ""


@dataclass(frozen=True, slots=True)
class Determination:
    """A recorded outcome: replaying the same day, edition and facts gives the same bytes.

    ``asked_on`` is the day whose law was asked; ``edition`` the digest of that law; ``reasons`` hold every
    clause considered, those met included. ``at`` and the ids say whose it is and are part of the record.
    """

    determination_id: DeterminationId
    application_id: ApplicationId
    person_id: PersonId
    asked_on: date
    at: datetime
    edition: str
    outcome: Outcome
    conditions: tuple[str, ...]
    facts: tuple[Fact, ...]
    reasons: tuple[Reason, ...]
