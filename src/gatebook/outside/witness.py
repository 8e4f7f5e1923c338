"""Asking a witness over HTTP: one bounded request, by C2SP tlog-witness.

The trap guarded against: a witness that answers a byte a minute, or without end, and keeps the others waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import httpcore
import httpx

from gatebook.errors import SettingsError, Unavailable
from gatebook.outside.pinned import PinnedBackend, addresses_of

_TOTAL_S, _MOST_ANSWER = 10.0, 64 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_FAILURES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError)


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """A status and the whole body."""

    status: int
    body: bytes


class WitnessClient:
    """Posts to ``add-checkpoint`` within ten seconds in all; follows no redirect and uses no proxy."""

    def __init__(self, resolve: Callable[[str], list[str]] = addresses_of, total_s: float = _TOTAL_S) -> None:
        self._resolve, self._total_s = resolve, total_s
        self._trust = httpx.create_ssl_context()

    def post(self, url: str, body: bytes) -> WitnessAnswer:
        """Send a body to ``url/add-checkpoint``. Raises Unavailable when nothing whole came back in time."""
        try:
            return self._post(httpx.URL(url.rstrip("/") + "/add-checkpoint"), body)
        except _FAILURES as error:
            raise Unavailable(f"the witness did not answer ({type(error).__name__})") from None

    def _post(self, to: httpx.URL, body: bytes) -> WitnessAnswer:
        at = httpcore.URL(scheme=to.raw_scheme, host=to.raw_host, port=to.port, target=to.raw_path)
        headers = [("host", to.netloc.decode("ascii")), ("content-type", "text/plain; charset=utf-8")]
        # The operator chose the address, so it may be a private one.
        backend = PinnedBackend(self._resolve, time.monotonic() + self._total_s, allow_private=True)
        found = bytearray()
        with (
            httpcore.ConnectionPool(ssl_context=self._trust, max_connections=1, network_backend=backend) as pool,
            pool.stream("POST", at, headers=headers, content=body) as answer,
        ):
            for chunk in answer.iter_stream():
                found += chunk
                if len(found) > _MOST_ANSWER:
                    raise Unavailable("the witness answered with more than any signature")
            return WitnessAnswer(answer.status, bytes(found))


def check_address(url: str) -> None:
    """Raise SettingsError unless ``url`` is https, or http to this machine itself."""
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        raise SettingsError("the address of a witness cannot be read") from None
    is_local = found.scheme == "http" and found.host in _LOOPBACK
    if not (is_local or (found.scheme == "https" and found.host)) or found.userinfo or found.query or found.fragment:
        raise SettingsError("a witness is asked at an https address, without a user name or a question mark")
