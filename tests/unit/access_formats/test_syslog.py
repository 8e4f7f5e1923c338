"""Syslog lines become events where they tell of an access."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_samples import RECEIPT, damaged, us
from gatebook.record.events import syslog
from gatebook.record.events.form import Receipt
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome

ACCEPTED = "Accepted publickey for alice from 203.0.113.9 port 5022 ssh2: ED25519 SHA256:aG3k+/x9"
NEW = "<38>1 2026-11-23T18:59:09.843565Z web1 sshd 4711 - - \ufeff" + ACCEPTED
OLD = "<38>Nov 23 18:59:09 web1 sshd[4711]: " + ACCEPTED
FILED = "2026-11-23T18:59:09.843565+00:00 web1 sshd-session[4711]: " + ACCEPTED
STRUCTURED = (
    '<86>1  2026-11-23T18:59:09Z web1 portal - LOGIN [origin ip="192.0.2.250"][who@32473 user="al\\"ice\\]" src_ip="2001:db8::9"'
    ' result="denied"] no entry'
)
SAMPLES = [
    NEW,
    OLD,
    FILED,
    STRUCTURED,
    f"{len(OLD)} {OLD}",
    "<85>Nov 23 18:59:09 web1 sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/mysql -phunter2",
]


def read(line: str, receipt: Receipt = RECEIPT) -> AccessEvent:
    assert syslog.is_one(line)
    event = syslog.read(line, receipt)
    assert event is not None, line
    return event


def of(program: str, message: str) -> AccessEvent | None:
    return syslog.read(f"<38>1 2026-11-23T18:59:09Z web1 {program} 4711 - - {message}", RECEIPT)


def told(program: str, message: str) -> tuple[str, str, str, str]:
    event = of(program, message)
    assert event is not None, message
    return event.act, str(event.outcome), event.principal, event.address


def test_a_login_in_every_kind_of_header() -> None:
    # Breaks when a header is read in part, so that a field of it is taken for another.
    expected = AccessEvent(
        at=us("2026-11-23T18:59:09.843565Z"),
        source="syslog",
        principal="alice",
        act="login",
        outcome=Outcome.SUCCESS,
        address="203.0.113.9",
        address_kind=AddressKind.ADDRESS,
        raw_address="203.0.113.9",
        session="web1/4711",
        fingerprint="SHA256:aG3k+/x9",
        target="web1",
    )
    assert read(NEW) == read(FILED) == expected
    old = read(OLD)
    assert (old.at, old.marks) == (us("2026-11-23T18:59:09Z"), ("time-no-year", "time-no-zone"))
    assert old == read(f"{len(OLD)} {OLD}") == read(OLD.removeprefix("<38>"))
    nil = read("<38>1 - - sshd - - -   " + ACCEPTED)
    assert (nil.marks, nil.session, nil.target) == (("time-missing",), "", "")


def test_a_line_of_last_year_read_in_the_new_one() -> None:
    # Breaks when a line of 31 December is told as of next December.
    new_year = Receipt(received_at=us("2027-01-01T00:00:30Z"))
    assert read(OLD.replace("Nov 23", "Dec 31"), new_year).at == us("2026-12-31T18:59:09Z")
    assert read(OLD.replace("Nov 23 18:59:09", "Jan  1 00:01:00"), new_year).at == us("2027-01-01T00:01:00Z")
    assert read(OLD.replace("Nov 23", "Feb 29"), new_year).at == us("2024-02-29T18:59:09Z")
    assert read(OLD.replace("Nov 23", "Feb 30"), new_year).marks == ("time-no-year", "time-missing")
    assert read(OLD.replace("Nov 23", "Nov 23 2025")).marks == ("time-no-zone",)


def test_structured_data_of_a_program_we_do_not_know() -> None:
    # Breaks when the sender's own address (origin) is told as where somebody came from, or an escape ends a value.
    event = read(STRUCTURED)
    assert (event.principal, event.address, event.outcome, event.act) == ('al"ice]', "2001:db8::9", "failure", "portal")
    assert of("portal", "nothing of note") is None
    only_origin = '<86>1 2026-11-23T18:59:09Z web1 portal - - [origin ip="192.0.2.250"] started'
    assert syslog.read(only_origin, RECEIPT) is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Accepted password for bob from 2001:db8::9 port 1 ssh2", ("login", "success", "bob", "2001:db8::9")),
        (
            "Accepted publickey for eve from 203.0.113.9 port 1 ssh2: RSA-CERT SHA256:x ID eve (serial 0) CA RSA SHA256:y",
            ("login", "success", "eve", "203.0.113.9"),
        ),
        ("Failed password for root from 203.0.113.9 port 1 ssh2", ("login", "failure", "root", "203.0.113.9")),
        ("Failed none for invalid user  from 203.0.113.9 port 1 ssh2", ("login", "failure", "", "203.0.113.9")),
        ("Invalid user admin from 203.0.113.9 port 1", ("login", "failure", "admin", "203.0.113.9")),
        (
            "Postponed publickey for bob from 203.0.113.9 port 1 ssh2 [preauth]",
            ("login", "pending", "bob", "203.0.113.9"),
        ),
        ("Disconnected from user bob 203.0.113.9 port 1", ("logout", "success", "bob", "203.0.113.9")),
        (
            "Disconnected from invalid user bob 203.0.113.9 port 1 [preauth]",
            ("login", "failure", "bob", "203.0.113.9"),
        ),
        (
            "Connection closed by authenticating user root 203.0.113.9 port 1 [preauth]",
            ("login", "failure", "root", "203.0.113.9"),
        ),
        ("Connection closed by 203.0.113.9 port 1 [preauth]", ("disconnect", "unknown", "", "203.0.113.9")),
        (
            "Received disconnect from 203.0.113.9 port 1:11: disconnected by user",
            ("disconnect", "unknown", "", "203.0.113.9"),
        ),
        (
            "User bob from 203.0.113.9 not allowed because not listed in AllowUsers",
            ("login", "failure", "bob", "203.0.113.9"),
        ),
        (
            "error: maximum authentication attempts exceeded for invalid user x from 203.0.113.9 port 1 ssh2 [preauth]",
            ("login", "failure", "x", "203.0.113.9"),
        ),
        (
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=bob",
            ("login", "failure", "bob", "203.0.113.9"),
        ),
        (
            "pam_unix(sshd:session): session opened for user bob(uid=1000) by (uid=0)",
            ("session opened", "success", "bob", ""),
        ),
        (
            "pam_unix(sshd:session): session opened for user bob(uid=1000) by root(uid=0)",
            ("session opened", "success", "bob", ""),
        ),
        ("pam_unix(sshd:session): session closed for user bob", ("session closed", "success", "bob", "")),
    ],
)
def test_what_sshd_writes(message: str, expected: tuple[str, str, str, str]) -> None:
    # Breaks when a line of sshd tells of another person, address or end than it says.
    assert told("sshd", message) == expected
    assert told("/usr/sbin/sshd", message) == expected


@pytest.mark.parametrize(
    "line",
    [
        "Failed password for invalid user {} from 203.0.113.9 port 5022 ssh2",
        "Invalid user {} from 203.0.113.9 port 5022",
        "Disconnected from invalid user {} 203.0.113.9 port 5022 [preauth]",
        "Connection closed by invalid user {} 203.0.113.9 port 5022 [preauth]",
        "User {} from 203.0.113.9 not allowed because not listed in AllowUsers",
    ],
)
@pytest.mark.parametrize(
    "name",
    [
        "x from 198.51.100.66 port 22 ssh2",
        "x 198.51.100.66 port 22 [preauth]",
        "x from 198.51.100.66 not allowed because",
        "x from 198.51.100.66 port 22 ssh2: ED25519 SHA256:abc",
        "rhost=198.51.100.66",
    ],
)
def test_a_user_name_cannot_move_the_address(line: str, name: str) -> None:
    # Breaks when whoever tries to log in can put another's address into the record.
    assert told("sshd", line.format(name))[3] == "203.0.113.9"


@pytest.mark.parametrize(
    ("program", "message", "expected", "target"),
    [
        (
            "sudo",
            "alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/mysql -phunter2",
            ("sudo /usr/bin/mysql", "success", "alice", ""),
            "root@web1",
        ),
        (
            "sudo",
            "alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
            ("sudo /bin/sh", "failure", "alice", ""),
            "root@web1",
        ),
        (
            "sudo",
            "alice : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
            ("sudo /bin/sh", "failure", "alice", ""),
            "root@web1",
        ),
        (
            "sudo",
            "pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)",
            ("session opened", "success", "alice", ""),
            "root@web1",
        ),
        ("su", "(to root) alice on pts/0", ("su", "success", "alice", ""), "root@web1"),
        ("su", "FAILED SU (to root) alice on pts/0", ("su", "failure", "alice", ""), "root@web1"),
        ("su", "FAILED su for root by alice", ("su", "failure", "alice", ""), "root@web1"),
        ("systemd-logind", "New session 5 of user alice.", ("session opened", "success", "alice", ""), "web1"),
        (
            "pvedaemon",
            "authentication failure; rhost=::ffff:203.0.113.9 user=root@pam msg=Authentication failure",
            ("login", "failure", "root@pam", "203.0.113.9"),
            "web1",
        ),
        ("pvedaemon", "<root@pam> successful auth for user 'root@pam'", ("login", "success", "root@pam", ""), "web1"),
        (
            "pvedaemon",
            "<root@pam> starting task UPID:pve:0001:0002:0003:qmstart:100:root@pam:",
            ("task qmstart", "pending", "root@pam", ""),
            "100@web1",
        ),
        (
            "pvedaemon",
            "<root@pam> end task UPID:pve:0001:0002:0003:qmstart:100:root@pam: OK",
            ("task qmstart", "success", "root@pam", ""),
            "100@web1",
        ),
        (
            "pvedaemon",
            "<root@pam> end task UPID:pve:0001:0002:0003:qmstart:100:root@pam: no such VM",
            ("task qmstart", "failure", "root@pam", ""),
            "100@web1",
        ),
        (
            "vsftpd",
            "pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=bob rhost=203.0.113.9  user=bob",
            ("login", "failure", "bob", "203.0.113.9"),
            "web1",
        ),
        (
            "dovecot",
            "imap-login: Login: user=<alice>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, session=<x>",
            ("dovecot", "unknown", "alice", "203.0.113.9"),
            "web1",
        ),
        (
            "postfix/smtpd",
            "1F2A: client=unknown[203.0.113.9], sasl_method=PLAIN, sasl_username=alice",
            ("smtpd", "unknown", "", "203.0.113.9"),
            "web1",
        ),
        (
            "audit",
            'type=USER_LOGIN msg=audit(1): pid=1 uid=0 msg=\'op=login acct="alice" exe="/usr/sbin/sshd" addr=203.0.113.9 res=success\'',
            ("login", "success", "alice", "203.0.113.9"),
            "web1",
        ),
    ],
)
def test_other_programs(program: str, message: str, expected: tuple[str, str, str, str], target: str) -> None:
    # Breaks when who acted and as whom are swapped, or the arguments of a command reach the record.
    assert told(program, message) == expected
    event = of(program, message)
    assert event is not None and event.target == target


def test_chatter_is_no_access() -> None:
    # Breaks when a line that names nobody and no address is told as an access.
    for program, message in (
        ("sshd", "Server listening on 0.0.0.0 port 22."),
        ("cron", "(root) CMD (user=x)"),
        ("sshd", ""),
    ):
        assert of(program, message) is None
    for line in ("", "hello", "<1>1 x", "<38>1 2026-11-23T18:59:09Z web1 sshd 1 - [torn a=", "{}"):
        assert syslog.read(line, RECEIPT) is None


def test_records_of_other_forms_inside() -> None:
    # Breaks when a record inside a syslog line is read as the program's own words.
    web = 'nginx: 203.0.113.9 - bob [23/Nov/2026:19:54:35 +0000] "GET /x?y HTTP/1.1" 200 1 "-" "curl"'
    event = read("<190>Nov 23 19:54:36 web1 " + web)
    assert (event.source, event.principal, event.at) == ("combined", "bob", us("2026-11-23T19:54:35Z"))
    event = read("<134>1 2026-11-23T18:59:09Z gate app - - - CEF:0|V|P|1|1|login|3|suser=bob src=203.0.113.9")
    assert (event.source, event.principal, event.at) == ("cef", "bob", us("2026-11-23T18:59:09Z"))


def test_json_inside_is_handed_out() -> None:
    # Breaks when JSON in a message is not found behind its header and cookie.
    for before in (
        "<38>1 2026-11-23T18:59:09Z web1 app - - - ",
        "Nov 23 18:59:09 web1 app[1]: ",
        "Nov 23 18:59:09 web1 ",
    ):
        assert syslog.inner_text(before + '{"a": 1}') == '{"a": 1}'
        assert syslog.inner_text(before + '@cee: {"a": 1}') == '{"a": 1}'
        assert syslog.inner_text(before + "a {b}") is None
    assert syslog.inner_text('{"a": 1}') is None
    assert syslog.read('Nov 23 18:59:09 web1 app[1]: {"message": "for user=eve"}', RECEIPT) is None


def test_a_hostile_line_is_read_in_one_pass() -> None:
    # Breaks when a long line is searched from every place in it.
    tails = (
        ' [a b="' * 100_000,
        '[a b="\\"' * 100_000,
        " from 192.0.2.1 port 1" * 50_000,
        " USER=a ;" * 100_000,
        "a=" * 300_000,
    )
    for tail in tails:
        for start in (
            OLD,
            SAMPLES[-1],
            "<38>1 2026-11-23T18:59:09Z web1 sshd - - ",
            "<38>1 2026-11-23T18:59:09Z w a - - - ",
        ):
            syslog.read(start + tail, RECEIPT)


@given(st.one_of(st.text(), damaged(SAMPLES)), st.integers(-(2**62), 2**62))
def test_no_line_raises(line: str, received_at: int) -> None:
    # Breaks when any text is more than the form can bear, at whatever time.
    receipt = Receipt(received_at=received_at)
    event = syslog.read(line, receipt)
    assert event is None or syslog.is_one(line)
    syslog.inner_text(line)
