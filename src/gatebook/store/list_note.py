"""The note beside a list's editions: which is compared with, which were before it, and what was counted of each.

The trap guarded against: a note that names a folder elsewhere. What is no digest is no note.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatebook import canonical
from gatebook.errors import InvalidInput, ListError
from gatebook.screen.party import KeptEdition
from gatebook.screen.successor import Measures
from gatebook.store.files import write_durably

NOTE = "current.json"
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Noted:
    """An edition as the note has it; ``measures`` is None where the note was written before they were taken."""

    kept: KeptEdition
    measures: Measures | None


def read_note(path: Path) -> tuple[Noted, ...]:
    """Return the editions a note names, the current one last. Raises ListError for a note that is not one."""
    try:
        note = canonical.decode(path.read_bytes())
        if isinstance(note, dict):
            history = note.get("history") or [note]  # notes were once written without it
            noted = [Noted(_kept(one, note["digest"]), _measures(one)) for one in history]
            if noted[-1].kept.is_current:
                return tuple(noted)
    except (OSError, InvalidInput, LookupError, TypeError, ValueError):
        pass
    raise ListError("the note of which list edition is current cannot be read; load the list again, confirmed")


def write_note(path: Path, noted: Sequence[Noted]) -> None:
    """Replace the note whole; the last edition is the current one, and stands above the history too."""
    history = [_plain(one) for one in noted]
    write_durably(path, json.dumps({**history[-1], "history": history}).encode())


def _plain(noted: Noted) -> dict[str, Any]:
    kept, measures = noted.kept, noted.measures
    plain = {"digest": kept.digest, "fetched_at": canonical.instant(kept.fetched_at), "parties": kept.parties}
    if measures is None:
        return plain
    told = {"form": measures.form, "published_on": measures.published_on, "missing": list(measures.missing)}
    return {**plain, "counts": dict(measures.counts), **told}


def _kept(plain: Mapping[str, Any], current: str) -> KeptEdition:
    digest, parties = plain["digest"], plain.get("parties")
    if not _DIGEST.fullmatch(digest):
        raise ValueError  # read_note says it in words
    count = parties if isinstance(parties, int) else None
    return KeptEdition(digest, canonical.parse_instant(plain["fetched_at"]), count, is_current=digest == current)


def _measures(plain: Mapping[str, Any]) -> Measures | None:
    counts = plain.get("counts")
    if not isinstance(counts, dict) or not all(type(count) is int for count in counts.values()):
        return None
    form, published_on, missing = plain["form"], plain["published_on"], plain["missing"]
    if not (isinstance(form, str) and isinstance(published_on, str) and isinstance(missing, list)):
        raise TypeError  # as above
    return Measures(counts, form, published_on, tuple(map(str, missing)))
