"""The verifier says so: every flipped byte, every dropped or reordered entry, a fork, a foreign key."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import builders as b
from gatebook.cli.main import app
from gatebook.errors import NotFound
from gatebook.procedures import open_account, publish_ledger
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook_verifier import checks, note


@pytest.fixture
def log(premises: Any, operator: Any, tmp_path: Path) -> tuple[Path, str]:
    house = premises.house
    publish_ledger.publish_ledger(house)
    folder = premises.folder / "ledger"
    shutil.copy(folder / "checkpoint", tmp_path / "old")
    open_account.open_account(house, operator, b.application(), [b.ANNA])
    with house.state.transaction() as work:
        enter(
            work,
            *(
                Entry("permission.refused", house.now(), "opr-test", body={"act": f"try-{n}", "scope": "look"})
                for n in range(300)
            ),
        )
    publish_ledger.publish_ledger(house)
    (tmp_path / "proof").write_text(publish_ledger.proof_of(house, 3))
    with house.state.read() as work:
        (tmp_path / "entry").write_bytes(work.ledger.read(3, 4)[0])
    return folder, (folder / "vkey").read_text()


def test_every_check_holds_on_an_honest_log_and_fails_on_any_changed_byte(
    log: tuple[Path, str], tmp_path: Path
) -> None:
    # Breaks when a byte of the published log can change without notice.
    folder, vkey = log
    old = note.read_checkpoint((tmp_path / "old").read_bytes(), vkey)
    new = note.read_checkpoint((folder / "checkpoint").read_bytes(), vkey)
    assert new.size > 256
    checks.check_log(folder, vkey)
    checks.check_consistency(old, new, folder)
    checks.check_proof((tmp_path / "proof").read_bytes(), (tmp_path / "entry").read_bytes(), vkey)
    wanted = [folder / "checkpoint", *used_tiles(folder, new.size)]
    draw = random.Random(7)
    for path in wanted:
        data = path.read_bytes()
        for place in draw.sample(range(len(data)), min(len(data), 12)):
            path.write_bytes(data[:place] + bytes([data[place] ^ (1 << draw.randrange(8))]) + data[place + 1 :])
            with pytest.raises(note.DoesNotHold):
                checks.check_log(folder, vkey)
        path.write_bytes(data)
    for name in ("proof", "entry"):
        data = (tmp_path / name).read_bytes()
        other = {"proof": (tmp_path / "proof").read_bytes(), "entry": (tmp_path / "entry").read_bytes()}
        for place in range(len(data)):
            other[name] = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            with pytest.raises(note.DoesNotHold):
                checks.check_proof(other["proof"], other["entry"], vkey)
    checks.check_log(folder, vkey)


def used_tiles(folder: Path, size: int) -> list[Path]:
    whole, rest = divmod(size, 256)
    names = [f"tile/{kind}/{n:03d}" for kind in ("0", "entries") for n in range(whole)]
    names += [f"tile/{kind}/{whole:03d}.p/{rest}" for kind in ("0", "entries")] if rest else []
    return [folder / name for name in (*names, f"tile/1/000.p/{whole}")]


def test_dropped_and_reordered_entries_and_a_fork_are_found(log: tuple[Path, str], tmp_path: Path) -> None:
    # Breaks when entries can be taken out or moved, or a log rewritten under an older checkpoint.
    folder, vkey = log
    bundle = folder / "tile" / "entries" / "000"
    data = bundle.read_bytes()
    first = int.from_bytes(data[:2], "big") + 2
    second = int.from_bytes(data[first : first + 2], "big") + 2
    for bad in (
        data[first:],
        data[first : first + second] + data[:first] + data[first + second :],
        data + data[:first],
    ):
        bundle.write_bytes(bad)
        with pytest.raises(note.DoesNotHold):
            checks.check_log(folder, vkey)
    bundle.write_bytes(data)
    old = note.read_checkpoint((tmp_path / "old").read_bytes(), vkey)
    forked = note.Checkpoint(old.origin, old.size, b"f" * 32)
    with pytest.raises(note.DoesNotHold, match="rewritten"):
        checks.check_consistency(forked, note.read_checkpoint((folder / "checkpoint").read_bytes(), vkey), folder)


def verifier(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier as an outsider would: no installed package, nothing of Gatebook on the path."""
    folder = str(Path(__file__).resolve().parents[2] / "verifier")
    code = f"import sys; sys.path[:0] = [{folder!r}]; from gatebook_verifier.__main__ import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, *arguments], capture_output=True, text=True, check=False
    )


def test_the_command_says_it_in_a_sentence_and_a_status(log: tuple[Path, str]) -> None:
    # Breaks when a script cannot tell a log that holds from one that does not.
    folder, _ = log
    good = verifier("log", str(folder), "--vkey", str(folder / "vkey"))
    assert (good.returncode, good.stdout.split(":")[0]) == (0, "holds"), good.stderr
    (folder / "checkpoint").write_text("nothing")
    bad = verifier("log", str(folder), "--vkey", str(folder / "vkey"))
    assert (bad.returncode, bad.stdout.split(":")[0]) == (1, "DOES NOT HOLD")


