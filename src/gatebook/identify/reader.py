"""Reading plain JSON: every field at fault is named at once, and nothing hostile comes in.

The trap guarded against: text that looks like other text. Control, invisible and direction-changing characters are
refused, everything is brought to NFC, and a full card number is refused wherever it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pycountry

from gatebook import canonical
from gatebook.errors import FieldProblem, InvalidInput
from gatebook.identify import numbers

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MOST_ITEMS = 50
_WORD = re.compile(r"[A-Za-z_]{1,40}")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_SKEW = timedelta(minutes=5)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_BORN = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
#: Says that a long number has passed a check of its own, so that it is no card's that passes by chance.
Proof = Callable[[str], bool]


def unproved(_: str) -> bool:
    """Nothing about the text says that it is another number than a card's."""
    return False


class Reader:
    """Walks plain JSON and gathers problems instead of stopping at the first."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.problems: list[FieldProblem] = []

    def problem(self, pointer: str, code: str, reason: str) -> None:
        """Note a field at fault."""
        self.problems.append(FieldProblem(pointer, code, reason))

    def table(self, data: object, pointer: str, allowed: set[str], needed: set[str]) -> Mapping[str, Any]:
        """Return an object with only known fields; unknown ones, and needed ones missing or blank, are problems."""
        if not isinstance(data, Mapping):
            self.problem(pointer, "not-an-object", "must be an object")
            return {}
        for name in data.keys() - allowed:
            self.problem(f"{pointer}/{_escaped(name)}", "unknown-field", "is not a field of this object")
        for name in sorted(needed - data.keys()):
            self.problem(f"{pointer}/{name}", "missing", "is needed")
        for name in sorted(needed & data.keys()):
            if isinstance(data[name], str) and not data[name].strip():
                self.problem(f"{pointer}/{name}", "empty", "must not be empty")
        return data

    def text(
        self, data: Mapping[str, Any], pointer: str, name: str, most: int = 200, is_proved: Proof = unproved
    ) -> str:
        """Return a clean text in NFC, or empty."""
        value, where = data.get(name, ""), f"{pointer}/{name}"
        if not isinstance(value, str):
            self.problem(where, "not-text", "must be text")
            return ""
        return self.clean(value, where, most, is_proved)

    def clean(self, value: str, where: str, most: int, is_proved: Proof = unproved) -> str:
        """Return ``value`` in NFC when every character may stand in a record. The form that is kept is measured too.

        A number as long as a card's is taken only where ``is_proved`` says that it passed another check.
        """
        normal = unicodedata.normalize("NFC", value).strip() if len(value) <= most else ""
        if len(value) > most or len(normal) > most:
            self.problem(where, "too-long", f"at most {most} characters")
            return ""
        if any(
            c in _BIDI or unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") or c in "\u200b\u2060\ufeff\u00ad"
            for c in value
        ):
            self.problem(where, "hostile-character", "control, invisible and direction-changing characters are refused")
            return ""
        if numbers.holds_full_card_number(value) and not is_proved(value):
            self.problem(where, "full-card-number", "looks like a full card number, which is never taken")
            return ""
        return normal

    def flag(self, data: Mapping[str, Any], pointer: str, name: str, default: bool) -> bool:
        """Return a yes or no."""
        value = data.get(name, default)
        if not isinstance(value, bool):
            self.problem(f"{pointer}/{name}", "not-boolean", "must be true or false")
            return default
        return value

    def whole(self, data: Mapping[str, Any], pointer: str, name: str, most: int) -> int:
        """Return a whole number from 0."""
        value = data.get(name)
        if type(value) is not int or not 0 <= value <= most:
            self.problem(f"{pointer}/{name}", "not-a-number", f"must be a whole number from 0 to {most}")
            return 0
        return value

    def list(self, data: Mapping[str, Any], pointer: str, name: str) -> list[tuple[str, Any]]:
        """Return the items of a list with their pointers."""
        value = data.get(name, [])
        if not isinstance(value, list):
            self.problem(f"{pointer}/{name}", "not-a-list", "must be a list")
            return []
        if len(value) > MOST_ITEMS:
            self.problem(f"{pointer}/{name}", "too-many", f"at most {MOST_ITEMS} items")
            return []
        return [(f"{pointer}/{name}/{n}", item) for n, item in enumerate(value)]

    def texts(
        self,
        data: Mapping[str, Any],
        pointer: str,
        name: str,
        make: Callable[[str, str], str],
        is_proved: Proof = unproved,
    ) -> tuple[str, ...]:
        """Return a list of texts, each made by ``make(text, pointer)``; empty ones are left out."""
        found = []
        for where, item in self.list(data, pointer, name):
            if isinstance(item, str):
                found.append(make(self.clean(item, where, 320, is_proved), where))
            else:
                self.problem(where, "not-text", "must be text")
        return tuple(item for item in found if item)

    def country(self, text: str, where: str) -> str:
        """Return an ISO 3166-1 alpha-2 code, or note a problem."""
        if text and pycountry.countries.get(alpha_2=text) is None and text != "XK":
            self.problem(where, "unknown-country", "must be an ISO 3166-1 alpha-2 code in capitals")
            return ""
        return text

    def country_of(self, data: Mapping[str, Any], pointer: str, name: str) -> str:
        """Return the country a field names."""
        return self.country(self.text(data, pointer, name), f"{pointer}/{name}")

    def birth(self, data: Mapping[str, Any], pointer: str) -> str:
        """Return ``born_on``: an ISO date in the past that may stop at month or year, or empty."""
        text = self.text(data, pointer, "born_on", 10)
        try:
            if text and not (_BORN.fullmatch(text) and date.fromisoformat((text + "-01-01")[:10]) <= self.now.date()):
                raise ValueError  # noqa: TRY301  one problem for every way a date can be wrong
        except ValueError:
            problem = "must be YYYY, YYYY-MM or YYYY-MM-DD and lie in the past"
            self.problem(f"{pointer}/born_on", "not-a-date", problem)
            return ""
        return text

    def instant(self, data: Mapping[str, Any], pointer: str, name: str) -> datetime:
        """Return a time with a zone that is not in the future by more than the clock skew allowed."""
        try:
            at = canonical.parse_instant(self.text(data, pointer, name))
        except (ValueError, InvalidInput):
            self.problem(f"{pointer}/{name}", "not-a-time", "must be an RFC 3339 time with a zone")
            return self.now
        if at < _EARLIEST:
            self.problem(f"{pointer}/{name}", "too-early", "lies before the year 2000")
        if at > self.now + _SKEW:
            self.problem(f"{pointer}/{name}", "in-the-future", "lies more than five minutes ahead of our clock")
        return at

    def done(self, message: str) -> None:
        """Raise InvalidInput with everything found."""
        if self.problems:
            raise InvalidInput(message, tuple(self.problems))


def _escaped(name: object) -> str:
    # An unknown field's name came from outside: only a word is repeated, for a number may be somebody's.
    return name if isinstance(name, str) and _WORD.fullmatch(name) else "unknown"
