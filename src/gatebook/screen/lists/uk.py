"""The United Kingdom's lists: OFSI's ConList and the UK Sanctions List that took its place, both CSV.

The trap guarded against: a person under a travel ban alone read as blocked. The newer list says for each party what
is imposed, and only an asset freeze blocks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gatebook.errors import ListError
from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.lines import Columns, long_rows
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

_BOTH = {
    **{f"name {number}": f"name{number}" for number in range(1, 7)},
    "title": "title",
    "name non-latin script": "native",
    "non-latin script type": "script",
    "non-latin script language": "language",
    "passport number": "passport",
    "position": "position",
    "other information": "other",
    "last updated": "updated",
    "town of birth": "born_town",
    "country of birth": "born_country",
}
_CONLIST = {
    **_BOTH,
    **{f"address {number}": f"address{number}" for number in range(1, 7)},
    "dob": "born",
    "nationality": "nationality",
    "passport details": "passport_details",
    "national identification number": "national_number",
    "national identification details": "national_details",
    "post/zip code": "postcode",
    "country": "country",
    "group type": "kind",
    "alias type": "name_type",
    "alias quality": "strength",
    "regime": "programme",
    "listed on": "listed",
    "uk sanctions list date designated": "designated",
    "group id": "id",
}
_SANCTIONS = {
    **_BOTH,
    **{f"address line {number}": f"address{number}" for number in range(1, 7)},
    "unique id": "id",
    "ofsi group id": "group_id",
    "un reference number": "un_number",
    "name type": "name_type",
    "alias strength": "strength",
    "regime name": "programme",
    "designation type": "kind",
    "individual, entity, ship": "kind",
    "designation source": "designated_by",
    "sanctions imposed": "imposed",
    "uk statement of reasons": "reasons",
    "address postal code": "postcode",
    "address country": "country",
    "phone number": "phone",
    "website": "website",
    "email address": "email",
    "date designated": "designated",
    "d.o.b": "born",
    "nationality(/ies)": "nationality",
    "national identifier number": "national_number",
    "national identifier additional information": "national_details",
    "passport additional information": "passport_details",
    "gender": "gender",
    "type of entity": "entity_type",
    "subsidiaries": "subsidiaries",
    "parent company": "parent",
    "business registration number (s)": "registration",
    "imo number": "imo",
    "current owner/operator (s)": "owner",
    "previous owner/operator (s)": "previous_owner",
    "current believed flag of ship": "flag",
    "previous flags": "previous_flags",
    "type of ship": "ship_type",
    "tonnage of ship": "tonnage",
    "length of ship": "length",
    "year built": "built",
    "hull identification number (hin)": "hull",
}
FORMS: Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]] = {
    "uk-conlist": (_CONLIST, ("name6", "name1", "kind", "id")),
    "uk-sanctions": (_SANCTIONS, ("name6", "name1", "kind", "id", "imposed")),
}
_KINDS = {"individual": "individual", "entity": "entity", "ship": "vessel"}
_SCRIPTS = {
    "arabic": "Arab",
    "cyrillic": "Cyrl",
    "chinese": "Hani",
    "hebrew": "Hebr",
    "hangul": "Hang",
    "latin": "Latn",
}
_LANGUAGES = {
    "arabic": "ar",
    "belarusian": "be",
    "burmese": "my",
    "chinese": "zh",
    "dari": "fa",
    "farsi": "fa",
    "hebrew": "he",
    "korean": "ko",
    "pashto": "ps",
    "persian": "fa",
    "russian": "ru",
    "ukrainian": "uk",
    "urdu": "ur",
}
_MANY = re.compile(r"(?:^|\s)\(\d{1,2}\)\s*|\s*\|\s*")
_GENDER = re.compile(r"\(Gender\): ?(\w+)")
_IMO = re.compile(r"\(IMO number\): ?(\d{7})")
_PUBLISHED = re.compile(r"(\d{2})[/-](\d{2}|[A-Za-z]{3})[/-](\d{4})")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905  words in a line


def load(files: Mapping[str, bytes], list_id: str, form: str) -> ListEdition:
    """Load the file under the role ``list`` in one of the ``FORMS``. Raises ListError for what is no such list."""
    tally = Tally()
    known, needed = FORMS[form]
    columns: Columns | None = None
    drafts = Drafts(tally)
    published = ""
    for number, cells in long_rows("uk", files["list"], tally):
        row = f"uk:{number}"
        if columns is None and is_title(cells):
            published = _day(" ".join(cells))
            tally.refuse(row, "title-line")
        elif columns is None:
            columns = Columns("uk", cells, known, needed, tally)
            tally.refuse(row, "header")
        elif len(cells) != columns.width:
            tally.refuse(row, "malformed")
        else:
            _take(columns.read(cells), row, drafts, tally)
    if columns is None:
        raise ListError("the list has no header")
    return edition_of(list_id, form, files, drafts, tally, published)


def is_title(cells: Sequence[str]) -> bool:
    """Return whether a row is the line with the day above the header."""
    return cells[0].startswith(("Last Updated", "Report Date")) and not "".join(cells[2:]).strip()


def _day(title: str) -> str:
    found = _PUBLISHED.search(title)
    if not found:
        return ""
    word = found[2].lower()
    month = f"{_MONTHS.index(word) + 1:02d}" if word in _MONTHS else word
    return f"{found[3]}-{month}-{found[1]}"


def _take(cells: Mapping[str, str], row: str, drafts: Drafts, tally: Tally) -> None:
    name = " ".join(cells.get(f"name{number}", "") for number in (1, 2, 3, 4, 5, 6)).strip()
    native = cells.get("native", "")
    if not cells["id"] or not (name or native):
        tally.refuse(row, "no-name" if cells["id"] else "no-id")
        return
    tally.parsed()
    draft = drafts.under(cells["id"], _KINDS.get(cells["kind"].casefold(), "unknown"))
    quality = _quality(cells.get("name_type", ""), cells.get("strength", ""))
    draft.name(name, quality, row)
    script = cells.get("script", "").casefold().removesuffix(" script")
    language = cells.get("language", "").casefold()
    draft.name(
        native, "weak" if quality == "weak" else "strong", row, _SCRIPTS.get(script, ""), _LANGUAGES.get(language, "")
    )
    draft.programme(cells.get("programme", ""))
    if "imposed" in cells:
        draft.is_blocking = bool(draft.is_blocking) or "asset freeze" in cells["imposed"].casefold()
    _details(cells, draft, row)


def _quality(name_type: str, strength: str) -> str:
    if strength.casefold().startswith("low"):
        return "weak"
    return "primary" if name_type.casefold() == "primary name" else "strong"


def _details(cells: Mapping[str, str], draft: Draft, row: str) -> None:
    for born in many(cells.get("born", "")):
        draft.born(born, row, day_first=True)
    for country in many(cells.get("nationality", "")):
        draft.national_of(country, row)
    for field in ("country", "flag", "previous_flags"):
        for country in many(cells.get(field, "")):
            draft.lives_in(country, row)
    for field, kind in (
        ("passport", "Passport"),
        ("national_number", "National ID"),
        ("registration", "Registration Number"),
        ("imo", "IMO"),
        ("hull", "Hull Identification Number"),
    ):
        for number in many(cells.get(field, "")):
            draft.document(kind, number, row)
    other = cells.get("other", "")
    draft.sex(cells.get("gender", "") or (found[1] if (found := _GENDER.search(other)) else ""))
    for number in _IMO.findall(other):
        draft.document("IMO", number, row)


def many(cell: str) -> list[str]:
    """Return the parts of a cell that numbers several as ``(1) ... (2) ...`` or keeps them apart with a bar."""
    return [part for piece in _MANY.split(cell) if (part := piece.strip())]