def test_a_consistency_proof_goes_from_command_and_api_to_the_verifier(
    log: tuple[Path, str], client: Any, premises: Any, tmp_path: Path
) -> None:
    # Breaks when the proof that a log only grew cannot be had, or is not what the verifier reads, or holds for a fork.
    folder, vkey = log
    old = note.read_checkpoint((tmp_path / "old").read_bytes(), vkey)
    place = ["--house", str(premises.folder)]
    command = CliRunner().invoke(app, ["ledger", "consistency", str(old.size), *place])
    answer = client.get(f"/v1/ledger/sizes/{old.size}/proof")
    assert (command.exit_code, answer.status_code) == (0, 200), command.output
    assert command.stdout == answer.text
    (tmp_path / "grown").write_text(answer.text)
    said = verifier("growth", str(tmp_path / "old"), str(tmp_path / "grown"), "--vkey", str(folder / "vkey"))
    assert (said.returncode, said.stdout.split(":")[0]) == (0, "holds"), said.stderr
    with pytest.raises(note.DoesNotHold, match="rewritten"):
        checks.check_growth(note.Checkpoint(old.origin, old.size, b"f" * 32), answer.text.encode(), vkey)
    with pytest.raises(note.DoesNotHold, match="start"):
        checks.check_growth(note.Checkpoint(old.origin, old.size + 1, old.root), answer.text.encode(), vkey)
    with pytest.raises(note.DoesNotHold):
        checks.check_growth(note.Checkpoint("other.example", old.size, old.root), answer.text.encode(), vkey)
    for size in ("0", "999999"):
        refused = CliRunner().invoke(app, ["ledger", "consistency", size, *place])
        assert isinstance(refused.exception, NotFound)
        assert client.get(f"/v1/ledger/sizes/{size}/proof").status_code == 404


def test_what_cannot_be_read_is_said_with_a_status_of_its_own(log: tuple[Path, str], tmp_path: Path) -> None:
    # Breaks when a wrong path, a folder or a key file that is no text ends in a traceback.
    folder, _ = log
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for arguments, status in (
        (["checkpoint", str(tmp_path / "nowhere")], 2),
        (["checkpoint", str(folder)], 2),
        (["log", str(tmp_path / "nowhere")], 1),
        (["checkpoint", str(folder / "checkpoint"), "--vkey", str(tmp_path / "binary")], 1),
        (["checkpoint", str(folder / "checkpoint"), "--vkey", str(folder)], 1),
        (["growth", str(tmp_path / "old")], 2),
    ):
        said = verifier(*arguments, *([] if "--vkey" in arguments else ["--vkey", str(folder / "vkey")]))
        assert said.returncode == status, (arguments, said.stderr)
        assert "Traceback" not in said.stderr


def test_a_partial_tile_that_was_dropped_is_read_from_the_whole_one(
    log: tuple[Path, str], premises: Any, tmp_path: Path
) -> None:
    # Breaks when a log that cleaned up after itself, as tlog-tiles allows, is called a bad one.
    folder, vkey = log
    house, kept = premises.house, tmp_path / "older"
    older = (folder / "checkpoint").read_bytes()
    with house.state.transaction() as work:
        body = {"act": "try", "scope": "look"}
        enter(work, *[Entry("permission.refused", house.now(), "opr-test", body=body) for _ in range(512)])
    publish_ledger.publish_ledger(house)
    shutil.copytree(folder, kept)
    (kept / "checkpoint").write_bytes(older)
    for partial in (kept / "tile").glob("*/*.p"):
        if partial.with_suffix("").exists():
            shutil.rmtree(partial)
    said = checks.check_log(kept, vkey)
    size = note.read_checkpoint(older, vkey).size
    assert f"{size} entries" in said and size % 256 and not (kept / "tile" / "0" / f"{size // 256:03d}.p").exists()
    new = note.read_checkpoint((folder / "checkpoint").read_bytes(), vkey)
    checks.check_consistency(note.read_checkpoint(older, vkey), new, folder)
    for kind in ("0", "entries"):
        whole = kept / "tile" / kind / f"{size // 256:03d}"
        data = whole.read_bytes()
        for bad in (data[:-1], data + b"\x00", data[: len(data) // 2], data[:40] + bytes([data[40] ^ 1]) + data[41:]):
            whole.write_bytes(bad)
            with pytest.raises(note.DoesNotHold):
                checks.check_log(kept, vkey)
        whole.write_bytes(data)
    checks.check_log(kept, vkey)


@pytest.mark.parametrize("number", [2**53 - 1, -(2**53 - 1), 0])
@pytest.mark.parametrize("past", [0, 1, 10**18])
def test_a_number_the_house_could_not_have_written_is_refused(number: int, past: int) -> None:
    # Breaks when the verifier lets a form stand that RFC 8785 does not have, and readers read two ways.
    number += past if number >= 0 else -past
    entry = b'{"at":"x","kind":"k","n":[%d],"operator":"o","version":1}' % number
    if abs(number) < 2**53:
        checks._check_entry(0, entry)
        return
    with pytest.raises(note.DoesNotHold, match="beyond"):
        checks._check_entry(0, entry)
