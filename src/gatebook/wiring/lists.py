"""Lists: fetched from their publishers or read from files, kept, and entered.

The trap guarded against: a list that was kept and never entered, or entered and not kept.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from gatebook.errors import FieldProblem, InvalidInput, ListError, NotFound
from gatebook.outside.list_feeds import FEEDS, fetch
from gatebook.procedures.house import Operator
from gatebook.procedures.keep_house import note_list
from gatebook.procedures.permit import permit
from gatebook.screen.lists.detect import Folder, load_folder
from gatebook.screen.lists.edition import NOTE, with_note
from gatebook.screen.lists.forms import form_of
from gatebook.screen.party import ListEdition
from gatebook.wiring.premises import Premises


def update_list(
    premises: Premises, operator: Operator, list_id: str, progress: Callable[[str, int], None], *, confirmed: bool
) -> ListEdition:
    """Fetch a list from its publisher, keep it, and enter it; on any failure the old edition stays."""
    permit(premises.house, operator, "admin", "update-list")  # before anything is fetched or kept
    feeds = {**FEEDS, **premises.settings.feeds}
    if list_id not in feeds:
        raise NotFound(f"no publisher's address is known for this list; there are {', '.join(feeds)}")
    files = fetch(feeds[list_id], premises.client, progress)
    return load_list(premises, operator, list_id, files, confirmed=confirmed)


def load_list(
    premises: Premises, operator: Operator, list_id: str, files: Mapping[str, bytes], *, confirmed: bool
) -> ListEdition:
    """Keep a list edition of these files, and enter it; on any failure the old edition stays."""
    permit(premises.house, operator, "admin", "load-list")
    edition = premises.shelf.put(list_id, files, premises.now(), confirmed=confirmed)
    note_list(premises.house, operator, list_id, edition.digest, len(edition.parties), len(edition.report.refused))
    return edition


def sample_list() -> dict[str, bytes]:
    """Return the small invented list that is shipped for offline use."""
    folder = importlib.resources.files("gatebook.screen") / "sample"
    return {item.name: item.read_bytes() for item in folder.iterdir() if item.name.endswith(".CSV")}


def lists_in(folder: Path, customers: Path | None = None, out: Path | None = None) -> Folder:
    """Load every list in a folder, whatever known form it has; ``list.toml`` is the word on the one list beside it.

    The customers' own file is no list, wherever it lies, nor is what was written of them before. Raises InvalidInput
    where writing to ``out`` would replace a list, ListError for a note that cannot be read.
    """
    from gatebook.outside.tables import list_files  # noqa: PLC0415  Arrow is a sixth of the time to start

    written = (out, out.with_name(f"{out.name}.refused.csv")) if out else ()
    for path in written:
        if path.resolve().is_relative_to(folder.resolve()):
            _refuse_a_list(path)
    own = (customers,) if customers else ()
    files = list_files(folder, (*own, *written))
    notes = {name: files.pop(name) for name in tuple(files) if name.rpartition("/")[2] == NOTE}
    found = load_folder(files)
    for name, note in notes.items():
        found = _with_note(found, files, name, note)
    is_inside = customers is not None and customers.resolve().is_relative_to(folder.resolve())
    said = ((str(customers), "it is the file of the customers"),) if is_inside else ()
    return replace(found, refused=(*said, *found.refused))


def _refuse_a_list(out: Path) -> None:
    try:
        is_list = out.is_file() and bool(form_of(out.name, out.read_bytes()))
    except (OSError, ListError):
        return
    if is_list:
        reason = "it is a list; give another file to write"
        raise InvalidInput(f"{out.name} cannot be written", (FieldProblem("", "unwritable", reason),))


def _with_note(found: Folder, files: Mapping[str, bytes], name: str, note: bytes) -> Folder:
    """Apply a note to the list in its own folder; beside several nobody knows which one it means."""
    beside = {other: data for other, data in files.items() if other.rpartition("/")[0] == name.rpartition("/")[0]}
    digests = [edition.digest for edition in load_folder(beside).editions]
    if len(digests) != 1 or sum(edition.digest in digests for edition in found.editions) != 1:
        why = f"a note on one list, and here are {len(digests)}; give each list a folder of its own"
        return replace(found, refused=(*found.refused, (name, why)))
    editions = tuple(with_note(e, note) if e.digest in digests else e for e in found.editions)
    return replace(found, editions=editions)
