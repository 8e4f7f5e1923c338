"""Claim, evidence, verification: a claim tested against evidence by a named method.

The trap guarded against: an untried means read as a failed one. ``UNTRIED`` is neither good nor bad.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gatebook.terms.ids import EvidenceId


class Verification(StrEnum):
    """What testing a claim against evidence gave."""

    VERIFIED = "verified"
    REFUTED = "refuted"
    UNTRIED = "untried"


class EvidenceKind(StrEnum):
    """Every kind of evidence; ``identify`` says which may be submitted and with which fields."""

    MRZ = "mrz"  # lines: list[str] of a machine-readable zone, in its one form
    CODE = "code"  # a one-time code that came back; made by Gatebook itself, never submitted
    RESIDENCE = "residence"  # a paper that shows an address: issuer, issued_on, country, shows_name, shows_address
    REGISTRY_EXTRACT = "registry_extract"  # an entity's extract: jurisdiction, number, lei, name, status, as_of
    PAYMENT_CONFIRMED = "payment_confirmed"  # a processor's word on a means: means, country, result
    ACCESS = "access"  # the address the application came from, with the country a local file gives it
    VENDOR_REPORT = "vendor_report"  # another verifier's result: vendor, report, result, and what the document says


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of evidence as received. ``data`` is personal and is sealed; ``evidence_id`` is not."""

    evidence_id: EvidenceId
    kind: EvidenceKind
    received_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Requirement:
    """Evidence still due, and why: what a clause asks before it can answer.

    ``requirement`` is a stable slug (``document``, ``email_code``, ``name`` ...); ``asks_for`` says in
    plain words, fit for the applicant, what would satisfy it; ``any_of`` lists evidence kinds or claim
    fields, one of which is enough; ``facts`` are the facts it would settle; ``clauses`` ask for them.
    """

    requirement: str
    asks_for: str
    any_of: tuple[str, ...]
    facts: tuple[str, ...]
    clauses: tuple[str, ...]
