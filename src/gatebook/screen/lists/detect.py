"""From files to editions: of one list, or of a whole folder of lists and days.

The trap guarded against: two files of which one silently takes the other's place. Where two claim one part of a list,
that is said and neither is guessed to be meant.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
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
from gatebook.screen.lists.forms import SETS, Form, form_of
from gatebook.screen.party import ListEdition

_MOST_UNPACKED = 1024 * 1024 * 1024
_LONGEST_ID, _SHORT_DIGEST = 40, 8
_SLUG = re.compile(r"[^a-z0-9]+")
_FOLDERS = re.compile(r"[/\\]")

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


def unpacked(name: str, data: bytes) -> tuple[str, bytes]:
    """Return a file without its gzip, all members of it, bounded.

    Raises ListError for one that is damaged, holds something else behind it, or grows without end.
    """
    if not name.lower().endswith(".gz"):
        return name, data
    try:
        plain = gzip.GzipFile(fileobj=io.BytesIO(data)).read(_MOST_UNPACKED + 1)
    except gzip.BadGzipFile:
        raise ListError(f"the file {name} is a damaged gzip, or holds something else behind it") from None
    except (EOFError, zlib.error):
        raise ListError(f"the file {name} is a gzip that is damaged or cut off") from None
    if not data or len(plain) > _MOST_UNPACKED:
        raise ListError(f"the file {name} is empty, or unpacks to more than {_MOST_UNPACKED // 2**20} MiB")
    return name[:-3], plain


def load_files(files: Mapping[str, bytes], list_id: str, *, is_blocking: bool | None = None) -> ListEdition:
    """Load the files of one list: detected, read, every row accounted for.

    ``list.toml`` among them is the operator's note; ``is_blocking`` overrides it. A file of no known form beside the
    others is named in the report. Raises ListError when nothing is known, when files of two lists are mixed, or when
    two files have one role.
    """
    note: bytes | None = None
    known: dict[str, tuple[Form, bytes]] = {}
    strangers: dict[str, str] = {}
    for name, data in files.items():
        if _parts(name)[1] == NOTE:
            note = data
            continue
        plain_name, plain = unpacked(name, data)
        form, fault = _recognised(_parts(plain_name)[1], plain)
        if form:
            known[name] = (form, plain)
        else:
            strangers[name] = fault
    forms = sorted({form.name for form, _ in known.values()})
    if not forms:
        said = next((fault for fault in strangers.values() if fault), "")
        raise ListError(said or "no file of a known list form was given; name and content must agree on one")
    if len(forms) > 1:
        raise ListError(f"the files are of several lists ({', '.join(forms)}); give one list at a time")
    edition = _LOADERS[forms[0]](_roles(known), list_id)
    unread = tuple((name, "file-of-no-known-form") for name in strangers)
    if unread:
        edition = replace(edition, report=replace(edition.report, unread=edition.report.unread + unread))
    return with_note(edition, note, is_blocking=is_blocking)


def _parts(name: str) -> tuple[str, str]:
    """Return the folder a file lies in, and its name there."""
    *folder, own_name = _FOLDERS.split(name)
    return "/".join(folder), own_name


def _recognised(name: str, data: bytes) -> tuple[Form | None, str]:
    """Return a file's form, or None and why it cannot be read where that can be told."""
    try:
        return form_of(name, data), ""
    except ListError as error:
        return None, error.message


def _roles(known: Mapping[str, tuple[Form, bytes]]) -> dict[str, bytes]:
    """Return files by what part of the list they are. Raises ListError when two are the same part."""
    roles: dict[str, bytes] = {}
    for form, data in known.values():
        if form.role in roles:
            raise ListError(f"two files are the {form.role} file of one list; give one")
        roles[form.role] = data
    return roles


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder of files held: its lists, and the files that could not be read, with the reason."""

    editions: tuple[ListEdition, ...]
    refused: tuple[tuple[str, str], ...]


def load_folder(files: Mapping[str, bytes]) -> Folder:
    """Load every list among files of several lists and of several days, in folders or not.

    OFAC tables belong together when they lie in one folder and their names agree but for the table. Tables whose main
    file is not there are loaded by their other names, and the report of that edition says so.
    """
    refused: list[tuple[str, str]] = []
    loaded: dict[str, ListEdition] = {}
    for known in _sets(files, refused).values():
        try:
            loaded[", ".join(known)] = _load_set(known)
        except ListError as error:
            refused.append((", ".join(known), error.message))
    return Folder(tuple(_told_apart(loaded, refused)), tuple(refused))


def _sets(
    files: Mapping[str, bytes], refused: list[tuple[str, str]]
) -> dict[tuple[str, str, str], dict[str, tuple[Form, bytes]]]:
    """Return the files that belong together: of one folder, one form and one name but for the table."""
    sets: dict[tuple[str, str, str], dict[str, tuple[Form, bytes]]] = defaultdict(dict)
    for name, data in sorted(files.items()):
        try:
            plain_name, plain = unpacked(name, data)
            form = form_of(_parts(plain_name)[1], plain)
        except ListError as error:
            refused.append((name, error.message))
            continue
        if form:
            sets[_parts(name)[0], form.name, form.key][name] = (form, plain)
        else:
            refused.append((name, "of no known form"))
    return sets


def _load_set(known: Mapping[str, tuple[Form, bytes]]) -> ListEdition:
    roles = _roles(known)
    form = next(iter(known.values()))[0]
    list_id = _SLUG.sub("-", f"{form.name}-{form.stem}").strip("-")[:_LONGEST_ID].rstrip("-")
    if form.name in SETS and "sdn" not in roles:
        return ofac_csv.load(roles, list_id, form.name, is_partial=True)
    return _LOADERS[form.name](roles, list_id)


def _told_apart(loaded: Mapping[str, ListEdition], refused: list[tuple[str, str]]) -> Iterator[ListEdition]:
    """Yield editions, those of one name with a piece of their digest; the very same list once more is refused."""
    uses = Counter(edition.list_id for edition in loaded.values())
    seen: dict[tuple[str, str], str] = {}
    for names, edition in loaded.items():
        same = seen.setdefault((edition.form, edition.digest), names)
        if same != names:
            refused.append((names, f"the same list as {same}"))
        elif uses[edition.list_id] > 1:
            stem = edition.list_id[: _LONGEST_ID - _SHORT_DIGEST - 1].rstrip("-")
            yield replace(edition, list_id=f"{stem}-{edition.digest[:_SHORT_DIGEST]}")
        else:
            yield edition
