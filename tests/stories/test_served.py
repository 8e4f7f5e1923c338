"""A house served by a real process: what its log holds, how it ends, and what it says when it cannot begin."""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import resource
import socket
import sqlite3
import subprocess
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

import builders as b
from serving import GATEBOOK, make_house, run, served


@pytest.fixture
def house(tmp_path: Path) -> Path:
    make_house(tmp_path / "house")
    return tmp_path / "house"


def _key(house: Path, *scopes: str) -> dict[str, str]:
    return {"Authorization": "Bearer " + run("keys", "make", *scopes, "--quiet", "--house", str(house)).strip()}


def test_a_crash_tells_its_kind_and_place_and_nothing_of_its_content(house: Path) -> None:
    # Breaks when a traceback, a statement or anything an applicant said reaches the log or the caller.
    key = _key(house, "apply")
    with served(house) as found, httpx.Client(base_url=found.url, headers=key, trust_env=False) as client:
        with contextlib.closing(sqlite3.connect(house / "state.db")) as state, state:
            broken = b'{"hash":"x","scopes":["apply"],"ends_at":"Eriksson anna@example.com"}'
            assert state.execute("UPDATE shelf SET value = ? WHERE kind = 'api-key'", (broken,)).rowcount == 1
        answer = client.post("/v1/applications", json=b.application())
        assert (answer.status_code, answer.json()["type"]) == (500, "/docs/problems#error")
        assert client.get("/healthz").text == "alive"
    lines = [json.loads(line) for line in found.lines]  # every line is ours
    failed = next(line for line in lines if line["event"] == "failed")
    assert failed["error"] == "ValueError"
    assert re.fullmatch(r"gatebook/canonical\.py:\d+", failed["place"])
    text = "".join(found.lines)
    for secret in ("Traceback", "INSERT", "SELECT", "Eriksson", "anna@", "203.0.113.9", "127.0.0.1", *key.values()):
        assert secret not in text


def test_what_the_server_itself_would_say_goes_through_our_log(house: Path) -> None:
    # Breaks when the server writes lines of its own, with an address or what was sent in them.
    with served(house) as found:
        port = int(found.url.rpartition(":")[2])
        for sent in (b"\x16\x03\x01hello\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port)) as raw:
                raw.sendall(sent)
                assert raw.recv(4096).startswith(b"HTTP/1.1 400")
    lines = [json.loads(line) for line in found.lines]
    assert {line["logger"] for line in lines if line["event"] == "a library logged"} == {"uvicorn.error"}
    assert "127.0.0.1" not in "".join(found.lines)


def test_a_request_under_way_is_answered_before_the_house_closes(house: Path) -> None:
    # Breaks when stopping a service loses what it was just asked.
    arrived, answer_now = threading.Event(), threading.Event()

    class Gateway(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.set()
            answer_now.wait(30)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    gateway = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=gateway.serve_forever, args=(0.01,), daemon=True).start()
    with (house / "gatebook.toml").open("a") as file:
        file.write(f'text_hook_url = "http://127.0.0.1:{gateway.server_port}"\ntext_hook_secret = "s"\n')
    answers: list[Any] = []
    with served(house) as found:
        client = httpx.Client(base_url=found.url, headers=_key(house, "apply"), timeout=60, trust_env=False)
        application_id = client.post("/v1/applications", json=b.application()).json()["application_id"]
        url = f"/v1/applications/{application_id}/codes"
        asking = threading.Thread(target=lambda: answers.append(client.post(url, json={"channel": "phone"})))
        asking.start()
        assert arrived.wait(30)
        stopping = threading.Thread(target=lambda: answers.append(found.stop()))
        stopping.start()
        while _connects(found.url):  # until it takes no more requests
            pass
        answer_now.set()
        asking.join()
        stopping.join()
    client.close()
    gateway.shutdown()
    gateway.server_close()
    assert sorted(str(a if isinstance(a, int) else a.status_code) for a in answers) == ["0", "202"]


def _connects(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))).close()
    except OSError:
        return False
    return True


