"""An address as the sixteen bytes it is kept as, and back; and what is kept of how it was written.

The trap guarded against: an address with two writings. Every address is sixteen bytes, an IPv4 address mapped into
IPv6, so that equal addresses are equal bytes in every engine and in every tree; sixteen zero bytes are none.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address

from gatebook.terms.access_event import AddressKind

NO_ADDRESS = bytes(16)
_MAPPED = bytes(10) + b"\xff\xff"


def pack_address(address: str) -> bytes:
    """Return the canonical text of an address as sixteen bytes; "" as sixteen zero bytes."""
    if ":" in address:
        return _pack_6(address)
    return _MAPPED + bytes(map(int, address.split("."))) if address else NO_ADDRESS


@lru_cache(maxsize=65_536)
def unpack_address(packed: bytes) -> str:
    """Return the canonical text of sixteen bytes; "" for zero bytes."""
    if packed == NO_ADDRESS:
        return ""
    return ".".join(map(str, packed[12:])) if packed.startswith(_MAPPED) else str(IPv6Address(packed))


@lru_cache(maxsize=65_536)
def _pack_6(address: str) -> bytes:
    return IPv6Address(address).packed


def kept_raw(raw: str, address: str, kind: AddressKind) -> str:
    """Return the raw address as it is stored: empty where the canonical text says the same."""
    return "" if kind is AddressKind.ADDRESS and raw == address else raw
