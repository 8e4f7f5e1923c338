"""The list that was approved, and that all of it is there and nothing else.

The trap guarded against: a total that was made from what is left. The list's digest stands in the log since before
anything was opened, so that whoever drops a record or a row has to rewrite the past.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from gatebook_verifier.bag import Bag
from gatebook_verifier.bag_checks import proposed
from gatebook_verifier.bag_rows import Told
from gatebook_verifier.note import DoesNotHold


def check_list(bag: Bag, told: Told) -> str:
    """What is there is what the list names, which is the one that was proposed and approved, and is counted rightly."""
    listed, body = bag.told("data/list.json"), proposed(bag)["body"]
    if hashlib.sha256(bag.files["data/list.json"]).hexdigest() != body["items"]:
        raise DoesNotHold("this is not the list that was proposed and approved")
    if (listed["production"], listed["demand"]) != (bag.base, bag.statement()["demand"]):
        raise DoesNotHold("the list is one of another production or demand")
    records = [(one["person"], one["account"], one["record"]) for one in bag.told("data/records.json")]
    wanted = [(one["person"], one["account"], record) for one in listed["items"] for record in one["records"]]
    if Counter(records) != Counter(wanted):
        raise DoesNotHold("the records are not those of the list")
    if {window: count for window, count in told.by_window.items() if count} != _wanted(listed):
        raise DoesNotHold("the accesses shown are not those of the list")
    _check_counts(bag, counted(bag, told), body)
    return f"{len(records)} records and {told.whole + told.session} accesses are there: all of the list, and no other."


def _wanted(listed: Mapping[str, Any]) -> dict[Any, int]:
    """Return how many accesses the list names, by whose they are and of which time."""
    found: dict[Any, int] = {}
    for item in listed["items"]:
        for run in item["runs"]:
            window = (item["account"], run["principal"], run["from_at"], run["until_at"])
            found[window] = found.get(window, 0) + run["events"]
    return found


def _check_counts(bag: Bag, found: Mapping[str, int], body: Mapping[str, Any]) -> None:
    told = bag.statement()["counts"]
    if told != found or any(type(count) is not int for count in told.values()):
        raise DoesNotHold("production.json counts other things than there are")
    if any(body[name] != found[name] for name in ("accounts", "records", "events")):
        raise DoesNotHold("what is there is not as much as was proposed and approved")


def counted(bag: Bag, told: Told) -> dict[str, int]:
    """Return what the files of the production come to."""
    records = bag.told("data/records.json")
    parts = [part for record in records for part in record["parts"]]
    return {
        "accounts": len(bag.told("data/list.json")["items"]),
        "records": len(records),
        "fields_shown": sum(not isinstance(part, str) for part in parts),
        "fields_withheld": sum(isinstance(part, str) for part in parts),
        "runs": len(bag.told("data/runs.json")),
        "events": told.whole + told.session,
        "events_in_part": told.session,
        "rows_not_shown": told.hidden,
        "entries": len(bag.entries()),
    }
