"""Connections: each has so long from its beginning, or its last answer, to the end of its next request's headers.

The trap guarded against: places held by silence. The server library waits for a first byte for ever, and for the rest
of the headers after one; and as many silent connections as there are places would keep out whoever asks.
"""

from __future__ import annotations

import asyncio
import math

from uvicorn.protocols.http.h11_impl import H11Protocol as Http11

#: How many connections there may be before the one that has waited longest makes room, and how long each may wait.
MOST, WAIT_S = 1000, 15.0


class PromptConnection(Http11):
    """HTTP/1.1 over one connection that is let go when nothing whole is asked over it in time."""

    waits_until: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether no request is under way: its headers are not whole yet, or the answer was given."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library has it
        """Begin to wait; where there are too many, whoever has waited longest without asking goes."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > MOST:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Take what came; a whole request ends the waiting."""
        super().data_received(data)
        if not self.is_waiting:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request, and for the far end to have taken this answer."""
        super().on_response_complete()
        if self.is_waiting:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._stop_waiting()
        self.waits_until = self.loop.call_later(WAIT_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self.waits_until is not None:
            self.waits_until.cancel()
            self.waits_until = None

    def _make_room(self) -> None:
        others = [c for c in self.connections if c is not self and isinstance(c, PromptConnection) and c.is_waiting]
        if others:
            min(others, key=lambda c: c.waits_until.when() if c.waits_until else math.inf).transport.abort()
