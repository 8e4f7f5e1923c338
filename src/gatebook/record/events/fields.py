"""Fields of a record: reached whatever stands in the way, and put into an event.

The trap guarded against: a record that is believed to have the shape it usually has. Any JSON may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, TypedDict, Unpack

from gatebook.record.events.address import is_missing, put_address
from gatebook.record.events.form import Receipt
from gatebook.record.events.times import read_time
from gatebook.terms.access_event import AccessEvent, Outcome

#: A number longer than this is no id that anybody gave.
_MOST_BITS = 128
_SUCCESS_WORDS = (
    "success succeeded successful ok allow allowed accept accepted permit permitted granted pass passed yes /success"
)
_FAILURE_WORDS = (
    "failure failed fail error err deny denied block blocked reject rejected drop dropped unauthorized forbidden"
    " timeout no /failure"
)
_PENDING_WORDS = "pending start started attempt in_progress inprogress unfinished /attempt"
_OUTCOMES = {
    **dict.fromkeys(_SUCCESS_WORDS.split(), Outcome.SUCCESS),
    **dict.fromkeys(_FAILURE_WORDS.split(), Outcome.FAILURE),
    **dict.fromkeys(_PENDING_WORDS.split(), Outcome.PENDING),
}


class Texts(TypedDict, total=False):
    """The fields of an event that are text as the source wrote it, and its outcome."""

    principal: str
    act: str
    outcome: Outcome
    session: str
    user_agent: str
    fingerprint: str
    target: str
    event_id: str
    detail: str


def dig(value: object, *path: str | int) -> Any:  # noqa: ANN401 - what stands in JSON is anything
    """Return what stands at the end of ``path``, or None where the way there breaks."""
    for step in path:
        if isinstance(value, Mapping) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if -len(value) <= step < len(value) else None
        else:
            return None
    return value


def text_at(value: object, *path: str | int) -> str:
    """Return the text at the end of ``path``: text as it stands, a whole number as its digits, else empty."""
    found = dig(value, *path)
    if isinstance(found, str):
        return found.strip()
    if isinstance(found, int) and not isinstance(found, bool) and found.bit_length() <= _MOST_BITS:
        return str(found)
    return ""


def first_at(record: object, *paths: str) -> str:
    """Return the first text that says something, at any of ``paths``, whose steps are parted by dots."""
    return first_said(text_at(record, *_steps(path)) for path in paths)


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def first_said(texts: Iterable[str]) -> str:
    """Return the first text that says something; a dash says nothing."""
    return next((told for text in texts if (told := text.strip()) and told != "-"), "")


def outcome_of(word: str) -> Outcome:
    """Return the outcome a plain word tells, in any letter case."""
    return _OUTCOMES.get(word.strip().lower(), Outcome.UNKNOWN)


def outcome_of_status(status: int) -> Outcome:
    """Return the outcome an HTTP status tells; a redirection did what was asked."""
    if 200 <= status < 400:  # noqa: PLR2004 - the classes of RFC 9110
        return Outcome.SUCCESS
    return Outcome.FAILURE if 400 <= status < 600 else Outcome.UNKNOWN  # noqa: PLR2004 - as above


def event_from(
    receipt: Receipt, form: str, time: object, address: str, marks: tuple[str, ...] = (), **texts: Unpack[Texts]
) -> AccessEvent:
    """Return the event of these fields; ``marks`` are told beside those of reading the time."""
    at, time_marks = read_time(time, receipt)
    return AccessEvent(
        at=at, source=receipt.source or form, marks=(*marks, *time_marks), **put_address(address, receipt), **texts
    )


def says_who_or_where(event: AccessEvent) -> bool:
    """Whether a record says who acted, or from where; one that says neither is of no access."""
    return bool(event.principal) or not is_missing(event.raw_address)
