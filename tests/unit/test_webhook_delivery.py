"""One delivery of an event: to the address that was judged, checked against the name, and bounded in time and size."""

from __future__ import annotations

import datetime as dt
import http.server
import ipaddress
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from gatebook.errors import SettingsError
from gatebook.outside.pinned import is_public
from gatebook.outside.webhooks import DeliveryResult, WebhookSender


class Seen(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[..., Any]]:
    running: list[tuple[Any, threading.Thread]] = []

    def start(handler: Any = Seen, tls: ssl.SSLContext | None = None) -> Any:
        found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        found.seen, found.daemon_threads = [], True
        if tls:
            found.socket = tls.wrap_socket(found.socket, server_side=True)
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        running.append((found, thread))
        return found

    yield start
    for found, thread in running:
        found.shutdown()
        thread.join()
        found.server_close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for hook.example, and a client's that trusts it alone."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hook.example")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(1))
        .not_valid_after(now + dt.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(pem))
    server.load_cert_chain(pem, secret)
    return server, client


def test_a_name_that_changes_its_answer_reaches_no_private_network(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when the name is looked up once to be judged and once more to be connected to.
    inside, asked, connected = serve(), [], []

    def changing(host: str) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    sender = WebhookSender(allow_private=False, resolve=changing)
    result = sender.deliver(f"https://hook.example:{inside.server_port}/x", b"{}", {})
    assert (result.ok, result.retry, asked) == (False, True, ["hook.example"])
    assert connected == [("93.184.216.34", inside.server_port)]
    assert sender.deliver(f"https://hook.example:{inside.server_port}/x", b"{}", {}).detail == "private-address"
    assert len(connected) == 1 and inside.seen == []


def test_one_private_address_among_many_is_enough_to_refuse(serve: Any) -> None:
    # Breaks when only the first address of a name is judged.
    inside = serve()
    sender = WebhookSender(allow_private=False, resolve=lambda _: ["93.184.216.34", "127.0.0.1"])
    result = sender.deliver(f"http://localhost:{inside.server_port}/", b"{}", {})
    assert (result, inside.seen) == (DeliveryResult(ok=False, retry=False, detail="private-address"), [])


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1", "::1", "fe80::1", "fd00::1", "::",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "ff02::1"],
)  # fmt: skip
def test_a_private_address_is_known_in_every_form(address: str) -> None:
    # Breaks when a private network can be reached by writing its address another way.
    assert not is_public(address)
    assert is_public("93.184.216.34") and is_public("2606:2800:220:1::1") and is_public("64:ff9b::5db8:d822")


@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_judged_like_the_address_itself(inner: ipaddress.IPv4Address) -> None:
    # Breaks when an IPv6 form of an IPv4 address is judged otherwise than the address it leads to.
    forms = (
        ipaddress.IPv6Address((0xFFFF << 32) | int(inner)),
        ipaddress.IPv6Address((0x2002 << 112) | (int(inner) << 80)),
        ipaddress.IPv6Address((0x64FF9B << 96) | int(inner)),
    )
    assert {is_public(str(form)) for form in forms} == {is_public(str(inner))}


def test_tls_is_checked_against_the_name_and_the_host_is_kept(serve: Any, certificates: Any) -> None:
    # Breaks when connecting to an address makes the certificate of another name good enough.
    server, trust = certificates
    names: list[Any] = []
    server.sni_callback = lambda _, name, __: names.append(name)
    hook = serve(tls=server)
    sender = WebhookSender(allow_private=True, resolve=lambda _: ["127.0.0.1"], trust=trust)
    assert sender.deliver(f"https://hook.example:{hook.server_port}/in?a=1", b'{"a":1}', {"webhook-id": "msg_1"}).ok
    path, headers, body = hook.seen[0]
    found = {name.lower(): value for name, value in headers.items()}
    assert (path, body, names) == ("/in?a=1", b'{"a":1}', ["hook.example"])
    assert (found["host"], found["webhook-id"]) == (f"hook.example:{hook.server_port}", "msg_1")
    other = sender.deliver(f"https://other.example:{hook.server_port}/", b"{}", {})
    assert (other.ok, other.retry, other.detail, len(hook.seen)) == (False, True, "connecterror", 1)
    stranger = WebhookSender(allow_private=True, resolve=lambda _: ["127.0.0.1"])
    assert not stranger.deliver(f"https://hook.example:{hook.server_port}/", b"{}", {}).ok


def test_the_next_address_is_tried_when_one_does_not_answer(serve: Any) -> None:
    # Breaks when one dead address of a name makes its events wait.
    hook = serve()
    sender = WebhookSender(allow_private=True, resolve=lambda _: ["::1", "127.0.0.1"])
    assert sender.deliver(f"http://localhost:{hook.server_port}/", b"{}", {}).ok


def test_a_far_end_that_never_finishes_is_left_in_time(serve: Any) -> None:
    # Breaks when one byte at a time, or an answer without end, or a lookup that hangs, holds up every other event.
    done = threading.Event()

    class Drips(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
            while not done.wait(0.01):
                self.wfile.write(b"x")

    class Floods(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"HTTP/1.1 202 OK\r\ncontent-length: 99999999999\r\n\r\n")
            with pytest.raises(OSError):  # noqa: PT011  the far end hung up
                while True:
                    self.wfile.write(b"x" * 65536)

    drips, floods = serve(Drips), serve(Floods)
    sender = WebhookSender(allow_private=True, total_s=0.3)
    assert sender.deliver(f"http://127.0.0.1:{drips.server_port}/", b"{}", {}).detail == "readtimeout"
    assert sender.deliver(f"http://127.0.0.1:{floods.server_port}/", b"{}", {}).detail == "status-202"

    def hangs(_: str) -> list[str]:
        done.wait(60)
        return []

    slow = WebhookSender(allow_private=True, total_s=0.3, resolve=hangs)
    assert slow.deliver("http://localhost/", b"{}", {}).detail == "connecttimeout"
    done.set()


def test_what_is_no_address_or_no_answer_may_be_tried_again_and_names_no_host() -> None:
    # Breaks when an odd address or answer ends in a crash of the whole queue, or its detail tells more than a slug.
    def unknown(_: str) -> list[str]:
        raise socket.gaierror("hook.example is unknown")

    sender = WebhookSender(allow_private=True, resolve=unknown)
    for url, again in (
        ("https://hook.example/", True),
        ("https://h\u00f6k.example/", True),
        (f"https://{'a' * 300}.example/", True),
        ("ftp://hook.example/", False),
        ("http://[::1/", False),
    ):
        result = sender.deliver(url, b"{}", {})
        assert (result.ok, result.retry, "example" in result.detail) == (False, again, False), url


def test_proxies_of_the_environment_are_left_aside_and_a_named_one_is_used(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when an event goes through a proxy nobody named, which would look the name up again by itself.
    proxy, hook = serve(), serve()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
    url = f"http://127.0.0.1:{hook.server_port}/in"
    assert WebhookSender(allow_private=True).deliver(url, b"{}", {}).ok
    assert (len(hook.seen), len(proxy.seen)) == (1, 0)
    named = WebhookSender(allow_private=False, proxy=f"http://127.0.0.1:{proxy.server_port}")
    assert named.deliver(url, b"{}", {}).ok
    assert (len(hook.seen), proxy.seen[0][0]) == (1, url)
    with pytest.raises(SettingsError):
        WebhookSender(allow_private=False, proxy="socks5://127.0.0.1:1")
