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

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddress(Exception):
    """A name leads, wholly or in part, to an address that is not of the public internet."""


def addresses_of(host: str) -> list[str]:
    """Return every address of a host, as the system looks it up."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))


def is_public(address: str) -> bool:
    """Return whether an address is of the public internet, whatever form it is written in."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        nat64 = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF) if found in _NAT64 else None
        if embedded := found.ipv4_mapped or found.sixtofour or nat64:  # forms that lead to an IPv4 address
            return embedded.is_global and not embedded.is_multicast
    return found.is_global and not found.is_multicast


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
