"""Assignments against a list that is looked through: who held what at an instant, and which may stand side by side."""

from __future__ import annotations

import dataclasses
import random
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatebook.procedures.assign import assign, assign_one, end_assignment
from gatebook.store.memory.state import MemoryState
from gatebook.store.sql.tables import ASSIGNMENT_BATCHES, ASSIGNMENT_ENDS, ASSIGNMENTS
from gatebook.terms.assignment import OPEN, Assignment, AssignmentKind, instant
from gatebook.trace.proposal import Proposal
from gatebook.trace.spans import span_of, span_of_network

ADDRESS = AssignmentKind.ADDRESS
Net = IPv4Network | IPv6Network
BASES = (ip_network("10.0.0.0/26"), ip_network("2001:db8::/122"))


def network(a: Assignment) -> Net:
    return ip_network(a.thing)


def lies_in(inner: Net, outer: Net) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def may_meet(inner: Assignment, outer: Assignment, among: list[Assignment]) -> bool:
    """The rule as it is told: of one account, let out by name, or by way of one that lies between for all that time."""
    if inner.account == outer.account or inner.under == outer.assignment_id:
        return True
    from_at, until_at = max(inner.from_at, outer.from_at), min(inner.until_at, outer.until_at)
    between = [
        a for a in among
        if a.thing not in (inner.thing, outer.thing) and a.from_at <= from_at and until_at <= a.until_at
        and lies_in(network(inner), network(a)) and lies_in(network(a), network(outer))
    ]  # fmt: skip
    return any(may_meet(inner, a, among) and may_meet(a, outer, among) for a in between)


def clashes(one: Assignment, among: list[Assignment]) -> list[str]:
    """Whom an assignment meets and may not."""
    found = []
    for other in among:
        if other is one or max(one.from_at, other.from_at) >= min(one.until_at, other.until_at):
            continue
        mine, theirs = network(one), network(other)
        if mine == theirs:
            found.append(other.account)
        elif lies_in(mine, theirs) or lies_in(theirs, mine):
            inner, outer = (one, other) if lies_in(mine, theirs) else (other, one)
            if not may_meet(inner, outer, [*among, one]):
                found.append(other.account)
    return found


def chance_proposal(rng: random.Random, standing: list[Assignment]) -> Proposal:
    if standing and rng.random() < 0.1:
        a = rng.choice(standing)
        until_at = rng.randrange(a.from_at + 1, min(a.until_at, 60) + 1)
        return Proposal(span_of(ADDRESS, a.thing), a.account, a.from_at, until_at, a.under)
    base = rng.choice(BASES)
    length = rng.choice((0, 1, 2, 4, 6, 6, 6))
    net = rng.choice(list(base.subnets(length))) if length else base
    from_at = rng.randrange(40)
    under = rng.choice([a.assignment_id for a in standing] or [""]) if rng.random() < 0.3 else ""
    until_at = OPEN if rng.random() < 0.2 else from_at + rng.randrange(1, 25)
    return Proposal(span_of_network(net), f"acc-{rng.randrange(4)}", from_at, until_at, under)


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_what_may_stand_stands_and_nothing_else(premises: Any, operator: Any, store: str) -> None:
    # Breaks when two accounts hold one address without one having let it out to the other, or when a lease that
    # clashes with nothing is refused.
    rng, met = random.Random(11), {"made": 0, "ended": 0, "held": 0}
    for _ in range(60 if store == "memory" else 12):
        state = MemoryState() if store == "memory" else premises.house.state
        house = dataclasses.replace(premises.house, state=state)
        standing: dict[str, Assignment] = {}
        if store == "sqlite":
            with house.state.transaction() as work:
                for table in (ASSIGNMENTS, ASSIGNMENT_ENDS, ASSIGNMENT_BATCHES):
                    work.assignments._connection.execute(table.delete())
        for _ in range(8):
            batch = [chance_proposal(rng, list(standing.values())) for _ in range(rng.randrange(1, 12))]
            for proposal, taken in zip(batch, assign(house, operator, list(enumerate(batch))).rows, strict=True):
                if taken.what in ("made", "ended"):
                    assert taken.assignment is not None
                    standing[taken.assignment.assignment_id] = taken.assignment
                    met[taken.what] += 1
                    assert clashes(taken.assignment, list(standing.values())) == []
                elif taken.problems and taken.problems[0].code == "held":
                    met["held"] += 1
                    asked = Assignment(
                        "asg_new",
                        ADDRESS,
                        proposal.span.thing,
                        proposal.account,
                        proposal.from_at,
                        proposal.until_at,
                        proposal.under,
                    )
                    named = clashes(asked, list(standing.values()))
                    assert named, "refused, and it clashes with nothing"
                    assert proposal.account in taken.problems[0].reason
                    assert any(other in taken.problems[0].reason for other in named)
    assert min(met.values()) > (100 if store == "memory" else 10), met


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.integers(1, 8)), max_size=20),
    st.sampled_from(("203.0.113.9", "2001:db8::9")),
)
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_touching_intervals_of_one_address_never_overlap(premises: Any, operator: Any, rows: Any, thing: str) -> None:
    # Breaks when an instant of one address has two holders.
    house = dataclasses.replace(premises.house, state=MemoryState())
    proposals = [Proposal(span_of(ADDRESS, thing), f"acc-{who}", at, at + n) for who, at, n in rows]
    assign(house, operator, list(enumerate(proposals)))
    with house.state.read() as work:
        for at in range(-1, 40):
            assert len(work.assignments.holders(span_of(ADDRESS, thing), at)) <= 1


