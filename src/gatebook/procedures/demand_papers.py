"""The papers of a demand: what is sealed of it, under which values it is found again, and which numbers stand in it.

The trap guarded against: a paper that is changed by being kept. It is sealed byte for byte as it came, beside what was
read from it, and its digest is entered in the ledger.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput, TooLarge
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look_at_demands import read_demand
from gatebook.record.ports import Work
from gatebook.terms.demand import Channel, Demand
from gatebook.trace.demand_mail import Letter, is_pdf, numbers_in, numbers_of, read_letter

MOST_DOCUMENT = 25 * 1024 * 1024
#: Fields of the keyed index: the digest of a paper or of what was attached to it, and who wrote which reference.
_DOCUMENT, _REFERENCE = "demand-document", "demand-reference"
_NOT_DIGITS = re.compile(r"\D")


def check_document(document: bytes | None) -> None:
    """Raise InvalidInput for an empty paper, TooLarge for one that cannot be sealed whole."""
    if document is not None and len(document) > MOST_DOCUMENT:
        most = f"at most {MOST_DOCUMENT // 1024**2} MiB"
        raise TooLarge("this document is too large", (FieldProblem("/document", "too-large", most),))
    if document == b"":
        raise InvalidInput("this document is empty", (FieldProblem("/document", "empty", "must hold something"),))


def digest_of(document: bytes | None) -> str:
    """Return the SHA-256 of a paper in hex, empty where there is none."""
    return "" if document is None else hashlib.sha256(document).hexdigest()


def letter_of(document: bytes | None, channel: Channel) -> Letter | None:
    """Return what a paper that came by mail claims; None for one that is no message."""
    is_letter = document is not None and channel is Channel.MAIL and not is_pdf(document)
    return read_letter(document or b"") if is_letter else None


def payload_of(document: bytes | None, letter: Letter | None) -> Plain:
    """Return what is sealed of a paper: its bytes as they came, and what it claims of itself."""
    return {
        "document": None if document is None else base64.b64encode(document).decode(),
        "claims": canonical.plain(letter),
    }


def index_of(demand: Demand | None, document: bytes | None, letter: Letter | None) -> list[tuple[str, str]]:
    """Return under what a demand is found again: its paper, each attachment, and its reference."""
    digests = {digest_of(document), *(one.digest for one in (letter.attachments if letter else ()))}
    found = [(_DOCUMENT, digest) for digest in sorted(digests - {""})]
    if demand is not None:
        found.append((_REFERENCE, f"{demand.jurisdiction}\n{demand.reference.casefold()}"))
    return found


def received_before(house: House, work: Work, index: list[tuple[str, str]], but: str = "") -> list[str]:
    """Return the demands that came with one of these papers, or under this reference, before."""
    return sorted({one for pair in index for one in house.door.find(work, *pair)} - {but})


def numbers_within(house: House, operator: Operator, demand_id: str) -> list[str]:
    """Return the digits of every telephone number that stands in a demand: a reading, entered first.

    All that is text is searched: whatever was described, and of the paper its headers, its text and what is attached.
    The inside of a PDF is not.
    """
    found = list[str]()
    for item in read_demand(house, operator, demand_id, ("demand.received", "demand.described"))["items"]:
        found += _numbers(item["payload"])
    return found


def _numbers(payload: dict[str, Any]) -> list[str]:
    demand = payload.get("demand") or {}
    issuers = [one for one in (demand.get("issuer"), demand.get("validator")) if one]
    phones = [_NOT_DIGITS.sub("", str(one["phone"])) for one in issuers if one["phone"]]
    said = [number for text in _texts(demand) for number in numbers_of(text)]
    paper = base64.b64decode(payload.get("document") or "")
    return [*phones, *said, *(numbers_in(paper) if paper and not is_pdf(paper) else ())]


def _texts(said: Any) -> Iterator[str]:  # noqa: ANN401  any part of a description
    if isinstance(said, str):
        yield said
    elif isinstance(said, dict | list):
        for one in said.values() if isinstance(said, dict) else said:
            yield from _texts(one)
