"""Giving notice: put off on a court's paper, due when that ends, and entered once the subject was told and by whom.

The trap guarded against: silence that outlives its order, and a word that comes before its end. The last day is
entered; once it is over a task stands until somebody tells; and nobody tells through this house before.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from gatebook.canonical import Plain
from gatebook.errors import Conflict, InvalidInput
from gatebook.procedures.about import demand_entry
from gatebook.procedures.demand_forms import FORMS
from gatebook.procedures.demand_papers import check_document, digest_of
from gatebook.procedures.house import SYSTEM, House, Operator
from gatebook.procedures.look_at_demands import demand_row
from gatebook.procedures.permit import permit
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work
from gatebook.record.walk import every_row
from gatebook.trace.form_page import MOST_NOTE, Page
from gatebook.trace.notice import Ground, Standing, Teller, is_owed, refusal, standing_of

_MAY_BE_DELAYED = frozenset({Standing.TO_GIVE, Standing.FORBIDDEN, Standing.DELAYED, Standing.DUE})


def delay_notice(
    house: House, operator: Operator, demand_id: str, until: str, ground: str, document: bytes
) -> dict[str, Any]:
    """Enter that the subject may not be told until ``until`` is over, on a ground, by a paper that is sealed as it is.

    A later paper sets another day, earlier or later. Raises NotFound, InvalidInput for a day that is over or no paper,
    and Conflict where there is no notice of the provider's own to put off.
    """
    permit(house, operator, "officer", "delay-notice")
    page = Page.of({"until": until, "ground": ground}, FORMS, ("until", "ground"), ("until", "ground"))
    day, why = page.day("until"), page.choice("ground", Ground)
    if day and day < house.now().date().isoformat():
        page.fault("until", "in-the-past", "must be today or later: the last day on which the subject is not told")
    if page.faults or why is None:
        raise InvalidInput("notice cannot be put off like this", tuple(page.faults))
    check_document(document)
    payload: Plain = {
        "until": day,
        "ground": why.value,
        "order": base64.b64encode(document).decode(),
        "digest": digest_of(document),
    }
    with house.state.transaction() as work:
        work.ledger.lock()
        found = standing_of(_open(demand_row(work, demand_id)), house.now())
        if found not in _MAY_BE_DELAYED:
            raise Conflict(f"there is no notice of the provider's own to put off: it is {found.value}")
        entry = demand_entry(house, operator, "notice.delayed", demand_id, {"until": day, "ground": why.value})
        enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, ()))
        return _shown(house, demand_row(work, demand_id))


def give_notice(house: House, operator: Operator, demand_id: str, by: str, how: str = "") -> dict[str, Any]:
    """Enter that the subject was told, by the provider or the authority; ``how`` is sealed.

    Raises NotFound, InvalidInput, and Conflict with its law where the provider may not tell.
    """
    permit(house, operator, "officer", "give-notice")
    page = Page.of({"by": by, "how": how}, FORMS, ("by", "how"), ("by",))
    teller, said = page.choice("by", Teller), page.text("how", MOST_NOTE, lines=True)
    if page.faults or teller is None:
        raise InvalidInput("this notice cannot be entered", tuple(page.faults))
    with house.state.transaction() as work:
        work.ledger.lock()
        if why := refusal(demand_row(work, demand_id), house.now(), teller):
            raise Conflict(why)
        entry = demand_entry(house, operator, "notice.given", demand_id, {"by": teller.value})
        payload: Plain = {"by": teller.value, "how": said}
        enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, ()))
        return _shown(house, demand_row(work, demand_id))


def note_due_notices(house: House) -> list[str]:
    """Enter ``notice.due`` of each demand whose delay is over, once, and tell of it; return which.

    To be called every minute or so. One that was closed without anything handed over leaves nothing to tell of.
    """
    now = house.now()
    with house.state.read() as work:
        over = [str(row["demand_id"]) for row in with_notice(work, Standing.DELAYED) if is_owed(row, now)]
    noted = list[str]()
    for demand_id in over:
        with house.state.transaction() as work:
            work.ledger.lock()
            row = demand_row(work, demand_id)
            if row["notice"] == Standing.DELAYED.value and is_owed(row, now):
                enter(work, demand_entry(house, SYSTEM, "notice.due", demand_id, {}))
                tell(house, work, "notice.due", demand=demand_id)
                noted.append(demand_id)
    return noted


def count_owed(house: House) -> int:
    """Return how many demands wait for their subject to be told."""
    now = house.now()
    with house.state.read() as work:
        rows = (row for said in (Standing.DELAYED, Standing.DUE, Standing.TO_GIVE) for row in with_notice(work, said))
        return sum(is_owed(row, now) for row in rows)


def with_notice(work: Work, said: Standing) -> Iterator[Row]:
    """Return every demand of whose notice this is said, closed ones too."""
    return every_row(work.registers, "demands", {"notice": said.value})


def _open(row: Row) -> Row:
    """Return the row of a demand whose papers are there. Raises Conflict."""
    if row["state"] in ("expiring", "shredded"):
        raise Conflict("the papers of this demand were destroyed when their time was over")
    return row


def _shown(house: House, row: Row) -> dict[str, Any]:
    found = {name: row[name] or "" for name in ("demand_id", "notice", "notice_until", "noticed_at")}
    return {**found, "standing": standing_of(row, house.now()).value, "is_owed": is_owed(row, house.now())}


def notice_of(house: House, operator: Operator, demand_id: str) -> dict[str, Any]:
    """Return how notice of a demand stands now, and why the provider may not tell where that is so."""
    permit(house, operator, "look", "look-at-notice")
    with house.state.read() as work:
        row = demand_row(work, demand_id)
    return {**_shown(house, row), "refusal": refusal(row, house.now(), Teller.PROVIDER)}
