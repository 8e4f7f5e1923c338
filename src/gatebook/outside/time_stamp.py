"""Time stamps of an outside authority (RFC 3161): that a digest existed, told by somebody who is not this house.

The trap guarded against: an answer kept unread. A token over another digest, an old answer sent again, a refusal, or a
signature nobody vouches for looks like any other file until a court opens it; each is refused the moment it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from gatebook.errors import LedgerError, SettingsError, Unavailable

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

_DIGEST, _NONCE = 32, 8  # bytes
_MOST_BYTES = 64 * 1024
_SHA256 = "2.16.840.1.101.3.4.2.1"
_GRANTED = 0
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


class TimeStampAuthority:
    """Asks one authority over HTTP. ``certificates`` are the anchors its signature has to lead to.

    Without them the answer's digest, nonce and status are checked and its signature is not, so it has to come over
    https. With them it may come in the clear, as many authorities serve it: a digest tells nobody anything.
    """

    def __init__(
        self, url: str, client: httpx.Client, draw: Callable[[int], bytes], certificates: Sequence[Certificate] = ()
    ) -> None:
        scheme = httpx.URL(url).scheme
        if scheme != "https" and not (scheme == "http" and certificates):
            raise SettingsError("tsa_url has to be https, or http with a tsa_certificate_file to check what comes")
        self._url, self._client, self._draw, self._certificates = url, client, draw, tuple(certificates)

    def stamp(self, digest: bytes) -> bytes:
        """Return the authority's answer over a SHA-256 digest: a TimeStampResp in DER, its token inside.

        What ``openssl ts -verify -in`` reads. Raises Unavailable when nothing usable came, LedgerError when what came
        does not hold; neither is kept.
        """
        nonce = int.from_bytes(self._draw(_NONCE)) | 1 << 63  # a nonce of one length, never zero
        answer = self._ask(query_of(digest, nonce))
        response = _read(answer)
        if response.status != _GRANTED:
            raise Unavailable(f"the time-stamp authority refused to stamp (status {response.status})")
        _check(response, digest, self._certificates)
        if response.tst_info.nonce != nonce:
            raise LedgerError("the time stamp answers another question: its nonce is not the one that was sent")
        return answer

    def _ask(self, query: bytes) -> bytes:
        headers = {"content-type": _QUERY, "accept": _REPLY}
        try:
            with self._client.stream("POST", self._url, content=query, headers=headers) as response:
                if response.status_code != httpx.codes.OK:
                    raise Unavailable(f"the time-stamp authority answered with status {response.status_code}")
                answer = bytearray()
                for piece in response.iter_bytes():
                    answer += piece
                    if len(answer) > _MOST_BYTES:
                        raise Unavailable("the time-stamp authority answered with more than 64 KiB")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"the time-stamp authority did not answer ({type(error).__name__})") from None
        return bytes(answer)


def verify_token(token: bytes, digest: bytes, roots: Sequence[Certificate]) -> datetime:
    """Return the time an authority under ``roots`` says the digest existed at. Raises LedgerError naming what fails.

    ``token`` is a whole TimeStampResp, or the bare TimeStampToken out of one.
    """
    if not roots:
        raise LedgerError("a time stamp was to be verified against no certificate")
    response = _read(token)
    if response.status != _GRANTED:
        raise LedgerError("this is an authority's refusal, and no time stamp")
    return _check(response, digest, roots)


def read_certificates(pem: bytes) -> list[Certificate]:
    """Return the certificates of a PEM file. Raises SettingsError."""
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415  heavy, and only where stamps are used

    try:
        return load_pem_x509_certificates(pem)
    except ValueError:
        raise SettingsError("tsa_certificate_file holds no certificate in PEM form") from None


def query_of(digest: bytes, nonce: int) -> bytes:
    """Return the question in DER: a SHA-256 digest, a nonce, and that the authority's certificate be sent along."""
    from cryptography.hazmat import asn1  # noqa: PLC0415  heavy, and only where stamps are used
    from cryptography.x509 import ObjectIdentifier  # noqa: PLC0415  as above

    from gatebook.outside.time_stamp_form import Algorithm, Imprint, Query  # noqa: PLC0415  as above

    if len(digest) != _DIGEST:
        raise LedgerError("a time stamp is asked over a SHA-256 digest of 32 bytes")
    algorithm = Algorithm(oid=ObjectIdentifier(_SHA256), parameters=asn1.Null())
    return asn1.encode_der(
        Query(version=1, imprint=Imprint(algorithm=algorithm, digest=digest), nonce=nonce, certificate=True)
    )


def _read(answer: bytes) -> TimeStampResponse:
    """Read a response; a bare token is read as one that was granted."""
    from rfc3161_client import decode_timestamp_response  # noqa: PLC0415  heavy, and only where stamps are used

    for form in (answer, _granted(answer)):
        try:
            return decode_timestamp_response(form)
        except ValueError:
            continue
    raise LedgerError("what the time-stamp authority sent is no RFC 3161 answer")


def _granted(token: bytes) -> bytes:
    status = bytes.fromhex("3003020100")
    length = len(status) + len(token)
    # DER: a length of up to 127 is one byte, a longer one is led by how many bytes it has.
    size = length.to_bytes((length.bit_length() + 7) // 8 or 1)
    head = size if length < 1 << 7 else bytes([0x80 | len(size)]) + size
    return b"\x30" + head + status + token


def _check(response: TimeStampResponse, digest: bytes, roots: Sequence[Certificate]) -> datetime:
    """Return the time of a granted response once digest and, where there are roots, signature hold."""
    from rfc3161_client import VerificationError, VerifierBuilder  # noqa: PLC0415  heavy

    try:
        info = response.tst_info
        algorithm, stamped = info.message_imprint.hash_algorithm.dotted_string, info.message_imprint.message
        at = info.gen_time
    except ValueError:
        raise LedgerError("the time-stamp authority's answer holds no token that can be read") from None
    if (algorithm, stamped) != (_SHA256, digest):
        raise LedgerError("the time stamp is over another digest")
    try:
        if roots:
            VerifierBuilder(roots=list(roots)).build().verify(response, digest)
    except (VerificationError, ValueError):
        raise LedgerError("the time stamp's signature does not lead to the certificate this house trusts") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
