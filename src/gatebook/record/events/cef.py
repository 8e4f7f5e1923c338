"""The Common Event Format, bare or behind a syslog header.

The trap guarded against: an equals sign in a value. A key begins only after white space, and what is escaped is text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gatebook.record.events.combined import act_of
from gatebook.record.events.dates import from_month_first
from gatebook.record.events.fields import event_from, first_at, outcome_of, says_who_or_where
from gatebook.record.events.form import LineForm, Receipt
from gatebook.record.events.headers import read_header
from gatebook.terms.access_event import AccessEvent, Outcome

NAME = "cef"
BLIND_SPOTS = (
    "What a product puts under which key is its own choice; custom strings are read only by labels we know.",
    "Where rt has no zone UTC is taken, and where there is no rt the time of the syslog header.",
    "A product behind a proxy tells the proxy as src.",
    "Spriv is what the user may do and not who they are, so that a record with it alone names nobody.",
    "A value in which white space, a word and an unescaped equals sign follow each other is read as two.",
)
_START = re.compile(r"CEF: ?\d{1,3}(?:\.\d{1,3})?\|", re.ASCII)
_START_WITHIN = 1024  # a syslog header is shorter
_HEADER_FIELD = re.compile(r"((?:[^|\\]|\\.)*+)\|", re.DOTALL)
_HEADER_FIELDS = ("vendor", "product", "version", "id", "name", "severity")
_KEY = re.compile(r"(?:^|(?<=\s))([A-Za-z0-9_.\[\]-]{1,64})=", re.ASCII)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"n": "\n", "r": "\r"}
#: What a label of a custom string says, to the field it belongs into.
_LABELS = {
    "session": "session",
    "session id": "session",
    "sessionid": "session",
    "session_id": "session",
    "user agent": "user_agent",
    "useragent": "user_agent",
    "user-agent": "user_agent",
    "fingerprint": "fingerprint",
    "key fingerprint": "fingerprint",
    "certificate fingerprint": "fingerprint",
}
_CUSTOM = tuple(f"cs{number}" for number in range(1, 7))


def is_one(line: str) -> bool:
    """Whether a record of the format stands in the line."""
    return _start_of(line) is not None


def read(line: str, receipt: Receipt) -> AccessEvent | None:
    """Return the event of a line, or None where it says neither who acted nor from where."""
    start = _start_of(line)
    parts = _parts(line, start.end()) if start else None
    if start is None or parts is None:
        return None
    told, custom = parts, _custom(parts)
    time, marks = _time(told, line[: start.start()], receipt)
    who, target = _who_and_target(told)
    number = told.get("externalId", "")
    event = event_from(
        receipt,
        NAME,
        time,
        first_at(told, "src", "c6a2", "sourceTranslatedAddress", "shost"),
        marks,
        principal=who,
        act=first_at(told, "=name", "=id", "act"),
        outcome=_outcome(told),
        session=custom.get("session", ""),
        user_agent=first_at(told, "requestClientApplication") or custom.get("user_agent", ""),
        fingerprint=custom.get("fingerprint", ""),
        target=target,
        event_id="/".join(filter(None, (told.get("deviceExternalId"), number))) if number else "",
    )
    return event if says_who_or_where(event) else None


def _start_of(line: str) -> re.Match[str] | None:
    found = _START.search(line, 0, _START_WITHIN)
    return found if found and (found.start() == 0 or not line[found.start() - 1].isalnum()) else None


def _parts(line: str, at: int) -> dict[str, str] | None:
    """Return the fields by key, those of the header behind an equals sign, which no key can have; None where torn."""
    told: dict[str, str] = {}
    for name in _HEADER_FIELDS:
        found = _HEADER_FIELD.match(line, at)
        if found is None:
            return None
        told["=" + name] = _plain(found[1]).strip()
        at = found.end()
    return told | _extension(line[at:])


def _extension(text: str) -> dict[str, str]:
    keys = list(_KEY.finditer(text))
    ends = [key.start() for key in keys[1:]] + [len(text)]
    return {key[1]: _plain(text[key.end() : end].strip()) for key, end in zip(keys, ends, strict=False)}


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), text) if "\\" in text else text


def _custom(told: Mapping[str, str]) -> dict[str, str]:
    """Return what the custom strings hold, by the field that their label says."""
    labels = {key: _LABELS.get(told.get(key + "Label", "").strip().lower(), "") for key in _CUSTOM}
    return {field: told.get(key, "") for key, field in labels.items() if field}


def _time(told: Mapping[str, str], before: str, receipt: Receipt) -> tuple[str, tuple[str, ...]]:
    """Return the time of the record, or that of the syslog header before it."""
    own = first_at(told, "rt", "end", "start")
    if own:
        return from_month_first(own, receipt)
    header = read_header(before.rstrip() + " -", receipt)
    return (header.time, header.marks) if header else ("", ())


def _who_and_target(told: Mapping[str, str]) -> tuple[str, str]:
    """Return who acted and upon what; whoever a login is of stands in where the source names nobody."""
    source, destination = first_at(told, "suser", "suid"), first_at(told, "duser", "duid")
    request = act_of(first_at(told, "request"))
    target = (destination if source else "") or first_at(told, "destinationServiceName") or request
    return source or destination, target or first_at(told, "dhost", "dst")


def _outcome(told: Mapping[str, str]) -> Outcome:
    words = (told.get(key, "") for key in ("outcome", "categoryOutcome", "act"))
    return next((outcome for outcome in map(outcome_of, words) if outcome is not Outcome.UNKNOWN), Outcome.UNKNOWN)


FORMS = (LineForm(NAME, is_one, read, BLIND_SPOTS),)
