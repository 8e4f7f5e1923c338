"""Syslog lines: what sshd, sudo, su and other programs tell of an access, and the records of other forms inside.

The trap guarded against: a program's chatter told as an access. A line that names neither a person nor an address is
kept unmapped, and never guessed at.
"""

from __future__ import annotations

from gatebook.record.events import cef, combined
from gatebook.record.events.fields import event_from, says_who_or_where
from gatebook.record.events.form import LineForm, Receipt
from gatebook.record.events.headers import Header, read_header
from gatebook.record.events.programs import told_by
from gatebook.terms.access_event import AccessEvent

NAME = "syslog"
BLIND_SPOTS = (
    "RFC 3164 has no year and no zone: the latest year that is not in the future is taken, and UTC.",
    "Over UDP lines are lost and anybody can write them; the header's host is what the sender said.",
    "Session opened and closed, sudo and su have no address; the process id ties them to the login before.",
    "Process ids come again, so that a session of host and process is one only within its time.",
    "Sshd writes one login as several lines, and each is a record of its own.",
    "The arguments of commands under sudo are left out here, for they may hold secrets.",
    "Of programs we do not know only words such as user= and rhost= are read, and whatever a client makes them write.",
    "Root may stop or alter the log of a machine that is not sent elsewhere at once.",
)
_INSIDE = (cef.FORMS[0], combined.FORMS[0])
_COOKIE = "@cee:"  # what some write before JSON in a message
_ANY_TIME = Receipt(received_at=0)


def is_one(line: str) -> bool:
    """Whether the line has a syslog header."""
    return read_header(line, _ANY_TIME) is not None


def inner_text(line: str) -> str | None:
    """Return the JSON object that is the message of a syslog line, for the forms that read JSON; None without one."""
    header = read_header(line, _ANY_TIME)
    return _json_of(header) if header else None


def read(line: str, receipt: Receipt) -> AccessEvent | None:
    """Return the event of a line, or None where it tells of no access."""
    header = read_header(line, receipt)
    if header is None or _json_of(header):
        return None  # JSON is for the forms that read JSON
    inner = next((form for form in _INSIDE if form.is_one(header.message)), None)
    if inner is not None:
        # CEF looks for the time of a header it stands behind; an access log line holds its own.
        return inner.read(line if inner.name == cef.NAME else header.message, receipt)
    return _of_program(header, receipt)


def _json_of(header: Header) -> str | None:
    message = header.message.removeprefix(_COOKIE).lstrip()
    return message if message.startswith("{") and message.endswith("}") else None


def _of_program(header: Header, receipt: Receipt) -> AccessEvent | None:
    told = told_by(header.program, header.message, header.data)
    if told is None:
        return None
    event = event_from(
        receipt,
        NAME,
        header.time,
        told.address,
        header.marks,
        principal=told.principal,
        act=told.act,
        outcome=told.outcome,
        session=f"{header.host}/{header.process}" if header.process else "",
        fingerprint=told.fingerprint,
        target=f"{told.target}@{header.host}" if told.target else header.host,
    )
    return event if says_who_or_where(event) else None


FORMS = (LineForm(NAME, is_one, read, BLIND_SPOTS),)
