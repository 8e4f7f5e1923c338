"""The checks of a production's content: each returns the sentence that holds, or raises the one that does not.

The trap guarded against: an order of steps that is told and did not happen. Who proposed, who approved and what was
read after it stands in the log, each at its place, and classes are held to what was approved there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from gatebook_verifier import bag_records, bag_rows, rows
from gatebook_verifier.bag import Bag
from gatebook_verifier.note import DoesNotHold, read_base64
from gatebook_verifier.time_stamp import imprint_of, is_response

_MOST_ROWS = 2**32
_RUN = {"account", "principal", "position", "first", "rows", "before", "after", "path", "label_salt"}
_WINDOW = {"from_at", "until_at", "activity"}
_REASON = {"class", "given", "clause", "citation", "standing"}
_RULING = "house/demand.counsel_ruled"
_SESSION_CLASSES, _ACTIVITY_CLASS = frozenset({"session", "network-address"}), "activity"


def check_entries(bag: Bag) -> str:
    """Each entry stands in the signed log."""
    return f"{len(bag.entries())} entries stand in the log of {bag.head().size} that {bag.head().origin} signed."


def check_records(bag: Bag) -> str:
    """Each field shown is what was sealed."""
    shown = withheld = count = 0
    for record in bag.told("data/records.json"):
        entry = bag.entry(record["position"])
        told, hidden = bag_records.check_record(record, entry)
        shown, withheld, count = shown + told, withheld + hidden, count + 1
    return f"{count} records, {shown} fields shown and {withheld} withheld: each leads to what its entry commits to."


def check_record_table(bag: Bag) -> str:
    """records.csv says what records.json says."""
    if bag.read("data/records.csv") != bag_records.table_of(bag.told("data/records.json")):
        raise DoesNotHold("records.csv says another thing than the records")
    return "records.csv says what the records say, line by line."


def read_accesses(bag: Bag) -> tuple[bag_rows.Told, bool]:
    """Lead each run of rows to its segment's root; return what they came to, and whether accesses.csv says the same."""
    told, table, at, is_same = bag_rows.Told(), bag.files["data/accesses.csv"], 0, True
    files = [name for name in bag.files if name.startswith("data/accesses/")]
    runs = bag.told("data/runs.json")
    if len({(run["position"], *window_of(run)) for run in runs}) != len(runs):
        raise DoesNotHold("a run of rows is in the production twice")
    if files != [f"data/accesses/{n + 1:06d}.rows" for n in range(len(runs))]:
        raise DoesNotHold("runs.json tells of other files of rows than there are")
    for name, one in zip(files, runs):
        for lines in _lines(bag, bag.files[name], one, told, is_first=name == files[0]):
            is_same = is_same and bytes(table[at : at + len(lines)]) == lines
            at += len(lines)
    if not runs:
        is_same, at = bytes(table) == bag_rows.HEAD, len(bag_rows.HEAD)
    return told, is_same and at == len(table)


def _lines(
    bag: Bag, data: memoryview, one: Mapping[str, Any], told: bag_rows.Told, *, is_first: bool
) -> Iterator[bytes]:
    """Yield the lines of a run, the head before the first; refuse a run that is not all its principal's."""
    if set(one) != _RUN | _WINDOW or any("\0" in one[name] or "\xff" in one[name] for name in ("account", "principal")):
        raise DoesNotHold("runs.json is malformed")
    body = _sealed(bag, one)
    salt, path = bytes.fromhex(one["label_salt"]), [read_base64(step) for step in one["path"]]
    label = hashlib.sha256(salt + one["principal"].encode()).digest()[:8]
    before, after = (
        one[name] and (bytes.fromhex(one[name][0]), read_base64(one[name][1])) for name in ("before", "after")
    )
    run = rows.Run(one["principal"], label, one["first"], body["rows"], before, after, path)
    entries: list[bytes] = []
    of_run = bag_rows.Told(minutes=told.minutes, addresses=told.addresses)
    if is_first:
        yield bag_rows.HEAD
    is_whole = one["activity"] is True
    start = ",".join(map(bag_records.quoted, (one["account"], one["principal"], "whole" if is_whole else "session")))
    yield from bag_rows.read_run(data, run, start, of_run, entries, is_whole=is_whole)
    if len(entries) != one["rows"] or rows.root_of_entries(entries, run) != bytes.fromhex(body["root"]):
        raise DoesNotHold(f"the rows of the segment at {one['position']} do not lead to its root")
    _check_window(one, of_run, body)
    told.add(of_run, window_of(one))


