"""Tidying: what served its time goes, a minute later at the most, and nothing else does.

The trap guarded against: answers, codes and events that lie about for years because nobody asked for their end. None
of it is history; the ledger keeps that.
"""

from __future__ import annotations

from datetime import timedelta

from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit

#: An event that was taken is kept for so long, for whoever asks whether and when. One that is dead stays.
SENT_IS_KEPT = timedelta(days=30)


def tidy(house: House, operator: Operator) -> dict[str, int]:
    """Forget shelved things whose time is over and events sent long ago; return how many of each."""
    permit(house, operator, "admin", "tidy")
    now = house.now()
    with house.state.transaction() as work:
        return {"shelf": work.shelf.expire(now), "messages": work.outbox.forget("sent", now - SENT_IS_KEPT)}
