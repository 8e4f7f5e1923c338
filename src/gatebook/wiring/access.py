"""The access record of a house: held by one process at a time, asked by all.

The trap guarded against: an engine that only one process may open, and a command that fails because a server runs.
Whoever finds the record free holds it; whoever does not asks the one who holds it, over a socket in the folder.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from gatebook.errors import Unavailable
from gatebook.procedures.access_record import AccessAnswers, AccessRecord
from gatebook.procedures.house import House
from gatebook.procedures.seal_access import seal_access
from gatebook.record.archive_ports import RowKey
from gatebook.record.log_ports import AccessLog
from gatebook.record.packed_runs import EVERYTHING, PackedRun, Shown
from gatebook.record.proving import prove_packed, prove_range, with_rows
from gatebook.record.segment_ports import Tenure
from gatebook.record.segments import RangeProof, SegmentSecrets
from gatebook.store.access_socket import Asker, Listener, Offered
from gatebook.store.columnar.archive import ColumnarMonths
from gatebook.store.columnar.engine import Engine
from gatebook.store.columnar.store import ColumnarStore
from gatebook.store.files import make_private
from gatebook.store.turn import hold
from gatebook.trace.ports import Filter, KeptEvent, Place, Sharer, Use

_PATIENCE_S = 20.0
_AGAIN_S = 0.1


class HeldAccess:
    """The record while this process holds it: answers, seals, and answers other processes of the house."""

    def __init__(
        self, house: House, log: AccessLog, secrets: SegmentSecrets, folder: Path, dsn: str, lock: IO[bytes]
    ) -> None:
        self._house, self._lock, self._sealing = house, lock, threading.Lock()
        self._engine = Engine(dsn, database_of(secrets))
        try:
            self._open(log, secrets, folder)
        except BaseException:
            self._engine.close()
            raise

    def _open(self, log: AccessLog, secrets: SegmentSecrets, folder: Path) -> None:
        self._store = ColumnarStore(self._engine, secrets)
        self.record = AccessRecord(log, self._store, secrets)
        self.events, self.uses, self.sharers = self._store.events, self._store.uses, self._store.sharers
        months = ColumnarMonths(self._engine)
        self.month_page, self.erased_page = months.month_page, months.erased_page
        self._listener = Listener(folder / "socket", _offered(self))

    def here(self) -> bool:
        """Say that somebody answers."""
        return True

    def prove(self, segment: int, principal: str, size: int, root: bytes) -> RangeProof:
        """Return every row of a principal in a segment, proved."""
        return prove_range(self._store, self.record.secrets.label_salt, segment, principal, size, root)

    def packed_run(self, segment: int, principal: str, size: int, root: bytes, shown: Shown = EVERYTHING) -> PackedRun:
        """Return every row of a principal in a segment as bytes."""
        run = self.packed_place(segment, principal, size, root)
        return with_rows(run, lambda start, stop: self._store.packed(segment, principal, start, stop, shown))

    def packed_place(self, segment: int, principal: str, size: int, root: bytes) -> PackedRun:
        """Return a run without its rows, its place proved."""
        reader, label_salt = self._store.reader(segment, size), self.record.secrets.label_salt
        return prove_packed(self._store, reader, label_salt, segment, principal, size, root)

    def packed(self, segment: int, principal: str, start: int, stop: int, shown: Shown) -> bytes:
        """Return rows of a run."""
        return self._store.packed(segment, principal, start, stop, shown)

    def seal(self) -> int:
        """Seal until the log holds nothing more."""
        with self._sealing:
            return self._seal()

    def _seal(self) -> int:
        count = 0
        while found := seal_access(self._house, self.record).batches:
            count += found
        return count

    def erase(self, tenures: Sequence[Tenure]) -> list[int]:
        """Erase rows, never while a segment is written, and only of segments that were entered."""
        with self._sealing:
            # What waits in the log may be of these too; and what a crash left of a segment nobody entered goes first,
            # or its tombstones would stand beside the segment that takes its number.
            self._seal()
            return self._store.erase(tenures)

    def close(self) -> None:
        """Let others hold the record."""
        self._listener.close()
        with self._sealing:
            self._engine.close()
        self._lock.close()


def database_of(secrets: SegmentSecrets) -> str:
    """Return the name of a house's own database: on a server, another house's rows are none of this one's."""
    return f"gatebook_{secrets.labels[:16]}"


