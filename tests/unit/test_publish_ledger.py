"""Publishing: its cost, what it refuses, and many publishers of one ledger at once."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gatebook.errors import LedgerError, NotFound
from gatebook.procedures import publish_ledger
from gatebook.procedures.house import House
from gatebook.record import merkle
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.store.last_signed import LastSignedFile
from gatebook.store.memory.ledger import MemoryLedger
from gatebook.store.memory.state import MemoryState
from gatebook.store.tile_folder import TileFolder
from gatebook.wiring.founding import init_house
from gatebook.wiring.premises import open_premises
from gatebook_verifier import checks, note

ROOT = Path(__file__).resolve().parents[2]


class CountingTiles(TileFolder):
    hashes_read = 0

    def read_tile(self, path: str) -> bytes:
        data = super().read_tile(path)
        self.hashes_read += len(data) // merkle.HASH
        return data


class Remembered(LastSignedFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path


def line(n: int) -> bytes:
    return b'{"at":"2026-11-01T00:00:00.000000Z","kind":"permission.refused","operator":"opr-%d","version":1}' % n


def append(house: House, start: int, stop: int) -> None:
    with house.state.transaction() as work:
        lines = [line(n) for n in range(start, stop)]
        work.ledger.append(lines, [merkle.leaf_hash(data) for data in lines])


@pytest.fixture
def house(premises: Any, tmp_path: Path) -> House:
    signer = replace(premises.house.signer, last=Remembered(tmp_path / "checkpoint.signed"))
    return replace(premises.house, state=MemoryState(), tiles=CountingTiles(tmp_path / "ledger"), signer=signer)


def vkey(house: House) -> str:
    return house.signer.vkey


def test_publishing_one_entry_costs_the_same_in_a_tree_of_any_size(
    house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when the cost of publishing follows the tree: a house of years would publish for minutes, each second.
    read: list[int] = []
    real = MemoryLedger.leaf_hashes

    def counted(self: MemoryLedger, start: int, stop: int) -> list[bytes]:
        read.append(stop - start)
        return real(self, start, stop)

    append(house, 0, 100_000)
    assert publish_ledger.publish_ledger(house) == 100_000
    monkeypatch.setattr(MemoryLedger, "leaf_hashes", counted)
    append(house, 100_000, 100_001)
    house.tiles.hashes_read = 0
    assert publish_ledger.publish_ledger(house) == 100_001
    assert sum(read) <= 2 * 256  # the tile that grows, and its bundle's check
    assert house.tiles.hashes_read <= 3 * 256
    monkeypatch.undo()
    append(house, 100_001, 100_352)  # up to a whole tile, where upper levels grow too
    publish_ledger.publish_ledger(house)
    assert "100352 entries lead" in checks.check_log(tmp_path / "ledger", vkey(house))


@pytest.mark.parametrize(
    "sizes", [(1, 2), (255, 256, 257), (256, 512), (300, 70_000), (65_535, 65_536, 65_537, 65_793)]
)
def test_a_log_grown_across_whole_tiles_is_accepted_whole(house: Any, tmp_path: Path, sizes: tuple[int, ...]) -> None:
    # Breaks when an upper tile is not what its leaves say, at the sizes where a level begins or is filled.
    before, heads = 0, []
    for size in sizes:
        append(house, before, size)
        assert publish_ledger.publish_ledger(house) == size
        heads.append(note.read_checkpoint((tmp_path / "ledger" / "checkpoint").read_bytes(), vkey(house)))
        before = size
    checks.check_log(tmp_path / "ledger", vkey(house))
    for head in heads:
        checks.check_growth(head, publish_ledger.consistency_of(house, head.size).encode(), vkey(house))


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", ["tile/1/000.p/3", "checkpoint"])
@pytest.mark.parametrize("place", [0, 40, 95])
def test_a_changed_file_is_refused_before_anything_is_written(
    house: Any, tmp_path: Path, name: str, place: int
) -> None:
    # Breaks when a changed tile is signed over, or leaves behind tiles that block publishing for ever.
    folder = tmp_path / "ledger"
    append(house, 0, 800)
    publish_ledger.publish_ledger(house)
    append(house, 800, 1100)
    good = (folder / name).read_bytes()
    (folder / name).write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
    before = files(folder)
    with pytest.raises(LedgerError):
        publish_ledger.publish_ledger(house)
    assert files(folder) == before
    (folder / name).write_bytes(good[:-1])
    with pytest.raises(LedgerError):
        publish_ledger.publish_ledger(house)
    (folder / name).write_bytes(good)
    assert publish_ledger.publish_ledger(house) == 1100
    checks.check_log(folder, vkey(house))


def test_a_changed_database_is_refused_before_the_checkpoint(premises: Any, operator: Any) -> None:
    # Breaks when an entry that was published, or its hash, can be changed in the database and signed over.
    house, folder = premises.house, premises.folder / "ledger"

    def more() -> None:
        with house.state.transaction() as work:
            enter(work, Entry("permission.refused", house.now(), "opr-test", body={"act": "try", "scope": "look"}))

    for _ in range(3):
        more()
    publish_ledger.publish_ledger(house)
    more()
    engine = sa.create_engine(premises.state_url)
    before = files(folder)

    def put(column: str, value: bytes) -> bytes:
        with engine.begin() as connection:
            where = "FROM ledger_entries WHERE position = 1"
            old = connection.execute(sa.text(f"SELECT {column} {where}")).scalar_one()
            connection.execute(
                sa.text(f"UPDATE ledger_entries SET {column} = :v WHERE position = 1"),  # noqa: S608  our own words
                {"v": value},
            )
        return bytes(old)

    for column, value in (("leaf_hash", b"x" * 32), ("leaf_hash", b"short"), ("entry", b'{"kind":"x"}')):
        old = put(column, value)
        with pytest.raises(LedgerError):
            publish_ledger.publish_ledger(house)
        assert files(folder) == before
        put(column, old)
    publish_ledger.publish_ledger(house)
    engine.dispose()
    checks.check_log(folder, house.signer.vkey)


def test_an_older_state_put_back_is_refused(house: Any, tmp_path: Path) -> None:
    # Breaks when a restored backup makes the checkpoint go back.
    append(house, 0, 10)
    publish_ledger.publish_ledger(house)
    older = replace(house, state=MemoryState())
    append(older, 0, 9)
    with pytest.raises(LedgerError, match="ahead"):
        publish_ledger.publish_ledger(older)
    assert note.read_checkpoint((tmp_path / "ledger" / "checkpoint").read_bytes(), vkey(house)).size == 10


def lay_back(folder: Path, kept: dict[str, bytes]) -> None:
    """Put a folder back as it was."""
    shutil.rmtree(folder)
    for name, data in kept.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def forked(house: House, kept: int, more: int) -> House:
    """The same house over a database that has other entries from ``kept`` on."""
    other = replace(house, state=MemoryState())
    append(other, 0, kept)
    append(other, 1000, 1000 + more)
    return other


@pytest.mark.parametrize("lost", ["the checkpoint", "the checkpoint and the memory of it"])
def test_no_other_history_is_signed_when_the_checkpoint_is_lost(house: Any, tmp_path: Path, lost: str) -> None:
    # Breaks when taking one file away is enough to have a second history signed under the same name.
    folder = tmp_path / "ledger"
    append(house, 0, 10)
    publish_ledger.publish_ledger(house)
    (folder / "checkpoint").unlink()
    if "memory" in lost:
        house.signer.last.path.unlink()
    before = files(folder)
    for other in (forked(house, 4, 20), forked(house, 4, 2), forked(house, 4, 6), forked(house, 0, 300)):
        with pytest.raises(LedgerError):
            publish_ledger.publish_ledger(other)
        assert files(folder) == before


def test_what_was_signed_is_remembered_when_database_and_ledger_are_both_put_back(house: Any, tmp_path: Path) -> None:
    # Breaks when a restored backup of everything but the keys goes on as a fork of what others have seen.
    folder = tmp_path / "ledger"
    append(house, 0, 10)
    publish_ledger.publish_ledger(house)
    older = files(folder)
    append(house, 10, 500)
    publish_ledger.publish_ledger(house)
    newer = house.signer.last.read()
    lay_back(folder, older)
    for other, why in (
        (forked(house, 10, 0), "ahead"),
        (forked(house, 10, 400), "ahead"),
        (forked(house, 10, 600), "lead"),
    ):
        with pytest.raises(LedgerError, match=why):
            publish_ledger.publish_ledger(other)
        assert (files(folder), house.signer.last.read()) == (older, newer)
    assert publish_ledger.publish_ledger(house) == 500  # the true history goes on, and the ledger is whole again
    checks.check_log(folder, vkey(house))


def test_a_lost_checkpoint_of_the_same_history_is_written_again(house: Any, tmp_path: Path) -> None:
    # Breaks when a publisher killed just before its checkpoint leaves a ledger that nobody can go on with.
    append(house, 0, 300)
    publish_ledger.publish_ledger(house)
    (tmp_path / "ledger" / "checkpoint").unlink()
    append(house, 300, 310)
    assert publish_ledger.publish_ledger(house) == 310
    checks.check_log(tmp_path / "ledger", vkey(house))


def test_keys_put_back_from_an_older_backup_remember_again(house: Any, tmp_path: Path) -> None:
    # Breaks when an older memory of what was signed stops a healthy house, or loses the signatures of witnesses.
    append(house, 0, 5)
    publish_ledger.publish_ledger(house)
    older = house.signer.last.read()
    append(house, 5, 9)
    publish_ledger.publish_ledger(house)
    checkpoint = tmp_path / "ledger" / "checkpoint"
    seen = checkpoint.read_bytes() + "\u2014 witness.example AAAAAAAA\n".encode()
    checkpoint.write_bytes(seen)
    for held in (older, None):
        house.signer.last.keep(held) if held else house.signer.last.path.unlink()
        assert publish_ledger.publish_ledger(house) == 9
        assert checkpoint.read_bytes() == seen
        assert note.read_checkpoint(house.signer.last.read(), vkey(house)).size == 9


def test_a_ledger_that_lost_entries_is_ended_and_a_new_one_begun_on_purpose(premises: Any, operator: Any) -> None:
    # Breaks when the way that decision 0004 shows out of a lost database does not lead anywhere.
    publish_ledger.publish_ledger(premises.house)
    folder, away = premises.folder, premises.folder / "ended"
    with sqlite3.connect(folder / "state.db") as connection:
        connection.execute("DELETE FROM ledger_entries WHERE position > 0")
        connection.execute("UPDATE ledger_head SET size = 1")
    connection.close()
    with pytest.raises(LedgerError, match="ahead"):
        publish_ledger.publish_ledger(premises.house)
    away.mkdir()
    for name in ("ledger", "keys/checkpoint.ed25519", "keys/checkpoint.signed"):
        (folder / name).rename(away / Path(name).name)
    settings = (folder / "gatebook.toml").read_text().replace("test.example/house", "test.example/house-2")
    (folder / "gatebook.toml").write_text(settings)
    init_house(folder, "ignored", operator)
    with open_premises(folder) as again:
        size = publish_ledger.publish_ledger(again.house)
        assert again.house.signer.vkey == (folder / "ledger" / "vkey").read_text().strip() != premises.house.signer.vkey
    assert f"{size} entries lead" in checks.check_log(folder / "ledger", (folder / "ledger" / "vkey").read_text())


def test_no_proof_is_given_of_what_is_not_published(house: Any) -> None:
    # Breaks when a size or position out of range ends in a traceback or in a proof of something else.
    for ask in (publish_ledger.proof_of, publish_ledger.consistency_of):
        with pytest.raises(NotFound):
            ask(house, 0)
    append(house, 0, 3)
    publish_ledger.publish_ledger(house)
    append(house, 3, 5)
    for position in (-1, 3, 5):
        with pytest.raises(NotFound):
            publish_ledger.proof_of(house, position)
    for size in (-1, 0, 4, 5):
        with pytest.raises(NotFound):
            publish_ledger.consistency_of(house, size)


PUBLISHER = """
import sys
from pathlib import Path
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.wiring.premises import open_premises
with open_premises(Path(sys.argv[1])) as premises:
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(int(sys.argv[2])):
        with premises.house.state.transaction() as work:
            body = {"act": f"try-{n}", "scope": "look"}
            enter(work, *(Entry("permission.refused", premises.house.now(), sys.argv[3], body=body) for _ in range(7)))
        print(publish_ledger(premises.house), flush=True)
