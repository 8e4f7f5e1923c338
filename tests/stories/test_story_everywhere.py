"""The main story, played over HTTP, by the command line and with the library alone, on SQLite and on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import builders as b
from serving import ROOT, make_house
from stages import Mailbox, mail_server, stage


@pytest.fixture
def mail() -> Iterator[tuple[Mailbox, int]]:
    with mail_server() as found:
        yield found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house(request: Any, tmp_path: Path, mail: tuple[Mailbox, int]) -> Path:
    settings = [
        'smtp_host = "127.0.0.1"',
        f"smtp_port = {mail[1]}",
        'smtp_sender = "gate@example.com"',
        "smtp_starttls = false",
    ]
    if request.param == "postgresql":
        fresh = request.getfixturevalue("postgres")
        (tmp_path / "house").mkdir()
        databases = [f'state_url = "{fresh()}"', f'key_ring_url = "{fresh()}"']
        (tmp_path / "house" / "gatebook.toml").write_text("\n".join(['origin = "story.example/house"', *databases, ""]))
    make_house(tmp_path / "house", *settings)
    return tmp_path / "house"


@pytest.mark.parametrize("where", ["http", "command", "library"])
def test_anna_asks_for_an_account_and_gets_it(where: str, house: Path, mail: tuple[Mailbox, int]) -> None:
    # Breaks when an account cannot be opened on one of the ways in, or on one of the databases, as on the others.
    with stage(where, house) as gatebook:
        # Anna asks what she would need. Nothing is kept of the question.
        needed = [due["requirement"] for due in gatebook.requirements(b.application())]
        assert {"document", "email_code"} <= set(needed)

        # She applies without papers. Nothing stands against her, and nothing is known of her: a review.
        asked = gatebook.apply(b.application())
        application = asked["application_id"]
        assert (asked["outcome"], asked["waiting_on"], asked["account_id"]) == ("review", "applicant", "")
        assert gatebook.gate(application)["answer"] == "hold"

        # She shows her passport. Only the e-mail address is still unproven.
        shown = gatebook.give_evidence(application, [b.ANNA])
        assert [due["requirement"] for due in shown["due"]] == ["email_code"]

        # A code goes to that address, by mail. A wrong one opens nothing; the right one does.
        gatebook.send_code(application)
        assert gatebook.answer_code(application, "nonsense") == {"verdict": "wrong", "determined": None}
        answered = gatebook.answer_code(application, mail[0].last_code())
        assert answered["verdict"] == "right"

        # The account is open, and the control plane is told so.
        opened = answered["determined"]
        assert (opened["outcome"], opened["due"]) == ("admit", [])
        account = gatebook.account(opened["account_id"])
        assert account["status"] == "open"
        assert gatebook.gate(opened["account_id"])["answer"] == "allow"
        assert gatebook.gate(application)["answer"] == "allow"

        # The ledger tells it in order, and the account came last.
        kinds = [gatebook.entry(position)["kind"] for position in range(asked["position"], account["position"] + 1)]
        steps = ("determination.made", "evidence.received", "code.sent", "code.answered")
        assert [kinds.index(step) for step in steps] == sorted(kinds.index(step) for step in steps)
        assert kinds[-2:] == ["determination.made", "account.opened"]

        # Put to the law again the determination has the same bytes, and the entry is proved from outside.
        assert gatebook.replay(opened["determination_id"])["same_bytes"] is True
        proof = house.parent / "proof"
        proof.write_text(gatebook.proof(account["position"]))
        entry = gatebook.entry(account["position"])
    assert "Eriksson" not in str(entry) + proof.read_text()
    ledger = house / "ledger"
    done = subprocess.run(
        [sys.executable, "-m", "gatebook_verifier", "log", str(ledger), "--vkey", str(ledger / "vkey")],
        cwd=ROOT / "verifier", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
