"""Restoring a house from a backup and its keys, into a new folder.

The trap guarded against: half a house, and a key that comes back. Everything is made and checked beside its place and
renamed at the end; a key that ended, by any ledger or list at hand, is not put back.
"""

from __future__ import annotations

import glob
import os
import re
import secrets
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from gatebook.errors import Conflict, LedgerError, SettingsError, Unavailable, reason_of
from gatebook.procedures import back_up
from gatebook.procedures.erase_access import erase_access
from gatebook.procedures.house import Operator
from gatebook.record import backup_form as form
from gatebook.record.checkpoint import Checkpoint, verify_checkpoint
from gatebook.record.ended_keys import EndedKeys
from gatebook.settings import FILE, read_settings
from gatebook.store.backup_file import BackupReader, digest_of, reading
from gatebook.store.files import flush_folder, make_private, write_durably
from gatebook.store.sql.copied import put_back_state
from gatebook.store.sql.ring_copy import RingCopy, RingRow
from gatebook.store.sql.state import migrate
from gatebook.store.tile_folder import TileFolder
from gatebook.store.turn import hold
from gatebook.wiring import backup_access
from gatebook.wiring.backup import Heard, unheard
from gatebook.wiring.backup_keys import KeysFile, read_destroyed, read_keys, verifier
from gatebook.wiring.premises import Premises, clock

#: Settings that say where things lie: those of the machine that was backed up are not this one's.
_PLACES = ("state_url", "key_ring_url", "access_dsn", "law_folder", "lists_folder")
_HELD = ".held"  # a file that who restores holds
_PLACE = re.compile(rf"^\s*(?:{'|'.join(_PLACES)})\s*=.*$")


@dataclass(frozen=True, slots=True)
class Sources:
    """What a house is restored from: backup, keys and who can open them; lists of keys that were destroyed since.

    ``ledger`` is a folder with a published ledger newer than the backup, if there is one.
    """

    backup: Path
    keys: Path
    identity: Path
    destroyed: Sequence[Path] = ()
    ledger: Path | None = None


