"""How long until something happens: the command line, one question, the server; and what it holds in memory.

Run: ./gatebook bench bench_start. Each is a new process; the first start of each is not counted.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil

import houses
from bench_http import answers, free_port
from figures import CONSOLE, Figures

_TIMES = 7
_ACCOUNTS = 1000
COMMAND = ["-m", "gatebook.cli.main"]


def started(command: list[str]) -> tuple[float, float]:
    """Run a command several times; return the median of its seconds and of the most memory it held, in MiB."""
    took, held = [], []
    for _ in range(1 + _TIMES):
        began = time.perf_counter()
        process = psutil.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        held.append(watched(process))
        took.append(time.perf_counter() - began)
        if process.returncode:
            sys.exit(f"bench_start: {' '.join(command[:4])} ended with status {process.returncode}")
    return statistics.median(took[1:]), statistics.median(held[1:]) / 2**20


def watched(process: psutil.Popen) -> int:
    """Wait for a process; return the most resident memory seen, looking every few milliseconds."""
    most = 0
    while process.poll() is None:
        try:
            most = max(most, process.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.004)
    process.wait()
    return most


def served(place: Path) -> tuple[float, float]:
    """Start the server several times; return the medians of seconds to a first answer and of memory then, in MiB."""
    took, held = [], []
    for _ in range(4):
        port, began = free_port(), time.perf_counter()
        command = [sys.executable, *COMMAND, "serve", "--house", str(place), "--port", str(port)]
        process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not answers(port):
                if process.poll() is not None:
                    sys.exit("bench_start: the server did not start")
                time.sleep(0.005)
            took.append(time.perf_counter() - began)
            held.append(process.memory_info().rss)
        finally:
            process.terminate()
            process.wait(timeout=30)
    return statistics.median(took[1:]), statistics.median(held[1:]) / 2**20


def imports(command: list[str]) -> list[tuple[str, float, int]]:
    """Return (package, milliseconds of its own, modules) of what a command imports, dearest first."""
    run = subprocess.run([sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True)
    spent, count = Counter[str](), Counter[str]()
    for line in run.stderr.splitlines():
        parts = line.removeprefix("import time:").split("|")
        if len(parts) == 3 and parts[0].strip().isdigit():
            package = parts[2].strip().partition(".")[0]
            spent[package] += int(parts[0])
            count[package] += 1
    return [(name, us / 1000, count[name]) for name, us in spent.most_common()]


def main() -> None:
    figures = Figures("bench_start", "From nothing to an answer", ("what", "until done", "memory", "floor = 1"))
    with houses.folder() as place:
        with houses.house(place / "h") as premises:
            asked = houses.open_accounts(premises, _ACCOUNTS)[500]
        house = ["--house", str(place / "h")]
        floor, held = started(["-c", "import fastapi"])
        lines = [
            ("python -c pass", "python", started(["-c", "pass"])),
            ("python -c 'import fastapi' (the floor)", "fastapi", (floor, held)),
            ("gatebook --help", "help", started([*COMMAND, "--help"])),
            (f"gatebook gate, {_ACCOUNTS:,} accounts", "gate", started([*COMMAND, "gate", asked, *house])),
            ("gatebook serve, to the first healthy answer", "serve", served(place / "h")),
        ]
    for what, key, (took, memory) in lines:
        figures.keep(f"{key}_seconds", took)
        figures.keep(f"{key}_memory_mib", memory)
        ratio = figures.keep(f"{key}_of_floor", took / floor)
        figures.row(what, f"{took * 1000:.0f} ms", f"{memory:.0f} MiB", f"{ratio:.2f} x")
    dear = imports([*COMMAND, "--help"])
    CONSOLE.print()
    for name, spent, modules in dear[:12]:
        figures.keep(f"import_{name}_ms", spent)
        figures.row(f"  import {name} ({modules} modules, own time)", f"{spent:.0f} ms", "", "")
    figures.show(
        "Medians of seven new processes (the server: three). Import times are of gatebook --help under -X importtime, which",
        "adds some; each package counts its own modules and not what they import. The launcher adds its own start to each.",
    )


if __name__ == "__main__":
    main()
