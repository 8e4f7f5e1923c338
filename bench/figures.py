"""What every bench prints: a table for people, then one line of JSON for machines.

The trap guarded against: a figure without its machine. Processor, Python and load stand beside every table.
"""

from __future__ import annotations

import cProfile
import json
import os
import platform
import pstats
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

CONSOLE = Console(width=132, highlight=False)


@dataclass(frozen=True, slots=True)
class Spread:
    """How long one act took, many times over, in seconds."""

    took: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Acts per second, one after the other."""
        return len(self.took) / sum(self.took)

    def at(self, share: float) -> float:
        """The time within which ``share`` of the acts were done, in milliseconds."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    @property
    def p50(self) -> float:
        """The median in milliseconds."""
        return statistics.median(self.took) * 1000

    @property
    def p99(self) -> float:
        """The 99th percentile in milliseconds."""
        return self.at(0.99)


def timed(act: Callable[[int], object], count: int) -> Spread:
    """Do ``act`` ``count`` times, after a few that do not count."""
    return side_by_side([act], count)[0]


def side_by_side(acts: Sequence[Callable[[int], object]], count: int, warm: int = 5) -> list[Spread]:
    """Do each act ``count`` times, one after the other in turn, so that a busy moment meets all of them."""
    took: list[list[float]] = [[] for _ in acts]
    for n in range(-warm, count):
        for act, mine in zip(acts, took, strict=True):
            began = time.perf_counter()
            act(n)
            mine.append(time.perf_counter() - began)
    return [Spread(tuple(mine[warm:])) for mine in took]


def profiled(title: str, act: Callable[[int], object], count: int, lines: int = 14) -> None:
    """With ``--profile``, print where ``count`` acts spend their time, own time first."""
    if "--profile" not in sys.argv:
        return
    profile = cProfile.Profile()
    profile.enable()
    for n in range(count):
        act(1_000_000 + n)
    profile.disable()
    CONSOLE.print(f"\n[bold]{title}[/]: where {count} of them spend their time")
    stats = pstats.Stats(profile, stream=sys.stdout)
    stats.sort_stats("tottime").print_stats(lines)
    stats.sort_stats("cumulative").print_stats(2 * lines)


def _processor() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in (Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else "").splitlines()
        if line.startswith("model name")
    ]
    return f"{len(names)} x {names[0]}" if names else f"{os.cpu_count()} x {platform.machine()}"


def _load() -> float:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else -1


@dataclass
class Figures:
    """The figures of one bench, by key, in the order they were seen."""

    bench: str
    title: str
    columns: tuple[str, ...]
    load_before: float = field(default_factory=_load)
    kept: dict[str, float] = field(default_factory=dict)
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def row(self, *cells: str) -> None:
        """Add a line of the table."""
        self.rows.append(cells)

    def keep(self, key: str, value: float) -> float:
        """Keep a figure for the last line, and return it."""
        self.kept[key] = round(value, 4)
        return value

    def show(self, *notes: str) -> None:
        """Print the table, what to know of it, and the last line."""
        machine = f"{_processor()}, Python {platform.python_version()}, load {self.load_before} before, {_load()} after"
        table = Table(title=f"{self.title}\n{machine}", title_justify="left", title_style="bold", pad_edge=False)
        for n, name in enumerate(self.columns):
            table.add_column(name, justify="left" if n == 0 else "right", overflow="fold")
        for cells in self.rows:
            table.add_row(*cells)
        CONSOLE.print(table)
        for note in notes:
            CONSOLE.print(f"  {note}", markup=False)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        said = {"bench": self.bench, "at": at, "machine": machine, "figures": self.kept}
        sys.stdout.write(json.dumps(said, separators=(",", ":")) + "\n")
        sys.stdout.flush()


def ms(value: float) -> str:
    """Write milliseconds to be read."""
    return f"{value:.3f} ms" if value < 1 else f"{value:.1f} ms"


def rate(value: float) -> str:
    """Write a rate to be read."""
    return f"{value:,.0f}/s" if value >= 10 else f"{value:.1f}/s"


def times(value: float) -> str:
    """Write a ratio to be read."""
    return f"{value:.2f} x" if value < 10 else f"{value:,.0f} x"
