"""Where a house lies: whatever a folder is called, everything of the house is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gatebook.procedures.house import SCOPES, Operator
from gatebook.wiring.founding import init_house
from gatebook.wiring.premises import open_premises

SOURCES = Path(__file__).resolve().parents[2] / "src"
WHO = Operator("opr-test", SCOPES)


@pytest.mark.parametrize("name", ["100%", "a?b", "a#b", "a%41b", "sp ace", "a:b@c", "ä"])
def test_a_house_lies_in_its_folder_whatever_that_is_called(tmp_path: Path, name: str) -> None:
    # Breaks when a letter of the path is read as part of an address, and the database lies somewhere else.
    house = tmp_path / name / "house"
    init_house(house, "test.example/house", WHO)
    with open_premises(house) as premises:
        premises.ring.put("per_1", "kek", b"w")
        with premises.state.read() as work:
            assert work.ledger.size() == 2
    assert (house / "state.db").is_file() and len(list(house.rglob("ring.db"))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_program_may_lie_in_a_folder_of_any_name(tmp_path: Path) -> None:
    # Breaks when a percent sign in the path of a checkout stops every migration.
    (tmp_path / "100%x(s)").symlink_to(SOURCES)
    code = """
import sys
from pathlib import Path
import gatebook
from gatebook.procedures.house import SCOPES, Operator
from gatebook.wiring.founding import init_house
assert "%" in gatebook.__file__
init_house(Path(sys.argv[1]), "test.example/house", Operator("opr-test", SCOPES))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "house")],
        env={"PYTHONPATH": str(tmp_path / "100%x(s)")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-600:]
    assert (tmp_path / "house" / "state.db").is_file()
