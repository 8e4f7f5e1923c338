"""The verifier says so: every flipped byte, every dropped or reordered entry, a fork, a foreign key."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import builders as b
from gatebook.procedures import open_account, publish_ledger
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook_verifier import checks, ed25519


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
    old = checks.read_checkpoint((tmp_path / "old").read_bytes(), vkey)
    new = checks.read_checkpoint((folder / "checkpoint").read_bytes(), vkey)
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
            with pytest.raises(checks.DoesNotHold):
                checks.check_log(folder, vkey)
        path.write_bytes(data)
    for name in ("proof", "entry"):
        data = (tmp_path / name).read_bytes()
        other = {"proof": (tmp_path / "proof").read_bytes(), "entry": (tmp_path / "entry").read_bytes()}
        for place in range(len(data)):
            other[name] = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            with pytest.raises(checks.DoesNotHold):
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
        with pytest.raises(checks.DoesNotHold):
            checks.check_log(folder, vkey)
    bundle.write_bytes(data)
    old = checks.read_checkpoint((tmp_path / "old").read_bytes(), vkey)
    forked = checks.Checkpoint(old.origin, old.size, b"f" * 32)
    with pytest.raises(checks.DoesNotHold, match="rewritten"):
        checks.check_consistency(forked, checks.read_checkpoint((folder / "checkpoint").read_bytes(), vkey), folder)


def test_the_command_says_it_in_a_sentence_and_a_status(log: tuple[Path, str]) -> None:
    # Breaks when a script cannot tell a log that holds from one that does not.
    folder, _ = log
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0]=[{str(root / 'verifier')!r}]; from gatebook_verifier.__main__ import main; sys.exit(main())",
               "log", str(folder), "--vkey", str(folder / "vkey")]  # fmt: skip
    good = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (good.returncode, good.stdout.split(":")[0]) == (0, "holds"), good.stderr
    (folder / "checkpoint").write_text("nothing")
    bad = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (bad.returncode, bad.stdout.split(":")[0]) == (1, "DOES NOT HOLD")


def test_ed25519_by_the_vectors_of_rfc_8032_and_strictly() -> None:
    # Breaks when a signature verifies that should not: another message, or a second form of the scalar.
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert ed25519.verify(key, signature, b"\x72")
    assert not ed25519.verify(key, signature, b"\x73")
    order = 2**252 + 27742317777372353535851937790883648493
    second = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    assert not ed25519.verify(key, second, b"\x72")
    assert not ed25519.verify(b"\xff" * 32, signature, b"\x72")