def test_a_service_that_cannot_begin_says_why_in_one_sentence(house: Path) -> None:
    # Breaks when a port in use, or an address of another machine, ends in a traceback.
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for host, at, status, words in (
            ("127.0.0.1", port, 1, f"cannot listen on 127.0.0.1 port {port}: address already in use"),
            ("203.0.113.7", "0", 1, "cannot assign requested address"),
            ("no such host", "0", 1, "cannot listen on no such host"),
            ("127.0.0.1", "70000", 2, "65535"),
        ):
            done = subprocess.run(
                [*GATEBOOK, "serve", "--house", str(house), "--host", host, "--port", at],
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            assert done.returncode == status, done.stderr
            assert words in done.stderr and "Traceback" not in done.stderr
            if status == 1:
                assert len(done.stderr.strip().splitlines()) == 1


def _address(found: Any) -> tuple[str, int]:
    return "127.0.0.1", int(found.url.rpartition(":")[2])


def _said(raw: socket.socket) -> bytes:
    """Everything the house says until it hangs up."""
    raw.settimeout(60)
    found = b""
    with contextlib.suppress(ConnectionError):
        while more := raw.recv(65536):
            found += more
    return found


def test_a_connection_that_never_asks_is_let_go(house: Path) -> None:
    # Breaks when silence, or headers that trickle in, hold a place for as long as somebody likes.
    with served(house) as found, contextlib.ExitStack() as held:
        silent, half, after = (held.enter_context(socket.create_connection(_address(found))) for _ in range(3))
        half.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        after.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        while not (answered := after.recv(65536)).endswith(b"alive"):
            assert answered
        after.sendall(b"G")  # a byte is no second request
        assert [_said(raw) for raw in (silent, half, after)] == [b"", b"", b""]
        assert httpx.get(found.url + "/healthz", trust_env=False).text == "alive"


def test_silent_connections_do_not_shut_the_house(house: Path) -> None:
    # Breaks when as many connections as there are places, all silent, keep out whoever asks.
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with served(house) as found, contextlib.ExitStack() as held:
        for _ in range(1100):
            held.enter_context(socket.create_connection(_address(found)))
        for _ in range(5):
            assert httpx.get(found.url + "/healthz", trust_env=False, timeout=60).text == "alive"


def test_a_body_is_taken_from_nobody_without_a_key(house: Path) -> None:
    # Breaks when strangers fill the memory of the house, or its places, with bodies it will refuse anyway.
    key = _key(house, "apply", "gate")["Authorization"].encode()
    with served(house) as found, contextlib.ExitStack() as held:
        for path in (b"/v1/gate", b"/v1/applications", b"/v1/nowhere"):
            for more in (b"", b"Authorization: Bearer gbk.key_nobody.x\r\n", b"Expect: 100-continue\r\n"):
                raw = held.enter_context(socket.create_connection(_address(found)))
                raw.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n" + more + b"\r\n")
                assert _said(raw).startswith(b"HTTP/1.1 401"), path  # before a byte of the body, and hung up
        raw = held.enter_context(socket.create_connection(_address(found)))
        chunked = b"POST /v1/gate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
        raw.sendall(chunked)
        assert _said(raw).startswith(b"HTTP/1.1 401")
        known = held.enter_context(socket.create_connection(_address(found)))
        known.sendall(b"POST /v1/gate HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 17\r\nAuthorization: "
                      + key + b"\r\nExpect: 100-continue\r\n\r\n")  # fmt: skip
        known.settimeout(60)
        assert known.recv(65536).startswith(b"HTTP/1.1 100")
        known.sendall(b'{"account":"a_1"}')
        assert _said(known).startswith(b"HTTP/1.1 200")


def test_a_secret_is_printed_before_anything_that_may_fail(house: Path) -> None:
    # Breaks when a key is made, the ledger cannot be published, and its secret is lost for ever.
    (house / "ledger" / "checkpoint").write_bytes(b"not a checkpoint")
    for command in (
        ("keys", "make", "look"),
        ("keys", "make", "look", "--quiet"),
        ("webhooks", "add", "https://a.example/"),
    ):
        done = subprocess.run([*GATEBOOK, *command, "--house", str(house)], capture_output=True, text=True, check=False)
        assert done.returncode == 1 and re.search(r"gbk\.key_|whsec_", done.stdout), done.stdout + done.stderr
