"""Batches of access events sent by one process, each file of a folder once, until all are searchable.

Started by bench_access: ``python access_load.py PORT SECRET FOLDER CONNECTIONS``. The trap guarded against: events that
are counted as taken in and cannot be found; the clock stops when the last batch says that it is sealed.
"""

from __future__ import annotations

import http.client
import json
import queue
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

_PATH, _LONGEST = "/v1/access-events", 300.0


class Sender(threading.Thread):
    """One connection: sends a body, waits until it is acknowledged, sends the next there is."""

    def __init__(self, port: int, secret: str, bodies: queue.SimpleQueue[bytes]) -> None:
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._head = {"Authorization": f"Bearer {secret}", "Content-Type": "application/x-ndjson"}
        self._bodies = bodies
        self.took, self.batches, self.rows = list[float](), list[str](), 0
        self.fault = ""

    def run(self) -> None:
        """Send until nothing is left."""
        while True:
            try:
                body = self._bodies.get_nowait()
            except queue.Empty:
                return
            began = time.perf_counter()
            status, said = self.ask("POST", f"{_PATH}?source=edge&format=own", body)
            if status != 202:
                self.fault = f"answered {status}: {said.get('title', '')}"
                return
            self.took.append(time.perf_counter() - began)
            self.batches.append(said["batch"])
            self.rows += said["rows"] - said["unmapped"]

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
        """Send one request and return status and answer."""
        self._connection.request(method, path, body, self._head)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())


def send(port: int, secret: str, folder: Path, connections: int) -> dict[str, object]:
    """Send all and return what was seen."""
    bodies = queue.SimpleQueue[bytes]()
    for path in sorted(folder.iterdir()):
        bodies.put(path.read_bytes())
    senders = [Sender(port, secret, bodies) for _ in range(connections)]
    began = time.perf_counter()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    acknowledged = time.perf_counter() - began
    if fault := next((sender.fault for sender in senders if sender.fault), ""):
        sys.exit(f"access_load: {fault}")
    waiting = [batch for sender in senders for batch in sender.batches]
    while waiting and time.perf_counter() - began < _LONGEST:
        if senders[0].ask("GET", f"{_PATH}/{waiting[-1]}")[1]["state"] == "sealed":
            waiting.pop()
        else:
            time.sleep(0.05)  # asking takes the server's time as well
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "rows": sum(sender.rows for sender in senders),
        "acknowledged_s": acknowledged,
        "searchable_s": time.perf_counter() - began,
        "unsealed": len(waiting),
        "took": [one for sender in senders for one in sender.took],
        "cpu": used.ru_utime + used.ru_stime,
    }


if __name__ == "__main__":
    door, word, place, many = sys.argv[1:5]
    sys.stdout.write(json.dumps(send(int(door), word, Path(place), int(many))) + "\n")
