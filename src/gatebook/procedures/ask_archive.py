"""Asking an archive: a question read strictly, entered with its purpose, answered with the months it covers.

The trap guarded against: a month nobody archived read as a month without accesses. The answer names the months asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from ipaddress import ip_network
from typing import Any

from gatebook.errors import FieldProblem, InvalidInput
from gatebook.procedures.house import House, Operator
from gatebook.procedures.note_trace import note_trace
from gatebook.record.events.own import to_plain
from gatebook.record.events.times import write_time
from gatebook.trace.asked import read_bounds, read_limit, read_place, read_text, write_place
from gatebook.trace.ports import AccessRows, Filter


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as it was written: ``what`` is events, uses or sharers; ``texts`` are exact, by column."""

    what: str
    principals: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    texts: Mapping[str, str] | None = None
    from_: str = ""
    until: str = ""
    least: int = 2
    limit: int = 200
    after: str = ""


def ask_archive(
    house: House, operator: Operator, rows: AccessRows, months: Sequence[int], asked: Question, purpose: str
) -> dict[str, Any]:
    """Answer a question from archived months. Raises InvalidInput, NotPermitted; Unavailable for half an archive."""
    put, answer = _read(asked), _ANSWERS[asked.what]
    if asked.what == "sharers" and not asked.principals:
        raise _refused("/principal", "missing", "whose addresses are shared has to be said")
    note_trace(house, operator, f"archive.{asked.what}", purpose)
    return {"months": list(months), **answer(rows, put, asked)}


def _read(asked: Question) -> Filter:
    bounds = read_bounds(asked.from_, asked.until)
    read_limit(asked.limit)
    texts: dict[str, Any] = {name: read_text(text, f"/{name}") for name, text in (asked.texts or {}).items() if text}
    principals = tuple(read_text(one, "/principal") if one else "" for one in asked.principals)
    return Filter(bounds.from_at, bounds.until_at, principals, tuple(map(_network, asked.networks)), **texts)


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise _refused("/ip", "malformed", "one address, or a network in CIDR form") from None


def _events(rows: AccessRows, put: Filter, asked: Question) -> dict[str, Any]:
    found = rows.events(put, read_place(asked.after), asked.limit)
    items = [{"event": to_plain(kept.event), "segment": kept.segment, "position": kept.position} for kept in found]
    return {"items": items, "next": write_place(found[-1].place) if len(found) == asked.limit else ""}


def _uses(rows: AccessRows, put: Filter, asked: Question) -> dict[str, Any]:
    return {"items": [_timed(asdict(use)) for use in rows.uses(put, asked.limit)]}


def _sharers(rows: AccessRows, put: Filter, asked: Question) -> dict[str, Any]:
    found = rows.sharers(put.principals, put.from_at, put.until_at, asked.least)
    return {"items": [_timed(asdict(sharer)) for sharer in found[: asked.limit]]}


def _timed(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "first_at": write_time(found["first_at"]), "last_at": write_time(found["last_at"])}


def _refused(pointer: str, code: str, reason: str) -> InvalidInput:
    return InvalidInput("an archive cannot be asked so", (FieldProblem(pointer, code, reason),))


_ANSWERS: Mapping[str, Callable[[AccessRows, Filter, Question], dict[str, Any]]] = {
    "events": _events,
    "uses": _uses,
    "sharers": _sharers,
}
