"""The Denied Persons List of the Bureau of Industry and Security, tab-separated.

The trap guarded against: a row for each address. Rows of one name under one order are one party.
"""

from __future__ import annotations

from collections.abc import Mapping

from gatebook.screen.lists.draft import made_up_id
from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.lines import by_header, rows
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

COLUMNS = {
    "name": "name",
    "street_address": "street",
    "city": "city",
    "state": "state",
    "country": "country",
    "postal_code": "postcode",
    "effective_date": "effective",
    "expiration_date": "expires",
    "standard_order": "standard",
    "last_update": "updated",
    "action": "action",
    "fr_citation": "citation",
}
NEEDED = ("name", "effective", "country")


def load(files: Mapping[str, bytes], list_id: str) -> ListEdition:
    """Load the file under the role ``list``. Raises ListError when it has no header or lacks a column."""
    tally = Tally()
    drafts = Drafts(tally)
    found = rows("dpl", files["list"], tally, "\t")
    for row, cells in by_header("dpl", found, COLUMNS, NEEDED, tally):
        _take(cells, row, drafts, tally)
    return edition_of(list_id, "bis-dpl", files, drafts, tally)


def _take(cells: Mapping[str, str], row: str, drafts: Drafts, tally: Tally) -> None:
    if not cells["name"]:
        tally.refuse(row, "no-name")
        return
    tally.parsed()
    party_id = made_up_id("dpl", [cells["name"], cells["effective"]])
    draft = drafts.under(party_id, "unknown")
    draft.name(cells["name"], "primary", row)
    draft.lives_in(cells["country"], row)
    draft.programme("DPL")
