"""The check of an access proof: these are all rows of one principal in a time, and none was left out.

The trap guarded against: a row that was withheld. In every segment the rows stand in the order of a label that is made
from the principal alone, so its rows are one run; the neighbours of the run have other labels, and run, neighbours and
the hashes beside them lead to the root that stands in the signed log. Which segments touch the time is checked against
the log itself where its folder is given, and is the file's own word otherwise.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import struct
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from gatebook_verifier import tree
from gatebook_verifier.checks import read_entries
from gatebook_verifier.note import Checkpoint, DoesNotHold, read_base64, read_checkpoint

_FORM = "gatebook-access-proof@v1"
_MOST_SIZE = 2**32
_MOST_TIME = 2**53 - 1
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  both sides of the difference are UTC
_AT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z")
_TEXTS = ("session", "user_agent", "fingerprint", "target", "id")


def check_access(proof: bytes, vkey: str, folder: Path | None = None) -> str:
    """Check an access proof file; with the log's ``folder``, also that no segment of its time is missing in it."""
    try:
        found = json.loads(proof)
        if found["form"] != _FORM:
            raise DoesNotHold("this is no access proof")
        return _checked(found, vkey, folder)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, struct.error):
        raise DoesNotHold("the access proof is malformed") from None


def _checked(found: dict[str, Any], vkey: str, folder: Path | None) -> str:
    head = read_checkpoint(found["checkpoint"].encode(), vkey)
    principal, salt = found["principal"], bytes.fromhex(found["label_salt"])
    label = hashlib.sha256(salt + principal.encode()).digest()[:8]
    shown = erased = 0
    seen = list[int]()
    for one in found["segments"]:
        entry = _sealed(one, head)
        seen.append(entry["segment"])
        leaves = [_leaf(row, label, principal) for row in one["rows"]]
        erased += sum("event" not in row for row in one["rows"])
        shown += sum("event" in row for row in one["rows"])
        _check_run(one, entry, leaves, label)
    if len(set(seen)) != len(seen):
        raise DoesNotHold("a segment is in the proof twice")
    whole = _check_whole(found, set(seen), head, folder) if folder else "as the file says, no log was given"
    gone = f", {erased} more were erased" if erased else ""
    return (
        f"{shown} rows{gone}: all there are of this principal in {len(seen)} segments under the root signed by"
        f" {head.origin}; segments that touch the time: {whole}."
    )


def _sealed(one: dict[str, Any], head: Checkpoint) -> dict[str, Any]:
    """Return the body of the entry that holds a segment's root, proved to be in the signed log."""
    steps = [read_base64(step) for step in one["inclusion"]]
    if tree.root_from(tree.leaf(one["entry"].encode()), one["position"], head.size, steps) != head.root:
        raise DoesNotHold("an entry of the proof is not in the signed log")
    entry = json.loads(one["entry"])
    body: dict[str, Any] = entry["body"]
    if entry["kind"] != "access.sealed" or not 0 < body["rows"] < _MOST_SIZE:
        raise DoesNotHold("an entry of the proof seals no segment")
    return body


def _check_run(one: dict[str, Any], entry: dict[str, Any], leaves: list[bytes], label: bytes) -> None:
    first, size, before, after = one["first"], entry["rows"], one["before"], one["after"]
    last = first + len(leaves)
    if not 0 <= first <= last <= size or (before is None) != (first == 0) or (after is None) != (last == size):
        raise DoesNotHold("a run does not say who stands beside it")
    if before and bytes.fromhex(before["label"]) >= label:
        raise DoesNotHold("the row before a run could belong to it")
    if after and bytes.fromhex(after["label"]) <= label:
        raise DoesNotHold("the row after a run could belong to it")
    beside = [*([_hidden(before)] if before else []), *leaves, *([_hidden(after)] if after else [])]
    start = first - (1 if before else 0)
    if _root(beside, start, size, [read_base64(step) for step in one["path"]]) != bytes.fromhex(entry["root"]):
        raise DoesNotHold("a run does not lead to its segment's root")


def _hidden(row: dict[str, Any]) -> bytes:
    label, commitment = bytes.fromhex(row["label"]), read_base64(row["commitment"])
    if len(label) != 8 or len(commitment) != tree.HASH:  # noqa: PLR2004  a label is 64 bits
        raise DoesNotHold("a row that is not shown is malformed")
    return tree.leaf(label[::-1] + commitment)


