"""The check of an access proof: these are all rows of one principal in a time, and none was left out.

The trap guarded against: a row that was withheld. In every segment the rows stand in the order of a label that is made
from the principal alone, with a salt each segment's entry is bound to, so its rows are one run; the neighbours of the
run have other labels, and run, neighbours and the hashes beside them lead to the root that stands in the signed log.
Which segments touch the time is checked against the log itself where its folder is given, and is the file's own word
otherwise. What a row says is taken in one writing only, the one that was committed to.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gatebook_verifier import rows, tree
from gatebook_verifier.checks import read_entries
from gatebook_verifier.note import Checkpoint, DoesNotHold, read_base64, read_checkpoint

_FORM, _FORMER = "gatebook-access-proof@v2", "gatebook-access-proof@v1"
_MOST_SIZE = 2**32
_MOST_TIME = 2**53 - 1
_TOLD_OF = (b'"access.sealed"', b'"access.erased"', b'"record.expiring"')
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  both sides of the difference are UTC
_AT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z", re.ASCII)
_SESSION = {"at", "address", "nth", "principal", *rows.SESSION_TEXTS}
_EVENT = {*_SESSION, *rows.ACTIVITY_TEXTS} - {"detail"}
_KINDS = {  # what a row of a run holds, by the key that tells how much of it is shown
    "event": {"event", "batch", "salt", "activity_salt"},
    "session": {"session", "batch", "salt", "activity"},
    "commitment": {"label", "commitment"},
}


@dataclass(frozen=True)
class _Whose:
    """Whose rows a proof is about, and of which time; None is an end that is open."""

    principal: str
    label: bytes
    labels: str
    from_at: int | None
    until_at: int | None

    def touches(self, body: dict[str, Any]) -> bool:
        """Whether a segment has rows in the time. An entry says no time before 1684 or after 2255."""
        is_before = self.from_at is not None and body["last_at"] < _in_entry(self.from_at)
        return not is_before and (self.until_at is None or body["first_at"] <= _in_entry(self.until_at - 1))

    def told(self) -> str:
        """Say both in words."""
        return f"{self.principal!r} from {_written(self.from_at)} until {_written(self.until_at)}"


def check_access(proof: bytes, vkey: str, folder: Path | None = None) -> str:
    """Check an access proof file; with the log's ``folder``, also that no segment of its time is missing in it."""
    try:
        found = json.loads(proof)
        if found["form"] == _FORMER:
            raise DoesNotHold("this proof is of a former form, in which a row had one part; have it made anew")
        if found["form"] != _FORM:
            raise DoesNotHold("this is no access proof")
        return _checked(found, vkey, folder)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, struct.error):
        raise DoesNotHold("the access proof is malformed") from None


def _checked(found: dict[str, Any], vkey: str, folder: Path | None) -> str:
    head = read_checkpoint(_is(found["checkpoint"], str).encode(), vkey)
    whose = _whose(found)
    counts, positions = dict.fromkeys(_KINDS, 0), []
    for one in found["segments"]:
        body = _sealed(one, head, whose)
        positions.append(one["position"])
        entries = []
        for row in one["rows"]:
            kind = _kind(row)
            counts[kind] += 1
            entries.append(_entry(row, kind, whose, body))
        _check_run(one, body, entries, whose)
    if len(set(positions)) != len(positions):
        raise DoesNotHold("a segment is in the proof twice")
    shown, part, gone = counts["event"], counts["session"], counts["commitment"]
    whole = _check_whole(whose, set(positions), gone, head, folder) if folder else "not looked for, no log was given"
    hidden = f", and {gone} not shown, which the house calls erased" if gone else ""
    parts = f", {part} with the session alone" if part else ""
    return (
        f"{shown + part} rows{parts}{hidden}: all that {len(positions)} segments hold of {whose.told()}, under the root"
        f" of {head.size} entries signed by {head.origin}; other segments that touch the time: {whole}."
    )


def _whose(found: dict[str, Any]) -> _Whose:
    principal, salt = _is(found["principal"], str), bytes.fromhex(found["label_salt"])
    times = [found[name] if found[name] is None else _is(found[name], int) for name in ("from_at", "until_at")]
    if None not in times and times[0] >= times[1]:
        raise DoesNotHold("the time of the proof ends before it begins")
    label = hashlib.sha256(salt + principal.encode()).digest()[:8]
    return _Whose(principal, label, hashlib.sha256(salt).hexdigest(), *times)


def _is(value: Any, kind: type) -> Any:  # noqa: ANN401  of the kind that is asked for
    """Return the value if it is of this very type: true is no number."""
    if type(value) is not kind:
        raise DoesNotHold("the access proof is malformed")
    return value


def _sealed(one: dict[str, Any], head: Checkpoint, whose: _Whose) -> dict[str, Any]:
    """Return the body of the entry that holds a segment's root, proved to be in the signed log."""
    steps = [read_base64(step) for step in one["inclusion"]]
    position = _is(one["position"], int)
    if tree.root_from(tree.leaf(one["entry"].encode()), position, head.size, steps) != head.root:
        raise DoesNotHold("an entry of the proof is not in the signed log")
    body = _body(json.loads(one["entry"]))
    if body["labels"] != whose.labels:
        raise DoesNotHold("the salt of the labels is not the one the segments were sealed with")
    return body


