"""Notice, disclosures and the transparency report by command: what the API does, the command line does too."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import builders as b
import demands as d
from demanding import received
from officers import admitted


@pytest.fixture
def do(premises: Any, tmp_path: Path) -> Any:
    from gatebook.cli.main import app

    def run(*words: str, operator: str = "one") -> Any:
        more = ("--house", str(premises.folder), "--operator", operator)
        done = CliRunner().invoke(app, [*words, *more], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout

    return run


def test_notice_is_put_off_drafted_and_given(client: Any, premises: Any, tmp_path: Path, do: Any) -> None:
    # Breaks when one of the commands asks for something else than the API, or answers otherwise.
    account = str(admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})["account_id"])
    demand = received(client, {"kind": "account", "value": account})
    paper = tmp_path / "order.pdf"
    paper.write_bytes(d.PDF)
    until = (premises.now().date() + timedelta(days=9)).isoformat()
    put_off = do("notice", "delay", demand, until, "--ground", "flight", "--document", str(paper))
    assert put_off["standing"] == "delayed" and put_off["notice_until"] == until
    assert "2705(b)" in do("notice", "show", demand)["refusal"]
    assert do("notice", "draft", demand)["notices"] == []  # nobody was searched for yet
    assert do("notice", "give", demand, "authority", "--how", "by the prosecutor")["notice"] == "given-by-authority"


def test_a_disclosure_is_agreed_to_listed_written_and_counted(
    client: Any, premises: Any, tmp_path: Path, do: Any
) -> None:
    # Breaks when one officer is enough at the keyboard, or a file of what is given can be read by others.
    account = str(admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})["account_id"])
    asked = tmp_path / "asked.json"
    body = {"recipient": "peer", "jurisdiction": "US", "to": "a peer", "classes": ["name"], "note": "an attack"}
    asked.write_text(json.dumps({**body, "accounts": [account]}))
    proposed = do("disclosure", "propose", str(asked))
    disclosure = proposed["disclosure"]
    assert do("disclosure", "waiting")["items"][0]["disclosure_id"] == disclosure
    assert do("disclosure", "open", disclosure, operator="two")["digest"] == proposed["digest"]
    do("disclosure", "approve", disclosure, proposed["digest"], operator="two")
    out = tmp_path / "given.json"
    do("disclosure", "read", disclosure, "--out", str(out))
    assert json.loads(out.read_text())["disclosure"] == disclosure
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert do("disclosure", "list")["items"][0]["instrument"] == "none"
    assert do("disclosure", "show", disclosure)["recipient"] == "peer"
    assert disclosure in do("disclosure", "export")
    again = do("disclosure", "propose", str(asked))
    assert do("disclosure", "decline", again["disclosure"], again["digest"], operator="two")["state"] == "declined"
    today = premises.now().date().isoformat()
    time = ("--from", today, "--until", today)
    assert do("transparency", *time)["without_a_demand"]["disclosures"] == 1
    picture = tmp_path / "report.svg"
    do("transparency", *time, "--form", "svg", "--out", str(picture))
    assert picture.read_text().startswith("<?xml")
    assert "without_a_demand,,disclosures,0-9" in do("transparency", *time, "--form", "csv", "--band", "10")
