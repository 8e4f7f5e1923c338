"""Gatebook's own form of an access event: one JSON object a line, published as a JSON Schema beside this module.

The trap guarded against: a reading that cannot be read again. What ``to_plain`` writes is a record of this same form,
so a converted file can be kept, checked and taken in later as if it had come from its source that day.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec

from gatebook.record.events.address import put_address, read_ip
from gatebook.record.events.form import JsonForm, Receipt
from gatebook.record.events.nth import MOST
from gatebook.record.events.times import read_time, write_time
from gatebook.terms.access_event import MARKS, AccessEvent, AddressKind, Outcome

NAME = "own"
SCHEMA_FILE = "access-event.schema.json"

BLIND_SPOTS = ("It holds what its writer put in: Gatebook cannot tell what a writer left out.",)

_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_KINDS = {kind.value: kind for kind in AddressKind}


class Plain(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A record of this form as its JSON says it. Absent and null are the same; other keys are passed over."""

    at: str | int | float | None
    principal: str | None = None
    act: str | None = None
    outcome: str | None = None
    address: str | None = None
    address_kind: str | None = None
    raw_address: str | None = None
    session: str | None = None
    user_agent: str | None = None
    fingerprint: str | None = None
    target: str | None = None
    id: str | None = None
    source: str | None = None
    nth: int | None = None
    marks: list[str] | None = None
    detail: str | None = None


_LINE = msgspec.json.Decoder(Plain)


def may_be(line: str) -> bool:
    """Whether the line may be of this form: a look that spares most lines of other forms a vain decoding."""
    return line.startswith("{") and ('"at"' in line or "\\u" in line)  # a key may be written in escapes


def decode_line(line: str | bytes) -> Plain | None:
    """Read one line that is of this form to the letter; None sends it the long way."""
    try:
        return _LINE.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def decode_lines(block: bytes) -> list[Plain] | None:
    """Read lines that are all of this form to the letter; None sends them the long way, one by one."""
    try:
        return _LINE.decode_lines(block)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def event_of(plain: Plain, receipt: Receipt) -> AccessEvent:
    """Make the event that a record of this form tells."""
    at, marks = read_time(plain.at, receipt)
    return AccessEvent(
        at=at,
        source=receipt.source or plain.source or NAME,
        principal=plain.principal or "",
        act=plain.act or "",
        outcome=outcome_of(plain.outcome),
        session=plain.session or "",
        user_agent=plain.user_agent or "",
        fingerprint=plain.fingerprint or "",
        target=plain.target or "",
        event_id=plain.id or "",
        nth=min(max(plain.nth or 0, 0), MOST),
        marks=(*marks, *(mark for mark in plain.marks or () if mark in MARKS and _may_bear(plain, mark))),
        detail=plain.detail or "",
        **_address_of(plain, receipt),
    )


def _may_bear(plain: Plain, mark: str) -> bool:
    """Whether a record can bear a mark. One that nobody could read is its text and says nothing else."""
    if mark != "unmapped":
        return True
    said = (plain.principal, plain.act, plain.session, plain.user_agent, plain.fingerprint, plain.target, plain.id)
    return bool(plain.detail) and not any((*said, plain.address, plain.raw_address))


def outcome_of(word: str | None) -> Outcome:
    """Return the outcome a word stands for; a word that is none of ours says nothing."""
    return _OUTCOMES.get(word, Outcome.UNKNOWN) if word else Outcome.UNKNOWN


def to_plain(event: AccessEvent) -> dict[str, Any]:
    """Return the event as a JSON object of this form."""
    plain: dict[str, Any] = {
        "at": write_time(event.at),
        "address": event.address or None,
        "address_kind": event.address_kind.value,
        "raw_address": event.raw_address,
        "principal": event.principal,
        "act": event.act,
        "outcome": event.outcome.value,
        "source": event.source,
        "session": event.session,
        "user_agent": event.user_agent,
        "fingerprint": event.fingerprint,
        "target": event.target,
        "id": event.event_id,
        "nth": event.nth,
        "marks": list(event.marks),
    }
    return plain | {"detail": event.detail} if event.detail else plain


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a record of this form."""
    text = files(__package__).joinpath(SCHEMA_FILE).read_text("utf-8")
    read: dict[str, Any] = msgspec.json.decode(text)
    return read


def _address_of(plain: Plain, receipt: Receipt) -> Any:  # noqa: ANN401 - the three fields of an event, as keywords
    """A record that says what kind its address is has been read before: its reading stands if it can be true."""
    kind = _KINDS.get(plain.address_kind or "")
    if kind is None or plain.raw_address is None:
        return put_address(plain.raw_address if plain.address is None else plain.address, receipt)
    ip = read_ip(plain.address or "")
    if ip is None and kind is AddressKind.ADDRESS:
        return put_address(plain.raw_address, receipt)
    holds_one = kind in {AddressKind.ADDRESS, AddressKind.LIST}
    return {
        "address": str(ip) if ip is not None and holds_one else "",
        "address_kind": kind,
        "raw_address": plain.raw_address,
    }


def _is_own(record: Mapping[str, Any]) -> bool:
    return "at" in record


def _read(record: Mapping[str, Any], receipt: Receipt) -> AccessEvent | None:
    """Numbers where texts belong are taken by their digits; any other thing there makes it no record of this form."""
    known = {name: _text(value) for name, value in record.items() if name in _TEXT_KEYS}
    rest = {name: record.get(name) for name in ("at", "nth", "marks")}
    try:
        return event_of(msgspec.convert(known | rest, Plain), receipt)
    except (msgspec.ValidationError, ValueError):
        return None


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_TEXT_KEYS = frozenset(Plain.__struct_fields__) - {"at", "nth", "marks"}

FORM = JsonForm(NAME, _is_own, _read, BLIND_SPOTS)
