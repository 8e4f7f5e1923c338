"""Keeping: what a served house does by itself, every second and every minute.

The trap guarded against: a duty that fails, or takes its time, and keeps the others from their turn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

import structlog

from gatebook.errors import Conflict
from gatebook.procedures.access_sources import note_gaps
from gatebook.procedures.demand_clocks import tell_of_clocks
from gatebook.procedures.expire_records import expire_records
from gatebook.procedures.give_notice import note_due_notices
from gatebook.procedures.house import SYSTEM, Operator
from gatebook.procedures.keep_house import note_list
from gatebook.procedures.look_at_holds import tell_of_holds
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.procedures.rescreen_delta import rescreen_delta
from gatebook.procedures.rescreening_run import let_go, lists_due
from gatebook.procedures.resume_applications import resume_applications
from gatebook.procedures.tidy import tidy
from gatebook.procedures.watch_access import watch_access
from gatebook.record.entered_segments import last_segment
from gatebook.record.segment_ports import Tenure
from gatebook.terms.assignment import microseconds
from gatebook.wiring.mailbox import fetch_demands
from gatebook.wiring.premises import Premises
from gatebook.wiring.productions import sweep
from gatebook.wiring.witness import keep_asking

_RESUMES_EVERY = timedelta(minutes=1)
_WORTH_SEALING = 20_000  # access events


def resume(premises: Premises, operator: Operator, older_than: timedelta) -> list[str]:
    """Take up what a crash cut off longer than ``older_than`` ago; return the applications concerned.

    A list that was kept on disk and never entered is entered now.
    """
    with premises.house.state.read() as work:
        entered = {row["list_id"]: row["digest"] for row in work.registers.page("lists", {}, "", 1000)}
    fetched, before = premises.shelf.fetched(), premises.now() - older_than
    for list_id, digest in premises.shelf.current_digests().items():
        if entered.get(list_id) != digest and fetched[list_id] <= before:
            edition = next(edition for edition in premises.shelf.current() if edition.list_id == list_id)
            parties, refused = len(edition.parties), len(edition.report.refused)
            note_list(premises.house, operator, list_id, edition.digest, parties, refused)
    return resume_applications(premises.house, operator, older_than)


def keep(premises: Premises, stop: threading.Event) -> None:
    """Until ``stop`` is set, publish and deliver every second, and every minute tidy, resume and rescreen.

    Events go out in a thread of their own, so that a receiver that takes its time does not hold up the checkpoint; so
    does the rescreening of everybody after a list edition landed, and so do sealing and watching of access, and each
    witness is asked in one. No failure ends any, and none of one duty keeps the others from their turn.
    """
    faults = [""]

    def tidy_and_resume() -> None:
        try:
            tidy(premises.house, SYSTEM)
        finally:
            resume(premises, SYSTEM, _RESUMES_EVERY)

    def resume_and_tell() -> None:
        try:
            tidy_and_resume()
        finally:
            tell_of_holds(premises.house)

    def tell_of_the_law() -> None:
        if (found := premises.law.fault()) != faults[0]:
            faults[0] = found
            structlog.get_logger().warning("the law folder changed", error=found or "in order again")

    rescreen_when_due = _every_minute(premises, lambda: rescreen_due(premises, SYSTEM, stop))
    watch_when_due = _every_minute(premises, lambda: watch(premises))
    fetch_when_due = _every_minute(premises, lambda: fetch_when_there_is_a_mailbox(premises))
    tell_when_due = _every_minute(premises, lambda: tell_of_clocks(premises.house))
    note_when_due = _every_minute(premises, lambda: note_due_notices(premises.house))
    apart = (
        {"deliver": premises.deliver},
        {"rescreen": rescreen_when_due},
        {"seal access": lambda: seal(premises)},
        {"watch access": watch_when_due},
        {"fetch demands": fetch_when_due, "clocks of demands": tell_when_due, "notices": note_when_due},
    )
    threads = [threading.Thread(target=_keep_at, args=(stop, duty), daemon=True) for duty in apart]
    threads.append(threading.Thread(target=keep_asking, args=(premises, stop), daemon=True))
    for thread in threads:
        thread.start()
    publish: Callable[[], object] = partial(publish_ledger, premises.house)
    resume_when_due = _every_minute(premises, resume_and_tell)
    sweep_when_due = _every_minute(premises, lambda: sweep(premises))
    duties = {"resume": resume_when_due, "productions": sweep_when_due, "publish": publish, "law": tell_of_the_law}
    _keep_at(stop, duties)
    for thread in threads:
        thread.join(timeout=20)


def fetch_when_there_is_a_mailbox(premises: Premises) -> None:
    """Take in the demands that wait in the mailbox, where this house has one."""
    if premises.settings.demands_mailbox:
        fetch_demands(premises, SYSTEM)


def seal(premises: Premises) -> None:
    """Seal access events once enough wait, or one has waited so long: small segments cost as much as large ones.

    The record is opened by the first of them, and not before; where another process holds it, that one seals.
    """
    waiting = premises.access_log.pending(_WORTH_SEALING)
    if not waiting:
        return
    is_many = sum(batch.rows.num_rows for batch in waiting) >= _WORTH_SEALING
    before = premises.now() - timedelta(seconds=premises.settings.access_seal_seconds)
    if is_many or min(batch.received_at for batch in waiting) <= microseconds(before):
        with premises.access() as access:
            access.seal()


def watch(premises: Premises) -> None:
    """Enter sources that fell silent or send again, and ask the ongoing clauses about what was sealed since."""
    note_gaps(premises.house, premises.access_silence)
    with premises.house.state.read() as work:
        last = last_segment(work)
    if last:
        with premises.access() as access:
            watch_access(premises.house, SYSTEM, access, 1, last + 1)


def expire(premises: Premises, operator: Operator) -> list[str]:
    """Destroy the data of whose last day is past, accesses too; a house that never had one opens no record of them."""

    def erase(tenures: Sequence[Tenure]) -> list[int]:
        with premises.access() as access:
            return access.erase(tenures)

    sweep(premises)
    with premises.house.state.read() as work:
        has_any = last_segment(work) or premises.access_log.pending(1)
    return expire_records(premises.house, operator, erase if has_any else None)


class _Stopped(Exception):
    """The house closes: what was under way is gone on with when it opens again."""


def rescreen_due(premises: Premises, operator: Operator, stop: threading.Event) -> None:
    """Compare everybody with each list edition that landed since, until ``stop`` is set."""

    def go_on(_: int, __: int) -> None:
        if stop.is_set():
            raise _Stopped

    failed: list[Exception] = []
    for list_id in lists_due(premises.house):
        try:
            rescreen_delta(premises.house, operator, list_id, progress=go_on)
        except _Stopped:
            let_go(premises.house, list_id)
            return
        except Conflict:
            continue  # somebody else is at it, or another edition landed: there is another turn
        except Exception as error:  # noqa: BLE001  whatever it is, it holds no other list up
            failed.append(error)
    if failed:
        raise failed[0]


def _every_minute(premises: Premises, duty: Callable[[], object]) -> Callable[[], None]:
    next_turn = [premises.now()]

    def when_due() -> None:
        if premises.now() >= next_turn[0]:
            next_turn[0] = premises.now() + _RESUMES_EVERY
            duty()

    return when_due


def _keep_at(stop: threading.Event, duties: Mapping[str, Callable[[], object]]) -> None:
    log = structlog.get_logger()
    while True:
        for name, duty in duties.items():
            try:
                duty()
            except Exception as error:  # noqa: BLE001  whatever it is, the house goes on being kept
                log.warning("keeping failed", code=name, error=type(error).__name__)
        if stop.wait(1.0):
            return
