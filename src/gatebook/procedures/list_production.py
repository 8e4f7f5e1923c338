"""Listing a production: of those a search found, whom it is about, when, which records and which accesses.

The trap guarded against: somebody who was not meant. A thing that leads to several names nobody until a person chose,
times that overlap are one, and a record whose entry would tell of a closed class is not on the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gatebook.errors import FieldProblem, InvalidInput, Overtaken
from gatebook.procedures.access_record import AccessAnswers
from gatebook.procedures.house import House, HouseWork
from gatebook.procedures.trace_account import filters_of, held_by
from gatebook.record.entered_segments import last_segment
from gatebook.record.fields import is_by_field
from gatebook.record.ports import Row
from gatebook.record.walk import entry_at, every_row
from gatebook.terms.record_class import RecordClass
from gatebook.trace.asked import Bounds
from gatebook.trace.fields import class_of_entry, kinds_with
from gatebook.trace.found import Resolved

_MOST_ADDRESSES, _TRIES = 100_000, 3
_SERVICE = ("account_type", "opened_at", "closed_at")
#: Classes that what is always shown of an access falls into: all of them have to be open, or none is shown.
_OF_ACCESSES = frozenset({RecordClass.SESSION, RecordClass.NETWORK_ADDRESS})


def chosen_of(resolutions: Sequence[Mapping[str, Any]], accounts: Sequence[str]) -> list[dict[str, Any]]:
    """Return each account once, with every time of it that is meant. Raises InvalidInput for one not found."""
    meant: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for resolution in resolutions:
        for one in resolution["found"]:
            if one["account"] in accounts or (not accounts and resolution["answer"] == Resolved.FOUND):
                meant.setdefault((one["person"], one["account"]), []).append(one)
    if unknown := set(accounts) - {account for _, account in meant}:
        reason = f"{len(unknown)} of these the search did not find; a lead is no answer"
        raise InvalidInput(
            "these accounts are not open to this demand", (FieldProblem("/accounts", "not-found", reason),)
        )
    if not meant:
        fault = FieldProblem("/accounts", "missing", "name the accounts that are meant among those found")
        raise InvalidInput("nothing was found without doubt, so nothing can be handed over as it stands", (fault,))
    return [
        {"person": person, "account": account, "times": _times(found), "by": sorted({one["by"] for one in found})}
        for (person, account), found in meant.items()
    ]


def answers_of(resolutions: Sequence[Mapping[str, Any]], chosen: set[str]) -> list[dict[str, Any]]:
    """Return what became of each thing the demand names: who of those chosen it led to, and how many others."""
    answers = []
    for resolution in resolutions:
        found = [one for one in resolution["found"] if (one["account"] or one["person"]) in chosen]
        others = {one["account"] or one["person"] for one in resolution["found"]} - chosen
        answers.append({**resolution, "found": found, "others": len(others)})
    return answers


def _times(found: Sequence[Mapping[str, Any]]) -> list[list[int | None]]:
    """Return the times that are meant, in order, those that overlap as one; an open end is None."""
    merged = list[Bounds]()
    each = [Bounds.between(one["from_at"], one["until_at"]) for one in found]
    for one in sorted(each, key=lambda bounds: (bounds.from_at, bounds.until_at)):
        if merged and one.from_at <= merged[-1].until_at:
            merged[-1] = Bounds(merged[-1].from_at, max(one.until_at, merged[-1].until_at))
        else:
            merged.append(one)
    return [list(bounds.ends) for bounds in merged]


def counted(
    house: House, access: AccessAnswers, chosen: Sequence[Mapping[str, Any]], classes: frozenset[RecordClass]
) -> tuple[int, list[dict[str, Any]]]:
    """Return the items, and the last segment they were counted up to: one that none came after meanwhile."""
    for _ in range(_TRIES):
        with house.state.read() as work:
            segment = last_segment(work)
            items = _without_repeats([_item(access, work, one, classes) for one in chosen])
        with house.state.read() as work:
            if last_segment(work) == segment:
                return segment, items
    raise Overtaken("access events kept being sealed meanwhile: propose again")


def _item(
    access: AccessAnswers, work: HouseWork, one: Mapping[str, Any], classes: frozenset[RecordClass]
) -> dict[str, Any]:
    person, account = one["person"], one["account"]
    held = work.registers.get("accounts", account) if account else None
    sealed = records_of(work, person, held, kinds_with(classes))
    records = [row["record_id"] for row in sealed if _entry_is_open(work, row, classes)]
    runs = list(_runs(access, work, one)) if account and classes >= _OF_ACCESSES else []
    service = {name: held[name] or "" for name in _SERVICE} if held and RecordClass.SERVICE in classes else {}
    return {**one, "records": records, "runs": runs, "service": service}


def _without_repeats(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave each record with the first item that holds it: a record stands in a production once."""
    seen = set[str]()
    for item in items:
        item["records"] = [record for record in item["records"] if record not in seen]
        seen |= set(item["records"])
    return items


def _entry_is_open(work: HouseWork, row: Row, classes: frozenset[RecordClass]) -> bool:
    """Return whether what the record's entry says in the clear may be shown: it goes with the record.

    That of an application names the product and type of account, without which nothing claimed could be shown.
    """
    if row["kind"] == "application.received":
        return True
    entry = entry_at(work.ledger, row["position"])
    return class_of_entry(row["kind"], str(entry.body.get("evidence_kind", ""))) in classes


def records_of(work: HouseWork, person: str, account: Row | None, kinds: frozenset[str]) -> Iterator[Row]:
    """Yield the sealed records of a person that can hold what is open; of an account's own application where one is.

    Only what can be shown in part: a record committed to as a whole, as older ones are, is in no production.
    """
    application = account["application_id"] if account else ""
    for row in every_row(work.registers, "records", {"person_id": person}):
        is_of = row["kind"] in kinds and (not application or row["application_id"] == application)
        if is_of and is_by_field(row["commitment"]) and work.records.get(row["record_id"]) is not None:
            yield row


def _runs(access: AccessAnswers, work: HouseWork, one: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every principal of an account with each time that is meant of it, and how many rows there are."""
    for ends in one["times"]:
        held = held_by(work, one["account"], Bounds.between(*ends))
        for asked in filters_of(held):
            uses = access.uses(asked, _MOST_ADDRESSES + 1)
            if len(uses) > _MOST_ADDRESSES:
                fault = FieldProblem("/accounts", "too-many", f"at most {_MOST_ADDRESSES:,} addresses of one")
                raise InvalidInput("an account used more addresses than one production can list", (fault,))
            for principal in asked.principals:
                events = sum(use.events for use in uses if use.principal == principal)
                if events:
                    from_at, until_at = Bounds(asked.from_at, asked.until_at).ends
                    yield {"principal": principal, "from_at": from_at, "until_at": until_at, "events": events}
