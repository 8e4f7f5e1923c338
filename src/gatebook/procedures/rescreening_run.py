"""A rescreening in hand, kept on the shelf: how far it is, so that it goes on after a crash, and what was last ended.

The trap guarded against: an edition between two runs with which nobody was compared. A run that ends is where the next
begins; one that was cut off is gone on with, or its whole stretch is gone over again.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from gatebook import canonical
from gatebook.errors import Conflict, ListError, NotFound
from gatebook.procedures.house import House
from gatebook.record.ports import Work
from gatebook.screen.delta import Delta

_UNDER_WAY, _DONE = "rescreening", "rescreened"  # kinds on the shelf, by list: the run in hand, and the last one ended
_AT_WORK = timedelta(minutes=10)  # a run that kept nothing for so long was cut off


@dataclass(slots=True)
class Run:
    """A run as the shelf keeps it: which pass, after which row, how many were compared, who was found and settled.

    ``is_due`` says that it begins where the last one ended, so that its end is the beginning of the next.
    """

    list_id: str
    old: str
    new: str
    run: str
    at: str = ""
    step: int = 0
    after: str = ""
    compared: int = 0
    is_due: bool = True
    settled: list[str] = field(default_factory=list)


def lists_due(house: House) -> list[str]:
    """Return the lists of which an edition landed with which not everybody was compared, and nobody is at it."""
    with house.state.read() as work:
        listed = [str(row["list_id"]) for row in work.registers.page("lists", {}, "", 1000)]
        ended = {list_id: _shelved(work, _DONE, list_id) for list_id in listed}
        begun = {list_id: _shelved(work, _UNDER_WAY, list_id) for list_id in listed}
    before = canonical.instant(house.now() - _AT_WORK)
    found = []
    for list_id in listed:
        with suppress(NotFound, ListError):  # a list that is not on this machine's shelf is compared with nobody
            if ended[list_id].get("new") != house.lists.editions(list_id)[-1].digest:
                found.append(list_id)
    return [list_id for list_id in found if begun[list_id].get("at", "") <= before]


def is_compared(work: Work, list_id: str, digest: str) -> bool:
    """Return whether a run over everybody ended with this edition of a list."""
    return bool(_shelved(work, _DONE, list_id).get("new") == digest)


def last_compared(work: Work, list_id: str, kept: Sequence[str]) -> str:
    """Return the digest of the edition everybody was last compared with, before the newest of ``kept``; else empty."""
    ended = _shelved(work, _DONE, list_id)
    if ended:
        earlier = ended["old"] if ended["new"] == kept[-1] else ended["new"]
        return str(earlier) if earlier in kept else ""
    return kept[-2] if len(kept) > 1 else ""


def take_up(house: House, change: Delta) -> Run:
    """Begin a run, or go on with one over the same editions; whoever was at it may keep nothing any more."""
    run = Run(change.list_id, change.old, change.new, house.new_id("run"))
    with house.state.transaction() as work:
        work.ledger.lock()
        kept = [edition.digest for edition in house.lists.editions(change.list_id)]
        run.is_due = change.old in ("", last_compared(work, change.list_id, kept))
        held = _shelved(work, _UNDER_WAY, change.list_id)
        if (held.get("old"), held.get("new")) == (change.old, change.new):
            run = Run(**{**held, "run": run.run, "is_due": run.is_due})
        _put(house, work, run)
    return run


def keep(house: House, work: Work, run: Run) -> None:
    """Keep how far a run is. Raises Conflict when another took over, and what was done beside is rolled back."""
    work.ledger.lock()
    if _shelved(work, _UNDER_WAY, run.list_id).get("run") != run.run:
        raise Conflict("another run of this rescreening took over")
    _put(house, work, run)


def _put(house: House, work: Work, run: Run) -> None:
    held = asdict(replace(run, at=canonical.instant(house.now())))
    work.shelf.put(_UNDER_WAY, run.list_id, canonical.encode(held), None)


def _shelved(work: Work, kind: str, list_id: str) -> dict[str, Any]:
    held = work.shelf.get(kind, list_id)
    return {} if held is None else dict(canonical.table(canonical.decode(held)))


def end(work: Work, run: Run) -> None:
    """Let go of a run; where it began at the last one's end, its own end is where the next begins."""
    if run.is_due:
        work.shelf.put(_DONE, run.list_id, canonical.encode({"old": run.old, "new": run.new}), None)
    work.shelf.remove(_UNDER_WAY, run.list_id)
