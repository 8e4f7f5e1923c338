"""The access record over HTTP: a served house that takes batches in, and answers an investigator meanwhile.

The trap guarded against: a question that is fast because nothing else goes on. Each is asked alone, and again while
another process sends batches as fast as they are acknowledged.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np

import houses
from access_data import Made, lines
from access_engines import ACCOUNT_SPAN, ADDRESS_SPAN
from bench_http import Server, free_port, served
from figures import Figures, Spread, ms, rate, timed
from gatebook.procedures.assign import MOST_ROWS, assign
from gatebook.record.events.times import write_time
from gatebook.settings import FILE, Settings
from gatebook.terms.assignment import OPEN, AssignmentKind
from gatebook.trace.ports import Filter
from gatebook.trace.proposal import Proposal
from gatebook.trace.spans import span_of
from gatebook.wiring.access import HeldAccess
from gatebook.wiring.premises import Premises

HERE = Path(__file__).resolve().parent
SENT = 10_000  # events in a batch that a source sends
QUESTIONS, LEASES, HTTP_BATCHES = 200, 10_000, 30


def drawn(rows: int, many: int) -> list[int]:
    """Return rows to ask about: drawn evenly among events, so that busy accounts are asked about more often."""
    return [int(n) for n in np.random.default_rng(7).integers(0, rows, many)]


def in_store(store: HeldAccess, data: Made, rows: int, figures: Figures) -> None:
    """Ask the store itself, in this process."""
    asked = drawn(rows, QUESTIONS + 5)

    def account(n: int) -> None:
        at = int(data.at[asked[n]])
        who = (data.principal(asked[n]),)
        assert store.events(Filter(at - ACCOUNT_SPAN, at + ACCOUNT_SPAN, principals=who), None, 1000)

    def address(n: int) -> None:
        at = int(data.at[asked[n]])
        where = (data.address_text(asked[n]),)
        assert store.uses(Filter(at - ADDRESS_SPAN, at + ADDRESS_SPAN, networks=where), 1000)

    for name, act in (("account, 30 days", account), ("address, 24 hours", address)):
        show_lookup(figures, f"the store itself: {name}", f"store_{name.split(',')[0]}", timed(act, QUESTIONS))


def show_lookup(figures: Figures, what: str, key: str, spread: Spread) -> None:
    figures.keep(f"{key}_p50_ms", spread.p50)
    figures.keep(f"{key}_p99_ms", spread.p99)
    figures.row(what, f"p50 {ms(spread.p50)}", f"p99 {ms(spread.p99)}", f"{len(spread.took)} asked")


def lease(premises: Premises, data: Made, rows: int) -> None:
    """Note who held addresses that the events came from, each for all of the days."""
    found = {data.address_text(n): data.principal(n) for n in drawn(rows, QUESTIONS + 5)}
    held = [*found.items(), *((f"198.{18 + (n >> 16)}.{n >> 8 & 255}.{n & 255}", f"acc_{n}") for n in range(LEASES))]
    first = int(data.at[0])
    for start in range(0, len(held), MOST_ROWS):
        batch = [
            (n, Proposal(span_of(AssignmentKind.ADDRESS, thing), account, first, OPEN))
            for n, (thing, account) in enumerate(held[start : start + MOST_ROWS])
        ]
        assign(premises.house, houses.WHO, batch)


class Api:
    """One client of a served house that asks one question after the other over one connection."""

    def __init__(self, server: Server, secret: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._head = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask with a body."""
        self._connection.request("POST", path, json.dumps(body), self._head)
        answer = self._connection.getresponse()
        found: dict[str, Any] = json.loads(answer.read())
        if answer.status != 200:
            sys.exit(f"bench_access: {path} answered {answer.status}: {found}")
        return found


def questions(api: Api, data: Made, asked: Sequence[int]) -> dict[str, Callable[[int], object]]:
    """Return the three questions of an investigator, each answered by what is known to be there."""

    def between(n: int, span: int) -> dict[str, Any]:
        at = int(data.at[asked[n]])
        return {"from": write_time(at - span), "until": write_time(at + span), "purpose": "legal-process"}

    def account(n: int) -> None:
        body = {"account": data.principal(asked[n]), "limit": 100, **between(n, ACCOUNT_SPAN)}
        assert api.post("/v1/traces/account", body)["events"]

    def address(n: int) -> None:
        body = {"address": data.address_text(asked[n]), "limit": 100, **between(n, ADDRESS_SPAN)}
        assert api.post("/v1/traces/address", body)["used"]

    def as_of(n: int) -> None:
        at = write_time(int(data.at[asked[n]]))
        body = {"address": data.address_text(asked[n]), "at": at, "purpose": "legal-process"}
        assert api.post("/v1/traces/address", body)["held"]

    return {"account, 30 days": account, "address, 24 hours": address, "as of, held and used then": as_of}


