"""The form of a demand: what was posted of it is read into its parts, and every fault is named by its field.

The trap guarded against: an answer about somebody else than was meant. An address without its time names everybody who
ever held it, and a time without a zone is another time elsewhere: both are refused, and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import InvalidInput
from gatebook.terms.assignment import microseconds
from gatebook.terms.demand import Channel, Demand, Instrument, Issuer, Office, Recipient, Target, TargetKind
from gatebook.terms.record_class import RecordClass
from gatebook.trace.form_page import MOST_NOTE, MOST_TEXT, Forms, Page

MOST_KEY = 16_384
#: Names of what is posted of a demand, of an issuer and of a target.
FIELDS = (
    *("instrument", "jurisdiction", "recipient", "reference", "issuer", "validator", "received_at", "targets"),
    *("classes", "is_emergency", "only_identifies", "return_on", "forbids_notice", "no_notice_until", "notice_ground"),
    *("authority_gives_notice", "recipient_key", "belief", "note"),
)
NEEDED = ("instrument", "jurisdiction", "recipient", "reference", "issuer")
ISSUER_FIELDS, TARGET_FIELDS = ("authority", "office", "name", "email", "phone"), ("kind", "value", "port", "at")
_ENDS = ("from", "until")
JURISDICTION = r"[A-Z]{2}(-[A-Z0-9]{1,3})?"
_JURISDICTION = re.compile(JURISDICTION)
_KEY = re.compile(r"age1[02-9ac-hj-np-z]{58}|-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*")
_SKEW, _EARLIEST = timedelta(minutes=5), datetime(2000, 1, 1, tzinfo=UTC)
_SECOND, _MOST_PORT = 1_000_000, 65_535
#: Whom an instrument is answered to, where there is but one.
_RECIPIENTS = {
    **dict.fromkeys(
        (
            *(Instrument.SUBPOENA, Instrument.COURT_ORDER, Instrument.WARRANT),
            *(Instrument.PRESERVATION, Instrument.BACKUP),
        ),
        Recipient.US_GOVERNMENT,
    ),
    Instrument.EU_PRODUCTION: Recipient.EU_AUTHORITY,
    Instrument.EU_PRESERVATION: Recipient.EU_AUTHORITY,
    Instrument.CIVIL: Recipient.PRIVATE_PARTY,
}


def parse_demand(data: Plain, now: datetime, channel: Channel, forms: Forms) -> Demand:
    """Return what a demand says. Raises InvalidInput with every field at fault; no message repeats a value."""
    page = Page.of(data, forms, FIELDS, NEEDED)
    instrument, recipient = page.choice("instrument", Instrument), page.choice("recipient", Recipient)
    received_at, issuer = _received_at(page, now), _issuer(page, "issuer")
    only = _RECIPIENTS.get(instrument) if instrument else None
    if only and recipient and recipient is not only:
        page.fault("recipient", "contradiction", f"this instrument is answered to {only.value}")
    targets = tuple(_target(page, n, item, now) for n, item in enumerate(page.items("targets")))
    more: dict[str, Any] = {
        "jurisdiction": _jurisdiction(page),
        "reference": page.text("reference"),
        "validator": _issuer(page, "validator") if page.data.get("validator") is not None else None,
        "classes": _classes(page),
        "is_emergency": page.flag("is_emergency") or instrument is Instrument.EMERGENCY,
        "only_identifies": None if page.data.get("only_identifies") is None else page.flag("only_identifies"),
        "return_on": page.day("return_on"),
        "recipient_key": _recipient_key(page),
        **_notice(page),
        **{name: page.text(name, MOST_NOTE, lines=True) for name in ("belief", "note")},
    }
    if page.faults or instrument is None or recipient is None or issuer is None:
        raise InvalidInput("this demand cannot be taken as it was described", tuple(page.faults))
    return Demand(
        instrument=instrument,
        recipient=recipient,
        issuer=issuer,
        received_at=received_at,
        channel=channel,
        targets=tuple(dict.fromkeys(one for one in targets if one is not None)),
        **more,
    )


def demand_from(plain: Mapping[str, Any]) -> Demand:
    """Return the demand that ``canonical.plain`` wrote out to be sealed."""
    made: dict[str, Any] = {
        "instrument": Instrument(plain["instrument"]),
        "recipient": Recipient(plain["recipient"]),
        "channel": Channel(plain["channel"]),
        "received_at": canonical.parse_instant(plain["received_at"]),
        "issuer": _issuer_from(plain["issuer"]),
        "validator": _issuer_from(plain["validator"]) if plain["validator"] else None,
        "targets": tuple(Target(**{**one, "kind": TargetKind(one["kind"])}) for one in plain["targets"]),
        "classes": tuple(RecordClass(one) for one in plain["classes"]),
    }
    return Demand(**{**plain, **made})


def _issuer_from(plain: Mapping[str, Any]) -> Issuer:
    return Issuer(**{**plain, "office": Office(plain["office"]) if plain["office"] else None})


def _received_at(page: Page, now: datetime) -> datetime:
    at = page.instant("received_at")
    if at is None:
        return now
    if not microseconds(_EARLIEST) <= at <= microseconds(now + _SKEW):
        page.fault("received_at", "out-of-range", "from the year 2000, and not in the future")
        return now
    return canonical.parse_instant(page.text("received_at"))


def _jurisdiction(page: Page) -> str:
    text = page.text("jurisdiction")
    if text and not (_JURISDICTION.fullmatch(text) and page.forms.is_country(text[:2])):
        page.fault("jurisdiction", "unknown-jurisdiction", "ISO 3166-1 alpha-2 in capitals, or with a part as US-CA")
    return text


def _issuer(page: Page, name: str) -> Issuer | None:
    if page.data.get(name) is None:
        return None
    inner = page.within(page.data[name], f"{page.at}/{name}", ISSUER_FIELDS, ("authority",))
    contacts = {kind: inner.value(TargetKind(kind), kind) for kind in ("email", "phone")}
    return Issuer(inner.text("authority"), inner.choice("office", Office), inner.text("name"), **contacts)


def _classes(page: Page) -> tuple[RecordClass, ...]:
    known = {one.value: one for one in RecordClass}
    found = [known.get(item) if isinstance(item, str) else None for item in page.items("classes")]
    for n, one in enumerate(found):
        if one is None:
            page.fault(f"classes/{n}", "unknown-class", f"one of {', '.join(known)}")
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _recipient_key(page: Page) -> str:
    text = page.text("recipient_key", MOST_KEY, lines=True)
    if text and not _KEY.fullmatch(text):
        page.fault("recipient_key", "malformed", "an age recipient (age1...) or one certificate in PEM form")
    return text


def _notice(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = {name: page.flag(name) for name in ("forbids_notice", "authority_gives_notice")}
    found |= {"no_notice_until": page.day("no_notice_until"), "notice_ground": page.text("notice_ground", MOST_NOTE)}
    if found["no_notice_until"] and not found["forbids_notice"]:
        page.fault("no_notice_until", "contradiction", "is the end of a time in which notice is forbidden")
    return found


def _target(page: Page, n: int, item: object, now: datetime) -> Target | None:
    inner = page.within(item, f"{page.at}/targets/{n}", (*TARGET_FIELDS, *_ENDS), ("kind", "value"))
    kind = inner.choice("kind", TargetKind)
    from_at, until_at = _time(inner, now)
    if kind is None:
        return None
    if kind is TargetKind.ADDRESS and "at" not in inner.data and not all(name in inner.data for name in _ENDS):
        inner.fault("at", "missing", "an address needs its time: at, or from and until, each with a zone")
    port = inner.data.get("port")
    is_port = type(port) is int and 0 < port <= _MOST_PORT
    if port is not None and not (is_port and kind is TargetKind.ADDRESS):
        inner.fault("port", "malformed", f"of an address, a whole number from 1 to {_MOST_PORT}")
        port = None
    most = MOST_NOTE if kind is TargetKind.USER_AGENT else MOST_TEXT
    return Target(kind, inner.value(kind, "value", most), from_at, until_at, port)


def _time(inner: Page, now: datetime) -> tuple[int | None, int | None]:
    """Return the time a target is meant for. An instant lasts a second, or a microsecond where it was written so."""
    from_at, until_at = inner.instant("from"), inner.instant("until")
    if inner.data.get("at") not in (None, ""):
        at = inner.instant("at")
        if any(inner.data.get(name) for name in _ENDS):
            inner.fault("at", "contradiction", "either an instant, or from and until")
        if at is not None:
            from_at, until_at = at, at + (1 if at % _SECOND else _SECOND)
    if from_at is not None and until_at is not None and until_at <= from_at:
        inner.fault("until", "not-after", "must be later than from")
    if from_at is not None and from_at > microseconds(now + _SKEW):
        inner.fault("at" if inner.data.get("at") else "from", "in-the-future", "what is held is of the past")
    return from_at, until_at
