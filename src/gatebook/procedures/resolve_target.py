"""Resolving what a demand names: an account, an address at a time, a wallet, an e-mail address ... to accounts.

The trap guarded against: the wrong holder. What the control plane says was held comes before what sources saw used,
each within the time the demand names, and where the two differ both are told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from gatebook.procedures.house import HouseWork
from gatebook.procedures.trace import Tracer, resolve
from gatebook.procedures.trace_account import holders_of, index_values
from gatebook.record.walk import every_row
from gatebook.terms.assignment import Assignment, AssignmentKind
from gatebook.terms.demand import Target, TargetKind
from gatebook.trace.asked import Bounds
from gatebook.trace.found import Found, Resolution, resolution_of
from gatebook.trace.ports import Filter
from gatebook.trace.spans import Span, span_of

_MOST_USES, _MOST_PARTS = 1000, 1000
_Ends = tuple[int | None, int | None]


def resolve_target(tracer: Tracer, target: Target) -> Resolution:
    """Return whom a target leads to. Raises InvalidInput for a value that has not the form of its kind."""
    return _BY_KIND[target.kind](tracer, target)


def _account(tracer: Tracer, target: Target) -> Resolution:
    with tracer.house.state.read() as work:
        found = list(_accounts(work, [target.value], "account-id", (target.from_at, target.until_at)))
    return resolution_of(target, found)


def _person(tracer: Tracer, target: Target) -> Resolution:
    with tracer.house.state.read() as work:
        is_known = work.registers.get("persons", target.value) is not None
        found = _of_persons(work, [target.value] if is_known else [], "person-id", target)
        return resolution_of(target, found)


def _identifier(tracer: Tracer, target: Target) -> Resolution:
    values = index_values(_INDEXED[target.kind], target.value)
    with tracer.house.state.read() as work:
        persons = sorted({person for pair in values for person in tracer.house.door.find(work, *pair)})
        return resolution_of(target, _of_persons(work, persons, target.kind.value, target))


def _principal(tracer: Tracer, target: Target) -> Resolution:
    bounds = Bounds.between(target.from_at, target.until_at)
    with tracer.house.state.read() as work:
        own = list(_accounts(work, [target.value], "account-id", (target.from_at, target.until_at)))
        if own:
            return resolution_of(target, own)
        ever = holders_of(work, target.value, Bounds())
        return resolution_of(target, _holders(work, ever, bounds), is_known=bool(ever))


def _address(tracer: Tracer, target: Target) -> Resolution:
    span, bounds = span_of(AssignmentKind.ADDRESS, target.value), Bounds.between(target.from_at, target.until_at)
    used, is_cut = _used(tracer, Filter(bounds.from_at, bounds.until_at, networks=(span.thing,)))
    with tracer.house.state.read() as work:
        narrowest = _narrowest(work, span, bounds)
        held = list(_holders(work, narrowest, bounds))
        is_known = bool(used or held or _narrowest(work, span, Bounds()))
    named = {one.account for one in held}
    found = [*held, *(one for one in used if one.account not in named)]
    return resolution_of(target, found, is_known=is_known, is_cut=is_cut or len(narrowest) >= _MOST_PARTS)


def _sign(tracer: Tracer, target: Target) -> Resolution:
    field, bounds = _SIGNS[target.kind], Bounds.between(target.from_at, target.until_at)
    asked = Filter(bounds.from_at, bounds.until_at, **{field: target.value})  # type: ignore[arg-type]  # three text fields
    used, is_cut = _used(tracer, asked)
    return resolution_of(target, used, is_cut=is_cut)


def _narrowest(work: HouseWork, span: Span, bounds: Bounds) -> list[Assignment]:
    """Return who held a range itself, or the narrowest it lay in; of parts of it, those who held them."""
    chain = work.assignments.covering(span, bounds.from_at, bounds.until_at)
    inner = work.assignments.within(span, bounds.from_at, bounds.until_at, "", _MOST_PARTS) if span.is_range else []
    longest = max((span_of(a.kind, a.thing).length for a in chain), default=0)
    return inner or [a for a in chain if span_of(a.kind, a.thing).length == longest]


def _holders(work: HouseWork, assignments: Iterable[Assignment], bounds: Bounds) -> Iterator[Found]:
    for one in assignments:
        if one.meets(bounds.from_at, bounds.until_at):
            held = bounds.clipped(one.from_at, one.until_at)
            yield from _accounts(work, [one.account], "held", held.ends)


def _used(tracer: Tracer, asked: Filter) -> tuple[list[Found], bool]:
    """Return the accounts of the principals seen within a filter, each while seen; and whether more were."""
    uses = tracer.rows.uses(asked, _MOST_USES + 1)
    seen: dict[str, tuple[int, int]] = {}
    with tracer.house.state.read() as work:
        held = resolve(work, [(use.principal, use.first_at, use.last_at) for use in uses])
        for use in uses:
            for account in held.within(use.principal, use.first_at, use.last_at)[0]:
                low, high = seen.get(account, (use.first_at, use.last_at))
                seen[account] = min(low, use.first_at), max(high, use.last_at)
        found = [f for one, (low, high) in seen.items() for f in _accounts(work, [one], "used", (low, high + 1))]
    return found, len(uses) > _MOST_USES


def _of_persons(work: HouseWork, persons: Iterable[str], by: str, target: Target) -> list[Found]:
    """Return the accounts of persons; a person without one is found by themselves: an application may be all."""
    found, ends = list[Found](), (target.from_at, target.until_at)
    for person in persons:
        accounts = [str(row["account_id"]) for row in every_row(work.registers, "accounts", {"person_id": person})]
        found += _accounts(work, accounts, by, ends) if accounts else [Found(person, "", by, *ends)]
    return found


def _accounts(work: HouseWork, accounts: Iterable[str], by: str, ends: _Ends) -> Iterator[Found]:
    """Yield those of the accounts that this house opened: it holds records of no other."""
    for account in accounts:
        row = work.registers.get("accounts", account)
        if row is not None:
            yield Found(str(row["person_id"]), account, by, *ends)


_INDEXED = {
    TargetKind.EMAIL: "email",
    TargetKind.PHONE: "phone",
    TargetKind.WALLET: "wallet",
    TargetKind.PAYMENT: "number",
    TargetKind.DOCUMENT: "number",
}
_SIGNS = {
    TargetKind.SESSION: "session",
    TargetKind.FINGERPRINT: "fingerprint",
    TargetKind.USER_AGENT: "user_agent",
}
_BY_KIND: Mapping[TargetKind, Callable[[Tracer, Target], Resolution]] = {
    TargetKind.ACCOUNT: _account,
    TargetKind.PERSON: _person,
    TargetKind.ADDRESS: _address,
    TargetKind.PRINCIPAL: _principal,
    **dict.fromkeys(_INDEXED, _identifier),
    **dict.fromkeys(_SIGNS, _sign),
}
