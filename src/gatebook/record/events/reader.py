"""Lines into events: each record is read by the first form that takes it, and kept as it is where none does.

The trap guarded against: a record that stops the reading. Whatever a line holds, one event or more come of it, and the
next line is read as if this one had been sound. Records that came together in one document are read one by one, so
that whoever wants no more of them is not made to wait for the last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from gatebook.record.events import own, syslog
from gatebook.record.events.documents import gather
from gatebook.record.events.envelope import (
    decode,
    encode,
    is_too_dense,
    json_within,
    members,
    wrapped,
)
from gatebook.record.events.finish import UNMAPPED, finish, unmapped
from gatebook.record.events.form import JsonForm, LineForm, Receipt
from gatebook.record.events.forms import JSON_FORMS, LINE_FORMS, form_named
from gatebook.record.events.lines import Line
from gatebook.record.events.nth import Repeats, key_of
from gatebook.terms.access_event import AccessEvent

#: Envelopes within envelopes are opened so deep.
_DEEPEST = 6


def read_events(
    lines: Iterable[Line | str],
    receipt: Receipt,
    form: str = "",
    repeats: Repeats | None = None,
    forms: Counter[str] | None = None,
) -> Iterator[AccessEvent]:
    """Yield the events of the lines, in their order.

    ``form`` names the one form to read by; without it each record's form is found out. ``repeats`` holds what stood
    before in the same stream, where the stream was begun earlier. To ``forms`` is added how many records were read by
    which form; those that none read by "unmapped". Raises NotFound for a form there is not, and nothing for any line.
    """
    reading = Reading(receipt, form, repeats, forms)
    return (event for line in gather(lines) for event in reading.events_of(line))


class Reading:
    """The reading of one stream: its receipt, the forms to try, and the records just read."""

    def __init__(
        self, receipt: Receipt, form: str = "", repeats: Repeats | None = None, forms: Counter[str] | None = None
    ) -> None:
        """Begin. Raises NotFound for a form there is not."""
        named = form_named(form) if form else None
        self.receipt = receipt
        self.repeats = Repeats() if repeats is None else repeats
        self.forms = Counter[str]() if forms is None else forms
        self.may_be_own = named is None or named is own.FORM
        self._json = JSON_FORMS if named is None else (named,) if isinstance(named, JsonForm) else ()
        self._lines = LINE_FORMS if named is None else (named,) if isinstance(named, LineForm) else ()
        self._last_json: JsonForm | None = None
        self._last_line: LineForm | None = None
        self._text = ""  # the line or document being read

    def events_of(self, line: Line) -> Iterable[AccessEvent]:
        """Return the events of one line or document, numbered; each is read when it is asked for."""
        if line.is_cut or is_too_dense(line.text):
            return [self._unmapped(line.text, is_cut=True)]
        self._text = line.text
        plain = own.decode_line(line.text) if self.may_be_own and own.may_be(line.text) else None
        if plain is not None:
            self.forms[own.NAME] += 1
            event = finish(own.event_of(plain, self.receipt), self.receipt)
            return [event if plain.nth is not None else self._numbered(event)]
        try:
            found = self._from_text(line.text, 0)
        except RecursionError:  # JSON that could just be read, and is too deep to be gone through
            found = None
        return [self._unmapped(line.text)] if found is None else found

    def _unmapped(self, text: str, *, is_cut: bool = False) -> AccessEvent:
        self.forms[UNMAPPED] += 1
        return self._numbered(unmapped(text, self.receipt, is_cut=is_cut))

    def _numbered(self, event: AccessEvent) -> AccessEvent:
        seen = self.repeats.count(key_of(event))
        return event if event.event_id or not seen else msgspec.structs.replace(event, nth=seen)

    def _from_text(self, text: str, depth: int) -> Iterable[AccessEvent] | None:
        if text.lstrip()[:1] in {"{", "["}:
            value = decode(text)
            return None if value is None else self._from_value(value, depth)
        event = self._by_line_forms(text)
        if event is not None:
            return [event]
        inner = syslog.inner_text(text) or json_within(text)
        return None if inner is None or depth >= _DEEPEST else self._from_text(inner, depth + 1)

    def _from_value(self, value: object, depth: int) -> Iterable[AccessEvent] | None:
        if isinstance(value, list):
            return self._from_members(value, depth)
        if not isinstance(value, Mapping):
            return None
        event = self._by_json_forms(value)
        if event is not None:
            return [event]
        many = members(value)
        if many is not None:
            return self._from_members(many, depth)
        inner = wrapped(value)
        if inner is None or depth >= _DEEPEST:
            return None
        return self._from_text(inner, depth + 1) if isinstance(inner, str) else self._from_value(inner, depth + 1)

    def _from_members(self, many: list[Any], depth: int) -> Iterable[AccessEvent] | None:
        """Read records that came together: each of them is a record of its own, read or kept."""
        return None if depth >= _DEEPEST else (event for one in many for event in self._from_member(one, depth + 1))

    def _from_member(self, one: object, depth: int) -> Iterable[AccessEvent]:
        try:
            found = self._from_text(one, depth) if isinstance(one, str) else self._from_value(one, depth)
            return [self._unmapped(one if isinstance(one, str) else encode(one))] if found is None else found
        except RecursionError:  # it could just be read, and cannot be written again: what it came in stands for it
            return [self._unmapped(one if isinstance(one, str) else self._text, is_cut=True)]

    def _by_json_forms(self, record: Mapping[str, Any]) -> AccessEvent | None:
        for form in self._json if self._last_json is None else (self._last_json, *self._json):
            event = _read(form, record, self.receipt)
            if event is not None:
                self._last_json = form
                self.forms[form.name] += 1
                event = finish(event, self.receipt)
                return event if form is own.FORM and record.get("nth") is not None else self._numbered(event)
        return None

    def _by_line_forms(self, text: str) -> AccessEvent | None:
        for form in self._lines if self._last_line is None else (self._last_line, *self._lines):
            event = _read(form, text, self.receipt)
            if event is not None:
                self._last_line = form
                self.forms[form.name] += 1
                return self._numbered(finish(event, self.receipt))
        return None


def _read(form: JsonForm | LineForm, record: Any, receipt: Receipt) -> AccessEvent | None:  # noqa: ANN401 - as the form
    """Read by one form. A form that stumbles over a record it should have left leaves it: the record must be kept."""
    try:
        return form.read(record, receipt) if form.is_one(record) else None
    except Exception:  # noqa: BLE001 - none is known, and the next one must not cost a record
        return None
