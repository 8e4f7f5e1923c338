"""Which form a file has, from its name and from what is in it, and the loading of whole sets.

The trap guarded against: a list taken for another because one of the two happened to fit. Name and content must
agree, and what fits nothing is refused by name.
"""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gatebook.errors import ListError
from gatebook.screen.lists import (
    addresses,
    bis,
    csl,
    eu,
    ftm,
    ofac_advanced,
    ofac_csv,
    ofac_xml,
    own,
    uk,
    un,
)
from gatebook.screen.lists.edition import NOTE, with_note
from gatebook.screen.lists.entries import Head, head
from gatebook.screen.lists.lines import column, is_end_of_file, text_of
from gatebook.screen.party import ListEdition

_MOST_UNPACKED = 1024 * 1024 * 1024
_OFAC_WORDS = (("comments", ("comment",)), ("alt", ("alt",)), ("add", ("add",)), ("sdn", ("sdn", "prim")))
_NOT_THE_SET = re.compile(r"sdn|cons|comments?|alt|add|prim(?:ary)?")
_SLUG = re.compile(r"[^a-z0-9]+")
_JSON_HEAD = re.compile(r'\s*\{[^{}\[\]]*"(?:results|sources_used|total|sources)"')


@dataclass(frozen=True, slots=True)
class Form:
    """A form a file was found to have: its name, the file's role in its set, and what tells sets apart."""

    name: str
    role: str
    key: str


Loader = Callable[[Mapping[str, bytes], str], ListEdition]
_LOADERS: Mapping[str, Loader] = {
    "ofac-sdn": ofac_csv.load,
    "ofac-non-sdn": lambda files, list_id: ofac_csv.load(files, list_id, "ofac-non-sdn"),
    "ofac-sdn-xml": ofac_xml.load,
    "ofac-non-sdn-xml": lambda files, list_id: ofac_xml.load(files, list_id, "ofac-non-sdn-xml"),
    "ofac-advanced": ofac_advanced.load,
    "ofac-non-sdn-advanced": lambda files, list_id: ofac_advanced.load(files, list_id, "ofac-non-sdn-advanced"),
    "csl": csl.load,
    "bis-dpl": bis.load,
    "eu-fsf": eu.load,
    "un": un.load,
    "uk-conlist": lambda files, list_id: uk.load(files, list_id, "uk-conlist"),
    "uk-sanctions": lambda files, list_id: uk.load(files, list_id, "uk-sanctions"),
    "ftm": ftm.load,
    "own": own.load,
    "wallets": addresses.load,
}
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


def unpacked(name: str, data: bytes) -> tuple[str, bytes]:
    """Return a file without its gzip, bounded. Raises ListError for one that is damaged or grows without end."""
    if not name.lower().endswith(".gz"):
        return name, data
    packed = zlib.decompressobj(wbits=31)
    try:
        plain = packed.decompress(data, _MOST_UNPACKED)
    except zlib.error:
        raise ListError(f"the file {name} is a damaged gzip") from None
    if not packed.eof:
        raise ListError(f"the file {name} is cut off, or unpacks to more than {_MOST_UNPACKED // 2**20} MiB")
    return name[:-3], plain


def form_of(name: str, data: bytes) -> Form | None:
    """Return the form of a file whose name and content agree on one, or None. Raises ListError for hostile XML."""
    stem, _, ending = name.rpartition("/")[2].lower().rpartition(".")
    key = _SLUG.sub("-", _NOT_THE_SET.sub("", stem)).strip("-")
    if ending in _DOCUMENTS:
        first = head(data)
        return _document(first, stem) if first else None
    try:
        text = text_of(name, data)
    except ListError:
        return None
    if ending in _LINES:
        return _json(text, stem)
    return _delimited(text, stem, key) if ending in _DELIMITED else None


def _document(first: Head, stem: str) -> Form | None:
    is_rest = "cons" in stem
    roots = {
        "sdnList": Form("ofac-non-sdn-xml" if is_rest else "ofac-sdn-xml", "xml", stem),
        "CONSOLIDATED_LIST": Form("un", "list", stem),
        "export": Form("eu-fsf", "list", stem),
        "Sanctions": Form("ofac-non-sdn-advanced" if is_rest else "ofac-advanced", "xml", stem),
    }
    known = first.tag != "export" or first.namespace == eu.NAMESPACE
    return roots.get(first.tag) if known else None


def _json(text: str, stem: str) -> Form | None:
    line = text.lstrip("\n").partition("\n")[0]
    if ftm.looks_like(line):
        return Form("ftm", "list", stem)
    return Form("csl", "json", stem) if _JSON_HEAD.match(text[:4096]) else None


