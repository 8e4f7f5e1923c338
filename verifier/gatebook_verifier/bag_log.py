"""What the log itself says of a production: that no segment is missing in it, and which digest was entered of it.

The trap guarded against: a production that is whole by its own word. Whether something was left out that touches the
time, only the entries of the log can say.
"""

from __future__ import annotations

import json
from pathlib import Path

from gatebook_verifier import checks, tree
from gatebook_verifier.bag import Bag
from gatebook_verifier.note import DoesNotHold, read_checkpoint

_TOLD_OF = (b'"access.sealed"', b'"production.built"', b'"production.refused"')
_MOST_TIME = 2**53 - 1  # as entries say times


def check_log(bag: Bag, digest: str, folder: Path) -> str:
    """Hold the production to the log's folder."""
    checks.check_log(folder, bag.vkey)
    newer, head = read_checkpoint((folder / "checkpoint").read_bytes(), bag.vkey), bag.head()
    entries = checks.read_entries(folder, newer.size)
    if head.size > newer.size or tree.root_of([tree.leaf(one) for one in entries[: head.size]]) != head.root:
        raise DoesNotHold("the log does not begin with the log of the production's checkpoint, or is older")
    count, built = 0, "no entry tells yet of its digest"
    windows, last = _windows(bag), bag.told("data/list.json")["last_segment"]
    for place, data in enumerate(entries):
        if not any(word in data for word in _TOLD_OF):
            continue
        entry = json.loads(data)
        body = entry["body"]
        if entry["kind"] == "access.sealed" and place < head.size:
            count += 1
            if body["segment"] <= last:
                _check_segment(body, place, windows)
        elif entry["kind"] == "production.refused" and body["production"] == bag.base:
            raise DoesNotHold("the log says that this production was refused")
        elif entry["kind"] == "production.built" and body["production"] == bag.base:
            if body["digest"] != digest:
                raise DoesNotHold(f"the log says at {place} that this production has another digest")
            built = f"its digest was entered at {place}"
    principals = len({one[0] for one in windows})
    return (
        f"Of the log's {count} segments none that was there when the list was made and touches its times is missing for"
        f" {principals} principals; {built}."
    )


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
