"""Encryption of what leaves the house, to the key of whom it is for: age, an SSH key, or an X.509 certificate (CMS).

The trap guarded against: a set of records encrypted to a key nobody can use, or to one that was only meant for signing.
A key is read when it is given, and again when it is used; what is wrong with it is told in words its owner can act on.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gatebook.errors import FieldProblem, InvalidInput, TooLarge

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_POINTER = "/recipient_key"
_MOST_KEY = 64 * 1024  # characters
_LEAST_RSA = 2048  # bits
#: CMS is made in memory, at about four times the size; age is a stream and has no such end.
MOST_CMS = 512 * 1024 * 1024
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_SECRET = re.compile(r"AGE-SECRET-KEY-|-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----", re.IGNORECASE)
_SSH = ("ssh-ed25519 ", "ssh-rsa ")
_AGE = re.compile(r"age1[02-9ac-hj-np-z]+")


class KeyKind(StrEnum):
    """What a recipient's key is, and the form what is encrypted to it takes."""

    AGE = "age"
    SSH = "ssh"  # the form is age's
    CMS = "cms"


#: How a file encrypted to each is named after its own name, and the media type it is handed over with.
ENDINGS = {KeyKind.AGE: ".age", KeyKind.SSH: ".age", KeyKind.CMS: ".p7m"}
MEDIA_TYPES = {
    KeyKind.AGE: "application/age",
    KeyKind.SSH: "application/age",
    KeyKind.CMS: "application/pkcs7-mime; smime-type=enveloped-data",
}


@dataclass(frozen=True, slots=True)
class _Key:
    """A key that was read; ``age`` is what the library of that form takes, and ``certificate`` is for CMS."""

    kind: KeyKind
    age: Any = None
    certificate: Certificate | None = None


def kind_of(recipient: str, at: datetime) -> KeyKind:
    """Return what a recipient's key is, once it was found fit to encrypt to at that time. Raises InvalidInput."""
    return _read(recipient, at).kind


def seal_to(data: bytes, recipient: str, at: datetime) -> bytes:
    """Return ``data`` encrypted to a recipient. Raises InvalidInput for a key that cannot be used, TooLarge for CMS."""
    sealed = io.BytesIO()
    _seal(io.BytesIO(data), len(data), sealed, _read(recipient, at))
    return sealed.getvalue()


def seal_file(source: Path, target: IO[bytes], recipient: str, at: datetime) -> None:
    """Write a file encrypted to a recipient; age streams it, CMS holds it in memory. Raises as :func:`seal_to`."""
    key = _read(recipient, at)
    with source.open("rb") as file:
        _seal(file, source.stat().st_size, target, key)


def _seal(source: IO[bytes], size: int, target: IO[bytes], key: _Key) -> None:
    if key.certificate is None:
        import pyrage  # noqa: PLC0415  heavy, and only where something leaves encrypted

        pyrage.encrypt_io(source, target, [key.age])
        return
    if size > MOST_CMS:
        raise TooLarge("a production of more than 512 MiB is encrypted to an age or SSH key, not to a certificate")
    target.write(_enveloped(source.read(), key.certificate))


def _enveloped(data: bytes, certificate: Certificate) -> bytes:
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7  # noqa: PLC0415  heavy

    made = pkcs7.PKCS7EnvelopeBuilder().set_data(data).add_recipient(certificate)
    # Without "binary" line ends would be rewritten, and with them every digest in the archive.
    return made.set_content_encryption_algorithm(AES256).encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])


def _read(recipient: str, at: datetime) -> _Key:
    text = recipient.strip()
    if len(text) > _MOST_KEY:
        raise _refused("too-long", "a key of at most 64 KiB")
    if _SECRET.search(text):
        raise _refused("secret-key", "this is a secret key; send the public one, and take this one out of use")
    if pem := _PEM.match(text):
        return _certificate(text, pem[1], at)
    if text.startswith(_SSH):
        return _ssh(text)
    if text.startswith("age1"):
        return _age(text)
    raise _refused("unknown-key", "an age recipient (age1...), an ssh-ed25519 or ssh-rsa key, or a PEM certificate")


def _age(text: str) -> _Key:
    import pyrage  # noqa: PLC0415  as above

    if not _AGE.fullmatch(text):
        raise _refused("malformed", "one age recipient: age1 and small letters and digits, on one line")
    readers: tuple[Callable[[str], Any], ...] = (
        pyrage.x25519.Recipient.from_str, pyrage.tag.Recipient.from_str, pyrage.tagpq.Recipient.from_str,
    )  # fmt: skip
    for read in readers:
        try:
            return _Key(KeyKind.AGE, age=read(text))
        except pyrage.RecipientError:
            continue
    raise _refused("malformed", "this age recipient cannot be read: a letter is wrong, or it needs a plugin")


def _ssh(text: str) -> _Key:
    import pyrage  # noqa: PLC0415  as above

    if "\n" in text:
        raise _refused("malformed", "one SSH key, on one line")
    try:
        key = pyrage.ssh.Recipient.from_str(" ".join(text.split()[:2]))  # a comment may hold a person's address
    except pyrage.RecipientError:
        raise _refused("malformed", "an SSH key of the kind ssh-ed25519, or ssh-rsa with at least 2048 bits") from None
    return _Key(KeyKind.SSH, age=key)


def _certificate(text: str, label: str, at: datetime) -> _Key:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415  heavy
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415  heavy

    if label != "CERTIFICATE" or len(_PEM.findall(text)) != 1:
        raise _refused("not-a-certificate", "one X.509 certificate in PEM form, and nothing beside it")
    try:
        found = load_pem_x509_certificates(text.encode())[0]
        key, begins, ends = found.public_key(), found.not_valid_before_utc, found.not_valid_after_utc
        meant = _meant_for_keys(found)
    except Exception:  # noqa: BLE001  what a stranger's certificate can break is the library's to know
        raise _refused("malformed", "this certificate cannot be read") from None
    if not isinstance(key, RSAPublicKey):
        raise _refused("unsupported-key", "a certificate with an RSA key; for elliptic curves send an age recipient")
    if key.key_size < _LEAST_RSA:
        raise _refused("weak-key", "a certificate with an RSA key of at least 2048 bits")
    if not begins <= at <= ends:
        raise _refused("expired", "a certificate that is valid now; this one is not yet, or no longer")
    if not meant:
        raise _refused("wrong-use", "a certificate whose key may encipher keys; this one is meant for signing only")
    return _Key(KeyKind.CMS, certificate=found)


def _meant_for_keys(certificate: Certificate) -> bool:
    """Whether the certificate's own words let its key encipher keys; without such words it may."""
    from cryptography.x509 import ExtensionNotFound, KeyUsage  # noqa: PLC0415  heavy

    try:
        return certificate.extensions.get_extension_for_class(KeyUsage).value.key_encipherment
    except ExtensionNotFound:
        return True


def _refused(code: str, reason: str) -> InvalidInput:
    return InvalidInput("this key cannot be encrypted to", (FieldProblem(_POINTER, code, reason),))
