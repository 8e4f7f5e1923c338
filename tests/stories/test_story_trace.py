"""Who, when, with whom: an officer traces addresses, accounts and names, by both shells, over the real record."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import builders as b
from access_rows import SECRETS, batch
from gatebook.errors import InvalidInput
from gatebook.procedures.api_keys import make_key
from gatebook.procedures.assign import assign
from gatebook.procedures.close_account import close_account
from gatebook.procedures.trace import Tracer
from gatebook.procedures.trace_account import held_by, trace_account, trace_sign
from gatebook.procedures.trace_address import trace_address
from gatebook.record.entry import Entry
from gatebook.store.memory.access_rows import MemoryAccessRows
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome
from gatebook.terms.assignment import instant
from gatebook.trace.asked import Bounds, read_place, write_place
from gatebook.trace.ports import Place
from officers import admitted

AT = "2026-10-01T12:00:05Z"
NOON = 1_790_856_000_000_000  # 2026-10-01T12:00:00Z
SECOND = 1_000_000
HOME, AWAY = "203.0.113.9", "198.51.100.7"
PURPOSE = {"purpose": "legal-process"}


def at(seconds: float) -> str:
    return (datetime(2026, 10, 1, 12, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def told(seconds: float, principal: str, address: str = HOME, **more: Any) -> dict[str, Any]:
    return {"at": at(seconds), "principal": principal, "address": address, "act": "login", "outcome": "success", **more}


def entries(premises: Any, kind: str) -> list[Entry]:
    with premises.house.state.read() as work:
        found = [Entry.from_bytes(data) for data in work.ledger.read(0, work.ledger.size())]
    return [entry for entry in found if entry.kind == kind]


@pytest.fixture
def send(client: Any, premises: Any) -> Callable[..., None]:
    def take_in(*events: dict[str, Any]) -> None:
        lines = "\n".join(map(json.dumps, events))
        assert client.post("/v1/access-events", content=lines, params={"source": "edge-1"}).status_code == 202
        with premises.access() as access:
            access.seal()

    return take_in


@pytest.fixture
def trace(client: Any) -> Callable[..., Any]:
    def ask(question: str, status: int = 200, **asked: Any) -> Any:
        answer = client.post(f"/v1/traces/{question}", json={**PURPOSE, **asked})
        assert answer.status_code == status, answer.text
        return answer.json()

    return ask


@pytest.fixture
def gatebook(premises: Any) -> Callable[..., Any]:
    from gatebook.cli.main import app

    def run(*arguments: str, purpose: str = "legal-process") -> Any:
        done = CliRunner().invoke(
            app, ["trace", *arguments, "--purpose", purpose, "--house", str(premises.folder)], env={"COLUMNS": "200"}
        )
        assert done.exit_code == 0, done.output or done.exception
        return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout

    return run


def hold(client: Any, *rows: tuple[str, str, str, str, str]) -> None:
    listed = [
        {"kind": kind, "thing": thing, "account": account, "from": from_, **({"until": until} if until else {})}
        for kind, thing, account, from_, until in rows
    ]
    assert client.post("/v1/assignments", json=listed).json()["refused"] == 0


def test_who_held_the_address_at_this_second_and_who_used_it(
    client: Any, premises: Any, trace: Any, send: Any, gatebook: Any
) -> None:
    # Breaks when holder and user are mixed up, a second is lost at its edge, or the shells differ.
    opened = admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})["account_id"]
    hold(client, ("address", HOME, "acc_a", at(0), at(10)), ("principal", "root@tenant", "acc_b", at(0), at(6)))
    send(
        told(-1000, "root@tenant"), told(4.9, "root@tenant"), told(5.2, opened), told(5.999999, "root@tenant"),
        told(6, "root@tenant"), told(900, "stranger"), told(906, "stranger"), told(5, opened, AWAY),
    )  # fmt: skip
    found = trace("address", address="::ffff:203.0.113.9", at=AT)
    assert (found["address"], found["at"]) == (HOME, "2026-10-01T12:00:05.000000Z")
    assert (found["held"]["answer"], found["held"]["account"]) == ("held", "acc_a")
    assert [(e["when"], e["account"], e["account_by"]) for e in found["events"]] == [
        ("before", "acc_b", "assignment"), ("at", opened, "account-id"), ("at", "acc_b", "assignment"),
        ("after", "", "unknown"), ("after", "", "unknown"),
    ]  # fmt: skip
    used = {use["principal"]: use for use in found["used"]}
    root = used["root@tenant"]
    assert (root["before"], root["at"], root["after"], root["events"]) == (1, 1, 1, 3)
    assert (root["accounts"], root["held_throughout"]) == (["acc_b"], False)  # at second 6 it no longer did
    assert (used["stranger"]["accounts"], used[opened]["accounts"]) == ([], [opened])
    accounts = {account["account"]: account for account in found["accounts"]}
    assert (
        accounts[opened]["status"] == "open"
        and accounts[opened]["opened_at"]
        and not accounts["acc_a"]["account_known"]
    )
    segment = found["sealed_until"]
    assert segment["segment"] == 1 and segment["at"] and segment["batches_waiting"] is False
    assert trace("address", address="203.0.113.9:443", at=AT)["events"] == found["events"]
    assert gatebook("ip", HOME, "--at", AT) == found == gatebook("subnet", HOME, "--at", AT)
    assert len(trace("address", address=HOME, at=AT, window="1h")["events"]) == 7


def test_nobody_and_nothing_known_are_two_answers(client: Any, trace: Any, premises: Any) -> None:
    # Breaks when an address that lay free is answered as one the house never heard of.
    hold(client, ("address", HOME, "acc_a", at(0), at(10)), ("address", "192.0.2.0/24", "acc_b", at(0), ""))
    answers = [trace("address", address=HOME, at=at(n))["held"] for n in (-0.000001, 0, 9.999999, 10)]
    assert [held["answer"] for held in answers] == ["nobody", "held", "held", "nobody"]
    assert [held["account"] for held in answers] == ["", "acc_a", "acc_a", ""]
    assert trace("address", address=AWAY, at=AT)["held"]["answer"] == "no assignment known"
    hold(client, ("address", "192.0.2.7", "acc_b", at(0), ""))
    inner = trace("address", address="192.0.2.7", at=AT)["held"]
    assert [a["thing"] for a in inner["chain"]] == ["192.0.2.7", "192.0.2.0/24"]
    block = trace("address", address="192.0.2.0/28", at=AT)["held"]
    assert ([a["thing"] for a in block["chain"]], [a["thing"] for a in block["parts"]]) == (["192.0.2.0/24"], ["192.0.2.7"])  # fmt: skip
    spread = trace("address", address="203.0.113.0/28", **{"from": at(5), "until": at(20)})
    assert (spread["at"], spread["held"]["account"], len(spread["held"]["parts"])) == (None, "", 1)
    assert len(entries(premises, "trace.asked")) == 8


def test_an_account_is_told_by_every_name_within_its_time(
    client: Any, premises: Any, operator: Any, trace: Any, send: Any, gatebook: Any
) -> None:
    # Breaks when what another did under the same name is laid to this account, or a page loses an event.
    opened = admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})["account_id"]
    hold(
        client,
        ("principal", "root@t", opened, at(10), at(20)), ("principal", "root@t", "acc_b", at(20), ""),
        ("principal", "ci@t", opened, at(10), at(20)), ("principal", opened, "acc_thief", at(0), ""),
    )  # fmt: skip
    names = ["root@t", "ci@t", opened]
    send(*[told(n, names[n % 3], session=f"s{n % 5}") for n in range(30)])
    expected = [n for n in range(30) if n % 3 == 2 or 10 <= n < 20]
    found = trace("account", account=opened, limit=7)
    times = [e["at"] for e in found["events"]]
    while found["next"]:
        found = trace("account", account=opened, limit=7, after=found["next"])
        assert "used" not in found
        times += [e["at"] for e in found["events"]]
    assert times == [at(n).replace("Z", ".000000Z") for n in expected]
    assert {e["account"] for e in trace("account", account=opened)["events"]} == {opened}
    assert trace("account", account="acc_thief")["events"] == []
    session = gatebook("session", "s1")
    assert len(session["events"]) == 6 and {e["session"] for e in session["events"]} == {"s1"}
    assert [a["account"] for a in trace("principal", text="root@t")["held"]] == [opened, "acc_b"]
    close_account(premises.house, operator, opened, "left")
    [account] = [a for a in gatebook("account", opened)["accounts"] if a["account"] == opened]
    assert (account["status"], account["cause"]) == ("closed", "left") and account["closed_at"]


def test_agents_keys_wallets_and_contacts_lead_to_accounts(
    client: Any, premises: Any, trace: Any, send: Any, gatebook: Any
) -> None:
    # Breaks when a wallet in capitals, or an e-mail address in them, leads nowhere; or a message repeats it.
    wallet = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    payments = [{"kind": "wallet", "currency": "XBT", "address": wallet}]
    opened = admitted(client, premises, {**b.application(payments=payments), "evidence": [b.ANNA]})["account_id"]
    send(told(1, opened, user_agent="curl/8", fingerprint="SHA256:abc"), told(2, "other", user_agent="curl/8"))
    for asked in (
        ("wallet", {"text": wallet.upper()}), ("identifier", {"kind": "email", "text": "Anna@Example.com"}),
        ("identifier", {"kind": "phone", "text": "+46 70 123 45 67"}), ("identifier", {"kind": "number", "text": "L898902C3"}),
    ):  # fmt: skip
        found = trace(asked[0], **asked[1])
        assert [one["accounts"] for one in found["given_by"]] == [[opened]], asked
        assert [e["account"] for e in found["events"]] == [opened]
    assert [e["account"] for e in trace("user-agent", text="curl/8")["events"]] == [opened, ""]
    assert [e["account"] for e in gatebook("fingerprint", "SHA256:abc")["events"]] == [opened]
    assert gatebook("wallet", wallet)["given_by"] == gatebook("identifier", "wallet", wallet)["given_by"]
    assert trace("wallet", text="bc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq")["given_by"] == []
    refused = trace("identifier", 422, kind="email", text="not an address at secret.example")
    assert "secret" not in json.dumps(refused)


def test_sharing_two_addresses_is_a_lead_and_no_finding(
    client: Any, premises: Any, trace: Any, send: Any, gatebook: Any
) -> None:
    # Breaks when one shared address is enough, the account is its own lead, or a name counts when it was another's.
    opened = admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})["account_id"]
    hold(client, ("principal", "ci@t", opened, at(0), at(100)), ("principal", "ci@t", "acc_b", at(100), ""))
    send(
        told(1, opened), told(2, "ci@t", AWAY), told(150, "ci@t", "192.0.2.1"), told(3, "twin"), told(4, "twin", AWAY),
        told(5, "once"), told(160, "later"), told(161, "later", "192.0.2.1"), told(170, "ci@t"),
    )  # fmt: skip
    found = trace("shared", account=opened, until=at(3600))
    assert [(one["principal"], sorted(one["addresses"])) for one in found["sharers"]] == [("twin", [AWAY, HOME])]
    assert "lead, not a finding" in found["basis"] and found["days"] == 30
    assert {one["principal"] for one in trace("shared", account=opened, until=at(3600), least=1)["sharers"]} == {"twin", "once", "later", "ci@t"}  # fmt: skip
    assert gatebook("shared", opened, "--until", at(3600)) == found
    assert trace("shared", account=opened, until=at(-86400))["sharers"] == []


def test_a_timeline_is_a_table_json_and_a_picture(
    client: Any, premises: Any, trace: Any, send: Any, gatebook: Any, tmp_path: Path
) -> None:
    # Breaks when the three differ, a picture cannot be read, or a terminal is steered by an act's name.
    hold(
        client, ("principal", "root@t", "acc_b", "2026-06-01T00:00:00Z", ""), ("address", HOME, "acc_b", at(0), at(50))
    )
    send(told(-100 * 86400, "root@t"), told(1, "root@t", act="\x1b[31mlogin<script>", outcome="failure"), told(2, "root@t", "2001:db8::1"))  # fmt: skip
    found = trace("timeline", account="acc_b")
    assert [e["outcome"] for e in found["events"]] == ["success", "failure", "success"]
    assert found["gaps"] == [] and found["dormant_days"] > 0  # of an account not opened here only what lies between
    assert gatebook("timeline", "acc_b", "--json") == found
    table = gatebook("timeline", "acc_b")
    assert "\x1b" not in table and "login<script>" in table and "edge-1" in table and "complete until segment" in table
    file = tmp_path / "acc_b.svg"
    assert gatebook("timeline", "acc_b", "--svg", str(file))["out"] == str(file)
    answer = client.post("/v1/traces/timeline", json={**PURPOSE, "account": "acc_b", "form": "svg"})
    assert (
        answer.headers["content-type"].startswith("image/svg+xml")
        and "sandbox" in answer.headers["content-security-policy"]
    )
    assert answer.text == file.read_text("utf-8") and "<script" not in answer.text
    texts = [str(text) for text in ET.fromstring(answer.text.encode()).itertext()]  # noqa: S314  our own picture
    assert any(text.startswith("accesses: 3; assignments: 2") for text in texts) and HOME in texts
    assert file.stat().st_mode & 0o077 == 0


def test_more_than_can_be_drawn_is_drawn_by_day(client: Any, premises: Any, operator: Any, trace: Any) -> None:
    # Breaks when a picture silently leaves out what is too much for it.
    from gatebook.procedures.trace_timeline import draw_timeline

    events = [row(NOON + n * 3600 * SECOND, "acc_b", f"192.0.2.{n % 40}") for n in range(1200)]
    drawn = draw_timeline(over(premises, operator, events), "acc_b")
    assert "accesses: 1200;" in drawn and "More than 500 accesses: each mark is all of a day in its lane" in drawn
    assert drawn.count("<circle") < 500


def test_asking_is_entered_first_and_refusing_tells_nothing(
    client: Any, premises: Any, operator: Any, trace: Any, send: Any
) -> None:
    # Breaks when a question goes unentered, is answered without the scope, or shows in an error what was asked.
    for question, asked, pointer in (
        ("address", {"address": "secret", "at": AT}, "/address"), ("address", {"address": HOME}, "/at"),
        ("address", {"address": HOME, "at": "2026-10-01T12:00:05"}, "/at"),
        ("address", {"address": HOME, "at": AT, "until": AT}, "/at"),
        ("address", {"address": HOME, "at": AT, "window": "1 hour"}, "/window"),
        ("address", {"address": HOME, "until": AT, "window": "1h"}, "/window"),
        ("address", {"address": "203.0.113.9/24", "at": AT}, "/thing"),
        ("account", {"account": "acc_b", "from": AT, "until": AT}, "/until"),
        ("account", {"account": "acc_b", "limit": 1001}, "/limit"), ("account", {"account": "acc_b", "after": "x"}, "/after"),
        ("session", {"text": ""}, "/text"), ("shared", {"account": "acc_b", "days": 400}, "/days"),
        ("shared", {"account": "acc_b", "until": "yesterday"}, "/until"),
        ("identifier", {"kind": "shoe", "text": "43"}, "/kind"), ("timeline", {"account": "acc b"}, "/account"),
    ):  # fmt: skip
        found = trace(question, 422, **asked)
        assert found["errors"][0]["pointer"] == pointer, (question, asked, found)
        assert "secret" not in json.dumps(found) and HOME not in json.dumps(found)
    assert trace("account", 422, account="acc_b", purpose="curiosity")["errors"][0]["pointer"] == "/purpose"
    assert entries(premises, "trace.asked") == []
    key = make_key(premises.house, operator, ["look", "record", "officer"], 1)[1]
    asked = {**PURPOSE, "account": "acc_b"}
    denied = client.post("/v1/traces/account", json=asked, headers={"Authorization": f"Bearer {key}"})
    assert denied.status_code == 403 and len(entries(premises, "permission.refused")) == 1
    trace("session", text="s1")
    trace("shared", account="acc_b", purpose="abuse")
    assert [e.body for e in entries(premises, "trace.asked")] == [
        {"question": "trace.session", "purpose": "legal-process"}, {"question": "trace.shared", "purpose": "abuse"},
    ]  # fmt: skip


def test_what_waits_to_be_sealed_is_told(client: Any, premises: Any, trace: Any) -> None:
    # Breaks when an answer looks whole while batches wait.
    assert client.post("/v1/access-events", content=json.dumps(told(1, "acc_b"))).status_code == 202
    assert trace("account", account="acc_b")["sealed_until"] == {"segment": 0, "at": None, "batches_waiting": True}
    with premises.access() as access:
        access.seal()
    found = trace("account", account="acc_b")
    assert found["sealed_until"]["batches_waiting"] is False and len(found["events"]) == 1


def row(when: int, principal: str, address: str, **more: Any) -> AccessEvent:
    kind = AddressKind.ADDRESS if address else AddressKind.UNKNOWN
    return AccessEvent(at=when, source="edge", principal=principal, act="login", outcome=Outcome.SUCCESS, address=address, address_kind=kind, **more)  # fmt: skip


def over(premises: Any, operator: Any, events: list[AccessEvent]) -> Tracer:
    rows = MemoryAccessRows(SECRETS)
    rows.add(1, 202610, batch(events))
    return Tracer(premises.house, rows, operator, "abuse")


def every(ask: Callable[[str], Any]) -> Iterator[dict[str, Any]]:
    after = ""
    while True:
        found = ask(after)
        yield from found["events"]
        after = found["next"]
        if not after:
            return


@pytest.mark.parametrize("seed", range(4))
def test_by_account_and_by_principal_tell_the_same(client: Any, premises: Any, operator: Any, seed: int) -> None:
    # Breaks when an event is laid to one account by its name and to another, none or two by account.
    draw = random.Random(seed)
    opened = admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})["account_id"]
    names = [opened, "acc_x", "root", "ci", "ü", ""]
    proposals = [
        {"kind": "principal", "thing": draw.choice(names[:-1]), "account": draw.choice([opened, "acc_x", "acc_y"]),
         "from": instant(NOON + begin * SECOND), "until": instant(NOON + (begin + draw.randrange(1, 20)) * SECOND)}
        for begin in (draw.randrange(60) for _ in range(40))
    ]  # fmt: skip
    assign(premises.house, operator, list(enumerate(proposals)))
    addresses = [HOME, AWAY, "2001:db8::1", ""]
    events = [
        row(NOON + draw.randrange(80) * SECOND - draw.randrange(2), draw.choice(names), draw.choice(addresses), nth=n)
        for n in range(300)
    ]
    tracer = over(premises, operator, events)
    by_name = {
        (e["at"], e["nth"]): e["account"]
        for name in names[:-1]
        for e in every(lambda after, name=name: trace_sign(tracer, "principal", name, after=after, limit=37))  # type: ignore[misc]  # bound at once
    }
    for account in (opened, "acc_x", "acc_y"):
        found = [
            (e["at"], e["nth"]) for e in every(lambda after, a=account: trace_account(tracer, a, after=after, limit=11))
        ]  # type: ignore[misc]  # bound at once
        told_so = {place for place, holder in by_name.items() if holder == account}
        assert len(found) == len(set(found)) and [when for when, _ in found] == sorted(when for when, _ in found)
        if account == "acc_x" and not any(p["thing"] == "acc_x" for p in proposals):
            told_so |= {place for place, holder in by_name.items() if not holder and any(e.nth == place[1] and e.principal == "acc_x" for e in events)}  # fmt: skip
        assert set(found) == told_so
        used = trace_account(tracer, account)["used"]
        assert sum(use["events"] for use in used) == len(found)
        assert trace_account(tracer, account, limit=1)["used"] == used


@pytest.mark.parametrize("seed", range(4))
def test_an_address_is_answered_as_every_row_says(premises: Any, operator: Any, seed: int) -> None:
    # Breaks when before, at and after do not add up, or a network holds other events than its addresses.
    draw = random.Random(seed)
    hosts = ["203.0.113.1", "203.0.113.9", "203.0.113.200", "2001:db8::1", ""]
    events = [
        row(NOON + draw.randrange(-40, 40) * SECOND // 2, draw.choice("abc"), draw.choice(hosts), nth=n)
        for n in range(400)
    ]
    tracer = over(premises, operator, events)
    for network in ("203.0.113.9", "203.0.113.0/28", "2001:db8::/64", "0.0.0.0/0"):
        found = trace_address(tracer, network, at="2026-10-01T12:00:00.25Z", window="8s", limit=1000)
        moment, length = NOON + SECOND // 4, 8 * SECOND
        inside = [
            e
            for e in events
            if e.address and ip_address(e.address) in ip_network(network) and moment - length <= e.at <= moment + length
        ]
        assert sorted(e["nth"] for e in found["events"]) == sorted(e.nth for e in inside)
        for name, holds in (
            ("before", lambda at: at < NOON), ("at", lambda at: NOON <= at < NOON + SECOND), ("after", lambda at: at >= NOON + SECOND),
        ):  # fmt: skip
            count = sum(holds(e.at) for e in inside)
            assert trace_address(tracer, network, "2026-10-01T12:00:00.25Z", "8s", limit=1)["used"] == found["used"]
            assert sum(use[name] for use in found["used"]) == count == sum(e["when"] == name for e in found["events"])


def test_a_cursor_is_what_was_given_and_nothing_else() -> None:
    # Breaks when a page begins where nobody said, or one before 1970 cannot be turned.
    for place in (Place(-5, 1, 0), Place(NOON, 2**32 - 1, 7)):
        assert read_place(write_place(place)) == place
    for text in ("1.2", "1.2.3.4", "1.-2.3", "1.2.99999999999", "9999999999999999999.1.1", "١.1.1", " 1.1.1"):
        with pytest.raises(InvalidInput):
            read_place(text)


def test_an_account_not_of_this_house_keeps_its_name_until_it_is_anothers(client: Any, premises: Any) -> None:
    # Breaks when a name somebody else holds is taken for the account of that name.
    hold(client, ("principal", "acc_x", "acc_y", at(0), at(10)))
    with premises.house.state.read() as work:
        assert [held.principal for held in held_by(work, "acc_q", Bounds())] == ["acc_q"]
        assert held_by(work, "acc_x", Bounds()) == []
        assert len(held_by(work, "acc_x", Bounds(NOON + 10 * SECOND))) == 1