def leased(rng: random.Random) -> list[tuple[Net, str, int, int]]:
    """Leases with gaps, hand-overs at one instant, blocks around them, in both families; per account a block."""
    found: list[tuple[Net, str, int, int]] = []
    for n in range(160):
        base: Net = ip_network(f"10.{n}.0.0/20") if n % 2 else ip_network(f"2001:db8:{n:x}::/52")
        account = f"acc-{n}"
        found.append((base, account, 0, OPEN if n % 3 else 10**9))
        for net in rng.sample(list(base.subnets(8)), 12):
            at = rng.randrange(1000)
            one = next(iter(net.subnets(new_prefix=net.max_prefixlen)))
            for _ in range(6):
                end = at + rng.randrange(1, 10**6)
                found.append((one, account, at, end))
                at = end if rng.random() < 0.5 else end + rng.choice((1, 2, 10**5))
            found.append((net, account, 5, 10**6))
    return found


def test_a_hundred_thousand_questions_are_answered_as_by_looking_at_all(premises: Any, operator: Any) -> None:
    # Breaks when a boundary is a microsecond off, a gap has a holder, or a block answers for what lies in it.
    rng = random.Random(5)
    rows = leased(rng)
    proposals = [Proposal(span_of_network(net), account, from_at, until_at) for net, account, from_at, until_at in rows]
    numbered = list(enumerate(proposals))
    counts = [assign(premises.house, operator, part).count("made") for part in (numbered[:7000], numbered[7000:])]
    assert sum(counts) == len(rows)
    by_block: dict[str, list[tuple[Net, int, int]]] = {}
    for net, account, from_at, until_at in rows:
        by_block.setdefault(account, []).append((net, from_at, until_at))
    wrong = asked = 0
    with premises.house.state.read() as work:
        while asked < 100_000:
            net, account, from_at, until_at = rng.choice(rows)
            edge = rng.choice((from_at, min(until_at, 2 * 10**9)))
            at = rng.choice((edge - 1, edge, edge + 1, rng.randrange(7 * 10**6)))
            address = net[0] if rng.random() < 0.7 else net[min(1, net.num_addresses - 1)]
            span = span_of_network(ip_network(address))
            true = sorted((n.prefixlen for n, f, u in by_block[account] if address in n and f <= at < u), reverse=True)
            got = [network(a).prefixlen for a in work.assignments.holders(span, at)]
            wrong += got != true
            asked += 1
    assert (wrong, asked) == (0, 100_000)


def test_ends_moved_at_random_are_known_as_they_were(premises: Any, operator: Any) -> None:
    # Breaks when what the house said yesterday cannot be said again today.
    from datetime import timedelta

    from gatebook.procedures.held import holder

    rng, begun = random.Random(3), premises.house.now()
    clock = [begun]
    house = dataclasses.replace(premises.house, state=MemoryState(), now=lambda: clock[0])
    said: list[tuple[str, int, str]] = []
    names: list[str] = []
    for step in range(40):
        clock[0] = begun + timedelta(seconds=step)
        if names and rng.random() < 0.6:
            with house.state.read() as work:
                standing = work.assignments.get(rng.choice(names))
            assert standing is not None
            if standing.until_at > standing.from_at:
                until = rng.randrange(standing.from_at, min(standing.until_at, standing.from_at + 1000))
                end_assignment(house, operator, standing.assignment_id, str(instant(until)))
        else:
            row = {"kind": "address", "thing": "203.0.113.9", "account": f"acc-{step}", "from": instant(step * 500)}
            try:
                names.append(assign_one(house, operator, row).rows[0].assignment.assignment_id)  # type: ignore[union-attr]
            except Exception as error:  # noqa: BLE001  an open one stands in the way
                assert "end that one first" in str(error)
        for at in (100, 499, 500, 1700, 9000):
            when = str(instant(at))
            said.append((when, step, holder(house, operator, "address", "203.0.113.9", when, "audit")["account"]))
    for when, step, account in said:
        known_at = (begun + timedelta(seconds=step)).isoformat()
        assert holder(house, operator, "address", "203.0.113.9", when, "audit", known_at)["account"] == account
    assert len({account for _, _, account in said}) > 3