def restore(
    sources: Sources, folder: Path, operator: Operator, now: Callable[[], datetime] = clock, heard: Heard = unheard
) -> dict[str, Any]:
    """Make a house in a folder that is not there or empty, and return what it is; nothing is there when it raises.

    Raises Conflict where there is something, LedgerError and VaultError where the sources do not hold or belong
    together.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict("a house is restored into an empty folder, never over anything")
    keys = read_keys(sources.keys, sources.identity)
    ended = EndedKeys(frozenset().union(*(read_destroyed(path, keys) for path in sources.destroyed)))
    target = folder.absolute()
    try:
        with _beside(target) as part, reading(sources.backup, added(heard)) as source:
            verifier(keys.signing_key)(source.signature, source.manifest_bytes)
            done = _Restoring(part, source, keys, ended, sources, operator, now, heard).run()
            (part / _HELD).unlink()
            part.replace(target)  # onto nothing, or onto an empty folder
            flush_folder(target.parent)
    except OSError as error:
        raise Unavailable(f"the house cannot be restored: {reason_of(error)}") from None
    return done


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Give a folder beside the target that is gone afterwards; what a killed restore left goes first, keys and all."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*.restoring"):
        with suppress(FileNotFoundError), (left / _HELD).open("rb") as file:
            if hold(file):  # whoever made it is gone
                shutil.rmtree(left, ignore_errors=True)
    part = target.with_name(f".{target.name}.{secrets.token_hex(8)}.restoring")
    try:
        make_private(part)
        with (part / _HELD).open("ab") as held:
            hold(held)
            yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Restoring:
    """A house on its way, in a folder nobody opens: its settings are put in last."""

    part: Path
    source: BackupReader
    keys: KeysFile
    ended: EndedKeys
    sources: Sources
    operator: Operator
    now: Callable[[], datetime]
    heard: Heard

    def run(self) -> dict[str, Any]:
        """Unpack, check, leave out what ended, and return what it came to."""
        settings = settings_here(self.source.read(form.SETTINGS))
        self._unpack()
        with tempfile.TemporaryDirectory(prefix=".settings-", dir=self.part) as place:
            write_durably(Path(place) / FILE, settings)
            own = read_settings(Path(place), os.environ.get("GATEBOOK_SECRETS", ""))
        if own.origin != self.keys.origin or self.source.manifest.origin != self.keys.origin:
            raise LedgerError("the backup is of another house than the keys")
        premises = Premises(self.part, own, self.now)
        try:
            done = self._restored(premises)
        finally:
            premises.close()
        write_durably(self.part / FILE, settings)
        return done

    def _unpack(self) -> None:
        for name, data in self.keys.files.items():
            make_private((self.part / "keys" / name).parent)
            write_durably(self.part / "keys" / name, data)
            (self.part / "keys" / name).chmod(0o600)
        for name in self.source.names():
            if name not in (form.SETTINGS, form.LOG) and not name.startswith(form.MONTHS):
                # The ledger is for anybody, and a web server may hand it out.
                self.source.unpack(name, self.part / name, 0o644 if name.startswith("ledger/") else 0o600)

    def _restored(self, premises: Premises) -> dict[str, Any]:
        said = self.source.manifest
        self._put_back_state(premises)
        house = premises.house
        # 1. The ledger is the one that was backed up, and the one that was signed.
        if back_up.head_of(house.state) != (said.size, bytes.fromhex(said.root)):
            raise LedgerError("the ledger in the backup is not the one its manifest names")
        signed, read_tile = signed_in(self.part / "ledger", house.signer.vkey), house.tiles.read_tile
        # 2. Accesses, each segment against the root that was entered.
        rows, known = self._put_back_access(premises), back_up.ended_keys(house).persons
        # 3. What was published since is taken up, before anything is signed that would contradict it.
        caught_up = 0
        if self.sources.ledger:
            read_tile, newer = (
                TileFolder(self.sources.ledger).read_tile,
                signed_in(self.sources.ledger, house.signer.vkey),
            )
            caught_up = sum(back_up.catch_up(house, head, read_tile) for head in newer)
            signed = [head for head in (*signed, *newer) if head.size <= said.size + caught_up]
            self._remember(premises)
        differed = back_up.check_whole(house, signed, read_tile, partial(self.heard, "checking the ledger"))
        # 4. Keys that ended are not put back, and what they sealed goes.
        counts = self._put_back_ring(premises)
        size, root = back_up.head_of(house.state)
        back_up.note_restored(house, self.operator, digest_of(self.sources.backup), size)
        # 5. So do accesses of those whom the newer ledger calls shredded: no expiry comes to them again.
        since = sorted(back_up.ended_keys(house).persons - known)
        if since and form.LOG in said.files:
            with premises.access() as access:
                erase_access(house, access.erase, since)
        ahead = back_up.remembers_more(house, size)
        shown = {"size": size, "root": root.hex(), "caught_up": caught_up, "registers_differed": differed}
        return {**shown, **counts, "accesses": rows, "made_at": said.made_at, "warnings": self._warnings(ahead, size)}

    def _put_back_state(self, premises: Premises) -> None:
        self.heard("putting back the state", 0, 0)
        if premises.settings.state_url:
            put_back_state(self.part / form.STATE, premises.state_url)
            (self.part / form.STATE).unlink()
        else:
            migrate(premises.state_url)

    def _remember(self, premises: Premises) -> None:
        """Remember the newer head as signed by this house: whoever published it holds its signature."""
        assert self.sources.ledger  # noqa: S101  asked by the caller
        note, last = (self.sources.ledger / "checkpoint").read_bytes(), premises.house.signer.last
        held = last.read()
        vkey = premises.house.signer.vkey
        if held is None or verify_checkpoint(held, vkey).size < verify_checkpoint(note, vkey).size:
            last.keep(note)

    def _put_back_ring(self, premises: Premises) -> dict[str, int]:
        by_ledger = back_up.ended_keys(premises.house)
        in_ring = (row.subject for row in self.keys.ring if row.wrapped is None)
        ended = EndedKeys(self.ended.subjects, by_ledger.persons, by_ledger.since).with_subjects(in_ring)
        ring = RingCopy(premises.ring_url)
        try:
            rows = _whole(self.keys, ended)
            kept = ring.fill(RingRow(row.subject, None, None) if ended.holds(row.subject) else row for row in rows)
        finally:
            ring.close()
        left_out = sum(row.wrapped is not None and ended.holds(row.subject) for row in self.keys.ring)
        gone = sorted(ended.subjects.union(row.subject for row in self.keys.ring if ended.holds(row.subject)))
        return {"keys": kept, "keys_left_out": left_out, "records_erased": back_up.erase_ended(premises.house, gone)}

    def _put_back_access(self, premises: Premises) -> int:
        if form.LOG not in self.source.manifest.files:
            return 0
        backup_access.put_back_log(self.part, self.source.read(form.LOG))
        if not backup_access.months_of(premises.house):
            return 0
        with tempfile.TemporaryDirectory(prefix=".months-", dir=self.part) as place:
            for name in self.source.names(form.MONTHS):
                self.source.unpack(name, Path(place) / name.removeprefix(form.MONTHS))
            return backup_access.put_back_months(premises, Path(place), partial(self.heard, "putting back accesses"))

    def _warnings(self, ahead: int, size: int) -> list[str]:
        found = []
        if ahead:
            found.append(
                f"these keys signed a ledger of {ahead} entries and this one has {size}: the house can be read, and"
                " signs nothing until it is restored with a newer backup, or with --ledger and the published ledger"
            )
        if not self.sources.destroyed:
            found.append(
                f"no list of destroyed keys was given: what was destroyed after {self.keys.made_at} cannot be known"
                " here, and was put back; give --destroyed, or run gatebook expire"
            )
        return found


def _whole(keys: KeysFile, ended: EndedKeys) -> Iterator[RingRow]:
    """Yield every row of the ring, and those that ended without ever having had one."""
    yield from keys.ring
    there = {row.subject for row in keys.ring}
    for subject in sorted(ended.subjects - there):
        yield RingRow(subject, None, None)


def settings_here(data: bytes) -> bytes:
    """Return settings without those that say where things lie. Raises SettingsError for a form that cannot be cut."""
    try:
        text = data.decode()
        kept = "".join(line for line in text.splitlines(keepends=True) if not _PLACE.match(line))
        before, after = tomllib.loads(text), tomllib.loads(kept)
    except ValueError:
        raise SettingsError("the settings in the backup cannot be read") from None
    if after != {name: value for name, value in before.items() if name not in _PLACES}:
        raise SettingsError(f"write each of {', '.join(_PLACES)} on a line of its own before the next backup")
    return kept.encode()


def signed_in(folder: Path, vkey: str) -> list[Checkpoint]:
    """Return the published head of a ledger folder, none where there is none. Raises LedgerError, NotFound."""
    note = TileFolder(folder).read_checkpoint()
    return [verify_checkpoint(note, vkey)] if note is not None else []


def added(heard: Heard) -> Callable[[int], None]:
    """Return what hears bytes that were read, and tells how many they are by now."""
    done = 0

    def moved(more: int) -> None:
        nonlocal done
        done += more
        heard("reading the backup", done, 0)

    return moved
