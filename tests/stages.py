"""Three stages a story can be played on: over HTTP, by the command line, and with the library alone.

Each has the same few steps and gives the same plain answers, so that a story is written once.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from aiosmtpd.controller import Controller
from typer.testing import CliRunner

from serving import run, served


class Mailbox:
    """A real mail server that keeps what it is given."""

    def __init__(self) -> None:
        self.letters: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.letters.append(envelope.content.decode())
        return "250 OK"

    def last_code(self) -> str:
        """Return the code of the newest letter, whose sending has ended when the step that sent it has."""
        found = re.search(r"\b(\d{6,8})\b", self.letters[-1].partition("\r\n\r\n")[2])
        assert found
        return found[1]


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


class OverHttp:
    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def _post(self, path: str, data: Any = None) -> Any:
        answer = self.client.post(f"/v1/{path}", json=data)
        assert answer.is_success, answer.text
        return answer.json()

    def requirements(self, data: Any) -> Any:
        return self._post("requirements", data)

    def apply(self, data: Any) -> Any:
        return self._post("applications", data)

    def give_evidence(self, application_id: str, pieces: Any) -> Any:
        return self._post(f"applications/{application_id}/evidence", pieces)

    def send_code(self, application_id: str) -> Any:
        return self._post(f"applications/{application_id}/codes", {"channel": "email"})

    def answer_code(self, application_id: str, code: str) -> Any:
        return self._post(f"applications/{application_id}/codes/answers", {"channel": "email", "code": code})

    def gate(self, account: str) -> Any:
        return self._post("gate", {"account": account})

    def account(self, account_id: str) -> Any:
        return self.client.get(f"/v1/accounts/{account_id}").json()

    def replay(self, determination_id: str) -> Any:
        return self._post(f"determinations/{determination_id}/replays")

    def entry(self, position: int) -> Any:
        return self.client.get(f"/v1/ledger/entries/{position}").json()

    def proof(self, position: int) -> str:
        """Wait for the keeper, which publishes every second by itself."""
        deadline = time.monotonic() + 60
        while (answer := self.client.get(f"/v1/ledger/entries/{position}/proof")).status_code == 404:
            assert time.monotonic() < deadline
        return answer.text


class ByCommand:
    def __init__(self, house: Path, papers: Path) -> None:
        self.house, self.papers = house, papers

    def _do(self, *arguments: str, paper: Any = None) -> Any:
        from gatebook.cli.main import app

        if paper is not None:
            self.papers.write_text(json.dumps(paper))
            arguments = (*arguments, str(self.papers))
        done = CliRunner().invoke(app, [*arguments, "--house", str(self.house)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout

    def requirements(self, data: Any) -> Any:
        return self._do("requirements", paper=data)

    def apply(self, data: Any) -> Any:
        return self._do("apply", paper=data)

    def give_evidence(self, application_id: str, pieces: Any) -> Any:
        return self._do("evidence", application_id, paper=pieces)

    def send_code(self, application_id: str) -> Any:
        return self._do("send-code", application_id, "email")

    def answer_code(self, application_id: str, code: str) -> Any:
        return self._do("answer-code", application_id, "email", code)

    def gate(self, account: str) -> Any:
        return self._do("gate", account)

    def account(self, account_id: str) -> Any:
        return self._do("show", "accounts", account_id)

    def replay(self, determination_id: str) -> Any:
        return self._do("replay", determination_id)

    def entry(self, position: int) -> Any:
        return self._do("ledger", "entry", str(position))

    def proof(self, position: int) -> str:
        return str(self._do("ledger", "proof", str(position)))


class InProcess:
    def __init__(self, house: Any) -> None:
        from gatebook.procedures.house import SCOPES, Operator

        self.house, self.who = house, Operator("opr-story", SCOPES)

    def requirements(self, data: Any) -> Any:
        from gatebook.procedures import look

        return look.requirements(self.house, self.who, data)

    def apply(self, data: Any) -> Any:
        from gatebook.procedures import open_account, render

        return render.determined(*open_account.open_account(self.house, self.who, data))

    def give_evidence(self, application_id: str, pieces: Any) -> Any:
        from gatebook.procedures import open_account, render

        found = open_account.submit_evidence(self.house, self.who, application_id, pieces)
        return render.determined(application_id, found)

    def send_code(self, application_id: str) -> Any:
        from gatebook.procedures import confirm_contact

        confirm_contact.send_code(self.house, self.who, application_id, "email")

    def answer_code(self, application_id: str, code: str) -> Any:
        from gatebook.procedures import confirm_contact, render

        found = confirm_contact.answer_code(self.house, self.who, application_id, "email", code)
        return render.answered(application_id, *found)

    def gate(self, account: str) -> Any:
        from gatebook import canonical
        from gatebook.procedures import ask_gate

        return canonical.plain(ask_gate.ask_gate(self.house, self.who, account, "use"))

    def account(self, account_id: str) -> Any:
        from gatebook.procedures import look, render

        return render.row(look.one(self.house, self.who, "accounts", account_id))

    def replay(self, determination_id: str) -> Any:
        from gatebook import canonical
        from gatebook.procedures import replay

        return canonical.plain(replay.replay(self.house, self.who, determination_id))

    def entry(self, position: int) -> Any:
        from gatebook.procedures import look

        return json.loads(look.entry_at(self.house, self.who, position))

    def proof(self, position: int) -> str:
        from gatebook.procedures import publish_ledger

        publish_ledger.publish_ledger(self.house)
        return publish_ledger.proof_of(self.house, position)


@contextmanager
def stage(name: str, house: Path) -> Iterator[Any]:
    """Set a stage (``http``, ``command``, ``library``) in a house."""
    if name == "command":
        yield ByCommand(house, house.parent / "paper.json")
        return
    if name == "library":
        from gatebook.wiring.premises import open_premises

        with open_premises(house) as premises:
            yield InProcess(premises.house)
        return
    scopes = ("apply", "look", "gate", "read-records")
    key = {"Authorization": "Bearer " + run("keys", "make", *scopes, "--quiet", "--house", str(house)).strip()}
    with served(house) as found, httpx.Client(base_url=found.url, headers=key, trust_env=False, timeout=60) as client:
        yield OverHttp(client)
