"""Encryption to a recipient: opened by age's and OpenSSL's own tools, and refused in words for a key nobody can use."""

from __future__ import annotations

import io
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from gatebook.errors import InvalidInput, TooLarge
from gatebook.outside import encryption
from gatebook.outside.encryption import ENDINGS, MEDIA_TYPES, KeyKind, kind_of, seal_file, seal_to
from time_stamping import openssl

AT = datetime(2026, 11, 1, tzinfo=UTC)
# Line ends that a text mode would rewrite, and more than one of age's 64 KiB pieces.
DATA = b"a\nb\r\nc\r\x00\xff" * 30_000


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def certificate(key: Any, *, usage: bool | None = None, days: int = 10) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "court")])
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(AT - timedelta(5))
        .not_valid_after(AT + timedelta(days))
    )
    if usage is not None:
        other = dict.fromkeys(
            (
                "content_commitment",
                "data_encipherment",
                "key_agreement",
                "key_cert_sign",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        builder = builder.add_extension(
            x509.KeyUsage(digital_signature=True, key_encipherment=usage, **other), critical=True
        )
    signed = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def ssh(key: Any) -> str:
    form = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return form.decode() + " clerk@court.example"


def secret(key: Any, form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8) -> bytes:
    found: bytes = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return found


def code_of(recipient: str) -> str:
    with pytest.raises(InvalidInput) as refused:
        kind_of(recipient, AT)
    assert [problem.pointer for problem in refused.value.problems] == ["/recipient_key"]
    assert "clerk" not in str(refused.value.problems)
    return refused.value.problems[0].code


def test_what_is_sealed_to_an_age_recipient_is_opened_with_its_identity(tmp_path: Path) -> None:
    # Breaks when the recipient cannot open what was sealed, or it differs by a byte.
    identity = pyrage.x25519.Identity.generate()
    recipient = f"  {identity.to_public()}\n"
    assert kind_of(recipient, AT) is KeyKind.AGE
    assert pyrage.decrypt(seal_to(DATA, recipient, AT), [identity]) == DATA
    source, out = tmp_path / "source", io.BytesIO()
    source.write_bytes(DATA)
    seal_file(source, out, recipient, AT)
    assert pyrage.decrypt(out.getvalue(), [identity]) == DATA


def test_what_is_sealed_to_an_ssh_key_is_opened_with_it(rsa_key: rsa.RSAPrivateKey) -> None:
    # Breaks when an authority whose only key is an SSH key cannot open its answer.
    for key in (ed25519.Ed25519PrivateKey.generate(), rsa_key):
        assert kind_of(ssh(key), AT) is KeyKind.SSH
        identity = pyrage.ssh.Identity.from_buffer(secret(key, serialization.PrivateFormat.OpenSSH))
        assert pyrage.decrypt(seal_to(DATA, ssh(key), AT), [identity]) == DATA


def test_what_is_sealed_to_a_certificate_is_opened_by_openssl(rsa_key: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    # Breaks when OpenSSL cannot open it, the cipher is weak, or line ends were rewritten on the way.
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, and it is the recipient's tool here")
    sealed, key, out = tmp_path / "sealed.p7m", tmp_path / "key.pem", tmp_path / "out"
    recipient = certificate(rsa_key, usage=True)
    assert kind_of(recipient, AT) is KeyKind.CMS
    sealed.write_bytes(seal_to(DATA, recipient, AT))
    key.write_bytes(secret(rsa_key))
    openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-in", sealed, "-inkey", key, "-out", out)
    assert out.read_bytes() == DATA
    assert b"aes-256-cbc" in openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", sealed)
    assert DATA[:50] not in sealed.read_bytes()


def test_each_key_that_cannot_be_used_is_refused_in_its_own_words(rsa_key: rsa.RSAPrivateKey) -> None:
    # Breaks when records are encrypted to a key nobody can open them with, or a secret key is taken and kept.
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505  too short on purpose
    curve = ec.generate_private_key(ec.SECP256R1())
    assert code_of(certificate(curve)) == "unsupported-key"
    assert code_of(certificate(ed25519.Ed25519PrivateKey.generate())) == "unsupported-key"
    assert code_of(certificate(rsa_key, days=-1)) == "expired"
    assert code_of(certificate(rsa_key, usage=False)) == "wrong-use"
    assert code_of(certificate(short)) == "weak-key"
    assert code_of(certificate(rsa_key) * 2) == "not-a-certificate"
    assert code_of(certificate(rsa_key)[:400] + "\n-----END CERTIFICATE-----\n") == "malformed"
    public = rsa_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert code_of(public.decode()) == "not-a-certificate"
    for key in (secret(rsa_key).decode(), str(pyrage.x25519.Identity.generate())):
        assert code_of(key) == "secret-key"
    assert code_of(ssh(curve)) == "unknown-key"
    assert code_of(ssh(short)) == "malformed"
    assert code_of(ssh(rsa_key) + "\n" + ssh(rsa_key)) == "malformed"
    good = str(pyrage.x25519.Identity.generate().to_public())
    assert code_of(good[:-1] + ("q" if good[-1] != "q" else "p")) == "malformed"
    assert code_of(good + " " + good) == "malformed"
    assert code_of("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t") == "malformed"
    assert code_of("") == "unknown-key"
    assert code_of("age1" + "q" * 70_000) == "too-long"


@given(
    st.text(max_size=200)
    | st.text(max_size=80).map("age1{}".format)
    | st.text(max_size=80).map("ssh-ed25519 {}".format)
    | st.text(max_size=80).map("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----".format)
)
def test_any_text_is_a_key_or_is_refused_at_its_field(text: str) -> None:
    # Breaks when what a stranger sent as a key crashes the house.
    try:
        kind_of(text, AT)
    except InvalidInput as refused:
        assert [problem.pointer for problem in refused.problems] == ["/recipient_key"]


def test_what_is_too_large_for_memory_is_not_begun(rsa_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when a certificate's form is made of a production no memory holds.
    monkeypatch.setattr(encryption, "MOST_CMS", len(DATA) - 1)
    with pytest.raises(TooLarge, match="age"):
        seal_to(DATA, certificate(rsa_key), AT)
    assert seal_to(DATA, ssh(rsa_key), AT)


def test_every_kind_of_key_has_an_ending_and_a_media_type() -> None:
    # Breaks when a kind is added and what is made of it cannot be named.
    assert set(ENDINGS) == set(MEDIA_TYPES) == set(KeyKind)
