"""Spans: a thing that can be held, in the one form it is compared by; of addresses, which range holds which.

The trap guarded against: one thing written in two ways and so held by two. An IPv4 address mapped into IPv6 is the
IPv4 address, a network of one address is that address, and a domain has no capitals and no dot at its end.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from gatebook.errors import FieldProblem, InvalidInput
from gatebook.terms.assignment import AssignmentKind

MOST_THING = 1024
_MAPPED, _MAPPED_BITS = 0xFFFF, 96
_BITS = {b"4": 32, b"6": 128}
_FAMILIES = {4: b"4", 6: b"6"}
#: The first byte of the key of what is no address; the rest is the digest of its text.
_LETTERS = {
    AssignmentKind.MACHINE: b"m",
    AssignmentKind.VOLUME: b"v",
    AssignmentKind.NUMBER: b"n",
    AssignmentKind.PRINCIPAL: b"p",
    AssignmentKind.DOMAIN: b"d",
}
_NUMBER = re.compile(r"(?:AS)?(?:(\d{1,5})\.)?(\d{1,10})", re.IGNORECASE | re.ASCII)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_MOST_NUMBER, _MOST_HALF, _MOST_DOMAIN = 2**32 - 1, 2**16 - 1, 253


@dataclass(frozen=True, slots=True)
class Span:
    """A thing in its one form. ``key`` sorts by bytes: family, first address, length; or kind and digest of the text.

    ``length`` is how many leading bits the addresses of a network share; 0 for what is no address.
    """

    kind: AssignmentKind
    thing: str
    key: bytes
    length: int = 0

    @property
    def family(self) -> bytes:
        """The first byte of its key: ``4`` or ``6`` for addresses."""
        return self.key[:1]

    @property
    def is_address(self) -> bool:
        """Whether it is an address or a network of them."""
        return self.family in _BITS

    @property
    def is_range(self) -> bool:
        """Whether other spans can lie within it."""
        return self.is_address and self.length < _BITS[self.family]

    def covering_keys(self, lengths: Iterable[int]) -> list[bytes]:
        """Return the keys of itself and, of these lengths, of every network it lies in; the narrowest first."""
        if not self.is_address:
            return [self.key]
        bits, first, size = _BITS[self.family], int.from_bytes(self.key[1:-1]), len(self.key) - 2
        wider = sorted({length for length in lengths if length < self.length}, reverse=True)
        masked = [(first >> (bits - length) << (bits - length), length) for length in wider]
        return [self.key, *(self.family + value.to_bytes(size) + bytes([length]) for value, length in masked)]

    def inner_keys(self) -> tuple[bytes, bytes]:
        """Return the first and last key a span within it, and narrower, can have; for a range only."""
        size, free = len(self.key) - 2, _BITS[self.family] - self.length
        last = int.from_bytes(self.key[1:-1]) | ((1 << free) - 1)
        return self.key[:-1] + bytes([self.length + 1]), self.family + last.to_bytes(size) + b"\xff"

    def covers(self, other: Span) -> bool:
        """Return whether ``other`` is this thing or lies within it."""
        if self.key == other.key:
            return True
        low, high = self.inner_keys() if self.is_range else (b"", b"")
        return low <= other.key <= high


@functools.lru_cache(maxsize=32_768)
def span_of(kind: AssignmentKind, text: str) -> Span:
    """Return the span a text names. Raises InvalidInput, which never repeats the text."""
    cleaned = text.strip()
    if not cleaned:
        raise _refused("missing", "must say which thing was held")
    if len(cleaned) > MOST_THING or not cleaned.isprintable():
        raise _refused("malformed", f"at most {MOST_THING} characters, none of them a control character")
    if kind is AssignmentKind.ADDRESS:
        return _address(cleaned)
    thing = _FORMS.get(kind, str)(cleaned)
    return Span(kind, thing, _LETTERS[kind] + hashlib.sha256(thing.encode()).digest())


def _address(text: str) -> Span:
    if "%" in text:
        raise _refused("zone", "an address with a zone is of one link only, and nobody's beyond it")
    try:
        return _network(text) if "/" in text else _one(text)
    except ValueError:
        reason = "must be an IP address, or a network in CIDR form that begins at its first address"
        raise _refused("not-an-address", reason) from None


def _one(text: str) -> Span:
    found = ip_address(text)
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    key = _FAMILIES[found.version] + found.packed + bytes([found.max_prefixlen])
    return Span(AssignmentKind.ADDRESS, str(found), key, found.max_prefixlen)


def _network(text: str) -> Span:
    """Return the span of a network; of one that is mapped into IPv6, that of the IPv4 network."""
    network = ip_network(text)
    first = int(network.network_address)
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS and first >> 32 == _MAPPED:
        return span_of_network(IPv4Network((first & 0xFFFF_FFFF, network.prefixlen - _MAPPED_BITS)))
    return span_of_network(network)


def span_of_network(network: IPv4Network | IPv6Network) -> Span:
    """Return the span of a network."""
    family, length = _FAMILIES[network.version], network.prefixlen
    is_one = length == network.max_prefixlen
    key = family + network.network_address.packed + bytes([length])
    return Span(AssignmentKind.ADDRESS, str(network.network_address if is_one else network), key, length)


def _number(text: str) -> str:
    """Return ``AS64496``, from plain form or from the form with a dot."""
    found = _NUMBER.fullmatch(text)
    if found:
        high, low = int(found[1] or 0), int(found[2])
        number = (high << 16) + low
        if high <= _MOST_HALF and low <= (_MOST_HALF if found[1] else _MOST_NUMBER) and number <= _MOST_NUMBER:
            return f"AS{number}"
    raise _refused("not-a-number", "must be the number of an autonomous system, as AS64496")


def _domain(text: str) -> str:
    """Return a domain name in small ASCII letters without the last dot."""
    try:
        name = text.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not name or len(name) > _MOST_DOMAIN or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise _refused("not-a-domain", "must be a domain name")
    return name


_FORMS: dict[AssignmentKind, Callable[[str], str]] = {AssignmentKind.NUMBER: _number, AssignmentKind.DOMAIN: _domain}


def _refused(code: str, reason: str) -> InvalidInput:
    return InvalidInput("the thing cannot be read", (FieldProblem("/thing", code, reason),))
