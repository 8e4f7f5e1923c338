"""Webhooks: endpoints the provider registers, and the durable queue that reaches them.

The trap guarded against: an event lost because the receiver was away. It stays queued, is tried again with
back-off, and ends as ``dead`` where everybody can see it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from gatebook import canonical
from gatebook.errors import FieldProblem, InvalidInput, NotFound
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_BATCH = 50
_MOST_URL = 2000


class Delivery(Protocol):
    """What one attempt gave."""

    @property
    def ok(self) -> bool: ...  # noqa: D102  the name says it

    @property
    def retry(self) -> bool: ...  # noqa: D102  the name says it

    @property
    def detail(self) -> str: ...  # noqa: D102  a slug, never content


def add_endpoint(house: House, operator: Operator, url: str, secret_of: Callable[[str], bytes]) -> tuple[str, str]:
    """Register an endpoint; return its id and its HMAC secret (``whsec_``), derived and so never stored."""
    permit(house, operator, "admin", "add-endpoint")
    if not _is_sendable(url):
        problem = FieldProblem("/url", "not-https", "an https address without a user name, at most 2,000 characters")
        raise InvalidInput("events go to an https address", (problem,))
    endpoint = house.new_id("whe")
    with house.state.transaction() as work:
        work.shelf.put("webhook-endpoint", endpoint, canonical.encode({"url": url}), None)
    return endpoint, "whsec_" + base64.b64encode(secret_of(endpoint)).decode()


def _is_sendable(url: str) -> bool:
    """Return whether an address may be given at all; whether it is private is asked again at each delivery."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    local = parts.scheme == "http" and (parts.hostname or "") in _LOOPBACK
    remote = parts.scheme == "https" and bool(parts.hostname)
    return (local or remote) and not parts.username and len(url) <= _MOST_URL


def remove_endpoint(house: House, operator: Operator, endpoint: str) -> None:
    """Forget an endpoint; what is still queued for it ends as dead. Raises NotFound."""
    permit(house, operator, "admin", "remove-endpoint")
    with house.state.transaction() as work:
        if work.shelf.get("webhook-endpoint", endpoint) is None:
            raise NotFound("there is no webhook endpoint under this id")
        work.shelf.remove("webhook-endpoint", endpoint)


def deliver_due(
    house: House,
    send: Callable[[str, str, str, bytes], Delivery],
    next_after: Callable[[int], timedelta | None],
) -> int:
    """Try every message that is due once; return how many were sent. ``send(endpoint, url, message_id, body)``."""
    with house.state.read() as work:
        due = work.outbox.due(house.now(), _BATCH)
        urls = {key: canonical.decode(value) for key, value in work.shelf.listing("webhook-endpoint", "", 1000)}
    sent = 0
    for row in due:
        target = urls.get(row["topic"])
        if not isinstance(target, dict):
            _settle(house, row["message_id"], "dead", None, "endpoint-removed")
            continue
        result = send(row["topic"], target["url"], row["message_id"], row["body"])
        wait = next_after(row["attempt"] + 1) if result.retry else None
        if result.ok:
            _settle(house, row["message_id"], "sent", None, result.detail)
            sent += 1
        else:
            _settle(house, row["message_id"], "queued" if wait else "dead", wait, result.detail)
    return sent


def _settle(house: House, message_id: str, state: str, wait: timedelta | None, detail: str) -> None:
    with house.state.transaction() as work:
        work.outbox.settle(message_id, state, house.now() + wait if wait else None, detail)


def ask_again(house: House, operator: Operator, message_id: str) -> None:
    """Queue a message for another attempt now."""
    permit(house, operator, "admin", "redeliver")
    with house.state.transaction() as work:
        work.outbox.settle(message_id, "queued", house.now(), "asked-again")
