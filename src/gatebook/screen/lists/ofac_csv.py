"""OFAC's CSV sets, SDN and consolidated non-SDN: the parties, their names, their addresses and the rest of remarks.

The trap guarded against: a number given to two parties. What the other tables say of that number is kept with both, for
nobody knows whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gatebook.errors import ListError
from gatebook.screen.lists import ofac_remarks
from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.lines import rows
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

COLUMNS: Mapping[str, int] = {"sdn": 12, "alt": 5, "add": 6, "comments": 2}
_KINDS: Mapping[str, str] = {
    "individual": "individual",
    "vessel": "vessel",
    "aircraft": "aircraft",
    "": "entity",
    "entity": "entity",
}
ALIASES = frozenset({"aka", "fka", "nka"})
_NULL = "-0-"

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class _Remark:
    """What a row of the main file remarks about its party; it may go on in another file."""

    draft: Draft
    row: str
    text: str


def load(files: Mapping[str, bytes], list_id: str, form: str = "ofac-sdn", *, is_partial: bool = False) -> ListEdition:
    """Load a set by role: ``sdn`` is needed, ``alt``, ``add`` and ``comments`` may be missing, which the report says.

    With ``is_partial`` a set without its main file is loaded too, its parties known by their other names alone.
    Raises ListError for what is no such set, or for one cut off so that nothing could be read.
    """
    tally = Tally()
    if "sdn" not in files and not is_partial:
        raise ListError("the list has no SDN file")
    for role in COLUMNS:
        if role not in files:
            tally.missing(role)
    drafts = Drafts(tally)
    remarks = _parties(files["sdn"], drafts, tally) if "sdn" in files else _names_alone(files.get("alt", b""), drafts)
    tables = {role: _table(role, files.get(role, b""), drafts, tally) for role in ("alt", "add", "comments")}
    _join(drafts, tables, tally)
    _read(remarks, tables["comments"], tally)
    return edition_of(list_id, form, files, drafts, tally)


def _valid(role: str, data: bytes, tally: Tally) -> Iterator[Row]:
    """Yield rows of a table that begin with a number and are long enough; the others are refused."""
    for number, cells in rows(role, data, tally):
        plain = cells[0].strip()
        if number == 1 and not plain.isdecimal() and plain.replace("_", "").isalpha():
            tally.refuse(f"{role}:{number}", "header")
        elif len(cells) < COLUMNS[role] or not plain.isdecimal():
            tally.refuse(f"{role}:{number}", "malformed")
        else:
            if len(cells) > COLUMNS[role] and "".join(cells[COLUMNS[role] :]).strip():
                tally.unread(f"{role}:{number}", "more-cells-than-columns")
            yield number, cells


def _parties(data: bytes, drafts: Drafts, tally: Tally) -> dict[str, list[_Remark]]:
    remarks: dict[str, list[_Remark]] = {}
    for number, cells in _valid("sdn", data, tally):
        row, uid = f"sdn:{number}", cells[0].strip()
        name = _cell(cells[1])
        if not name:
            tally.refuse(row, "no-name")
            continue
        tally.parsed()
        draft = Draft(uid, "unknown", tally)
        draft.name(name, "primary", row)
        _details(draft, row, [_cell(cell) for cell in cells[2:11]], tally)
        remarks.setdefault(uid, []).append(_Remark(drafts.add(draft, row), row, _raw(cells[11])))
    return remarks


def _details(draft: Draft, row: str, cells: list[str], tally: Tally) -> None:
    """Read type, programmes, title, call sign, vessel type, tonnage, gross tonnage, flag and owner."""
    kind, programmes, _, call_sign, _, _, _, flag, _ = cells
    if kind.casefold() not in _KINDS:
        tally.unread(row, "kind-unknown", kind)
    draft.kind = _KINDS.get(kind.casefold(), "unknown")
    draft.programme(*programmes.split("] ["))
    draft.document("Call Sign", call_sign, row)
    draft.lives_in(flag, row)


def _table(role: str, data: bytes, drafts: Drafts, tally: Tally) -> dict[str, list[Row]]:
    """Return a table's rows by uid; one of a party that is not there, or another name that is none, is refused."""
    found: dict[str, list[Row]] = {}
    for number, cells in _valid(role, data, tally):
        uid = cells[0].strip()
        if not drafts.of(uid):
            tally.refuse(f"{role}:{number}", "uid-of-no-party")
        elif role == "alt" and not _cell(cells[3]):
            tally.refuse(f"{role}:{number}", "no-name")
        else:
            tally.parsed()
            found.setdefault(uid, []).append((number, cells))
    return found


def _names_alone(data: bytes, drafts: Drafts) -> dict[str, list[_Remark]]:
    """Put a party without a name for each uid of ALT that has one; its rows are counted when they are joined."""
    silent = Tally()
    uids = dict.fromkeys(cells[0].strip() for _, cells in _valid("alt", data, silent) if _cell(cells[3]))
    return {uid: [_Remark(drafts.under(uid, "unknown"), "", "")] for uid in uids}


def _join(drafts: Drafts, tables: Mapping[str, dict[str, list[Row]]], tally: Tally) -> None:
    """Put the other names and addresses of a number to every party that has it."""
    for uid, found in tables["alt"].items():
        for number, cells in found:
            if cells[2].strip() not in ALIASES:
                tally.unread(f"alt:{number}", "alias-type-unknown", cells[2].strip())
            for draft in drafts.of(uid):
                draft.name(_cell(cells[3]), "strong", f"alt:{number}")
    for uid, found in tables["add"].items():
        for number, cells in found:
            for draft in drafts.of(uid):
                draft.lives_in(_cell(cells[4]), f"add:{number}")


def _read(remarks: Mapping[str, list[_Remark]], comments: Mapping[str, list[Row]], tally: Tally) -> None:
    for uid, held in remarks.items():
        continued = [_raw(cells[1]) for _, cells in comments.get(uid, ())]
        for remark in held:
            cut = ofac_remarks.is_cut(remark.text, continued)
            ofac_remarks.read(ofac_remarks.whole(remark.text, continued), remark.draft, remark.row, tally, cut=cut)


def _cell(cell: str) -> str:
    plain = cell.strip()
    return "" if plain == _NULL else plain


def _raw(cell: str) -> str:
    """Return a cell as it is, for a word may have been cut at its end."""
    return "" if cell.strip() == _NULL else cell