class AskedAccess:
    """The record while another process of the house holds it."""

    def __init__(self, socket: Path) -> None:
        self._asker = Asker(socket, _offered(None))

    def events(self, asked: Filter, after: Place | None, limit: int) -> list[KeptEvent]:
        """Return rows by place."""
        return cast("list[KeptEvent]", self._asker.ask("events", asked, after, limit))

    def uses(self, asked: Filter, limit: int) -> list[Use]:
        """Return (principal, address) pairs."""
        return cast("list[Use]", self._asker.ask("uses", asked, limit))

    def sharers(self, principals: Sequence[str], from_at: int, until_at: int, least: int) -> list[Sharer]:
        """Return other principals at addresses of these."""
        return cast("list[Sharer]", self._asker.ask("sharers", list(principals), from_at, until_at, least))

    def prove(self, segment: int, principal: str, size: int, root: bytes) -> RangeProof:
        """Return every row of a principal in a segment, proved."""
        return cast("RangeProof", self._asker.ask("prove", segment, principal, size, root))

    def packed_run(self, segment: int, principal: str, size: int, root: bytes, shown: Shown = EVERYTHING) -> PackedRun:
        """Return every row of a principal in a segment as bytes, asked for piece by piece."""
        run = cast("PackedRun", self._asker.ask("packed_place", segment, principal, size, root))
        return with_rows(run, lambda *ends: cast("bytes", self._asker.ask("packed", segment, principal, *ends, shown)))

    def is_answered(self) -> bool:
        """Return whether somebody answers: the socket of one who was killed takes calls for a moment still."""
        try:
            return bool(self._asker.ask("here"))
        except Unavailable:
            return False

    def seal(self) -> int:
        """Have whatever the log holds sealed now."""
        return int(self._asker.ask("seal"))

    def erase(self, tenures: Sequence[Tenure]) -> list[int]:
        """Have rows erased."""
        return cast("list[int]", self._asker.ask("erase", list(tenures)))

    def month_page(self, month: int, last_segment: int, after: RowKey | None, limit: int) -> bytes:
        """Return rows of a month after a key."""
        return cast("bytes", self._asker.ask("month_page", month, last_segment, after, limit))

    def erased_page(self, segments: Sequence[int], after: tuple[int, int], limit: int) -> bytes:
        """Return what is kept of erased rows."""
        return cast("bytes", self._asker.ask("erased_page", list(segments), after, limit))


def _offered(held: HeldAccess | None) -> Mapping[str, Offered]:
    kinds: dict[str, tuple[Any, Any]] = {
        "events": (tuple[Filter, Place | None, int], list[KeptEvent]),
        "uses": (tuple[Filter, int], list[Use]),
        "sharers": (tuple[list[str], int, int, int], list[Sharer]),
        "prove": (tuple[int, str, int, bytes], RangeProof),
        "packed_place": (tuple[int, str, int, bytes], PackedRun),
        "packed": (tuple[int, str, int, int, Shown], bytes),
        "here": (tuple[()], bool),
        "seal": (tuple[()], int),
        "month_page": (tuple[int, int, RowKey | None, int], bytes),
        "erased_page": (tuple[list[int], tuple[int, int], int], bytes),
        "erase": (tuple[list[Tenure]], list[int]),
    }
    return {name: Offered(*kind, getattr(held, name, _nobody)) for name, kind in kinds.items()}


def _nobody(*_: object) -> None:
    raise Unavailable("this process asks and does not answer")


class AccessPlace:
    """Where the access record of a house lies: opens it, or finds who did."""

    def __init__(self, folder: Path, open_held: Callable[[IO[bytes]], HeldAccess]) -> None:
        self._folder, self._open_held = folder, open_held
        self._held: HeldAccess | None = None
        self._asked: AskedAccess | None = None
        self._opening = threading.Lock()

    def take(self) -> HeldAccess | None:
        """Hold the record from now until :meth:`close`; None where another process holds it."""
        with self._opening:
            if self._held is None:
                self._held = self._taken()
            return self._held

    def _taken(self) -> HeldAccess | None:
        make_private(self._folder)
        lock = (self._folder / "lock").open("ab")
        try:
            found = self._open_held(lock) if hold(lock) else None
        except BaseException:
            lock.close()
            raise
        if found is None:
            lock.close()
        return found

    @contextmanager
    def opened(self) -> Iterator[AccessAnswers]:
        """Give the record to ask, this process's own where it is free. Raises Unavailable when nobody answers."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            if found := self.take():
                yield found
                return
            # Whoever holds it may be about to listen, or about to let go; who was killed lets go a moment later.
            if (asked := self._asking()).is_answered():
                yield asked
                return
            if time.monotonic() > until:
                raise Unavailable("another process holds the access record and does not answer; end it or wait")
            time.sleep(_AGAIN_S)

    def _asking(self) -> AskedAccess:
        with self._opening:
            if self._asked is None:
                self._asked = AskedAccess(self._folder / "socket")
            return self._asked

    def close(self) -> None:
        """Let go of everything."""
        if self._held:
            self._held.close()
        self._held = None
