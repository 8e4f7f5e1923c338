"""Tracing an account: everything its principals did, each within the time the account held it.

The trap guarded against: what another did under the same name. A principal counts from the instant it was assigned
until it no longer was, so that by account and by principal the same events are told of the same account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gatebook.identify.contacts import normal_email, normal_phone
from gatebook.procedures.house import HouseWork
from gatebook.procedures.trace import Tracer, answered, span_of_principal
from gatebook.procedures.trace_address import show_bounds
from gatebook.record.walk import every_row
from gatebook.terms.assignment import Assignment, AssignmentKind, to_plain
from gatebook.terms.identifier import ADDRESS, NUMBER, plain_address, plain_number
from gatebook.terms.wallet import normal_wallet, tickers_of
from gatebook.trace.asked import Bounds, read_account, read_bounds, read_limit, read_place, read_text, refused
from gatebook.trace.ports import Filter

_PAGE, _LEAST_NUMBER = 500, 2
#: What may be asked letter by letter, and the field of a filter it is asked with.
SIGNS = {"session": "session", "user-agent": "user_agent", "fingerprint": "fingerprint", "principal": "principals"}
IDENTIFIERS = ("wallet", "email", "phone", "number")


@dataclass(frozen=True, slots=True)
class Held:
    """A principal and the time an account held it; ``assignment`` is None for the account's own id."""

    principal: str
    when: Bounds
    assignment: Assignment | None = None


def trace_account(
    tracer: Tracer, account: str, from_: str = "", until: str = "", after: str = "", limit: int = 100
) -> dict[str, Any]:
    """Say what an account did: by its id, and by every principal within the time it held it.

    Raises NotPermitted, InvalidInput.
    """
    read_account(account)
    bounds, page, limit = read_bounds(from_, until), read_place(after), read_limit(limit)
    head = tracer.begin("trace.account")
    with tracer.house.state.read() as work:
        held = held_by(work, account, bounds)
    when = {"account": account, **show_bounds(bounds), "principals": show_held(held)}
    return {**head, **when, **answered(tracer, head, filters_of(held), page, limit, [account])}


def trace_sign(
    tracer: Tracer, sign: str, text: str, from_: str = "", until: str = "", after: str = "", limit: int = 100
) -> dict[str, Any]:
    """Say who showed a session, user agent, key fingerprint or principal, letter by letter.

    Raises NotPermitted, InvalidInput.
    """
    value = read_text(text, "/text")
    bounds, page, limit = read_bounds(from_, until), read_place(after), read_limit(limit)
    head = tracer.begin(f"trace.{sign}")
    field = SIGNS[sign]
    asked = Filter(bounds.from_at, bounds.until_at, **{field: (value,) if field == "principals" else value})  # type: ignore[arg-type]  # as the field is
    found: dict[str, Any] = {**head, sign.replace("-", "_"): value, **show_bounds(bounds)}
    named: list[str] = []
    if sign == "principal":
        with tracer.house.state.read() as work:
            holders = holders_of(work, value, bounds)
        found |= {"held": [to_plain(a) for a in holders]}
        named = [a.account for a in holders]
    return {**found, **answered(tracer, head, [asked], page, limit, named)}


def trace_identifier(
    tracer: Tracer, kind: str, text: str, from_: str = "", until: str = "", after: str = "", limit: int = 100
) -> dict[str, Any]:
    """Say which accounts are of who gave a wallet, e-mail address, telephone or other number, and what they did.

    It is found through the keyed index, exactly or not at all; nothing is opened. Raises NotPermitted, InvalidInput.
    """
    values = index_values(kind, read_text(text, "/text"))
    bounds, page, limit = read_bounds(from_, until), read_place(after), read_limit(limit)
    head = tracer.begin(f"trace.{kind}")
    with tracer.house.state.read() as work:
        persons = sorted({person for pair in values for person in tracer.house.door.find(work, *pair)})
        given = [_given(work, person) for person in persons]
        accounts = sorted({account for one in given for account in one["accounts"]})
        held = [one for account in accounts for one in held_by(work, account, bounds)]
    found = {**head, "kind": kind, **show_bounds(bounds), "given_by": given, "principals": show_held(held)}
    return {**found, **answered(tracer, head, filters_of(held), page, limit, accounts)}


