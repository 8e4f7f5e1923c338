"""Registers over HTTP: two routes for each, a page and a row, without any personal data.

The trap guarded against: one register listed in a way of its own. All are made from ``record.registers.REGISTERS``.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from gatebook.api.asking import SLUG, After, Asker, Id, TheHouse
from gatebook.api.schemas import PAGE, gives, statuses
from gatebook.procedures import look, look_at_lists, render
from gatebook.record.registers import REGISTERS

router = APIRouter()
Limit = Annotated[int, Query(ge=1, le=200, description="How many rows at most.")]


def _add(name: str) -> None:
    state_column = "status" if name == "accounts" else "state"

    def list_rows(
        house: TheHouse,
        asker: Asker,
        state: str = Query(default="", alias=state_column, pattern=SLUG),
        after: After = "",
        limit: Limit = 50,
    ) -> dict[str, Any]:
        where = {state_column: state} if state_column in REGISTERS[name].columns else {}
        return render.rows(*look.page(house, asker, name, where, after, limit))

    def list_lists(house: TheHouse, asker: Asker, after: After = "", limit: Limit = 50) -> dict[str, Any]:
        return render.rows(*look_at_lists.lists(house, asker, after, limit))

    def one_row(house: TheHouse, asker: Asker, row_id: Id) -> dict[str, Any]:
        return render.row(look.one(house, asker, name, row_id))

    called, path = name.replace("_", " "), f"/v1/{name.replace('_', '-')}"
    listed, of_one = f"List {called}, a page at a time", f"One of {called} by its {REGISTERS[name].key}"
    paged = list_lists if name == "lists" else list_rows
    router.get(path, operation_id=f"list_{name}", summary=listed, responses=gives(PAGE))(paged)
    router.get(f"{path}/{{row_id}}", operation_id=f"get_{name}", summary=of_one, responses=statuses(404))(one_row)


for register in REGISTERS:
    _add(register)
