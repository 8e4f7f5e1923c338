"""A production in the hands of strangers: each part of it is accepted by a tool that somebody else made, and refused
by it once it was changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from conftest import absent
from productions import Production, production
from time_stamping import Authority, make_authority, openssl, openssl_accepts

ROOT = Path(__file__).resolve().parents[2]
_GO_CODE = Path("/usr/share/gocode")


@pytest.fixture
def made(premises: Any) -> Production:
    return production(premises, events=24)


def taken_out(data: bytes, folder: Path) -> Path:
    """Take a production out of its archive as anybody does; return the bag."""
    (folder / "received.zip").write_bytes(data)
    with zipfile.ZipFile(folder / "received.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder / "prd_1"


def flip(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])


@pytest.fixture(scope="session")
def go_checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    if not go or not (_GO_CODE / "src" / "golang.org" / "x" / "mod" / "sumdb" / "tlog").is_dir():
        absent("Go and its package golang.org/x/mod are not here (Debian: golang-go, golang-golang-x-mod-dev)")
    folder = tmp_path_factory.mktemp("go")
    settings = {"GO111MODULE": "off", "GOPATH": str(_GO_CODE), "GOCACHE": str(folder / "cache"), "GOFLAGS": "-p=2"}
    source = ROOT / "tests" / "go" / "production" / "main.go"
    command = [str(go), "build", "-o", str(folder / "production"), str(source)]
    subprocess.run(command, check=True, env={**os.environ, **settings})
    return folder / "production"


def test_gos_sumdb_accepts_signatures_and_entries(made: Production, tmp_path: Path, go_checker: Path) -> None:
    # Breaks when note, checkpoint, hashes or proofs are not those the Go checksum database knows.
    bag = taken_out(made.data, tmp_path)

    def said() -> tuple[int, str]:
        done = subprocess.run([str(go_checker), str(bag), made.vkey], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    assert said()[0] == 0, said()
    assert said()[1].startswith(f"holds: {len(made.contents.entries)} entries")
    entry = next((bag / "data" / "ledger").glob("*.entry"))
    flip(entry)
    assert said()[0] == 1
    flip(entry)
    assert said()[0] == 0
    flip(bag / "manifest-sha256.txt")
    assert said()[0] == 1


def test_bagit_accepts_the_bag(made: Production, tmp_path: Path) -> None:
    # Breaks when the bag is not one by RFC 8493.
    import bagit

    bag = taken_out(made.data, tmp_path)
    bagit.Bag(str(bag)).validate()
    assert bagit.Bag(str(bag)).info["External-Identifier"] == "prd_1"
    flip(bag / "data" / "records.json")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(bag)).validate()


def test_sha256sum_accepts_the_lists(made: Production, tmp_path: Path) -> None:
    # Breaks when the lists need more than what every machine has.
    if not shutil.which("sha256sum"):
        absent("sha256sum is not here")
    bag = taken_out(made.data, tmp_path)
    for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--strict", "--quiet", "-c", name], cwd=bag, check=True)  # noqa: S607  from PATH


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if not shutil.which("openssl"):
        absent("openssl is not here")
    return make_authority(tmp_path_factory.mktemp("authority"))


def stamped(made: Production, authority: Authority, folder: Path) -> Path:
    """Return the bag of the production with an answer of a time-stamp authority over its checkpoint."""
    from gatebook_verifier.production import Asked, check_production

    (folder / "checkpoint").write_bytes(made.contents.checkpoint)
    openssl("ts", "-query", "-data", folder / "checkpoint", "-sha256", "-cert", "-out", folder / "query")
    data = made.again(token=authority.reply((folder / "query").read_bytes()))
    findings = check_production(memoryview(data), Asked(made.vkey))
    assert all(one.holds for one in findings)
    assert any("openssl ts -verify" in one.sentence for one in findings)
    return taken_out(data, folder)


def test_openssl_accepts_the_time_stamp(made: Production, authority: Authority, tmp_path: Path) -> None:
    # Breaks when the answer in the bag is not over the checkpoint in the bag, as the verifier says it is.
    ledger = stamped(made, authority, tmp_path) / "data" / "ledger"
    assert openssl_accepts(ledger / "checkpoint.tsr", ledger / "checkpoint", authority.root)
    flip(ledger / "checkpoint")
    assert not openssl_accepts(ledger / "checkpoint.tsr", ledger / "checkpoint", authority.root)


def test_rfc3161_client_accepts_the_time_stamp(made: Production, authority: Authority, tmp_path: Path) -> None:
    # Breaks when the answer is one that OpenSSL alone takes.
    from cryptography.x509 import load_pem_x509_certificate
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    ledger = stamped(made, authority, tmp_path) / "data" / "ledger"
    root = load_pem_x509_certificate(authority.root.read_bytes())
    answer = decode_timestamp_response((ledger / "checkpoint.tsr").read_bytes())
    verifier = VerifierBuilder().add_root_certificate(root).build()
    assert verifier.verify_message(answer, (ledger / "checkpoint").read_bytes())
    with pytest.raises(VerificationError):
        verifier.verify_message(answer, b"another")


def test_a_stamp_of_another_checkpoint_does_not_hold(made: Production, authority: Authority, tmp_path: Path) -> None:
    # Breaks when the verifier takes any token for one about this log.
    from gatebook_verifier.production import Asked, check_production

    (tmp_path / "other").write_bytes(b"other")
    openssl("ts", "-query", "-data", tmp_path / "other", "-sha256", "-cert", "-out", tmp_path / "query")
    data = made.again(token=authority.reply((tmp_path / "query").read_bytes()))
    bad = [one.sentence for one in check_production(memoryview(data), Asked(made.vkey)) if not one.holds]
    assert bad == ["the time stamp: the time-stamp token is about another checkpoint"]
