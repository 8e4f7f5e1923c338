"""Outside: real SMTP, real HTTP, and signatures another library accepts."""

from __future__ import annotations

import base64
import contextlib
import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from aiosmtpd.controller import Controller
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from standardwebhooks import Webhook

from gatebook.errors import ListError, SettingsError, Unavailable
from gatebook.outside.list_feeds import fetch
from gatebook.outside.log import keep_allowed
from gatebook.outside.mail import SmtpMailer
from gatebook.outside.text_message import TextMessageHook
from gatebook.outside.webhooks import WebhookSender, next_attempt_after, public_key_of, sign_ed25519, sign_hmac
from gatebook.procedures import open_account, webhooks
from gatebook.settings import Settings
from tls import self_signed

SEEN: list[tuple[str, dict[str, str], bytes]] = []


class Answers(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_POST(self) -> None:
        SEEN.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(type(self).status)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/SDN.CSV" else 503)
        self.end_headers()
        self.wfile.write(b"1,x,-0-,-0-")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    SEEN.clear()
    Answers.status = 200
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{found.server_port}"
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.fixture
def http_client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=5) as found:
        yield found


def test_a_code_goes_out_over_real_smtp_and_an_error_holds_no_address() -> None:
    # Breaks when mail is not sent, or a failure names the person.
    class Box:
        letters: ClassVar[list[Any]] = []

        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
            self.letters.append(envelope)
            return "250 OK"

    box = Box()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    mailer = SmtpMailer("127.0.0.1", port, "gate@example.com", starttls=False)
    mailer.send_code("anna@example.com", "123456", 10)
    with pytest.raises(Unavailable) as refused:
        mailer.send_code("anna@example.com\nBcc: x@example.com", "123456", 10)
    controller.stop()
    assert b"123456" in box.letters[0].content and len(box.letters) == 1
    with pytest.raises(Unavailable) as gone:
        mailer.send_code("anna@example.com", "123456", 10)
    assert "anna" not in str(refused.value) + str(gone.value)


def test_the_text_hook_is_signed_and_https_away_from_this_machine(server: str, http_client: httpx.Client) -> None:
    # Breaks when anybody could call the provider's gateway, or a number leaves in the clear.
    TextMessageHook(server, "secret", http_client).send_code("+46701234567", "123456", 10)
    _, headers, body = SEEN[0]
    Webhook(base64.b64encode(b"secret").decode()).verify(body, {k.lower(): v for k, v in headers.items()})
    with pytest.raises(SettingsError):
        TextMessageHook("http://sms.example.com", "secret", http_client)


def test_signatures_are_those_of_standard_webhooks() -> None:
    # Breaks when a receiver's ordinary library refuses our events.
    now = datetime.now(UTC)
    stamp, secret, key = int(now.timestamp()), b"k" * 32, Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    signed = " ".join((sign_hmac(secret, "msg_1", stamp, b"{}"), sign_ed25519(key, "msg_1", stamp, b"{}")))
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(stamp), "webhook-signature": signed}
    Webhook(base64.b64encode(secret).decode()).verify(b"{}", headers)
    shown = public_key_of(key)
    assert shown.startswith("whpk_")
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(shown.removeprefix("whpk_")))
    public.verify(base64.b64decode(signed.split("v1a,")[1]), f"msg_1.{stamp}.{{}}".encode())


def test_events_wait_for_a_receiver_that_was_away_and_private_addresses_are_refused(
    server: str, premises: Any, operator: Any
) -> None:
    # Breaks when an event is lost, sent twice, or reaches into a private network.
    import builders as b

    house = premises.house
    webhooks.add_endpoint(house, operator, server + "/hook", premises.webhook_secret)
    application_id, _ = open_account.open_account(house, operator, b.application())
    sender = WebhookSender(allow_private=True)

    def send(_: str, url: str, message_id: str, body: bytes) -> Any:
        return sender.deliver(url, body, {"webhook-id": message_id})

    Answers.status = 503
    assert webhooks.deliver_due(house, send, next_attempt_after) == 0
    with house.state.read() as work:
        queued = work.outbox.listing("queued", "", 9)
    assert [(m["attempt"], m["detail"]) for m in queued] == [(1, "status-503")]
    Answers.status = 200
    webhooks.ask_again(house, operator, queued[0]["message_id"])
    assert webhooks.deliver_due(house, send, next_attempt_after) == 1
    assert webhooks.deliver_due(house, send, next_attempt_after) == 0
    assert application_id.encode() in SEEN[-1][2] and b"Eriksson" not in SEEN[-1][2]
    strict = WebhookSender(allow_private=False)
    assert strict.deliver(server, b"{}", {}).detail == "private-address"


