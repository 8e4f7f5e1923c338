"""A production as an ETSI TS 103 120 message: the base standard's DELIVER action, with the archive inside.

The trap guarded against: a form made up. Elements, their order and their types are those of the published schema of
V1.12.1. The European profile over it (EPOC forms) and the JSON records of TS 103 705 are not written here: their
schemas were not at hand, and a message that only looks like one would be refused, or worse, believed.
"""

from __future__ import annotations

import base64
import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput, TooLarge

VERSION = "V1.12.1"
#: A message is made in memory; a larger archive is handed over beside it.
MOST_BYTES = 64 * 1024 * 1024
_SPACES: Mapping[str, str] = MappingProxyType(
    {
        "xmlns": "http://uri.etsi.org/03120/common/2019/10/Core",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xmlns:delivery": "http://uri.etsi.org/03120/common/2019/10/Delivery",
    }
)
_UUID = re.compile(r"[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}")
_COUNTRY, _WORD = re.compile(r"[A-Z]{2}"), re.compile(r"[\x21-\x7e\xa1-\ud7ff][\x20-\x7e\xa0-\ud7ff]{0,254}")
_LDID = re.compile(r"[A-Z]{2}-[\x21-\x7e]+-[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who sends or receives: ISO 3166-1 alpha-2, and the identifier it was given in that country."""

    country: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the two sides agreed and the request said; none of it can be known here.

    ``transaction`` and ``delivery`` are UUIDs for this message. ``task`` is the ObjectIdentifier of the request's
    LDTaskObject and ``reference`` its LDID (``XX-...-...``). ``profile`` is the owner and version of the national
    profile that both follow.
    """

    sender: Endpoint
    receiver: Endpoint
    transaction: str
    delivery: str
    task: str
    reference: str
    profile: tuple[str, str]


def read_exchange(data: Plain) -> Exchange:
    """Return an exchange as it was posted. Raises InvalidInput for a part that is missing, unknown or no text."""
    wanted = {field.name for field in fields(Exchange)}
    page = data if isinstance(data, dict) else {}
    texts = {name: page.get(name) for name in ("transaction", "delivery", "task", "reference")}
    ends = {name: _two(page.get(name), ("country", "identifier")) for name in ("sender", "receiver")}
    profile = _two(page.get("profile"), ("owner", "version"))
    bad = [name for name, text in texts.items() if not isinstance(text, str)]
    bad += [name for name, end in {**ends, "profile": profile}.items() if end is None]
    problems = [FieldProblem(f"/{name}", "malformed", "is missing, or not of its form") for name in sorted(bad)]
    problems += [FieldProblem(f"/{name}", "unknown-field", "is no part of an exchange") for name in set(page) - wanted]
    if problems:
        raise InvalidInput("this exchange cannot be used", tuple(problems))
    sender, receiver = (Endpoint(*(ends[name] or ("", ""))) for name in ("sender", "receiver"))
    transaction, delivery, task, reference = (str(text) for text in texts.values())
    return Exchange(sender, receiver, transaction, delivery, task, reference, profile or ("", ""))


def _two(value: Any, names: tuple[str, str]) -> tuple[str, str] | None:  # noqa: ANN401  whatever was posted
    if not isinstance(value, dict) or set(value) != set(names) or not all(isinstance(v, str) for v in value.values()):
        return None
    return str(value[names[0]]), str(value[names[1]])


def deliver_message(archive: bytes, content_type: str, exchange: Exchange, at: datetime) -> bytes:
    """Return the HI1 message that delivers an archive. Raises InvalidInput for what the schema would refuse."""
    _check(exchange, content_type)
    if len(archive) > MOST_BYTES:
        raise TooLarge("an archive of more than 64 MiB is handed over beside the message and not inside it")
    message = ET.Element("HI1Message", dict(_SPACES))
    _header(_under(message, "Header"), exchange, at)
    actions = _under(_under(_under(message, "Payload"), "RequestPayload"), "ActionRequests")
    action = _under(actions, "ActionRequest")
    _under(action, "ActionIdentifier", "0")
    deliver = _under(action, "DELIVER")
    _under(deliver, "Identifier", exchange.delivery)
    _delivered(_under(deliver, "HI1Object"), archive, content_type, exchange)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(message, "unicode")}\n'.encode()


def _header(header: ET.Element, exchange: Exchange, at: datetime) -> None:
    for name, end in (("SenderIdentifier", exchange.sender), ("ReceiverIdentifier", exchange.receiver)):
        endpoint = _under(header, name)
        _under(endpoint, "CountryCode", end.country)
        _under(endpoint, "UniqueIdentifier", end.identifier)
    _under(header, "TransactionIdentifier", exchange.transaction)
    _under(header, "Timestamp", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    version = _under(header, "Version")
    _under(version, "ETSIVersion", VERSION)
    _under(version, "NationalProfileOwner", exchange.profile[0])
    _under(version, "NationalProfileVersion", exchange.profile[1])


def _delivered(delivered: ET.Element, archive: bytes, content_type: str, exchange: Exchange) -> None:
    delivered.set("xsi:type", "delivery:DeliveryObject")
    _under(delivered, "ObjectIdentifier", exchange.delivery)
    _under(_under(delivered, "AssociatedObjects"), "AssociatedObject", exchange.task)
    _under(_under(delivered, "delivery:Reference"), "delivery:LDID", exchange.reference)
    _under(delivered, "delivery:DeliveryID", exchange.delivery)
    _under(delivered, "delivery:SequenceNumber", "1")
    _under(delivered, "delivery:LastSequence", "true")
    schema = _under(_under(delivered, "delivery:Manifest"), "delivery:ExternalSchema")
    _under(schema, "delivery:ManifestID", "BagIt 1.0 (RFC 8493)")
    binary = _under(_under(delivered, "delivery:Delivery"), "delivery:BinaryData")
    _under(binary, "delivery:Data", base64.b64encode(archive).decode())
    _under(binary, "delivery:ContentType", content_type)
    _under(binary, "delivery:Checksum", hashlib.sha256(archive).hexdigest())
    _under(binary, "delivery:ChecksumType", "SHA-256")


def _under(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    made = ET.SubElement(parent, name)
    made.text = text or None
    return made


def _check(exchange: Exchange, content_type: str) -> None:
    """Refuse every part the schema would refuse; all at once."""
    asked = (
        ("/sender/country", _COUNTRY, exchange.sender.country),
        ("/sender/identifier", _WORD, exchange.sender.identifier),
        ("/receiver/country", _COUNTRY, exchange.receiver.country),
        ("/receiver/identifier", _WORD, exchange.receiver.identifier),
        ("/transaction", _UUID, exchange.transaction),
        ("/delivery", _UUID, exchange.delivery),
        ("/task", _UUID, exchange.task),
        ("/reference", _LDID, exchange.reference),
        ("/profile/owner", _WORD, exchange.profile[0]),
        ("/profile/version", _WORD, exchange.profile[1]),
        ("/content_type", _WORD, content_type),
    )
    wrong = (pointer for pointer, form, text in asked if not form.fullmatch(text))
    problems = tuple(FieldProblem(pointer, "malformed", "not of the form TS 103 120 asks for") for pointer in wrong)
    if problems:
        raise InvalidInput("a TS 103 120 message cannot be made of this", problems)
