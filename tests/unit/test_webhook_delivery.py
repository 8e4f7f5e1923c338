"""One delivery of an event: to the address that was judged, checked against the name, and bounded in time and size."""

from __future__ import annotations

import http.server
import ipaddress
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.errors import SettingsError
from gatebook.outside.pinned import is_public
from gatebook.outside.webhooks import DeliveryResult, WebhookSender, next_attempt_after
from gatebook.procedures import webhooks
from gatebook.procedures.tell import tell
from tls import self_signed


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
    return self_signed(tmp_path_factory.mktemp("tls"), "hook.example")


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


PRIVATE_V4 = (
    "0.0.0.0",  # noqa: S104  judged, not listened on
    "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
    "127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.0",
    "192.0.0.8", "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.88.99.1", "192.168.0.0", "192.168.255.255",
    "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.255", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255",
)  # fmt: skip
PUBLIC_V4 = (
    "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
    "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
    "223.255.255.255", "93.184.216.34",
)  # fmt: skip
#: How an IPv6 address leads to an IPv4 address: mapped, SIIT, 6to4 (refused as a whole), NAT64.
LEADS_TO_V4 = ("::ffff:{0}", "::ffff:0:{0}", "64:ff9b::{0}")
PRIVATE_V6 = (
    "::", "::1", "::2", "::127.0.0.1", "::10.0.0.1", "::93.184.216.34", "fe80::1", "fec0::1", "fc00::1", "fd00::1",
    "ff02::1", "100::1", "5f00::1", "64:ff9b:1::7f00:1", "64:ff9b:1::5db8:d822", "64:ff9a::1", "1fff:ffff::",
    "2001::1", "2001:0:1::", "2001:20::1", "2001:1ff:ffff::", "2001:db8::1", "2001:db8:ffff::", "2002:7f00:1::",
    "2002:5db8:d822::", "3fff::1", "3fff:fff::", "4000::1", "fe80::1%eth0",
)  # fmt: skip
PUBLIC_V6 = (
    "2001:200::1", "2001:db7::", "2001:db9::", "2003::1", "2606:2800:220:1::1", "3fff:1000::1", "3ffe::1",
    "2a00:1450::1",
)  # fmt: skip


@pytest.mark.parametrize(
    ("address", "public"),
    [
        *((a, False) for a in (*PRIVATE_V4, *PRIVATE_V6)),
        *((a, True) for a in (*PUBLIC_V4, *PUBLIC_V6)),
        *((form.format(a), False) for form in LEADS_TO_V4 for a in PRIVATE_V4),
        *((form.format(a), True) for form in LEADS_TO_V4 for a in PUBLIC_V4),
    ],
)
def test_a_private_address_is_known_in_every_form(address: str, public: bool) -> None:
    # Breaks when a private network can be reached by writing its address another way.
    assert is_public(address) is public


@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_judged_like_the_address_itself(inner: ipaddress.IPv4Address) -> None:
    # Breaks when an IPv6 form of an IPv4 address is judged otherwise than the address it leads to.
    forms = (
        ipaddress.IPv6Address((0xFFFF << 32) | int(inner)),
        ipaddress.IPv6Address((0xFFFF << 48) | int(inner)),
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


def _queue(premises: Any, operator: Any, *urls: str, count: int) -> list[str]:
    house = premises.house
    found = [webhooks.add_endpoint(house, operator, url, premises.webhook_secret)[0] for url in urls]
    with house.state.transaction() as work:
        for n in range(count):
            tell(house, work, "account.opened", account=f"acc_{n}")
    return found


def _at_once(act: Any, given: Any) -> list[Any]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(act, given))


def test_a_slow_endpoint_holds_up_no_other(premises: Any, operator: Any) -> None:
    # Breaks when a receiver that hangs keeps the events of all the others waiting behind its own.
    slow, _ = _queue(premises, operator, "https://slow.example/", "https://good.example/", count=120)
    let_go, got, held = threading.Event(), list[str](), threading.Event()

    def send(endpoint: str, _: str, message_id: str, __: bytes) -> DeliveryResult:
        if endpoint == slow:
            held.set()
            let_go.wait(60)
            return DeliveryResult(ok=False, retry=True, detail="readtimeout")
        got.append(message_id)
        assert held.wait(60)  # the slow one is at work meanwhile
        if len(got) == 120:
            let_go.set()
        return DeliveryResult(ok=True, retry=False, detail="status-200")

    assert webhooks.deliver_due(premises.house, send, next_attempt_after, _at_once) == 120
    assert len(set(got)) == 120


def test_two_deliverers_at_once_send_each_event_once(premises: Any, operator: Any) -> None:
    # Breaks when a second process, or the command beside the server, sends what the first has in hand.
    _queue(premises, operator, "https://a.example/", "https://b.example/", count=40)
    both, got = threading.Barrier(2, timeout=30), list[str]()

    def send(_: str, __: str, message_id: str, ___: bytes) -> DeliveryResult:
        got.append(message_id)
        if len(got) <= 2:
            both.wait()  # both are in the middle of it at the same moment
        return DeliveryResult(ok=True, retry=False, detail="status-200")

    def deliver(_: int) -> int:
        return webhooks.deliver_due(premises.house, send, next_attempt_after)

    assert sum(_at_once(deliver, range(2))) == 80
    assert len(got) == len(set(got)) == 80


def test_a_round_ends_in_time_and_what_it_left_comes_due_again(premises: Any, operator: Any) -> None:
    # Breaks when one round lasts as long as a receiver likes, or what it held and did not send is never sent.
    [endpoint] = _queue(premises, operator, "https://slow.example/", count=30)
    house, clock, tried = premises.house, [premises.now()], list[str]()
    house = replace(house, now=lambda: clock[0])

    def send(_: str, __: str, message_id: str, ___: bytes) -> DeliveryResult:
        tried.append(message_id)
        clock[0] += timedelta(seconds=10)
        return DeliveryResult(ok=False, retry=True, detail="readtimeout")

    began = clock[0]
    webhooks.deliver_due(house, send, lambda _: timedelta(days=1))
    assert clock[0] - began <= timedelta(seconds=30)
    first = len(tried)
    clock[0] += timedelta(seconds=120)
    for _ in range(30):
        webhooks.deliver_due(house, send, lambda _: timedelta(days=1))
        clock[0] += timedelta(seconds=120)
    assert (first < 30, len(tried), len(set(tried))) == (True, 30, 30)
    with house.state.read() as work:
        rows = work.outbox.listing("queued", "", 50)
    assert {(row["topic"], row["attempt"]) for row in rows} == {(endpoint, 1)}  # waiting its turn is no attempt


def test_what_is_queued_for_an_endpoint_that_was_removed_ends(premises: Any, operator: Any) -> None:
    # Breaks when events for nobody stay queued and stand before those for somebody.
    gone, stays = _queue(premises, operator, "https://gone.example/", "https://stays.example/", count=70)
    webhooks.remove_endpoint(premises.house, operator, gone)

    def send(*_: Any) -> DeliveryResult:
        return DeliveryResult(ok=True, retry=False, detail="status-200")

    while webhooks.deliver_due(premises.house, send, next_attempt_after):
        pass
    with premises.house.state.read() as work:
        rows = work.outbox.listing("", "", 500)
    assert {(r["topic"], r["state"], r["detail"]) for r in rows} == {
        (gone, "dead", "endpoint-removed"),
        (stays, "sent", "status-200"),
    }