def test_the_page_shows_how_to_check_a_signature_with_the_key_the_house_shows(server: str, premises: Any) -> None:
    # Breaks when a receiver who follows docs/webhooks.md cannot check what the house really sends.
    page = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text("utf-8")
    shown: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], shown)  # noqa: S102  our own page
    object.__setattr__(premises, "settings", premises.settings.model_copy(update={"webhooks_allow_private": True}))
    assert premises.send_event("whe_1", server + "/hook", "msg_1", b'{"a":1}').ok
    headers = {name.lower(): value for name, value in SEEN[-1][1].items()}
    shown["check"](premises.webhook_key, headers, b'{"a":1}')
    with pytest.raises(InvalidSignature):
        shown["check"](premises.webhook_key, headers, b'{"a":2}')


def test_every_setting_is_explained() -> None:
    # Breaks when a setting is added that docs/settings.md does not know.
    page = (Path(__file__).resolve().parents[2] / "docs" / "settings.md").read_text("utf-8")
    assert [name for name in Settings.model_fields if f"`{name}`" not in page] == []


def test_a_list_is_fetched_whole_or_not_at_all(server: str, http_client: httpx.Client) -> None:
    # Breaks when half a list is kept or plain http is used away from this machine.
    assert fetch({"SDN.CSV": f"{server}/SDN.CSV"}, http_client)["SDN.CSV"] == b"1,x,-0-,-0-"
    with pytest.raises(Unavailable):
        fetch({"SDN.CSV": f"{server}/SDN.CSV", "ALT.CSV": f"{server}/ALT.CSV"}, http_client)
    with pytest.raises(ListError):
        fetch({"SDN.CSV": "http://lists.example.com/SDN.CSV"}, http_client)


class Redirects(http.server.BaseHTTPRequestHandler):
    """/n leads to /n-1 and /0 is the list; /away leads where ``away`` says."""

    away = ""

    def do_GET(self) -> None:
        name = self.path.strip("/")
        if name == "0":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"the list")
            return
        self.send_response(302)
        self.send_header("Location", type(self).away if name == "away" else f"/{int(name) - 1}")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def _redirecting(tls: ssl.SSLContext | None = None) -> Iterator[str]:
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirects)
    if tls:
        found.socket = tls.wrap_socket(found.socket, server_side=True)
    thread = threading.Thread(target=found.serve_forever, args=(0.01,))
    thread.start()
    yield f"{'https' if tls else 'http'}://localhost:{found.server_port}"
    found.shutdown()
    thread.join()
    found.server_close()


def test_a_list_is_never_fetched_in_the_clear_because_somebody_redirected(tmp_path: Path) -> None:
    # Breaks when a redirect takes a list from https to http, where anybody on the way may write it.
    theirs, ours = self_signed(tmp_path, "localhost")
    with (
        _redirecting() as plain,
        _redirecting(theirs) as secure,
        httpx.Client(timeout=5, verify=ours, trust_env=False) as client,
    ):
        assert fetch({"SDN.CSV": f"{secure}/5"}, client) == {"SDN.CSV": b"the list"}
        assert fetch({"SDN.CSV": f"{plain}/1"}, client) == {"SDN.CSV": b"the list"}
        for away in (f"{plain}/0", "http://lists.example.com/x", "ftp://localhost/x", "//[::1/", "file:///etc/passwd"):
            Redirects.away = away
            with pytest.raises((ListError, Unavailable)):
                fetch({"SDN.CSV": f"{secure}/away"}, client)
        Redirects.away = "http://lists.example.com/x"
        with pytest.raises(ListError):
            fetch({"SDN.CSV": f"{plain}/away"}, client)
        with pytest.raises(ListError):
            fetch({"SDN.CSV": f"{secure}/6"}, client)


def test_a_publisher_that_sends_a_byte_at_a_time_is_left(http_client: httpx.Client) -> None:
    # Breaks when fetching a list can last for ever.
    done = threading.Event()

    class Drips(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while not done.wait(0.01):
                    self.wfile.write(b"x")
                    self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            pass

    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Drips)
    thread = threading.Thread(target=found.serve_forever, args=(0.01,))
    thread.start()
    with pytest.raises(Unavailable):
        fetch({"SDN.CSV": f"http://127.0.0.1:{found.server_port}/"}, http_client, total_s=0.2)
    done.set()
    found.shutdown()
    thread.join()
    found.server_close()


def test_a_log_line_holds_no_personal_data() -> None:
    # Breaks when a key nobody allowed, or an exception's text, reaches the log.
    line = keep_allowed(
        None, "", {"event": "x", "name": "Anna", "email": "a@b", "status": 200, "exc_info": ValueError("Anna")}
    )
    assert line == {"event": "x", "status": 200, "error": "ValueError", "dropped_keys": 2}
