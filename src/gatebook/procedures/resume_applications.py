"""Resuming: what a crash cut off between two steps is taken up again, and nothing else is touched.

The trap guarded against: an application that waits on nobody, which no officer's queue shows and no applicant can
move. Each register row says whose turn it is; where it is the house's own turn and too long has passed, the house
was cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gatebook.errors import Conflict
from gatebook.procedures import review
from gatebook.procedures.house import House, Operator
from gatebook.procedures.judge_application import HOUSE_IS_DUE, take_up
from gatebook.procedures.permit import permit
from gatebook.record.ports import Row, Work
from gatebook.record.walk import entry_at, every_row

#: How long one attempt holds its application. It is held past a failure too, so that one that cannot be determined
#: is tried, and read, a few times an hour and not every minute.
_HELD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _CutOff:
    """What was cut off: an application in review, or the review of an account that is already open."""

    key: str
    application_id: str
    finish: Callable[[], object]


def resume_applications(house: House, operator: Operator, older_than: timedelta) -> list[str]:
    """Take up every application, and every account's review, whose next step is the house's own; return their ids.

    ``older_than`` leaves alone what was entered a moment ago: most likely its request is still at work, and where it
    is not the next run comes by. Two runs at once, or a run beside a request, judge one after the other and open at
    most one account. One that fails does not hold up the rest; the first failure is raised once all were tried.
    """
    permit(house, operator, "admin", "resume-applications")
    with house.state.read() as work:
        before = house.now() - older_than
        found = [*_applications(house, operator, work, before), *_account_reviews(house, operator, work, before)]
    done, failed = [], None
    for one in found:
        if not _hold(house, one.key):
            continue
        try:
            one.finish()
            done.append(one.application_id)
        except Conflict:  # somebody else settled it meanwhile, which is all that was wanted
            pass
        except Exception as error:  # noqa: BLE001  one case at fault must not keep the others waiting; raised below
            failed = failed or error
            continue
        _let_go(house, one.key)
    if failed is not None:
        raise failed
    return done


def _applications(house: House, operator: Operator, work: Work, before: datetime) -> Iterator[_CutOff]:
    for waiting_on in HOUSE_IS_DUE:
        for row in every_row(work.registers, "applications", {"state": "review", "waiting_on": waiting_on}):
            if entry_at(work.ledger, row["position"]).at <= before:
                application_id = row["application_id"]
                yield _CutOff(application_id, application_id, _taking_up(house, operator, application_id))


def _account_reviews(house: House, operator: Operator, work: Work, before: datetime) -> Iterator[_CutOff]:
    for row in every_row(work.registers, "reviews", {"state": "disposed"}):
        if row["account_id"] and entry_at(work.ledger, row["position"]).at <= before:
            yield _CutOff(row["review_id"], row["application_id"], _carrying_out(house, operator, row))


def _taking_up(house: House, operator: Operator, application_id: str) -> Callable[[], object]:
    return lambda: take_up(house, operator, application_id)


def _carrying_out(house: House, operator: Operator, row: Row) -> Callable[[], object]:
    return lambda: review.carry_out(house, operator, row)


def _hold(house: House, key: str) -> bool:
    with house.state.transaction() as work:
        work.shelf.expire(house.now())
        return work.shelf.add("resuming", key, b"", house.now() + _HELD)


def _let_go(house: House, key: str) -> None:
    with house.state.transaction() as work:
        work.shelf.remove("resuming", key)
