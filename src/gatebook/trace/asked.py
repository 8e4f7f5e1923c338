"""What a trace asks with: times, how far around an instant, how long a page, and where the next page begins.

The trap guarded against: a question answered for another time than was meant. A time without a zone is refused, and
nothing that was left out is guessed: without a beginning and an end the whole record is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from gatebook.errors import FieldProblem, InvalidInput
from gatebook.terms.assignment import OPEN, microseconds
from gatebook.trace.ports import EARLIEST, Place
from gatebook.trace.proposal import ACCOUNT, read_instant

MOST_ITEMS, MOST_TEXT = 1000, 4096
SECOND = 1_000_000
DAY = 86_400 * SECOND
#: The first and the last instant that can be written.
FIRST, LAST = microseconds(datetime.min.replace(tzinfo=UTC)), microseconds(datetime.max.replace(tzinfo=UTC))
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LENGTH = re.compile(r"([1-9]\d{0,6})([smhd])", re.ASCII)
_MOST_LENGTH = 366 * DAY
_PLACE = re.compile(r"(-?\d{1,19})\.(\d{1,10})\.(\d{1,10})", re.ASCII)
_ACCOUNT = re.compile(ACCOUNT)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A time in microseconds since 1970 UTC, ``until_at`` excluded; without bounds all there can be."""

    from_at: int = EARLIEST
    until_at: int = OPEN

    @staticmethod
    def between(from_at: int | None, until_at: int | None) -> Bounds:
        """Return the time between two ends, None being an open one."""
        return Bounds(EARLIEST if from_at is None else from_at, OPEN if until_at is None else until_at)

    @property
    def ends(self) -> tuple[int | None, int | None]:
        """Both ends, None for one that is open."""
        return None if self.from_at <= EARLIEST else self.from_at, None if self.until_at >= OPEN else self.until_at

    @property
    def is_open(self) -> bool:
        """Whether neither end was given."""
        return (self.from_at, self.until_at) == (EARLIEST, OPEN)

    def clipped(self, from_at: int, until_at: int) -> Bounds:
        """Return what of another time lies within this one."""
        return Bounds(max(self.from_at, from_at), min(self.until_at, until_at))


def read_bounds(from_: str, until: str) -> Bounds:
    """Return the time between two RFC 3339 instants, either of which may be left out. Raises InvalidInput."""
    from_at = read_instant(from_, "/from") if from_ else EARLIEST
    until_at = read_instant(until, "/until") if until else OPEN
    if until_at <= from_at:
        raise refused("/until", "not-after", "must be later than from")
    return Bounds(from_at, until_at)


def read_length(text: str, pointer: str) -> int:
    """Return a length of time such as ``15m`` in microseconds. Raises InvalidInput."""
    found = _LENGTH.fullmatch(text)
    length = int(found[1]) * _UNITS[found[2]] * SECOND if found else 0
    if not 0 < length <= _MOST_LENGTH:
        raise refused(pointer, "not-a-length", "a whole number and s, m, h or d, as 90s, 15m, 1h or 2d; at most 366d")
    return length


def read_limit(limit: int) -> int:
    """Return how many items a page may have. Raises InvalidInput."""
    return read_whole(limit, 1, MOST_ITEMS, "/limit")


def read_whole(number: int, least: int, most: int, pointer: str) -> int:
    """Return a number that lies within two others. Raises InvalidInput."""
    if not least <= number <= most:
        raise refused(pointer, "out-of-range", f"{least} to {most}")
    return number


def read_place(text: str) -> Place | None:
    """Return where a page begins, None for the first. Raises InvalidInput for what is no cursor."""
    if not text:
        return None
    found = _PLACE.fullmatch(text)
    place = Place(*map(int, found.groups())) if found else None
    if place is None or not EARLIEST < place.at < OPEN or max(place.segment, place.position) >= 2**32:
        raise refused("/after", "unknown-cursor", "the next of a page")
    return place


def write_place(place: Place) -> str:
    """Return the cursor of a place."""
    return f"{place.at}.{place.segment}.{place.position}"


def read_account(text: str) -> str:
    """Return an account id. Raises InvalidInput for what has not the form of one."""
    if not _ACCOUNT.fullmatch(text):
        raise refused("/account", "malformed", "must be an account id: letters, digits, . _ and -")
    return text


def read_text(text: str, pointer: str) -> str:
    """Return a text that is looked for letter by letter. Raises InvalidInput; the message never repeats it."""
    if not text or len(text) > MOST_TEXT:
        raise refused(pointer, "missing" if not text else "too-long", f"1 to {MOST_TEXT} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise refused(pointer, "malformed", "must be text that can be written in UTF-8") from None
    return text


def refused(pointer: str, code: str, reason: str) -> InvalidInput:
    """Return the error of one field of a question."""
    return InvalidInput("this cannot be traced as it was asked", (FieldProblem(pointer, code, reason),))
