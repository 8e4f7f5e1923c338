"""What the log itself says of a production: that no segment and no step is missing, and which digest was entered of it.

The trap guarded against: a production that is whole by its own word. Whether something was left out that touches the
time, or a step that was taken, only the entries of the log can say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gatebook_verifier import checks, tree
from gatebook_verifier.bag import Bag
from gatebook_verifier.note import DoesNotHold, read_checkpoint

_TOLD_OF = (b'"access.sealed"', b'"demand.', b'"production.', b'"disclosure.made"')
_STEPS = ("demand.", "production.")
_MOST_TIME = 2**53 - 1  # as entries say times


def check_log(bag: Bag, digest: str, folder: Path) -> str:
    """Hold the production to the log's folder."""
    checks.check_log(folder, bag.vkey)
    newer, head = read_checkpoint((folder / "checkpoint").read_bytes(), bag.vkey), bag.head()
    entries = checks.read_entries(folder, newer.size)
    if head.size > newer.size or tree.root_of([tree.leaf(one) for one in entries[: head.size]]) != head.root:
        raise DoesNotHold("the log does not begin with the log of the production's checkpoint, or is older")
    told = [(at, json.loads(one)) for at, one in enumerate(entries) if any(word in one for word in _TOLD_OF)]
    count, principals = _check_segments(bag, told, head.size)
    _check_steps(bag, told, head.size)
    entered = _check_digest(bag, told, digest, head.size)
    return (
        f"Of the log's {count} segments none that was there when the list was made and touches its times is missing for"
        f" {principals} principals; no step of the demand or the production up to {head.size} is missing in custody;"
        f" {entered}."
    )


def _check_segments(bag: Bag, told: list[tuple[int, Mapping[str, Any]]], size: int) -> tuple[int, int]:
    """Look for segments left out; return how many the log has, and of how many principals accesses are shown."""
    windows, last = _windows(bag), bag.told("data/list.json")["last_segment"]
    sealed = [(at, entry["body"]) for at, entry in told if entry["kind"] == "access.sealed" and at < size]
    for place, body in sealed:
        if body["segment"] <= last:
            _check_segment(body, place, windows)
    return len(sealed), len({one[0] for one in windows})


def _check_steps(bag: Bag, told: list[tuple[int, Mapping[str, Any]]], size: int) -> None:
    """Refuse custody that leaves out what was entered of the demand or the production before the checkpoint."""
    demand, kept = bag.statement()["demand"], {one["position"] for one in bag.told("data/custody.json")}
    for place, entry in told:
        body = entry.get("body", {})
        is_step = body.get("demand") == demand or body.get("production") == bag.base
        if place < size and is_step and entry["kind"].startswith(_STEPS) and place not in kept:
            raise DoesNotHold(f"the log holds a step at {place} that custody leaves out")


def _check_digest(bag: Bag, told: list[tuple[int, Mapping[str, Any]]], digest: str, size: int) -> str:
    """Hold the production to the digest that was entered of it last, and to the one it was disclosed by."""
    built = disclosed = None
    for place, entry in _of(bag, told):
        if entry["kind"] == "production.refused":
            raise DoesNotHold("the log says that this production was refused")
        if entry["kind"] == "production.built" and place >= size:  # before its checkpoint others were built of the list
            built = place, entry["body"]["digest"]
        elif entry["kind"] == "disclosure.made":
            disclosed = place, entry["body"]["digest"]
    for place, entered in filter(None, (built, disclosed)):
        if entered != digest:
            raise DoesNotHold(f"the log says at {place} that this production has another digest")
    if disclosed:
        return f"its digest was entered, and disclosed at {disclosed[0]}"
    return f"its digest was entered at {built[0]}" if built else "no entry tells yet of its digest"


def _of(bag: Bag, told: list[tuple[int, Mapping[str, Any]]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    return ((at, entry) for at, entry in told if entry.get("body", {}).get("production") == bag.base)


def _windows(bag: Bag) -> dict[tuple[str, int, int], set[int]]:
    """Return at which entries the segments of each principal and window are shown."""
    found: dict[tuple[str, int, int], set[int]] = {}
    for run in bag.told("data/runs.json"):
        from_at = -_MOST_TIME if run["from_at"] is None else max(run["from_at"], -_MOST_TIME)
        until_at = _MOST_TIME if run["until_at"] is None else min(run["until_at"] - 1, _MOST_TIME)
        found.setdefault((run["principal"], from_at, until_at), set()).add(run["position"])
    return found


def _check_segment(body: dict[str, int], place: int, windows: dict[tuple[str, int, int], set[int]]) -> None:
    for (_, from_at, last_at), shown in windows.items():
        if body["last_at"] >= from_at and body["first_at"] <= last_at and place not in shown:
            raise DoesNotHold(f"the segment at {place} touches the time of a principal and is not in the production")
