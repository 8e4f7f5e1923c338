"""What programs write into syslog of who came from where: sshd, sudo, su, Proxmox, PAM, and words like user= elsewhere.

The trap guarded against: a user name that looks like the rest of the line. Whoever tries to log in chooses the name,
so an address is read from the end of the line, which the program alone wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gatebook.record.events.fields import first_said, outcome_of
from gatebook.terms.access_event import Outcome

_SUCCESS, _FAILURE, _PENDING, _UNKNOWN = Outcome.SUCCESS, Outcome.FAILURE, Outcome.PENDING, Outcome.UNKNOWN


@dataclass(frozen=True, slots=True)
class Told:
    """What a message tells of an access."""

    act: str
    outcome: Outcome = Outcome.UNKNOWN
    principal: str = ""
    address: str = ""
    fingerprint: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A shape of message: its pattern, whose named groups are fields of ``Told``, and what it tells."""

    pattern: re.Pattern[str]
    act: str
    outcome: Outcome


def _line(pattern: str, act: str, outcome: Outcome) -> Line:
    return Line(re.compile(pattern, re.DOTALL), act, outcome)


_FROM = r"from (?P<address>\S+)(?: port \d+)?"
_AT_PORT = r"(?P<address>\S+) port \d+"
_NAME = r"(?:invalid user |illegal user )?(?P<principal>.*)"
_STATE = r"(?:invalid user |authenticating user |user )"
_PAM = r"pam_\w+\([\w.@-]+:"
_KEY = r": \S+ (?P<fingerprint>(?:SHA256:|MD5:)?[\w+/=:]+)"
_SSH_END = r"(?: ssh\d?)?(?: \[preauth\])?\Z"
_CUT_OFF = r"(?:Disconnected from|Connection (?:closed|reset) by)"
_SSHD = (
    # An accepted name is one of the machine's own, so that the first "from" behind it is sshd's.
    _line(rf"Accepted \S+ for (?P<principal>.+?) {_FROM}(?: ssh\d?)?(?:{_KEY}(?: .*)?)?\Z", "login", _SUCCESS),
    _line(rf"Partial \S+ for {_NAME} {_FROM}(?: ssh\d?)?(?:{_KEY})?\Z", "login", _PENDING),
    _line(rf"Postponed \S+ for {_NAME} {_FROM}{_SSH_END}", "login", _PENDING),
    _line(rf"Failed \S+ for {_NAME} {_FROM}(?: ssh\d?)?(?:{_KEY})?\Z", "login", _FAILURE),
    _line(rf"(?:Invalid|Illegal) user (?P<principal>.*) {_FROM}\Z", "login", _FAILURE),
    _line(rf"(?:error: )?maximum authentication attempts exceeded for {_NAME} {_FROM}{_SSH_END}", "login", _FAILURE),
    _line(r"User (?P<principal>.*) from (?P<address>\S+) not allowed because .*", "login", _FAILURE),
    _line(rf"{_CUT_OFF} (?:invalid|authenticating) user (?P<principal>.*) {_AT_PORT}{_SSH_END}", "login", _FAILURE),
    _line(rf"Disconnected from user (?P<principal>.*) {_AT_PORT}\Z", "logout", _SUCCESS),
    _line(rf"Received disconnect from {_AT_PORT}:.*", "disconnect", _UNKNOWN),
    _line(rf"{_CUT_OFF} {_AT_PORT}{_SSH_END}", "disconnect", _UNKNOWN),
    _line(rf"Connection from {_AT_PORT} on .*", "connect", _UNKNOWN),
    _line(rf"(?:error: )?Did not receive identification string {_FROM}.*", "connect", _FAILURE),
    _line(rf"(?:error: )?(?:banner|kex)\w* exchange\w*: Connection {_FROM}\b.*", "connect", _FAILURE),
    _line(rf"Unable to negotiate with {_AT_PORT}:.*", "connect", _FAILURE),
)
_OPENED = _PAM + r"session\): session opened for user "
_BY = _line(
    _OPENED + r"(?P<target>[^\s(]+)(?:\(uid=\d+\))? by (?P<principal>[^\s(]+)(?:\(uid=\d+\))?\Z",
    "session opened",
    _SUCCESS,
)
_SESSIONS = (
    _line(_OPENED + r"(?P<principal>[^\s(]+).*", "session opened", _SUCCESS),
    _line(_PAM + r"session\): session closed for user (?P<principal>[^\s(]+).*", "session closed", _SUCCESS),
    # The name stands last and is the client's; rhost before it is the library's.
    _line(
        _PAM + r"auth\): authentication failure; logname=\S* uid=\d* euid=\d* tty=\S* ruser=\S* "
        r"rhost=(?P<address>\S*)(?: +user=(?P<principal>.*))?\Z",
        "login",
        _FAILURE,
    ),
)
_AS = r".*?\bUSER=(?P<target>\S+) ;.*?\bCOMMAND=(?P<command>\S+)"
_REFUSED = r"(?:\d+ incorrect password attempts?|user NOT |command not allowed|a password is required|account )"
_SUDO = (
    _line(r"(?P<principal>\S+) : " + _REFUSED + _AS, "sudo", _FAILURE),
    _line(r"(?P<principal>\S+) : (?:TTY|HOST|PWD)=" + _AS, "sudo", _SUCCESS),
)
_SU = (
    _line(r"FAILED SU \(to (?P<target>[^)]+)\) (?P<principal>\S+) on \S+\Z", "su", _FAILURE),
    _line(r"\(to (?P<target>[^)]+)\) (?P<principal>\S+) on \S+\Z", "su", _SUCCESS),
    _line(r"Successful su for (?P<target>\S+) by (?P<principal>\S+)\Z", "su", _SUCCESS),
    _line(r"FAILED su for (?P<target>\S+) by (?P<principal>\S+)\Z", "su", _FAILURE),
    _line(r"\+ \S+ (?P<principal>[^\s:]+):(?P<target>\S+)\Z", "su", _SUCCESS),
    _line(r"- \S+ (?P<principal>[^\s:]+):(?P<target>\S+)\Z", "su", _FAILURE),
)
_LOGIND = (_line(r"New session \S+ of user (?P<principal>[^\s.]+)\.?\Z", "session opened", _SUCCESS),)
_TASK = r"UPID:[^:]*:[^:]*:[^:]*:[^:]*:(?P<command>[^:]*):(?P<target>[^:]*):"
_PROXMOX = (
    _line(r"authentication failure; rhost=(?P<address>\S*) user=(?P<principal>.*) msg=.*", "login", _FAILURE),
    _line(r"<(?P<principal>[^>]+)> successful auth for user .*", "login", _SUCCESS),
    _line(rf"<(?P<principal>[^>]+)> starting task {_TASK}.*", "task", _PENDING),
    _line(rf"<(?P<principal>[^>]+)> end task {_TASK}[^:]*: (?:OK|WARNINGS: \d+)\Z", "task", _SUCCESS),
    _line(rf"<(?P<principal>[^>]+)> end task {_TASK}.*", "task", _FAILURE),
)
LINES: Mapping[str, tuple[Line, ...]] = {
    "sshd": _SSHD + _SESSIONS,
    "sshd-session": _SSHD + _SESSIONS,
    "sshd-auth": _SSHD + _SESSIONS,
    "sudo": (*_SUDO, _BY, *_SESSIONS),
    "su": (*_SU, _BY, *_SESSIONS),
    "systemd-logind": _LOGIND,
    "pvedaemon": _PROXMOX,
    "pveproxy": _PROXMOX,
    **dict.fromkeys(("cron", "CRON", "crond"), ()),  # the machine's own timetable, nobody's access
}

