"""Threads that take turns at chosen points, so that a race is a seed and not a matter of luck.

The trap guarded against: a test of a race that never races. One actor runs at a time; at every call of a port it gives
way, and a seeded choice says who goes on, or dies. Nothing waits for a clock.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Died(BaseException):
    """The process of an actor ended here; nothing of ours catches it."""


class Actor:
    """One thread. ``may_die`` lets the choice end it at any of its points."""

    def __init__(self, act: Callable[[], None], *, may_die: bool = False) -> None:
        self.go, self.back = threading.Semaphore(0), threading.Semaphore(0)
        self.wants_turn = self.is_done = self.dies = False
        self.may_die, self.fault = may_die, None
        self.thread = threading.Thread(target=self._run, args=(act,), daemon=True)

    def _run(self, act: Callable[[], None]) -> None:
        self.go.acquire()
        try:
            if not self.dies:
                act()
        except Died:
            pass
        except BaseException as error:  # noqa: BLE001  told to the test, which runs elsewhere
            self.fault = error  # type: ignore[assignment]
        self.is_done = True
        self.back.release()


class Turns:
    """Runs actors until all are done. The writer's turn is known, so that nobody is picked who could only wait."""

    def __init__(self, seed: int) -> None:
        self.chosen = random.Random(seed)
        self.owner: Actor | None = None
        self._now: Actor | None = None

    def run(self, actors: list[Actor]) -> None:
        for actor in actors:
            actor.thread.start()
        waiting = list(actors)
        while waiting:
            actor = self.chosen.choice([a for a in waiting if not (a.wants_turn and self.owner not in (None, a))])
            actor.dies = actor.may_die and self.chosen.random() < 0.04
            self._now = actor
            actor.go.release()
            actor.back.acquire()
            if actor.is_done:
                waiting.remove(actor)
                actor.thread.join()
        for actor in actors:
            if actor.fault is not None:
                raise actor.fault

    def point(self, *, wants_turn: bool = False) -> None:
        """Give way; go on when chosen. Outside any actor nothing happens."""
        actor = self._now
        if actor is None or threading.current_thread() is not actor.thread:
            return
        actor.wants_turn = wants_turn
        actor.back.release()
        actor.go.acquire()
        actor.wants_turn = False
        if actor.dies:
            raise Died

    @contextmanager
    def turn(self) -> Iterator[None]:
        self.point(wants_turn=True)
        before, self.owner = self.owner, self._now
        try:
            yield
            self.point()  # before the commit
        finally:
            self.owner = before


class TurnState:
    """A state whose transactions and looks are points."""

    def __init__(self, inner: Any, turns: Turns, committed: Callable[[], None]) -> None:
        self._inner, self._turns, self._committed = inner, turns, committed

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._turns.turn():
            with self._inner.transaction() as work:
                yield work
                self._turns.point()
            self._committed()

    @contextmanager
    def read(self) -> Iterator[Any]:
        self._turns.point()
        with self._inner.read() as work:
            yield work
