"""Access logs of web servers: common and combined form, with a virtual host before or forwarded addresses behind.

The trap guarded against: secrets in a query. What stands behind "?" in a request is no part of the act, since tokens
and passwords travel there; nor are a session id in the path and credentials before a host.
"""

from __future__ import annotations

import re

from gatebook.record.events.address import read_address
from gatebook.record.events.dates import from_slashed
from gatebook.record.events.fields import event_from, outcome_of_status
from gatebook.record.events.form import LineForm, Receipt
from gatebook.terms.access_event import AccessEvent, AddressKind

NAME = "combined"
BLIND_SPOTS = (
    "Who acted is told only where the server itself authenticated the user; applications log in behind it.",
    "The time is that of the request's start or end, by server and version, in whole seconds.",
    "Behind a proxy the first field is the proxy, unless the server is told to trust it or writes the forwarded list.",
    "What was sent in the body is not told, nor are headers other than referer and user agent.",
    "The query of a request is left out here, for it may hold secrets; so may a path, which is kept.",
    "A referer or user agent with unescaped quotes, as old servers write them, shifts the fields behind it.",
    "There is no id of the record: equal requests within a second are told apart by their order alone.",
)
_HEAD = re.compile(
    r"(?!(?:\d+ )?<\d|[A-Z][a-z]{2} {1,2}\d|\d{4}-\d\d-\d\dT)"  # a syslog header, which has a form of its own
    r"(?:(?P<site>[^\s\"]+) (?=[0-9a-fA-F.:]*[.:][0-9a-fA-F.:]* ))?"  # only before what looks like an address
    r"(?P<address>[^\s\"]+) (?P<ident>[^\s\"]+) "
    r"(?P<user>[^\"\[]{1,256}|\"[^\"]{0,254}\") \[(?P<time>[^\]]{1,40})\] "
)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_STATUS = re.compile(r" (\d{3}|-)(?: (?:\d+|-))?(?= |\Z)", re.ASCII)
_ESCAPED = re.compile(r'\\(["\\])')
_PROTOCOL = re.compile(r" HTTP/[\d.]{1,4}\Z", re.ASCII)
_SECRET_PART = re.compile(r"(?i);jsessionid=[^/?#\s]*|(?<=://)[^/@\s]*@")
_FORWARDED_FROM = 2  # the quoted fields behind referer and user agent


def is_one(line: str) -> bool:
    """Whether it is a line of an access log."""
    return _parts(line) is not None


def read(line: str, receipt: Receipt) -> AccessEvent | None:
    """Return the event of a line. A forwarded list stands before the peer that brought it, which proxies append to."""
    parts = _parts(line)
    if parts is None:
        return None
    head, request, status, quoted = parts
    peer, user = head["address"], head["user"].strip().strip('"')
    return event_from(
        receipt,
        NAME,
        from_slashed(head["time"]),
        _with_forwarded(peer, quoted[_FORWARDED_FROM:], receipt),
        principal="" if user == "-" else user,
        act=act_of(request),
        outcome=outcome_of_status(int(status) if status.isdigit() else 0),
        user_agent="" if len(quoted) < _FORWARDED_FROM or quoted[1] == "-" else quoted[1],
        target=head["site"] or "",
    )


def act_of(request: str) -> str:
    """Return method and path of a request line, without protocol and whatever is made to carry secrets."""
    asked = _PROTOCOL.sub("", request)
    for mark in "?#":
        asked = asked.partition(mark)[0]
    return "" if asked == "-" else _SECRET_PART.sub("", asked).strip()


def _parts(line: str) -> tuple[re.Match[str], str, str, list[str]] | None:
    """Return the head, the request, the status and the quoted fields behind it, each read from where the last ended."""
    head = _HEAD.match(line)
    request = _QUOTED.match(line, head.end()) if head else None
    status = _STATUS.match(line, request.end()) if request else None
    if head is None or request is None or status is None:
        return None
    return head, _ESCAPED.sub(r"\1", request[1]), status[1], _quoted_from(line, status.end())


def _quoted_from(line: str, at: int) -> list[str]:
    found = []
    while (start := line.find('"', at)) >= 0 and (quoted := _QUOTED.match(line, start)):
        found.append(_ESCAPED.sub(r"\1", quoted[1]))
        at = quoted.end()
    return found


def _with_forwarded(peer: str, quoted: list[str], receipt: Receipt) -> str:
    for text in reversed(quoted):
        if read_address(text, receipt.proxies)[1] in {AddressKind.ADDRESS, AddressKind.LIST}:
            return f"{text}, {peer}"
    return peer


FORMS = (LineForm(NAME, is_one, read, BLIND_SPOTS),)
