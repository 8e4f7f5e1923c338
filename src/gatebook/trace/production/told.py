"""What a production says of itself: on which demand, what is in it, what was withheld by which clause, who did what.

The trap guarded against: papers that say different things. Cover, certificate, instructions and exchange forms are
made of this one value and of nothing else, so that none can claim what another does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gatebook.errors import LedgerError
from gatebook.terms.access_event import AccessEvent
from gatebook.terms.demand import Instrument, Recipient
from gatebook.terms.record_class import RecordClass

_DIGEST = re.compile(r"[0-9a-f]{64}|")

#: Each instrument in the words of the law it rests on.
INSTRUMENTS: Mapping[Instrument, str] = {
    Instrument.SUBPOENA: "subpoena, 18 U.S.C. 2703(c)(2)",
    Instrument.COURT_ORDER: "court order, 18 U.S.C. 2703(d)",
    Instrument.WARRANT: "warrant, 18 U.S.C. 2703(c)(1)(A)",
    Instrument.CONSENT: "consent of the customer or subscriber, 18 U.S.C. 2702(c)(2)",
    Instrument.EMERGENCY: "emergency request, 18 U.S.C. 2702(c)(4)",
    Instrument.PRESERVATION: "preservation request, 18 U.S.C. 2703(f)",
    Instrument.BACKUP: "backup preservation, 18 U.S.C. 2704",
    Instrument.EU_PRODUCTION: "European Production Order, Regulation (EU) 2023/1543",
    Instrument.EU_PRESERVATION: "European Preservation Order, Regulation (EU) 2023/1543",
    Instrument.MUTUAL_ASSISTANCE: "request for mutual legal assistance",
    Instrument.CIVIL: "process of a private party",
}

#: What each step was, for a reader who knows nothing of a ledger; a kind that is not here stands under its own name.
STEPS: Mapping[str, str] = {
    "demand.received": "the demand was received, and what came of it sealed",
    "demand.described": "what the demand says was written down",
    "demand.checked": "one thing of the demand was tested: its form, its issuer, its authority or another",
    "demand.scoped": "the law was asked which records the demand reaches",
    "demand.ruled": "counsel ruled on what the law left open",
    "demand.searched": "the records the demand names were searched for",
    "hold.placed": "a legal hold stopped all expiry of what the demand names",
    "hold.scoped": "the legal hold was narrowed to whom the demand names",
    "hold.renewed": "the legal hold was renewed",
    "production.proposed": "one operator proposed the exact list of records",
    "production.approved": "another officer approved exactly that list",
    "production.refused": "another officer refused that list",
    "record.read": "a sealed record was opened for this demand, entered before it was read",
    "trace.asked": "the access record was asked, entered before it was answered",
    "production.built": "the set of files was put together, and its digest entered",
    "disclosure.made": "the set was handed over, with the basis in law",
    "notice.delayed": "telling the subject was put off to a date",
    "notice.given": "the subject was told",
}


@dataclass(frozen=True, slots=True)
class Head:
    """The signed tree head that every proof in the production leads to."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the chain of custody: an entry of the ledger by its position, and who did it, by pseudonym."""

    position: int
    at: datetime
    kind: str
    operator: str

    @property
    def words(self) -> str:
        """What the step was."""
        return STEPS.get(self.kind, self.kind)


@dataclass(frozen=True, slots=True)
class Count:
    """How much of one record class is in the production: values out of sealed records, and access events."""

    record_class: RecordClass
    values: int
    events: int = 0


@dataclass(frozen=True, slots=True)
class Withheld:
    """A record class that was not handed over, by which clause, cited; ``values`` None where nobody counted."""

    record_class: RecordClass
    clause: str
    cites: str
    values: int | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """One value out of a sealed record: where it stood in it (RFC 6901), as text, and of which class it is."""

    pointer: str
    text: str
    record_class: RecordClass

    @property
    def label(self) -> str:
        """The pointer in plain words: ``/applicant/birth_date`` is ``applicant, birth date``."""
        parts = (part.replace("~1", "/").replace("~0", "~") for part in self.pointer.split("/") if part)
        return ", ".join(part.replace("_", " ") for part in parts) or "record"


@dataclass(frozen=True, slots=True)
class Record:
    """A sealed record of which at least one value is shown, by its id and the position of its entry."""

    record: str
    kind: str
    position: int
    at: datetime
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """An account in the production: whose it is, its records, and its accesses.

    ``events`` counts all accesses handed over; ``accesses`` may hold only the first of them, oldest first, and
    ``first_at`` and ``last_at`` (microseconds since 1970 UTC) tell the time all of them lie in.
    """

    account: str
    person: str
    records: tuple[Record, ...] = ()
    events: int = 0
    first_at: int | None = None
    last_at: int | None = None
    accesses: tuple[AccessEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """A file of the production by its path in it, and what it is in one sentence."""

    path: str
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """All that a production says of itself.

    ``manifest`` is the SHA-256 of ``manifest-sha256.txt`` in hexadecimal: papers that quote it cannot stand among the
    files that manifest lists, and belong beside them as tag files (RFC 8493). It is empty for papers made before it.
    ``operators`` by pseudonym: who proposed the list and who approved it. ``searched`` and ``unresolved`` count what
    the instrument named and what of it led to nobody. ``classes`` is what the instrument asked for; empty is all.
    """

    production: str
    demand: str
    reference: str
    instrument: Instrument
    jurisdiction: str
    recipient: Recipient
    authority: str
    provider: str
    basis: str
    basis_cites: str
    received_at: datetime
    made_at: datetime
    proposed_by: str
    approved_by: str
    head: Head
    validator: str = ""
    classes: tuple[RecordClass, ...] = ()
    accounts: tuple[Account, ...] = ()
    counts: tuple[Count, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    steps: tuple[Step, ...] = ()
    files: tuple[File, ...] = ()
    #: What became of each thing the demand names: the thing with its time, and whom it led to, in words.
    named: tuple[tuple[str, str], ...] = ()
    searched: int = 0
    unresolved: int = 0
    manifest: str = ""
    is_emergency: bool = False
    is_time_stamped: bool = False
    witnesses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a head or a digest that cannot be one, a time without a zone, and two eyes where four are meant."""
        if len(self.head.root) != 32 or not _DIGEST.fullmatch(self.manifest):  # noqa: PLR2004  of SHA-256
            raise LedgerError("a production names a tree head or a manifest that cannot be one")
        if any(at.tzinfo is None for at in (self.received_at, self.made_at, *(step.at for step in self.steps))):
            raise LedgerError("a production names a time without a zone")
        if self.proposed_by == self.approved_by:
            raise LedgerError("a production was proposed and approved by one operator")

    @property
    def values(self) -> int:
        """How many values of sealed records are shown."""
        return sum(count.values for count in self.counts)

    @property
    def events(self) -> int:
        """How many access events are shown."""
        return sum(account.events for account in self.accounts)
