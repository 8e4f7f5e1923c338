"""Mail: one-time codes over SMTP.

The trap guarded against: an address in an exception, a header or a second recipient injected through one, and a
server that is not who the settings name.
"""

from __future__ import annotations

import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage

from email_validator import validate_email

from gatebook.errors import SettingsError, Unavailable

_TIMEOUT_S = 10
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class SmtpMailer:
    """Sends codes through a mail server, with STARTTLS unless told otherwise.

    The server's certificate has to be good for ``host`` by ``context``; without one, by the authorities the system
    trusts. A password without STARTTLS goes to this machine only. A domain that is not ASCII goes out in its ASCII
    form; a mailbox that is not needs a server with SMTPUTF8.
    """

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        starttls: bool,
        username: str = "",
        password: str = "",
        context: ssl.SSLContext | None = None,
    ) -> None:
        if username and not starttls and host not in _LOOPBACK:
            raise SettingsError("smtp_username without smtp_starttls would send the password for anybody to read")
        self._host, self._port, self._sender = host, port, sender
        self._starttls, self._username, self._password = starttls, username, password
        self._context = context

    def send_code(self, destination: str, code: str, expires_minutes: int) -> None:
        """Send a code. Raises Unavailable, without the address, when the server does not take it."""
        fault = ""
        try:
            self._send(_mailbox(destination), code, expires_minutes)
        except smtplib.SMTPNotSupportedError as error:
            fault = f"{type(error).__name__}; see smtp_starttls and smtp_username in gatebook.toml"
        except (OSError, smtplib.SMTPException, MessageError, ValueError) as error:
            fault = type(error).__name__
        if fault:  # raised out here, so that what the library said is not even its context
            raise Unavailable(f"the mail server did not take the code ({fault})")

    def _send(self, mailbox: Address, code: str, expires_minutes: int) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, mailbox, "Your confirmation code"
        message.set_content(
            f"Your confirmation code is {code}\n\nIt holds for {expires_minutes} minutes and works once.\n"
            "If you did not ask for it, you need do nothing.\n"
        )
        with smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_S) as server:
            if self._starttls:
                server.starttls(context=self._context or ssl.create_default_context())
            if self._username:
                server.login(self._username, self._password)
            server.send_message(message, to_addrs=[mailbox.addr_spec])


def _mailbox(destination: str) -> Address:
    """Return the one mailbox that ``destination`` is. Raises ValueError when it is none, or several."""
    found = validate_email(destination, check_deliverability=False, allow_smtputf8=True)
    return Address(username=found.local_part, domain=found.ascii_domain)
