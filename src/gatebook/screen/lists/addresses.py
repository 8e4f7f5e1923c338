"""Files of virtual-currency addresses alone, as some repositories carry them from OFAC's list.

The trap guarded against: a file whose carrier wrote every address in small letters. In Base58 those are no addresses;
their owners' names are still kept, where the file has them.
"""

from __future__ import annotations

from collections.abc import Mapping

from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.lines import by_header, long_rows
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

COLUMNS = {
    "asset": "asset",
    "currency": "asset",
    "address": "address",
    "address_lowercased": "address",
    "sdn_uid": "uid",
    "entity": "name",
    "program": "programme",
}
NEEDED = ("asset", "address")


def load(files: Mapping[str, bytes], list_id: str) -> ListEdition:
    """Load the file under the role ``list``. An address nobody is named for is a party known by itself.

    Raises ListError when the file has no header or lacks a column.
    """
    tally = Tally()
    drafts = Drafts(tally)
    found = long_rows("wallets", files["list"], tally)
    for row, cells in by_header("wallets", found, COLUMNS, NEEDED, tally):
        _take(cells, row, drafts, tally)
    return edition_of(list_id, "wallets", files, drafts, tally)


def _take(cells: Mapping[str, str], row: str, drafts: Drafts, tally: Tally) -> None:
    asset, address = cells["asset"], cells["address"]
    if not asset or not address:
        tally.refuse(row, "no-asset" if address else "no-address")
        return
    tally.parsed()
    party_id = cells.get("uid") or f"{asset}:{address}"
    draft = drafts.under(party_id, "unknown")
    draft.name(cells.get("name", "") or address, "primary" if cells.get("name") else "weak", row)
    draft.programme(*cells.get("programme", "").split(","))
    draft.wallet(asset, address, row)
