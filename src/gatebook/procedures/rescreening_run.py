"""Which editions of a list somebody may have been let in under, and the rescreening in hand, kept on the shelf.

The trap guarded against: an edition between two runs with which nobody was compared. Each landing of an edition is
noted with its ledger position; a run compares with what no edition since the last run's end had, and one that was cut
off is gone on with only while nothing landed since it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from gatebook import canonical
from gatebook.errors import Conflict, ListError, NotFound, TakenOver
from gatebook.procedures.house import House
from gatebook.record.ports import Work

#: Kinds on the shelf: each landing, by list and position; by list, the run in hand and the last one ended.
_LANDED, _UNDER_WAY, _DONE = "list-landed", "rescreening", "rescreened"
_AT_WORK = timedelta(minutes=2)  # a run that kept nothing for so long was cut off


@dataclass(slots=True)
class Run:
    """A run as the shelf keeps it: which pass, after which row, how many were compared, who was found and settled.

    ``bases`` are the digests of the editions compared with before, oldest first; none means that all of the new one is
    compared. ``position`` is that of the landing it began at. ``is_due`` says that its end is where the next begins.
    ``uncompared`` are the dealings of which a record did not open.
    """

    list_id: str
    bases: list[str]
    new: str
    run: str
    position: int = -1
    at: str = ""
    step: int = 0
    after: str = ""
    compared: int = 0
    is_due: bool = True
    settled: list[str] = field(default_factory=list)
    uncompared: list[str] = field(default_factory=list)


def note_landing(work: Work, list_id: str, digest: str, position: int) -> None:
    """Note in the transaction of ``list.loaded`` that an edition landed."""
    work.shelf.put(_LANDED, f"{list_id}/{position:015d}", canonical.encode({"digest": digest}), None)


def lists_due(house: House) -> list[str]:
    """Return the lists of which an edition landed with which not everybody was compared, and nobody is at it."""
    before, found = canonical.instant(house.now() - _AT_WORK), []
    with house.state.read() as work:
        for row in work.registers.page("lists", {}, "", 1000):
            with suppress(NotFound, ListError):  # a list that is not on this machine's shelf is compared with nobody
                list_id, kept = str(row["list_id"]), _digests(house, str(row["list_id"]))
                held = _shelved(work, _UNDER_WAY, list_id)
                is_latest = (held.get("new"), held.get("position")) == (kept[-1], row["position"])
                at_work = is_latest and held["at"] > before
                if not at_work and not is_compared(work, list_id, kept):
                    found.append(list_id)
    return found


def is_compared(work: Work, list_id: str, kept: Sequence[str]) -> bool:
    """Return whether everybody was compared with the newest of ``kept``, whichever edition they were let in under."""
    return bool(kept) and due_bases(work, list_id, kept) == []


def due_bases(work: Work, list_id: str, kept: Sequence[str]) -> list[str] | None:
    """Return the editions other than the newest that were current since the last run's end; None when none ended.

    ``kept`` are the digests on the shelf, oldest first. Those later there than the edition of the last run count too:
    one may have been compared with and never entered.
    """
    ended = _shelved(work, _DONE, list_id)
    if not ended:
        return None
    landed = [digest for position, digest in _landings(work, list_id) if position > ended["position"]]
    last = ended["new"]
    later = kept[kept.index(last) + 1 :] if last in kept else kept
    return [digest for digest in dict.fromkeys((last, *landed, *later)) if digest != kept[-1]]


def take_up(house: House, run: Run) -> Run:
    """Begin a run, or go on with one like it since which nothing landed; whoever was at that may keep nothing more.

    Raises Conflict when another edition than the run's landed meanwhile.
    """
    with house.state.transaction() as work:
        work.ledger.lock()
        kept = _digests(house, run.list_id)
        if kept[-1] != run.new:
            raise Conflict("another edition of this list landed just now; ask again")
        if run.is_due and run.bases != (due_bases(work, run.list_id, kept) or []):
            raise Conflict("another edition of this list landed just now; ask again")
        run.position = int((work.registers.get("lists", run.list_id) or {}).get("position", -1))
        held = _shelved(work, _UNDER_WAY, run.list_id)
        if all(held.get(name) == getattr(run, name) for name in ("bases", "new", "position", "is_due")):
            run = Run(**{**held, "run": run.run})
        _put(house, work, run)
    return run


def keep(house: House, work: Work, run: Run) -> None:
    """Keep how far a run is. Raises TakenOver when another took over, and what was done beside is rolled back."""
    work.ledger.lock()
    if _shelved(work, _UNDER_WAY, run.list_id).get("run") != run.run:
        raise TakenOver("another run of this rescreening took over")
    _put(house, work, run)


def let_go(house: House, list_id: str) -> None:
    """Say that nobody is at a list's run any more, so that it may be gone on with at once."""
    with house.state.transaction() as work:
        if held := _shelved(work, _UNDER_WAY, list_id):
            work.shelf.put(_UNDER_WAY, list_id, canonical.encode({**held, "at": ""}), None)


def end(work: Work, run: Run) -> None:
    """Let go of a run; where it began at the last one's end, its own end is where the next begins."""
    if run.is_due:
        ended = {"new": run.new, "position": run.position}
        work.shelf.put(_DONE, run.list_id, canonical.encode(ended), None)
        for position, _ in _landings(work, run.list_id):
            if position <= run.position:
                work.shelf.remove(_LANDED, f"{run.list_id}/{position:015d}")
    work.shelf.remove(_UNDER_WAY, run.list_id)


def _digests(house: House, list_id: str) -> list[str]:
    return [edition.digest for edition in house.lists.editions(list_id)]


def _landings(work: Work, list_id: str) -> list[tuple[int, str]]:
    """Return position and digest of each landing noted, and of the last one entered."""
    prefix, found = f"{list_id}/", dict[int, str]()
    for key, value in work.shelf.listing(_LANDED, prefix, 10_000):
        if not key.startswith(prefix):
            break
        found[int(key.removeprefix(prefix))] = str(canonical.table(canonical.decode(value))["digest"])
    if row := work.registers.get("lists", list_id):
        found[int(row["position"])] = str(row["digest"])
    return sorted(found.items())


def _put(house: House, work: Work, run: Run) -> None:
    held = asdict(replace(run, at=canonical.instant(house.now())))
    work.shelf.put(_UNDER_WAY, run.list_id, canonical.encode(held), None)


def _shelved(work: Work, kind: str, list_id: str) -> dict[str, Any]:
    held = work.shelf.get(kind, list_id)
    return {} if held is None else dict(canonical.table(canonical.decode(held)))
