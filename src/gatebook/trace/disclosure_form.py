"""The form of a disclosure without a demand: to whom, which classes of whose records, and why.

The trap guarded against: a favour. Whoever would hand something over says to whom, names the classes one by one, and
writes down why; there is no "all", and what comes on an instrument comes as a demand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatebook.canonical import Plain
from gatebook.errors import InvalidInput
from gatebook.terms.demand import Recipient
from gatebook.terms.record_class import RecordClass
from gatebook.trace.demand_form import JURISDICTION
from gatebook.trace.form_page import MOST_NOTE, Forms, Page

FIELDS = ("recipient", "jurisdiction", "to", "classes", "accounts", "records", "note", "is_certain")
NEEDED = ("recipient", "jurisdiction", "to", "note")
_JURISDICTION, _ID = re.compile(JURISDICTION), re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be handed over, and to whom (``to``, in words).

    ``accounts`` stand for all their records of the classes. ``is_certain`` says that somebody made sure that the
    subject is who asks for their own.
    """

    recipient: Recipient
    jurisdiction: str
    to: str
    classes: tuple[RecordClass, ...]
    accounts: tuple[str, ...]
    records: tuple[str, ...]
    note: str
    is_certain: bool | None


def parse_disclosure(data: Plain, forms: Forms) -> Asked:
    """Return what is to be disclosed. Raises InvalidInput with every field at fault."""
    page = Page.of(data, forms, FIELDS, NEEDED)
    recipient, jurisdiction = page.choice("recipient", Recipient), page.text("jurisdiction")
    if jurisdiction and not (_JURISDICTION.fullmatch(jurisdiction) and forms.is_country(jurisdiction[:2])):
        page.fault("jurisdiction", "unknown-jurisdiction", "ISO 3166-1 alpha-2 in capitals, or with a part as US-CA")
    classes, accounts, records = _classes(page), _ids(page, "accounts"), _ids(page, "records")
    if not accounts and not records and not page.faults:
        page.fault("accounts", "missing", "name accounts, or single records")
    to, note = page.text("to"), page.text("note", MOST_NOTE, lines=True)
    certain = page.flag("is_certain") or None
    if page.faults or recipient is None:
        raise InvalidInput("this disclosure cannot be taken as it was described", tuple(page.faults))
    return Asked(recipient, jurisdiction, to, classes, accounts, records, note, certain)


def asked_from(plain: Mapping[str, Any]) -> Asked:
    """Return what ``canonical.plain`` wrote out to be sealed."""
    lists = {name: tuple(plain[name]) for name in ("accounts", "records")}
    classes = tuple(RecordClass(name) for name in plain["classes"])
    return Asked(**{**plain, **lists, "classes": classes, "recipient": Recipient(plain["recipient"])})


def _classes(page: Page) -> tuple[RecordClass, ...]:
    known, named = {one.value: one for one in RecordClass}, page.items("classes")
    found = [known.get(item) if isinstance(item, str) else None for item in named]
    for n, one in enumerate(found):
        if one is None:
            page.fault(f"classes/{n}", "unknown-class", f"one of {', '.join(known)}")
    if not named:
        page.fault("classes", "missing", "name each class that is to be handed over")
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _ids(page: Page, name: str) -> tuple[str, ...]:
    found = page.items(name)
    for n, one in enumerate(found):
        if not isinstance(one, str) or not _ID.fullmatch(one):
            page.fault(f"{name}/{n}", "malformed", "must be an id")
    return tuple(dict.fromkeys(one for one in found if isinstance(one, str)))
