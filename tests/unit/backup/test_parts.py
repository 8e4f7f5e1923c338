"""Parts of backing up: what ended by the ledger, the list of it, names in a backup, settings, age, both databases."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyrage
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from backed_up import SAID, WHO, at_home, identity, other, restored
from gatebook.errors import Conflict, GatebookError, LedgerError, SettingsError, VaultError
from gatebook.outside.age import decrypt, encrypt
from gatebook.record.backup_form import BackupManifest, Copied, may_be_carried
from gatebook.record.ended_keys import EndedKeys, ended_by, from_list, to_list
from gatebook.record.entry import Entry
from gatebook.store.sql.engine import make_engine, sqlite_url
from gatebook.store.sql.ring_copy import RingCopy, RingRow
from gatebook.wiring import backup_access
from gatebook.wiring.access import HeldAccess
from gatebook.wiring.backup import make_backup
from gatebook.wiring.backup_keys import verifier
from gatebook.wiring.backup_restore import settings_here

AT = datetime(2026, 11, 1, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
subjects = st.builds(lambda n, nth: f"per_{n}" + (f"+{nth}" if nth else ""), st.integers(0, 9), st.integers(0, 4))


def entry(kind: str, person: str, **body: Any) -> bytes:
    return Entry(kind, AT, "opr-a", person=person, body=body).to_bytes()


@given(st.lists(st.tuples(st.sampled_from(["shred", "trim", "spare"]), st.integers(0, 4)), max_size=12))
def test_what_the_ledger_ended_is_what_was_done_and_not_what_was_begun(steps: list[tuple[str, int]]) -> None:
    # Breaks when a key that was destroyed comes back, or one in use is taken for destroyed.
    lines, under, gone = list[bytes](), dict[str, int](), set[str]()
    for step, n in steps:
        person = f"per_{n}"
        if person in gone:
            continue
        if step == "shred":
            lines.append(entry("record.shredded", person, rule="r", records=1))
            gone.add(person)
        elif step == "trim":
            under[person] = under.get(person, 0) + 1
            lines.append(
                entry("record.trimming", person, rule="r", classes=[], sealed_under=f"{person}+{under[person]}")
            )
            lines.append(entry("record.trimmed", person, rule="r", classes=[]))
        else:
            lines.append(entry("record.expiring", person, rule="r"))
    ended = ended_by(lines)
    for person in (f"per_{n}" for n in range(5)):
        for nth in range(4):
            subject = f"{person}+{nth}" if nth else person
            assert ended.holds(subject) is (person in gone or nth < under.get(person, 0))


def test_a_trimming_that_was_begun_ended_nothing_yet() -> None:
    # Breaks when a crash between re-sealing and destroying makes a restore destroy what is still read.
    begun = [entry("record.trimming", "per_1", rule="r", classes=[], sealed_under="per_1+1")]
    assert not ended_by(begun).holds("per_1")
    assert EndedKeys().with_subjects(["per_1+1"]).holds("per_1+1")


@given(st.frozensets(subjects, max_size=8), st.integers(0, 400), st.integers(1, 255))
def test_a_list_of_destroyed_keys_is_read_as_signed_or_refused(listed: frozenset[str], at: int, by: int) -> None:
    # Breaks when somebody can take a name off the list, or put one on it.
    data = to_list(listed, "a.example/h", 7, KEY.sign)
    assert from_list(data, "a.example/h", verifier(KEY)) == listed
    with pytest.raises(VaultError):
        from_list(data, "b.example/h", verifier(KEY))
    changed = bytearray(data)
    changed[at % len(data)] ^= by
    try:
        assert from_list(bytes(changed), "a.example/h", verifier(KEY)) == listed
    except VaultError:
        return


@given(st.text(max_size=30).map(lambda text: f"law/{text}"))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    # Breaks when a file of a backup is written beside the house.
    if may_be_carried(name):
        assert Path("/house").joinpath(name).resolve().is_relative_to("/house/law")
    for bad in ("../x", "/etc/passwd", "law/../../x", "law//x", "keys/kek-0001.key", "ring/ring.db", "law/\\x", "law/"):
        assert not may_be_carried(bad)


@given(st.binary(max_size=200))
def test_a_manifest_is_read_or_refused_in_our_words(data: bytes) -> None:
    # Breaks when bytes of a stranger end in anything but our own error.
    files = {name: Copied("0" * 64, 1) for name in ("state.db", "gatebook.toml")}
    good = BackupManifest("o", "v", "2026-11-01T00:00:00Z", 1, "0" * 64, files)
    assert BackupManifest.from_bytes(good.to_bytes()) == good
    with pytest.raises(LedgerError):
        BackupManifest.from_bytes(data)
    with pytest.raises(LedgerError):
        BackupManifest.from_bytes(good.to_bytes().replace(b"gatebook.toml", b"../atebook.toml"))


def test_settings_that_say_where_things_lie_stay_behind() -> None:
    # Breaks when a restored house writes to the database of the one that was backed up.
    text = '# ours\norigin = "a"\nstate_url = "postgresql://u:p@db/x"\n  lists_folder="/srv/lists"\nfeeds = {}\n'
    assert settings_here(text.encode()) == b'# ours\norigin = "a"\nfeeds = {}\n'
    with pytest.raises(SettingsError):
        settings_here(b'state_url = """\npostgresql://x"""\n')
    with pytest.raises(SettingsError):
        settings_here(b"\xff")


