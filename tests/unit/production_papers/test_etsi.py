"""The TS 103 120 message: element by element in the order of the published schema, and nothing that is not in it."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest

from gatebook.errors import InvalidInput, TooLarge
from gatebook.trace.production import etsi
from gatebook.trace.production.etsi import Endpoint, Exchange, deliver_message

AT = datetime(2026, 11, 1, 12, 30, 5, 7, tzinfo=UTC)
CORE = "{http://uri.etsi.org/03120/common/2019/10/Core}"
DELIVERY = "{http://uri.etsi.org/03120/common/2019/10/Delivery}"
IDS = [f"{n}1ff52ca-bcea-4fa3-b34e-1b89dcfb0d9e" for n in range(3)]
EXCHANGE = Exchange(Endpoint("IE", "Example & Söhne"), Endpoint("DE", "court-7"), *IDS, "DE-court7-1", ("XX", "v1.0"))
#: As the sequences of ts_103120_Core.xsd and ts_103120_Delivery.xsd have them, depth first.
ORDER = """HI1Message Header SenderIdentifier CountryCode UniqueIdentifier ReceiverIdentifier CountryCode UniqueIdentifier
TransactionIdentifier Timestamp Version ETSIVersion NationalProfileOwner NationalProfileVersion Payload RequestPayload
ActionRequests ActionRequest ActionIdentifier DELIVER Identifier HI1Object ObjectIdentifier AssociatedObjects AssociatedObject
d:Reference d:LDID d:DeliveryID d:SequenceNumber d:LastSequence d:Manifest d:ExternalSchema d:ManifestID d:Delivery d:BinaryData
d:Data d:ContentType d:Checksum d:ChecksumType"""


def test_the_message_has_the_elements_of_the_schema_in_its_order() -> None:
    # Breaks when an element is missing, out of order, in another namespace, or made up.
    root = ET.fromstring(deliver_message(b"PK", "application/zip", EXCHANGE, AT))  # noqa: S314  our own message
    assert [node.tag.replace(CORE, "").replace(DELIVERY, "d:") for node in root.iter()] == ORDER.split()
    delivered = root.find(f".//{CORE}HI1Object")
    assert delivered is not None
    assert delivered.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "delivery:DeliveryObject"
    assert root.findtext(f".//{CORE}Timestamp") == "2026-11-01T12:30:05.000007Z"
    assert root.findtext(f".//{CORE}UniqueIdentifier") == "Example & Söhne"


def test_the_archive_comes_back_byte_for_byte() -> None:
    # Breaks when the archive inside is not the one that was given, or its digest is another's.
    archive = bytes(range(256)) * 3
    root = ET.fromstring(deliver_message(archive, "application/zip", EXCHANGE, AT))  # noqa: S314  our own message
    assert base64.b64decode(root.findtext(f".//{DELIVERY}Data") or "") == archive
    assert root.findtext(f".//{DELIVERY}Checksum") == hashlib.sha256(archive).hexdigest()


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"sender": Endpoint("ie", "x")}, "/sender/country"),
        ({"receiver": Endpoint("DE", "")}, "/receiver/identifier"),
        ({"receiver": Endpoint("DE", "a\x00b")}, "/receiver/identifier"),
        ({"task": IDS[0].upper()}, "/task"),
        ({"reference": "no"}, "/reference"),
        ({"profile": ("", "v1")}, "/profile/owner"),
    ],
)
def test_what_the_schema_would_refuse_is_refused_here(changed: dict[str, object], pointer: str) -> None:
    # Breaks when a message leaves that the other side's schema throws away.
    with pytest.raises(InvalidInput) as refused:
        deliver_message(b"", "application/zip", dataclasses.replace(EXCHANGE, **changed), AT)  # type: ignore[arg-type]
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def test_an_archive_too_large_for_a_message_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when a message is put together that no memory holds.
    monkeypatch.setattr(etsi, "MOST_BYTES", 3)
    with pytest.raises(TooLarge):
        deliver_message(b"four", "application/zip", EXCHANGE, AT)
