"""Webhooks: endpoints the provider registers, and the durable queue that reaches them.

The trap guarded against: an event lost because the receiver was away, or held up because another was. It stays
queued, is tried again with back-off, and ends as ``dead`` where everybody can see it; endpoints are served side by
side, and whoever serves one holds what is due there for a minute.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from gatebook import canonical
from gatebook.errors import FieldProblem, GatebookError, InvalidInput, NotFound, Unavailable
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Row, Work

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_BATCH, _ORPHANS, _SIBLINGS = 10, 200, 64
_TRIES = 3
_MOST_URL = 2000
#: A claim outlasts the round it is made in and the one sending that may go beyond it.
_ROUND, _LEASE = timedelta(seconds=20), timedelta(seconds=60)


class Delivery(Protocol):
    """What one attempt gave."""

    @property
    def ok(self) -> bool: ...  # noqa: D102  the name says it

    @property
    def retry(self) -> bool: ...  # noqa: D102  the name says it

    @property
    def detail(self) -> str: ...  # noqa: D102  a slug, never content


#: An endpoint and its address.
Target = tuple[str, str]
Send = Callable[[str, str, str, bytes], Delivery]
T = TypeVar("T")


def add_endpoint(house: House, operator: Operator, url: str, secret_of: Callable[[str], bytes]) -> tuple[str, str]:
    """Register an endpoint; return its id and its HMAC secret (``whsec_``), derived and so never stored."""
    permit(house, operator, "admin", "add-endpoint")
    if not _is_sendable(url):
        problem = FieldProblem("/url", "not-https", "an https address without a user name, at most 2,000 characters")
        raise InvalidInput("events go to an https address", (problem,))
    endpoint = house.new_id("whe")
    with house.state.transaction() as work:
        work.shelf.put("webhook-endpoint", endpoint, canonical.encode({"url": url}), None)
        enter(work, Entry("webhook.added", house.now(), operator.operator_id, body={"endpoint": endpoint}))
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
        enter(work, Entry("webhook.removed", house.now(), operator.operator_id, body={"endpoint": endpoint}))


def deliver_due(
    house: House,
    send: Send,
    next_after: Callable[[int], timedelta | None],
    at_once: Callable[[Callable[[Target], int], list[Target]], Iterable[int]] = map,
) -> int:
    """Try what is due, endpoint by endpoint; return how many were sent. ``send(endpoint, url, message_id, body)``.

    ``at_once`` may do several endpoints side by side. None is served for longer than twenty seconds and the sending
    that was then under way; what was claimed and not tried comes due again within the minute. One endpoint at fault
    holds up no other. What could not be noted is raised after all were tried, and stays due.
    """
    with house.state.read() as work:
        held = work.shelf.listing("webhook-endpoint", "", 1000)
    targets = [(key, str(canonical.table(canonical.decode(value))["url"])) for key, value in held]
    began, failed = house.now(), list[GatebookError]()

    def serve(target: Target) -> int:
        try:
            return _serve(house, target, send, next_after, began + _ROUND)
        except GatebookError as error:  # not settled, so it comes due again; the others have their turn all the same
            failed.append(error)
            return 0

    # Who is first changes from second to second, so that nobody is always behind those who hang.
    first = int(began.timestamp()) % len(targets) if targets else 0
    sent = sum(at_once(serve, targets[first:] + targets[:first]))
    _end_orphans(house, {key for key, _ in targets})
    if failed:
        raise failed[0]
    return sent


def _serve(
    house: House, target: Target, send: Send, next_after: Callable[[int], timedelta | None], until: datetime
) -> int:
    """Send what is due at one endpoint until nothing is, or the round is over."""
    sent = 0
    while house.now() < until:
        claimed = _written(house, lambda work: work.outbox.claim(target[0], house.now(), house.now() + _LEASE, _BATCH))
        for row in claimed:
            if house.now() >= until:
                return sent
            sent += _try(house, row, target[1], send, next_after)
        if len(claimed) < _BATCH:
            return sent
    return sent


def _end_orphans(house: House, known: set[str]) -> None:
    """What is queued for an endpoint that was removed is dead."""
    with house.state.read() as work:
        topics = {str(row["topic"]) for row in work.outbox.due(house.now(), _ORPHANS)} - known
        topics -= {key for key, _ in work.shelf.listing("webhook-endpoint", "", 1000)}  # added since

    def end(work: Work) -> None:
        for topic in topics:
            for row in work.outbox.claim(topic, house.now(), house.now(), _ORPHANS):
                work.outbox.settle(row["message_id"], "dead", house.now(), "endpoint-removed")

    if topics:
        _written(house, end)


def _try(
    house: House,
    row: Row,
    url: str,
    send: Send,
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
    """Note an attempt. What is never noted is sent once more under the same id, by which a receiver knows it."""
    _written(house, lambda work: work.outbox.settle(message_id, state, house.now() + (wait or timedelta()), detail))


def _written(house: House, act: Callable[[Work], T]) -> T:
    """Do ``act`` in a transaction, tried again while the state does not answer."""
    for _ in range(_TRIES - 1):
        try:
            with house.state.transaction() as work:
                return act(work)
        except Unavailable:
            continue
    with house.state.transaction() as work:
        return act(work)


def ask_again(house: House, operator: Operator, message_id: str) -> None:
    """Queue a message for another attempt now, whatever became of it. Raises NotFound."""
    permit(house, operator, "admin", "redeliver")
    with house.state.transaction() as work:
        # Ids are of one length, so what follows the shortened id begins with its few siblings.
        near = work.outbox.listing("", message_id[:-1], _SIBLINGS)
        if message_id not in {row["message_id"] for row in near}:
            raise NotFound("there is no message under this id")
        work.outbox.settle(message_id, "queued", house.now(), "asked-again")
