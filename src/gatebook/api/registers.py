"""Registers over HTTP: two routes for each, a page and a row, without any personal data.

The trap guarded against: one register listed in a way of its own. All are made from ``record.registers.REGISTERS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query

from gatebook.api.asking import SLUG, After, Asker, Id, TheHouse
from gatebook.api.schemas import PAGE, gives, statuses
from gatebook.procedures import look, look_at_demands, look_at_disclosures, look_at_holds, look_at_lists, render
from gatebook.record.registers import REGISTERS

router = APIRouter()
Limit = Annotated[int, Query(ge=1, le=200, description="How many rows at most.")]
#: Registers whose rows are shown with what of them moves by itself, as what is due in how many seconds.
_PAGES = {
    "holds": look_at_holds.holds,
    "demands": look_at_demands.demands,
    "disclosures": look_at_disclosures.disclosures,
}
_ROWS = {"holds": look_at_holds.hold, "demands": look_at_demands.demand, "disclosures": look_at_disclosures.disclosure}


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

    def list_own(
        house: TheHouse,
        asker: Asker,
        state: str = Query(default="", pattern=SLUG),
        after: After = "",
        limit: Limit = 50,
    ) -> dict[str, Any]:
        return render.rows(*_PAGES[name](house, asker, {"state": state}, after, limit))

    def one_row(house: TheHouse, asker: Asker, row_id: Id) -> dict[str, Any]:
        return render.row(look.one(house, asker, name, row_id))

    def one_own(house: TheHouse, asker: Asker, row_id: Id) -> dict[str, Any]:
        return render.row(_ROWS[name](house, asker, row_id))

    called, path = name.replace("_", " "), f"/v1/{name.replace('_', '-')}"
    listed, of_one = f"List {called}, a page at a time", f"One of {called} by its {REGISTERS[name].key}"
    paged: Callable[..., dict[str, Any]] = list_own if name in _PAGES else list_rows
    if name == "lists":
        paged = list_lists
    shown = one_own if name in _ROWS else one_row
    router.get(path, operation_id=f"list_{name}", summary=listed, responses=gives(PAGE))(paged)
    router.get(f"{path}/{{row_id}}", operation_id=f"get_{name}", summary=of_one, responses=statuses(404))(shown)


for register in REGISTERS:
    _add(register)
