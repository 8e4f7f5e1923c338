"""A population index in a folder: the customers part by part, what was read of each part, and all of it laid out.

The trap guarded against: an index of another file, or of half of one. A stamp says of which customers, tables and
scorer it is, and is written last; whatever has another stamp is made anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, Self

import msgspec
import numpy as np
import pyarrow as pa

from gatebook.errors import Conflict, GatebookError, InvalidInput, reason_of
from gatebook.screen.population_index import PopulationIndex
from gatebook.screen.population_layout import ARRAYS, Layout
from gatebook.screen.vocabulary import KeptVocabulary, Vocabulary
from gatebook.store.files import flush_folder, make_folder, write_durably
from gatebook.store.turn import hold

_PLAN, _WHOLE, _LOCK, _TOLD, _VOCABULARY = "plan.json", "whole.json", "lock", "told.json", "vocabulary.msgpack"
_CUSTOMERS, _READ = ".customers.arrow", ".read.arrow"


class KeptPopulation:
    """The folder of one population's index. One process at a time makes it; any number ask it then.

    It holds the customers as they are in their file: guard it as the file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: IO[bytes] | None = None
        self._plan: Mapping[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock:
            self._lock.close()

    def begin(self, plan: Mapping[str, Any]) -> tuple[frozenset[int] | None, bool]:
        """Take the folder: which parts of this plan are kept, or None where all is made; whether another plan's went.

        Raises Conflict when another process is making it or asks what would go, InvalidInput where no folder can be.
        """
        try:
            make_folder(self._folder)
            self._lock = (self._folder / _LOCK).open("ab")
        except OSError as error:
            why = reason_of(error)
            raise InvalidInput(f"no index can be kept in {self._folder.name}: {why}") from None
        self._plan = dict(plan)
        _hold(self._lock, alone=False)
        if self._is_whole():
            self._sweep()  # where it was cut off at the very end
            return None, False
        _hold(self._lock, alone=True)
        if self._is_whole():  # another run was as quick as to make it between the two lines above
            _hold(self._lock, alone=False)
            return None, False
        before = _json(self._folder / _PLAN)
        (self._folder / _WHOLE).unlink(missing_ok=True)
        if before != self._plan:
            self._empty()
            write_durably(self._folder / _PLAN, json.dumps(self._plan, indent=1).encode())
            return frozenset(), bool(before)
        read = {int(path.name.partition(".")[0]) for path in self._folder.glob(f"*{_READ}")}
        return frozenset(n for n in read if self._at(n, _CUSTOMERS).exists()), False

    def keep(self, number: int, customers: pa.RecordBatch, read: pa.Table) -> None:
        """Keep a part, on the disk before this returns: the customers, then what was read of them."""
        write_durably(self._at(number, _CUSTOMERS), _as_ipc(pa.Table.from_batches([customers])))
        write_durably(self._at(number, _READ), _as_ipc(read))

    def parts(self) -> Iterator[pa.Table]:
        """Yield what was read of each part, in order."""
        for path in sorted(self._folder.glob(f"*{_READ}")):
            yield _opened(path)

    def finish(self, laid: Layout) -> None:
        """Keep the layout and mark it whole; what was read of the parts goes then."""
        for name in ARRAYS:
            self._write(f"{name}.npy", partial(np.save, arr=laid.arrays[name], allow_pickle=False))
        vocabulary = msgspec.msgpack.encode(Vocabulary(laid.tokens).laid_down())
        self._write(_VOCABULARY, lambda file: file.write(vocabulary))
        self._write(_TOLD, lambda file: file.write(json.dumps(laid.told).encode()))
        flush_folder(self._folder)
        write_durably(self._folder / _WHOLE, json.dumps(self._plan, indent=1).encode())
        self._sweep()
        if self._lock:
            _hold(self._lock, alone=False)

    def index(self) -> PopulationIndex:
        """Return the index; its arrays stay on the disk but for what is asked of them.

        Raises GatebookError, and drops the index, when a file is not what was written: cut short, or of another kind.
        """
        try:
            arrays = {
                n: np.asarray(np.load(self._folder / f"{n}.npy", mmap_mode="r", allow_pickle=False)) for n in ARRAYS
            }
            kept = msgspec.msgpack.decode((self._folder / _VOCABULARY).read_bytes(), type=KeptVocabulary)
        except (OSError, ValueError, msgspec.MsgspecError):
            (self._folder / _WHOLE).unlink(missing_ok=True)
            raise GatebookError("the population index was damaged and is dropped; run the same again") from None
        return PopulationIndex(arrays, Vocabulary(tuple(kept.tokens), kept))

    def told(self) -> dict[str, Any]:
        """Return the tally of all rows, and each row refused: place, id and why."""
        return _json(self._folder / _TOLD)

    def customers(self, rows: Iterable[int]) -> Iterator[pa.RecordBatch]:
        """Yield the customers in these rows, which are in order, a part at a time."""
        rows_a_part = int(self._plan["rows_a_part"])
        by_part: dict[int, list[int]] = {}
        for row in rows:
            by_part.setdefault(row // rows_a_part, []).append(row % rows_a_part)
        for number, places in by_part.items():
            yield _opened(self._at(number, _CUSTOMERS)).take(places).combine_chunks().to_batches()[0]

    def _sweep(self) -> None:
        for path in self._folder.glob(f"*{_READ}"):
            path.unlink(missing_ok=True)

    def _is_whole(self) -> bool:
        return _json(self._folder / _WHOLE) == self._plan

    def _at(self, number: int, suffix: str) -> Path:
        return self._folder / f"{number:08d}{suffix}"

    def _write(self, name: str, write: Callable[[IO[bytes]], object]) -> None:
        """Write a file that counts only once all is marked whole."""
        with (self._folder / name).open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())

    def _empty(self) -> None:
        """The plan goes first: parts without one are nobody's."""
        (self._folder / _PLAN).unlink(missing_ok=True)
        flush_folder(self._folder)
        for path in self._folder.iterdir():
            if path.suffix in {".arrow", ".npy", ".msgpack", ".json"}:
                path.unlink()


def _hold(lock: IO[bytes], *, alone: bool) -> None:
    if not hold(lock, alone=alone):
        raise Conflict("another run is making or asking this population index right now")


def _as_ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


def _opened(path: Path) -> pa.Table:
    try:
        return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (pa.ArrowException, OSError):
        raise GatebookError("a part of the population index was damaged; remove its folder and run again") from None


def _json(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found = json.loads(path.read_bytes())
        return found if isinstance(found, dict) else {}
    return {}
