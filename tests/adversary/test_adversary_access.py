"""The access record, killed by the operating system at any moment: nothing told is lost, nothing counts twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("GATEBOOK_TEST_KILLS", "12"))
pytestmark = pytest.mark.xdist_group("kill")


@pytest.fixture
def ground() -> Iterator[Path]:
    """A folder in memory where there is one: a killed process loses no file, so no disk has to be waited for."""
    in_memory = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it
    where = in_memory if os.access(in_memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="gatebook-kill-", dir=where) as folder:
        yield Path(folder)


def ran(what: str, folder: Path, kills: int) -> dict[str, int]:
    paths = os.pathsep.join(str(ROOT / name) for name in ("src", "verifier", "tests"))
    # The house itself refuses a setting it does not know.
    without = {name: value for name, value in os.environ.items() if name != "GATEBOOK_TEST_KILLS"}
    done = subprocess.run(
        [sys.executable, "-m", "adversary.killed_access", what, str(folder), str(kills)],
        capture_output=True,
        text=True,
        check=False,
        env={**without, "PYTHONPATH": paths},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_killed_while_it_ingests_seals_merges_and_erases_nothing_told_is_lost(ground: Path) -> None:
    # Breaks when an acknowledged event is lost or counted twice, what was erased comes back, or a proof, a register or
    # a table does not hold after a crash at any moment, one during recovery too.
    found = ran("goes-on", ground / "record", KILLS)
    assert found["kills"] == KILLS
    assert found["batches"] >= KILLS and found["rows"] > 0


def test_killed_while_it_answers_others_the_next_who_asks_takes_over(ground: Path) -> None:
    # Breaks when who asks waits for the dead, is given half an answer, or nobody can hold the record afterwards.
    assert ran("taken-over", ground / "record", max(3, KILLS // 4)) == {"kills": max(3, KILLS // 4)}