def _leaf(row: dict[str, Any], label: bytes, principal: str) -> bytes:
    if "event" not in row:
        if bytes.fromhex(row["label"]) != label:
            raise DoesNotHold("an erased row of a run belongs to somebody else")
        return _hidden(row)
    if row["event"]["principal"] != principal:
        raise DoesNotHold("a row of a run belongs to somebody else")
    salt = read_base64(row["salt"])
    if len(salt) != 16:  # noqa: PLR2004  as the form has it
        raise DoesNotHold("a salt is malformed")
    commitment = hashlib.sha256(salt + _record(row["event"], row["batch"])).digest()
    return tree.leaf(label[::-1] + commitment)


def _record(event: dict[str, Any], batch: int) -> bytes:
    """Return the bytes of a row that its commitment is over."""
    address = event["address"] or ""
    is_plain = event["address_kind"] == "address" and event["raw_address"] == address
    texts = (
        event["principal"],
        event["act"],
        event["outcome"],
        event["address_kind"],
        "" if is_plain else event["raw_address"],
        *(event[name] for name in _TEXTS),
        ",".join(event["marks"]),
        event["source"],
        event.get("detail", ""),
    )
    if any("\0" in text for text in texts):
        raise DoesNotHold("a text of a row holds what no row can")
    head = struct.pack("<qHH", _microseconds(event["at"]), event["nth"], batch)
    return head + _sixteen(address) + b"\0".join(text.encode() for text in texts)


def _microseconds(text: str) -> int:
    found = _AT.fullmatch(text)
    if not found:
        raise DoesNotHold("a time of a row is malformed")
    whole = datetime.fromisoformat(found[1]) - _EPOCH
    return (whole.days * 86_400 + whole.seconds) * 1_000_000 + int(found[2])


def _sixteen(address: str) -> bytes:
    if not address:
        return bytes(16)
    found = ipaddress.ip_address(address)
    return found.packed if found.version == 6 else bytes(10) + b"\xff\xff" + found.packed  # noqa: PLR2004  its number


def _root(leaves: Sequence[bytes], start: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that leaves from ``start`` on, and the hashes of the subtrees beside them, lead to."""
    if not leaves or any(len(step) != tree.HASH for step in path):
        raise DoesNotHold("a run is malformed")
    steps = iter(path)
    found = _joined(leaves, start, 0, size, steps)
    if next(steps, None) is not None:
        raise DoesNotHold("the path beside a run is too long")
    return found


def _joined(leaves: Sequence[bytes], start: int, low: int, high: int, steps: Iterator[bytes]) -> bytes:
    if start + len(leaves) <= low or high <= start:
        step = next(steps, None)
        if step is None:
            raise DoesNotHold("the path beside a run is too short")
        return step
    if high - low == 1:
        return leaves[low - start]
    middle = low + (1 << ((high - low - 1).bit_length() - 1))
    left = _joined(leaves, start, low, middle, steps)
    return tree.node(left, _joined(leaves, start, middle, high, steps))


def _touches(body: dict[str, Any], from_at: int | None, until_at: int | None) -> bool:
    """Whether a segment has rows in a time; an end that is not given is open.

    An entry says no time before 1684 or after 2255: what lies further out counts as there.
    """
    is_before = from_at is not None and body["last_at"] < min(max(from_at, -_MOST_TIME), _MOST_TIME)
    return not is_before and (until_at is None or body["first_at"] <= min(max(until_at - 1, -_MOST_TIME), _MOST_TIME))


def _check_whole(found: dict[str, Any], seen: set[int], head: Checkpoint, folder: Path) -> str:
    """Look through the signed log for segments that touch the time and are not in the proof."""
    entries = read_entries(folder, head.size)
    if tree.root_of([tree.leaf(entry) for entry in entries]) != head.root:
        raise DoesNotHold("the entries of the log do not lead to the signed root")
    touched = set[int]()
    for data in entries:
        if b'"access.sealed"' in data and (entry := json.loads(data))["kind"] == "access.sealed":
            body = entry["body"]
            if _touches(body, found["from_at"], found["until_at"]):
                touched.add(body["segment"])
    if not touched <= seen:
        raise DoesNotHold(f"{len(touched - seen)} segments that touch the time are not in the proof")
    return "every one the log holds"
