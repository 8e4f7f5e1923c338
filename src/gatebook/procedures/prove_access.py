"""Proving access: everything one principal did in a time, as a file that a stranger can check.

The trap guarded against: a proof about what was chosen. The file holds, for every segment whose time touches the one
asked about, all rows of the principal, or that there are none; rows of such a segment outside the time are in it too.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from gatebook.errors import FieldProblem, InvalidInput
from gatebook.procedures.access_record import AccessAnswers
from gatebook.procedures.house import House, Operator
from gatebook.procedures.note_trace import note_trace
from gatebook.procedures.publish_ledger import inclusions_of, publish_ledger
from gatebook.record.entered_segments import in_entry
from gatebook.record.events.own import to_plain
from gatebook.record.months import months_between
from gatebook.record.ports import Row
from gatebook.record.row_parts import ACTIVITY_TEXTS, Hidden, SessionRow, ShownRow, without_activity
from gatebook.record.segments import RangeProof
from gatebook.record.walk import every_row
from gatebook.trace.asked import Bounds, read_text

FORM = "gatebook-access-proof@v2"
_MOST_SEGMENTS = 20_000
_ACTIVITY = {*ACTIVITY_TEXTS, "id"}


def prove_access(
    house: House,
    access: AccessAnswers,
    operator: Operator,
    principal: str,
    span: Bounds,
    purpose: str,
    *,
    activity: bool = True,
) -> dict[str, Any]:
    """Return the proof of everything ``principal`` did in ``span``; entered first, and what waits is sealed.

    Without ``activity`` it shows when and from where, and nothing of what was done.

    Raises InvalidInput for a span of too many segments, LedgerError where what is kept is not what was
    sealed.
    """
    read_text(principal, "/principal")
    note_trace(house, operator, "trace.proof", purpose)
    access.seal()
    segments = list(segments_touching(house, span))  # before publishing, which then covers each of them
    publish_ledger(house)
    if len(segments) > _MOST_SEGMENTS:
        fault = FieldProblem("/until", "too-long", f"at most {_MOST_SEGMENTS} segments in one proof; ask for less time")
        raise InvalidInput("the time asked about holds too many segments for one proof", (fault,))
    note, paths = inclusions_of(house, [row["position"] for row in segments])
    with house.state.read() as work:
        entries = [work.ledger.read(row["position"], row["position"] + 1)[0] for row in segments]
    proofs = [access.prove(int(row["segment"]), principal, row["rows"], bytes.fromhex(row["root"])) for row in segments]
    (from_at, until_at), told = span.ends, zip(segments, entries, paths, proofs, strict=True)
    return {
        "form": FORM,
        "principal": principal,
        "from_at": from_at,
        "until_at": until_at,
        "label_salt": proofs[0].label_salt.hex() if proofs else "",
        "checkpoint": note.decode(),
        "segments": [_segment(row, entry, path, proof, activity) for row, entry, path, proof in told],
    }


def segments_touching(house: House, span: Bounds) -> Iterator[Row]:
    """Yield every segment that has a row within the span, by number."""
    months, found = months_between(span.from_at, span.until_at), list[Row]()
    from_at, until_at = in_entry(span.from_at), in_entry(span.until_at - 1)  # segments say their times no wider
    with house.state.read() as work:
        for where in [{"month": month} for month in months] or [dict[str, int]()]:
            rows = every_row(work.registers, "access_segments", where)
            found += [row for row in rows if row["last_at"] >= from_at and row["first_at"] <= until_at]
    yield from sorted(found, key=lambda row: str(row["segment"]))


def _segment(row: Row, entry: bytes, path: list[bytes], proof: RangeProof, activity: bool) -> dict[str, Any]:
    return {
        "position": row["position"],
        "entry": entry.decode(),
        "inclusion": [_text(step) for step in path],
        "first": proof.first,
        "rows": [_row(one if activity else without_activity(one)) for one in proof.rows],
        "before": _row(proof.before) if proof.before else None,
        "after": _row(proof.after) if proof.after else None,
        "path": [_text(step) for step in proof.path],
    }


def _row(row: ShownRow | SessionRow | Hidden) -> Mapping[str, Any]:
    if isinstance(row, Hidden):
        return {"label": f"{row.label:016x}", "commitment": _text(row.commitment)}
    plain, shown = to_plain(row.event), {"batch": row.batch, "salt": _text(row.salt)}
    if isinstance(row, ShownRow):
        return {"event": plain, **shown, "activity_salt": _text(row.activity_salt)}
    session = {name: value for name, value in plain.items() if name not in _ACTIVITY}
    return {"session": session, **shown, "activity": _text(row.activity)}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
