"""Fetching: papers that wait in the mailbox folder are taken in as demands, each once, and moved out of the way.

The trap guarded against: one bad paper that keeps the others waiting, and a demand that is doubled because the house
stopped between taking it in and moving it away. The same paper taken in again is the same demand, whatever became of
that one meanwhile: a paper that cannot be moved would make another each time its demand is closed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from gatebook.errors import GatebookError, SettingsError, TooLarge, reason_of
from gatebook.outside.mailbox import MailboxFolder
from gatebook.procedures.demand_papers import MOST_DOCUMENT
from gatebook.procedures.house import Operator
from gatebook.procedures.receive_demand import receive_demand
from gatebook.procedures.tell import tell
from gatebook.terms.demand import Channel
from gatebook.wiring.premises import Premises

_AT_ONCE = 1000  # papers taken in at one look; what stays where it lies does not count


@dataclass(slots=True)
class Fetched:
    """What one look into the mailbox came to: demands taken in, papers set aside as too large, papers left to wait."""

    demands: list[str] = field(default_factory=list)
    received_before: list[str] = field(default_factory=list)
    too_large: int = 0
    left: int = 0


def fetch_demands(premises: Premises, operator: Operator) -> Fetched:
    """Take in what waits in the mailbox. Raises SettingsError where the house has none."""
    if not premises.settings.demands_mailbox:
        raise SettingsError("this house has no mailbox for demands; the setting demands_mailbox names its folder")
    box, found = MailboxFolder(premises.folder / premises.settings.demands_mailbox), Fetched()
    for path in box.waiting():
        if len(found.demands) >= _AT_ONCE:
            break
        try:
            _fetch_or_set_aside(premises, operator, box, path, found)
        except GatebookError as error:
            found.left += 1
            structlog.get_logger().warning("a paper was not taken in", code=error.code)
        except OSError as error:  # it may be taken in; it lies where it lay, and is known again at the next look
            found.left += 1
            structlog.get_logger().warning("a paper was not moved out of the mailbox", reason=reason_of(error))
    if found.too_large:
        with premises.house.state.transaction() as work:
            tell(premises.house, work, "demand.not-taken", cause="too-large", papers=str(found.too_large))
    try:
        box.forget(premises.settings.demands_mailbox_days)
    except OSError as error:
        structlog.get_logger().warning("a paper taken in was not removed", reason=reason_of(error))
    return found


def _fetch_or_set_aside(premises: Premises, operator: Operator, box: MailboxFolder, path: Path, found: Fetched) -> None:
    try:
        _fetch(premises, operator, box, path, found)
    except TooLarge:
        box.set_aside(path)
        found.too_large += 1


def _fetch(premises: Premises, operator: Operator, box: MailboxFolder, path: Path, found: Fetched) -> None:
    data = box.read(path, MOST_DOCUMENT)
    if not data:  # empty, or still written to
        found.left += 1
        return
    received = receive_demand(premises.house, operator, None, data, Channel.MAIL)
    known = received["demand_id"] in received["received_before_as"]
    (found.received_before if known else found.demands).append(received["demand_id"])
    box.taken(path, hashlib.sha256(data).hexdigest())
