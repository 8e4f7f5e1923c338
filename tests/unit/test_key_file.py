"""Keys in files: used by many at once, cut off half-way, and named by a database nobody trusts."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gatebook.errors import SettingsError, VaultError
from gatebook.outside.key_file import FileKeys

SRC = Path(__file__).resolve().parents[2] / "src"
FIRST_USE = """
import hashlib, os, sys
from pathlib import Path
from gatebook.outside.key_file import FileKeys
print("ready", flush=True)
sys.stdin.readline()
keys = FileKeys(Path(sys.argv[1]), os.urandom)
made = [keys.index_key("name"), keys.signing_key("checkpoint").private_bytes_raw(), keys.signing_key("webhook").private_bytes_raw()]
key_id, wrapped = keys.wrap(b"d" * 32, b"per_1")
print(hashlib.sha256(b"".join(made)).hexdigest(), key_id, wrapped.hex())
print(*[keys.rotate() for _ in range(5)])
"""


def begun(code: str, *arguments: str) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def test_processes_that_start_at_once_end_with_one_key(tmp_path: Path) -> None:
    # Breaks when a second first use overwrites a key, or two rotations give one number to two keys.
    for turn in range(3):
        folder = tmp_path / str(turn)
        all_of_them = [begun(FIRST_USE, str(folder)) for _ in range(4)]
        for one in all_of_them:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        said = [one.communicate()[0].splitlines() for one in all_of_them]
        assert [one.returncode for one in all_of_them] == [0] * 4
        keys = FileKeys(folder, os.urandom)
        made = [keys.index_key("name"), *(keys.signing_key(n).private_bytes_raw() for n in ("checkpoint", "webhook"))]
        assert {lines[0].split()[0] for lines in said} == {hashlib.sha256(b"".join(made)).hexdigest()}
        for _, key_id, wrapped in (lines[0].split() for lines in said):
            assert keys.unwrap(key_id, bytes.fromhex(wrapped), b"per_1") == b"d" * 32
        rotated = [key_id for lines in said for key_id in lines[1].split()]
        assert len(set(rotated)) == len(rotated) == 20
        assert keys.current() == max(rotated) == "kek-0021"
        assert not list(folder.glob(".*"))


def test_threads_that_start_at_once_end_with_one_key(tmp_path: Path) -> None:
    # Breaks when two threads of one process share a temporary file.
    start, found = threading.Barrier(8), []

    def use() -> None:
        keys = FileKeys(tmp_path / "k", os.urandom)
        start.wait()
        found.append((keys.index_key("a"), keys.current(), keys.signing_key("checkpoint").private_bytes_raw()))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1


def test_what_a_crash_leaves_is_nobodys_key(tmp_path: Path) -> None:
    # Breaks when a temporary file, or half a key, is used as a key or stops the house.
    keys = FileKeys(tmp_path, os.urandom)
    first = keys.index_key("a")
    for name in (".index.key.x.part", ".kek-0009.key.x.part", ".checkpoint.ed25519.x.part"):
        (tmp_path / name).write_bytes(b"half")
    assert keys.index_key("a") == first
    assert (keys.current(), keys.rotate()) == ("kek-0001", "kek-0002")
    keys.signing_key("checkpoint")
    (tmp_path / "kek-0002.key").write_bytes(b"half")
    with pytest.raises(SettingsError):
        keys.wrap(b"d" * 32, b"per_1")


def test_a_full_disk_leaves_no_key(tmp_path: Path) -> None:
    # Breaks when a key that was written short is put in place.
    code = """
import os, resource, signal, sys
from pathlib import Path
from gatebook.errors import SettingsError
from gatebook.outside.key_file import FileKeys
print("ready", flush=True)
keys = FileKeys(Path(sys.argv[1]), os.urandom)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
try:
    keys.index_key("a")
except SettingsError as error:
    print(sorted(os.listdir(sys.argv[1])), error)
"""
    said, _ = begun(code, str(tmp_path)).communicate()
    assert said == "[] a new key cannot be put in the key folder: File too large\n"


@pytest.mark.parametrize(
    "key_id", ["../kek-0001", "kek-1", "kek-00001", "kek-0001/../kek-0001", "", "index", "kek-٠٠٠١"]
)
def test_an_id_from_the_database_names_a_key_or_nothing(tmp_path: Path, key_id: str) -> None:
    # Breaks when a row in the key ring can make the house read a file outside, or another key.
    keys = FileKeys(tmp_path / "k", os.urandom)
    _, wrapped = keys.wrap(b"d" * 32, b"per_1")
    (tmp_path / "kek-0001.key").write_bytes((tmp_path / "k" / "kek-0001.key").read_bytes())
    (tmp_path / "kek-0001.key").chmod(0o600)
    with pytest.raises(VaultError):
        keys.unwrap(key_id, wrapped, b"per_1")
    with pytest.raises(SettingsError):
        keys.signing_key(key_id + "/x")


@pytest.mark.parametrize("wrapped", [b"", b"short", b"\x00" * 12, b"\x00" * 60])
def test_bytes_that_were_never_wrapped_are_refused(tmp_path: Path, wrapped: bytes) -> None:
    # Breaks when a torn row of the key ring ends in a traceback.
    keys = FileKeys(tmp_path, os.urandom)
    with pytest.raises(VaultError):
        keys.unwrap(keys.current(), wrapped, b"per_1")


def test_key_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    # Breaks when a key is readable by others, or numbers past 9,999 are put in the order of letters.
    keys = FileKeys(tmp_path, os.urandom)
    keys.index_key("a")
    (tmp_path / "kek-9999.key").write_bytes(b"k" * 32)
    (tmp_path / "kek-9999.key").chmod(0o600)
    assert keys.rotate() == keys.current() == "kek-10000"
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