def window_of(run: Mapping[str, Any]) -> tuple[str, str, int | None, int | None]:
    """Return whose rows of which time a run is about."""
    return run["account"], run["principal"], run["from_at"], run["until_at"]


def _sealed(bag: Bag, one: Mapping[str, Any]) -> Mapping[str, Any]:
    entry = bag.entry(one["position"])
    body: Mapping[str, Any] = entry["body"]
    if entry["kind"] != "access.sealed" or type(one["first"]) is not int or not 0 < body["rows"] < _MOST_ROWS:
        raise DoesNotHold("a run of rows is not about a sealed segment")
    if hashlib.sha256(bytes.fromhex(one["label_salt"])).hexdigest() != body["labels"]:
        raise DoesNotHold("the salt of the labels is not the one the segments were sealed with")
    return body


def _check_window(one: Mapping[str, Any], told: bag_rows.Told, body: Mapping[str, Any]) -> None:
    """Refuse rows shown from outside the time asked about."""
    if told.first_at is None or told.last_at is None:
        return
    from_at, until_at = one["from_at"], one["until_at"]
    if (from_at is not None and told.first_at < from_at) or (until_at is not None and told.last_at >= until_at):
        raise DoesNotHold("a row is shown from outside the time that was asked about")
    limit = 2**53 - 1  # as entries say times
    if not body["first_at"] <= max(told.first_at, -limit) or not min(told.last_at, limit) <= body["last_at"]:
        raise DoesNotHold("a row lies outside the time its segment's entry says")


def proposed(bag: Bag) -> Mapping[str, Any]:
    """Return the entry that proposed this production."""
    found = [one for one in bag.entries().values() if _is_of(one, "production.proposed", "production", bag.base)]
    if len(found) != 1:
        raise DoesNotHold("not one entry proposes this production")
    return found[0]


def _is_of(entry: Mapping[str, Any], kind: str, name: str, value: str) -> bool:
    return bool(entry["kind"] == kind and entry.get("body", {}).get(name) == value)


def check_reasons(bag: Bag, told: bag_rows.Told) -> str:
    """Whatever is shown is said to be of a class that was approved, and that the log says the law or counsel opened."""
    reasons = bag.told("data/reasons.json")
    given = {one["class"] for one in reasons if one["given"] is True}
    if any(set(one) != _REASON or type(one["given"]) is not bool or not one["clause"] for one in reasons):
        raise DoesNotHold("a reason names no clause")
    if len({one["class"] for one in reasons}) != len(reasons):
        raise DoesNotHold("a class of records has two reasons")
    _check_answers(reasons, *_answered(bag))
    shown = {name for record in bag.told("data/records.json") for name in record["classes"].values()}
    shown |= _SESSION_CLASSES if told.whole + told.session else set()
    shown |= {_ACTIVITY_CLASS} if told.whole else set()
    if not shown <= given or not shown <= set(proposed(bag)["body"]["classes"]):
        raise DoesNotHold("something is shown of a class that no clause reaches or nobody approved")
    return (
        f"All that is shown is said to be of {len(shown)} classes that were approved and that the log's answers open,"
        " each by the clause they name. Which class a field is of, and how a clause is worded, is the provider's word."
    )


