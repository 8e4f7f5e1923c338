"""Making a backup: the state at one moment and everything that belongs to it, in one file, without a key.

The trap guarded against: parts that do not belong together. What the state may know of is copied after it (rows, lists,
law), what it may have forgotten is copied before (events that wait, the published head), so that all of it holds.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gatebook import __version__, canonical
from gatebook.procedures.back_up import Made, head_of, list_backups, note_backup
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.procedures.tidy import tidy
from gatebook.record import backup_form as form
from gatebook.record.backup_form import BackupManifest
from gatebook.settings import FILE
from gatebook.store.backup_file import BackupWriter, digest_of, writing
from gatebook.store.files import make_private
from gatebook.store.sql.copied import copy_state
from gatebook.store.sql.engine import sqlite_url
from gatebook.store.sql.ring_copy import RingCopy
from gatebook.store.sql.state import SqlState
from gatebook.store.turn import a_turn
from gatebook.wiring import backup_access, backup_keys
from gatebook.wiring.premises import Premises

_TURN, _WORK = ".backing-up", ".backup-work"
#: What lies in a house and is not carried: keys, which go to a file of their own, and what is carried in another form
#: or is made again from what is.
_NOT_AS_IT_LIES = frozenset({"keys", "ring", "access", "index", "ledger", FILE, _TURN, _WORK})
#: Hears what is being copied, how much of it is done and how much there is; 0 for not known.
Heard = Callable[[str, int, int], None]


def unheard(_: str, __: int, ___: int) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What was looked at before the state was copied: destroyed keys, events that waited, the published ledger."""

    destroyed: int
    waiting: bytes | None
    signed: bytes | None
    checkpoint: bytes | None
    tiles: tuple[Path, ...]


def make_backup(
    premises: Premises,
    operator: Operator,
    path: Path,
    keys: Path | None = None,
    recipients: Sequence[str] = (),
    heard: Heard = unheard,
) -> dict[str, Any]:
    """Write a backup to a new file while the house is served, and with ``keys`` the keys that go with it to another.

    Raises Conflict for a file that is there, Unavailable where something cannot be read or written.
    """
    permit(premises.house, operator, "admin", "back-up")
    tidy(premises.house, operator)  # what served its time is not kept for years in a copy
    premises.keys.signing_key(backup_keys.KEY)  # made before the keys are copied
    with _working(premises.folder) as work:
        before = _before(premises)
        heard("copying the state", 0, 0)
        copy_state(premises.state_url, work / form.STATE)
        copied = replace(premises.house, state=SqlState(sqlite_url(work / form.STATE)))
        try:
            made, carried = _written(premises, work, before, copied, path, heard)
        finally:
            copied.state.close()
    notes = [made]
    if keys:
        # They remember what was signed when the state was copied: what came after is in neither.
        notes.append(backup_keys.write_keys(premises, keys, recipients, before.signed, lambda n: heard("keys", n, 0)))
    return {**_noted(premises, operator, notes), **carried}


def make_keys(
    premises: Premises, operator: Operator, path: Path, recipients: Sequence[str], heard: Heard = unheard
) -> dict[str, Any]:
    """Write the keys of the house, encrypted to recipients, to a new file."""
    permit(premises.house, operator, "admin", "back-up")
    premises.keys.signing_key(backup_keys.KEY)  # made before it is copied
    signed = premises.house.signer.last.read()
    made = backup_keys.write_keys(premises, path, recipients, signed, lambda n: heard("keys", n, 0))
    return _noted(premises, operator, [made])


def listed(premises: Premises, operator: Operator) -> list[dict[str, Any]]:
    """Return every backup and file of keys that was made, and what lives on in it that ended here."""
    return list_backups(premises.house, operator, _destroyed(premises))


def _noted(premises: Premises, operator: Operator, notes: Sequence[Made]) -> dict[str, Any]:
    for made in notes:
        note_backup(premises.house, operator, made)
    backup_keys.export_destroyed(premises)
    shown = {"keys" if one.holds_keys else "backup": one for one in notes}
    return {name: {"digest": one.digest, "size": one.size, "destroyed": one.destroyed} for name, one in shown.items()}


