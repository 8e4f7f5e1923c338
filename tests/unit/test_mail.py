"""Mail over a real server: who it has to be, and to whom it goes."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gatebook.errors import SettingsError, Unavailable
from gatebook.outside.mail import SmtpMailer


class Box:
    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.letters.append(envelope)
        return "250 OK"


def certificate(folder: Path, *names: x509.GeneralName) -> Path:
    """Write a self-signed certificate for these names, and its key, into one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    held = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + held)
    return path


class Server:
    """One mail server on this machine; with a certificate it takes no mail before STARTTLS."""

    def __init__(self, pem: Path | None = None, *, utf8: bool = True) -> None:
        context = None
        if pem:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.box = Box()
        self.controller = Controller(
            self.box, "127.0.0.1", self.port, enable_SMTPUTF8=utf8, tls_context=context, require_starttls=bool(pem)
        )

    def __enter__(self) -> Self:
        self.controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.controller.stop()


@pytest.fixture
def plain() -> Iterator[Server]:
    with Server() as server:
        yield server


def trusting(pem: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(pem))


def test_a_server_nobody_vouches_for_gets_no_code(tmp_path: Path) -> None:
    # Breaks when a code is given to whoever answers, or a server that is vouched for is refused.
    pem = certificate(tmp_path, x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    with Server(pem) as server:
        for context in (None, ssl.create_default_context()):
            mailer = SmtpMailer("127.0.0.1", server.port, "gate@example.com", starttls=True, context=context)
            with pytest.raises(Unavailable, match="SSLCertVerificationError"):
                mailer.send_code("anna@example.com", "123456", 10)
        assert not server.box.letters
        SmtpMailer("127.0.0.1", server.port, "gate@example.com", starttls=True, context=trusting(pem)).send_code(
            "anna@example.com", "123456", 10
        )
        assert [letter.rcpt_tos for letter in server.box.letters] == [["anna@example.com"]]


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    # Breaks when any certificate of a trusted authority will do.
    pem = certificate(tmp_path, x509.DNSName("mail.example.net"))
    with Server(pem) as server:
        mailer = SmtpMailer("127.0.0.1", server.port, "gate@example.com", starttls=True, context=trusting(pem))
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            mailer.send_code("anna@example.com", "123456", 10)
        assert not server.box.letters


def test_a_server_without_starttls_gets_no_code(plain: Server) -> None:
    # Breaks when somebody between can take STARTTLS out of the server's greeting.
    with pytest.raises(Unavailable):
        SmtpMailer("127.0.0.1", plain.port, "gate@example.com", starttls=True).send_code("anna@example.com", "1", 10)
    assert not plain.box.letters


@pytest.mark.parametrize(
    "destination",
    [
        "anna@example.com, bob@example.com",
        "anna@example.com,bob@example.com",
        "anna@x, bob@y",
        "Anna <anna@example.com>",
        "anna@example.com\r\nBcc: bob@example.com",
        "anna@example.com\n",
        "friends: anna@example.com, bob@example.com;",
        "anna@example.com (and bob@example.com)",
        "anna@example.com> RCPT TO:<bob@example.com",
        "anna",
        "@example.com",
        "",
        "anna\ud800@example.com",
    ],
)
def test_what_is_not_one_mailbox_gets_no_code_and_stands_in_no_error(plain: Server, destination: str) -> None:
    # Breaks when a code reaches a second person, or the refusal names the first.
    with pytest.raises(Unavailable) as refused:
        SmtpMailer("127.0.0.1", plain.port, "gate@example.com", starttls=False).send_code(destination, "123456", 10)
    assert not plain.box.letters
    told = f"{refused.value} {refused.value!r} {refused.value.__context__!r} {refused.value.__cause__!r}"
    assert "anna" not in told and "example" not in told and "bob" not in told


def test_a_refused_recipient_stands_in_no_error(plain: Server) -> None:
    # Breaks when the library's exception, which holds the recipient, comes along.
    async def handle_RCPT(*_: Any) -> str:
        return "550 no such mailbox anna@example.com"

    plain.box.handle_RCPT = handle_RCPT  # type: ignore[attr-defined]
    with pytest.raises(Unavailable) as refused:
        SmtpMailer("127.0.0.1", plain.port, "gate@example.com", starttls=False).send_code("anna@example.com", "1", 10)
    assert str(refused.value) == "the mail server did not take the code (SMTPRecipientsRefused)"
    assert (refused.value.__context__, refused.value.__cause__) == (None, None)


def test_addresses_beyond_ascii_arrive_or_are_refused_without_being_named(plain: Server) -> None:
    # Breaks when a lessee with a name of their own script can be sent no code, or is named in an error.
    mailer = SmtpMailer("127.0.0.1", plain.port, "Gate <gate@example.com>", starttls=False)
    mailer.send_code("änna@example.com", "123456", 10)
    mailer.send_code("anna@bücher.example.com", "123456", 10)
    assert [letter.rcpt_tos for letter in plain.box.letters] == [
        ["änna@example.com"],
        ["anna@xn--bcher-kva.example.com"],
    ]
    assert b"123456" in plain.box.letters[0].content
    with Server(utf8=False) as old:
        mailer = SmtpMailer("127.0.0.1", old.port, "gate@example.com", starttls=False)
        mailer.send_code("anna@bücher.example.com", "123456", 10)
        with pytest.raises(Unavailable) as refused:
            mailer.send_code("änna@example.com", "123456", 10)
        assert len(old.box.letters) == 1 and "nna" not in str(refused.value)


def test_a_password_never_leaves_this_machine_in_the_clear() -> None:
    # Breaks when a house logs in to its mail server where anybody on the way can read the password.
    with pytest.raises(SettingsError, match="smtp_starttls"):
        SmtpMailer("mail.example.com", 25, "gate@example.com", starttls=False, username="u", password="p")
    SmtpMailer("127.0.0.1", 25, "gate@example.com", starttls=False, username="u", password="p")
