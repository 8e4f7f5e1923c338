"""What a disclosure without a demand hands over: each record field by field, whatever is of another class as a hash.

The trap guarded against: a record given whole because a name in it was allowed. Each field falls into a class; those of
the classes asked for are shown with their salts, so that whoever gets them can test them against the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gatebook.procedures.house import House, Operator
from gatebook.procedures.shown_fields import shown_of
from gatebook.record.access import LEGAL_PROCESS
from gatebook.record.fields import Part, hide, parts_to_plain, payload_of
from gatebook.record.ports import Row
from gatebook.terms.demand import Recipient
from gatebook.terms.record_class import RecordClass
from gatebook.trace.disclosure_form import Asked, asked_from

#: Why a record is opened, by whom it goes to.
_PURPOSES = {Recipient.SUBJECT: "subject-request", Recipient.PEER: "abuse"}


def about(asked: Asked) -> dict[str, Any]:
    """Return to whom and which classes, as it is entered."""
    classes = sorted(one.value for one in asked.classes)
    return {"recipient": asked.recipient.value, "jurisdiction": asked.jurisdiction, "classes": classes}


def content_of(house: House, operator: Operator, listed: Mapping[str, Any]) -> dict[str, Any]:
    """Open every record, entered first, and return what leaves: the fields of the classes, all others as hashes."""
    asked, records = asked_from(listed["asked"]), list(listed["records"])
    with house.state.read() as work:
        rows = [work.registers.get("records", record) or {} for record in records]
    purpose = _PURPOSES.get(asked.recipient, LEGAL_PROCESS)
    opened = house.door.read_parts(house.state, records, purpose, operator.operator_id, house.now())
    items = [_item(row, parts, frozenset(asked.classes)) for row, parts in zip(rows, opened, strict=True)]
    return {
        "disclosure": listed["disclosure"],
        "origin": house.signer.origin,
        **about(asked),
        "basis": listed["basis"],
        "records": [item for item in items if item["fields"] is not None],
    }


def _item(row: Row, parts: Sequence[Part], classes: frozenset[RecordClass]) -> dict[str, Any]:
    shown = shown_of(row["kind"], parts, classes)
    less = hide(parts, shown.__contains__)
    return {
        "record": row["record_id"],
        "kind": row["kind"],
        "position": row["position"],
        "commitment": row["commitment"],
        "fields": payload_of(less) if shown else None,
        "parts": parts_to_plain(less),
    }