_WORD = re.compile(
    r"(?:^|(?<=[\s,;('\[]))([A-Za-z][\w.-]{0,40})="
    r"""(?:"([^"]{0,512})"|<([^>]{0,512})>|([^\s,;'"\])]{1,512}\]?))""",
    re.ASCII,
)
_MOST_CHARS = 16_384  # a longer message is none of these programs', and is not searched
_WORDS_READ = 64  # of a line; the rest is the message's own
_ADDRESS_WORDS = (
    "src",
    "srcip",
    "src_ip",
    "client_ip",
    "client",
    "remote_addr",
    "rhost",
    "rip",
    "remote_ip",
    "addr",
    "ip",
)
_PRINCIPAL_WORDS = ("suser", "acct", "user", "username", "user_name", "account")
_ACT_WORDS = ("op", "action", "act", "event", "type")
_OUTCOME_WORDS = ("res", "result", "outcome", "status")
_IN_BRACKETS = re.compile(r"\[([0-9A-Fa-f.:]{2,45})\]\Z", re.ASCII)  # as in client=unknown[192.0.2.7]


def told_by(program: str, message: str, data: Mapping[str, str]) -> Told | None:
    """Return what a message of a program tells of an access, or None where it tells of none."""
    if len(message) > _MOST_CHARS:
        return None
    name = program.rpartition("/")[2]
    for line in LINES.get(name, _SESSIONS):
        found = line.pattern.match(message)
        if found:
            return _told(line, found.groupdict())
    return None if name in LINES else _by_words(name, _words(message) | dict(data))


def _told(line: Line, said: Mapping[str, str | None]) -> Told:
    fields = {key: (value or "").strip() for key, value in said.items()}
    command = fields.pop("command", "")  # without its arguments, where secrets may stand
    return Told(f"{line.act} {command}".rstrip(), line.outcome, **fields)


def _words(message: str) -> dict[str, str]:
    """Return the first words with an equals sign, the earliest of equal ones: what stands behind may be a client's."""
    told: dict[str, str] = {}
    for _, found in zip(range(_WORDS_READ), _WORD.finditer(message), strict=False):
        told.setdefault(found[1].lower(), first_said((found[2] or "", found[3] or "", found[4] or "")))
    return told


def _by_words(program: str, words: Mapping[str, str]) -> Told | None:
    address, principal = _pick(words, _ADDRESS_WORDS), _pick(words, _PRINCIPAL_WORDS)
    if not address and not principal:
        return None
    inner = _IN_BRACKETS.search(address)
    act, outcome = _pick(words, _ACT_WORDS) or program, outcome_of(_pick(words, _OUTCOME_WORDS))
    return Told(act, outcome, principal, inner[1] if inner else address)


def _pick(words: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return first_said(words.get(key, "") for key in keys)
