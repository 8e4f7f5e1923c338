"""A socket over which processes of one house ask the one that holds the access record.

The trap guarded against: a stranger on the machine. The socket lies in the house's own folder, open to its owner
alone, and whoever asks has to be that owner; what travels is plain data and is never run.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from gatebook import errors
from gatebook.errors import GatebookError, Unavailable

_LENGTH = struct.Struct(">I")
_MOST_BYTES = 1 << 30
_ANSWER_S = 120.0


class Call(msgspec.Struct):
    """A call: the name of what is asked, and its arguments as the asked one reads them."""

    name: str
    arguments: bytes


class Reply(msgspec.Struct):
    """An answer, or the kind and message of one of our errors."""

    value: bytes = b""
    error: str = ""
    message: str = ""


class Offered(msgspec.Struct, frozen=True):
    """One thing that may be asked: types of its arguments and its answer, and, where it is answered, by what."""

    arguments: Any
    answer: Any
    ask: Callable[..., Any]


class Listener:
    """Answers calls on a socket file until it is closed, each connection in a thread of its own."""

    def __init__(self, path: Path, offered: Mapping[str, Offered]) -> None:
        self._path, self._offered = path, offered
        self._open: set[socket.socket] = set()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path.unlink(missing_ok=True)  # only the one who holds the record comes here; whoever left it is gone
        try:
            with _short(path) as name:
                self._socket.bind(name)
            path.chmod(0o600)
            self._socket.listen(64)
        except BaseException:
            self._socket.close()
            raise
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Answer nobody any more. Done while the record is still held, so that the file is no successor's."""
        self._path.unlink(missing_ok=True)
        for found in (self._socket, *self._open):
            with suppress(OSError):  # gone already
                found.shutdown(socket.SHUT_RDWR)
            found.close()

    def _accept(self) -> None:
        while True:
            try:
                found, _ = self._socket.accept()
            except OSError:  # closed
                return
            self._open.add(found)
            threading.Thread(target=self._serve, args=(found,), daemon=True).start()

    def _serve(self, asker: socket.socket) -> None:
        with asker, suppress(OSError):  # whoever asked may be gone
            while data := _received(asker):
                _send(asker, msgspec.msgpack.encode(self._answer(data)))
        self._open.discard(asker)

    def _answer(self, data: bytes) -> Reply:
        try:
            call = msgspec.msgpack.decode(data, type=Call)
            offered = self._offered[call.name]
            arguments = msgspec.msgpack.decode(call.arguments, type=offered.arguments)
            return Reply(msgspec.msgpack.encode(offered.ask(*arguments)))
        except GatebookError as error:
            return Reply(error=type(error).__name__, message=error.message)
        except (KeyError, msgspec.MsgspecError):
            return Reply(error="Unavailable", message="another version of this program holds the access record")
        except Exception as error:  # noqa: BLE001  whatever it is, the asker is answered and nothing of it travels
            return Reply(error="GatebookError", message=f"the access record did not answer ({type(error).__name__})")


class Asker:
    """Asks over the socket file, each time by a connection of its own, which costs next to nothing here."""

    def __init__(self, path: Path, offered: Mapping[str, Offered]) -> None:
        self._path, self._offered = path, offered

    def ask(self, name: str, *arguments: object) -> Any:  # noqa: ANN401  as the offered thing answers
        """Return the answer. Raises Unavailable where nobody answers, and whatever error the other side told."""
        call = msgspec.msgpack.encode(Call(name, msgspec.msgpack.encode(arguments)))
        try:
            data = self._exchanged(call)
        except OSError:
            data = b""
        if not data:
            raise Unavailable("the process that holds the access record did not answer; try again")
        reply = msgspec.msgpack.decode(data, type=Reply)
        if reply.error:
            kind = getattr(errors, reply.error, GatebookError)
            raise kind(reply.message)
        return msgspec.msgpack.decode(reply.value, type=self._offered[name].answer)

    def _exchanged(self, call: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection, _short(self._path) as name:
            connection.settimeout(_ANSWER_S)
            connection.connect(name)
            _send(connection, call)
            return _received(connection)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Give a name of the socket that fits the system's 108 bytes: by its open folder, where the whole one does not."""
    whole = str(path.absolute())
    if len(os.fsencode(whole)) < 100:  # noqa: PLR2004  sun_path holds 108 bytes with its end
        yield whole
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _send(connection: socket.socket, data: bytes) -> None:
    connection.sendall(_LENGTH.pack(len(data)) + data)


def _received(connection: socket.socket) -> bytes:
    """Return one message, or nothing when the other side is gone or sends what is none."""
    head = _exactly(connection, _LENGTH.size)
    if len(head) < _LENGTH.size or (length := _LENGTH.unpack(head)[0]) > _MOST_BYTES:
        return b""
    return _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        try:
            part = connection.recv(min(length - len(found), 1 << 20))
        except OSError:
            return b""
        if not part:
            return b""
        found += part
    return bytes(found)
