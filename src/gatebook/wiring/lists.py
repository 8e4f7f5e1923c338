"""Lists: fetched from their publishers or read from files, kept, and entered.

The trap guarded against: a list that was kept and never entered, or entered and not kept.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable, Mapping
from pathlib import Path

from gatebook.errors import NotFound
from gatebook.outside.list_feeds import FEEDS, fetch
from gatebook.procedures.house import Operator
from gatebook.procedures.keep_house import note_list
from gatebook.procedures.permit import permit
from gatebook.screen.lists.detect import Folder, load_folder
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


def lists_in(folder: Path) -> Folder:
    """Load every list in a folder, whatever known form it has."""
    from gatebook.outside.tables import list_files  # noqa: PLC0415  Arrow is a sixth of the time to start

    return load_folder(list_files(folder))
