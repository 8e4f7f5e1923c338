"""Looking at disclosures: each with the kind of demand it was made on, as rows and as a table for a spreadsheet.

The trap guarded against: a register that says what left the house and not on what. Every row names its instrument, or
that there was none, beside the clauses it rests on.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from gatebook.procedures import look
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.ports import Row, Work
from gatebook.record.walk import every_row

#: Columns of the table, in order. Every text is a slug, an id, a digest or a time, so none begins a formula.
COLUMNS = (
    *("disclosure_id", "made_at", "instrument", "demand_id", "production_id", "recipient", "jurisdiction"),
    *("classes", "basis", "records", "events", "digest", "position"),
)
NO_INSTRUMENT = "none"


def disclosures(
    house: House, operator: Operator, where: Mapping[str, Any], after: str, limit: int
) -> tuple[list[Row], str]:
    """Return a page of disclosures, each with its instrument, and the cursor of the next."""
    where = {name: value for name, value in where.items() if name != "state"}  # one is made, or is not here
    rows, following = look.page(house, operator, "disclosures", where, after, limit)
    with house.state.read() as work:
        return [_with_instrument(work, row) for row in rows], following


def disclosure(house: House, operator: Operator, disclosure_id: str) -> Row:
    """Return one disclosure with its instrument. Raises NotFound."""
    row = look.one(house, operator, "disclosures", disclosure_id)
    with house.state.read() as work:
        return _with_instrument(work, row)


def disclosures_csv(house: House, operator: Operator) -> str:
    """Return every disclosure as CSV, in the order they were made: RFC 4180, with a line of names."""
    permit(house, operator, "look", "look")
    with house.state.read() as work:
        rows = [_with_instrument(work, row) for row in every_row(work.registers, "disclosures")]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(row[name]) for name in COLUMNS] for row in sorted(rows, key=lambda r: int(r["position"])))
    return out.getvalue()


def waiting(house: House, operator: Operator) -> list[dict[str, Any]]:
    """Return disclosures without a demand that wait for another officer's word, the oldest first."""
    permit(house, operator, "look", "look")
    with house.state.read() as work:
        proposed = every_row(work.registers, "records", {"kind": "disclosure.proposed"})
        found = [row for row in proposed if not _is_settled(work, str(row["person_id"]))]
    ordered = sorted(found, key=lambda row: int(row["position"]))
    return [{"disclosure_id": row["person_id"], "proposed_at": row["sealed_at"]} for row in ordered]


def _is_settled(work: Work, disclosure_id: str) -> bool:
    declined = work.registers.page("records", {"person_id": disclosure_id, "kind": "disclosure.declined"}, "", 1)
    return bool(declined) or work.registers.get("disclosures", disclosure_id) is not None


def _with_instrument(work: Work, row: Row) -> dict[str, Any]:
    demand = work.registers.get("demands", str(row["demand_id"])) if row["demand_id"] else None
    return {**row, "instrument": demand["instrument"] if demand else NO_INSTRUMENT}


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={value[name]}" for name in sorted(value))
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str("" if value is None else value)
