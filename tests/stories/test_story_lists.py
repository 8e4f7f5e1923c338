"""A list fetched from its publisher by the command line: whole, or the old edition stays."""

from __future__ import annotations

import functools
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatebook.wiring.lists import sample_list


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "published"
    folder.mkdir()
    for name, data in sample_list().items():
        (folder / name).write_bytes(data)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def gatebook(house: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "gatebook.cli.main", *arguments, "--house", str(house)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_a_list_is_updated_and_on_any_failure_the_old_edition_stays(
    tmp_path: Path, publisher: tuple[Path, str]
) -> None:
    # Breaks when a publisher that is away, cut off or emptied takes a list from a house, or nobody can see its age.
    folder, address = publisher
    house = tmp_path / "house"
    gatebook(house, "init")
    feeds = "".join(f'"{name}" = "{address}/{name}"\n' for name in sorted(sample_list()))
    settings = house / "gatebook.toml"
    settings.write_text(f"{settings.read_text()}\n[feeds.ours]\n{feeds}")
    status, out, err = gatebook(house, "lists", "update", "ours")
    assert status == 0, err
    first = json.loads(out)
    assert first["parties"] == 12

    def refused(words: str) -> None:
        status, _, err = gatebook(house, "lists", "update", "ours")
        assert (status, words in err) == (1, True), err
        _, shown, _ = gatebook(house, "lists", "show")
        assert first["digest"][:12] in shown

    whole = (folder / "SDN.CSV").read_bytes()
    (folder / "SDN.CSV").write_bytes(b"".join(whole.splitlines(keepends=True)[:3]))
    refused("shrank")
    (folder / "SDN.CSV").write_bytes(b"")
    refused("no SDN")
    (folder / "SDN.CSV").unlink()
    refused("404")
    (folder / "SDN.CSV").write_bytes(whole.splitlines(keepends=True)[0].replace(b"90001", b"90099", 1) + whole)
    status, out, _ = gatebook(house, "lists", "update", "ours")
    assert (status, json.loads(out)["parties"]) == (0, 13)
    assert json.loads(out)["digest"] != first["digest"]
    assert gatebook(house, "lists", "update", "nobody")[0] == 1
