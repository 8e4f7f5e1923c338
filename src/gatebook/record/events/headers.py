"""Syslog headers: RFC 5424, RFC 3164 and what daemons write into files, with or without an octet count.

The trap guarded against: a line that looks like a header only in part. What is not wholly read is no header at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gatebook.record.events.dates import from_month_first
from gatebook.record.events.form import Receipt

#: The element that tells of the machine which sent the line; nobody acted from there.
_ORIGIN = "origin"
_COUNT = re.compile(r"\d{1,7} (?=<)", re.ASCII)
_NEW = re.compile(r"<\d{1,3}>1 +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(?=\[|-)", re.ASCII)
_PRIORITY = re.compile(r"<\d{1,3}>\s?", re.ASCII)
_OLD_TIME = (
    r"[A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?\d{1,2}:\d\d:\d\d(?:\.\d{1,9})?(?: \d{4})?(?: UTC| GMT| [+-]\d\d:?\d\d)?"
)
_FILE_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_OLD = re.compile(rf"\*?({_OLD_TIME}|{_FILE_TIME}):? +(\S+) +", re.ASCII)
_TAG = re.compile(r"(?!CEF:|@cee:)([A-Za-z0-9_./()@-]{1,64})(?:\[([^\]\s]{1,64})\])?: ?", re.ASCII)
_ELEMENT = re.compile(r'\[([^\s=\]"]{1,64})', re.ASCII)
_PARAMETER = re.compile(r' +([^\s=\]"]{1,64})="((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\\]])')


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says, and the message behind it. ``marks`` tell what had to be assumed of the time."""

    time: str
    host: str
    program: str
    process: str
    message: str
    data: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()


def read_header(line: str, receipt: Receipt) -> Header | None:
    """Return the header of a syslog line, or None where it has none."""
    counted = _COUNT.match(line)
    text = line[counted.end() :] if counted else line
    return _new(text) if _NEW.match(text) else _old(text, receipt)


def _new(text: str) -> Header | None:
    found = _NEW.match(text)
    data = _structured(text, found.end()) if found else None
    if found is None or data is None:
        return None
    time, host, program, process, _ = ("" if part == "-" else part for part in found.groups())
    parameters, end = data
    return Header(time, host, program, process, text[end:].lstrip(" ").removeprefix("\ufeff").strip(), parameters)


def _structured(text: str, at: int) -> tuple[dict[str, str], int] | None:
    """Return the parameters of structured data and where it ends, or None where it is torn."""
    if text[at] == "-":
        return {}, at + 1
    told: dict[str, str] = {}
    while element := _ELEMENT.match(text, at):
        at = element.end()
        while parameter := _PARAMETER.match(text, at):
            at = parameter.end()
            if element[1] != _ORIGIN:
                told.setdefault(parameter[1], _ESCAPED.sub(r"\1", parameter[2]))
        at = _skip_spaces(text, at)
        if text[at : at + 1] != "]":
            return None
        at += 1
    return told, at


def _skip_spaces(text: str, at: int) -> int:
    while text[at : at + 1] == " ":
        at += 1
    return at


def _old(text: str, receipt: Receipt) -> Header | None:
    priority = _PRIORITY.match(text)
    found = _OLD.match(text, priority.end() if priority else 0)
    if found is None:
        return None
    time, marks = from_month_first(found[1], receipt)
    tag = _TAG.match(text, found.end())
    program, process = (tag[1], tag[2] or "") if tag else ("", "")
    message = text[tag.end() if tag else found.end() :]
    return Header(time, found[2], program, process, message.removeprefix("\ufeff").strip(), {}, marks)