def _body(entry: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = entry["body"]
    if entry["kind"] != "access.sealed" or not 0 < _is(body["rows"], int) < _MOST_SIZE:
        raise DoesNotHold("an entry of the proof seals no segment")
    return body


def _check_run(one: dict[str, Any], body: dict[str, Any], entries: list[bytes], whose: _Whose) -> None:
    before, after = (one[name] and _hidden(one[name]) for name in ("before", "after"))
    path = [read_base64(step) for step in one["path"]]
    run = rows.Run(whose.principal, whose.label, _is(one["first"], int), body["rows"], before, after, path)
    if rows.root_of_entries(entries, run) != bytes.fromhex(body["root"]):
        raise DoesNotHold("a run does not lead to its segment's root")


def _kind(row: dict[str, Any]) -> str:
    for kind, keys in _KINDS.items():
        if set(row) == keys:
            return kind
    raise DoesNotHold("a row is malformed")


def _hidden(row: dict[str, Any]) -> tuple[bytes, bytes]:
    if _kind(row) != "commitment":
        raise DoesNotHold("a row that is not shown is malformed")
    return bytes.fromhex(row["label"]), read_base64(row["commitment"])


def _entry(row: dict[str, Any], kind: str, whose: _Whose, body: dict[str, Any]) -> bytes:
    if kind == "commitment":
        label, commitment = _hidden(row)
        if label != whose.label:
            raise DoesNotHold("a row of a run that is not shown belongs to somebody else")
        return rows.entry_of(label, commitment)
    said = row[kind]
    if said["principal"] != whose.principal:
        raise DoesNotHold("a row of a run belongs to somebody else")
    at = _microseconds(said["at"])
    if not body["first_at"] <= _in_entry(at) <= body["last_at"]:
        raise DoesNotHold("a row lies outside the time its segment's entry says")
    if kind == "event":
        activity = rows.activity_hash(read_base64(row["activity_salt"]), _activity(said))
    else:
        activity = read_base64(row["activity"])
    fields = _EVENT | (set(said) & {"detail"}) if kind == "event" else _SESSION  # a detail is told where there is one
    session = _session(said, at, row["batch"], fields)
    return rows.entry_of(whose.label, rows.commitment_of(whose.principal, activity, read_base64(row["salt"]), session))


def _session(said: dict[str, Any], at: int, batch: int, fields: set[str]) -> bytes:
    if set(said) != fields:
        raise DoesNotHold("a row has other fields than a row has")
    address, raw = said["address"], said["raw_address"]
    is_plain = said["address_kind"] == "address" and raw == (address or "")
    texts = [_is("" if name == "raw_address" and is_plain else said[name], str) for name in rows.SESSION_TEXTS]
    return rows.session_bytes(at, _is(said["nth"], int), _is(batch, int), address and _is(address, str), texts)


def _activity(said: dict[str, Any]) -> list[str]:
    if said.get("detail") == "":
        raise DoesNotHold("a row has other fields than a row has")
    marks = ",".join(_is(mark, str) for mark in _is(said["marks"], list))
    known = {**said, "marks": marks, "detail": said.get("detail", "")}
    return [_is(known[name], str) for name in rows.ACTIVITY_TEXTS]


def _microseconds(text: str) -> int:
    found = _AT.fullmatch(text)
    if not found:
        raise DoesNotHold("a time of a row is malformed")
    whole = datetime.fromisoformat(found[1]) - _EPOCH
    return (whole.days * 86_400 + whole.seconds) * 1_000_000 + int(found[2])


def _written(at: int | None) -> str:
    if at is None:
        return "ever"
    try:
        return f"{(_EPOCH + timedelta(microseconds=at)).isoformat(timespec='microseconds')}Z"
    except OverflowError:
        return "beyond the years 1 to 9999"


def _in_entry(at: int) -> int:
    return min(max(at, -_MOST_TIME), _MOST_TIME)


def _check_whole(whose: _Whose, seen: set[int], hidden: int, head: Checkpoint, folder: Path) -> str:
    """Look through the signed log for segments that touch the time and are not in the proof."""
    try:
        entries = read_entries(folder, head.size)
    except DoesNotHold as error:
        raise DoesNotHold(f"the log is not whole, or older than the proof: {error}") from None
    if tree.root_of([tree.leaf(entry) for entry in entries]) != head.root:
        raise DoesNotHold("the entries of the log do not lead to the signed root")
    count = missing = 0
    is_erased = False
    for position, data in enumerate(entries):
        if not any(word in data for word in _TOLD_OF):
            continue
        entry = json.loads(data)
        if entry["kind"] in {"access.erased", "record.expiring"}:  # done, or begun and cut off
            is_erased = True
        elif entry["kind"] == "access.sealed":
            body, count = _body(entry), count + 1
            if body["segment"] != count:
                raise DoesNotHold("the segments of the log are not numbered one after another")
            missing += whose.touches(body) and position not in seen
    if missing:
        raise DoesNotHold(f"{missing} segments that touch the time are not in the proof")
    if hidden and not is_erased:
        raise DoesNotHold(f"{hidden} rows are not shown, and the log says of no person that their data ended")
    return f"none, of all the log's first {head.size} entries hold"
