"""From parties to an edition: the digest of the files, what the list blocks, and the operator's word on both.

The trap guarded against: "is on a list" read as "is blocked". Whether a list blocks is data about the list, with the
operator's override beside it.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from gatebook.errors import ListError
from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

NOTE = "list.toml"
#: form -> whether dealings with its parties are blocked where no row says otherwise, and why
BLOCKS: Mapping[str, tuple[bool, str]] = {
    "ofac-sdn": (True, "31 CFR chapter V: property of persons on the SDN list is blocked"),
    "ofac-sdn-xml": (True, "31 CFR chapter V: property of persons on the SDN list is blocked"),
    "ofac-advanced": (True, "31 CFR chapter V: property of persons on the SDN list is blocked"),
    "ofac-non-sdn": (False, "sectoral, correspondent and investment limits short of blocking"),
    "ofac-non-sdn-xml": (False, "sectoral, correspondent and investment limits short of blocking"),
    "ofac-non-sdn-advanced": (False, "sectoral, correspondent and investment limits short of blocking"),
    "csl": (False, "a finding aid; its rows of the SDN list say themselves that they block"),
    "bis-dpl": (False, "15 CFR 764: export privileges are denied; property is not blocked"),
    "eu-fsf": (True, "asset freeze and no funds made available, for houses in the Union"),
    "un": (True, "asset freeze under the resolution of the list, as the house's state carries it out"),
    "uk-conlist": (True, "asset freeze, for houses in the United Kingdom"),
    "uk-sanctions": (False, "only rows that impose an asset freeze, and these say so"),
    "ftm": (False, "only entities whose topics say sanction, and these say so"),
    "own": (False, "the operator's own; a measure or the note beside the list says what follows"),
    "wallets": (True, "addresses of persons on the SDN list"),
}


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return the digest of files by role, the same in whatever order they come."""
    parts = [f"{role} {hashlib.sha256(data).hexdigest()}\n" for role, data in sorted(files.items())]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def edition_of(
    list_id: str,
    form: str,
    files: Mapping[str, bytes],
    drafts: Drafts,
    tally: Tally,
    published_on: str = "",
) -> ListEdition:
    """Make the edition. Raises ListError when it has no party, or when a row got lost."""
    parties = tuple(draft.party() for draft in drafts if draft.has_names)
    report = tally.report()
    if not parties:
        raise ListError("the list holds no party; it may be cut off, or be another list")
    return ListEdition(
        list_id, digest_of(files), parties, report, BLOCKS[form][0], None, form, _day(published_on), None
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat() if text else ""
    except ValueError:
        return ""


def with_note(edition: ListEdition, note: bytes | None, *, is_blocking: bool | None = None) -> ListEdition:
    """Apply the operator's word: ``list.toml`` with ``is_blocking`` and ``max_age_days``, then the argument.

    The note is part of the edition's digest, so that what was decided under it can be replayed. An override of the
    whole list silences what its rows say. Raises ListError for a note that cannot be read or says anything else.
    """
    if note is not None:
        said = _read(note)
        digest = hashlib.sha256(f"{edition.digest} {hashlib.sha256(note).hexdigest()}".encode()).hexdigest()
        edition = replace(edition, digest=digest, max_age_days=said.get("max_age_days"))
        is_blocking = said.get("is_blocking") if is_blocking is None else is_blocking
    if is_blocking is None:
        return edition
    parties = tuple(p if p.is_blocking is None else replace(p, is_blocking=None) for p in edition.parties)
    return replace(edition, is_blocking=is_blocking, parties=parties)


def _read(note: bytes) -> dict[str, Any]:
    try:
        said = tomllib.loads(note.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        raise ListError(f"{NOTE} beside the list is no TOML") from None
    kinds = {"is_blocking": bool, "max_age_days": int}
    wrong = [key for key, value in said.items() if key not in kinds or type(value) is not kinds[key]]
    if wrong or said.get("max_age_days", 1) < 1:
        raise ListError(f"{NOTE} beside the list may hold is_blocking (true or false) and max_age_days (1 or more)")
    return said
