"""A witness that is killed at any point has never cosigned two histories, and goes on from what it kept."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from typing import Any

import pytest

from gatebook.procedures.cosign_checkpoint import Word, cosign_checkpoint
from gatebook.procedures.watch_logs import watch_log
from gatebook.record.checkpoint import parse_checkpoint
from gatebook.wiring.witness import witness_desk
from witness_logs import Log

LOG = Log()
DIES = """
import dataclasses, os, signal, sys
from pathlib import Path
from gatebook.procedures.cosign_checkpoint import cosign_checkpoint
from gatebook.store.watched_logs import WatchedLogFolder
from gatebook.wiring.premises import open_premises
from gatebook.wiring.witness import witness_desk
point = sys.argv[2]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
class Logs(WatchedLogFolder):
    def keep(self, log):
        if point == "before it is kept":
            die()
        super().keep(log)
        if point == "once it is kept":
            die()
with open_premises(Path(sys.argv[1])) as premises:
    desk = witness_desk(premises)
    sign = die if point == "at the signature" else desk.sign
    desk = dataclasses.replace(desk, logs=Logs(premises.folder / "keys" / "witness"), sign=sign)
    print(cosign_checkpoint(premises.house, desk, sys.stdin.buffer.read()).body, end="", flush=True)
"""
RUNS = """
import random, sys
from pathlib import Path
from gatebook.procedures.cosign_checkpoint import Word, cosign_checkpoint
from gatebook.record.checkpoint import parse_checkpoint
from gatebook.wiring.premises import open_premises
from gatebook.wiring.witness import witness_desk
from witness_logs import Log
histories, chance = (Log(), Log().forked_at(4)), random.Random(int(sys.argv[2]))
with open_premises(Path(sys.argv[1])) as premises:
    desk = witness_desk(premises)
    print("ready", flush=True)
    while True:
        held = desk.logs.get(Log().origin)
        old = parse_checkpoint(held.note.encode()).size if held.note else 0
        which, size = chance.randrange(2), min(old + chance.randrange(2), 40)
        said = cosign_checkpoint(premises.house, desk, histories[which].body(old, size))
        if said.word is Word.COSIGNED:
            print(which, size, flush=True)
"""


def started(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.mark.parametrize("point", ["before it is kept", "once it is kept", "at the signature"])
def test_no_signature_leaves_before_its_head_is_kept(premises: Any, operator: Any, point: str) -> None:
    # Breaks when a witness killed between its two steps has signed a head that it will contradict.
    desk, house = witness_desk(premises), premises.house
    watch_log(house, desk, operator, LOG.vkey)
    assert cosign_checkpoint(house, desk, LOG.body(0, 5)).word is Word.COSIGNED
    process = started(DIES, str(premises.folder), point)
    said, _ = process.communicate(LOG.body(5, 9))
    assert (said, process.returncode) == (b"", -signal.SIGKILL)
    held = desk.logs.get(LOG.origin)
    assert held
    kept = parse_checkpoint(held.note.encode()).size
    assert kept == (5 if point == "before it is kept" else 9)
    fork = cosign_checkpoint(house, desk, LOG.forked_at(5).body(5, 9)).word
    assert (fork is Word.COSIGNED) is (kept == 5)  # a head whose signature never left may still be another
    if kept == 9:
        assert cosign_checkpoint(house, desk, LOG.body(5, 9)).body == "9\n"  # where the log asks on from
        assert cosign_checkpoint(house, desk, LOG.body(9, 9)).word is Word.COSIGNED


def test_killed_at_random_one_history_is_cosigned_and_it_never_goes_back(
    premises: Any, operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when some moment of dying leaves a head that is torn, gone, or older than one that was signed.
    desk = witness_desk(premises)
    watch_log(premises.house, desk, operator, LOG.vkey)
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    chance, seen = random.Random(5), list[tuple[int, int]]()
    for turn in range(5):
        process = started(RUNS, str(premises.folder), str(turn))
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        lines = [process.stdout.readline() for _ in range(chance.randrange(5, 12))]
        process.kill()  # wherever it is by now
        lines += process.communicate()[0].split(b"\n")[:-1]
        seen += [(int(which), int(size)) for which, size in (line.split() for line in lines)]
        held = desk.logs.get(LOG.origin)
        assert held
        assert not seen or parse_checkpoint(held.note.encode()).size >= seen[-1][1]
    sizes = [size for _, size in seen]
    assert sizes == sorted(sizes)
    assert sizes[-1] > 5
    assert len({which for which, size in seen if size > 4}) == 1  # up to the fork they are the same
