"""Looking at the lists: which are compared with, how old each is, and what they say of one name.

The trap guarded against: a list thought fresh because a list of the same name was once loaded. The age is that of
the edition compared with now.
"""

from __future__ import annotations

from typing import Any

from gatebook import canonical
from gatebook.identify.reader import Reader
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look import page
from gatebook.procedures.permit import permit
from gatebook.record.ports import Row
from gatebook.screen.scan import Query, candidate_to_plain

_NOBODY = Query(("",), "", "", ())


def screen_name(
    house: House, operator: Operator, name: str, born_on: str = "", country: str = "", kind: str = ""
) -> dict[str, Any]:
    """Compare a name with the lists and return every candidate with why it matched; nothing is kept.

    Raises InvalidInput for a name without a letter and a birth date in another form: compared as it stands it would
    clash with every listed one.
    """
    permit(house, operator, "look", "screen-name")
    reader = Reader(house.now())
    reader.birth({"born_on": born_on}, "")
    if not any(c.isalpha() for c in name):
        reader.problem("/name", "no-letters", "must hold a letter")
    reader.done("this name cannot be compared")
    found = house.screener().screen(Query((name,), kind, born_on, (country,) if country else ()))
    lists = [canonical.table(edition) for edition in found.editions]
    return {"candidates": [candidate_to_plain(c) for c in found.candidates], "lists": lists}


def lists(house: House, operator: Operator, after: str, limit: int) -> tuple[list[Row], str]:
    """Return a page of lists: as entered, whether still compared with, and since how many days it was fetched."""
    rows, following = page(house, operator, "lists", {}, after, limit)
    compared = {e.list_id: e for e in house.screener().screen(_NOBODY).editions}
    found: list[Row] = []
    for row in rows:
        edition = compared.get(row["list_id"])
        fetched = edition.fetched_at if edition else None
        more = {
            "is_compared": edition is not None,
            "fetched_at": canonical.instant(fetched) if fetched else "",
            "age_days": (house.now() - fetched).days if fetched else None,
        }
        found.append({**row, **more})
    return found, following


def readiness(house: House) -> dict[str, Any]:
    """Return whether the state answers and a list is loaded, how far the ledger is, and how old the lists are.

    ``law_fault`` says whether something is wrong with the operator's law folder, while the house goes on under the law
    last read. Anybody may ask this, so what is wrong stands in the log and where the law is shown.
    """
    with house.state.read() as work:
        size, rows = work.ledger.size(), work.registers.page("lists", {}, "", 100)
    ages = {row["list_id"]: (house.now() - canonical.parse_instant(row["loaded_at"])).days for row in rows}
    return {"ready": bool(rows), "ledger_size": size, "list_age_days": ages, "law_fault": bool(house.law.fault())}
