"""A real ``gatebook serve`` under load from another process, beside bare apps that do one thing each.

Run: ./gatebook bench bench_http [seconds a cell]. Everything is on 127.0.0.1; each cell is bounded in time.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

import houses
from figures import Figures, ms, rate, times
from gatebook.settings import FILE, Settings

HERE = Path(__file__).resolve().parent
_CONNECTIONS = (1, 4, 16)
_ACCOUNTS, _APPLICATIONS = 1000, 4000
_UNLIMITED = 100_000_000  # a limit so high that its counting is paid for and never refuses


@dataclass(frozen=True)
class Server:
    """A server that answers: its process, its port, and its resident memory when it first did."""

    process: psutil.Process
    port: int
    memory: int

    def cpu(self) -> float:
        """Seconds of processor used so far."""
        used = self.process.cpu_times()
        return float(used.user + used.system)


@dataclass(frozen=True)
class Cell:
    """What one load saw."""

    rate: float
    p50: float
    p99: float
    server_cpu: float
    client_cpu: float


def free_port() -> int:
    """Return a port nobody has now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextmanager
def served(command: list[str], port: int, log: Path) -> Iterator[Server]:
    """Start a server, wait until it answers, stop it at the end."""
    with log.open("w") as written:
        process = subprocess.Popen([sys.executable, *command], stdout=written, stderr=written)
    try:
        while not answers(port):
            if process.poll() is not None:
                sys.exit(f"a server did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.02)
        seen = psutil.Process(process.pid)
        yield Server(seen, port, seen.memory_info().rss)
    finally:
        process.terminate()
        process.wait(timeout=30)


def answers(port: int) -> bool:
    """Return whether something speaks HTTP on ``port``."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True  # the bare apps have no such page
    except OSError:
        return False


def load(server: Server, connections: int, seconds: float, asked: dict[str, object]) -> Cell:
    """Put one load on a server from a process of its own."""
    command = [sys.executable, str(HERE / "load.py"), "127.0.0.1", str(server.port), str(connections), str(seconds)]
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert client.stdin
    assert client.stdout
    client.stdin.write(json.dumps(asked))
    client.stdin.close()
    client.stdout.readline()  # "began": the warm-up is over
    before = server.cpu()
    found = json.loads(client.stdout.readline())
    used = server.cpu() - before
    client.wait(timeout=30)
    refused = {status: count for status, count in found["statuses"].items() if not status.startswith("2")}
    if refused or found["lost"] or not found["took"]:
        sys.exit(f"bench_http: {asked['path']} answered {found['statuses']}, {found['lost']} connections lost")
    took, count = sorted(found["took"]), len(found["took"])
    p99 = took[min(count - 1, int(count * 0.99))]
    return Cell(
        count / found["seconds"], statistics.median(took) * 1000, p99 * 1000, used / count, found["cpu"] / count
    )


def requests(secret: str) -> dict[str, dict[str, object]]:
    """Return the three loads."""
    asked = [json.dumps({"account": f"acc_bench{n:06d}", "act": "use"}) for n in range(_ACCOUNTS)]
    applied = [json.dumps(houses.application(n)) for n in range(_APPLICATIONS)]
    return {
        "gate": {"method": "POST", "path": "/v1/gate", "secret": secret, "bodies": asked},
        "applications": {"method": "POST", "path": "/v1/applications", "secret": secret, "bodies": applied},
        "law": {"method": "GET", "path": "/v1/law", "secret": secret, "bodies": []},
    }


def prepare(place: Path) -> str:
    """Make a house with a thousand open accounts and a key; return the key's secret."""
    with houses.house(place) as premises:
        houses.open_accounts(premises, _ACCOUNTS)
        secret = houses.key(premises)
    limits = [name for name in Settings.model_fields if name.endswith("_per_minute")]
    with (place / FILE).open("a") as settings:
        settings.writelines(f"{name} = {_UNLIMITED}\n" for name in limits)
    return secret


def add(figures: Figures, what: str, key: str, cell: Cell, beside: Cell | None) -> None:
    """Add one line, and the share of the bare app's rate."""
    for name in ("rate", "p50", "p99"):
        figures.keep(f"{key}_{name}", getattr(cell, name))
    figures.keep(f"{key}_server_cpu_ms", cell.server_cpu * 1000)
    reached = times(figures.keep(f"{key}_of_bare", cell.rate / beside.rate)) if beside else ""
    cpu = f"{cell.server_cpu * 1000:.2f} + {cell.client_cpu * 1000:.2f} ms"
    figures.row(what, rate(cell.rate), ms(cell.p50), ms(cell.p99), cpu, reached)


def memory(figures: Figures, name: str, server: Server) -> None:
    """Add a server's resident memory, when it first answered and after the load."""
    now = server.process.memory_info().rss
    figures.keep(f"{name}_memory_start_mib", server.memory / 2**20)
    figures.keep(f"{name}_memory_after_mib", now / 2**20)
    figures.row(
        f"resident memory, {name}", f"{server.memory / 2**20:.0f} MiB", f"{now / 2**20:.0f} MiB after", "", "", ""
    )


def main() -> None:
    seconds = float(next((a for a in sys.argv[1:] if a[0].isdigit()), "4"))
    columns = ("what", "requests", "p50", "p99", "processor: server + client", "bare = 1")
    figures = Figures("bench_http", "The API over HTTP, one process, closed loop, keep-alive", columns)
    with houses.folder() as place, ExitStack() as stack:
        asked, bare = requests(prepare(place / "h")), {}
        ports = {name: free_port() for name in ("gatebook", "gate", "applications")}
        serve = ["-m", "gatebook.cli.main", "serve", "--house", str(place / "h"), "--port", str(ports["gatebook"])]
        house = stack.enter_context(served(serve, ports["gatebook"], place / "serve.log"))
        for name in ("gate", "applications"):
            command = [str(HERE / "plain_apps.py"), name, str(ports[name]), str(place)]
            bare[name] = stack.enter_context(served(command, ports[name], place / f"{name}.log"))
        for name in asked:
            for connections in _CONNECTIONS:
                beside = load(bare[name], connections, seconds, asked[name]) if name in bare else None
                ours = load(house, connections, seconds, asked[name])
                what = f"{asked[name]['method']} {asked[name]['path']}, {connections} at once"
                if beside:
                    add(figures, f"{what}: bare app", f"bare_{name}_{connections}", beside, None)
                add(figures, f"{what}: Gatebook", f"{name}_{connections}", ours, beside)
        memory(figures, "gatebook", house)
        for name, server in bare.items():
            memory(figures, f"bare_{name}", server)
    figures.show(
        "The bare gate reads one SQLite row by its primary key; the bare applications app commits one row. Neither has keys,",
        "limits, law, screening, sealing, a ledger or a log. Client and servers share this machine's processors.",
        "Every application is of another person, with a passport; the sample list is screened. A load generator such as wrk",
        "can be pointed at a served house as well; nothing here needs one.",
    )


if __name__ == "__main__":
    main()
