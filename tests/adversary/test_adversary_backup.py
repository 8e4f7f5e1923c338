"""Backups against time and malice: what ended stays ended, what was changed is refused, half of one is none."""

from __future__ import annotations

import ipaddress
import os
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backed_up import SAID, WHO, at_home, contents, identity, other, restored
from gatebook.errors import GatebookError, SettingsError, Shredded
from gatebook.outside.age import decrypt
from gatebook.procedures.back_up import head_of
from gatebook.wiring.backup import listed, make_backup, make_keys
from gatebook.wiring.backup_check import check_backup
from gatebook.wiring.backup_keys import export_destroyed
from gatebook.wiring.premises import open_premises

ROOT = Path(__file__).resolve().parents[2]


def needles(there: Any, person: str) -> dict[str, bytes]:
    """What must not be found of a person: what they said, in every case of letters, and their key, open and wrapped."""
    key_id, wrapped = there.premises.ring.get(person)
    key = there.premises.keys.unwrap(key_id, wrapped, person.encode())
    found = {"wrapped": wrapped, "key": key, "wrapped hex": wrapped.hex().encode(), "key hex": key.hex().encode()}
    for name, text in SAID.items():
        found |= {f"{name} {n}": form.encode() for n, form in enumerate((text, text.upper(), text.lower()))}
    mapped = ipaddress.IPv6Address(f"::ffff:{SAID['address']}").packed
    return {**found, "packed": mapped, "packed the other way": mapped[::-1], "surname": b"QUILLFEATHER"}


def found_in(pieces: Iterator[tuple[str, bytes]], wanted: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(name, what) for name, data in pieces for what, needle in wanted.items() if needle in data]


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a house, an older backup and keys, a newer pair made after somebody's data ended, and a list."""
    folder = tmp_path_factory.mktemp("lived")
    _, recipient = identity(folder)
    with at_home(folder / "house") as there:
        person = there.opened(SAID["name"], SAID)
        bo = there.opened("Bo Bodin", other(1))
        there.did(there.account_of(person), 300, SAID)
        there.did(there.account_of(bo), 300, other(1))
        there.seal()
        there.did(there.account_of(person), 5, SAID, 300)
        make_backup(there.premises, WHO, folder / "old.zip", folder / "old.age", [recipient])
        wanted = needles(there, person)
        assert {what for _, what in found_in(files(folder / "house"), wanted)} >= {"wrapped", "agent 0"}
        there.did(there.account_of(bo), 40, other(1), 300)
        there.end(person)
        make_keys(there.premises, WHO, folder / "new.age", [recipient])
        make_backup(there.premises, WHO, folder / "new.zip", folder / "pair.age", [recipient])
        export_destroyed(there.premises, folder / "destroyed")
        (folder / "person").write_text(f"{person} {bo}")
        (folder / "needles").write_text(repr(wanted))
    return folder


def names(lived: Path) -> list[str]:
    return (lived / "person").read_text().split()


def test_nothing_of_a_person_is_in_any_file_once_their_data_ended(lived: Path) -> None:
    # Breaks when a value, a data key or a wrapped key outlives its end in a file of the house, the newest backup, the
    # newest keys, or a temporary folder.
    wanted: dict[str, bytes] = eval((lived / "needles").read_text())  # noqa: S307  what the fixture wrote
    assert found_in(files(lived / "house"), wanted) == []
    assert found_in(contents(lived / "new.zip"), wanted) == []
    for keys in ("new.age", "pair.age"):
        assert found_in(iter([(keys, decrypt(lived / keys, lived / "identity"))]), wanted) == []
    left = [path for path in Path(tempfile.gettempdir()).glob("gatebook-check-*") if path.is_dir()]
    assert [found for folder in left for found in found_in(files(folder), wanted)] == []
    held = {what for _, what in found_in(contents(lived / "old.zip"), wanted)}
    assert not held & {"wrapped", "key", "name 0", "email 0"}, "no backup ever held a key or what was sealed"
    assert "wrapped hex" in {
        what for _, what in found_in(iter([("", decrypt(lived / "old.age", lived / "identity"))]), wanted)
    }