def _delimited(text: str, stem: str, key: str) -> Form | None:
    """An OFAC table first, for carriers put headers above them that look like another's."""
    ofac = _ofac(text, stem, key)
    if ofac:
        return ofac
    for delimiter in (",", "\t"):
        for cells in _first_rows(text, delimiter):
            columns = {column(cell) for cell in cells}
            for form, role, needed in _HEADERS:
                own_enough = form != "own" or len(columns & own.COLUMNS.keys()) * 2 > len(columns)
                if needed <= columns and own_enough and (form == "bis-dpl") == (delimiter == "\t"):
                    return Form(form, role, stem)
    return None


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the first two rows that are not empty; above a header there may be a title."""
    lines = [line for line in text[:65_536].splitlines()[:6] if line.strip()][:2]
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return []


def _ofac(text: str, stem: str, key: str) -> Form | None:
    """Recognise one table of OFAC's sets, which have no header: by its name, and by the shape of its rows."""
    role = next((role for role, words in _OFAC_WORDS if any(word in stem for word in words)), "")
    if not role:
        return None
    rows = [cells for cells in _first_rows(text, ",") if cells and not is_end_of_file(cells)]
    fits = any(_has_shape(role, cells) for cells in rows) or (role != "sdn" and not rows)
    return Form("ofac-non-sdn" if "cons" in stem else "ofac-sdn", role, key) if fits else None


def _has_shape(role: str, cells: list[str]) -> bool:
    if len(cells) < ofac_csv.COLUMNS[role] or not cells[0].strip().isdecimal():
        return False
    if role in {"alt", "add"} and not cells[1].strip().isdecimal():
        return False
    return role != "alt" or cells[2].strip() in ofac_csv.ALIASES


def load_files(files: Mapping[str, bytes], list_id: str, *, is_blocking: bool | None = None) -> ListEdition:
    """Load the files of one list: detected, read, every row accounted for.

    ``list.toml`` among them is the operator's note; ``is_blocking`` overrides it. A file of no known form beside the
    others is named in the report. Raises ListError when nothing is known, when files of two lists are mixed, or when
    two files have one role.
    """
    plain = dict(unpacked(name, data) for name, data in files.items() if name.rpartition("/")[2] != NOTE)
    note = next((data for name, data in files.items() if name.rpartition("/")[2] == NOTE), None)
    found = {name: form_of(name, data) for name, data in plain.items()}
    forms = sorted({form.name for form in found.values() if form})
    if not forms:
        raise ListError("no file of a known list form was given; name and content must agree on one")
    if len(forms) > 1:
        raise ListError(f"the files are of several lists ({', '.join(forms)}); give one list at a time")
    roles: dict[str, bytes] = {}
    for name, form in found.items():
        if form and form.role in roles:
            raise ListError(f"two files are the {form.role} file of one list; give one")
        if form:
            roles[form.role] = plain[name]
    strangers = tuple((name, "file-of-no-known-form") for name, form in found.items() if not form)
    return _noted(_LOADERS[forms[0]](roles, list_id), note, strangers, is_blocking)


def _noted(
    edition: ListEdition, note: bytes | None, strangers: tuple[tuple[str, str], ...], is_blocking: bool | None
) -> ListEdition:
    if strangers:
        edition = replace(edition, report=replace(edition.report, unread=edition.report.unread + strangers))
    return with_note(edition, note, is_blocking=is_blocking)


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder of files held: its lists, and the files that could not be read, with the reason."""

    editions: tuple[ListEdition, ...]
    refused: tuple[tuple[str, str], ...]


def load_folder(files: Mapping[str, bytes]) -> Folder:
    """Load every list among files of several lists and of several days.

    OFAC tables belong together when their names agree but for the table. Tables whose main file is not there are
    loaded by their other names, and the report of that edition says so.
    """
    sets: dict[tuple[str, str], dict[str, bytes]] = {}
    refused: list[tuple[str, str]] = []
    for name, data in sorted(files.items()):
        try:
            plain_name, plain = unpacked(name, data)
            form = form_of(plain_name, plain)
        except ListError as error:
            refused.append((name, error.message))
            continue
        if form is None:
            refused.append((name, "of no known form"))
        else:
            sets.setdefault((form.name, form.key), {})[form.role] = plain
    editions = []
    for (form_name, key), roles in sets.items():
        list_id = (_SLUG.sub("-", f"{form_name}-{key}").strip("-"))[:40].rstrip("-")
        try:
            if form_name in {"ofac-sdn", "ofac-non-sdn"} and "sdn" not in roles:
                editions.append(ofac_csv.load(roles, list_id, form_name, is_partial=True))
            else:
                editions.append(_LOADERS[form_name](roles, list_id))
        except ListError as error:
            refused.append((list_id, error.message))
    return Folder(tuple(editions), tuple(refused))
