"""Watching: which other logs this house cosigns, from when on, and what it last saw of each.

The trap guarded against: a log forgotten and watched again, for which everything would then be new. Its head stays.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from gatebook.errors import FieldProblem, InvalidInput, LedgerError, NotFound
from gatebook.procedures.cosign_checkpoint import Desk
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.checkpoint import parse_checkpoint, parse_vkey
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.witness_ports import WatchedLog

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@=-]{0,199}")  # what an entry can hold


def watch_log(house: House, desk: Desk, operator: Operator, vkey: str) -> dict[str, Any]:
    """Cosign a log's checkpoints from now on, known by its verifier key; its origin is the name of the key.

    A log watched before goes on from the head that was cosigned last, under its new key where it is another. Entered
    first: after a crash between, the log is not watched, and watching is done again.
    """
    permit(house, operator, "admin", "watch-log")
    origin, key = _key_of(vkey)
    with desk.logs.turn(origin):
        held = desk.logs.get(origin)
        log = replace(held, vkey=vkey.strip(), is_watched=True) if held else WatchedLog(origin, vkey.strip())
        if log != held:
            with house.state.transaction() as work:
                body = {"log": origin, "key": key}
                enter(work, Entry("witness.watched", house.now(), operator.operator_id, body=body))
            desk.logs.keep(log)
    return _shown(log)


def forget_log(house: House, desk: Desk, operator: Operator, origin: str) -> None:
    """Cosign a log no more; what was cosigned stays known. Raises NotFound for one that is not watched."""
    permit(house, operator, "admin", "forget-log")
    if desk.logs.get(origin) is None:  # before a turn: no file is made for a name nobody watches
        raise NotFound("this log is not watched")
    with desk.logs.turn(origin):
        held = desk.logs.get(origin)
        if held is None or not held.is_watched:
            raise NotFound("this log is not watched")
        desk.logs.keep(replace(held, is_watched=False))
        body = {"log": origin, "key": _key_of(held.vkey)[1]}
        with house.state.transaction() as work:
            enter(work, Entry("witness.forgotten", house.now(), operator.operator_id, body=body))


def watched_logs(house: House, desk: Desk, operator: Operator) -> list[dict[str, Any]]:
    """Return every log that is or was watched, with the head cosigned last and whether it was seen to fork."""
    permit(house, operator, "look", "look")
    return [_shown(log) for log in desk.logs.all()]


def _key_of(vkey: str) -> tuple[str, str]:
    """Return the origin and the key id, as hex."""
    try:
        origin, _ = parse_vkey(vkey)
    except LedgerError:
        problem = FieldProblem("/vkey", "malformed", "the verifier key of a log: name+keyid+base64, of type 01")
        raise InvalidInput("this is no verifier key of a log", (problem,)) from None
    if not _NAME.fullmatch(origin):
        problem = FieldProblem("/vkey", "unusable-name", "letters, digits and . _ : / @ = - ; at most 200")
        raise InvalidInput("the name of this log cannot be entered", (problem,))
    return origin, vkey.strip().removeprefix(f"{origin}+").partition("+")[0]


def _shown(log: WatchedLog) -> dict[str, Any]:
    head = parse_checkpoint(log.note.encode()) if log.note else None
    return {
        "log": log.origin,
        "vkey": log.vkey,
        "is_watched": log.is_watched,
        "size": head.size if head else 0,
        "cosigned_at": log.cosigned_at,
        "has_forked": bool(log.contradiction),
        "checkpoint": log.note,
        "refused": log.refused,
        "contradiction": list(log.contradiction),
    }
