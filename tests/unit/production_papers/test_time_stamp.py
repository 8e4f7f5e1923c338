"""Time stamps: a real authority asked over HTTP, its answer taken by strangers' tools, and a wrong one refused."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.x509 import Certificate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rfc3161_client import TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from rfc3161_client.base import HashAlgorithm

from gatebook.errors import LedgerError, SettingsError, Unavailable
from gatebook.outside.time_stamp import TimeStampAuthority, query_of, read_certificates, verify_token
from time_stamping import Authority, make_authority, openssl_accepts, serving

DATA = b"example.com/house\n42\nAAEC\n"
DIGEST = hashlib.sha256(DATA).digest()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def authority(made: Authority) -> Iterator[Authority]:
    made.spoil, made.status = lambda answer: answer, 200
    made.seen.clear()
    with serving(made) as found:
        yield found


@pytest.fixture(scope="module")
def roots(made: Authority) -> list[Certificate]:
    return read_certificates(made.root.read_bytes())


@pytest.fixture(scope="module")
def answer(made: Authority) -> bytes:
    return made.reply(query_of(DIGEST, 1 << 63))


@pytest.fixture
def asking() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


def test_a_stamp_is_taken_by_openssl_and_by_rfc3161_client(
    authority: Authority, roots: list[Certificate], asking: httpx.Client, tmp_path: Path
) -> None:
    # Breaks when what is kept is no answer other tools can read, or they find another digest or time in it.
    begun = datetime.now(UTC)
    stamp = TimeStampAuthority(authority.url, asking, os.urandom, roots).stamp(DIGEST)
    file, data, other = tmp_path / "stamp.tsr", tmp_path / "data", tmp_path / "other"
    file.write_bytes(stamp)
    data.write_bytes(DATA)
    other.write_bytes(DATA + b"x")
    assert openssl_accepts(file, data, authority.root)
    assert not openssl_accepts(file, other, authority.root)
    assert VerifierBuilder(roots=roots).build().verify_message(decode_timestamp_response(stamp), DATA)
    assert abs(verify_token(stamp, DIGEST, roots) - begun) < timedelta(minutes=5)


def test_the_bare_token_is_read_too(answer: bytes, roots: list[Certificate]) -> None:
    # Breaks when only the whole response can be verified.
    token = decode_timestamp_response(answer).time_stamp_token()
    assert verify_token(token, DIGEST, roots) == verify_token(answer, DIGEST, roots)


@pytest.mark.parametrize("digest", [DIGEST[:31], hashlib.sha256(b"").digest()])
def test_a_stamp_over_another_digest_does_not_hold(answer: bytes, roots: list[Certificate], digest: bytes) -> None:
    # Breaks when a token over something else is taken.
    with pytest.raises(LedgerError, match="another digest"):
        verify_token(answer, digest, roots)


def test_a_stamp_of_an_authority_nobody_trusts_does_not_hold(
    authority: Authority, answer: bytes, asking: httpx.Client, tmp_path: Path
) -> None:
    # Breaks when anybody's signature is as good as the authority's.
    others = read_certificates(make_authority(tmp_path, "Another root").root.read_bytes())
    with pytest.raises(LedgerError, match="signature"):
        verify_token(answer, DIGEST, others)
    with pytest.raises(LedgerError, match="signature"):
        TimeStampAuthority(authority.url, asking, os.urandom, others).stamp(DIGEST)
    with pytest.raises(LedgerError, match="no certificate"):
        verify_token(answer, DIGEST, [])


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda _: b"<html>busy</html>", LedgerError),
        (lambda _: b"", LedgerError),
        (lambda answer: answer[:-20], LedgerError),
        (lambda _: bytes.fromhex("30053003020102"), Unavailable),
        (lambda _: bytes(70_000), Unavailable),
    ],
    ids=["page", "empty", "cut", "rejection", "endless"],
)
def test_an_answer_that_is_none_is_refused_when_it_comes(
    authority: Authority,
    roots: list[Certificate],
    asking: httpx.Client,
    spoil: Callable[[bytes], bytes],
    error: type[Exception],
) -> None:
    # Breaks when an excuse, half an answer, a refusal or a flood is kept as a time stamp.
    authority.spoil = spoil
    with pytest.raises(error):
        TimeStampAuthority(authority.url, asking, os.urandom, roots).stamp(DIGEST)


def test_an_old_answer_sent_again_is_refused(
    authority: Authority, answer: bytes, roots: list[Certificate], asking: httpx.Client
) -> None:
    # Breaks when the nonce is not compared: a replayed stamp would tell an earlier time.
    authority.spoil = lambda _: answer
    with pytest.raises(LedgerError, match="nonce"):
        TimeStampAuthority(authority.url, asking, lambda count: b"\x01" * count, roots).stamp(DIGEST)


def test_an_authority_that_is_away_can_be_asked_again_later(
    authority: Authority, roots: list[Certificate], asking: httpx.Client
) -> None:
    # Breaks when an outage looks like a proof that does not hold.
    authority.status = 503
    with pytest.raises(Unavailable, match="503"):
        TimeStampAuthority(authority.url, asking, os.urandom, roots).stamp(DIGEST)
    with pytest.raises(Unavailable, match="did not answer"):
        TimeStampAuthority("http://127.0.0.1:9/", asking, os.urandom, roots).stamp(DIGEST)


def test_what_cannot_be_checked_is_not_asked_in_the_clear(asking: httpx.Client, roots: list[Certificate]) -> None:
    # Breaks when a stamp that anybody on the way could have written is taken.
    with pytest.raises(SettingsError, match="tsa_certificate_file"):
        TimeStampAuthority("http://tsa.example/", asking, os.urandom)
    with pytest.raises(SettingsError):
        TimeStampAuthority("ftp://tsa.example/", asking, os.urandom, roots)
    with pytest.raises(SettingsError):
        read_certificates(b"nothing")


@given(st.integers(1 << 63, (1 << 64) - 1))
def test_the_question_is_the_one_another_library_asks(nonce: int) -> None:
    # Breaks when a field is of another form than in RFC 3161.
    theirs = (
        TimestampRequestBuilder().data(DATA).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=False).build().as_bytes()
    )
    ours = query_of(DIGEST, nonce)
    number = nonce.to_bytes(9)
    assert ours[2:] == theirs[2:-3] + b"\x02\x09" + number + theirs[-3:]
    assert ours[1] == len(ours) - 2


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_stamp_ends_in_a_sentence_and_never_in_a_time_that_is_another(
    answer: bytes, roots: list[Certificate], data: st.DataObject
) -> None:
    # Breaks when a flipped byte is taken for another time, or crashes who looks.
    at = data.draw(st.integers(0, len(answer) - 1))
    spoiled = bytearray(answer)
    spoiled[at] ^= data.draw(st.integers(1, 255))
    try:
        found = verify_token(bytes(spoiled), DIGEST, roots)
    except LedgerError:
        return
    # A few bytes are outside of what is signed (the status text, an unsigned attribute); the time is not.
    assert found == verify_token(answer, DIGEST, roots)