def _answered(bag: Bag) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """Return what the law answered last before the list was proposed, and counsel's ruling on that, if there is one."""
    scoped: Mapping[str, Any] | None = None
    ruled: Mapping[str, Any] | None = None
    demand, offer = bag.statement()["demand"], proposed(bag)
    for entry in (bag.entry(one["position"]) for one in bag.told("data/custody.json")):
        if entry is offer:
            break
        if _is_of(entry, "demand.scoped", "demand", demand):
            scoped, ruled = entry["body"], None  # asked anew, a ruling on the answers before it is none
        elif _is_of(entry, "demand.ruled", "demand", demand):
            ruled = entry["body"]
    if scoped is None:
        raise DoesNotHold("custody does not hold what the law answered before the list was proposed")
    return scoped, ruled


def _check_answers(
    reasons: list[Mapping[str, Any]], scoped: Mapping[str, Any], ruled: Mapping[str, Any] | None
) -> None:
    """Hold reasons to the answers: all classes that were asked about, and given only what is met by what it names."""
    answers = (ruled or scoped)["classes"]
    if {one["class"] for one in reasons} != set(answers):
        raise DoesNotHold("the reasons are about other classes than the law was asked about")
    for one in reasons:
        is_ruled = ruled is not None and scoped["classes"].get(one["class"]) == "unknown" and one["clause"] == _RULING
        is_named = is_ruled or scoped["answers"].get(one["clause"], {}).get(one["class"]) == "met"
        if one["given"] and not (answers[one["class"]] == "met" and is_named):
            raise DoesNotHold("a class is said to be given that the answers in the log do not open by that clause")


def check_custody(bag: Bag) -> str:
    """Received, proposed, approved by another person, and only then read: in this order, by the log's own places."""
    demand, production = bag.statement()["demand"], bag.base
    told = bag.told("data/custody.json")
    steps = [bag.entry(one["position"]) for one in told]
    places = [one["position"] for one in told]
    if places != sorted(set(places)):
        raise DoesNotHold("the steps of custody do not stand in their order")
    if any(one != {"position": place, **_step(entry)} for one, place, entry in zip(told, places, steps)):
        raise DoesNotHold("custody.json says another thing than the entries")
    received = _place(steps, places, "demand.received", "demand", demand)
    offered = _place(steps, places, "production.proposed", "production", production)
    approved = _place(steps, places, "production.approved", "production", production)
    if bag.entry(received)["body"]["instrument"] != bag.statement()["instrument"]:
        raise DoesNotHold("production.json names another instrument than was received")
    if proposed(bag)["body"]["demand"] != demand or not received < offered < approved:
        raise DoesNotHold("the production was not proposed for its demand and then approved")
    if bag.entry(offered)["operator"] == bag.entry(approved)["operator"]:
        raise DoesNotHold("who proposed the production approved it too")
    read = {
        one["body"]["read"] for one, place in zip(steps, places) if one["kind"] == "record.read" and place > approved
    }
    if not {record["record"] for record in bag.told("data/records.json")} <= read:
        raise DoesNotHold("a record was not entered as read after the production was approved")
    return (
        f"{len(steps)} steps of custody stand in their order; one person proposed, another approved, then it was read."
        " That no other step was taken is not shown by this: the log tells (--log)."
    )


def _step(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": entry["kind"], "at": entry["at"], "operator": entry["operator"]}


def _place(steps: list[Mapping[str, Any]], places: list[int], kind: str, name: str, value: str) -> int:
    found = [place for one, place in zip(steps, places) if _is_of(one, kind, name, value)]
    if len(found) != 1:
        raise DoesNotHold(f"custody does not hold one {kind}")
    return found[0]


def check_token(bag: Bag) -> str:
    """The time-stamp token is about the checkpoint."""
    wanted = hashlib.sha256(bag.files["data/ledger/checkpoint"]).digest()
    token = bag.read("data/ledger/checkpoint.tsr")
    if imprint_of(token) != wanted:
        raise DoesNotHold("the time-stamp token is about another checkpoint")
    alone = "" if is_response(token) else " -token_in"
    return (
        "The time-stamp token names this checkpoint. Whether its authority signed it, see with: openssl ts -verify"
        f" -data data/ledger/checkpoint -in data/ledger/checkpoint.tsr{alone} -CAfile certificate-of-the-authority.pem"
    )
