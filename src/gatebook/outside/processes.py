"""Batches worked on in this process, or in several: one for each core, the results in the order of the parts.

The trap guarded against: workers that outlive a killed parent. Each watches the parent and goes when it has gone.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pyarrow as pa

from gatebook.errors import Unavailable

Work = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
_AHEAD = 2
_work: Work | None = None


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Alone:
    """The engine that works here."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def results(self, parts: Iterable[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[int, pa.Table]]:
        """Yield each part's result."""
        for number, batch in parts:
            yield number, pa.Table.from_batches(self._work([batch]))


class Processes:
    """The engine that works in several processes. On Linux they share what ``warm`` made; elsewhere each makes it."""

    def __init__(self, work: Work, workers: int, warm: Callable[[], object]) -> None:
        self._work, self._workers, self._warm = work, workers, warm

    def results(self, parts: Iterable[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[int, pa.Table]]:
        """Yield each part's result. Raises Unavailable when a worker died."""
        is_shared = sys.platform == "linux"
        if is_shared:
            self._warm()
            gc.freeze()  # a collection would touch, and so copy, every page the workers share
        context = multiprocessing.get_context("fork" if is_shared else "spawn")
        waiting: deque[tuple[int, Future[pa.Table]]] = deque()
        with ProcessPoolExecutor(self._workers, context, _begin, (self._work,)) as pool:
            try:
                for number, batch in parts:
                    waiting.append((number, pool.submit(_one, batch)))
                    if len(waiting) > self._workers * _AHEAD:
                        yield waiting[0][0], waiting.popleft()[1].result()
                while waiting:
                    yield waiting[0][0], waiting.popleft()[1].result()
            except BrokenProcessPool:
                raise Unavailable("a worker died, perhaps for want of memory; run the same again, with fewer") from None
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _begin(work: Work) -> None:
    global _work  # noqa: PLW0603  a worker has one work, given when it starts
    _work = work
    threading.Thread(target=_go_with_parent, daemon=True).start()


def _go_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _one(batch: pa.RecordBatch) -> pa.Table:
    if _work is None:
        message = "a worker was given a part before its work"
        raise Unavailable(message)
    return pa.Table.from_batches(_work([batch]))
