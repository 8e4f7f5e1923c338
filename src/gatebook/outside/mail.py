"""Mail: one-time codes over SMTP.

The trap guarded against: an address in an exception or a header injected through one.
"""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

from gatebook.errors import Unavailable

_TIMEOUT_S = 10


class SmtpMailer:
    """Sends codes through a mail server, with STARTTLS unless told otherwise."""

    def __init__(
        self, host: str, port: int, sender: str, *, starttls: bool, username: str = "", password: str = ""
    ) -> None:
        self._host, self._port, self._sender = host, port, sender
        self._starttls, self._username, self._password = starttls, username, password

    def send_code(self, destination: str, code: str, expires_minutes: int) -> None:
        """Send a code. Raises Unavailable, without the address, when the server does not take it."""
        try:
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = self._sender, destination, "Your confirmation code"
            message.set_content(
                f"Your confirmation code is {code}\n\nIt holds for {expires_minutes} minutes and works once.\n"
                "If you did not ask for it, you need do nothing.\n"
            )
            with smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_S) as server:
                if self._starttls:
                    server.starttls()
                if self._username:
                    server.login(self._username, self._password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise Unavailable(f"the mail server did not take the code ({type(error).__name__})") from None
