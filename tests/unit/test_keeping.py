"""Keeping the house: adoptions one after the other, what served its time, and where the keys of keys lie."""

from __future__ import annotations

import contextlib
import json
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gatebook.errors import Unavailable
from gatebook.procedures import look_at_law, tidy, webhooks
from gatebook.wiring import founding, keeping
from gatebook.wiring.founding import adopt_law, init_house
from gatebook.wiring.premises import open_premises


def _entries(house: Any, kind: str) -> list[Any]:
    with house.state.read() as work:
        lines = [json.loads(line) for line in work.ledger.read(0, work.ledger.size())]
    return [line for line in lines if line["kind"] == kind]


def test_two_adoptions_at_once_are_both_kept(premises: Any, operator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when the second to write the file writes what it read before the first.
    both, entered = threading.Barrier(2, timeout=1), founding.note_adoption

    def slow(*given: Any) -> None:
        entered(*given)
        with contextlib.suppress(threading.BrokenBarrierError):  # the other one waits for its turn
            both.wait()

    monkeypatch.setattr(founding, "note_adoption", slow)
    adopting = [
        threading.Thread(target=adopt_law, args=(premises, operator, source, date(2027, 1, 1)))
        for source in ("cip_2024", "ofac")
    ]
    for thread in adopting:
        thread.start()
    for thread in adopting:
        thread.join()
    text = (premises.folder / "law" / "adopt.yaml").read_text()
    assert [f"source: {name}" in text for name in ("eo13984", "cip_2024", "ofac")] == [True] * 3
    assert len(_entries(premises.house, "law.adopted")) == 3


def test_what_served_its_time_goes(premises: Any, operator: Any) -> None:
    # Breaks when answers, codes and events that were sent pile up for ever.
    house, now = premises.house, premises.now()
    with house.state.transaction() as work:
        work.shelf.put("idempotency", "a", b"1", now - timedelta(seconds=1))
        work.shelf.put("idempotency", "b", b"1", now + timedelta(hours=1))
        for name, state, days in (("m1", "sent", 31), ("m2", "sent", 29), ("m3", "dead", 400), ("m4", "queued", 31)):
            work.outbox.put(name, "whe_1", b"{}", now)
            work.outbox.settle(name, state, now - timedelta(days=days), "x")
    assert tidy.tidy(house, operator) == {"shelf": 1, "messages": 1}
    with house.state.read() as work:
        assert (work.shelf.get("idempotency", "a"), work.shelf.get("idempotency", "b")) == (None, b"1")
        assert [row["message_id"] for row in work.outbox.listing("", "", 9)] == ["m2", "m3", "m4"]


def test_a_served_house_tidies_by_itself_every_minute(premises: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when nobody calls what tidies.
    stop, count = threading.Event(), []
    clock = [datetime(2026, 11, 24, 12, tzinfo=UTC)]
    object.__setattr__(premises, "now", lambda: clock[0])

    def tidied(*_: Any) -> None:
        count.append(clock[0])
        clock[0] += timedelta(seconds=61)
        if len(count) == 2:
            stop.set()

    monkeypatch.setattr(keeping, "tidy", tidied)
    keeping.keep(premises, stop)
    assert len(count) == 2


def test_productions_are_swept_though_tidying_fails(premises: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when one failure leaves files of productions lying that should have gone.
    stop, swept = threading.Event(), []
    clock = [datetime(2026, 11, 24, 12, tzinfo=UTC)]
    object.__setattr__(premises, "now", lambda: clock[0])

    def fails(*_: Any) -> None:
        clock[0] += timedelta(seconds=61)
        if clock[0] > datetime(2026, 11, 24, 12, 5, tzinfo=UTC):
            stop.set()
        raise Unavailable("the database is gone")

    def sweep(_: Any) -> None:
        swept.append(clock[0])
        stop.set()

    monkeypatch.setattr(keeping, "tidy", fails)
    monkeypatch.setattr(keeping, "resume", fails)
    monkeypatch.setattr(keeping, "sweep", sweep)
    keeping.keep(premises, stop)
    assert len(swept) == 1


def test_a_fault_of_the_law_is_told_in_words_to_who_may_look(premises: Any, operator: Any, client: Any) -> None:
    # Breaks when anybody at all reads the words of the operator's own law, or nobody can.
    (premises.folder / "law" / "adopt.yaml").write_text("- source: nowhere-at-all\n  begins: 2026-01-01\n")
    open_to_all = client.get("/readyz", headers={"Authorization": ""})
    assert open_to_all.json()["law_fault"] is True and "nowhere-at-all" not in open_to_all.text
    assert look_at_law.law_of(premises.house, operator)["fault"]
    assert client.get("/v1/law").json()["fault"] == look_at_law.law_of(premises.house, operator)["fault"]


def test_endpoints_are_entered(premises: Any, operator: Any) -> None:
    # Breaks when somebody sends the house's events elsewhere and no line says who.
    endpoint, _ = webhooks.add_endpoint(premises.house, operator, "https://a.example/x", premises.webhook_secret)
    webhooks.remove_endpoint(premises.house, operator, endpoint)
    for kind in ("webhook.added", "webhook.removed"):
        [line] = _entries(premises.house, kind)
        assert (line["operator"], line["body"]) == (operator.operator_id, {"endpoint": endpoint})


def test_the_ring_lies_apart_from_the_keys_that_wrap_it(tmp_path: Path, operator: Any) -> None:
    # Breaks when one copy of one folder holds wrapped keys and what unwraps them.
    init_house(tmp_path / "house", "test.example/house", operator)
    with open_premises(tmp_path / "house") as premises:
        premises.ring.put("per_1", "kek-0001", b"x" * 60)
    assert (tmp_path / "house" / "ring" / "ring.db").is_file()
    assert not list((tmp_path / "house" / "keys").glob("*.db*"))
    assert (tmp_path / "house" / "ring").stat().st_mode & 0o077 == 0


def test_a_ring_that_lies_where_it_used_to_is_found(tmp_path: Path, operator: Any) -> None:
    # Breaks when a house made before opens with an empty ring, and no record opens any more.
    house = tmp_path / "house"
    init_house(house, "test.example/house", operator)
    with open_premises(house) as premises:
        premises.ring.put("per_1", "kek-0001", b"x" * 60)
    (house / "ring" / "ring.db").rename(house / "keys" / "ring.db")
    with open_premises(house) as premises:
        assert premises.ring.get("per_1") == ("kek-0001", b"x" * 60)
