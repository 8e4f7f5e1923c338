"""The edges of the API: ids of another form, great numbers, other methods, missing keys, and who asks too often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

import builders as b
from gatebook.api.rate_limits import RateLimits

HOSTILE = ("a%00b", "%ff%fe", "x" * 10_000, "..%2f..", "a%0Ab", "-", "%F0%9F%98%80")


def _paths(client: Any) -> list[tuple[str, str, dict[str, Any]]]:
    document = client.get("/openapi.json").json()["paths"]
    return [(method.upper(), path, op) for path, found in document.items() for method, op in found.items()]


@contextmanager
def _limited(premises: Any, **limits: int) -> Iterator[Any]:
    from gatebook.api.app import make_app

    kept = premises.settings
    object.__setattr__(premises, "settings", kept.model_copy(update=limits))
    try:
        with TestClient(make_app(premises)) as found:
            yield found
    finally:
        object.__setattr__(premises, "settings", kept)


def test_an_id_of_another_form_is_refused_before_it_reaches_a_register(client: Any) -> None:
    # Breaks when a hostile id is looked up, or crashes the database under it.
    for method, path, _ in _paths(client):
        for name in ("{position}", *[f"{{{n}}}" for n in _names(path) if n != "position"]):
            if name in path:
                for hostile in HOSTILE:
                    answer = client.request(method, path.replace(name, hostile), json={})
                    assert 400 <= answer.status_code < 500, (method, path, hostile)
                    assert answer.headers["content-type"] == "application/problem+json"


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def test_a_great_position_a_cursor_and_a_key_of_another_form_are_problems(client: Any) -> None:
    # Breaks when a number larger than a database holds, or a NUL in a text, is answered with a crash.
    for position in (2**53, 2**63, 2**64 + 1, "9" * 5000, -1, "1e3"):
        for tail in ("", "/proof"):
            assert client.get(f"/v1/ledger/entries/{position}{tail}").status_code == 422
    assert client.get(f"/v1/ledger/entries/{2**53 - 1}").status_code == 404
    for query in ("after=%00", "after=%ff", "state=%00", "limit=999999999999999999999", f"after={'x' * 9999}"):
        assert client.get(f"/v1/applications?{query}").status_code == 422
    for key in ("gbk.a\0b.c", "gbk..", "gbk.\xff.x", "Bearer", "gbk." + "x" * 10_000 + ".y"):
        assert (
            client.get("/v1/applications", headers={"Authorization": f"Bearer {key}".encode("latin-1")}).status_code
            == 401
        )
    for body in ({"account": "a\0b"}, {"account": "acc_1\n"}, {"account": "a", "act": "\0"}, {"account": 1}, ["a"]):
        assert client.post("/v1/gate", json=body).status_code == 422
    assert client.post("/v1/gate", content=b'{"account":"a","account":"b"}').status_code == 422
    assert client.get("/v1/law?on=2026-02-30").json()["errors"][0]["pointer"] == "/on"


def test_a_small_body_is_read_as_strictly_as_a_large_one(client: Any) -> None:
    # Breaks when a body names a field twice or one we do not know, and a part of it is taken all the same.
    for body, code in (
        (b'{"url":"https://a.example","url":"https://b.example"}', "duplicate-key"),
        (b'{"url":"https://a.example","more":1}', "extra-forbidden"),
        (b'{"url":1}', "string-type"),
        (b"{", "not-json"),
        (b"", "missing"),
    ):
        answer = client.post("/v1/webhook-endpoints", content=body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    long_name = {"x" * 5000: 1, "url": "https://a.example"}
    assert "xxx" not in client.post("/v1/webhook-endpoints", json=long_name).text


def test_every_route_but_the_open_ones_asks_for_a_key(client: Any, premises: Any) -> None:
    # Breaks when a route forgets to ask who is asking, or looks at a body first.
    unlimited = premises.settings.model_copy(update={"failures_per_minute": 0})  # there are more routes than that
    client.app.state.limits = RateLimits(unlimited, premises.now)
    open_ones = {"/healthz", "/readyz", "/metrics", "/docs/problems", "/v1/ledger/checkpoint", "/v1/webhook-key"}
    open_ones |= {"/v1/witness-key", "/witness/add-checkpoint"}
    asked = 0
    for method, path, operation in _paths(client):
        answer = client.request(method, path.replace("{position}", "0"), content=b"{", headers={"Authorization": ""})
        assert (answer.status_code == 401) is (path not in open_ones), path
        assert bool(operation.get("security")) is (path not in open_ones), path
        asked += answer.status_code == 401
    assert asked > 40


def test_other_methods_get_a_sensible_answer_and_every_answer_its_headers(client: Any) -> None:
    # Breaks when HEAD or OPTIONS is a mystery, or an answer could be sniffed or kept by a cache.
    head, body = client.head("/healthz"), client.get("/healthz")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(body.content)))
    assert client.head("/v1/applications").status_code == 200
    options = client.options("/v1/applications", headers={"Authorization": ""})
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert client.options("/nowhere").status_code == 404
    wrong = client.patch("/v1/applications")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    for answer in (
        client.get("/v1/applications"),
        client.get("/v1/applications/nobody"),
        client.post("/v1/gate"),
        wrong,
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_a_path_with_a_slash_too_many_leads_nowhere_else(client: Any) -> None:
    # Breaks when the house sends somebody, with their key, to whatever host they or somebody else named.
    for path in ("/v1/applications/", "/v1/lists/", "/healthz/", "/v1/gate/"):
        answer = client.get(path, headers={"Host": "evil.example"}, follow_redirects=False)
        assert answer.status_code in {404, 405} and "location" not in answer.headers, path


def test_a_body_over_the_limit_is_refused_by_every_route_in_the_same_words(client: Any) -> None:
    # Breaks when one route reads what another refuses.
    for path in ("/v1/applications", "/v1/webhook-endpoints", "/v1/gate", "/v1/reviews/x/approvals"):
        answer = client.post(path, content=b" " * 1_048_577)
        assert (answer.status_code, answer.json()["type"]) == (413, "/docs/problems#too-large")


def test_a_body_that_does_not_arrive_is_not_waited_for(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when a client can hold a place for ever by sending a little of a body.
    import asyncio

    from gatebook.api import guard

    monkeypatch.setattr(guard, "_MOST_BODY_S", 0.05)
    sent: list[Any] = []

    async def one_byte_and_no_more() -> Any:
        if asked:
            await asyncio.Event().wait()
        asked.append(True)
        return {"type": "http.request", "body": b"{", "more_body": True}

    async def keep(message: Any) -> None:
        sent.append(message)

    asked: list[bool] = []
    key = client.headers["Authorization"].encode()
    scope = {"type": "http", "method": "POST", "path": "/v1/applications", "raw_path": b"", "query_string": b"",
             "headers": [(b"authorization", key)], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "scheme": "http"}  # fmt: skip
    asyncio.run(client.app(scope, one_byte_and_no_more, keep))
    assert (sent[0]["status"], b"#too-slow" in sent[1]["body"]) == (408, True)


def test_a_key_that_asks_too_often_waits_and_others_do_not(client: Any, premises: Any) -> None:
    # Breaks when one key can keep the house busy for everybody, or nobody is told when to come back.
    secret = client.headers["Authorization"]
    other = "Bearer " + client.post("/v1/api-keys", json={"scopes": ["look"]}).json()["secret"]
    with _limited(premises, requests_per_minute=3, gate_requests_per_minute=5) as limited:
        answers = [limited.get("/v1/applications", headers={"Authorization": secret}) for _ in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["type"] == "/docs/problems#too-many"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert limited.get("/v1/applications", headers={"Authorization": other}).status_code == 200
        gate = [limited.post("/v1/gate", json={"account": "a"}, headers={"Authorization": secret}) for _ in range(6)]
        assert [a.status_code for a in gate] == [200] * 5 + [429]
    with _limited(premises, requests_per_minute=0) as unlimited:
        assert {unlimited.get("/v1/law", headers={"Authorization": secret}).status_code for _ in range(5)} == {200}


def test_who_cannot_say_who_they_are_is_slowed_down_and_a_right_key_from_there_is_served(
    client: Any, premises: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    # Breaks when keys can be guessed without end, or guesses shut out everybody behind the same proxy.
    with _limited(premises, failures_per_minute=2) as limited:
        bad = {"Authorization": "Bearer gbk.key_nobody.x", "X-Forwarded-For": "198.51.100.7"}
        assert [limited.get("/v1/law", headers=bad).status_code for _ in range(4)] == [401, 401, 429, 429]
        moved = {**bad, "X-Forwarded-For": "198.51.100.8"}
        assert limited.post("/v1/gate", json={"account": "a"}, headers=moved).status_code == 429
        assert limited.get("/v1/law", headers={"Authorization": client.headers["Authorization"]}).status_code == 200
    printed = capsys.readouterr()
    assert "198.51.100" not in printed.out + printed.err


def test_one_holder_of_ipv6_addresses_counts_once() -> None:
    # Breaks when a stranger tries again from each of the addresses of one network.
    from datetime import UTC, datetime

    from gatebook.api.rate_limits import RateLimits
    from gatebook.errors import TooMany
    from gatebook.settings import Settings

    limits = RateLimits(Settings(failures_per_minute=1), lambda: datetime.now(UTC))
    limits.failed("2001:db8:1:2::1")
    limits.failed("2001:db8:1:3::1")
    with pytest.raises(TooMany):
        limits.failed("2001:db8:1:2:ffff::9")


def test_law_of_another_day_lists_with_their_age_and_the_work_that_keeps_a_house(client: Any) -> None:
    # Breaks when an operator of a running service has to stop it to do one of these.
    assert client.get("/v1/law?on=2020-01-01").json()["day"] == "2020-01-01"
    row = client.get("/v1/lists").json()["items"][0]
    assert (row["list_id"], row["is_compared"], row["age_days"]) == ("sample", True, 0)
    client.post("/v1/applications", json=b.application())
    assert client.post("/v1/expirations").json() == {"shredded": []}
    assert client.post("/v1/rebuilds").json() == {"equal": True, "differing": []}
    assert client.post("/v1/key-rotations").json()["rewrapped"] >= 1
    assert client.post("/v1/resumptions", json={"minutes": 1}).json() == {"resumed": []}
    adopt = {"source": "cip_2024", "begins": "2030-01-01"}
    assert client.post("/v1/law/adoptions", json=adopt).status_code == 201
    rests = {c["rests_on"] for c in client.get("/v1/law?on=2030-01-01").json()["clauses"]}
    assert any("adopted by the house from 2030-01-01" in words for words in rests)
    assert client.post("/v1/law/adoptions", json=adopt).status_code == 409
    assert client.post("/v1/law/adoptions", json={**adopt, "source": "nowhere"}).status_code == 404
    assert client.post("/v1/law/adoptions", json={**adopt, "begins": "2030-02-31"}).status_code == 422
    assert client.post("/v1/lists/nobody/updates", json={}).status_code == 404
    look = {"Authorization": "Bearer " + client.post("/v1/api-keys", json={"scopes": ["look"]}).json()["secret"]}
    for path in ("expirations", "rebuilds", "key-rotations", "law/adoptions", "lists/ofac-sdn/updates", "resumptions"):
        assert client.post(f"/v1/{path}", json=adopt if "law" in path else {}, headers=look).status_code == 403, path
    assert client.get("/v1/law?on=2030-06-01").status_code == 200


def test_webhooks_are_run_over_the_api(client: Any) -> None:
    # Breaks when a provider cannot see, ask again for, or stop its own events.
    added = client.post("/v1/webhook-endpoints", json={"url": "https://hooks.example/in"}).json()
    client.post("/v1/applications", json=b.application())
    assert client.get("/v1/webhook-endpoints").json()["items"][0]["url"] == "https://hooks.example/in"
    message = client.get("/v1/webhook-messages").json()["items"][0]
    assert (message["state"], "body" in message) == ("queued", False)
    again = client.post(f"/v1/webhook-messages/{message['message_id']}/attempts")
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    assert client.post("/v1/webhook-messages/msg_nobody/attempts").status_code == 404
    assert client.get("/v1/webhook-key").json()["key"].startswith("whpk_")
    assert client.delete(f"/v1/webhook-endpoints/{added['endpoint']}").status_code == 204
    assert client.get("/v1/webhook-endpoints").json()["items"] == []
