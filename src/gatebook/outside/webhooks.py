"""Webhooks out: Standard Webhooks signatures (v1 HMAC, v1a Ed25519) and one bounded delivery.

The trap guarded against: a provider's endpoint used to reach into a private network. The address that was judged is
the one connected to, so a name that changes its answer a moment later reaches nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import httpcore
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gatebook.errors import SettingsError
from gatebook.outside.pinned import PinnedBackend, PrivateAddress, addresses_of

_BACK_OFF_S = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
_GONE = 410
_FAILURES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.ProxyError)
_TOTAL_S, _MOST_ANSWER = 10.0, 64 * 1024


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What one attempt gave; ``detail`` is a slug such as ``status-503``."""

    ok: bool
    retry: bool
    detail: str


def _signed(message_id: str, stamp: int, body: bytes) -> bytes:
    return f"{message_id}.{stamp}.".encode() + body


def sign_hmac(secret: bytes, message_id: str, stamp: int, body: bytes) -> str:
    """Return the ``v1`` signature."""
    return "v1," + base64.b64encode(hmac.digest(secret, _signed(message_id, stamp, body), hashlib.sha256)).decode()


def sign_ed25519(key: Ed25519PrivateKey, message_id: str, stamp: int, body: bytes) -> str:
    """Return the ``v1a`` signature, which a receiver checks without holding a secret."""
    return "v1a," + base64.b64encode(key.sign(_signed(message_id, stamp, body))).decode()


def public_key_of(key: Ed25519PrivateKey) -> str:
    """Return the public half as Standard Webhooks writes it: ``whpk_`` and the 32 bytes in base 64."""
    return "whpk_" + base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def next_attempt_after(attempt: int) -> timedelta | None:
    """Return how long to wait after the ``attempt``-th failure (1 is the first); None when it is given up."""
    return timedelta(seconds=_BACK_OFF_S[attempt - 1]) if attempt <= len(_BACK_OFF_S) else None


class WebhookSender:
    """Delivers once, within ten seconds in all, follows no redirect, and keeps out of private networks.

    Proxies named by the environment are not used, for a proxy looks the name up again by itself. Where ``proxy``
    names one, it is what has to keep events out of private networks.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        proxy: str = "",
        resolve: Callable[[str], list[str]] = addresses_of,
        trust: ssl.SSLContext | None = None,
        total_s: float = _TOTAL_S,
    ) -> None:
        if proxy and httpx.URL(proxy).scheme not in ("http", "https"):
            raise SettingsError("webhooks_proxy is an http or https address")
        self._proxy, self._allow_private = proxy, allow_private or bool(proxy)
        self._resolve, self._total_s = resolve, total_s
        self._trust = trust or httpx.create_ssl_context()

    def deliver(self, url: str, body: bytes, headers: dict[str, str]) -> DeliveryResult:
        """Post ``body``; a 2xx is taken, 410 ends it, everything else may be tried again."""
        try:
            status = self._post(url, body, headers)
        except PrivateAddress:
            return DeliveryResult(ok=False, retry=False, detail="private-address")
        except (httpx.InvalidURL, httpcore.UnsupportedProtocol):
            return DeliveryResult(ok=False, retry=False, detail="unusable-address")
        except (*_FAILURES, OSError) as error:
            return DeliveryResult(ok=False, retry=True, detail=type(error).__name__.lower())
        if httpx.codes.is_success(status):
            return DeliveryResult(ok=True, retry=False, detail=f"status-{status}")
        return DeliveryResult(ok=False, retry=status != _GONE, detail=f"status-{status}")

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        deadline = time.monotonic() + self._total_s
        parts = httpx.URL(url)  # knows names beyond ASCII
        at = httpcore.URL(scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path)
        backend = PinnedBackend(self._resolve, deadline, allow_private=self._allow_private)
        # A pool for one request: no connection is ever used again for another name at the same address.
        sent = [("host", parts.netloc.decode("ascii")), *headers.items()]
        with self._pool(backend) as pool, pool.stream("POST", at, headers=sent, content=body) as answer:
            read = 0
            for chunk in answer.iter_stream():
                read += len(chunk)
                if read > _MOST_ANSWER:
                    break  # the status was all that counts
            return answer.status

    def _pool(self, backend: PinnedBackend) -> httpcore.ConnectionPool:
        if not self._proxy:
            return httpcore.ConnectionPool(ssl_context=self._trust, max_connections=1, network_backend=backend)
        at = httpx.URL(self._proxy)
        auth = (at.username, at.password) if at.username else None
        return httpcore.HTTPProxy(
            str(at.copy_with(username=None, password=None)),
            proxy_auth=auth,
            ssl_context=self._trust,
            max_connections=1,
            network_backend=backend,
        )
