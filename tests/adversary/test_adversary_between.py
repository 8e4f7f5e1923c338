"""What comes between two reads of one step: a guess, a refusal, midnight, another list. None may be missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import builders as b
from gatebook.identify.codes import CodeChallenge
from gatebook.procedures import confirm_contact, open_account, replay, rescreen_account, weigh_case
from gatebook.procedures.ask_gate import ask_gate


def confirmed(house: Any, operator: Any, application_id: str) -> Any:
    confirm_contact.send_code(house, operator, application_id, "email")
    return confirm_contact.answer_code(house, operator, application_id, "email", house.senders["email"].last)[1]


def test_guesses_that_arrive_while_a_code_is_sent_are_counted(premises: Any, operator: Any) -> None:
    # Breaks when asking for a code at the right moment gives new tries.
    application_id, _ = open_account.open_account(premises.house, operator, b.application())
    confirm_contact.send_code(premises.house, operator, application_id, "email")
    later = replace(premises.house, now=lambda: premises.house.now() + timedelta(seconds=40))
    pick = confirm_contact._destination

    def while_it_is_picked(*given: Any) -> str:
        for guess in range(4):
            confirm_contact.answer_code(later, operator, application_id, "email", f"x{guess}")
        return pick(*given)

    with patch.object(confirm_contact, "_destination", while_it_is_picked):
        confirm_contact.send_code(later, operator, application_id, "email")
    with later.state.read() as work:
        held = CodeChallenge.from_bytes(work.shelf.get("code", f"{application_id}/email") or b"")
    assert (held.tries, held.sends) == (4, 2)


def test_a_determination_at_midnight_is_of_one_day(premises: Any, operator: Any) -> None:
    # Breaks when facts of one day are put to the law of the next, and replay gives other bytes.
    folder = premises.folder / "law" / "house" / "parameters"
    folder.mkdir(parents=True)
    (folder / "adult_age.yaml").write_text(
        "means: m\nvalues:\n"
        "  - {begins: 2027-01-01, value: 60, cites: c, standing: house, confirmed: true, checked_on: 2026-01-01}\n"
    )
    at = [datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)]

    def ticking() -> datetime:
        at[0] += timedelta(milliseconds=90)
        return at[0]

    house = replace(premises.house, now=ticking)
    application_id, found = open_account.open_account(house, operator, b.application(), [b.ANNA])
    days = set()
    while found.determination.asked_on.year == 2026 or len(days) < 2:
        determination = found.determination
        assert determination.asked_on == determination.at.date()
        assert replay.replay(house, operator, determination.determination_id).same_bytes
        days.add(determination.asked_on)
        found = open_account.determine_again(house, operator, application_id)


def test_a_refusal_entered_while_another_application_is_judged_is_an_earlier_one(premises: Any, operator: Any) -> None:
    # Breaks when two applications with one telephone number, sent at once, do not see each other.
    house, find = premises.house, weigh_case.find_facts
    blocked = b.application(b.person("Grigor Voronovsky", "1971-03-14"))
    sent: list[str] = []

    def while_it_is_found(*given: Any) -> Any:
        if not sent:
            sent.append("")
            sent[0], refused = open_account.open_account(house, operator, blocked)
            assert refused.determination.outcome == "decline"
        return find(*given)

    with patch("gatebook.procedures.determine_application.find_facts", while_it_is_found):
        _, found = open_account.open_account(house, operator, b.application(), [b.ANNA])
    assert next(f.value for f in found.determination.facts if f.name == "earlier.declined") is True


def test_applicant_and_owners_are_compared_with_one_edition(premises: Any, operator: Any) -> None:
    # Breaks when a list that lands between two persons of one application is compared with one of them.
    made: list[Any] = []

    def screener() -> Any:
        made.append(premises.house.screener())
        return made[-1]

    owner = {"person": b.person("Hedda Marklund", "1950-01-01", phones=[])}
    entity = {
        **b.person("Fjord AS", ""),
        "kind": "entity",
        "registration": {"jurisdiction": "SE", "number": "9"},
        "beneficial_owners": [owner],
    }
    open_account.open_account(replace(premises.house, screener=screener), operator, b.application(entity))
    assert len(made) == 1


def test_a_rescreening_overtaken_by_another_step_is_made_again(premises: Any, operator: Any) -> None:
    # Breaks when an account is determined on a state that is no longer so.
    house, find = premises.house, weigh_case.find_facts
    application_id, _ = open_account.open_account(house, operator, b.application(), [b.ANNA])
    account_id = confirmed(house, operator, application_id).account_id
    looks: list[int] = []

    def while_it_is_found(*given: Any) -> Any:
        looks.append(1)
        if len(looks) == 1:
            rescreen_account.rescreen_account(house, operator, account_id)
        return find(*given)

    with patch("gatebook.procedures.determine_application.find_facts", while_it_is_found):
        found = rescreen_account.rescreen_account(house, operator, account_id)
    assert len(looks) == 3  # the first, the one between, and the first once more
    assert ask_gate(house, operator, account_id, "use").position == found.position
