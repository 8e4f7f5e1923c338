"""Pinned connections: a name is looked up once, every address is judged, and a judged address is connected to.

The trap guarded against: a name that answers with a public address when it is judged and a private one when it is
connected to; and a far end that sends a byte at a time for ever. TLS is still checked against the name.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

import httpcore

_NOT_PUBLIC = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "168.63.129.16/32",  # a cloud's own services, which answer every machine in it
        ),
    )
)  # fmt: skip
#: Everything public of IPv6 lies in the first; what is apart in it follows: protocols, examples, 6to4, examples again.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
#: Forms whose last 32 bits are the IPv4 address they lead to: mapped, SIIT, NAT64.
_LEADS_TO_V4 = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")))


class PrivateAddress(Exception):
    """A name leads, wholly or in part, to an address that is not of the public internet."""


def addresses_of(host: str) -> list[str]:
    """Return every address of a host, as the system looks it up."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))


def is_public(address: str) -> bool:
    """Return whether an address is of the public internet, whatever form it is written in.

    The ranges are written here and not asked of the library, whose idea of them changes from version to version.
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        if not any(found in network for network in _LEADS_TO_V4):
            return found in _GLOBAL_V6 and not any(found in network for network in _NOT_PUBLIC_V6)
        found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return not any(found in network for network in _NOT_PUBLIC)


class PinnedBackend(httpcore.NetworkBackend):
    """Connects for one request, to an address it judged itself, and to nothing after its deadline."""

    def __init__(self, resolve: Callable[[str], list[str]], deadline: float, *, allow_private: bool) -> None:
        self._resolve, self._deadline, self._allow_private = resolve, deadline, allow_private
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  the deadline of the whole request counts
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers. Raises PrivateAddress before anything is sent anywhere."""
        found = self._lookup(host)
        if not self._allow_private and not all(is_public(address) for address in found):
            raise PrivateAddress
        failed: Exception = httpcore.ConnectError()
        for address in found:
            left = _left(self._deadline)
            try:
                stream = self._inner.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _Stream(stream, self._deadline)
        raise failed

    def _lookup(self, host: str) -> list[str]:
        # The system's resolver knows no deadline, so it is waited for from outside.
        asked: Future[list[str]] = Future()

        def look() -> None:
            try:
                asked.set_result(self._resolve(host))
            except Exception as error:  # noqa: BLE001  handed on to who waits
                asked.set_exception(error)

        threading.Thread(target=look, daemon=True).start()
        try:
            return asked.result(_left(self._deadline))
        except (OSError, UnicodeError) as error:
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout from None
            raise httpcore.ConnectError from None


class _Stream(httpcore.NetworkStream):
    """A stream each of whose steps has to end before the deadline of the whole request."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  the deadline counts
        """Read what is there."""
        return self._inner.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002  the deadline counts
        """Write everything."""
        self._inner.write(buffer, _left(self._deadline))

    def close(self) -> None:
        """Let go of the connection."""
        with contextlib.suppress(OSError):
            self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002  the deadline counts
    ) -> httpcore.NetworkStream:
        """Go on under TLS, checked against the name and not the address."""
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  the library's shape
        """Return what the library asks of the connection."""
        return self._inner.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