@pytest.mark.parametrize(("keys", "more"), [("new.age", {}), ("old.age", {"destroyed": ("destroyed",)})])
def test_an_older_backup_leaves_who_was_destroyed_destroyed(
    lived: Path, tmp_path: Path, keys: str, more: dict[str, Any]
) -> None:
    # Breaks when an older backup and newer keys, or the list of what was destroyed, bring a person back.
    person, bo = names(lived)
    (tmp_path / "identity").write_bytes((lived / "identity").read_bytes())
    for name in ("old.zip", keys, "destroyed"):
        (tmp_path / name).write_bytes((lived / name).read_bytes())
    lists = {"destroyed": tuple(tmp_path / name for name in more["destroyed"])} if more else {}
    done = restored(tmp_path, "again", "old.zip", keys, **lists)
    assert done["records_erased"] >= 1
    with at_home(tmp_path / "again") as there:
        with pytest.raises(Shredded):
            there.read(person)
        with pytest.raises(Shredded):
            there.premises.ring.get(person)
        assert SAID["email"] not in str(there.read(bo)) and other(1)["email"] in str(there.read(bo))
    wanted = {"wrapped": b"", **eval((lived / "needles").read_text())}  # noqa: S307  as above
    sealed = {what: wanted[what] for what in ("wrapped", "key")}
    assert found_in(files(tmp_path / "again"), sealed) == []


def test_of_old_keys_and_an_old_backup_alone_nothing_newer_is_known_and_it_says_so(lived: Path) -> None:
    # Breaks when a restore is silent about what it cannot know.
    person, _ = names(lived)
    done = restored(lived, "alone", "old.zip", "old.age")
    assert any("cannot be known" in one for one in done["warnings"])
    with at_home(lived / "alone") as there:
        assert SAID["email"] in str(there.read(person))
        assert sum(there.seen().values()) == 605


def test_the_newer_ledger_alone_is_enough_to_know(lived: Path) -> None:
    # Breaks when an old backup and old keys bring back whom the published ledger calls shredded.
    person, bo = names(lived)
    done = restored(lived, "informed", "old.zip", "old.age", ledger=lived / "house" / "ledger")
    assert (done["keys_left_out"], done["caught_up"] > 0, done["registers_differed"]) == (1, True, [])
    assert done["records_erased"] >= 1 and done["accesses"] == 605
    with at_home(lived / "informed") as there:
        with pytest.raises(Shredded):
            there.read(person)
        assert there.seen() == {there.account_of(bo): 300}, "what was sealed since is in no ledger and stays away"
    with closing(sqlite3.connect(lived / "informed" / "state.db")) as raw:
        for table in ("sealed_records", "index_tags"):
            assert raw.execute(f"SELECT count(*) FROM {table} WHERE subject = ?", (person,)).fetchone() == (0,)  # noqa: S608  names of our own


def test_the_list_says_what_to_destroy(lived: Path) -> None:
    # Breaks when an old file that holds destroyed keys, or a backup with rows that ended, looks like any other.
    with at_home(lived / "house") as there:
        made = listed(there.premises, WHO)
    assert {one["keys"]: one["stale"] for one in made if one["destroyed"] == 0} == {
        False: "holds accesses and index tags of persons whose data ended since; destroy this file",
        True: "holds keys destroyed since; destroy this file",
    }
    assert {one["stale"] for one in made if one["destroyed"] == 1} == {""}
    assert len(made) >= 5


