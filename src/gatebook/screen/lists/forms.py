"""Which form a file has, from its name and from what is in it.

The trap guarded against: a list taken for another because one of the two happened to fit. Name and content must
agree, and what fits nothing is refused by name.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from gatebook.screen.lists import csl, eu, ftm, ofac_csv, own
from gatebook.screen.lists.entries import Head, head
from gatebook.screen.lists.lines import LONGEST_CELL, column, is_end_of_file, text_of

_OFAC_WORDS = (("comments", ("comment",)), ("alt", ("alt",)), ("add", ("add",)), ("sdn", ("sdn", "prim")))
_NOT_THE_SET = re.compile(r"sdn|cons|comments?|alt|add|prim(?:ary)?")
_SLUG = re.compile(r"[^a-z0-9]+")
_JSON_HEAD = re.compile(r'\s*\{[^{}\[\]]*"(?:results|sources_used|total|sources)"')


#: forms of several files
SETS = frozenset({"ofac-sdn", "ofac-non-sdn"})
Found = tuple[str, str]  # the form's name and the file's role


@dataclass(frozen=True, slots=True)
class Form:
    """A form a file was found to have: its name, the file's role in its set, and what tells sets apart.

    ``key`` is the file's whole name, for a table of a set without the word that says which table it is. ``stem`` is
    the same for people, without its ending.
    """

    name: str
    role: str
    key: str
    stem: str


#: columns of a header -> form; the first whose columns are all there is it
_HEADERS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("csl", "csv", frozenset(csl.NEEDED)),
    ("uk-sanctions", "list", frozenset({"unique id", "name 6", "sanctions imposed"})),
    ("uk-conlist", "list", frozenset({"group id", "name 6", "group type"})),
    ("bis-dpl", "list", frozenset({"name", "effective_date", "expiration_date", "fr_citation"})),
    ("wallets", "list", frozenset({"asset", "address"})),
    ("wallets", "list", frozenset({"asset", "address_lowercased"})),
    ("own", "list", frozenset(own.NEEDED)),
)
_DELIMITED, _DOCUMENTS, _LINES = (
    frozenset({"csv", "txt", "tsv"}),
    frozenset({"xml"}),
    frozenset({"json", "jsonl", "ndjson"}),
)


def form_of(name: str, data: bytes) -> Form | None:
    """Return the form of a file whose name and content agree on one, or None.

    Raises ListError for hostile XML, and for text in no encoding that can be told.
    """
    plain = name.lower()
    stem, _, ending = plain.rpartition(".")
    found: Found | None = None
    if ending in _DOCUMENTS:
        first = head(data)
        found = _document(first, stem) if first else None
    elif ending in _LINES | _DELIMITED:
        text = text_of(name, data)
        found = _json(text) if ending in _LINES else _delimited(text, stem)
    if found is None:
        return None
    form, role = found
    if form in SETS:
        stem = _SLUG.sub("-", _NOT_THE_SET.sub("", stem)).strip("-")
        plain = f"{stem}.{ending}"
    return Form(form, role, plain, stem)


def _document(first: Head, stem: str) -> Found | None:
    is_rest = "cons" in stem
    roots = {
        "sdnList": ("ofac-non-sdn-xml" if is_rest else "ofac-sdn-xml", "xml"),
        "CONSOLIDATED_LIST": ("un", "list"),
        "export": ("eu-fsf", "list"),
        "Sanctions": ("ofac-non-sdn-advanced" if is_rest else "ofac-advanced", "xml"),
    }
    known = first.tag != "export" or first.namespace == eu.NAMESPACE
    return roots.get(first.tag) if known else None


def _json(text: str) -> Found | None:
    if ftm.looks_like(text):
        return "ftm", "list"
    return ("csl", "json") if _JSON_HEAD.match(text[:4096]) else None


def _delimited(text: str, stem: str) -> Found | None:
    """An OFAC table first, for carriers put headers above them that look like another's."""
    ofac = _ofac(text, stem)
    if ofac:
        return ofac
    for delimiter in (",", "\t"):
        for cells in _first_rows(text, delimiter):
            columns = {column(cell) for cell in cells}
            for form, role, needed in _HEADERS:
                own_enough = form != "own" or len(columns & own.COLUMNS.keys()) * 2 > len(columns)
                if needed <= columns and own_enough and (form == "bis-dpl") == (delimiter == "\t"):
                    return form, role
    return None


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the first two rows that are not empty; above a header there may be a title."""
    lines = [line for line in text[:65_536].splitlines()[:6] if line.strip()][:2]
    csv.field_size_limit(LONGEST_CELL)
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return []


def _ofac(text: str, stem: str) -> Found | None:
    """Recognise one table of OFAC's sets, which have no header: by its name, and by the shape of its rows."""
    role = next((role for role, words in _OFAC_WORDS if any(word in stem for word in words)), "")
    if not role:
        return None
    rows = [cells for cells in _first_rows(text, ",") if cells and not is_end_of_file(cells)]
    fits = any(_has_shape(role, cells) for cells in rows) or (role != "sdn" and not rows)
    return ("ofac-non-sdn" if "cons" in stem else "ofac-sdn", role) if fits else None


def _has_shape(role: str, cells: list[str]) -> bool:
    if len(cells) < ofac_csv.COLUMNS[role] or not cells[0].strip().isdecimal():
        return False
    if role in {"alt", "add"} and not cells[1].strip().isdecimal():
        return False
    return role != "alt" or cells[2].strip() in ofac_csv.ALIASES