def test_keys_are_opened_by_whom_they_are_for_and_whole(tmp_path: Path) -> None:
    # Breaks when keys open for another, or half a file of keys is taken for a whole one.
    held, recipient = identity(tmp_path)
    out = io.BytesIO()
    encrypt((b"x" * 1000 for _ in range(500)), [recipient], out)
    (tmp_path / "k").write_bytes(out.getvalue())
    assert decrypt(tmp_path / "k", held) == b"x" * 500_000
    assert b"xxxxxxxxxxxxxxxx" not in out.getvalue()
    for cut in (0, 10, 200, 100_000, len(out.getvalue()) - 1):
        (tmp_path / "k").write_bytes(out.getvalue()[:cut])
        with pytest.raises(VaultError):
            decrypt(tmp_path / "k", held)
    (tmp_path / "k").write_bytes(pyrage.encrypt(b"x", [pyrage.x25519.Identity.generate().to_public()]))
    for who in (held, tmp_path / "k", tmp_path / "none"):
        with pytest.raises(VaultError):
            decrypt(tmp_path / "k", who)


@pytest.fixture(params=["sqlite", "postgresql"])
def ring_url(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "ring.db")
    return request.getfixturevalue("postgres")()


def test_a_ring_is_filled_once_and_read_back(ring_url: Any) -> None:
    # Breaks when a ring is restored over another, or a destroyed key is counted as one.
    rows = [RingRow(f"per_{n:05d}", None if n % 3 else "kek-0001", None if n % 3 else b"w%d" % n) for n in range(6000)]
    ring = RingCopy(ring_url)
    try:
        assert ring.fill(rows) == 2000
        assert (list(ring.rows()), ring.count_destroyed()) == (rows, 4000)
        with pytest.raises(Conflict):
            ring.fill(rows)
    finally:
        ring.close()


def test_what_waits_to_be_sealed_is_carried_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when events that were acknowledged before a backup and sealed after it are in neither half.
    _, recipient = identity(tmp_path)
    with at_home(tmp_path / "house") as there:
        account = there.account_of(there.opened(SAID["name"], SAID))
        there.did(account, 10, SAID)
        there.seal()
        there.did(account, 7, SAID, 10)
        before = backup_access.waiting

        def arrives(premises: Any) -> bytes:
            monkeypatch.setattr(HeldAccess, "seal", lambda _: 0)  # as if they came after the sealing
            found = before(premises)
            monkeypatch.undo()
            there.seal()  # and were sealed before the state was copied: in both halves
            there.did(account, 5, SAID, 17)  # acknowledged later: in none
            return found

        monkeypatch.setattr(backup_access, "waiting", arrives)
        make_backup(there.premises, WHO, tmp_path / "b.zip", tmp_path / "k.age", [recipient])
    assert restored(tmp_path, "again", "b.zip", "k.age")["accesses"] == 17
    with at_home(tmp_path / "again") as there:
        there.seal()
        assert there.seen() == {account: 17}


@pytest.mark.parametrize("to_postgres", [False, True])
def test_a_house_on_postgresql_is_restored_into_either(
    tmp_path: Path, postgres: Any, monkeypatch: pytest.MonkeyPatch, to_postgres: bool
) -> None:
    # Breaks when a backup of one database cannot be restored into the other, or is restored over a ledger.
    monkeypatch.setenv("GATEBOOK_STATE_URL", source := postgres())
    monkeypatch.setenv("GATEBOOK_KEY_RING_URL", postgres())
    _, recipient = identity(tmp_path)
    with at_home(tmp_path / "house") as there:
        person = there.opened(SAID["name"], SAID)
        gone = there.opened("Bo Bodin", other(1))
        there.premises.ring.destroy(gone)
        made = make_backup(there.premises, WHO, tmp_path / "b.zip", tmp_path / "k.age", [recipient])
    if to_postgres:
        with pytest.raises(Conflict):
            restored(tmp_path, "over", "b.zip", "k.age")
        assert not (tmp_path / "over").exists()
        monkeypatch.setenv("GATEBOOK_STATE_URL", postgres())
        monkeypatch.setenv("GATEBOOK_KEY_RING_URL", postgres())
    else:
        monkeypatch.delenv("GATEBOOK_STATE_URL")
        monkeypatch.delenv("GATEBOOK_KEY_RING_URL")
    done = restored(tmp_path, "again", "b.zip", "k.age")
    assert (done["size"], done["root"], done["registers_differed"]) == (made["backup"]["size"], made["root"], [])
    with at_home(tmp_path / "again") as there:
        assert SAID["email"] in str(there.read(person))
        with pytest.raises(GatebookError):
            there.read(gone)
    engine = make_engine(source)
    with engine.connect() as connection:  # the one that was backed up knows nothing of it
        sizes = connection.execute(sa.text("SELECT count(*) FROM ledger_entries")).scalar_one()
    engine.dispose()
    assert sizes == done["size"] + 2
