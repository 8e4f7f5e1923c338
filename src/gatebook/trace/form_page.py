"""A page of a form: one object of what was posted, its fields read one by one and every fault gathered.

The trap guarded against: a form that names one fault at a time, or repeats in a message what it refuses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any, TypeVar

from gatebook.errors import FieldProblem, InvalidInput
from gatebook.terms.assignment import AssignmentKind
from gatebook.terms.demand import TargetKind
from gatebook.trace.proposal import ACCOUNT, read_instant
from gatebook.trace.spans import span_of

E = TypeVar("E", bound=Enum)
MOST_ITEMS, MOST_TEXT, MOST_NOTE = 50, 200, 4000
_ACCOUNT, _DAY = re.compile(ACCOUNT), re.compile(r"\d{4}-\d{2}-\d{2}")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


@dataclass(frozen=True, slots=True)
class Forms:
    """What other rooms know of forms: of values by kind (None: malformed), and which countries there are."""

    values: Mapping[TargetKind, Callable[[str], str | None]]
    is_country: Callable[[str], bool]


@dataclass(slots=True)
class Page:
    """One object of what was posted; faults are gathered, not raised one by one."""

    data: Mapping[str, Any]
    at: str
    forms: Forms
    faults: list[FieldProblem] = field(default_factory=list)

    @staticmethod
    def of(data: object, forms: Forms, known: tuple[str, ...], needed: tuple[str, ...]) -> Page:
        """Return the outermost object."""
        return Page({}, "", forms).within(data, "", known, needed)

    def fault(self, name: str, code: str, reason: str) -> None:
        """Note a field at fault."""
        self.faults.append(FieldProblem(f"{self.at}/{name}" if name else self.at, code, reason))

    def within(self, data: object, at: str, known: tuple[str, ...], needed: tuple[str, ...]) -> Page:
        """Return an object within; what is unknown in it, or missing, is a fault."""
        page = Page(data if isinstance(data, Mapping) else {}, at, self.forms, self.faults)
        if not isinstance(data, Mapping):
            page.fault("", "not-an-object", "must be an object")
        elif any(name not in known for name in data):
            page.fault("unknown", "unknown-field", f"one of {', '.join(known)}")
        for name in needed if isinstance(data, Mapping) else ():
            if page.data.get(name) in (None, ""):
                page.fault(name, "missing", "must be given")
        return page

    def text(self, name: str, most: int = MOST_TEXT, *, lines: bool = False) -> str:
        """Return a clean text in NFC, or empty. ``lines`` lets it have several."""
        value = self.data.get(name, "")
        if not isinstance(value, str):
            self.fault(name, "not-text", "must be text")
            return ""
        if len(value) > most:
            self.fault(name, "too-long", f"at most {most} characters")
            return ""
        found = unicodedata.normalize("NFC", value).strip()
        if any(unicodedata.category(c) in _INVISIBLE and not (lines and c in "\n\r\t") for c in found):
            self.fault(name, "hostile-character", "control, invisible and direction-changing characters are refused")
            return ""
        return found

    def flag(self, name: str) -> bool:
        """Return a yes or no."""
        value = self.data.get(name, False)
        if not isinstance(value, bool):
            self.fault(name, "not-boolean", "must be true or false")
            return False
        return value

    def choice(self, name: str, of: type[E]) -> E | None:
        """Return the word of an enumeration that a field names, or None."""
        text = self.text(name)
        found = next((one for one in of if one.value == text), None)
        if text and found is None:
            self.fault(name, f"unknown-{name}", f"one of {', '.join(str(one.value) for one in of)}")
        return found

    def items(self, name: str) -> list[Any]:
        """Return a list."""
        value = self.data.get(name, [])
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            self.fault(name, "not-a-list", f"must be a list of at most {MOST_ITEMS}")
            return []
        return value

    def day(self, name: str) -> str:
        """Return a day, YYYY-MM-DD, or empty."""
        text = self.text(name)
        try:
            if text and not (_DAY.fullmatch(text) and date.fromisoformat(text)):
                raise ValueError  # noqa: TRY301  one fault for every way a day can be wrong
        except ValueError:
            self.fault(name, "not-a-date", "must be YYYY-MM-DD")
            return ""
        return text

    def instant(self, name: str) -> int | None:
        """Return a time in microseconds; ``-00:00`` says that nobody knew the zone, and is refused as well."""
        text = self.text(name)
        if text.endswith("-00:00"):
            self.fault(name, "ambiguous", "-00:00 says that its zone is not known")
            return None
        try:
            return read_instant(text, "") if text else None
        except InvalidInput as error:
            self.fault(name, error.problems[0].code, error.problems[0].reason)
            return None

    def value(self, kind: TargetKind, name: str, most: int = MOST_TEXT) -> str:
        """Return a value in the one form of its kind."""
        text = self.text(name, most)
        if not text:
            return ""
        try:
            found = _value_of(kind, text, self.forms)
        except InvalidInput as error:
            self.fault(name, error.problems[0].code, error.problems[0].reason)
            return ""
        if found is None:
            self.fault(name, "malformed", f"has not the form of this kind ({kind.value})")
        return found or ""


def _value_of(kind: TargetKind, text: str, forms: Forms) -> str | None:
    if kind is TargetKind.ADDRESS:
        return span_of(AssignmentKind.ADDRESS, text).thing
    if kind in (TargetKind.ACCOUNT, TargetKind.PERSON):
        return text if _ACCOUNT.fullmatch(text) else None
    return forms.values[kind](text) if kind in forms.values else text
