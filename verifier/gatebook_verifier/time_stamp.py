"""What a time-stamp token (RFC 3161) says it stamped: the digest in it, read by its place in the structure.

The trap guarded against: a digest that is found somewhere in a token and was not what the authority signed. The
signature itself is not checked here: that takes a certificate of the authority, and a tool made for it.
"""

from __future__ import annotations

from gatebook_verifier.note import DoesNotHold

_SEQUENCE, _OID, _OCTETS, _CONTEXT_0 = 0x30, 0x06, 0x04, 0xA0
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_SHA256 = bytes.fromhex("608648016503040201")


def imprint_of(token: bytes) -> bytes:
    """Return the SHA-256 digest a time-stamp token, or a response that holds one, is about."""
    outer = _items(_only(token, _SEQUENCE))
    if outer and outer[0][0] == _SEQUENCE:  # a response: status, then the token
        outer = _items(_at(outer, 1, _SEQUENCE))
    if _at(outer, 0, _OID) != _SIGNED_DATA:
        raise _malformed()
    signed = _items(_only(_at(outer, 1, _CONTEXT_0), _SEQUENCE))
    content = _items(_at(signed, 2, _SEQUENCE))
    if _at(content, 0, _OID) != _TST_INFO:
        raise _malformed()
    told = _items(_only(_only(_at(content, 1, _CONTEXT_0), _OCTETS), _SEQUENCE))
    imprint = _items(_at(told, 2, _SEQUENCE))
    if _at(_items(_at(imprint, 0, _SEQUENCE)), 0, _OID) != _SHA256:
        raise DoesNotHold("the time-stamp token is about a digest that is not SHA-256")
    return _at(imprint, 1, _OCTETS)


def is_response(token: bytes) -> bool:
    """Whether this is an authority's whole response and not the token alone."""
    return _items(_only(token, _SEQUENCE))[0][0] == _SEQUENCE


def _items(data: bytes) -> list[tuple[int, bytes]]:
    """Return tag and content of each element that stands in ``data``, which has to be used up."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        start, length = at + 2, data[at + 1] if at + 1 < len(data) else 0x80
        if length & 0x80:
            count = length & 0x7F
            length, start = int.from_bytes(data[start : start + count], "big"), start + count
            if not 0 < count <= 4:  # noqa: PLR2004  four gigabytes
                raise _malformed()
        if start + length > len(data):
            raise _malformed()
        found.append((data[at], data[start : start + length]))
        at = start + length
    return found


def _at(items: list[tuple[int, bytes]], place: int, tag: int) -> bytes:
    if len(items) <= place or items[place][0] != tag:
        raise _malformed()
    return items[place][1]


def _only(data: bytes, tag: int) -> bytes:
    items = _items(data)
    if len(items) != 1:
        raise _malformed()
    return _at(items, 0, tag)


def _malformed() -> DoesNotHold:
    return DoesNotHold("the time-stamp token is malformed")
