"""Tracing who shares addresses with an account: leads to look at, never a finding.

The trap guarded against: a crowd behind one address taken for one hand. Strangers share the addresses of carriers,
offices and relays, so an answer says what was shared and how often, says that it is inferred, and does nothing.
"""

from __future__ import annotations

from typing import Any

from gatebook.procedures.trace import Tracer, resolve, show_accounts, show_holders
from gatebook.procedures.trace_account import filters_of, held_by, show_held
from gatebook.procedures.trace_address import show_bounds
from gatebook.record.events.times import write_time
from gatebook.terms.assignment import microseconds
from gatebook.trace.asked import DAY, Bounds, read_account, read_whole
from gatebook.trace.gather import shared_with
from gatebook.trace.ports import Sharer
from gatebook.trace.proposal import read_instant

DAYS, LEAST = 30, 2
_MOST_DAYS, _MOST_LEAST = 366, 1000
_BASIS = "an inference: a lead, not a finding; strangers share the addresses of carriers, offices and relays"


def trace_shared(tracer: Tracer, account: str, days: int = DAYS, least: int = LEAST, until: str = "") -> dict[str, Any]:
    """Say which others were seen at ``least`` or more addresses of an account within the same days.

    The days end now, or at ``until``. Of a principal the account held for a part of them, only that part counts.
    Raises NotPermitted, InvalidInput.
    """
    read_account(account)
    read_whole(days, 1, _MOST_DAYS, "/days")
    read_whole(least, 1, _MOST_LEAST, "/least")
    until_at = read_instant(until, "/until") if until else microseconds(tracer.house.now())
    bounds = Bounds(until_at - days * DAY, until_at)
    head = tracer.begin("trace.shared")
    with tracer.house.state.read() as work:
        held = held_by(work, account, bounds)
    sharers, is_cut = shared_with(tracer.rows, filters_of(held), least)
    with tracer.house.state.read() as work:
        resolved = resolve(work, [(one.principal, one.first_at, one.last_at) for one in sharers])
        shown = [{**_shown(one), **show_holders(resolved, one.principal, one.first_at, one.last_at)} for one in sharers]
        others = [one for one in shown if one["accounts"] != [account] or not one["held_throughout"]]
        accounts = show_accounts(work, [account, *(name for one in others for name in one["accounts"])])
    asked = {"account": account, **show_bounds(bounds), "days": days, "least": least, "basis": _BASIS}
    return {**head, **asked, "principals": show_held(held), "sharers": others, "more": is_cut, "accounts": accounts}


def _shown(one: Sharer) -> dict[str, Any]:
    return {
        "principal": one.principal,
        "addresses": list(one.addresses),
        "events": one.events,
        "first_at": write_time(one.first_at),
        "last_at": write_time(one.last_at),
    }
