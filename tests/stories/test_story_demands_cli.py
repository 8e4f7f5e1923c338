"""Demands by command: the same steps as over HTTP, and the list that says what is due."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import demands as d
from serving import make_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: Any) -> Path:
    folder: Path = tmp_path_factory.mktemp("cli") / "house"
    make_house(folder, 'demands_mailbox = "incoming"', lists=False)
    (folder / "incoming").mkdir()
    return folder


def _run(house: Path, *arguments: str, status: int = 0) -> Any:
    from gatebook.cli.main import app

    found = CliRunner().invoke(app, ["demand", *arguments, "--house", str(house)])
    assert found.exit_code == status, (found.output, found.exception)
    return found.output


def test_a_demand_is_answered_by_command(house: Path, tmp_path: Path) -> None:
    # Breaks when the command line cannot do what the API does.
    (tmp_path / "demand.json").write_text(json.dumps(d.demand()))
    (tmp_path / "order.pdf").write_bytes(d.PDF)
    found = json.loads(_run(house, "receive", str(tmp_path / "demand.json"), "--document", str(tmp_path / "order.pdf")))
    demand_id = found["demand_id"]
    for check in ("form", "issuer", "authority"):
        _run(house, "check", demand_id, check, "passed", "--note", "seen")
    called = {f"--{name.replace('_', '-')}": text for name, text in d.CALLED.items()}
    called_back = json.loads(_run(house, "check", demand_id, "call-back", "passed", *sum(called.items(), ())))
    assert called_back["is_authentic"] is True
    assert json.loads(_run(house, "scope", demand_id))["outcome"] == "ready"
    assert json.loads(_run(house, "replay", demand_id))["same_bytes"] is True
    assert json.loads(_run(house, "show", demand_id))["scope"] == "ready"
    table = _run(house, "list")
    assert demand_id in table and "13 d" in table and "subpoena" in table
    assert json.loads(_run(house, "list", "--json"))["items"][0]["due_in_s"] > 0
    assert json.loads(_run(house, "clock"))["items"][0]["demand_id"] == demand_id
    _run(house, "read", demand_id, "--document", str(tmp_path / "out.pdf"))
    assert (tmp_path / "out.pdf").read_bytes() == d.PDF
    assert json.loads(_run(house, "close", demand_id, "withdrawn"))["state"] == "closed"


def test_papers_are_fetched_described_and_ruled_on_by_command(house: Path, tmp_path: Path) -> None:
    # Breaks when the mailbox, or counsel, has no command.
    import os

    paper = house / "incoming" / "one.eml"
    paper.write_bytes(d.letter())
    os.utime(paper, (1_790_000_000, 1_790_000_000))
    (demand_id,) = json.loads(_run(house, "fetch"))["demands"]
    assert "not described" in _run(house, "list")
    foreign = d.demand("mutual-assistance", jurisdiction="SE", recipient="foreign-authority")
    (tmp_path / "demand.json").write_text(json.dumps(foreign))
    _run(house, "describe", demand_id, str(tmp_path / "demand.json"))
    for check in ("form", "issuer", "authority"):
        _run(house, "check", demand_id, check, "passed")
    _run(
        house,
        "check",
        demand_id,
        "call-back",
        "passed",
        *(x for k, v in d.CALLED.items() for x in (f"--{k.replace('_', '-')}", v)),
    )
    assert json.loads(_run(house, "scope", demand_id))["outcome"] == "counsel"
    ruled = ("rule", demand_id, "--allow", "name", "--basis", "an order", "--reason", "it was domesticated")
    _run(house, *ruled, status=1)
    assert json.loads(_run(house, *ruled, "--operator", "counsel"))["classes"]["name"] == "met"
