"""A person is an individual or an entity (EO 13984 s. 5); what is written here is only what is claimed.

The trap guarded against: taking the applicant's word for a finding. A claim becomes a finding only
through ``identify``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PersonKind(StrEnum):
    """EO 13984 s. 5(e), (c): a person is an individual or an entity."""

    INDIVIDUAL = "individual"
    ENTITY = "entity"


class Personhood(StrEnum):
    """Whether a person is a United States person (EO 13984 s. 5); unknown is a real answer."""

    US = "us"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


class ClaimedUsLimb(StrEnum):
    """Which limb of the definition of a United States person the applicant says applies."""

    CITIZEN = "citizen"
    PERMANENT_RESIDENT = "permanent_resident"
    ORGANISED_IN_US = "organised_in_us"
    LOCATED_IN_US = "located_in_us"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as claimed. ``country`` is ISO 3166-1 alpha-2, upper case."""

    country: str
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class NationalNumber:
    """A national identification number as claimed; ``scheme`` is a python-stdnum module such as ``pesel``."""

    country: str
    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Registration:
    """Where an entity says it is organised: jurisdiction (alpha-2), registry number, LEI (ISO 17442)."""

    jurisdiction: str
    number: str = ""
    lei: str = ""


@dataclass(frozen=True, slots=True)
class BeneficialOwner:
    """Somebody said to stand behind an entity. ``share_percent`` is a decimal string or empty when unknown."""

    person: PersonClaims
    share_percent: str = ""
    has_control: bool | None = None


@dataclass(frozen=True, slots=True)
class PersonClaims:
    """What an applicant says of a person. Empty means not said; nothing here is verified.

    ``born_on`` is an ISO date that may stop at the month or year (``1964``, ``1964-05``, ``1964-05-02``).
    ``nationalities`` and ``place_of_use`` are ISO 3166-1 alpha-2 codes.
    """

    kind: PersonKind
    name: str
    aliases: tuple[str, ...] = ()
    born_on: str = ""
    nationalities: tuple[str, ...] = ()
    address: Address | None = None
    place_of_use: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    us_limb: ClaimedUsLimb | None = None
    national_numbers: tuple[NationalNumber, ...] = ()
    registration: Registration | None = None
    beneficial_owners: tuple[BeneficialOwner, ...] = ()
