"""Tracing: every question is entered with its purpose, then asked of the rows, and each principal is told by account.

The trap guarded against: an answer that looks whole. How far the record was sealed is read before the rows are asked,
so an answer holds at least that; whether more waits unsealed is told, and what was cut at a limit says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from gatebook.errors import InvalidInput
from gatebook.procedures.house import House, HouseWork, Operator
from gatebook.procedures.note_trace import note_trace
from gatebook.record.entered_segments import last_segment, segment_key
from gatebook.record.events.own import to_plain
from gatebook.record.events.times import write_time
from gatebook.terms.assignment import Assignment, AssignmentKind
from gatebook.trace.gather import Used, events_of, used_among, used_of
from gatebook.trace.ports import AccessRows, Filter, KeptEvent, Place
from gatebook.trace.spans import Span, span_of


@dataclass(frozen=True, slots=True)
class Tracer:
    """Who asks, of which house and rows, and why. ``waiting``: whether batches are not sealed yet; None: not known."""

    house: House
    rows: AccessRows
    operator: Operator
    purpose: str
    waiting: bool | None = None

    def begin(self, question: str) -> dict[str, Any]:
        """Enter the question and commit it; return the head of its answer. Raises NotPermitted, InvalidInput."""
        note_trace(self.house, self.operator, question, self.purpose)
        with self.house.state.read() as work:
            last = last_segment(work)
            row = work.registers.get("access_segments", segment_key(last)) if last else None
        sealed = {"segment": last, "at": row["sealed_at"] if row else None, "batches_waiting": self.waiting}
        return {"question": question, "sealed_until": sealed}


@dataclass(frozen=True, slots=True)
class Resolved:
    """Which account held which principal when, for the principals and times of one answer."""

    own: frozenset[str] = frozenset()
    held: Mapping[str, Sequence[Assignment]] = field(default_factory=dict)

    def at(self, principal: str, at: int) -> tuple[str, str]:
        """Return the account that held a principal at an instant, and by what that is known; empty for nobody."""
        if principal in self.own:
            return principal, "account-id"
        found = next((a for a in self.held.get(principal, ()) if a.meets(at, at + 1)), None)
        return (found.account, "assignment") if found else ("", "unknown")

    def within(self, principal: str, first_at: int, last_at: int) -> tuple[list[str], bool]:
        """Return who held a principal between two instants, and whether one of them did so all the time."""
        if principal in self.own:
            return [principal], True
        found = [a for a in self.held.get(principal, ()) if a.meets(first_at, last_at + 1)]
        accounts = list(dict.fromkeys(a.account for a in found))
        return accounts, len(accounts) == 1 and _is_covered(found, first_at, last_at + 1)


def resolve(work: HouseWork, seen: Iterable[tuple[str, int, int]]) -> Resolved:
    """Return who held these principals, each between two instants; an account's own id comes before any assignment."""
    spans: dict[str, tuple[int, int]] = {}
    for principal, first_at, last_at in seen:
        low, high = spans.get(principal, (first_at, last_at))
        spans[principal] = min(low, first_at), max(high, last_at)
    spans.pop("", None)
    own = work.registers.present("accounts", sorted(spans))
    asked = [
        (span, first_at, last_at + 1)
        for principal, (first_at, last_at) in spans.items()
        if principal not in own and (span := span_of_principal(principal))
    ]
    held = {span.thing: list[Assignment]() for span, _, _ in asked}
    for assignment in dict.fromkeys(work.assignments.meeting(asked) if asked else ()):
        held[assignment.thing].append(assignment)
    return Resolved(frozenset(own), {name: sorted(found, key=lambda a: a.from_at) for name, found in held.items()})


def span_of_principal(principal: str) -> Span | None:
    """Return the span of a principal, letter by letter; None for a name no assignment can be of."""
    try:
        span = span_of(AssignmentKind.PRINCIPAL, principal)
    except InvalidInput:
        return None
    return span if span.thing == principal else None


