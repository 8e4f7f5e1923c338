"""Demands that come by mail: what a message says of itself, every word of it a claim, and what is attached to it.

The trap guarded against: a sender that is believed. Requests have been forged from hijacked government mail that passed
every check of the mail system; what is read here is noted beside the sealed message, and makes nothing authentic.

A message is taken as it is, whatever it is: where it cannot be read, or would take too long to read, it is marked.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage, MIMEPart
from email.parser import BytesHeaderParser, BytesParser
from email.policy import EmailPolicy
from typing import Any

_MOST_HEADER, _MOST_HEADERS, _MOST_BOUNDARIES, _MOST_PARTS, _MOST_TEXT = 4096, 262_144, 64, 200, 200
_MOST_RESULTS, _MOST_COMPARED = 20, 4_000_000
_RESULT = re.compile(r"\b(spf|dkim|dmarc|arc)\s*=\s*([a-z]{1,20})", re.IGNORECASE)
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_NOT_DIGITS = re.compile(r"\D")
_TAG = re.compile(r"<[^<>]*>")
#: Digits as people write telephone numbers, with few signs between two.
_NUMBER = re.compile(r"[0-9](?:[\s().,/\u2010-\u2015-]{0,3}[0-9]){6,}")


class _Bounded(EmailPolicy):
    """The standard library's policy, but no header is read further than people write them: reading one is quadratic."""

    def header_fetch_parse(self, name: str, value: Any) -> Any:  # noqa: ANN401  the signature is the library's
        return super().header_fetch_parse(name, value[:_MOST_HEADER] if type(value) is str else value)


_POLICY = _Bounded(raise_on_defect=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message: its name and type as claimed, its size and SHA-256 in hex as they are."""

    name: str
    media_type: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message claims. ``results`` are what mail systems wrote of SPF, DKIM, DMARC and ARC, as ``spf=pass``.

    ``marks`` say what is odd: ``malformed``, ``too-many-parts``, ``headers-too-large``, ``no-sender``.
    """

    sender: str = ""
    subject: str = ""
    sent_at: str = ""
    message_id: str = ""
    results: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    marks: tuple[str, ...] = ()


def is_pdf(data: bytes) -> bool:
    """Return whether bytes are those of a PDF file."""
    return b"%PDF-" in data[:1024]


def read_letter(data: bytes) -> Letter:
    """Return what a message claims of itself. Never raises: what cannot be read is marked."""
    message, marks = _parsed(data)
    if message is None:
        return Letter(marks=marks)
    sender, attachments = _header(message, "from"), tuple(_attachments(message))
    odd = [*marks, *(["no-sender"] if not sender else []), *(["malformed"] if message.defects else [])]
    return Letter(
        sender,
        _header(message, "subject"),
        _header(message, "date"),
        _header(message, "message-id"),
        _results(message),
        attachments,
        tuple(dict.fromkeys(odd)),
    )


def numbers_in(data: bytes) -> tuple[str, ...]:
    """Return the digits of whatever in a message could be a telephone number: in headers, texts and attachments.

    What could not be read as a message is searched as it came. The inside of a PDF is not searched.
    """
    message, marks = _parsed(data)
    parts = [] if message is None else _walked(message)
    pieces = [] if 0 < len(parts) < _MOST_PARTS and not marks else [data]
    for part in parts:
        pieces += [_headers_of(part), *([] if part.is_multipart() else [_decoded(part)])]
    found = (numbers_of(piece.decode("utf-8", "replace")) for piece in pieces if not is_pdf(piece))
    return tuple(dict.fromkeys(number for some in found for number in some))


def numbers_of(text: str) -> list[str]:
    """Return the digits of whatever in a text could be a telephone number, however its digits are written."""
    # Text of two bytes to a sign has a zero beside each digit; what is no sign of its own parts no digits.
    plain = unicodedata.normalize("NFKC", text.replace("\0", ""))
    forms = [plain]
    if "<" in plain or "&" in plain:  # as who reads it sees it
        forms.append(html.unescape(_TAG.sub("", plain)))
    return [_NOT_DIGITS.sub("", run) for form in forms for run in _NUMBER.findall(form)]


def _parsed(data: bytes) -> tuple[EmailMessage | None, tuple[str, ...]]:
    """Return a message, without its body where that would unfold into too much, and marks."""
    end = _HEADERS_END.search(data)
    if (end.start() if end else len(data)) > _MOST_HEADERS:
        return None, ("headers-too-large",)
    boundaries = data.lower().count(b"boundary")
    # Every line is compared with every boundary it may end.
    is_large = boundaries > _MOST_BOUNDARIES or data.count(b"\n") * (1 + boundaries) > _MOST_COMPARED
    try:
        if is_large:
            found = BytesHeaderParser(policy=_POLICY).parsebytes(data[: end.end()] if end else data)
        else:
            found = BytesParser(policy=_POLICY).parsebytes(data)
    except Exception:  # noqa: BLE001  the library raises whatever it stumbles over, and no message may be lost by that
        return None, ("malformed",)
    assert isinstance(found, EmailMessage)  # noqa: S101  the policy makes them
    return found, ("too-many-parts",) if is_large else ()


def _header(message: EmailMessage, name: str) -> str:
    """Return a header as text of one line, cut short; empty where it is not there or cannot be read."""
    try:
        text = str(message[name] or "")
    except Exception:  # noqa: BLE001  as above
        return ""
    return _clean(text)


def _clean(text: str) -> str:
    # What is no character, or steers a terminal, could not be sealed, or shown, as text.
    plain = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text[: 4 * _MOST_TEXT])
    return " ".join(plain.split())[:_MOST_TEXT]


def _results(message: EmailMessage) -> tuple[str, ...]:
    names = ("authentication-results", "arc-authentication-results")
    try:
        headers = [str(value) for name in names for value in message.get_all(name, [])]
    except Exception:  # noqa: BLE001  as above
        return ()
    found = [f"{m[1].lower()}={m[2].lower()}" for text in headers for m in _RESULT.finditer(text)]
    return tuple(dict.fromkeys(found))[:_MOST_RESULTS]


def _parts(message: EmailMessage) -> list[MIMEPart]:
    """Return the parts that hold something, at most so many."""
    return [part for part in _walked(message) if not part.is_multipart()]


def _walked(message: EmailMessage) -> list[MIMEPart]:
    try:
        walked = [part for _, part in zip(range(_MOST_PARTS), message.walk(), strict=False)]
    except Exception:  # noqa: BLE001  as above
        return []
    return [part for part in walked if isinstance(part, MIMEPart)]


def _headers_of(part: MIMEPart) -> bytes:
    """Return the headers of a part, as they came and as they read."""
    lines = [str(value) for _, value in part.raw_items()]
    for name, value in part.raw_items():
        if "=?" in str(value):  # the start of an encoded word; all else reads as it came
            with suppress(Exception):  # as above
                lines.append(str(_POLICY.header_fetch_parse(name, value)))
    return "\n".join(lines).encode("utf-8", "replace")


def _attachments(message: EmailMessage) -> list[Attachment]:
    found = []
    for part in _parts(message):
        try:
            name, media_type = part.get_filename() or "", part.get_content_type()
        except Exception:  # noqa: BLE001  as above
            name, media_type = "", "application/octet-stream"
        if name or not media_type.startswith(("text/", "multipart/")):
            data = _decoded(part)
            found.append(Attachment(_clean(name), _clean(media_type), len(data), hashlib.sha256(data).hexdigest()))
    return found


def _decoded(part: MIMEPart) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001  as above
        return b""
    return data if isinstance(data, bytes) else b""
