"""A house is backed up while it is served, lost, and stands again: by command."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from backed_up import SAID, WHO, There, at_home, identity, other
from gatebook.cli.main import app
from gatebook.errors import Conflict, GatebookError, InvalidInput, LedgerError, NotFound, VaultError
from gatebook.procedures.keep_house import note_adoption
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook_verifier.checks import check_log


def run(house: Path, *words: str | Path) -> Any:
    """What a command prints; its error where it fails."""
    env = {"GATEBOOK_HOUSE": str(house), "GATEBOOK_OPERATOR": "ann"}
    found = CliRunner().invoke(app, list(map(str, words)), env=env)
    if isinstance(found.exception, GatebookError):
        return found.exception
    assert found.exception is None, found.output
    return json.loads(found.stdout) if found.stdout.startswith(("{", "[")) else found.stdout


@pytest.fixture
def ground(tmp_path: Path) -> Path:
    _, recipient = identity(tmp_path)
    (tmp_path / "recipient").write_text(recipient)
    with at_home(tmp_path / "house") as there:
        person = there.opened(SAID["name"], SAID)
        there.did(there.account_of(person), 300, SAID)
        (tmp_path / "person").write_text(person)
    return tmp_path


def pair(ground: Path, name: str) -> Any:
    recipient = (ground / "recipient").read_text()
    words = ("--keys", ground / f"{name}.age", "--recipient", recipient)
    return run(ground / "house", "backup", "make", ground / f"{name}.zip", *words)


def again(ground: Path, into: str, backup: str, keys: str, *more: str | Path) -> Any:
    words = ("--keys", ground / f"{keys}.age", "--identity", ground / "identity", *more)
    return run(ground / "nowhere", "restore", ground / f"{backup}.zip", ground / into, *words)


def test_a_lost_house_stands_again_with_the_same_head(ground: Path) -> None:
    # Breaks when anything a house needs is not in its backup and keys, or the restored ledger is another.
    made = pair(ground, "one")
    assert made["not_carried"] == []
    assert [(ground / name).stat().st_mode & 0o777 for name in ("one.zip", "one.age")] == [0o600] * 2
    checked = run(ground, "backup", "check", ground / "one.zip")
    assert (checked["size"], checked["root"], checked["signed"]) == (
        made["backup"]["size"],
        made["root"],
        checked["size"],
    )
    (ground / "house").rename(ground / "lost")
    done = again(ground, "house", "one", "one")
    assert (done["size"], done["root"], done["accesses"]) == (made["backup"]["size"], made["root"], 300)
    assert done["registers_differed"] == []
    assert run(ground / "house", "ledger", "check")["differing"] == 0
    assert run(ground / "house", "rebuild")["equal"]
    with at_home(ground / "house") as there:
        person = (ground / "person").read_text()
        assert SAID["email"] in str(there.read(person))
        assert list(there.seen().values()) == [300]
        assert set(there.premises.shelf.current_digests()) == {"sample"}
        there.did(there.account_of(person), 5, SAID, 300)
        there.seal()
        assert list(there.seen().values()) == [305]
        assert there.opened("Bo Bodin", other(1))
        publish_ledger(there.house)
        vkey = there.house.signer.vkey
    assert check_log(ground / "house" / "ledger", vkey)
    entered = run(ground / "house", "ledger", "entry", str(done["size"]))
    assert entered["kind"] == "backup.restored" and entered["body"]["digest"] == made["backup"]["digest"]


def test_it_is_backed_up_while_it_is_served(ground: Path) -> None:
    # Breaks when a served house cannot be backed up, or what is copied while others write does not belong together.
    stop = threading.Event()

    def writing(there: There) -> None:
        n = 300
        while not stop.is_set():
            note_adoption(there.house, WHO, "ofac", "2027-01-01", "")
            there.did(account, 20, SAID, n)
            publish_ledger(there.house)
            there.seal()
            n += 20

    with at_home(ground / "house") as there:
        account = there.account_of((ground / "person").read_text())
        assert there.premises.access_place.take()
        writer = threading.Thread(target=writing, args=(there,))
        writer.start()
        try:
            made = [pair(ground, f"busy{n}") for n in range(3)]
        finally:
            stop.set()
            writer.join()
    assert made[0]["backup"]["size"] < made[2]["backup"]["size"]
    for n in (0, 2):
        done = again(ground, f"again{n}", f"busy{n}", f"busy{n}")
        assert (done["size"], done["root"]) == (made[n]["backup"]["size"], made[n]["root"])
        assert run(ground / f"again{n}", "ledger", "publish")["size"] == done["size"] + 1


def test_an_older_backup_under_newer_keys_signs_nothing(ground: Path) -> None:
    # Breaks when a ledger is signed that contradicts one these keys signed, or the way out is not told.
    pair(ground, "old")
    with at_home(ground / "house") as there:
        note_adoption(there.house, WHO, "ofac", "2027-01-01", "")
        publish_ledger(there.house)
    assert run(
        ground / "house", "backup", "keys", ground / "new.age", "--recipient", (ground / "recipient").read_text()
    )
    done = again(ground, "again", "old", "new")
    assert any("signs nothing until" in one for one in done["warnings"])
    refused = run(ground / "again", "ledger", "publish")
    assert isinstance(refused, LedgerError)
    assert "an older state was put back" in refused.message and "--ledger" in refused.message
    done = again(ground, "whole", "old", "new", "--ledger", ground / "house" / "ledger")
    assert done["caught_up"] > 0 and done["registers_differed"] == []
    assert run(ground / "whole", "ledger", "publish")["size"] == done["size"] + 1
    assert run(ground / "whole", "ledger", "check")["differing"] == 0


def test_what_does_not_belong_together_is_not_restored(ground: Path, tmp_path: Path) -> None:
    # Breaks when a house is restored over something, with somebody else's keys, or by whoever has no identity.
    pair(ground, "one")
    (ground / "full").mkdir()
    (ground / "full" / "note").write_text("mine")
    assert isinstance(again(ground, "full", "one", "one"), Conflict)
    assert isinstance(again(ground, "house", "one", "one"), Conflict)
    assert isinstance(pair(ground, "one"), Conflict)
    assert isinstance(again(ground, "x", "none", "one"), NotFound)
    own = (ground / "identity").read_bytes()
    identity(ground)
    assert isinstance(again(ground, "x", "one", "one"), VaultError)
    (ground / "identity").write_bytes(own)
    with at_home(ground / "another") as there:
        publish_ledger(there.house)
    words = ("--recipient", (ground / "recipient").read_text())
    assert run(ground / "another", "backup", "keys", ground / "another.age", *words)
    assert isinstance(again(ground, "x", "one", "another"), VaultError)
    assert isinstance(run(ground / "house", "backup", "keys", ground / "k.age", "--recipient", "age1zz"), InvalidInput)
    assert [path.name for path in ground.iterdir() if "restoring" in path.name or "part" in path.name] == []
    assert not (ground / "x").exists() and not (ground / "k.age").exists()


def test_what_was_made_is_listed_until_it_is_forgotten(ground: Path) -> None:
    # Breaks when a copy is not remembered, or one that was destroyed stays on the list.
    digest = pair(ground, "one")["keys"]["digest"]
    assert [one["keys"] for one in run(ground / "house", "backup", "list")] == [False, True]
    assert run(ground / "house", "backup", "forget", digest) == {"forgotten": 1}
    assert [one["keys"] for one in run(ground / "house", "backup", "list")] == [False]
    assert run(ground / "house", "backup", "destroyed", ground / "list") == {"destroyed": 0}
