"""Two providers cosign each other's ledgers over HTTP, and neither can show a second history without being told of."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatebook.procedures import look_at_witnesses, publish_ledger
from gatebook.procedures.house import SYSTEM
from gatebook.procedures.watch_logs import watch_log, watched_logs
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.wiring.founding import init_house
from gatebook.wiring.premises import open_premises
from gatebook.wiring.witness import ask_all, witness_desk, witnesses_of
from gatebook_verifier.note import read_cosignatures
from serving import GATEBOOK, Served, run, served

ROOT = Path(__file__).resolve().parents[2]


def founded(folder: Path, name: str) -> Path:
    init_house(folder, name, SYSTEM)
    return folder


def name_witness(house: Path, vkey: str, url: str) -> None:
    with (house / "gatebook.toml").open("a") as file:
        file.write(f'[witnesses]\n"{vkey}" = "{url}/witness"\n')


def vkey_of(house: Path) -> str:
    with open_premises(house) as premises:
        return witness_desk(premises).vkey


def watch(witness: Path, log: Path) -> None:
    with open_premises(witness) as premises:
        watch_log(premises.house, witness_desk(premises), SYSTEM, (log / "ledger" / "vkey").read_text())


def command(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run([*GATEBOOK, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def verify(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "gatebook_verifier", *arguments],
        cwd=ROOT / "verifier",
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def grow(folder: Path, count: int, word: str = "try") -> int:
    with open_premises(folder) as premises:
        with premises.house.state.transaction() as work:
            for _ in range(count):
                body = {"act": word, "scope": "look"}
                enter(work, Entry("permission.refused", premises.house.now(), "opr-test", body=body))
        return publish_ledger.publish_ledger(premises.house)


def asked(folder: Path) -> dict[str, Any]:
    with open_premises(folder) as premises:
        publish_ledger.publish_ledger(premises.house)
        [found] = ask_all(premises, SYSTEM)
    return found


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Served]]:
    """A house that cosigns, served by a process of its own."""
    folder = founded(tmp_path_factory.mktemp("peer") / "house", "peer.example/house")
    with served(folder) as found:
        yield folder, found


@pytest.fixture
def house(tmp_path: Path, peer: tuple[Path, Served], request: pytest.FixtureRequest) -> Path:
    """A house whose ledger the peer watches."""
    folder = founded(tmp_path / "house", f"log.example/{request.node.name[-60:]}")
    name_witness(folder, vkey_of(peer[0]), peer[1].url)
    watch(peer[0], folder)
    return folder


def watched(peer: tuple[Path, Served], house: Path) -> Any:
    log = (house / "ledger" / "vkey").read_text().partition("+")[0]
    with open_premises(peer[0]) as premises:
        shown = watched_logs(premises.house, witness_desk(premises), SYSTEM)
    return next(one for one in shown if one["log"] == log)


def test_two_houses_cosign_each_other(tmp_path: Path) -> None:
    # Breaks when two providers cannot witness each other as docs/witness.md says, or a third person cannot check it.
    one, two = founded(tmp_path / "one", "one.example/house"), founded(tmp_path / "two", "two.example/house")
    key_one, key_two = vkey_of(one), run("witness", "key", "--house", str(two)).strip()
    with served(two) as serving_two:
        name_witness(one, key_two, serving_two.url)
        status, said, _ = command("witness", "ask", "--house", str(one))
        assert status == 1
        assert json.loads(said)["items"][0]["outcome"] == "unknown-log"
        run("witness", "watch", str(one / "ledger" / "vkey"), "--house", str(two))
        with served(one) as serving_one:  # whose keeper asks by itself
            note = wait_for_cosignature(serving_one.url, key_two)
            name_witness(two, key_one, serving_one.url)
            watch(one, two)
            grow(one, 1)
            other = json.loads(run("witness", "ask", "--house", str(two)))["items"][0]
            assert (other["witness"], other["outcome"]) == ("one.example/house", "cosigned")
            wait_for_cosignature(serving_one.url, key_two)  # of the head with the new entry
            metrics = httpx.get(f"{serving_one.url}/metrics", trust_env=False).text
            assert 'gatebook_witness_refuses{witness="two.example/house"} 0.0' in metrics
            assert 'gatebook_watched_log_forked{log="two.example/house"} 0.0' in metrics
    assert read_cosignatures(other["checkpoint"].encode(), [key_one])[0][0] == "one.example/house"
    shown = json.loads(run("witness", "show", "--house", str(one)))["items"][0]
    assert (shown["witness"], shown["behind"], shown["outcome"]) == ("two.example/house", 0, "cosigned")
    assert json.loads(run("witness", "watched", "--house", str(two)))["items"][0]["log"] == "one.example/house"
    assert json.loads(run("witness", "forget", "one.example/house", "--house", str(two)))
    file, vkey = tmp_path / "note", str(one / "ledger" / "vkey")
    file.write_bytes(note)
    status, said = verify("checkpoint", str(file), "--vkey", vkey, "--witness", key_two)
    assert (status, "two.example/house cosigned it at 20" in said) == (0, True), said
    witness_file = tmp_path / "witness.vkey"
    witness_file.write_text(key_two + "\n")
    folder = str(one / "ledger")
    assert verify("log", folder, "--vkey", vkey, "--witness", str(witness_file))[0] == 0
    status, said = verify("log", folder, "--vkey", vkey, "--witness", key_two, "--witness", key_one)
    assert (status, "not cosigned by one.example/house" in said) == (1, True), said
    proof, entry = tmp_path / "proof", tmp_path / "entry"
    with open_premises(one) as premises:
        proof.write_text(publish_ledger.proof_of(premises.house, 0))
        entry.write_bytes(publish_ledger.published_entry(premises.house, 0))
    given = ("inclusion", str(proof), str(entry), "--vkey", vkey)
    assert verify(*given, "--witness", key_two)[0] == 0
    assert verify(*given, "--witness", key_one)[0] == 1


def wait_for_cosignature(url: str, vkey: str) -> bytes:
    deadline = time.monotonic() + 60
    while not read_cosignatures(note := httpx.get(f"{url}/v1/ledger/checkpoint", trust_env=False).content, [vkey]):
        assert time.monotonic() < deadline
    return note


def test_an_older_state_put_back_with_its_keys_is_caught_by_the_witness(
    peer: tuple[Path, Served], house: Path, tmp_path: Path
) -> None:
    # Breaks when a house restored whole from an older backup, memory of its signatures too, goes on as a fork.
    grow(house, 3)
    before = asked(house)["size"]
    shutil.copytree(house, tmp_path / "backup")
    grow(house, 4)
    size = asked(house)["size"]
    assert size == before + 4
    shutil.rmtree(house)
    shutil.copytree(tmp_path / "backup", house)
    found = asked(house)
    assert (found["outcome"], found["is_alarm"]) == ("ahead", True)  # the witness saw more than there is
    grow(house, 4, "other")  # now as many as it saw, and others
    found = asked(house)
    assert (found["outcome"], found["is_alarm"], found["size"]) == ("forked", True, before)
    shown = watched(peer, house)
    assert (shown["has_forked"], shown["size"]) == (True, size)
    grow(house, 9, "other")  # more than it saw
    status, said, _ = command("witness", "ask", "--house", str(house))
    assert (status, json.loads(said)["items"][0]["outcome"]) == (1, "forked")
    assert "not the continuation" in said
    after = watched(peer, house)
    assert after["size"] == size
    assert after["refused"].splitlines()[1] == str(grow(house, 0, "other"))
    metrics = httpx.get(f"{peer[1].url}/metrics", trust_env=False).text
    assert f'gatebook_watched_log_forked{{log="{shown["log"]}"}} 1.0' in metrics
    kinds = run_kinds(peer[0])
    assert kinds.count("witness.contradicted") == 1


def run_kinds(folder: Path) -> list[str]:
    with open_premises(folder) as premises, premises.house.state.read() as work:
        return [json.loads(line)["kind"] for line in work.ledger.read(0, work.ledger.size())]


def test_a_second_history_under_the_same_key_is_never_cosigned(
    peer: tuple[Path, Served], house: Path, tmp_path: Path
) -> None:
    # Breaks when whoever holds the log's key can have two histories cosigned by asking in the right order.
    shutil.copytree(house, tmp_path / "other")
    grow(house, 5)
    grow(tmp_path / "other", 8, "other")
    assert asked(house)["outcome"] == "cosigned"
    assert asked(tmp_path / "other")["outcome"] == "forked"
    grow(house, 10)
    assert asked(house)["outcome"] == "cosigned"
    assert asked(tmp_path / "other")["outcome"] == "ahead"
    assert watched(peer, house)["size"] == grow(house, 0)


def test_a_witness_away_is_shown_and_holds_nothing_up(house: Path) -> None:
    # Breaks when a house cannot publish, or does not say so, while its witness is away.
    text = (house / "gatebook.toml").read_text()
    (house / "gatebook.toml").write_text(text.replace("http://127.0.0.1:", "http://127.0.0.1:1/"))
    assert asked(house)["outcome"] == "unreachable"
    size = grow(house, 1)
    with open_premises(house) as premises:
        [shown] = look_at_witnesses.witnesses(premises.house, SYSTEM, witnesses_of(premises))
    assert (shown["size"], shown["behind"], shown["says"]) == (0, size, "did not answer; it is asked again")