"""


def begun(folder: Path, turns: int, operator: str) -> subprocess.Popen[str]:
    """Start a process that waits for a line, then enters and publishes so many times."""
    started = subprocess.Popen(
        [sys.executable, "-c", PUBLISHER, str(folder), str(turns), operator],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def go(started: subprocess.Popen[str]) -> None:
    assert started.stdin is not None
    started.stdin.write("go\n")
    started.stdin.flush()


def test_a_publisher_held_up_before_its_checkpoint_is_not_overtaken(premises: Any, operator: Any) -> None:
    # Breaks when a second process publishes in between, and the first then puts the older checkpoint over the newer.
    folder = premises.folder / "ledger"
    other = begun(premises.folder, 1, "opr-b")

    class HeldUp(TileFolder):
        def write_checkpoint(self, data: bytes) -> None:
            go(other)
            with contextlib.suppress(subprocess.TimeoutExpired):
                other.wait(1.5)  # as long as the other would need if nobody had the turn
            super().write_checkpoint(data)

    first = publish_ledger.publish_ledger(replace(premises.house, tiles=HeldUp(folder)))
    said, _ = other.communicate()
    assert (int(said), other.returncode) == (first + 7, 0)
    assert note.read_checkpoint((folder / "checkpoint").read_bytes(), premises.house.signer.vkey).size == first + 7


def test_a_publisher_that_is_killed_gives_the_turn_back(premises: Any, operator: Any) -> None:
    # Breaks when a process killed while publishing leaves a lock that stops all others.
    other = begun(premises.folder, 10_000, "opr-b")
    go(other)
    assert other.stdout is not None
    other.stdout.readline()
    other.kill()
    other.communicate()
    publish_ledger.publish_ledger(premises.house)
    checks.check_log(premises.folder / "ledger", premises.house.signer.vkey)


def test_many_processes_publish_one_ledger_and_the_checkpoint_never_goes_back(
    premises: Any, operator: Any, tmp_path: Path
) -> None:
    # Breaks when two publishers pass one another: a checkpoint goes back, or covers tiles nobody wrote.
    folder, turns, count = premises.folder / "ledger", 8, 4
    publish_ledger.publish_ledger(premises.house)
    started = [begun(premises.folder, turns, f"opr-{n}") for n in range(count)]
    for one in started:
        go(one)
    seen = [(folder / "checkpoint").read_bytes()]
    while any(one.poll() is None for one in started):
        publish_ledger.publish_ledger(premises.house)
        if (now := (folder / "checkpoint").read_bytes()) != seen[-1]:
            seen.append(now)
    said = [one.communicate()[0].splitlines() for one in started]
    assert [one.returncode for one in started] == [0] * count
    publish_ledger.publish_ledger(premises.house)
    seen.append((folder / "checkpoint").read_bytes())
    key = premises.house.signer.vkey
    heads = [note.read_checkpoint(data, key) for data in seen]
    sizes = [head.size for head in heads]
    assert sizes == sorted(sizes) and sizes[-1] == sizes[0] + turns * count * 7
    assert all([int(text) for text in lines] == sorted(int(text) for text in lines) for lines in said)
    assert len(set(sizes)) > 3
    checks.check_log(folder, key)
    for head in heads:
        checks.check_consistency(head, heads[-1], folder)
        checks.check_growth(head, publish_ledger.consistency_of(premises.house, head.size).encode(), key)
