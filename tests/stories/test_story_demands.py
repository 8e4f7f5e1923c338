"""Demands through HTTP: the hold stands when the answer does, nothing is believed unchecked, and the law is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import builders as b
import demands as d
from officers import admitted, client_at, kinds, told


def _row(client: Any, demand_id: str) -> Any:
    return client.get(f"/v1/demands/{demand_id}").json()


def test_a_subpoena_is_answered_class_by_class(client: Any, premises: Any) -> None:
    # Breaks when a subpoena reaches more than its six groups, or less, or before anybody found it authentic.
    found = d.receive(client, d.demand(), d.PDF)
    assert found["holds"][0]["scope"] == "all" and found["due_rule"] == "house/answer_days"
    demand_id = found["demand_id"]
    assert d.scope(client, demand_id)["outcome"] == "counsel"
    d.make_authentic(client, demand_id)
    scoped = d.scope(client, demand_id)
    assert scoped["outcome"] == "ready"
    met = {name for name, one in scoped["classes"].items() if one["answer"] == "met"}
    assert met == {"name", "address", "contact", "network-address", "session", "service", "payment"}
    assert all(one["basis"] or one["clauses"] for one in scoped["classes"].values())
    replayed = client.post(f"/v1/demands/{demand_id}/scoping-replays").json()
    assert replayed["same_bytes"] is True
    assert [k for k in kinds(premises) if k.startswith(("demand", "hold"))][:3] == [
        "demand.received",
        "demand.described",
        "hold.placed",
    ]


def test_the_hold_is_committed_with_the_demand_and_names_whom_the_instrument_names(client: Any, premises: Any) -> None:
    # Breaks when a demand is received before its hold, or a hold over everything is kept where ids were named.
    account = admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})
    target = {"kind": "account", "value": account["account_id"]}
    found = d.receive(client, d.demand("preservation", targets=[target]))
    (hold,) = client.get(f"/v1/demands/{found['demand_id']}").json()["holds"]
    assert (hold["hold_kind"], hold["scope"], hold["accounts"]) == ("preservation", "named", [account["account_id"]])
    assert hold["persons"] == [account["person_id"]] and hold["until"]


def test_a_paper_alone_is_taken_and_described_later(client: Any, premises: Any) -> None:
    # Breaks when a demand nobody read yet holds nothing, has no day, or loses its paper when it is described.
    found = d.receive(client, None, d.PDF)
    demand_id = found["demand_id"]
    assert (found["instrument"], found["due_rule"]) == ("", "house/demand_describe_hours")
    assert client.post(f"/v1/demands/{demand_id}/scopings").status_code == 409
    (before,) = _row(client, demand_id)["holds"]
    assert (before["hold_kind"], before["scope"]) == ("process", "all")
    described = client.put(f"/v1/demands/{demand_id}/particulars", json=d.demand("preservation")).json()
    assert described["instrument"] == "preservation" and described["document"] == found["document"]
    states = {hold["hold_kind"]: hold["state"] for hold in _row(client, demand_id)["holds"]}
    assert states == {"process": "ended", "preservation": "in-force"}
    opened = client.post(f"/v1/demands/{demand_id}/readings").json()["items"]
    assert [item["kind"] for item in opened] == ["demand.received", "demand.described"]
    assert opened[0]["payload"]["document"] == d.posted(None, d.PDF)["document"]


def test_a_demand_described_anew_holds_what_it_names_now_and_is_checked_anew(client: Any, premises: Any) -> None:
    # Breaks when a corrected demand keeps the checks of what it said before, or a hold that was too narrow for it.
    account = admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})
    target = {"kind": "account", "value": account["account_id"]}
    demand_id = d.receive(client, d.demand(targets=[target]))["demand_id"]
    d.make_authentic(client, demand_id)
    assert d.scope(client, demand_id)["outcome"] == "ready"
    client.put(f"/v1/demands/{demand_id}/particulars", json=d.demand())
    row = _row(client, demand_id)
    assert (row["state"], row.get("is_authentic"), row["checks"]) == ("received", None, [])
    assert "all" in {hold["scope"] for hold in row["holds"] if hold["state"] == "in-force"}


def test_the_same_paper_is_told_and_not_doubled(client: Any, premises: Any) -> None:
    # Breaks when a paper sent twice becomes two demands, or one with another content is swallowed.
    first = d.receive(client, None, d.PDF)
    again = d.receive(client, None, d.PDF)
    assert again["demand_id"] == first["demand_id"] and again["received_before_as"] == [first["demand_id"]]
    described = d.receive(client, d.demand(), d.PDF)
    assert described["demand_id"] != first["demand_id"]
    assert described["received_before_as"] == [first["demand_id"]]
    by_reference = d.receive(client, d.demand(reference="gj-2026-117"))
    assert by_reference["received_before_as"] == [described["demand_id"]]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"targets": [{"kind": "address", "value": "203.0.113.9"}]}, "/targets/0/at", "missing"),
        ({"targets": [{**d.ADDRESS, "at": "2026-10-01T12:00:05"}]}, "/targets/0/at", "not-an-instant"),
        ({"targets": [{**d.ADDRESS, "at": "2026-10-01T12:00:05-00:00"}]}, "/targets/0/at", "ambiguous"),
        ({"targets": [{**d.ADDRESS, "from": "2026-10-01T12:00:05Z"}]}, "/targets/0/at", "contradiction"),
        ({"targets": [{**d.ADDRESS, "port": 0}]}, "/targets/0/port", "malformed"),
        ({"targets": [{**d.ADDRESS, "value": "203.0.113.900"}]}, "/targets/0/value", "not-an-address"),
        ({"targets": [{"kind": "email", "value": "nobody"}]}, "/targets/0/value", "malformed"),
        ({"targets": [{"kind": "payment", "value": "4111 1111 1111 1111"}]}, "/targets/0/value", "malformed"),
        ({"recipient": "private-party"}, "/recipient", "contradiction"),
        ({"jurisdiction": "QQ"}, "/jurisdiction", "unknown-jurisdiction"),
        ({"classes": ["everything"]}, "/classes/0", "unknown-class"),
        ({"received_at": "2199-01-01T00:00:00Z"}, "/received_at", "out-of-range"),
        ({"reference": ""}, "/reference", "missing"),
    ],
)
def test_what_goes_wrong_with_demands_is_refused_by_its_field(
    client: Any, change: dict[str, Any], pointer: str, code: str
) -> None:
    # Breaks when an address without its time, or any other thing that leads to the wrong person, is taken.
    refused = client.post("/v1/demands", json=d.posted(d.demand(**change)))
    assert refused.status_code == 422
    assert (pointer, code) in {(e["pointer"], e["code"]) for e in refused.json()["errors"]}
    assert "203.0.113" not in refused.text and "4111" not in refused.text


def test_an_emergency_needs_a_call_back_and_a_second_person(client: Any, second_officer: dict[str, str]) -> None:
    # Breaks when one person, or a number from the demand itself, is enough for a disclosure nobody ordered.
    emergency = d.demand("emergency", belief="a child is missing since this morning")
    demand_id = d.receive(client, emergency)["demand_id"]
    needed = {"form", "issuer", "authority", "call-back", "second-person"}
    assert set(_row(client, demand_id)["checks_needed"]) == needed
    own = d.check(client, demand_id, "call-back", **{**d.CALLED, "called": "+12025550123"})
    assert (own.status_code, own.json()["errors"][0]["code"]) == (422, "from-the-demand")
    for name in ("form", "issuer", "authority"):
        d.check(client, demand_id, name)
    assert d.check(client, demand_id, "second-person").status_code == 403
    assert d.check(client, demand_id, "call-back", **d.CALLED).json()["is_authentic"] is None
    assert d.check(client, demand_id, "second-person", headers=second_officer).json()["is_authentic"] is True
    # Who made another check meanwhile is no second person any more.
    assert d.check(client, demand_id, "form", headers=second_officer).json()["is_authentic"] is None


def test_a_check_that_failed_makes_a_demand_unauthentic_and_nothing_is_reached(client: Any) -> None:
    # Breaks when a forged demand discloses anything.
    demand_id = d.receive(client, d.demand())["demand_id"]
    d.make_authentic(client, demand_id)
    assert d.check(client, demand_id, "issuer", "failed").json()["is_authentic"] is False
    scoped = d.scope(client, demand_id)
    assert scoped["outcome"] == "refused"
    assert {one["answer"] for one in scoped["classes"].values()} == {"unmet"}


def test_what_the_law_leaves_unknown_is_for_counsel_and_never_for_whoever_took_it_in(
    client: Any, second_officer: dict[str, str]
) -> None:
    # Breaks when a ruling stands in for a check, reaches what the law refused, or is given by one person alone.
    foreign = d.demand("mutual-assistance", jurisdiction="SE", recipient="foreign-authority")
    demand_id = d.receive(client, foreign)["demand_id"]
    url, allow = f"/v1/demands/{demand_id}/rulings", {"allow": ["name"], "basis": "an order under it", "reason": "why"}
    assert d.scope(client, demand_id)["outcome"] == "counsel"
    assert client.post(url, json=allow, headers=second_officer).status_code == 409
    d.make_authentic(client, demand_id)
    scoped = d.scope(client, demand_id)
    assert scoped["outcome"] == "counsel"
    unknown = {name for name, one in scoped["classes"].items() if one["answer"] == "unknown"}
    assert "name" in unknown
    assert client.post(url, json=allow).status_code == 403
    for wrong in ({**allow, "allow": ["content"]}, {**allow, "basis": ""}, {"allow": ["name"]}):
        assert client.post(url, json=wrong, headers=second_officer).status_code == 422
    ruled = client.post(url, json=allow, headers=second_officer).json()
    assert ruled["scope"] == "ready"
    assert {name for name, answer in ruled["classes"].items() if answer == "met"} == {"name"}
    assert set(ruled["classes"].values()) == {"met", "unmet"}


def test_clocks_are_listed_told_once_and_counted(client: Any, premises: Any, operator: Any) -> None:
    # Breaks when a day passes in silence, or is told of every minute.
    from gatebook.procedures.demand_clocks import tell_of_clocks

    client.post("/v1/webhook-endpoints", json={"url": "https://hooks.example.com/x"})
    demand_id = d.receive(client, d.demand())["demand_id"]
    assert tell_of_clocks(premises.house) == []
    (answer,) = [c for c in client.get("/v1/demand-clock").json()["items"] if c["what"] == "answer"]
    assert (answer["demand_id"], answer["dueness"]) == (demand_id, "in-time")
    for days, dueness, topic in ((13, "nearly-due", "demand.nearly-due"), (15, "overdue", "demand.overdue")):
        at = premises.now() + timedelta(days=days)
        with client_at(premises, operator, lambda at=at: at) as (there, later):
            assert tell_of_clocks(there.house) == [demand_id]
            assert tell_of_clocks(there.house) == []
            assert told(there).count(topic) == 1
            (row,) = later.get("/v1/demands").json()["items"]
            assert row["dueness"] == dueness and (row["due_in_s"] < 0) == (dueness == "overdue")
            name = {"nearly-due": "nearly_due", "overdue": "overdue"}[dueness]
            metrics = later.get("/metrics").text
            assert f"gatebook_demands_{name} 1.0" in metrics
            assert 'gatebook_demands_open{instrument="subpoena"} 1.0' in metrics


def test_a_closed_demand_lets_go_and_its_papers_end_on_their_day(client: Any, premises: Any, operator: Any) -> None:
    # Breaks when the hold of a closed demand goes on, or its papers outlive their day, or go while somebody holds them.
    from gatebook.procedures.close_demand import expire_demands

    demand_id = d.receive(client, d.demand(), d.PDF)["demand_id"]
    url = f"/v1/demands/{demand_id}/closings"
    assert client.post(url, json={"outcome": "produced"}).status_code == 409
    closed = client.post(url, json={"outcome": "nothing-held"}).json()
    assert (closed["state"], closed["retain_rule"]) == ("closed", "house/demand_retention_years")
    assert [hold["state"] for hold in _row(client, demand_id)["holds"]] == ["ended"]
    assert client.post(url, json={"outcome": "refused"}).status_code == 409
    at = premises.now() + timedelta(days=6 * 366)
    other = d.receive(client, d.demand(reference="another"))["demand_id"]
    with client_at(premises, operator, lambda: at) as (there, later):
        assert expire_demands(there.house, operator) == []  # the other demand holds everything
        later.post(f"/v1/demands/{other}/closings", json={"outcome": "withdrawn"})
        assert expire_demands(there.house, operator) == [demand_id]
        assert expire_demands(there.house, operator) == []
        assert later.post(f"/v1/demands/{demand_id}/readings").status_code == 410
        assert later.get(f"/v1/demands/{demand_id}").json()["state"] == "shredded"


def test_a_preservation_outlives_the_demand_it_came_with(client: Any) -> None:
    # Breaks when closing a preservation demand lets go of what it preserved.
    demand_id = d.receive(client, d.demand("preservation"))["demand_id"]
    client.post(f"/v1/demands/{demand_id}/closings", json={"outcome": "preserved"})
    (hold,) = _row(client, demand_id)["holds"]
    assert (hold["hold_kind"], hold["state"]) == ("preservation", "in-force")


def test_nothing_personal_of_a_demand_is_in_the_ledger_or_a_register(client: Any, premises: Any) -> None:
    # Breaks when a reference number, an authority's words or an address of somebody reaches what is never taken out.
    demand_id = d.receive(client, d.demand(note="of the Jones case"), d.letter())["demand_id"]
    d.check(client, demand_id, "call-back", **d.CALLED)
    d.scope(client, demand_id)
    with premises.house.state.read() as work:
        ledger = b"".join(work.ledger.read(0, work.ledger.size()))
        rows = str([work.registers.page(name, {}, "", 200) for name in ("demands", "demand_checks", "records")])
    for word in ("GJ-2026", "Alameda", "203.0.113", "Jones", "2025550", "clerk", "justice.example", "order.pdf"):
        assert word.encode() not in ledger and word not in rows


def test_a_paper_of_25_mib_is_taken_and_one_larger_is_not(client: Any) -> None:
    # Breaks when the limit of a paper is another than is said, or the body's limit comes before it.
    most = b"%PDF-" + bytes(25 * 1024 * 1024 - 5)
    assert d.receive(client, None, most)["document"]
    refused = client.post("/v1/demands", json=d.posted(None, most + b"x"))
    assert (refused.status_code, refused.json()["type"]) == (413, "/docs/problems#too-large")


def test_each_step_asks_for_its_scope(client: Any) -> None:
    # Breaks when a key that may look takes in, checks, or opens a demand.
    demand_id = d.receive(client, d.demand())["demand_id"]
    made = client.post("/v1/api-keys", json={"scopes": ["look", "apply"]}).json()
    head = {"Authorization": f"Bearer {made['secret']}"}
    asked = {
        "": d.posted(d.demand()),
        f"/{demand_id}/checks": {"check": "form", "verdict": "passed"},
        f"/{demand_id}/scopings": {},
        f"/{demand_id}/rulings": {"reason": "x"},
        f"/{demand_id}/closings": {"outcome": "refused"},
        f"/{demand_id}/readings": {},
    }
    for path, body in asked.items():
        assert client.post(f"/v1/demands{path}", json=body, headers=head).status_code == 403, path
    assert client.get("/v1/demands", headers=head).status_code == 200


@pytest.mark.parametrize("act", ["describe", "check"])
def test_whoever_prepared_a_demand_does_not_rule_on_it(
    client: Any, premises: Any, second_officer: dict[str, str], act: str
) -> None:
    # Breaks when one person describes or checks what the house took in by itself, and then rules on it.
    from gatebook.procedures.house import SYSTEM
    from gatebook.procedures.receive_demand import receive_demand
    from gatebook.terms.demand import Channel

    demand_id = receive_demand(premises.house, SYSTEM, None, d.PDF, Channel.MAIL)["demand_id"]
    foreign = d.demand("mutual-assistance", jurisdiction="SE", recipient="foreign-authority")
    by = second_officer if act == "describe" else None
    assert client.put(f"/v1/demands/{demand_id}/particulars", json=foreign, headers=by).status_code == 200
    if act == "check":
        d.check(client, demand_id, "form", headers=second_officer)
    d.make_authentic(client, demand_id)
    d.scope(client, demand_id)
    allow = {"allow": ["name"], "basis": "an order under it", "reason": "why"}
    ruled = client.post(f"/v1/demands/{demand_id}/rulings", json=allow, headers=second_officer)
    assert ruled.status_code == 403
