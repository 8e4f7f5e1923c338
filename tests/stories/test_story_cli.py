"""The same stories by the command line, and the demo as a stranger runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import builders as b

ROOT = Path(__file__).resolve().parents[2]


def gatebook(*arguments: str, status: int = 0) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "gatebook.cli.main", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout + done.stderr


def test_an_account_by_the_command_line(tmp_path: Path) -> None:
    # Breaks when the command line cannot do what the API can, or shows a traceback for a mistake.
    house = str(tmp_path / "house")
    gatebook("init", "--house", house)
    sample = sorted(str(p) for p in (ROOT / "src" / "gatebook" / "screen" / "sample").glob("*.CSV"))
    assert gatebook("lists", "load", "sample", *sample, "--house", house)["parties"] == 12
    (tmp_path / "a.json").write_text(
        json.dumps({**b.application(b.person("Grigor Voronovsky", "1971-03-14")), "evidence": []})
    )
    found = gatebook("apply", str(tmp_path / "a.json"), "--house", house)
    assert found["outcome"] == "decline"
    assert gatebook("candidates", found["application_id"], "--house", house)["candidates"][0]["row"] == "sdn:1"
    assert gatebook("replay", found["determination_id"], "--house", house)["same_bytes"] is True
    assert gatebook("gate", found["application_id"], "--house", house)["answer"] == "deny"
    assert gatebook("rebuild", "--house", house)["equal"] is True
    assert "birth clashes" in gatebook("screen", "Grigor Voronovsky", "--born", "1999", "--house", house)
    assert gatebook("law", "show", "--house", house)["clauses"]
    gatebook("law", "adopt", "cip_2024", "--from", "2030-01-01", "--house", house)
    assert "no such source" in gatebook("law", "adopt", "nowhere", "--from", "2030-01-01", "--house", house, status=1)
    (tmp_path / "bad.json").write_text('{"applicant": 1}')
    assert "/applicant" in gatebook("apply", str(tmp_path / "bad.json"), "--house", house, status=1)
    assert "no house" in gatebook("list", "applications", "--house", str(tmp_path / "none"), status=1)


def test_the_demo_tells_its_story_and_the_verifier_agrees(tmp_path: Path) -> None:
    # Breaks when the first thing a stranger runs does not work.
    out = gatebook("demo", "--folder", str(tmp_path / "demo"))
    assert "holds:" in out and "the same bytes" in out and "decline" in out
