"""Notice: whether the person a demand is about may be told of it, by whom, and why not yet.

The trap guarded against: one switch for everybody. A court forbids it for a time it sets, in Europe the authority tells
and the provider stays silent, on a request to preserve nothing was handed over: each is another answer, with its law.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from gatebook.trace.holds import end_of


class Ground(StrEnum):
    """Why notice is forbidden for a time: the five grounds of 18 U.S.C. 2705(b), or an order that names none."""

    DANGER = "danger"  # to the life or physical safety of an individual
    FLIGHT = "flight"  # from prosecution
    EVIDENCE = "evidence"  # would be destroyed or tampered with
    WITNESSES = "witnesses"  # would be intimidated
    JEOPARDY = "jeopardy"  # of an investigation, or undue delay of a trial
    COURT_ORDER = "court-order"


class Teller(StrEnum):
    """Who tells."""

    PROVIDER = "provider"
    AUTHORITY = "authority"


class Standing(StrEnum):
    """How notice of a demand stands at a moment."""

    UNKNOWN = "unknown"  # nobody described the demand yet
    NONE = "none"
    TO_GIVE = "to-give"
    FORBIDDEN = "forbidden"  # for a time whose end nobody set
    DELAYED = "delayed"
    DUE = "due"
    BY_AUTHORITY = "by-authority"
    GIVEN = "given"


#: Why the provider may not tell, as it is answered to whoever would.
REFUSALS: Mapping[Standing, str] = {
    Standing.UNKNOWN: "what this demand says is not described yet: gatebook demand describe",
    Standing.NONE: "nothing is handed over on this instrument, and telling of it would undo what it is for"
    " (18 U.S.C. 2703(f), 2704(a); Regulation (EU) 2023/1543 art. 11)",
    Standing.FORBIDDEN: "telling is forbidden until a court sets an end to it (18 U.S.C. 2705(b))",
    Standing.DELAYED: "telling is forbidden until its last day is over (18 U.S.C. 2705(b))",
    Standing.BY_AUTHORITY: "the authority tells, and the provider keeps silent (Regulation (EU) 2023/1543 art. 13)",
    Standing.GIVEN: "notice was given already",
}
#: In these nobody is told by anybody: of the first nothing is known, in the second it was done.
_NEITHER = frozenset({Standing.UNKNOWN, Standing.GIVEN})
_GIVEN, _GONE = "given-by-", ("expiring", "shredded")


def standing_of(row: Mapping[str, Any], now: datetime) -> Standing:
    """Return how notice of a demand stands: a delay whose last day is over is due, whether it was entered or not."""
    said, until = str(row["notice"] or ""), str(row["notice_until"] or "")
    if said.startswith(_GIVEN):
        return Standing.GIVEN
    if said != Standing.DELAYED.value:
        return Standing(said or Standing.UNKNOWN.value)
    if not until:
        return Standing.FORBIDDEN
    return Standing.DUE if now >= end_of(until) else Standing.DELAYED


def is_owed(row: Mapping[str, Any], now: datetime) -> bool:
    """Return whether somebody has to tell the subject now: what was put off is due, or something was handed over.

    A demand that was closed and on which nothing left the house leaves nothing to tell of.
    """
    if row["state"] in _GONE or (row["closed_at"] and not row["answered_at"]):
        return False
    found = standing_of(row, now)
    return found is Standing.DUE or (found is Standing.TO_GIVE and bool(row["answered_at"]))


def refusal(row: Mapping[str, Any], now: datetime, teller: Teller) -> str:
    """Return why notice by ``teller`` cannot be entered, with its law; empty where it can.

    What an authority did is a fact, whatever the provider is forbidden.
    """
    found = standing_of(row, now)
    if row["state"] in _GONE:
        return "the papers of this demand were destroyed when their time was over"
    if teller is Teller.AUTHORITY and found not in _NEITHER:
        return ""
    return REFUSALS.get(found, "")


def names_authority(row: Mapping[str, Any], now: datetime) -> bool:
    """Return whether a text for the subject may say who asked: not while the provider is to be silent."""
    return standing_of(row, now) in (Standing.TO_GIVE, Standing.DUE, Standing.GIVEN)
