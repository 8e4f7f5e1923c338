"""The README as a stranger follows it: its commands are taken from the page and run as they stand."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from serving import ROOT

SECTION = "## Open an account over the API"


def _commands() -> str:
    section = (ROOT / "README.md").read_text("utf-8").partition(SECTION)[2].partition("\n## ")[0]
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", section, re.MULTILINE)
    return "\n".join(textwrap.dedent(block) for block in blocks)


def _run(folder: Path, script: str) -> str:
    """Run the page in a folder where ``./gatebook`` is this program; the served house is ended by its own id."""
    launcher = folder / "gatebook"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gatebook.cli.main "$@"\n')
    launcher.chmod(0o755)
    (folder / "src").symlink_to(ROOT / "src")
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-c", f"trap 'kill %1; wait' EXIT\n{script}"], cwd=folder, capture_output=True, text=True, timeout=120,
        env={**os.environ, "NO_PROXY": "*", "NO_COLOR": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return str(found.getsockname()[1])


def _said(output: str, name: str) -> Any:
    """Return the JSON object among what was printed that has a member of this name."""
    decoder, at = json.JSONDecoder(), 0
    while (at := output.find("{", at)) >= 0:
        value, end = decoder.raw_decode(output, at)
        if name in value:
            return value
        at = end
    raise AssertionError(f"nothing printed has {name}")


def test_the_page_opens_with_a_listed_person_declined_and_the_row_that_matched(tmp_path: Path) -> None:
    # Breaks when a stranger cannot do what the README says by copying it.
    output = _run(tmp_path, _commands().replace("8480", _free_port()))
    assert _said(output, "outcome")["outcome"] == "decline"
    found = _said(output, "candidates")["candidates"][0]
    assert (found["row"], found["grade"], found["agreed"]) == ("sdn:1", "confirmed", ["birth"])


def test_another_birth_year_is_for_a_person_with_the_clash_shown(tmp_path: Path) -> None:
    # Breaks when the README promises a review that does not come.
    script = _commands().replace("8480", _free_port()).replace("1971-03-14", "1999-03-14")
    output = _run(tmp_path, script)
    assert _said(output, "outcome")["outcome"] == "review"
    found = _said(output, "candidates")["candidates"][0]
    assert (found["grade"], found["clashed"]) == ("clash", ["birth"])
