"""Files on disk: durable writes, tiles, and list editions, written by many at once and cut off half-way."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gatebook.errors import LedgerError, ListError
from gatebook.store import list_note, list_shelf
from gatebook.store.files import write_durably
from gatebook.store.list_shelf import ListShelf
from gatebook.store.tile_folder import TileFolder
from gatebook.wiring.lists import sample_list

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def at_once(count: int, act: Callable[[int], Any]) -> list[BaseException]:
    """Run ``act`` in threads that start together; return what they raised."""
    start, raised = threading.Barrier(count), []

    def run(n: int) -> None:
        start.wait()
        try:
            act(n)
        except BaseException as error:  # noqa: BLE001  a thread's failure is the finding
            raised.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_threads_writing_one_file_each_write_it_whole(tmp_path: Path) -> None:
    # Breaks when two threads share a temporary file: one would rename the other's half.
    path, texts = tmp_path / "a" / "b" / "file", [bytes([n]) * 200_000 for n in range(6)]

    def write(n: int) -> None:
        for _ in range(15):
            write_durably(path, texts[n])
            assert path.read_bytes() in texts

    assert at_once(6, write) == []
    assert path.read_bytes() in texts
    assert [p.name for p in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    # Breaks when a full disk costs the old file or fills the folder with pieces.
    path = tmp_path / "file"
    write_durably(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os if at == "fsync" else Path, at, fail)
    with pytest.raises(OSError, match="no space"):
        write_durably(path, b"new")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("file", b"old")]


def test_every_folder_on_the_way_is_brought_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when a file survives a power cut and the folder it lies in does not.
    flushed: list[int] = []
    real = os.fsync

    def note(handle: int) -> None:
        flushed.append(os.fstat(handle).st_ino)
        real(handle)

    monkeypatch.setattr(os, "fsync", note)
    TileFolder(tmp_path / "ledger").write_tile("tile/0/x001/000", b"x" * 32)
    ways = ["", "ledger", "ledger/tile", "ledger/tile/0", "ledger/tile/0/x001/000", "ledger/tile/0/x001"]
    assert flushed == [(tmp_path / way).stat().st_ino for way in ways]


def test_a_tile_is_written_once_and_a_path_outside_is_refused(tmp_path: Path) -> None:
    # Breaks when a published tile can change, or a path leaves the folder.
    tiles = TileFolder(tmp_path / "ledger")
    tiles.write_tile("tile/0/000.p/1", b"a" * 32)
    tiles.write_tile("tile/0/000.p/1", b"a" * 32)
    with pytest.raises(LedgerError, match="fork"):
        tiles.write_tile("tile/0/000.p/1", b"b" * 32)
    for path in ("tile/0/../../../x", "tile/64/000", "checkpoint", "/tile/0/000", "tile/0/000.p/0", "tile/0/000\n"):
        with pytest.raises(LedgerError):
            tiles.write_tile(path, b"")
        with pytest.raises(LedgerError):
            tiles.read_tile(path)
    assert tiles.read_checkpoint() is None


@pytest.mark.parametrize("has_flock", [True, False])
def test_one_thread_at_a_time_has_the_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_flock: bool) -> None:
    # Breaks when two publishers are at work on one folder, by whatever path and object they came to it.
    if not has_flock:
        monkeypatch.setitem(sys.modules, "fcntl", None)
    (tmp_path / "also").symlink_to(tmp_path / "ledger")
    inside: list[int] = []
    seen: list[int] = []

    def publish(n: int) -> None:
        for _ in range(50):
            with TileFolder(tmp_path / ("ledger" if n % 2 else "also")).publishing():
                inside.append(n)
                seen.append(len(inside))
                inside.remove(n)

    (tmp_path / "ledger").mkdir()
    assert at_once(4, publish) == []
    assert seen == [1] * 200


def test_the_turn_comes_back_when_publishing_fails(tmp_path: Path) -> None:
    # Breaks when an error while publishing stops all publishing after it.
    tiles = TileFolder(tmp_path / "ledger")
    for _ in range(2):
        with pytest.raises(LedgerError), tiles.publishing():
            raise LedgerError("x")
    with tiles.publishing():
        tiles.write_checkpoint(b"c")


def without(row: int) -> dict[str, bytes]:
    """The sample list, its row at this place left out."""
    files = sample_list()
    rows = files["SDN.CSV"].splitlines(keepends=True)
    return {**files, "SDN.CSV": b"".join(rows[:row] + rows[row + 1 :])}


def test_many_loading_lists_at_once_leave_whole_editions(tmp_path: Path) -> None:
    # Breaks when two loads of a list mix their files, or a reader meets half an edition.
    files = [sample_list(), without(0), without(1)]

    def load(n: int) -> None:
        shelf = ListShelf(tmp_path)
        for _ in range(4):
            shelf.put("sample", files[n % 3], NOW, confirmed=True)
            assert [edition.list_id for edition in shelf.current()] == ["sample"]

    shared = ListShelf(tmp_path)
    shared.put("sample", files[0], NOW)
    assert at_once(6, load) == []
    assert at_once(4, lambda _: shared.current()) == []
    assert shared.current()[0].digest == shared.current_digests()["sample"]
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("step", range(5))
def test_a_crash_between_files_keeps_the_old_edition_and_loading_again_completes_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    # Breaks when half an edition becomes current, or half an edition on disk can never be made whole.
    shelf = ListShelf(tmp_path)
    old = shelf.put("sample", sample_list(), NOW)
    written: list[Path] = []

    def crash(path: Path, data: bytes) -> None:
        if len(written) == step:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(f".{path.name}.dead.part").write_bytes(data[:10])
            raise KeyboardInterrupt
        written.append(path)
        write_durably(path, data)

    assert len(sample_list()) + 1 == 5
    for module in (list_shelf, list_note):
        monkeypatch.setattr(module, "write_durably", crash)
    with pytest.raises(KeyboardInterrupt):
        shelf.put("sample", without(0), NOW, confirmed=True)
    monkeypatch.undo()
    for reader in (shelf, ListShelf(tmp_path)):
        assert [edition.digest for edition in reader.current()] == [old.digest]
    new = shelf.put("sample", without(0), NOW, confirmed=True)
    assert [edition.digest for edition in ListShelf(tmp_path).current()] == [new.digest] != [old.digest]


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"digest": 1, "fetched_at": "2026-11-01T00:00:00Z"}',
        b'{"digest": "../../elsewhere", "fetched_at": "2026-11-01T00:00:00Z"}',
        b'{"digest": "' + b"a" * 64 + b'"}',
        b'{"digest": "' + b"a" * 64 + b'", "fetched_at": "yesterday"}',
        b'{"digest": "' + b"a" * 64 + b'", "fetched_at": "2026-11-01T00:00:00"}',
        b'{"digest": "' + b"a" * 64 + b'", "fetched_at": 7}',
    ],
)
def test_a_note_nobody_can_read_is_said_and_mended_by_loading_again(tmp_path: Path, note: bytes) -> None:
    # Breaks when a damaged note ends in a traceback, names a folder elsewhere, or can only be mended by hand.
    shelf = ListShelf(tmp_path)
    edition = shelf.put("sample", sample_list(), NOW)
    (tmp_path / "sample" / "current.json").write_bytes(note)
    for look in (shelf.current, shelf.current_digests, shelf.fetched):
        with pytest.raises(ListError):
            look()
    with pytest.raises(ListError):
        shelf.put("sample", sample_list(), NOW)
    shelf.put("other", sample_list(), NOW)
    shelf.put("sample", sample_list(), NOW, confirmed=True)
    assert shelf.current_digests()["sample"] == edition.digest


def test_a_damaged_edition_is_said_and_mended_by_loading_it_again(tmp_path: Path) -> None:
    # Breaks when persons are compared with a list that is not the one entered, or a missing file ends in a traceback.
    edition = ListShelf(tmp_path).put("sample", sample_list(), NOW)
    folder = tmp_path / "sample" / edition.digest
    (folder / "SDN.CSV").write_bytes(without(0)["SDN.CSV"])
    with pytest.raises(ListError):
        ListShelf(tmp_path).current()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    with pytest.raises(ListError):
        ListShelf(tmp_path).current()
    ListShelf(tmp_path).put("sample", sample_list(), NOW)
    assert ListShelf(tmp_path).current()[0].parties == edition.parties


def test_a_list_that_shrank_is_refused_whatever_wrote_the_note(tmp_path: Path) -> None:
    # Breaks when a cut-off download replaces the list, also after a note written before it counted parties.
    shelf, files = ListShelf(tmp_path), sample_list()
    shelf.put("sample", files, NOW)
    cut = {**files, "SDN.CSV": files["SDN.CSV"].splitlines(keepends=True)[0]}
    path = tmp_path / "sample" / "current.json"
    note = json.loads(path.read_bytes())
    for kept in (note, {key: note[key] for key in ("digest", "fetched_at")}):
        path.write_text(json.dumps(kept))
        with pytest.raises(ListError, match="shrank"):
            ListShelf(tmp_path).put("sample", cut, NOW)