def test_a_changed_backup_is_refused_or_says_the_same(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    # Breaks when a byte of a backup can be changed and what is read of it is another.
    whole, good = (lived / "new.zip").read_bytes(), check_backup(lived / "new.zip")
    folder = tmp_path_factory.mktemp("flipped")

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(at=st.integers(0, len(whole) - 1), by=st.integers(1, 255))
    def flipped(at: int, by: int) -> None:
        changed = bytearray(whole)
        changed[at] ^= by
        (folder / "b.zip").write_bytes(changed)
        try:
            assert check_backup(folder / "b.zip") == good
        except GatebookError:
            return

    flipped()
    for cut in (0, 1, len(whole) // 2, len(whole) - 1):
        (folder / "b.zip").write_bytes(whole[:cut])
        with pytest.raises(GatebookError):
            check_backup(folder / "b.zip")


def test_a_backup_with_another_manifest_is_not_restored(lived: Path, tmp_path: Path) -> None:
    # Breaks when who can write a backup but has no key of the house can have another state restored.
    (tmp_path / "identity").write_bytes((lived / "identity").read_bytes())
    (tmp_path / "pair.age").write_bytes((lived / "pair.age").read_bytes())
    from gatebook.record.backup_form import BackupManifest
    from gatebook.store.backup_file import writing

    with zipfile.ZipFile(lived / "new.zip") as archive, writing(tmp_path / "forged.zip") as out:
        manifest = BackupManifest.from_bytes(archive.read("manifest.json"))
        for name in manifest.files:
            out.add_bytes(name, archive.read(name) + (b"\n" if name == "law/adopt.yaml" else b""))
        shown = {name: getattr(manifest, name) for name in ("origin", "gatebook", "made_at", "size", "root")}
        out.finish(BackupManifest(**shown, files=out.files), archive.read("manifest.sig"))
    assert check_backup(tmp_path / "forged.zip")["size"] == manifest.size
    with pytest.raises(GatebookError, match="was not signed by the house"):
        restored(tmp_path, "forged", "forged.zip", "pair.age")
    assert not (tmp_path / "forged").exists()


_KILLED = """
import os, sys
from pathlib import Path
from backed_up import WHO, at_home
from gatebook.wiring.backup import make_backup
from gatebook.wiring.backup_restore import Sources, restore
what, folder, last = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
count = 0
def heard(*_):
    global count
    count += 1
    if count == last:
        os._exit(9)
if what == "restore":
    restore(Sources(folder / "new.zip", folder / "pair.age", folder / "identity"), folder / "cut", WHO, heard=heard)
else:
    with at_home(folder / "house") as there:
        make_backup(there.premises, WHO, folder / "cut.zip", heard=heard)
"""


def killed(what: str, folder: Path, last: int) -> int:
    paths = os.pathsep.join(str(ROOT / name) for name in ("src", "verifier", "tests"))
    words = [sys.executable, "-c", _KILLED, what, str(folder), str(last)]
    return subprocess.run(words, check=False, env={**os.environ, "PYTHONPATH": paths}, capture_output=True).returncode


@pytest.mark.parametrize("last", [1, 4, 9, 12, 14])
def test_a_restore_that_is_killed_leaves_no_house(lived: Path, last: int) -> None:
    # Breaks when a crash half-way leaves something that opens as a house.
    assert killed("restore", lived, last) == 9
    assert not (lived / "cut").exists()
    (part,) = lived.glob(".cut.*.restoring")
    with pytest.raises(SettingsError), open_premises(part):
        pass
    restored(lived, "cut", "new.zip", "pair.age")
    assert list(lived.glob(".cut.*")) == []
    (lived / "cut").rename(lived / f"was-{last}")


def test_a_backup_that_is_killed_leaves_no_file_and_nothing_in_the_house(lived: Path) -> None:
    # Breaks when half a backup takes the name of a whole one, or a copy of the state stays in the house for good.
    assert killed("make", lived, 3) == 9
    assert not (lived / "cut.zip").exists()
    with at_home(lived / "house") as there:
        make_backup(there.premises, WHO, lived / "after.zip")
        assert not (lived / "house" / ".backup-work").exists()
        assert check_backup(lived / "after.zip")["size"] == head_of(there.house.state)[0] - 1


def test_deleted_rows_do_not_ride_along(tmp_path: Path) -> None:
    # Breaks when free pages, or the log of writes, are copied with the rows: a sealed record or a shelved secret lives on.
    secret, kept = os.urandom(3000), os.urandom(3000)
    state = tmp_path / "house" / "state.db"
    with at_home(tmp_path / "house") as there, closing(sqlite3.connect(state, isolation_level=None)) as raw:
        raw.execute("PRAGMA secure_delete=OFF")
        raw.executemany("INSERT INTO shelf VALUES ('x', ?, ?, NULL)", [("gone", secret), ("kept", kept)])
        raw.execute("DELETE FROM shelf WHERE key = 'gone'")
        raw.execute("PRAGMA wal_checkpoint(PASSIVE)")
        lying = b"".join(data for _, data in files(tmp_path / "house"))
        assert secret[:500] in lying or secret[-500:] in lying, "the measurement measures something"
        make_backup(there.premises, WHO, tmp_path / "b.zip")
    copied = b"".join(data for _, data in contents(tmp_path / "b.zip"))
    assert kept[:500] in copied
    assert not any(secret[at : at + 16] in copied for at in range(0, len(secret) - 16, 16))
