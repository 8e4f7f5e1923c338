"""The operator's own list: special measures on persons, terminated actors, anybody the house wants to meet again.

The trap guarded against: a file whose columns were guessed. Its header names them; ``id`` and ``name`` are needed, a
column nobody knows is reported, and the order is free.

    id,name,kind,born,country,number,wallet,aliases,weak_aliases,programme,note

``kind`` is individual, entity, vessel, aircraft, a usual word for one of them, or empty. Every other cell but ``id``,
``name`` and ``note`` may hold several values with semicolons between them. ``born`` is a day, a month, a year or
``1961 to 1963``; write a day as ``1964-11-16``, for of ``03/04/1971`` the year alone is taken. ``number`` is
``kind:number`` or ``kind:number:country``, ``wallet`` is ``currency:address``. ``country`` is a name or a code: the
nationality of an individual, the seat of others; NA says that nobody knows. The same ``id`` on several rows is one
party. The report says in which row something could not be read, and never what stood there.
"""

from __future__ import annotations

from collections.abc import Mapping

from gatebook.screen.lists.countries import says_nothing
from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.kinds import kind_of
from gatebook.screen.lists.lines import by_header, long_rows
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

COLUMNS = {
    name: name
    for name in (
        "id",
        "name",
        "kind",
        "born",
        "country",
        "number",
        "wallet",
        "aliases",
        "weak_aliases",
        "programme",
        "note",
    )
}
NEEDED = ("id", "name")


def load(files: Mapping[str, bytes], list_id: str) -> ListEdition:
    """Load the file under the role ``list``. Raises ListError when it has no header or lacks a column."""
    tally = Tally(quotes=False)
    drafts = Drafts(tally)
    found = long_rows("own", files["list"], tally)
    for row, cells in by_header("own", found, COLUMNS, NEEDED, tally):
        _take(cells, row, drafts, tally)
    return edition_of(list_id, "own", files, drafts, tally)


def _take(cells: Mapping[str, str], row: str, drafts: Drafts, tally: Tally) -> None:
    if not cells["id"] or not cells["name"]:
        tally.refuse(row, "no-name" if cells["id"] else "no-id")
        return
    tally.parsed()
    draft = drafts.under(cells["id"], "unknown")
    _kind(cells, draft, row, tally)
    draft.name(cells["name"], "strong" if draft.has_names else "primary", row)
    for column, quality in (("aliases", "strong"), ("weak_aliases", "weak")):
        for name in _several(cells, column):
            draft.name(name, quality, row)
    draft.programme(*_several(cells, "programme"))
    for born in _several(cells, "born"):
        draft.born(born, row)
    for country in _several(cells, "country"):
        if says_nothing(country):
            tally.unread(row, "country-not-available")
        else:
            (draft.national_of if draft.kind == "individual" else draft.lives_in)(country, row)
    _numbers(cells, draft, row, tally)


def _kind(cells: Mapping[str, str], draft: Draft, row: str, tally: Tally) -> None:
    """A word nobody knows costs the kind and not the party, which is then compared with all."""
    kind = kind_of(cells.get("kind", ""))
    if kind is None:
        tally.unread(row, "kind-unknown")
    elif draft.kind == "unknown":
        draft.kind = kind


def _numbers(cells: Mapping[str, str], draft: Draft, row: str, tally: Tally) -> None:
    for item in _several(cells, "number"):
        kind, colon, rest = item.partition(":")
        number, _, country = rest.partition(":")
        draft.document(kind if colon else "Number", number if colon else kind, row, country)
    for item in _several(cells, "wallet"):
        currency, colon, address = item.partition(":")
        if colon:
            draft.wallet(currency, address, row)
        else:
            tally.unread(row, "wallet-without-its-currency")


def _several(cells: Mapping[str, str], column: str) -> list[str]:
    return [part for piece in cells.get(column, "").split(";") if (part := piece.strip())]
