"""Demand: incoming legal process, and the words of answering it.

The trap guarded against: a demand that names nobody's clock. Each instrument is one of those the law knows, and what is
unknown of it (who issued it, whom it names, for which time) stays unknown instead of being guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from gatebook.terms.record_class import RecordClass


class Instrument(StrEnum):
    """What was served."""

    SUBPOENA = "subpoena"  # 18 USC 2703(c)(2): administrative, grand jury or trial subpoena
    COURT_ORDER = "court-order"  # 18 USC 2703(d)
    WARRANT = "warrant"  # 18 USC 2703(a), (c)(1)(A)
    CONSENT = "consent"  # 18 USC 2702(c)(2), 2703(c)(1)(C): of the customer or subscriber
    EMERGENCY = "emergency"  # 18 USC 2702(b)(8), (c)(4)
    PRESERVATION = "preservation"  # 18 USC 2703(f)
    BACKUP = "backup"  # 18 USC 2704
    EU_PRODUCTION = "eu-production"  # Regulation (EU) 2023/1543, EPOC
    EU_PRESERVATION = "eu-preservation"  # the same, EPOC-PR
    MUTUAL_ASSISTANCE = "mutual-assistance"  # a foreign request that comes by treaty
    CIVIL = "civil"  # process of a private party


class Recipient(StrEnum):
    """Whom an answer goes to, in the classes the law tells apart."""

    US_GOVERNMENT = "us-government"  # 18 USC 2711(4): of the United States, of a State or a part of one
    EU_AUTHORITY = "eu-authority"
    FOREIGN_AUTHORITY = "foreign-authority"
    PRIVATE_PARTY = "private-party"
    PEER = "peer"  # another provider
    SUBJECT = "subject"  # the person the records are about


class Office(StrEnum):
    """What an issuer or validator is."""

    COURT = "court"
    JUDGE = "judge"
    PROSECUTOR = "prosecutor"
    POLICE = "police"
    AGENCY = "agency"
    LAWYER = "lawyer"
    CUSTOMER = "customer"


class Channel(StrEnum):
    """How a demand came."""

    COMMAND = "command"
    API = "api"
    MAIL = "mail"


class TargetKind(StrEnum):
    """By what an instrument names whom it is about."""

    ACCOUNT = "account"
    PERSON = "person"
    ADDRESS = "address"  # of the network; needs a time to be resolved
    PRINCIPAL = "principal"  # the account as an access log names it
    EMAIL = "email"
    PHONE = "phone"
    WALLET = "wallet"
    PAYMENT = "payment"  # a bank account, a card's fingerprint or a processor's token
    DOCUMENT = "document"  # the number of an identity document
    SESSION = "session"
    FINGERPRINT = "fingerprint"
    USER_AGENT = "user-agent"


@dataclass(frozen=True, slots=True)
class Target:
    """Whom an instrument names, and for which time (microseconds since 1970 UTC, ``until_at`` excluded; None: open).

    ``port`` is the one an address was seen with, where several share it at once; None where none was named.
    """

    kind: TargetKind
    value: str
    from_at: int | None = None
    until_at: int | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issued or validated a demand, in its own words; ``office`` None is unknown."""

    authority: str
    office: Office | None = None
    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a demand says. ``classes`` empty asks for all that the instrument reaches.

    ``jurisdiction`` is ISO 3166-1 alpha-2, or ``US-CA`` and the like. ``recipient_key`` is an age recipient or a PEM
    certificate the answer is encrypted to. ``return_on`` is the day the demand itself sets for its answer; empty where
    it sets none. ``no_notice_until`` is the last day the subject may not be told, by ``notice_ground``;
    ``authority_gives_notice`` leaves telling to the authority (Regulation (EU) 2023/1543 art. 13).
    """

    instrument: Instrument
    jurisdiction: str
    recipient: Recipient
    reference: str
    issuer: Issuer
    received_at: datetime
    channel: Channel
    targets: tuple[Target, ...] = ()
    classes: tuple[RecordClass, ...] = ()
    validator: Issuer | None = None
    is_emergency: bool = False
    #: Whether network addresses are asked for to identify somebody alone (Regulation (EU) 2023/1543 art. 3(10)).
    only_identifies: bool | None = None
    return_on: str = ""
    forbids_notice: bool = False
    no_notice_until: str = ""
    notice_ground: str = ""
    authority_gives_notice: bool = False
    recipient_key: str = ""
    #: The belief in danger of death or serious injury, as a person wrote it down (18 USC 2702(c)(4)).
    belief: str = ""
    note: str = ""


class HoldKind(StrEnum):
    """Which clock a legal hold runs by, who may renew it, and what ends it."""

    PRESERVATION = "preservation"  # 18 USC 2703(f): 90 days, renewed for 90
    EU_PRESERVATION = "eu-preservation"  # 60 days, extended by 30, open once production was confirmed
    BACKUP = "backup"  # 18 USC 2704: until delivery and the end of proceedings
    PROCESS = "process"  # while any other demand is answered
    LITIGATION = "litigation"  # the house's own, or a court's; open until ended


class Check(StrEnum):
    """What is tested of a demand before anything is disclosed on it."""

    FORM = "form"  # it is what it says: signed, dated, complete
    ISSUER = "issuer"  # the issuer exists and holds the office
    VALIDATOR = "validator"  # whoever had to validate it did
    AUTHORITY = "authority"  # that authority may issue this instrument for these classes
    CALL_BACK = "call-back"  # somebody called back by a number found elsewhere
    SECOND_PERSON = "second-person"  # another officer looked at it and agrees
