"""A house served by a real process, for stories: started on a free port, stopped by its own id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = sorted((ROOT / "src" / "gatebook" / "screen" / "sample").glob("*.CSV"))
GATEBOOK = [sys.executable, "-m", "gatebook.cli.main"]


@dataclass
class Served:
    process: Any
    lines: list[str] = field(default_factory=list)
    url: str = ""
    ready: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line)
            if not self.url and '"port"' in line:
                self.url = f"http://127.0.0.1:{json.loads(line)['port']}"
                self.ready.set()
        self.ready.set()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return int(self.process.wait(timeout=60))


def make_house(folder: Path, *settings: str, lists: bool = True) -> None:
    run("init", "--house", str(folder))
    with (folder / "gatebook.toml").open("a") as file:
        file.writelines(f"{line}\n" for line in settings)
    if lists:
        run("lists", "load", "sample", *map(str, SAMPLE), "--house", str(folder))


def run(*arguments: str) -> str:
    done = subprocess.run([*GATEBOOK, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    process = subprocess.Popen(
        [*GATEBOOK, "serve", "--house", str(folder), "--port", "0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    found = Served(process)
    reader = threading.Thread(target=found.listen)
    reader.start()
    try:
        assert found.ready.wait(60) and found.url, "".join(found.lines)
        with httpx.Client(base_url=found.url, trust_env=False) as client:
            client.get("/healthz")
        yield found
    finally:
        process.terminate()
        process.wait(timeout=60)
        reader.join()
        process.stderr.close()
