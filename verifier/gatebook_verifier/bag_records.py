"""Records of a production: that each field shown is what was sealed, and that the table beside them says the same.

The trap guarded against: a field that was changed, left out or taken from another record. The fields of a record, and
the hashes of those not shown, lead to the commitment in its entry, which is in the signed log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gatebook_verifier import tree
from gatebook_verifier.note import DoesNotHold

NAMES = ("account", "person", "record", "kind", "position", "class", "field", "value")
HEAD = ",".join(NAMES).encode() + b"\n"
_KEYS = {"account", "person", "record", "kind", "position", "parts", "classes"}
_FORM, _MOST_NUMBER, _SALT = "fields1:", 2**53 - 1, 16
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def check_record(record: Mapping[str, Any], entry: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many fields are shown and withheld, once they lead to what the record's entry says."""
    if set(record) != _KEYS or any(record[name] != entry.get(name, "") for name in ("record", "kind", "person")):
        raise DoesNotHold(f"a record says another thing of itself than entry {record.get('position')}")
    pointers = [part[0] for part in record["parts"] if not isinstance(part, str)]
    if pointers != sorted(set(pointers), key=str.encode) or set(pointers) != set(record["classes"]):
        raise DoesNotHold("fields of a record are not in their order, or not each of one class")
    commitment = f"{_FORM}{tree.root_of([_leaf(part) for part in record['parts']]).hex()}"
    if commitment != entry["commitment"]:
        raise DoesNotHold(f"the fields of a record do not lead to the commitment in entry {record['position']}")
    return len(pointers), len(record["parts"]) - len(pointers)


def _leaf(part: Any) -> bytes:  # noqa: ANN401  as the file has it
    if isinstance(part, str):
        digest = bytes.fromhex(part)
        if len(digest) != tree.HASH or digest.hex() != part:
            raise DoesNotHold("the hash of a field not shown is malformed")
        return digest
    pointer, value, salt = part
    raw = bytes.fromhex(salt)
    is_number = type(value) is int and abs(value) <= _MOST_NUMBER
    is_plain = isinstance(value, (str, bool)) or value is None or value in ([], {}) or is_number
    if not isinstance(pointer, str) or len(raw) != _SALT or raw.hex() != salt or not is_plain:
        raise DoesNotHold("a field of a record is malformed")
    return tree.leaf(raw + json.dumps([pointer, value], ensure_ascii=False, separators=(",", ":")).encode())


def table_of(records: list[Mapping[str, Any]]) -> bytes:
    """Return the table of the fields that are shown, a line each, as it has to stand in ``records.csv``."""
    return HEAD + b"".join(line for record in records for line in _lines(record))


def _lines(record: Mapping[str, Any]) -> Iterator[bytes]:
    for part in record["parts"]:
        if not isinstance(part, str):
            pointer, value, _ = part
            told = value if isinstance(value, str) else json.dumps(value)
            start = (record[name] for name in ("account", "person", "record", "kind", "position"))
            yield (
                ",".join(quoted(str(one)) for one in (*start, record["classes"][pointer], pointer, told))
            ).encode() + b"\n"


def quoted(text: str) -> str:
    """Return a text as a cell of a table."""
    escaped = text.replace('"', '""')
    return f'"{chr(39) if text.startswith(_FORMULAS) else ""}{escaped}"'
