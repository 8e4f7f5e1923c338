"""Record: entries, vault, door, Merkle proofs, checkpoints."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders as b
from gatebook.errors import InvalidInput, LedgerError, SettingsError, Shredded, VaultError
from gatebook.outside.key_file import FileKeys
from gatebook.procedures import close_account, expire_records, keep_house, look, open_account, publish_ledger
from gatebook.record import merkle, tiles
from gatebook.record.checkpoint import sign_checkpoint, verify_checkpoint, vkey_of
from gatebook.record.entry import Entry

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def naive(leaves: list[bytes]) -> bytes:
    if len(leaves) <= 1:
        return leaves[0] if leaves else merkle.EMPTY
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(naive(leaves[:k]), naive(leaves[k:]))


@given(st.integers(1, 600), st.data())
def test_proofs_lead_to_the_root_and_no_other(size: int, data: st.DataObject) -> None:
    # Breaks when a proof of RFC 6962 is built or checked wrongly, against a naive reading of the text.
    leaves = [merkle.leaf_hash(str(n).encode()) for n in range(size)]
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, read = naive(leaves), merkle.reader_of(leaves)
    proof = merkle.inclusion_proof(index, size, read)
    merkle.verify_inclusion(leaves[index], index, size, root, proof)
    steps = merkle.consistency_proof(old, size, read)
    merkle.verify_consistency(old, size, naive(leaves[:old]), root, steps)
    for bad in ([*proof, root], proof[:-1] if proof else [root]):
        with pytest.raises(LedgerError):
            merkle.verify_inclusion(leaves[index], index, size, root, bad)
    if old < size:
        with pytest.raises(LedgerError):
            merkle.verify_consistency(old, size, merkle.leaf_hash(b"fork"), root, steps)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_tiles_grown_step_by_step_give_the_root(steps: list[int]) -> None:
    # Breaks when a tile depends on when it was written.
    files: dict[str, bytes] = {}
    size = 0
    leaves = [merkle.leaf_hash(n.to_bytes(4, "big")) for n in range(sum(steps))]
    for step in steps:
        files.update(tiles.tiles_for_growth(size, size + step, lambda a, z: leaves[a:z], files.__getitem__))
        size += step
    assert merkle.root_at(size, tiles.TileHashReader(files.__getitem__, size).read) == naive(leaves)


def test_a_checkpoint_is_bound_to_its_key_and_text() -> None:
    # Breaks when a note verifies under another key or with changed text.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key, other = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
    public = key.public_key().public_bytes_raw()
    note = sign_checkpoint("a.example/log", 7, b"r" * 32, key.sign, public)
    vkey = vkey_of("a.example/log", public)
    assert verify_checkpoint(note, vkey).size == 7
    for bad in (note.replace(b"\n7\n", b"\n8\n"), note.replace(b"a.example", b"b.example"), note[:-10], b"", b"\xff"):
        with pytest.raises(LedgerError):
            verify_checkpoint(bad, vkey)
    with pytest.raises(LedgerError):
        verify_checkpoint(note, vkey_of("a.example/log", other.public_key().public_bytes_raw()))


def test_an_entry_takes_no_personal_text() -> None:
    # Breaks when a name or address could reach the ledger.
    for text in ("Anna Eriksson; born", "Ännä", "a\nb", "x" * 300, "(anna)"):
        with pytest.raises(LedgerError):
            Entry("account.restricted", NOW, "opr-a", body={"cause": text})
    with pytest.raises(LedgerError):
        Entry("account.restricted", NOW, "opr-a", body={"name": "x"})
    with pytest.raises(LedgerError):
        Entry("no.kind", NOW, "opr-a")


def opened(premises: Any, operator: Any) -> tuple[str, Any]:
    from gatebook.procedures import confirm_contact

    house = premises.house
    application_id, _ = open_account.open_account(house, operator, b.application(), [b.ANNA])
    confirm_contact.send_code(house, operator, application_id, "email")
    _, found = confirm_contact.answer_code(house, operator, application_id, "email", house.senders["email"].last)
    return application_id, found


def test_no_personal_data_lies_in_the_clear(premises: Any, operator: Any) -> None:
    # Breaks when any byte of a claim stands unsealed in database, ledger or tiles.
    opened(premises, operator)
    publish_ledger.publish_ledger(premises.house)
    premises.state.close()
    needles = [
        b"Eriksson",
        b"ERIKSSON",
        b"anna@example.com",
        b"46701234567",
        b"Storgatan",
        b"L898902C3",
        b"203.0.113.9",
        b"1974-08-12",
    ]
    for path in premises.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [n for n in needles if n in data], path


def test_a_reading_is_entered_before_plaintext_and_needs_a_purpose(premises: Any, operator: Any) -> None:
    # Breaks when a record can be opened without a trace or a reason.
    house = premises.house
    opened(premises, operator)
    rows, _ = look.page(house, operator, "records", {"kind": "application.received"}, "", 9)
    with pytest.raises(InvalidInput):
        look.read_record(house, operator, rows[0]["record_id"], "curiosity")
    with house.state.read() as work:
        before = work.ledger.size()
    assert (
        look.read_record(house, operator, rows[0]["record_id"], "audit")["claims"]["applicant"]["name"]
        == "Anna Maria Eriksson"
    )
    entry = Entry.from_bytes(look.entry_at(house, operator, before))
    assert (entry.kind, entry.operator, entry.body["purpose"]) == ("record.read", "opr-test", "audit")


def test_a_sealed_record_cannot_be_swapped_or_changed(premises: Any, operator: Any) -> None:
    # Breaks when ciphertext of one record opens as another's.
    import sqlalchemy as sa

    opened(premises, operator)
    house = premises.house
    rows, _ = look.page(house, operator, "records", {"kind": "evidence.received"}, "", 9)
    with house.state.read() as work:
        other = work.records.get(rows[1]["record_id"])
    engine = sa.create_engine(premises.state_url)
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE sealed_records SET ciphertext=:c WHERE record_id=:r"),
            {"c": other.ciphertext, "r": rows[0]["record_id"]},
        )
    engine.dispose()
    with pytest.raises(VaultError):
        look.read_record(house, operator, rows[0]["record_id"], "audit")


def test_keys_rotate_and_everything_still_opens(premises: Any, operator: Any) -> None:
    # Breaks when rotation loses a subject's key.
    application_id, _ = opened(premises, operator)
    key_id, count = keep_house.rotate_keys(premises.house, operator)
    assert (key_id, count) == ("kek-0002", 1)
    assert look.candidates(premises.house, operator, application_id)["candidates"] == []


def test_rebuilding_gives_the_registers_that_stood_there(premises: Any, operator: Any) -> None:
    # Breaks when a register knows something the ledger does not.
    _, found = opened(premises, operator)
    close_account.close_account(premises.house, operator, found.account_id, "asked")
    assert keep_house.rebuild(premises.house, operator, lambda _, __: None) == []


def test_data_dies_on_its_day_and_the_ledger_still_verifies(tmp_path: Path, operator: Any) -> None:
    # Breaks when data goes a day early, outlives its day, or takes a proof with it.
    from datetime import timedelta

    from gatebook.wiring.founding import init_house
    from gatebook.wiring.lists import sample_list
    from gatebook.wiring.premises import CodeBox, open_premises
    from gatebook_verifier.checks import check_log

    at = [datetime(2026, 11, 1, 12, tzinfo=UTC)]
    init_house(tmp_path / "h", "t.example/h", operator, lambda: at[0])
    with open_premises(tmp_path / "h", lambda: at[0], CodeBox()) as premises:
        premises.shelf.put("sample", sample_list(), at[0])
        application_id, found = opened(premises, operator)
        close_account.close_account(premises.house, operator, found.account_id, "asked")
        row = look.one(premises.house, operator, "accounts", found.account_id)
        assert (row["retain_until"], row["retain_rule"]) == ("2027-11-01", "house/retention_years")
        at[0] = datetime(2027, 11, 1, 23, tzinfo=UTC)
        assert expire_records.expire_records(premises.house, operator, None) == []
        at[0] += timedelta(hours=2)
        assert expire_records.expire_records(premises.house, operator, None) == [row["person_id"]]
        assert expire_records.expire_records(premises.house, operator, None) == []
        with pytest.raises(Shredded):
            look.candidates(premises.house, operator, application_id)
        assert keep_house.rebuild(premises.house, operator, lambda _, __: None) == []
        publish_ledger.publish_ledger(premises.house)
        folder = tmp_path / "h" / "ledger"
        assert "every tile follows" in check_log(folder, (folder / "vkey").read_text())


def test_keys_others_can_read_are_refused(tmp_path: Path) -> None:
    # Breaks when a key file with open permissions is used.
    keys = FileKeys(tmp_path / "k", os.urandom)
    key_id, wrapped = keys.wrap(b"d" * 32, b"per_1")
    assert keys.unwrap(key_id, wrapped, b"per_1") == b"d" * 32
    with pytest.raises(VaultError):
        keys.unwrap(key_id, wrapped, b"per_2")
    (tmp_path / "k" / f"{key_id}.key").chmod(0o644)
    with pytest.raises(SettingsError):
        keys.unwrap(key_id, wrapped, b"per_1")
    (tmp_path / "k").chmod(0o755)
    with pytest.raises(SettingsError):
        FileKeys(tmp_path / "k", os.urandom)
