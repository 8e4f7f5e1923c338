"""A closed loop of HTTP requests in a process of its own: each connection asks again as soon as it was answered.

Started by bench_http: ``python load.py HOST PORT CONNECTIONS SECONDS`` with the requests as JSON on standard input. The
trap guarded against: a client that shares the server's process, and takes its time from it unseen.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator

_WARM = 0.7  # seconds that do not count


class Asker(asyncio.Protocol):
    """One connection: sends a request, waits for the whole answer, notes how long it took, sends the next."""

    def __init__(self, requests: Iterator[bytes], took: list[tuple[float, float]], statuses: Counter[int]) -> None:
        self._requests, self._took, self._statuses = requests, took, statuses
        self._buffer, self._sent_at = b"", 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Go on when the answer is whole."""
        self._buffer += data
        head, gap, body = self._buffer.partition(b"\r\n\r\n")
        if not gap or len(body) < _length(head):
            return
        now = time.perf_counter()
        self._took.append((now, now - self._sent_at))
        self._statuses[int(head[9:12])] += 1
        self._buffer = b""
        self._ask()

    def _ask(self) -> None:
        if self.transport and not self.transport.is_closing():
            self._sent_at = time.perf_counter()
            self.transport.write(next(self._requests))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


def made(asked: dict[str, object]) -> list[bytes]:
    """Return the bytes of every request."""
    bodies: list[str] = asked["bodies"]  # type: ignore[assignment]
    head = (
        f"{asked['method']} {asked['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {asked['secret']}\r\n"
    )
    if asked["method"] == "GET":
        return [(head + "\r\n").encode()]
    return [
        f"{head}Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}".encode()
        for body in bodies
    ]


async def load(host: str, port: int, connections: int, seconds: float, asked: dict[str, object]) -> dict[str, object]:
    """Ask for ``seconds`` over ``connections`` and return what was seen after the warm-up."""
    loop = asyncio.get_running_loop()
    requests, took, statuses = itertools.cycle(made(asked)), list[tuple[float, float]](), Counter[int]()
    askers = [
        (await loop.create_connection(lambda: Asker(requests, took, statuses), host, port))[1]
        for _ in range(connections)
    ]
    await asyncio.sleep(_WARM)
    began, used = time.perf_counter(), _cpu()
    sys.stdout.write("began\n")
    sys.stdout.flush()
    await asyncio.sleep(seconds)
    ended, used = time.perf_counter(), _cpu() - used
    lost = sum(asker.transport is None or asker.transport.is_closing() for asker in askers)
    for asker in askers:
        if asker.transport:
            asker.transport.abort()
    counted = [spent for at, spent in took if began <= at <= ended]
    return {"seconds": ended - began, "took": counted, "cpu": used, "statuses": dict(statuses), "lost": lost}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    place, door, many, lasting = sys.argv[1:5]
    found = asyncio.run(load(place, int(door), int(many), float(lasting), json.loads(sys.stdin.read())))
    sys.stdout.write(json.dumps(found) + "\n")
