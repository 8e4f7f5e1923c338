"""Webhooks out: Standard Webhooks signatures (v1 HMAC, v1a Ed25519) and one bounded delivery.

The trap guarded against: a provider's endpoint used to reach into a private network.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import socket
from dataclasses import dataclass
from datetime import timedelta

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_BACK_OFF_S = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
_GONE = 410


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


def next_attempt_after(attempt: int) -> timedelta | None:
    """Return how long to wait after the ``attempt``-th failure (1 is the first); None when it is given up."""
    return timedelta(seconds=_BACK_OFF_S[attempt - 1]) if attempt <= len(_BACK_OFF_S) else None


class WebhookSender:
    """Delivers once, follows no redirect, and refuses addresses inside private networks unless allowed."""

    def __init__(self, client: httpx.Client, *, allow_private: bool) -> None:
        self._client, self._allow_private = client, allow_private

    def deliver(self, url: str, body: bytes, headers: dict[str, str]) -> DeliveryResult:
        """Post ``body``; a 2xx is taken, 410 ends it, everything else may be tried again."""
        host = httpx.URL(url).host
        try:
            if not self._allow_private and not _is_public(host):
                return DeliveryResult(ok=False, retry=False, detail="private-address")
            with self._client.stream("POST", url, content=body, headers=headers) as response:
                status = response.status_code
        except (httpx.HTTPError, OSError) as error:
            return DeliveryResult(ok=False, retry=True, detail=type(error).__name__.lower())
        if httpx.codes.is_success(status):
            return DeliveryResult(ok=True, retry=False, detail=f"status-{status}")
        return DeliveryResult(ok=False, retry=status != _GONE, detail=f"status-{status}")


def _is_public(host: str) -> bool:
    # A name that resolves differently a moment later is the proxy's to stop; docs/webhooks.md says so.
    found = {info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    return all(ipaddress.ip_address(str(address).split("%")[0]).is_global for address in found)
