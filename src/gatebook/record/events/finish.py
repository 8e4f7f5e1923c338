"""What is done to every event after its form has read it: texts made storable, and said what is missing.

The trap guarded against: ten forms with ten habits. What counts as missing, how long a text may be, and what becomes of
characters no store takes is decided here, once.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import msgspec

from gatebook.record.events.address import is_missing
from gatebook.record.events.form import Receipt
from gatebook.terms.access_event import MARKS, AccessEvent, AddressKind

#: The longest text kept in a field of an event, in characters.
TEXT_CHARS = 4_096
#: The longest text kept of a record that no form reads, in characters.
DETAIL_CHARS = 16_384

_TEXTS = (
    "source",
    "principal",
    "act",
    "raw_address",
    "session",
    "user_agent",
    "fingerprint",
    "target",
    "event_id",
)
_texts_of = attrgetter(*_TEXTS)
#: Stands for the form of a record that none reads.
UNMAPPED = "unmapped"


def unmapped(text: str, receipt: Receipt, *, is_cut: bool = False) -> AccessEvent:
    """Keep a record that no form reads: its text, at the time of receipt."""
    detail, was_cut = _storable(text, DETAIL_CHARS)
    return AccessEvent(
        at=receipt.received_at,
        source=receipt.source or UNMAPPED,
        detail=detail,
        marks=("unmapped", "text-cut") if is_cut or was_cut else ("unmapped",),
    )


def finish(event: AccessEvent, receipt: Receipt) -> AccessEvent:
    """Return the event as it is kept. A record that was read is not kept beside it: it may hold secrets."""
    changed = _storable_texts(event)
    marks = set(event.marks)
    if changed.pop("is_cut"):
        marks.add("text-cut")
    if "unmapped" not in marks:
        marks.update(_missing(event))
    if receipt.source and event.source != receipt.source:
        changed["source"] = receipt.source
    ordered = in_order(marks)
    if ordered != event.marks:
        changed["marks"] = ordered
    return msgspec.structs.replace(event, **changed) if changed else event


def in_order(marks: set[str]) -> tuple[str, ...]:
    """Return the marks that are known, in the order in which they are listed."""
    return tuple(mark for mark in MARKS if mark in marks) if marks else ()


def _missing(event: AccessEvent) -> list[str]:
    marks = [] if event.principal else ["principal-missing"]
    nowhere = not event.address and event.address_kind in {AddressKind.UNKNOWN, AddressKind.LIST}
    if nowhere:
        marks.append("address-missing" if is_missing(event.raw_address) else "address-unread")
    return marks


def _storable_texts(event: AccessEvent) -> dict[str, Any]:
    changed: dict[str, Any] = {"is_cut": False}
    texts = _texts_of(event)
    together = "".join(texts)
    sound = len(together) <= TEXT_CHARS and _is_plain(together)  # as nearly all are, which one look tells
    for name, text in () if sound else zip(_TEXTS, texts, strict=True):
        if len(text) > TEXT_CHARS or not _is_plain(text):
            changed[name], was_cut = _storable(text, TEXT_CHARS)
            changed["is_cut"] |= was_cut
    if event.detail:
        detail, was_cut = _storable(event.detail, DETAIL_CHARS)
        changed["is_cut"] |= was_cut
        if detail != event.detail:
            changed["detail"] = detail
    return changed


def _is_plain(text: str) -> bool:
    return text.isascii() and "\0" not in text


def _storable(text: str, most: int) -> tuple[str, bool]:
    """Return the text without NULs and half characters, and at most so long; and whether it was cut."""
    if not _is_plain(text):
        text = text.replace("\0", "\\x00")
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text[:most], len(text) > most