def _before(premises: Premises) -> _Before:
    waiting = backup_access.waiting(premises) if backup_access.has_access(premises) else None
    publish_ledger(premises.house)
    with premises.house.tiles.publishing():  # tiles of a checkpoint that comes later would be a fork of a restored one
        folder = premises.folder / "ledger"
        tiles = tuple(
            path for path in sorted((folder / "tile").rglob("*")) if path.is_file() and _is_shown(path, folder)
        )
        checkpoint, signed = premises.house.tiles.read_checkpoint(), premises.house.signer.last.read()
    return _Before(_destroyed(premises), waiting, signed, checkpoint, tiles)


def _written(
    premises: Premises,
    work: Path,
    before: _Before,
    copied: House,
    path: Path,
    heard: Heard,
) -> tuple[Made, dict[str, Any]]:
    size, root = head_of(copied.state)
    if before.waiting is not None:
        backup_access.write_months(premises, copied, work / "months", _adding("copying accesses", heard))
    copied.state.close()  # one file, its log of writes emptied into it
    files = dict(_carried(premises, work, before))
    total = sum(place.stat().st_size for place in files.values() if place.exists())
    moved = _adding("writing the backup", heard)
    with writing(path, lambda n: moved(n, total)) as out:
        for name, place in files.items():
            out.add(name, place)
        _add_small(out, premises, before)
        said = (premises.settings.origin, __version__, canonical.instant(premises.now()), size, root.hex())
        manifest = BackupManifest(*said, out.files)
        out.finish(manifest, premises.keys.signing_key(backup_keys.KEY).sign(manifest.to_bytes()))
    made = Made(digest_of(path), size, holds_keys=False, destroyed=before.destroyed)
    shown = {"root": root.hex(), "bytes": path.stat().st_size, "not_carried": _not_carried(premises)}
    return made, shown


def _add_small(out: BackupWriter, premises: Premises, before: _Before) -> None:
    if before.waiting is not None:
        out.add_bytes(form.LOG, before.waiting)
    if before.checkpoint is not None:
        out.add_bytes(form.CHECKPOINT, before.checkpoint)
    out.add_bytes(form.VKEY, f"{premises.house.signer.vkey}\n".encode())


def _carried(premises: Premises, work: Path, before: _Before) -> Iterator[tuple[str, Path]]:
    """Yield the name and the place of every file that is carried as it lies."""
    house, s = premises.folder, premises.settings
    yield form.STATE, work / form.STATE
    yield form.SETTINGS, house / FILE
    for path in before.tiles:
        yield path.relative_to(house).as_posix(), path
    # A list's note goes before its editions: one that lands meanwhile is not missed by a note that names it.
    folders = {"law/": house / s.law_folder, "lists/": house / s.lists_folder, form.MONTHS: work / "months"}
    for under, folder in {**folders, "access/followed/": house / "access" / "followed"}.items():
        found = [path for path in folder.rglob("*") if path.is_file() and _is_shown(path, folder)]
        for path in sorted(found, key=lambda path: (path.suffix != ".json", path)):
            yield under + path.relative_to(folder).as_posix(), path


def _not_carried(premises: Premises) -> list[str]:
    """Return what lies in the house folder that a backup knows nothing of, for its operator to look after."""
    own = {premises.settings.law_folder, premises.settings.lists_folder, *_NOT_AS_IT_LIES}
    found = sorted(path.name for path in premises.folder.iterdir())
    return [name for name in found if name not in own and not name.startswith("state.db")]


def _is_shown(path: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _destroyed(premises: Premises) -> int:
    ring = RingCopy(premises.ring_url)
    try:
        return ring.count_destroyed()
    finally:
        ring.close()


def _adding(what: str, heard: Heard) -> Callable[[int, int], None]:
    done = 0

    def moved(more: int, total: int) -> None:
        nonlocal done
        done += more
        heard(what, done, total)

    return moved


@contextmanager
def _working(folder: Path) -> Iterator[Path]:
    """Give an empty folder in the house, one backup at a time; what a crash left in it goes before the next."""
    with a_turn(folder / _TURN):
        work = folder / _WORK
        shutil.rmtree(work, ignore_errors=True)
        make_private(work)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
