"""Cosignatures byte by byte: a golden one, what counts of a note, and the verifier of one mind with the house."""

from __future__ import annotations

import base64
import contextlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gatebook.errors import LedgerError
from gatebook.record.checkpoint import WITNESS_KEY, Signature, line_of, parse_checkpoint, vkey_of
from gatebook.record.cosignature import Cosigner, cosign, cosigned_at, cosigner_of, to_note, with_cosignature
from gatebook_verifier.note import DoesNotHold, read_checkpoint, read_cosignatures, require_cosignatures
from witness_logs import Log, raw

KEY = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
WITNESS = Cosigner("witness.example/w1", raw(KEY))
VKEY = vkey_of(WITNESS.name, WITNESS.public_key, WITNESS_KEY)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"\x0a" * 32)
OTHER = vkey_of("other.example", raw(OTHER_KEY), WITNESS_KEY)
GOLDEN = (
    "peer.example/house\n3\n1Pksj7uJcg6ztVZ3x9fvrd/rENEaGoSguo8aIzN/qpU=\n\n"
    "— peer.example/house XvmJ6dZz7UZ9Ldj/5aqUxmdWJew2TyGB4KekkDCqZdD/bhLpl/+HxCQJTizGwUWEH3AfB/k9USuPzGH2Ng+tDN518gE=\n— witness.example/w1 JLXZ/gAAAABrDMkA4ZUduzHICLOg2o4AxRrd/pM+/ShVlijLBgIw4j/qxtRa/JuxHrTE2ivNcvAnOAzFfbNtXB6vlEneZw6bb+b6CQ==\n"
)
AT = 1_796_000_000


def cosigned(at: int = AT) -> bytes:
    head = parse_checkpoint(Log().note(3))
    return to_note(replace(head, signatures=(*head.signatures, cosign(head.text, WITNESS, at, KEY.sign))))


def test_a_cosignature_has_the_bytes_it_always_had() -> None:
    # Breaks when the message, the key id or the order of time and signature changes: strangers would refuse all of ours.
    assert cosigned().decode() == GOLDEN
    assert VKEY == "witness.example/w1+24b5d9fe+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY"
    line = base64.b64decode(GOLDEN.splitlines()[-1].rpartition(" ")[2])
    assert (line[:4].hex(), int.from_bytes(line[4:12], "big"), len(line)) == (VKEY.split("+")[1], AT, 76)


def test_house_and_verifier_read_the_same_of_a_cosigned_note() -> None:
    # Breaks when one takes a cosignature the other refuses, or the log's own signature no longer stands beside it.
    note = cosigned()
    assert cosigned_at(parse_checkpoint(note), cosigner_of(VKEY)) == AT
    assert read_cosignatures(note, [OTHER, VKEY]) == require_cosignatures(note, [VKEY]) == [(WITNESS.name, AT)]
    assert read_checkpoint(note, Log().vkey).size == 3
    assert cosigned_at(parse_checkpoint(Log().note(3)), WITNESS) is None
    assert read_cosignatures(Log().note(3), [VKEY]) == []
    with pytest.raises(DoesNotHold, match=r"not cosigned by other\.example"):
        require_cosignatures(note, [VKEY, OTHER])


def test_no_changed_bit_leaves_a_cosignature_standing() -> None:
    # Breaks when any bit of text, time or signature can be another and the witness still seems to have said it.
    note = cosigned()
    start = note.rindex("\u2014".encode())
    log_line = range(note.index("\u2014".encode()), start)
    for place in range(len(note)):
        if place in log_line:
            continue
        for bit in (1, 32):
            changed = note[:place] + bytes([note[place] ^ bit]) + note[place + 1 :]
            try:
                found = read_cosignatures(changed, [VKEY])
            except DoesNotHold:
                found = []
            assert found == [], place
            try:
                at = cosigned_at(parse_checkpoint(changed), WITNESS)
            except LedgerError:
                at = None
            assert at is None, place


@pytest.mark.parametrize("data", [b"", b"\0" * 8, b"\0" * 71, b"\0" * 73, b"\xff" * 72])
def test_a_line_of_the_key_that_does_not_hold_spoils_the_note(data: bytes) -> None:
    # Breaks when a bad line under a known key is skipped: the note would be read as if nobody had touched it.
    note = cosigned() + line_of(Signature(WITNESS.name, WITNESS.key_id, data)).encode()
    with pytest.raises(LedgerError):
        cosigned_at(parse_checkpoint(note), WITNESS)
    with pytest.raises(DoesNotHold, match="does not hold"):
        read_cosignatures(note, [VKEY])


def test_lines_of_strangers_change_nothing() -> None:
    # Breaks when a line of another kind of key, or of none we know, is taken for a witness's or refused.
    extra = [Signature(WITNESS.name, b"abcd", b"x" * 72), Signature("other.example", WITNESS.key_id, b"")]
    note = cosigned() + "".join(map(line_of, extra)).encode()
    assert read_cosignatures(note, [VKEY]) == [(WITNESS.name, AT)]
    assert cosigned_at(parse_checkpoint(note), WITNESS) == AT


def test_one_key_does_not_count_twice() -> None:
    # Breaks when a witness under two names makes two of a quorum: the signed message does not hold its name.
    alias = vkey_of("alias.example", WITNESS.public_key, WITNESS_KEY)
    for pair in ([VKEY, VKEY], [VKEY, alias]):
        with pytest.raises(DoesNotHold, match="one key"):
            read_cosignatures(cosigned(), pair)


@pytest.mark.parametrize("vkey", [Log().vkey, VKEY[:-4], VKEY.replace("w1", "w2"), "", "x+y+z"])
def test_what_is_no_witness_key_is_refused(vkey: str) -> None:
    # Breaks when a log's own key is taken for a witness's: its signature over the note would be its own witness.
    with pytest.raises(LedgerError):
        cosigner_of(vkey)
    with pytest.raises(DoesNotHold):
        read_cosignatures(cosigned(), [vkey])


def test_the_newest_of_two_lines_counts_and_takes_the_place_of_the_older() -> None:
    # Breaks when a note grows with each renewal, or an older time is taken for the newest.
    head, newer = parse_checkpoint(cosigned()), parse_checkpoint(cosigned(AT + 60))
    both = replace(head, signatures=(*newer.signatures, head.signatures[1]))
    assert cosigned_at(both, WITNESS) == AT + 60
    assert read_cosignatures(to_note(both), [VKEY]) == [(WITNESS.name, AT + 60)]
    renewed = with_cosignature(head, both, WITNESS)
    assert to_note(renewed) == cosigned(AT + 60)
    with pytest.raises(LedgerError):
        with_cosignature(parse_checkpoint(Log().note(4)), newer, WITNESS)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes_are_read_or_refused_by_both(junk: bytes, place: int) -> None:
    # Breaks when some note ends in anything else than an answer or the one error of its reader.
    note = cosigned()
    for data in (junk, note[:place] + junk + note[place:], note + junk):
        with contextlib.suppress(LedgerError):
            parse_checkpoint(data)
        with contextlib.suppress(DoesNotHold):
            read_cosignatures(data, [VKEY])
