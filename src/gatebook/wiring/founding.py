"""Founding a house, and adopting law: the files of the operator's law folder, each entered as it is written.

The trap guarded against: law that binds by a file nobody entered, or that was entered and is in no file.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from gatebook import __version__
from gatebook.errors import Conflict, LawError, NotFound
from gatebook.law.tree import parse_adoptions
from gatebook.procedures.house import Operator
from gatebook.procedures.keep_house import found_house, note_adoption
from gatebook.procedures.permit import permit
from gatebook.settings import FILE, first_settings
from gatebook.store.files import write_durably
from gatebook.store.law_folder import ADOPT
from gatebook.store.turn import a_turn
from gatebook.wiring.premises import Premises, clock, open_premises

#: What ``adopt.yaml`` says until the founding is entered; `gatebook init` goes on from here.
_FOUNDING = "[]  # this house is being founded; run gatebook init again\n"


def init_house(folder: Path, origin: str, operator: Operator, now: Callable[[], datetime] = clock) -> None:
    """Make a house in ``folder``: settings, keys, database, law folder; done twice it is done once.

    The house adopts the order of 2021 as its own policy from today; the file ``law/adopt.yaml`` says so and may
    be changed. The proposal of 2024 is there to be adopted, and is not adopted by itself.
    """
    if not (folder / FILE).exists():
        _write(folder / FILE, first_settings(origin))
    adopt, today = folder / "law" / ADOPT, now().date().isoformat()
    if not adopt.exists():  # a house is not opened without one
        _write(adopt, _FOUNDING)
    adoption = f"- source: eo13984\n  begins: {today}\n  note: adopted as house policy when the house was founded\n"
    with open_premises(folder, now) as premises:
        found_house(premises.house, operator, __version__)
        if adopt.read_text("utf-8") == _FOUNDING:  # entered before the file says so: no crash leaves it unentered
            note_adoption(premises.house, operator, "eo13984", today, "")
            _write(adopt, adoption)
        _write(folder / "ledger" / "vkey", premises.house.signer.vkey + "\n")


def adopt_law(premises: Premises, operator: Operator, source: str, begins: date) -> None:
    """Write an adoption into the operator's ``adopt.yaml``, checked against the whole tree, and enter it.

    One at a time, in every process: each reads what the one before it wrote.
    """
    permit(premises.house, operator, "admin", "adopt-law")
    path = premises.folder / premises.settings.law_folder / ADOPT
    with a_turn(path.with_name(".adopting")):
        _adopt(premises, operator, path, source, begins)


def _adopt(premises: Premises, operator: Operator, path: Path, source: str, begins: date) -> None:
    text = path.read_text("utf-8") if path.exists() else ""
    before = "" if text.strip() == "[]" else text  # a house that adopted nothing says so, and adopts its first
    added = f"{before}- source: {source}\n  begins: {begins.isoformat()}\n"
    if source not in premises.law.sources():
        raise NotFound(f"there is no such source; there are {', '.join(premises.law.sources())}")
    try:
        parse_adoptions(added)
    except LawError as error:  # what is asked does not go with what stands there; the law itself is in order
        raise Conflict(error.message) from None
    # Entered first: after a crash between the two, the law that binds has not changed, and adopting is done again.
    note_adoption(premises.house, operator, source, begins.isoformat(), "")
    _write(path, added)


def _write(path: Path, text: str) -> None:
    write_durably(path, text.encode())
