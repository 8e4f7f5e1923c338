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
from gatebook.errors import FieldProblem, GatebookError, InvalidInput, NotFound, Unavailable
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.ports import Row

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_BATCH, _SIBLINGS = 50, 64
_SETTLE_TRIES = 3
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
    """Try every message that is due once; return how many were sent. ``send(endpoint, url, message_id, body)``.

    One endpoint at fault holds up no other. What could not be noted is raised after all were tried, and stays due.
    """
    with house.state.read() as work:
        due = work.outbox.due(house.now(), _BATCH)
        urls = {key: canonical.decode(value) for key, value in work.shelf.listing("webhook-endpoint", "", 1000)}
    sent, failed = 0, None
    for row in due:
        target = urls.get(row["topic"])
        try:
            if isinstance(target, dict):
                sent += _try(house, row, target["url"], send, next_after)
            else:
                _settle(house, row["message_id"], "dead", None, "endpoint-removed")
        except GatebookError as error:  # not settled, so it stays due; the others have their turn all the same
            failed = failed or error
    if failed is not None:
        raise failed
    return sent


def _try(
    house: House,
    row: Row,
    url: str,
    send: Callable[[str, str, str, bytes], Delivery],
    next_after: Callable[[int], timedelta | None],
) -> bool:
    """Send one message and note what came of it; return whether it was taken."""
    wait = next_after(row["attempt"] + 1)
    try:
        result = send(row["topic"], url, row["message_id"], row["body"])
    except Exception:  # noqa: BLE001  whatever goes wrong with one endpoint is an attempt that failed, of it alone
        _settle(house, row["message_id"], "queued" if wait else "dead", wait, "sending-failed")
        return False
    if result.ok:
        _settle(house, row["message_id"], "sent", None, result.detail)
        return True
    again = wait if result.retry else None
    _settle(house, row["message_id"], "queued" if again else "dead", again, result.detail)
    return False


def _settle(house: House, message_id: str, state: str, wait: timedelta | None, detail: str) -> None:
    """Note an attempt, tried again while the state does not answer.

    What is never noted is sent once more under the same message id, by which a receiver knows it.
    """
    for left in reversed(range(_SETTLE_TRIES)):
        try:
            with house.state.transaction() as work:
                work.outbox.settle(message_id, state, house.now() + wait if wait else None, detail)
        except Unavailable:
            if not left:
                raise
        else:
            return


def ask_again(house: House, operator: Operator, message_id: str) -> None:
    """Queue a message for another attempt now, whatever became of it. Raises NotFound."""
    permit(house, operator, "admin", "redeliver")
    with house.state.transaction() as work:
        # Ids are of one length, so what follows the shortened id begins with its few siblings.
        near = work.outbox.listing("", message_id[:-1], _SIBLINGS)
        if message_id not in {row["message_id"] for row in near}:
            raise NotFound("there is no message under this id")
        work.outbox.settle(message_id, "queued", house.now(), "asked-again")
