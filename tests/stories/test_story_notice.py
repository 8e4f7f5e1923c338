"""Notice: who may tell the subject, when, on whose paper, and in which words."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

import builders as b
import demands as d
from demanding import ready, received, released
from officers import admitted, client_at, kinds, told

ORDER = base64.b64encode(d.PDF).decode()


def _day(premises: Any, days: int) -> str:
    return (premises.now().date() + timedelta(days=days)).isoformat()


def _delay(client: Any, demand: str, until: str, ground: str = "evidence", status: int = 200) -> Any:
    body = {"demand": demand, "until": until, "ground": ground, "document": ORDER}
    answer = client.post("/v1/notice-delays", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def _give(client: Any, demand: str, by: str = "provider", status: int = 200) -> Any:
    answer = client.post(f"/v1/demands/{demand}/notices", json={"by": by, "how": "a letter on paper"})
    assert answer.status_code == status, answer.text
    return answer.json()


def _notice(client: Any, demand: str) -> Any:
    return client.get(f"/v1/demands/{demand}/notice").json()


def _owed(client: Any) -> str:
    lines = client.get("/metrics").text.splitlines()
    return next(line for line in lines if line.startswith("gatebook_notices_due "))


@pytest.fixture
def account(client: Any, premises: Any) -> str:
    return str(admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})["account_id"])


def test_a_court_puts_notice_off_and_its_end_is_a_task_entered_once(client: Any, premises: Any, operator: Any) -> None:
    # Breaks when a subject is told before the last day is over, or nobody hears that it is, or hears it every minute.
    from gatebook.procedures.give_notice import note_due_notices
    from gatebook.procedures.webhooks import add_endpoint

    add_endpoint(premises.house, operator, "https://example.com/hook", lambda _: b"k" * 32)
    demand = received(client, d.ADDRESS, forbids_notice=True, notice_ground="the court's order")
    assert _notice(client, demand)["standing"] == "forbidden"
    assert "2705(b)" in _give(client, demand, status=409)["detail"]
    assert _delay(client, demand, _day(premises, 10))["standing"] == "delayed"
    assert "2705(b)" in _give(client, demand, status=409)["detail"]
    assert note_due_notices(premises.house) == []
    (clock,) = [c for c in client.get("/v1/demand-clock").json()["items"] if c["what"] == "notice"]
    assert clock["dueness"] == "running" and clock["nature"] == "not-before"
    last_day, over = timedelta(days=10), timedelta(days=12)
    with client_at(premises, operator, lambda: premises.now() + last_day) as (there, _):
        assert note_due_notices(there.house) == []
    with client_at(premises, operator, lambda: premises.now() + over) as (there, then):
        assert _owed(then) == "gatebook_notices_due 1.0"  # owed from its end on, whether it was entered yet or not
        assert note_due_notices(there.house) == [demand]
        assert note_due_notices(there.house) == []
        assert kinds(there).count("notice.due") == 1 and told(there).count("notice.due") == 1
        (clock,) = [c for c in then.get("/v1/demand-clock").json()["items"] if c["what"] == "notice"]
        assert clock["dueness"] == "overdue"
        row = next(r for r in then.get("/v1/demands").json()["items"] if r["demand_id"] == demand)
        assert row["notice_is_owed"] is True
        assert _give(then, demand)["notice"] == "given-by-provider"
        assert _owed(then) == "gatebook_notices_due 0.0"
        _give(then, demand, status=409)


def test_a_delay_is_extended_by_a_later_paper_and_outlives_a_better_description(client: Any, premises: Any) -> None:
    # Breaks when only the first day counts, when a day in the past ends a silence, or when describing a demand anew
    # takes back what a court ordered meanwhile.
    demand = received(client, d.ADDRESS)
    assert _notice(client, demand)["standing"] == "to-give"
    _delay(client, demand, _day(premises, 5))
    _delay(client, demand, _day(premises, -1), status=422)
    _delay(client, demand, _day(premises, 5), ground="because", status=422)
    _delay(client, demand, _day(premises, 90), ground="danger")
    described = client.put(f"/v1/demands/{demand}/particulars", json=d.demand())
    assert described.status_code == 200, described.text
    assert _notice(client, demand)["notice_until"] == _day(premises, 90)
    sealed = client.post(f"/v1/demands/{demand}/readings").json()["items"]
    orders = [one["payload"] for one in sealed if one["kind"] == "notice.delayed"]
    assert [one["ground"] for one in orders] == ["evidence", "danger"] and orders[0]["order"] == ORDER


def test_of_a_european_order_the_authority_tells_and_the_provider_keeps_silent(client: Any) -> None:
    # Breaks when one switch tells everybody.
    paper = {"instrument": "eu-production", "jurisdiction": "SE", "recipient": "eu-authority"}
    demand = received(client, d.ADDRESS, **paper)
    assert _notice(client, demand)["standing"] == "by-authority"
    assert "art. 13" in _give(client, demand, status=409)["detail"]
    assert _give(client, demand, by="authority")["notice"] == "given-by-authority"


def test_nobody_is_told_of_a_request_to_preserve(client: Any, premises: Any) -> None:
    # Breaks when telling undoes what a preservation is for, or a delay is entered where there is nothing to delay.
    demand = received(client, d.ADDRESS, instrument="preservation")
    assert "2703(f)" in _give(client, demand, status=409)["detail"]
    _delay(client, demand, _day(premises, 5), status=409)


def test_when_the_customer_was_told_of_a_backup_copy_its_release_gets_a_day(client: Any) -> None:
    # Breaks when the authority's notice of a copy is entered and the fourteen days do not begin.
    demand = received(client, d.ADDRESS, instrument="backup")
    before = {clock["what"] for clock in client.get("/v1/demand-clock").json()["items"]}
    _give(client, demand, by="authority")
    after = {clock["what"] for clock in client.get("/v1/demand-clock").json()["items"]}
    assert after - before == {"release"}


def test_a_demand_that_came_as_a_paper_alone_is_told_to_nobody(client: Any, premises: Any) -> None:
    # Breaks when what nobody read yet counts as allowed.
    demand = d.receive(client, None, d.PDF)["demand_id"]
    assert _notice(client, demand)["standing"] == "unknown"
    for by in ("provider", "authority"):
        _give(client, demand, by=by, status=409)
    _delay(client, demand, _day(premises, 5), status=409)


def test_what_was_closed_with_nothing_handed_over_leaves_nothing_to_tell_of(
    client: Any, premises: Any, operator: Any
) -> None:
    # Breaks when a withdrawn demand is a task for ever.
    from gatebook.procedures.give_notice import note_due_notices

    demand = received(client, d.ADDRESS)
    _delay(client, demand, _day(premises, 1))
    assert client.post(f"/v1/demands/{demand}/closings", json={"outcome": "withdrawn"}).status_code == 200
    with client_at(premises, operator, lambda: premises.now() + timedelta(days=5)) as (there, then):
        assert note_due_notices(there.house) == []
        assert _owed(then) == "gatebook_notices_due 0.0"


def test_the_draft_says_in_plain_words_what_was_given_and_names_nobody_too_early(
    client: Any, premises: Any, operator: Any, second_officer: dict[str, str], account: str
) -> None:
    # Breaks when a notice names the authority while it may not, says less than was given, is not a reading, or when
    # an answer that was given is not a task.
    demand = ready(client, {"kind": "account", "value": account})
    _delay(client, demand, _day(premises, 3))
    released(client, second_officer, demand)
    before = kinds(premises).count("record.read")
    drafted = client.post(f"/v1/demands/{demand}/notice-drafts").json()
    assert kinds(premises).count("record.read") > before
    (notice,) = drafted["notices"]
    assert drafted["standing"] == "delayed" and "2705(b)" in drafted["refusal"]
    assert "Test County District Attorney" not in notice["text"] and "GJ-2026-117" not in notice["text"]
    assert notice["name"] in notice["text"] and notice["emails"] and account in notice["text"]
    with client_at(premises, operator, lambda: premises.now() + timedelta(days=5)) as (_, then):
        drafted = then.post(f"/v1/demands/{demand}/notice-drafts").json()
        text = drafted["notices"][0]["text"]
        assert drafted["refusal"] == "" and "Test County District Attorney" in text and "GJ-2026-117" in text
        assert "18 U.S.C. 2703(c)(2)" in text and f"Until {_day(premises, 3)}" in text
        assert "your name" in text and "identity documents" not in text
        assert _owed(then) == "gatebook_notices_due 1.0"


def test_notice_needs_an_officer_and_a_draft_the_right_to_read(client: Any, premises: Any, operator: Any) -> None:
    # Breaks when whoever may look may also tell.
    from gatebook.procedures.api_keys import make_key

    demand = received(client, d.ADDRESS)
    _, secret = make_key(premises.house, operator, ["look"], 30)
    weak = {"Authorization": f"Bearer {secret}"}
    for path, body in ((f"demands/{demand}/notices", {"by": "provider"}), (f"demands/{demand}/notice-drafts", {})):
        assert client.post(f"/v1/{path}", json=body, headers=weak).status_code == 403
