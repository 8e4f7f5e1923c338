"""The fold of legal process: what demands, holds, productions, disclosures and notices do to the registers.

The trap guarded against: a demand whose state says more than was entered. A demand moves only by what was entered of
it, and a hold that lapsed is not ended: its row keeps the day, and whoever asks compares it with theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatebook import canonical
from gatebook.record.entry import Entry
from gatebook.record.registers import Change


def _demand(position: int, entry: Entry, **values: Any) -> Change:  # noqa: ANN401  columns of a register
    return Change("demands", entry.body["demand"], {**values, "position": position})


_DESCRIBED = ("instrument", "jurisdiction", "recipient", "is_emergency", "due_at", "due_rule", "notice", "notice_until")


def _received(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    values = {name: body[name] for name in (*_DESCRIBED, "channel", "document")}
    # It may have come before it was taken in, as by fax in the night: its clocks run from then.
    received_at = body.get("received_at") or canonical.instant(entry.at)
    received = {"state": "received", "received_at": received_at, "record_id": entry.record}
    return [_demand(position, entry, **values, **received)]


def _described(position: int, entry: Entry) -> list[Change]:
    """What it says is known, or known better: what was concluded of it before has to be concluded again."""
    values = {name: entry.body[name] for name in (*_DESCRIBED, "received_at")}
    anew = {"state": "received", "scope": "", "classes": None, "ruled_by": "", "searched_record": ""}
    return [_demand(position, entry, **values, **anew, record_id=entry.record)]


def _checked(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    values = {
        "demand_id": body["demand"],
        "check": body["check"],
        "verdict": body["verdict"],
        "by": entry.operator,
        "at": canonical.instant(entry.at),
        "record_id": entry.record,
        "position": position,
    }
    return [Change("demand_checks", f"{body['demand']}.{body['check']}", values), _demand(position, entry)]


def _scoped(position: int, entry: Entry) -> list[Change]:
    outcome, classes = entry.body["outcome"], entry.body["classes"]
    state = "counsel" if outcome == "counsel" else "scoped"
    return [_demand(position, entry, state=state, scope=outcome, classes=classes, ruled_by="")]


def _ruled(position: int, entry: Entry) -> list[Change]:
    values = {"state": "scoped", "scope": entry.body["ruling"], "classes": entry.body["classes"]}
    return [_demand(position, entry, **values, ruled_by=entry.operator)]


def _searched(position: int, entry: Entry) -> list[Change]:
    return [_demand(position, entry, searched_record=entry.record)]


def _closed(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    ended = {"closed_at": canonical.instant(entry.at), "outcome": body["outcome"]}
    kept = {"retain_until": body["retain_until"], "retain_rule": body["retain_rule"]}
    return [_demand(position, entry, state="closed", **ended, **kept)]


def _expiring(position: int, entry: Entry) -> list[Change]:
    return [_demand(position, entry, state="expiring")]


def _shredded(position: int, entry: Entry) -> list[Change]:
    return [_demand(position, entry, state="shredded")]


def _held(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    values = {
        "demand_id": body["demand"],
        "hold_kind": body["hold_kind"],
        "state": "in-force",
        "until": body["until"],
        "rule": body["rule"],
        "placed_at": canonical.instant(entry.at),
    }
    return [Change("holds", body["hold"], {**values, **_scope_of(body), "position": position})]


def _hold_scoped(position: int, entry: Entry) -> list[Change]:
    return [Change("holds", entry.body["hold"], {**_scope_of(entry.body), "position": position})]


def _scope_of(body: Any) -> dict[str, Any]:  # noqa: ANN401  the body of an entry
    return {name: body[name] for name in ("scope", "persons", "accounts", "overtaken")}


def _renewed(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    values = {"until": body["until"], "rule": body["rule"], "renewed_at": canonical.instant(entry.at)}
    late = {"lapsed_at": body["lapsed_at"]} if body["lapsed_at"] else {}  # what was late once stays so
    return [Change("holds", body["hold"], {**values, **late, "position": position})]


def _hold_ended(position: int, entry: Entry) -> list[Change]:
    values = {"state": "ended", "ended_at": canonical.instant(entry.at), "cause": entry.body["cause"]}
    return [Change("holds", entry.body["hold"], {**values, "position": position})]


def _proposed(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    values = {name: body[name] for name in ("accounts", "records", "events", "classes", "items")}
    made = {"state": "proposed", "proposed_by": entry.operator, "proposed_at": canonical.instant(entry.at)}
    row = {"demand_id": body["demand"], "record_id": entry.record, **values, **made, "position": position}
    demand = _demand(position, entry, state="proposed", production_id=body["production"])
    return [Change("productions", body["production"], row), demand]


def _production(position: int, entry: Entry, **values: Any) -> Change:  # noqa: ANN401  columns of a register
    return Change("productions", entry.body["production"], {**values, "position": position})


def _approved(position: int, entry: Entry) -> list[Change]:
    at = canonical.instant(entry.at)
    return [_production(position, entry, state="approved", approved_by=entry.operator, approved_at=at)]


def _refused(position: int, entry: Entry) -> list[Change]:
    at = canonical.instant(entry.at)
    refused = _production(position, entry, state="refused", approved_by=entry.operator, approved_at=at)
    if "demand" not in entry.body:  # one that moved on, or was answered, stays where it is
        return [refused]
    return [refused, _demand(position, entry, state="scoped")]  # another list may be proposed, or the scope asked anew


def _built(position: int, entry: Entry) -> list[Change]:
    body, at = entry.body, canonical.instant(entry.at)
    values = {name: body[name] for name in ("digest", "bytes", "sealed_to")}
    return [_production(position, entry, state="built", built_at=at, **values)]


def _disclosed(position: int, entry: Entry) -> list[Change]:
    body, at = entry.body, canonical.instant(entry.at)
    names = ("basis", "recipient", "jurisdiction", "classes", "records", "events", "digest")
    ids = {"demand_id": body["demand"], "production_id": body["production"]}
    row = {**ids, **{name: body[name] for name in names}, "made_at": at, "position": position}
    found = [Change("disclosures", body["disclosure"], row)]
    if body["production"]:
        found.append(_production(position, entry, state="disclosed"))
    if body["demand"]:
        found.append(_demand(position, entry, state="answered", answered_at=at))
    return found


def _notice_delayed(position: int, entry: Entry) -> list[Change]:
    return [_demand(position, entry, notice="delayed", notice_until=entry.body["until"])]


def _notice_due(position: int, entry: Entry) -> list[Change]:
    return [_demand(position, entry, notice="due")]


def _notice_given(position: int, entry: Entry) -> list[Change]:
    return [_demand(position, entry, notice=f"given-by-{entry.body['by']}", noticed_at=canonical.instant(entry.at))]


FOLDS: dict[str, Callable[[int, Entry], list[Change]]] = {
    "demand.received": _received,
    "demand.described": _described,
    "demand.checked": _checked,
    "demand.scoped": _scoped,
    "demand.ruled": _ruled,
    "demand.searched": _searched,
    "demand.closed": _closed,
    "demand.expiring": _expiring,
    "demand.shredded": _shredded,
    "hold.placed": _held,
    "hold.scoped": _hold_scoped,
    "hold.renewed": _renewed,
    "hold.ended": _hold_ended,
    "production.proposed": _proposed,
    "production.approved": _approved,
    "production.refused": _refused,
    "production.built": _built,
    "disclosure.made": _disclosed,
    "notice.delayed": _notice_delayed,
    "notice.due": _notice_due,
    "notice.given": _notice_given,
}
