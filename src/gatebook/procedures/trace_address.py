"""Tracing an address: who held it at an instant, and who used it before, then and after.

The trap guarded against: holder and user taken for one another. What the control plane says was held and what the
sources saw used are two answers side by side; "nobody held it" and "nothing is known of it" are two answers as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gatebook.procedures.house import HouseWork
from gatebook.procedures.trace import Tracer, answered
from gatebook.record.events.address import read_ip
from gatebook.record.events.times import write_time
from gatebook.terms.assignment import OPEN, Assignment, AssignmentKind, instant, to_plain
from gatebook.trace.asked import (
    FIRST,
    LAST,
    SECOND,
    Bounds,
    read_bounds,
    read_length,
    read_limit,
    read_place,
    read_text,
    refused,
)
from gatebook.trace.ports import EARLIEST, Filter
from gatebook.trace.proposal import read_instant
from gatebook.trace.spans import Span, span_of

AROUND = "15m"
_MOST_PARTS = 200
_WHOLE = Bounds()


def trace_address(
    tracer: Tracer,
    address: str,
    at: str = "",
    window: str = "",
    from_: str = "",
    until: str = "",
    after: str = "",
    limit: int = 100,
) -> dict[str, Any]:
    """Say who held an address or network, and who used it: around an instant, or from one instant until another.

    ``window`` says how far around ``at``, before and after; 15 minutes where it is left out. An address is read as it
    is when events are taken in: one that is mapped into IPv6 is the IPv4 address, a port or a zone is no part of it.
    Raises NotPermitted, InvalidInput.
    """
    span, page, limit = _span(read_text(address, "/address")), read_place(after), read_limit(limit)
    moment = _moment(at, window, from_, until)
    bounds = read_bounds(from_, until) if moment is None else _around(moment, read_length(window or AROUND, "/window"))
    head = tracer.begin("trace.address")
    held_in = bounds if moment is None else Bounds(moment, moment + 1)
    with tracer.house.state.read() as work:
        held, holders = _held(work, span, held_in, names_one=moment is not None)
    asked = Filter(bounds.from_at, bounds.until_at, networks=(span.thing,))
    parts = {} if moment is None else _parts(asked, moment)
    found = answered(tracer, head, [asked], page, limit, holders, parts)
    when = {"at": None if moment is None else write_time(moment), **show_bounds(bounds)}
    return {**head, "address": span.thing, **when, "held": held, **found}


def show_bounds(bounds: Bounds) -> dict[str, Any]:
    """Show the time that was asked; None where it has no bound."""
    from_ = None if bounds.from_at == EARLIEST else instant(bounds.from_at)
    return {"from": from_, "until": instant(bounds.until_at)}


def _span(text: str) -> Span:
    if "/" in text.strip().removeprefix("/"):
        return span_of(AssignmentKind.ADDRESS, text)
    ip = read_ip(text.strip())
    if ip is None:
        reason = "must be an IP address, or a network in CIDR form that begins at its first address"
        raise refused("/address", "not-an-address", reason)
    return span_of(AssignmentKind.ADDRESS, str(ip))


def _moment(at: str, window: str, from_: str, until: str) -> int | None:
    """Return the instant asked about, None for a time between two. Raises InvalidInput for both, and for neither."""
    if at and (from_ or until):
        raise refused("/at", "too-many", "either at, or from and until")
    if window and not at:
        raise refused("/window", "without-at", "says how far around at; give at, or leave this out")
    if not (at or from_ or until):
        raise refused("/at", "missing", "give at, or from and until")
    return read_instant(at, "/at") if at else None


def _around(moment: int, length: int) -> Bounds:
    return Bounds(max(moment - length, FIRST), min(moment + length + 1, LAST))


def _held(work: HouseWork, span: Span, when: Bounds, *, names_one: bool) -> tuple[dict[str, Any], set[str]]:
    """Return who held a range, what it lay in and what lay in it; and every account of these."""
    chain = work.assignments.covering(span, when.from_at, when.until_at)
    chain.sort(key=lambda a: (-span_of(a.kind, a.thing).length, a.from_at))
    parts = work.assignments.within(span, when.from_at, when.until_at, "", _MOST_PARTS + 1)
    found = {
        "answer": "held" if chain or parts else _why_not(work, span),
        "account": chain[0].account if chain and names_one else "",
        "chain": _shown(chain),
        "parts": _shown(parts[:_MOST_PARTS]),
        "more_parts": len(parts) > _MOST_PARTS,
    }
    return found, {a.account for a in (*chain, *parts[:_MOST_PARTS])}


def _why_not(work: HouseWork, span: Span) -> str:
    """Tell a range that nobody held then from one of which nobody ever noted anything."""
    is_known = work.assignments.covering(span, _WHOLE.from_at, OPEN) or work.assignments.within(
        span, _WHOLE.from_at, OPEN, "", 1
    )
    return "nobody" if is_known else "no assignment known"


def _shown(assignments: Sequence[Assignment]) -> list[dict[str, Any]]:
    return [to_plain(a) for a in assignments]


def _parts(asked: Filter, moment: int) -> dict[str, Filter]:
    """Divide the time around an instant: before its second, in it, and after."""
    second = moment // SECOND * SECOND
    times = {
        "before": (asked.from_at, second),
        "at": (max(second, asked.from_at), min(second + SECOND, asked.until_at)),
        "after": (second + SECOND, asked.until_at),
    }
    return {
        name: replace(asked, from_at=from_at, until_at=max(from_at, until_at))
        for name, (from_at, until_at) in times.items()
    }