def held_by(work: HouseWork, account: str, bounds: Bounds) -> list[Held]:
    """Return every principal an account held within a time, its own id first.

    The id of an account of this house is that account's, whatever an assignment says; that of an account this house
    did not open counts as long as no assignment says whose it is.
    """
    assigned = [a for a in assigned_to(work, account, bounds) if a.kind is AssignmentKind.PRINCIPAL]
    own = work.registers.present("accounts", sorted({account, *(a.thing for a in assigned)}))
    is_own = account in own or not holders_of(work, account, bounds)
    found = [Held(a.thing, bounds.clipped(a.from_at, a.until_at), a) for a in assigned if a.thing not in own]
    return [Held(account, bounds), *found] if is_own else found


def assigned_to(work: HouseWork, account: str, bounds: Bounds) -> Iterator[Assignment]:
    """Give every assignment of an account that meets a time."""
    after = ""
    while page := work.assignments.of_account(account, bounds.from_at, bounds.until_at, after, _PAGE):
        yield from page
        after = page[-1].assignment_id


def filters_of(held: Iterable[Held]) -> list[Filter]:
    """Return filters of which no two hold one row: one for each time, with the principals held in just that time."""
    by_time: dict[Bounds, list[str]] = {}
    for one in held:
        by_time.setdefault(one.when, []).append(one.principal)
    return [Filter(when.from_at, when.until_at, tuple(names)) for when, names in by_time.items()]


def show_held(held: Iterable[Held]) -> list[dict[str, Any]]:
    """Show principals, each with the time it was held within the time asked about."""
    return [
        {
            "principal": one.principal,
            **show_bounds(one.when),
            "by": one.assignment.assignment_id if one.assignment else "account-id",
        }
        for one in held
    ]


def holders_of(work: HouseWork, principal: str, bounds: Bounds) -> list[Assignment]:
    """Return the assignments of a principal that meet a time."""
    span = span_of_principal(principal)
    return work.assignments.covering(span, bounds.from_at, bounds.until_at) if span else []


def index_values(kind: str, text: str) -> tuple[tuple[str, str], ...]:
    """Return (field, normal value) of all under which an identifier may have been sealed. Raises InvalidInput."""
    found = _READERS[kind](text) if kind in _READERS else None
    if kind not in _READERS:
        raise refused("/kind", "unknown-kind", f"one of {', '.join(IDENTIFIERS)}")
    if not found:
        raise refused("/text", "malformed", "has not the form of its kind: a telephone number begins with + and so on")
    return tuple(dict.fromkeys(found))


def _wallet(text: str) -> list[tuple[str, str]]:
    """Return an address in its one form, and as it was sealed before addresses had a field of their own."""
    plain = plain_address(text)
    older = [("wallet", f"{ticker}:{normal_wallet(ticker, text.strip())[1]}") for ticker in tickers_of(text.strip())]
    return [(ADDRESS, plain), *older] if plain else []


def _email(text: str) -> list[tuple[str, str]]:
    found = normal_email(text.strip())
    return [("email", found.lower())] if found else []


def _phone(text: str) -> list[tuple[str, str]]:
    found = normal_phone(text.strip())
    return [("phone", found)] if found else []


def _number(text: str) -> list[tuple[str, str]]:
    found = plain_number(text)
    return [(NUMBER, found)] if len(found) >= _LEAST_NUMBER else []


_READERS = {"wallet": _wallet, "email": _email, "phone": _phone, "number": _number}


def _given(work: HouseWork, person: str) -> dict[str, Any]:
    """Show a person by their id, with their accounts and applications."""
    accounts = _keys(work, "accounts", "account_id", person)
    return {
        "person": person,
        "accounts": accounts,
        "applications": _keys(work, "applications", "application_id", person),
    }


def _keys(work: HouseWork, register: str, key: str, person: str) -> list[str]:
    return [str(row[key]) for row in every_row(work.registers, register, {"person_id": person})]