def show_events(
    house: House, events: Sequence[KeptEvent], resolved: Resolved, parts: Mapping[str, Filter]
) -> list[dict[str, Any]]:
    """Show events as they are kept, each with its place, the country of its address, its account and its part."""
    countries = {kept.event.address: _country(house, kept.event.address) for kept in events}

    def one(kept: KeptEvent) -> dict[str, Any]:
        account, by = resolved.at(kept.event.principal, kept.event.at)
        place = {"segment": kept.segment, "position": kept.position, "batch": kept.batch}
        who = {"account": account, "account_by": by, "country": countries[kept.event.address]}
        when = [name for name, part in parts.items() if part.from_at <= kept.event.at < part.until_at]
        return {**to_plain(kept.event), **who, **place, **({"when": when[0]} if when else {})}

    return [one(kept) for kept in events]


def show_uses(house: House, used: Used, resolved: Resolved) -> list[dict[str, Any]]:
    """Show uses, each with the country of its address and every account that held its principal meanwhile."""
    return [
        {
            "principal": use.principal,
            "address": use.address,
            "country": _country(house, use.address),
            "events": use.events,
            "first_at": write_time(use.first_at),
            "last_at": write_time(use.last_at),
            **used.of(use),
            **show_holders(resolved, use.principal, use.first_at, use.last_at),
        }
        for use in used.uses
    ]


def show_holders(resolved: Resolved, principal: str, first_at: int, last_at: int) -> dict[str, Any]:
    """Show which accounts held a principal between two instants; none is a principal unknown to this house."""
    accounts, throughout = resolved.within(principal, first_at, last_at)
    return {"accounts": accounts, "held_throughout": throughout}


def show_accounts(work: HouseWork, accounts: Iterable[str]) -> list[dict[str, Any]]:
    """Show each account once: its status and when it was opened and closed, or that this house did not open it."""
    return [_account(work, account) for account in sorted({*accounts} - {""})]


def answered(
    tracer: Tracer,
    head: Mapping[str, Any],
    filters: Sequence[Filter],
    after: Place | None,
    limit: int,
    named: Iterable[str] = (),
    parts: Mapping[str, Filter] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return an answer: who used what, a page of events, and the accounts either names beside those ``named``.

    ``parts`` divide the one filter by time: each event says in which it is, each use how often it was in each. Uses are
    told with the first page alone: they are of the whole question, and asked for only where it has another page.
    """
    events, following = events_of(tracer.rows, filters, after, limit)
    used = Used() if after else used_of(tracer.rows, filters, parts) if following else used_among(events, parts)
    seen = [(use.principal, use.first_at, use.last_at) for use in used.uses]
    seen += [(kept.event.principal, kept.event.at, kept.event.at) for kept in events]
    with tracer.house.state.read() as work:
        resolved = resolve(work, seen)
        uses = show_uses(tracer.house, used, resolved)
        shown = show_events(tracer.house, events, resolved, parts)
        mentioned = {*named, *(e["account"] for e in shown), *(account for u in uses for account in u["accounts"])}
        accounts = show_accounts(work, mentioned)
    first = {} if after else {"used": uses, "more_used": used.is_cut}
    return {**head, **first, "events": shown, "next": following, "accounts": accounts}


def _account(work: HouseWork, account: str) -> dict[str, Any]:
    row = work.registers.get("accounts", account)
    known = {name: row[name] or "" for name in ("status", "opened_at", "closed_at", "cause")} if row else {}
    return {"account": account, "account_known": row is not None, **known}


def _is_covered(assignments: Sequence[Assignment], from_at: int, until_at: int) -> bool:
    """Return whether assignments, by their beginning, leave no instant between two free."""
    reached = from_at
    for assignment in assignments:
        if assignment.from_at > reached:
            return False
        reached = max(reached, assignment.until_at)
    return reached >= until_at


def _country(house: House, address: str) -> str:
    return (house.country_of(address) or "") if address else ""
