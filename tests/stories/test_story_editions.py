"""Editions of a list come, go and come back, runs are cut off: nobody listed is let through between two of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text

import builders as b
from gatebook.errors import TakenOver
from gatebook.procedures import open_account, rescreen_delta
from gatebook.procedures.keep_house import note_list
from gatebook.procedures.rescreening_run import lists_due, take_up
from gatebook.wiring.keeping import rescreen_due
from officers import admitted, by_two, dispose, load_list, reviews

ANNA, GORSE = ("ERIKSSON, Anna Maria", "DOB 12 Aug 1974."), ("GORSE, Wim", "DOB 1960.")
BASE58 = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
WITHOUT, WITH, MORE = (), (ANNA,), (ANNA, GORSE)


class Stop(Exception):
    """Where a run is cut off."""


def land(premises: Any, operator: Any, listed: Sequence[tuple[str, str]]) -> None:
    load_list(premises, *listed)
    (edition,) = premises.shelf.current()
    note_list(premises.house, operator, "sample", edition.digest, len(edition.parties), 0)


def account_of_anna(client: Any, premises: Any, **more: Any) -> tuple[str, str]:
    found = admitted(client, premises, {**b.application(**more), "evidence": [b.ANNA]})
    return found["application_id"], found["account_id"]


def status(client: Any, account: str) -> str:
    return str(client.get(f"/v1/accounts/{account}").json()["status"])


def run(premises: Any, operator: Any, **more: Any) -> rescreen_delta.Rescreened:
    return rescreen_delta.rescreen_delta(premises.house, operator, "sample", **more)


def cut_off(premises: Any, operator: Any) -> None:
    def stop(_: int, __: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        run(premises, operator, progress=stop)


def later(premises: Any, operator: Any, minutes: float) -> None:
    """What a served house does by itself so much later."""
    there = replace(premises, now=lambda: premises.now() + timedelta(minutes=minutes))
    rescreen_due(there, operator, threading.Event())
    there.close()


@pytest.mark.parametrize(
    ("ended", "unended"),
    [
        ([], [WITH]),  # the first editions of all: no run ended yet
        ([WITH], [WITHOUT]),  # taken off, let in, put on again with somebody else
        ([WITHOUT], [WITH, WITHOUT]),
    ],
)
def test_whoever_was_let_in_under_any_edition_is_compared_with_the_next(
    client: Any, premises: Any, operator: Any, ended: list[Any], unended: list[Any]
) -> None:
    # Breaks when a run compares with the edition before alone, though somebody was let in under another.
    is_let_in_first = not ended
    account = account_of_anna(client, premises)[1] if is_let_in_first else ""
    for listed in ended:
        land(premises, operator, listed)
        run(premises, operator)
    for listed in unended:
        land(premises, operator, listed)
    account = account or account_of_anna(client, premises)[1]
    land(premises, operator, MORE)
    run(premises, operator)
    assert status(client, account) == "restricted"
    assert lists_due(premises.house) == []


def test_an_edition_that_comes_back_is_due_again(client: Any, premises: Any, operator: Any) -> None:
    # Breaks when whether everybody was compared is told by the digest alone, and not by what was current between.
    land(premises, operator, WITH)
    run(premises, operator)
    land(premises, operator, WITHOUT)
    _, account = account_of_anna(client, premises)
    land(premises, operator, WITH)
    assert lists_due(premises.house) == ["sample"]
    assert [found.account_id for found in run(premises, operator).found] == [account]
    land(premises, operator, WITH)  # the same once more is nothing new
    assert lists_due(premises.house) == []


def test_a_run_is_not_gone_on_with_once_something_landed(
    client: Any, premises: Any, operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when a run cut off is taken up behind the place where somebody was let in meanwhile.
    monkeypatch.setattr(rescreen_delta, "_PAGE", 1)
    land(premises, operator, WITHOUT)
    run(premises, operator)
    for n in range(2):
        who = b.person(f"Nils Nyman{n}", "1973-01-01", emails=[f"{n}@example.com"], phones=[f"+4670123450{n}"])
        open_account.open_account(premises.house, operator, b.application(who, payments=[]))
    land(premises, operator, WITH)
    seen: list[int] = []

    def stop(done: int, _: int) -> None:
        seen.append(done)
        if done >= 2:
            raise Stop

    with pytest.raises(Stop):
        run(premises, operator, progress=stop)
    land(premises, operator, WITHOUT)
    _, account = account_of_anna(client, premises)
    land(premises, operator, WITH)
    assert run(premises, operator).compared == 3
    assert status(client, account) == "restricted"


def test_what_was_cut_off_is_gone_on_with_soon_and_holds_no_new_edition_up(
    client: Any, premises: Any, operator: Any
) -> None:
    # Breaks when a run that died keeps an edition that landed after it waiting, or itself for long.
    land(premises, operator, WITHOUT)
    run(premises, operator)
    _, account = account_of_anna(client, premises)
    land(premises, operator, (GORSE,))
    cut_off(premises, operator)
    assert lists_due(premises.house) == []  # it may be at work
    land(premises, operator, MORE)
    later(premises, operator, 0.1)
    assert status(client, account) == "restricted"

    land(premises, operator, (*MORE, ("FENWRIGHT, Quill", "DOB 1951.")))
    cut_off(premises, operator)
    later(premises, operator, 2.1)
    assert lists_due(premises.house) == []


def test_a_record_that_does_not_open_holds_nobody_else_up(client: Any, premises: Any, operator: Any) -> None:
    # Breaks when one damaged record keeps everybody from being compared, or nobody is told of it.
    land(premises, operator, WITHOUT)
    run(premises, operator)
    who = b.person("Nils Nyman", "1973-01-01", emails=["n@example.com"], phones=["+46701234501"])
    damaged, _ = open_account.open_account(premises.house, operator, b.application(who, payments=[]))
    _, account = account_of_anna(client, premises)
    with premises.house.state.read() as work:
        record = work.registers.get("applications", damaged)["screened_record"]
    with create_engine(premises.state_url).begin() as database:
        bytes_ = {"r": record, "c": bytes(64)}
        database.execute(text("UPDATE sealed_records SET ciphertext = :c WHERE record_id = :r"), bytes_)
    land(premises, operator, WITH)
    found = run(premises, operator)
    assert [one.account_id for one in found.found] == [account]
    # Its screening does not open, so the whole case was opened instead, and nothing of what came was in it.
    assert found.uncompared == ()
    with premises.house.state.read() as work:
        claims = work.registers.get("applications", damaged)["claims_record"]
    with create_engine(premises.state_url).begin() as database:
        bytes_ = {"r": claims, "c": bytes(64)}
        database.execute(text("UPDATE sealed_records SET ciphertext = :c WHERE record_id = :r"), bytes_)
    land(premises, operator, MORE)
    found = run(premises, operator)
    assert [one.application_id for one in found.uncompared] == [damaged]


def test_an_address_listed_of_a_party_once_cleared_is_found(
    client: Any, premises: Any, operator: Any, second_officer: dict[str, str]
) -> None:
    # Breaks when a party an officer called different is passed over though a listed address of theirs is the lessee's.
    wallet = {"kind": "wallet", "currency": "XBT", "address": BASE58}
    application, account = account_of_anna(client, premises, payments=[wallet])
    land(premises, operator, WITH)
    run(premises, operator)
    by_two(client, application, second_officer, match="different")
    assert status(client, account) == "open"
    land(premises, operator, ((ANNA[0], f"{ANNA[1][:-1]}; Digital Currency Address - XBT {BASE58}."),))
    assert [one.account_id for one in run(premises, operator).found] == [account]
    assert status(client, account) == "restricted"


def test_a_party_that_became_another_is_looked_at_again(client: Any, premises: Any, operator: Any) -> None:
    # Breaks when an officer's "different" goes on for whoever has the number later.
    application, _ = account_of_anna(client, premises)
    land(premises, operator, (("ERIKSON, Ana Maria", "nationality Norway; DOB 1901."),))
    run(premises, operator)
    assert dispose(client, application, match="different").status_code == 200
    assert reviews(client, application, "open") == []
    land(premises, operator, (("ERIKSSON, Anna Maria", "nationality Sweden; DOB 1902."),))
    assert len(run(premises, operator).found) == 1
    assert reviews(client, application, "open") != []


def test_a_run_taken_over_opens_and_judges_no_more(
    premises: Any, operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when the earlier of two runs goes on to decline applications after the later one took over.
    for n in range(3):
        who = b.person("Wim Gorse", "1960-05-05", emails=[f"w{n}@example.com"], phones=[f"+4670123400{n}"])
        open_account.open_account(premises.house, operator, b.application(who, payments=[]))
    land(premises, operator, (GORSE,))
    is_new, opened = rescreen_delta._is_new, list[str]()

    def taken_over(house: Any, index: Any, case: Any) -> bool:
        opened.append(case.application_id)
        with house.state.read() as work:
            bases = rescreen_delta.due_bases(work, "sample", premises.shelf.current_digests()["sample"]) or []
        take_up(house, rescreen_delta.Run("sample", bases, premises.shelf.current_digests()["sample"], "run_other"))
        return is_new(house, index, case)

    monkeypatch.setattr(rescreen_delta, "_is_new", taken_over)
    with pytest.raises(TakenOver):
        run(premises, operator)
    assert len(opened) == 1
    with premises.house.state.read() as work:
        assert work.registers.count("applications", {"state": "declined"}) == 0


def test_who_is_held_back_for_a_weak_likeness_hears_when_it_leaves(client: Any, premises: Any, operator: Any) -> None:
    # Breaks when a house that sends weak candidates to review is told nothing once the party left.
    folder = premises.folder / "law" / "house" / "parameters"
    folder.mkdir(parents=True)
    own = "    cites: own\n    standing: house\n    confirmed: true\n    checked_on: 2026-11-23\n"
    head = 'means: "where a weak candidate goes"\nunit: ""\nchoices: [review, admit]\nvalues:\n'
    (folder / "weak_goes_to.yaml").write_text(f"{head}  - begins: 2026-01-01\n    value: review\n{own}")
    application, _ = account_of_anna(client, premises)
    land(premises, operator, (("OGUNDIPE, Somebody Else", "a.k.a. 'ANNA MARIA ERIKSSON'."),))
    run(premises, operator)
    found = client.get(f"/v1/applications/{application}/candidates").json()["candidates"]
    assert [c["grade"] for c in found] == ["weak"]
    (review,) = reviews(client, application, "open")
    land(premises, operator, WITHOUT)
    (lapsed,) = run(premises, operator).lapsed
    assert [match.review_id for match in lapsed.matches] == [review]
