"""A turn: of all who work on one file, in every thread and process, one at a time.

The trap guarded against: two who read, change and write a file at once, of whom the first one's change is lost.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gatebook.errors import GatebookError, Unavailable

_TURNS: dict[Path, threading.Lock] = {}


@contextmanager
def a_turn(lock: Path, refusal: type[GatebookError] = Unavailable) -> Iterator[None]:
    """Wait for the turn and hold it until the block ends. Raises ``refusal`` where the file cannot be locked.

    ``lock`` is a file beside the one worked on. The system takes the turn back from whoever dies; one without
    ``flock`` (Windows) keeps turns among the threads of one process alone.
    """
    with _TURNS.setdefault(lock.resolve(), threading.Lock()), lock.open("ab") as file:
        _take(file, refusal)  # let go when the file is closed
        yield


def hold(file: IO[bytes], *, alone: bool = True) -> bool:
    """Hold an open file until it is closed, alone or with others, without waiting; False where others stand in the way.

    What was held of it before is let go first, so that of two who both want it alone one gets it. Without ``flock``
    (Windows) all are let in, and two runs at once are the user's to avoid.
    """
    try:
        import fcntl  # noqa: PLC0415  as below
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_UN)
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def let_go(file: IO[bytes]) -> None:
    """Let go of a file that was held, and keep it open."""
    try:
        import fcntl  # noqa: PLC0415  as above
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_UN)


def _take(file: IO[bytes], refusal: type[GatebookError]) -> None:
    try:
        import fcntl  # noqa: PLC0415  Windows has none
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        raise refusal("the folder cannot be locked; it has to be on a file system with locks") from None
