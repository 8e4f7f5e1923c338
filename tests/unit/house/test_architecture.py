"""The walls of the house hold: each contract is seen to catch one planted breach, in a copy of the source."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TREES = ("src", "verifier", "tests", "bench")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "core", "services", "models", "manager"}
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

# (name of the contract as it begins, module that breaks it, the line that does)
BREACHES = [
    ("Layers", "terms/breach.py", "import gatebook.law.clause"),
    ("Layers", "identify/breach.py", "import gatebook.decide.determine"),
    ("Layers", "procedures/breach.py", "import gatebook.store.files"),
    ("Layers", "store/breach.py", "import gatebook.outside.log"),
    ("Layers", "canonical.py", "import gatebook.settings"),  # allowed: the control that a kept contract is not reported
    ("Layers", "errors.py", "import gatebook.settings"),
    ("One door", "store/breach.py", "import gatebook.record.vault"),
    ("One door", "procedures/breach.py", "from gatebook.record.vault import Vault"),
    ("Verbs", "decide/breach.py", "import socket"),
    ("Verbs", "law/breach.py", "from pathlib import Path"),
    ("Verbs", "procedures/breach.py", "import random"),
    ("Verbs", "record/breach.py", "import time"),
    ("Shells", "cli/breach.py", "import sqlalchemy"),
    ("Shells", "api/breach.py", "import gatebook.store.files"),
]
ALLOWED = {("canonical.py", "import gatebook.settings")}


def _sources() -> list[Path]:
    return [path for tree in TREES for path in (ROOT / tree).rglob("*.py")]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _lint(folder: Path) -> str:
    env = {**os.environ, "PYTHONPATH": str(folder / "src"), "NO_COLOR": "1", "COLUMNS": "500"}
    done = subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    return done.stdout + done.stderr


def _broken(report: str) -> set[str]:
    return set(re.findall(r"^(.+?) BROKEN(?: \(.*\))?$", report, re.MULTILINE))


def test_every_contract_is_kept(copy: Path) -> None:
    # Broken by any import against the direction of the house.
    report = _lint(copy)
    assert re.search(r"^Contracts: \d+ kept, 0 broken\.$", report, re.MULTILINE), report


@pytest.mark.parametrize(("contract", "module", "line"), BREACHES)
def test_a_contract_catches_a_planted_breach(copy: Path, contract: str, module: str, line: str) -> None:
    # Broken by a contract that is too loose, misspelt, or gone.
    path = copy / "src" / "gatebook" / module
    before = path.read_bytes() if path.exists() else None
    try:
        path.write_bytes((before or b"") + f"\n{line}\n".encode())
        broken = _broken(_lint(copy))
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
    assert any(name.startswith(contract) for name in broken) is ((module, line) not in ALLOWED), broken


def test_a_new_package_has_to_take_its_place_in_the_layers(copy: Path) -> None:
    # Broken by layers that are not exhaustive: a package nobody placed would be free to import anything.
    path = copy / "src" / "gatebook" / "nowhere.py"
    path.write_text("")
    report = _lint(copy)
    path.unlink()
    assert "nowhere" in report
    assert any(name.startswith("Layers") for name in _broken(report)), report


def test_nothing_bears_a_name_that_says_nothing() -> None:
    # Broken by a module or folder called after no subject.
    named = {part.removesuffix(".py") for path in _sources() for part in path.relative_to(ROOT).parts}
    assert named & FORBIDDEN_NAMES == set()


def test_the_verifier_stands_alone() -> None:
    # Broken by the verifier importing Gatebook or any installed package: an outsider has neither.
    files = list((ROOT / "verifier").rglob("*.py"))
    own = {path.name.removesuffix(".py") for path in (ROOT / "verifier").iterdir()}
    imported = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add((node.module or "").partition(".")[0])
    assert files
    assert imported - own <= sys.stdlib_module_names


@pytest.mark.parametrize(
    "line",
    [
        "from datetime import datetime\n\nNOW = datetime.now(tz=None)",
        "import time\n\nNOW = time.time()",
        "import random\n\nN = random.random()",
        "import secrets\n\nN = secrets.token_bytes(16)",
        "import os\n\nN = os.urandom(16)",
        "import os\n\nHOME = os.environ['HOME']",
        "import uuid\n\nN = uuid.uuid4()",
    ],
)
def test_ruff_refuses_clock_chance_and_environment_in_a_verb(line: str) -> None:
    # Broken by dropping a ban from pyproject.toml: a determination could then not be replayed.
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--stdin-filename", "src/gatebook/decide/x.py", "-"],
        cwd=ROOT, input=f'"""A breach."""\n\n{line}\n', capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "TID251" in done.stdout


def test_every_silenced_warning_says_why() -> None:
    # Broken by a bare noqa, or one with codes and no words after them.
    pattern = re.compile(r"#\s*(?:ruff:\s*)?noqa(?P<rest>.*)", re.IGNORECASE)
    good = re.compile(r":\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*\s+.*\w{2,}")
    silent = []
    for path in _sources():
        if path == Path(__file__).resolve():
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            found = pattern.search(line)
            if found and not good.match(found["rest"]):
                silent.append(f"{path.relative_to(ROOT)}:{number}")
    assert silent == []


def test_a_port_has_at_most_six_methods() -> None:
    # Broken by a Protocol that grows into a second interface, which every adapter would have to carry.
    wide, seen = [], 0
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases):
                seen += 1
                if sum(isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) for item in node.body) > 6:
                    wide.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert seen
    assert wide == []
