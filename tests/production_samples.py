"""A production of invented people, for tests of the papers that go with one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gatebook.terms.access_event import AccessEvent, Outcome
from gatebook.terms.demand import Instrument, Recipient
from gatebook.terms.record_class import RecordClass
from gatebook.trace.production.told import Account, Count, File, Head, Record, Step, Told, Value, Withheld

AT = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
FIRST = 1_761_000_000_000_000
DIGEST = "ab" * 32


def values(name: str = "Ana Example") -> tuple[Value, ...]:
    return (
        Value("/applicant/name", name, RecordClass.NAME),
        Value("/applicant/address/lines/0", "1 Example Street", RecordClass.ADDRESS),
        Value("/applicant/emails/0", "ana@example.com", RecordClass.CONTACT),
        Value("/applicant/phones/0", "+1 202 555 0100", RecordClass.CONTACT),
    )


def account(number: int = 1, name: str = "Ana Example", events: int = 3) -> Account:
    accesses = tuple(
        AccessEvent(
            at=FIRST + n,
            source="control plane",
            principal="ana",
            act="login",
            outcome=Outcome.SUCCESS,
            address=("203.0.113.9", "2001:db8::9", "")[n % 3],
        )
        for n in range(events)
    )
    record = Record(f"rec-{number}", "application.received", number, AT, values(name))
    last = FIRST + events - 1 if events else None
    return Account(f"acc-{number}", f"per-{number}", (record,), events, FIRST if events else None, last, accesses)


def told(**changed: Any) -> Told:
    """A production on a subpoena, with whatever a test wants to be different."""
    accounts = changed.pop("accounts", (account(),))
    shown: dict[str, Any] = {
        "production": "pro-1",
        "demand": "dem-1",
        "reference": "24-mj-0001",
        "instrument": Instrument.SUBPOENA,
        "jurisdiction": "US-CA",
        "recipient": Recipient.US_GOVERNMENT,
        "authority": "Example District Court",
        "provider": "example.com/house",
        "basis": "sca.subpoena_reaches_six_groups",
        "basis_cites": "18 U.S.C. 2703(c)(2)",
        "received_at": AT,
        "made_at": AT,
        "proposed_by": "ope-1",
        "approved_by": "ope-2",
        "head": Head("example.com/house", 42, bytes(range(32))),
        "accounts": accounts,
        "counts": (Count(RecordClass.NAME, 4), Count(RecordClass.SESSION, 0, sum(a.events for a in accounts))),
        "withheld": (
            Withheld(RecordClass.NATIONAL_NUMBER, "sca.other_records_need_an_order", "18 U.S.C. 2703(c)(1)", 2),
            Withheld(RecordClass.CONTENT, "sca.content_needs_a_warrant", "18 U.S.C. 2703(a)"),
        ),
        "steps": (
            Step(7, AT, "demand.received", "ope-1"),
            Step(9, AT, "production.approved", "ope-2"),
            Step(11, AT, "production.built", "ope-1"),
        ),
        "files": (File("data/records.json", "all records, field by field"),),
        "searched": 2,
        "unresolved": 1,
        "manifest": DIGEST,
    }
    return Told(**{**shown, **changed})
