"""Shown fields: which fields of a sealed record the open classes show; the rest leaves as hashes.

The trap guarded against: a production and a disclosure that draw the line in two places.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gatebook.record.fields import Field, Part, payload_of
from gatebook.terms.record_class import RecordClass
from gatebook.trace.fields import classes_of


def shown_of(kind: str, parts: Sequence[Part], classes: Collection[RecordClass]) -> dict[str, RecordClass]:
    """Return, by pointer, the class of each field of an opened record that is of one of these classes."""
    payload = payload_of(parts)
    assert isinstance(payload, dict)  # noqa: S101  everything sealed of a person is an object
    pointers = (part.pointer for part in parts if isinstance(part, Field))
    found = {pointer: classes_of(kind, pointer, payload) for pointer in pointers}
    return {pointer: of for pointer, of in found.items() if of in classes}
