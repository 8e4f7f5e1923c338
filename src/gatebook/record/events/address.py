"""An address as a source wrote it: one canonical text where there is one, and what kind of writing it was.

The trap guarded against: believing the wrong hop. Whoever sends a request writes the left end of a list of hops; what
the provider's own proxies appended on the right is observed, and a hop nobody can read hides what stands left of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypedDict

from gatebook.record.events.form import Networks, Receipt
from gatebook.terms.access_event import AddressKind

Ip = IPv4Address | IPv6Address

#: What sources write where they have nothing to say.
MISSING = frozenset(
    {"", "-", "--", "none", "null", "nil", "n/a", "unknown", "undefined", "redacted", "<nil>", "(null)"}
)
#: A text longer than this is read, but its reading is not remembered.
REMEMBERED_CHARS = 512

_SERVICES = frozenset({"aws internal", "private", "gce-internal-ip"})
_SERVICE_ENDS = (".amazonaws.com", ".amazonaws.com.cn")
_RENTED_HOST = re.compile(r"\.compute(-\d)?\.amazonaws\.com(\.cn)?$")  # a customer's own machine, not the service
_BETWEEN_HOPS = re.compile(r"[,\s]+")
# The canonical text of an IPv4 address: most are told this way, and are told from it alone.
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
PLAIN_4 = re.compile(rf"(?!0\.0\.0\.0\Z)(?:{_OCTET}\.){{3}}{_OCTET}\Z", re.ASCII)
_PORT = re.compile(r"\d{1,5}\Z", re.ASCII)
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?\Z", re.ASCII)
_NUMBER_LABEL = re.compile(r"(\d+|0x[0-9a-f]*)\Z", re.ASCII)

# Written out, because is_global also calls the addresses of documentation private, and its list moves with Python.
_NEAR_4 = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
    )
)
_NEAR_6 = tuple(IPv6Network(net) for net in ("::1/128", "fc00::/7", "fe80::/10", "fec0::/10"))


class AddressParts(TypedDict):
    """The three fields of an event that speak of its address."""

    address: str
    address_kind: AddressKind
    raw_address: str


def read_address(raw: str, proxies: Networks) -> tuple[str, AddressKind]:
    """Return the canonical text of the one IP address that ``raw`` stands for, or "", and what kind of writing it is.

    ``proxies`` are the declared networks of the provider's own proxies. Never raises for any text.
    """
    if PLAIN_4.match(raw):
        return raw, AddressKind.ADDRESS
    if len(raw) > REMEMBERED_CHARS:
        return _read(raw, proxies)
    return _remembered(raw, proxies)


def put_address(raw: object, receipt: Receipt) -> AddressParts:
    """Return the address fields for what a record holds: text, or a list of hops in their order, or nothing."""
    if isinstance(raw, str):
        text = raw
    elif isinstance(raw, list | tuple):
        text = ", ".join(hop for hop in raw if isinstance(hop, str))
    else:
        text = "" if raw is None else str(raw)[:REMEMBERED_CHARS]
    address, kind = read_address(text, receipt.proxies)
    return {"address": address, "address_kind": kind, "raw_address": text}


def is_missing(raw: str) -> bool:
    """Whether the source wrote nothing where an address belongs, or one of the words for nothing."""
    return raw.strip().lower() in MISSING


def read_ip(text: str) -> Ip | None:
    """Return the address that a hop is, without port, zone, brackets or the slash some write before it.

    The unspecified addresses, 0.0.0.0 and ::, are nobody's and are not read as one.
    """
    ip = _read_ip(text)
    return None if ip is None or ip.is_unspecified else ip


def _read_ip(text: str) -> Ip | None:
    hop = text.strip("\"' ").removeprefix("/")
    if hop.startswith("["):
        inner, _, rest = hop[1:].partition("]")
        return _version_6(inner) if not rest or (rest[0] == ":" and _is_port(rest[1:])) else None
    if hop.count(":") > 1:
        return _version_6(hop)
    host, colon, port = hop.partition(":")
    return _version_4(host) if not colon or _is_port(port) else None


def _version_4(text: str) -> IPv4Address | None:
    try:
        return IPv4Address(text)
    except AddressValueError:
        return None


def _version_6(text: str) -> Ip | None:
    try:
        ip = IPv6Address(text.partition("%")[0])
    except AddressValueError:
        return None
    return ip.ipv4_mapped or ip


def _is_port(text: str) -> bool:
    return _PORT.match(text) is not None and int(text) < 65536  # noqa: PLR2004 - ports are 16 bits


def _read(raw: str, proxies: Networks) -> tuple[str, AddressKind]:
    text = raw.strip()
    ip = read_ip(text)
    if ip is not None:
        return str(ip), AddressKind.ADDRESS
    word = text.lower()
    if word in _SERVICES:
        return "", AddressKind.SERVICE
    hops = [hop for hop in _BETWEEN_HOPS.split(text) if hop]
    if len(hops) == 1:
        return _one(hops[0], word)
    return _list(hops, proxies) if any(read_ip(hop) for hop in hops) else ("", _kind(word))


def _one(hop: str, word: str) -> tuple[str, AddressKind]:
    ip = read_ip(hop)  # a comma stood behind or before it
    return (str(ip), AddressKind.ADDRESS) if ip is not None else ("", _kind(word.strip(", ")))


def _list(hops: Iterable[str], proxies: Networks) -> tuple[str, AddressKind]:
    leftmost = ""
    for hop in reversed(list(hops)):
        ip = read_ip(hop)
        if ip is None:
            if _is_socket(hop.lower()):
                continue  # a proxy reached over a socket of its own machine
            return "", AddressKind.LIST  # whatever stands left of it, nobody vouches for
        if not _is_near(ip) and not _is_within(ip, proxies):
            return str(ip), AddressKind.LIST
        leftmost = str(ip)
    return leftmost, AddressKind.LIST


def _kind(word: str) -> AddressKind:
    """Tell what a text without an address is, from its lower-case form."""
    if word in MISSING:
        return AddressKind.UNKNOWN
    if _is_socket(word):
        return AddressKind.SOCKET
    if word.endswith(_SERVICE_ENDS) and not _RENTED_HOST.search(word):
        return AddressKind.SERVICE
    return AddressKind.HOST if _is_host(word) else AddressKind.UNKNOWN


def _is_socket(word: str) -> bool:
    return word.startswith(("@", "/", "./", "unix:", "unix/", "unix@", "unix ")) or word == "unix"


def _is_host(word: str) -> bool:
    host, colon, port = word.partition(":")
    if (colon and not _is_port(port)) or not _HOST.match(host):
        return False
    # A last label of digits is an address somebody wrote wrong, as 06.237.252.245: octal to some, decimal to others.
    return _NUMBER_LABEL.match(host.rstrip(".").rpartition(".")[2]) is None


def _is_near(ip: Ip) -> bool:
    return any(ip in net for net in _NEAR_4) if isinstance(ip, IPv4Address) else any(ip in net for net in _NEAR_6)


def _is_within(ip: Ip, networks: Networks) -> bool:
    return any(ip in net for net in networks)


_remembered = lru_cache(maxsize=65_536)(_read)
