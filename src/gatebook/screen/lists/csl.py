"""The Consolidated Screening List of the US government: two CSV layouts and the JSON of its search.

The trap guarded against: a row of the Entity List read as blocked because it stands beside SDN rows. Each row says
which list it came from, and that list says what it does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gatebook.errors import ListError
from gatebook.screen.lists.draft import Draft, made_up_id
from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.encodings import is_broken
from gatebook.screen.lists.lines import NOT_UTF8, by_header, json_of, long_rows, text_of
from gatebook.screen.lists.ofac_ids import NUMBERS, SOMETHING_ELSE, take_id
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

_KINDS = {"individual": "individual", "entity": "entity", "vessel": "vessel", "aircraft": "aircraft"}
_FIELDS = (
    "_id id source entity_number type programs name title addresses federal_register_notice start_date end_date"
    " standard_order license_requirement license_policy call_sign vessel_type gross_tonnage gross_registered_tonnage"
    " vessel_flag vessel_owner remarks source_list_url alt_names citizenships dates_of_birth nationalities"
    " places_of_birth source_information_url ids country"
)
COLUMNS = {field: field for field in _FIELDS.split()}
NEEDED = ("source", "entity_number", "name", "alt_names", "ids")
#: the lists whose rows are blocked; every other list in it limits something less
_BLOCKED = frozenset({"SDN"})
_SEVERAL = frozenset({"alt_names", "citizenships", "nationalities", "dates_of_birth", "ids", "addresses", "programs"})
_SOURCE = re.compile(r"\(([A-Z]{2,6})\)")
_ALL_KINDS = NUMBERS | SOMETHING_ELSE | {"Gender", "Nationality of Registration", "Vessel Flag"}
_CODE = re.compile(r"[A-Z]{2}")


def load(files: Mapping[str, bytes], list_id: str) -> ListEdition:
    """Load the file under the role ``csv`` or ``json``. Raises ListError for what is no such list."""
    tally = Tally()
    if len(files) > 1:
        raise ListError("the list was given twice, as CSV and as JSON; give one")
    drafts = Drafts(tally)
    rows = _json_rows(files["json"], tally) if "json" in files else _csv_rows(files["csv"], tally)
    for row, cells in rows:
        _take(row, cells, drafts, tally, kind_first="json" in files or "_id" in cells)
    return edition_of(list_id, "csl", files, drafts, tally)


def _csv_rows(data: bytes, tally: Tally) -> Iterator[tuple[str, dict[str, list[str]]]]:
    for row, cells in by_header("csl", long_rows("csl", data, tally), COLUMNS, NEEDED, tally):
        yield row, {k: [p.strip() for p in v.split("; ")] if k in _SEVERAL else [v] for k, v in cells.items()}


def _json_rows(data: bytes, tally: Tally) -> Iterator[tuple[str, dict[str, list[str]]]]:
    text = text_of("csl", data, tally)
    found = json_of(text)
    if found is None:
        raise ListError("the list is no JSON; it may be cut off")
    results = found.get("results") if isinstance(found, dict) else None
    if not isinstance(results, list):
        raise ListError("the list has no results")
    for number, result in enumerate(results, 1):
        row = f"csl:{number}"
        tally.row()
        if not isinstance(result, dict):
            tally.refuse(row, "malformed")
            continue
        if is_broken(text) and is_broken(json.dumps(result, ensure_ascii=False)):
            tally.refuse(row, NOT_UTF8)
            continue
        for key in result.keys() - COLUMNS.keys():
            tally.unknown_field(f"csl:{str(key)[:60]}")
        yield row, {key: [*_texts(key, value)] for key, value in result.items()}


def _texts(key: str, value: Any) -> Iterator[str]:  # noqa: ANN401  JSON holds anything
    """Yield a JSON value as texts, its tables in the order the CSV writes them."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and key == "ids":
            yield ", ".join(str(item[part]) for part in ("type", "number", "country") if item.get(part))
        elif isinstance(item, dict) and key == "addresses":
            yield ", ".join(str(item[part]) for part in ("address", "city", "country") if item.get(part))
        elif isinstance(item, str | int) and not isinstance(item, bool):
            yield str(item).strip()


def _take(row: str, cells: Mapping[str, list[str]], drafts: Drafts, tally: Tally, *, kind_first: bool) -> None:
    def one(field: str) -> str:
        return next(iter(cells.get(field, ())), "")

    name, source = one("name"), one("source")
    if not name or not source:
        tally.refuse(row, "no-name" if source else "no-source")
        return
    tally.parsed()
    short = found[1] if (found := _SOURCE.search(source)) else source[:40]
    number = one("entity_number")
    party_id = f"{short}-{number}" if number.isdecimal() else made_up_id(short.lower(), [name])
    draft = Draft(party_id, _KINDS.get(one("type").casefold(), "unknown"), tally)
    draft.source, draft.is_blocking = short, short in _BLOCKED
    draft.name(name, "primary", row)
    for alias in cells.get("alt_names", ()):
        draft.name(alias.removeprefix("and "), "strong", row)
    draft = drafts.add(draft, row)
    draft.programme(*cells.get("programs", ()))
    draft.document("Call Sign", one("call_sign"), row)
    _who(row, cells, draft)
    for item in cells.get("ids", ()):
        _identification(item, draft, row, tally, kind_first=kind_first)


def _who(row: str, cells: Mapping[str, list[str]], draft: Draft) -> None:
    for born in cells.get("dates_of_birth", ()):
        draft.born(born, row)
    for field in ("citizenships", "nationalities"):
        for country in cells.get(field, ()):
            draft.national_of(country, row)
    for address in cells.get("addresses", ()):
        last = address.rpartition(",")[2].strip()
        draft.lives_in(last if _CODE.fullmatch(last) else "", row)
    for field in ("vessel_flag", "country"):
        for country in cells.get(field, ()):
            draft.lives_in(country, row)


def _identification(item: str, draft: Draft, row: str, tally: Tally, *, kind_first: bool) -> None:
    """Read ``kind, number, country`` of the new layout and ``country, number, kind`` of the old.

    Where the kind stands is told by a kind that is known, and else by the layout.
    """
    parts = [part.strip() for part in item.split(", ")]
    if not any(parts):
        return
    if len(parts) == 1 and not _is_kind(parts[0]):
        kind, country = "Number", ""
        tally.unknown_field("csl: an identification of no kind")
    elif _is_kind(parts[0]) or (kind_first and not _is_kind(parts[-1])):
        kind = parts.pop(0)
        country = parts.pop() if len(parts) > 1 and _CODE.fullmatch(parts[-1]) else ""
    else:
        kind = parts.pop()
        country = parts.pop(0) if len(parts) > 1 and _CODE.fullmatch(parts[0]) else ""
    take_id(draft, kind, ", ".join(parts), country, row, tally)


def _is_kind(word: str) -> bool:
    return word in _ALL_KINDS or word.startswith(("Digital Currency Address", "Executive Order", "Secondary sanctions"))
