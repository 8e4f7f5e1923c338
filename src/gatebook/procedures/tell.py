"""Telling: an event for the provider's webhooks, queued in the same transaction as the act it tells of.

The trap guarded against: an account opened and nobody told, or told of one that was rolled back.
"""

from __future__ import annotations

from gatebook import canonical
from gatebook.procedures.house import House
from gatebook.record.ports import Work


def tell(house: House, work: Work, topic: str, **ids: str) -> None:
    """Queue event ``topic`` for every endpoint; the body holds ids and slugs only, never personal data."""
    now = house.now()
    for endpoint, _ in work.shelf.listing("webhook-endpoint", "", 1000):
        message_id = house.new_id("msg")
        event = {"type": topic, "timestamp": canonical.instant(now), "data": ids}
        work.outbox.put(message_id, endpoint, canonical.encode(event), now)
