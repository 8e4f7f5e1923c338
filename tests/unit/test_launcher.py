"""The launcher: what it starts, and the environment it makes, keeps, and makes anew."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The launcher of a checkout at an awkward place, whose packages come from nowhere."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = importlib.machinery.SourceFileLoader("launcher", str(ROOT / "gatebook"))
    spec = importlib.util.spec_from_loader("launcher", loader)
    assert spec
    found: Any = importlib.util.module_from_spec(spec)
    loader.exec_module(found)
    here = tmp_path / "a 100%x checkout"
    for kind in ("run", "dev", "docs", "spark"):
        (here / "requirements").mkdir(parents=True, exist_ok=True)
        (here / "requirements" / f"{kind}.txt").write_text("")
    for package in ("src/gatebook_here", "verifier"):
        (here / package).mkdir(parents=True)
    (here / "src" / "gatebook_here" / "__init__.py").write_text("")
    found.HERE, found.VENV = here, here / ".venv"
    found.PYTHON = found.VENV / "bin" / "python"
    found.BEGUN, found.LOCK = found.VENV / "gatebook-begun", found.VENV / "gatebook-lock"
    found.packages = lambda _: None

    def quietly(command: list[str]) -> None:
        assert command[1:3] == ["-m", "venv"] or "venv" in command
        venv.create(command[-1], with_pip=False, symlinks=True)

    found.quietly = quietly
    return found


def test_nothing_in_the_current_folder_is_run(tmp_path: Path) -> None:
    # Breaks when a structlog.py in the folder somebody stands in runs with the house's keys at hand.
    (tmp_path / "structlog.py").write_text("raise SystemExit('run from the current folder')")
    done = subprocess.run(
        [sys.executable, str(ROOT / "gatebook"), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "run from the current folder" in done.stderr) == (0, False), done.stderr


def test_the_checkout_is_found_by_the_environment_wherever_it_stands(launcher: Any) -> None:
    # Breaks when a space or a percent sign in the path leaves an environment that finds no Gatebook.
    launcher.install("run")
    assert launcher.is_ready("run")
    done = subprocess.run([str(launcher.PYTHON), "-P", "-c", "import gatebook_here"], check=False, cwd="/")
    assert done.returncode == 0


def test_an_environment_of_another_python_is_made_anew(launcher: Any) -> None:
    # Breaks when the system's Python goes from one minor version to the next and the checkout never starts again.
    launcher.install("run")
    config = launcher.VENV / "pyvenv.cfg"
    config.write_text(config.read_text().replace("version = 3.", "version = 3.9"))
    old = launcher.VENV / "lib" / "python3.9" / "site-packages"
    old.mkdir(parents=True)
    (launcher.VENV / "stamp").write_text("the digest under the other Python")
    launcher.install("run")
    assert launcher.is_ready("run") and not old.exists()
    done = subprocess.run([str(launcher.PYTHON), "-P", "-c", "import gatebook_here"], check=False, cwd="/")
    assert done.returncode == 0


def test_a_checkout_that_cannot_be_written_is_one_sentence(launcher: Any) -> None:
    # Breaks when a checkout on a read-only disk ends in a traceback.
    launcher.VENV.write_text("no folder can be made here")
    with pytest.raises(SystemExit) as ended:
        launcher.install("run")
    assert isinstance(ended.value.code, str) and "\n" not in ended.value.code
    assert str(launcher.VENV) in ended.value.code


def test_every_module_the_launcher_and_the_demo_start_is_safe_from_the_current_folder() -> None:
    # Breaks when a later -m is added without -P.
    for path in ("gatebook", "src/gatebook/cli/demo.py"):
        for line in (ROOT / path).read_text("utf-8").splitlines():
            if '"-m"' in line and "venv" not in line:
                assert '"-P", "-m"' in line, f"{path}: {line.strip()}"


if os.name == "nt":  # the environment's folders are others there
    pytest.skip("the launcher's own paths are asked of the system there", allow_module_level=True)
