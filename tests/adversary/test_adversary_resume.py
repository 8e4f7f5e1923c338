"""What was cut off is taken up, what rightly waits is left alone, and two at once come to one end."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog

import builders as b
from gatebook.api.idempotency import once
from gatebook.errors import InFlight, InvalidInput, KeyReused, Unavailable
from gatebook.outside.webhooks import DeliveryResult, next_attempt_after
from gatebook.procedures import confirm_contact, keep_house, open_account, render, rescreen_account, webhooks
from gatebook.procedures.house import House
from gatebook.procedures.resume_applications import resume_applications
from gatebook.record.entry import Entry
from gatebook.wiring import keeping
from gatebook.wiring.lists import sample_list

NOW = timedelta(0)


class Cut(Exception):
    """Where the power fails."""


def cut(*_: object, **__: object) -> Any:
    raise Cut


def cut_off(house: House, operator: Any, **more: Any) -> None:
    """An application received and never determined."""
    with suppress(Cut):
        open_account.open_account(replace(house, screener=cut), operator, b.application(**more), [b.ANNA])


def rows(house: House, register: str = "applications", **where: Any) -> list[Any]:
    with house.state.read() as work:
        return work.registers.page(register, where, "", 100)


def size(house: House) -> int:
    with house.state.read() as work:
        return work.ledger.size()


def later(house: House, by: timedelta) -> House:
    return replace(house, now=lambda: house.now() + by)


def kinds(house: House) -> list[str]:
    with house.state.read() as work:
        return [Entry.from_bytes(line).kind for line in work.ledger.read(0, work.ledger.size())]


def test_only_what_the_house_owes_is_taken_up_and_a_second_run_changes_nothing(premises: Any, operator: Any) -> None:
    # Breaks when a resumed run touches an application that waits for its applicant or for an officer.
    house = premises.house
    open_account.open_account(house, operator, b.application(), [b.ANNA])
    open_account.open_account(house, operator, b.application(account_type="gpu"), [b.ANNA])
    before = size(house)
    assert resume_applications(house, operator, NOW) == []
    assert size(house) == before
    cut_off(house, operator)
    cut_id = next(row["application_id"] for row in rows(house) if row["waiting_on"] == "house")
    assert resume_applications(house, operator, timedelta(minutes=1)) == []  # its request may still be at work
    assert resume_applications(later(house, timedelta(minutes=2)), operator, timedelta(minutes=1)) == [cut_id]
    assert [row["waiting_on"] for row in rows(house) if row["application_id"] == cut_id] == ["applicant"]
    before = size(house)
    assert resume_applications(house, operator, NOW) == []
    assert size(house) == before


def test_the_command_line_resumes(premises: Any, operator: Any) -> None:
    # Breaks when an operator without a running server cannot take up what a crash cut off.
    cut_off(premises.house, operator)
    command = [sys.executable, "-m", "gatebook.cli.main", "resume", "--minutes", "0", "--house", premises.folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"resumed": [rows(premises.house)[0]["application_id"]]}
    assert rows(premises.house)[0]["waiting_on"] == "applicant"


def test_having_nothing_to_resume_asks_the_state_as_little_however_many_are_settled(
    premises: Any, operator: Any
) -> None:
    # Breaks when resuming looks at every application there ever was.
    house, asked = premises.house, list[tuple[str, Any]]()
    from sqlalchemy import event

    from gatebook.store.sql.state import SqlState

    assert isinstance(house.state, SqlState)
    for _ in range(3):
        open_account.open_account(house, operator, b.application(b.person("Grigor Voronovsky", "1971-03-14")))
    assert len(rows(house, state="declined")) == 3
    event.listen(house.state._engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    assert resume_applications(house, operator, NOW) == []
    asked = [(text, given) for text, given in asked if text.startswith("SELECT")]
    assert len(asked) == 3
    connection = sqlite3.connect(premises.folder / "state.db")
    for text, given in asked:
        plan = str(connection.execute(f"EXPLAIN QUERY PLAN {text}", given).fetchall())
        assert "_state (state=?)" in plan, plan
    connection.close()


def test_runs_and_requests_at_once_open_one_account(premises: Any, operator: Any) -> None:
    # Breaks when a resumed run and a request, or two runs, each open an account or enter a stale determination.
    house = premises.house
    application_id, _ = open_account.open_account(house, operator, b.application())
    confirm_contact.send_code(house, operator, application_id, "email")
    code = house.senders["email"].last
    start, failures = threading.Barrier(4), list[BaseException]()

    def at_once(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except BaseException as error:  # noqa: BLE001  seen by the main thread
            failures.append(error)

    acts: list[Callable[[], object]] = [
        lambda: confirm_contact.answer_code(house, operator, application_id, "email", code),
        lambda: open_account.submit_evidence(house, operator, application_id, [b.ANNA]),
        lambda: resume_applications(house, operator, NOW),
        lambda: resume_applications(house, operator, NOW),
    ]
    threads = [threading.Thread(target=at_once, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    row = rows(house)[0]
    assert (row["state"], row["outcome"], row["waiting_on"]) == ("admitted", "admit", "")
    assert kinds(house).count("account.opened") == 1
    assert keep_house.rebuild(house, operator, lambda _, __: None) == []


def test_one_that_cannot_be_determined_does_not_hold_up_the_rest_and_is_tried_again_later(
    premises: Any, operator: Any
) -> None:
    # Breaks when one poisoned case stops all others, or is read and tried without end.
    house = premises.house
    cut_off(house, operator)
    first = rows(house)[0]
    cut_off(house, operator)
    with house.state.transaction() as work:
        work.records.erase(first["person_id"])
    with pytest.raises(Exception, match="destroyed"):
        resume_applications(house, operator, NOW)
    assert sorted(row["waiting_on"] for row in rows(house)) == ["applicant", "house"]
    before = size(house)
    assert resume_applications(house, operator, NOW) == []
    assert size(house) == before
    with pytest.raises(Exception, match="destroyed"):
        resume_applications(later(house, timedelta(minutes=11)), operator, NOW)


def test_a_newly_listed_account_is_reviewed_although_an_officer_once_admitted_it(premises: Any, operator: Any) -> None:
    # Breaks when an old word on one finding silences the review of a new one.
    house = premises.house
    who = b.person("Grigor Voronovsky", "1999-06-01")
    papers = [b.passport("VORONOVSKY", "GRIGOR", "SWE", "990601")]
    application_id, _ = open_account.open_account(house, operator, b.application(who), papers)
    confirm_contact.send_code(house, operator, application_id, "email")
    confirm_contact.answer_code(house, operator, application_id, "email", house.senders["email"].last)
    from gatebook.procedures import review

    found = review.dispose(house, operator, rows(house, "reviews", state="open")[0]["review_id"], "admit", "different")
    assert found is not None
    files = sample_list()
    files["SDN.CSV"] = files["SDN.CSV"].replace(b"DOB 14 Mar 1971", b"DOB 01 Jun 1999").replace(b"90001,", b"99001,")
    premises.shelf.put("sample", files, premises.now(), confirmed=True)
    determined = rescreen_account.rescreen_account(house, operator, found.account_id)
    assert (determined.determination.outcome, determined.waiting_on) == ("decline", "officer")
    assert rows(house, "accounts")[0]["status"] == "restricted"
    assert len(rows(house, "reviews", state="open")) == 1


def test_the_keeper_resumes_at_its_start_and_outlives_any_failure(premises: Any, operator: Any) -> None:
    # Breaks when one failing duty ends the keeper, starves the other duties, or logs what it says.
    house, stop, went_on = premises.house, threading.Event(), threading.Event()
    cut_off(house, operator)
    premises = replace(premises, now=lambda: house.now() + timedelta(minutes=2))
    premises.__dict__["house"] = replace(house, now=premises.now, tiles=None)  # publishing fails with any old error
    attempts = list[int]()

    def deliver() -> int:
        attempts.append(1)
        if len(attempts) > 1:
            went_on.set()
        raise ZeroDivisionError("secret")

    premises.__dict__["deliver"] = deliver
    with structlog.testing.capture_logs() as logs:
        keeper = threading.Thread(target=keeping.keep, args=(premises, stop))
        keeper.start()
        assert went_on.wait(30)
        stop.set()
        keeper.join()
    assert [row["waiting_on"] for row in rows(house)] == ["applicant"]
    assert {(line["code"], line["error"]) for line in logs} >= {
        ("publish", "AttributeError"),
        ("deliver", "ZeroDivisionError"),
    }
    assert "secret" not in str(logs)


def test_a_list_kept_and_never_entered_is_entered(premises: Any, operator: Any) -> None:
    # Breaks when a crash between keeping a list and entering it leaves the ledger without it for ever.
    files = sample_list()
    files["SDN.CSV"] = files["SDN.CSV"].replace(b"1971", b"1972", 1)
    edition = premises.shelf.put("sample", files, premises.now() - timedelta(minutes=5))
    assert keeping.resume(premises, operator, timedelta(minutes=1)) == []
    assert rows(premises.house, "lists")[0]["digest"] == edition.digest
    before = size(premises.house)
    keeping.resume(premises, operator, timedelta(minutes=1))
    assert size(premises.house) == before


def keyed(house: House, operator: Any, key: str = "k", route: str = "applications", body: bytes = b"1") -> Any:
    def act(remember: open_account.Remember) -> dict[str, Any]:
        return render.determined(*open_account.open_account(house, operator, b.application(), [b.ANNA], remember))

    return once(house, operator, key, route, body, act)


def test_a_key_is_in_flight_then_takes_up_what_was_entered(premises: Any, operator: Any) -> None:
    # Breaks when a retry after a crash opens a second application, or is let in beside the first request.
    house = premises.house
    with pytest.raises(SystemExit):  # not an error that anybody catches: as if the process had died here
        keyed(replace(house, screener=dies), operator)
    with pytest.raises(InFlight):
        keyed(house, operator)
    with pytest.raises(KeyReused):
        keyed(house, operator, body=b"2")
    found = keyed(later(house, timedelta(minutes=6)), operator)
    assert [row["application_id"] for row in rows(house)] == [found["application_id"]]
    assert keyed(later(house, timedelta(hours=23)), operator) == found
    other = keyed(house, operator, route="elsewhere")
    assert other["application_id"] != found["application_id"]


def dies() -> Any:
    raise SystemExit


def test_a_failure_frees_the_key_where_nothing_was_entered_and_keeps_it_where_something_was(
    premises: Any, operator: Any
) -> None:
    # Breaks when any exception leaves a key stuck, or frees one whose application stands.
    house = premises.house
    with pytest.raises(ZeroDivisionError):
        once(house, operator, "k", "applications", b"1", lambda _: {"answer": 1 // 0})
    with pytest.raises(Cut):
        keyed(replace(house, screener=cut), operator)
    found = keyed(house, operator)  # at once, and not after the time in flight
    assert len(rows(house)) == 1
    assert (found["outcome"], found["waiting_on"]) == ("review", "applicant")


def test_a_request_that_lost_its_key_enters_nothing(premises: Any, operator: Any) -> None:
    # Breaks when a request slower than the time in flight opens an application beside the one that took over.
    house, inner = premises.house, list[Any]()

    def slow(remember: open_account.Remember) -> dict[str, Any]:
        inner.append(keyed(later(house, timedelta(minutes=6)), operator))
        return render.determined(*open_account.open_account(house, operator, b.application(), [], remember))

    with pytest.raises(InFlight):
        once(house, operator, "k", "applications", b"1", slow)
    assert [row["application_id"] for row in rows(house)] == [inner[0]["application_id"]]
    assert keyed(house, operator) == inner[0]


def test_evidence_sent_while_another_judges_is_not_lost(premises: Any, operator: Any) -> None:
    # Breaks when a determination made on less overwrites one made on more.
    house, inner = premises.house, list[Any]()
    application_id, _ = open_account.open_account(house, operator, b.application())
    confirm_contact.send_code(house, operator, application_id, "email")

    def beside() -> Any:
        if not inner:
            inner.append(None)
            code = house.senders["email"].last
            confirm_contact.answer_code(house, operator, application_id, "email", code)
        return house.screener()

    found = open_account.submit_evidence(replace(house, screener=beside), operator, application_id, [b.ANNA])
    assert found.determination.outcome == "admit"
    assert rows(house)[0]["account_id"] == found.account_id
    assert kinds(house).count("account.opened") == 1


def test_one_endpoint_at_fault_holds_up_no_other_and_settling_is_tried_again(premises: Any, operator: Any) -> None:
    # Breaks when one receiver's failure, or one busy moment of the database, keeps events from the rest.
    house = premises.house
    bad, good = (
        webhooks.add_endpoint(house, operator, f"https://{name}.example/", premises.webhook_secret)[0]
        for name in ("bad", "good")
    )
    open_account.open_account(house, operator, b.application(), [b.ANNA])
    state, turns = house.state, list[int]()

    class Busy:
        read = state.read

        def transaction(self) -> Any:
            turns.append(1)
            if len(turns) % 2:
                raise Unavailable("the database did not answer; nothing was kept")
            return state.transaction()

    def send(endpoint: str, *_: object) -> DeliveryResult:
        if endpoint == bad:
            raise ValueError("this endpoint is at fault")
        return DeliveryResult(ok=True, retry=False, detail="status-200")

    sent = webhooks.deliver_due(replace(house, state=Busy()), send, next_attempt_after)
    with house.state.read() as work:
        found = {(row["topic"], row["state"], row["detail"]) for row in work.outbox.listing("", "", 100)}
    assert found == {(bad, "queued", "sending-failed"), (good, "sent", "status-200")}
    assert sent >= 1


def test_nothing_is_kept_of_an_application_refused(premises: Any, operator: Any) -> None:
    # Breaks when a refusal leaves a key held or an entry made.
    house = premises.house
    before = size(house)
    with pytest.raises(InvalidInput):
        once(house, operator, "k", "applications", b"1", lambda _: render.determined(*open_account.open_account(house, operator, {})))  # fmt: skip
    assert size(house) == before
    assert keyed(house, operator)["outcome"] == "review"
