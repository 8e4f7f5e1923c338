"""Text messages: a documented HTTP hook that the provider's own gateway implements.

The trap guarded against: a hook anybody could call; each request is signed like a webhook.
"""

from __future__ import annotations

import hashlib
import time

import httpx

from gatebook import canonical
from gatebook.errors import SettingsError, Unavailable
from gatebook.outside.webhooks import sign_hmac

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class TextMessageHook:
    """Posts ``{"to", "text", "expires_minutes"}`` to the provider's gateway; a 2xx means it was taken."""

    def __init__(self, url: str, secret: str, client: httpx.Client) -> None:
        parsed = httpx.URL(url)
        if parsed.scheme != "https" and parsed.host not in _LOOPBACK:
            raise SettingsError("text_hook_url has to be an https address")
        if not secret:
            raise SettingsError("text_hook_secret is needed to sign the hook's requests")
        self._url, self._secret, self._client = url, secret.encode(), client

    def send_code(self, destination: str, code: str, expires_minutes: int) -> None:
        """Send a code. Raises Unavailable, without the number, when the hook does not take it."""
        text = f"Your confirmation code is {code}. It holds for {expires_minutes} minutes."
        body = canonical.encode({"to": destination, "text": text, "expires_minutes": expires_minutes})
        stamp = int(time.time())
        message_id = "txt_" + hashlib.sha256(body + str(stamp).encode()).hexdigest()[:26]
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign_hmac(self._secret, message_id, stamp, body),
        }
        try:
            response = self._client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable(f"the text message hook did not answer ({type(error).__name__})") from None
        if not response.is_success:
            raise Unavailable(f"the text message hook answered {response.status_code}")
