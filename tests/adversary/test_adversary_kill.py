"""Killed at every step of every procedure: whatever was reached, nothing half-written stands, and it can be resumed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adversary import killed_at_random
from adversary.killed_procedures import PROCEDURES, SEEDS

ROOT = Path(__file__).resolve().parents[2]
_WORKERS = 2


@pytest.fixture(scope="module")
def ground() -> Iterator[Path]:
    """A folder in memory where there is one: a killed process loses no file, so no disk has to be waited for."""
    in_memory = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it
    where = in_memory if os.access(in_memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="gatebook-kill-", dir=where) as folder:
        for name, make in {**SEEDS, "random": killed_at_random.seed_house}.items():
            make(Path(folder) / name)
        yield Path(folder)


@pytest.fixture(scope="module")
def workers() -> Iterator[list[subprocess.Popen[str]]]:
    found = [_start("killed_procedures") for _ in range(_WORKERS)]
    yield found
    for worker in found:
        worker.communicate()
        assert worker.returncode == 0


def _start(module: str, *arguments: object) -> subprocess.Popen[str]:
    paths = os.pathsep.join(str(ROOT / name) for name in ("src", "verifier", "tests"))
    return subprocess.Popen(
        [sys.executable, "-m", f"adversary.{module}", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )


def _seen(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate()
    assert process.returncode == 0, err[-4000:]
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize("name", PROCEDURES)
def test_killed_at_every_step_nothing_half_written_stands_and_resuming_comes_to_the_same_end(
    ground: Path, workers: list[subprocess.Popen[str]], name: str
) -> None:
    # Breaks when two writes that belong together are not in one transaction, an act comes before its entry, or what
    # was cut off is found by nobody.
    folders = [ground / f"{name}-{n}" for n in range(_WORKERS)]
    for n, worker in enumerate(workers):
        asked = [str(ground / PROCEDURES[name].seed), str(folders[n]), name, n + 1, _WORKERS]
        assert worker.stdin is not None
        worker.stdin.write(json.dumps(asked) + "\n")
        worker.stdin.flush()
    statuses = [worker.stdout.readline() for worker in workers if worker.stdout is not None]
    assert statuses == ["0\n"] * _WORKERS, "".join(Path(f"{f}.err").read_text()[-4000:] for f in folders)
    found = [json.loads(Path(f"{folder}.json").read_text()) for folder in folders]
    assert sum(f["killed"] for f in found) == found[0]["steps"] >= 5


def test_killed_at_any_moment_by_the_operating_system(ground: Path) -> None:
    # Breaks when a crash inside a port, a commit or a file leaves what the calls before and after it do not.
    found = _seen(_start("killed_at_random", ground / "random", ground / "at-random", 10))
    assert found["rounds"] == 10
    assert found["applications"] >= 10


@pytest.mark.postgres
def test_killed_over_postgresql(postgres: Callable[[], str], ground: Path) -> None:
    # Breaks when a killed client leaves half a transaction, or its lock, behind in the server.
    found = _seen(_start("killed_on_postgres", postgres(), ground / "postgres", "open_account", 9))
    assert found["killed"] == found["houses"] >= 10
