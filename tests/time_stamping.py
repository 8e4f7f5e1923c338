"""A real time-stamp authority for tests: openssl behind HTTP on this machine, with a root of its own."""

from __future__ import annotations

import contextlib
import http.server
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = {name}
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.13762.3
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """Where it answers and its root; ``spoil`` changes what goes out, and ``seen`` keeps what came in."""

    folder: Path
    url: str = ""
    spoil: Callable[[bytes], bytes] = field(default=lambda answer: answer)
    status: int = 200
    seen: list[bytes] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        return openssl(
            "ts", "-reply", "-config", self.folder / "tsa.cnf", "-section", "here",
            "-queryfile", self.folder / "query.tsq", "-out", self.folder / "reply.tsr",
        ) or (self.folder / "reply.tsr").read_bytes()  # fmt: skip


def make_authority(folder: Path, name: str = "Test time-stamp root") -> Authority:
    """Make a root and a time-stamping certificate under it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, and it is the authority these tests ask")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "serial").write_text("01")
    config, leaf = folder / "tsa.cnf", folder / "leaf.cnf"
    config.write_text(_CONFIG.format(name=name, folder=folder))
    leaf.write_text(_CONFIG.format(name="Test time-stamp authority", folder=folder))
    key = ("-newkey", "rsa:2048", "-nodes")
    openssl(
        "req",
        "-x509",
        *key,
        "-keyout",
        folder / "root.key",
        "-out",
        folder / "root.pem",
        "-days",
        "3",
        "-config",
        config,
        "-extensions",
        "root",
    )
    openssl("req", "-new", *key, "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr", "-config", leaf)
    openssl(
        "x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "root.pem", "-CAkey", folder / "root.key",
        "-set_serial", "7", "-days", "2", "-extfile", config, "-extensions", "leaf", "-out", folder / "tsa.pem",
    )  # fmt: skip
    return Authority(folder)


@contextlib.contextmanager
def serving(authority: Authority) -> Iterator[Authority]:
    """Serve it on 127.0.0.1 until the block ends."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["content-length"]))
            authority.seen.append(query)
            answer = authority.spoil(authority.reply(query))
            self.send_response(authority.status)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def openssl_accepts(answer: Path, data: Path, root: Path) -> bool:
    """Whether ``openssl ts -verify`` takes an answer over the bytes of a file."""
    asked = ["openssl", "ts", "-verify", "-in", answer, "-data", data, "-CAfile", root]
    return subprocess.run(list(map(str, asked)), capture_output=True, check=False).returncode == 0


def openssl(*arguments: Any) -> bytes:
    """Run openssl and return what it prints."""
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True).stdout  # noqa: S607  from PATH