def over_http(premises: Premises, data: Made, rows: int, place: Path, parts: Sequence[str], figures: Figures) -> None:
    """Serve the house: batches sent by another process until searchable, and questions, alone and meanwhile."""
    secret, folder = houses.key(premises), premises.folder
    premises.close()
    with (folder / FILE).open("a") as settings:
        settings.writelines(f"{name} = 100000000\n" for name in Settings.model_fields if name.endswith("_per_minute"))
    sent = [written(data, rows + n * HTTP_BATCHES * SENT, place / f"sent{n}") for n in range(2)]
    port = free_port()
    command = ["-m", "gatebook.cli.main", "serve", "--house", str(folder), "--port", str(port)]
    with served(command, port, place / "serve.log") as server:
        if "http" in parts:
            show_sent(figures, *send(server, secret, sent[0]))
        if "lookups" in parts:
            ask(server, secret, data, rows, sent[1], figures)


def written(data: Made, start: int, folder: Path) -> Path:
    """Write batches of lines to a folder, as a source would send them."""
    folder.mkdir()
    for n, batch in enumerate(data.batches(start, start + HTTP_BATCHES * SENT, SENT)):
        (folder / f"{n:05d}").write_bytes(lines(batch))
    return folder


@contextmanager
def sending(server: Server, secret: str, folder: Path, connections: int = 2) -> Iterator[subprocess.Popen[str]]:
    """Have another process send what is in a folder."""
    command = [sys.executable, str(HERE / "access_load.py"), str(server.port), secret, str(folder), str(connections)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield process
    process.wait(timeout=400)


def send(server: Server, secret: str, folder: Path) -> tuple[dict[str, Any], float]:
    """Send a folder of batches; return what the client saw and the processor the server took."""
    before = server.cpu()
    with sending(server, secret, folder) as process:
        assert process.stdout
        found = json.loads(process.stdout.read())
    return found, server.cpu() - before


def show_sent(figures: Figures, found: dict[str, Any], cpu: float) -> None:
    rows = found["rows"]
    if found["unsealed"] or not rows:
        sys.exit("bench_access: batches were not sealed in time")
    said = f"{rows / SENT:.0f} batches of 10,000 lines, 2 connections"
    kept = figures.keep("http_acknowledged_per_s", rows / found["acknowledged_s"])
    figures.row(
        "HTTP: acknowledged, durable",
        f"{rate(kept)} wall",
        f"batch p50 {ms(statistics.median(found['took']) * 1000)}",
        said,
    )
    kept = figures.keep("http_searchable_per_s", rows / found["searchable_s"])
    figures.keep("http_server_us_per_event", cpu / rows * 1e6)
    figures.row(
        "HTTP: until searchable, sealed",
        f"{rate(kept)} wall",
        f"{cpu / rows * 1e6:.1f} us server",
        f"client {found['cpu']:.1f} cpu-s",
    )


def ask(server: Server, secret: str, data: Made, rows: int, folder: Path, figures: Figures) -> None:
    """Ask over HTTP, first alone and then while another process sends as fast as it is answered."""
    acts = questions(Api(server, secret), data, drawn(rows, QUESTIONS + 5))
    for name, act in acts.items():
        show_lookup(figures, f"HTTP: {name}", f"http_{name.split(',')[0]}", timed(act, QUESTIONS))
    took: dict[str, list[float]] = {name: [] for name in acts}
    with sending(server, secret, folder) as process:
        for n in range(QUESTIONS):
            for name, act in acts.items():
                began = time.perf_counter()
                act(n)
                took[name].append(time.perf_counter() - began)
            if process.poll() is not None:
                break
    for name, seen in took.items():
        show_lookup(
            figures, f"HTTP, while events come in: {name}", f"http_busy_{name.split(',')[0]}", Spread(tuple(seen))
        )
