"""Keys in files: key-encryption keys, index keys and signing keys of a house without a key service.

The trap guarded against: a key file others on the machine can read (refused), and two first uses at once of which
one's key is overwritten, with everything it had sealed. A key is put in place whole, once, and never replaced.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gatebook.errors import SettingsError, VaultError

_NONCE, _KEY = 12, 32
_KEY_ID = re.compile(r"kek-([0-9]{4}|[1-9][0-9]{4,8})")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class FileKeys:
    """The ``KeyEncryption`` port over a folder of mode 0700; every key is 32 random bytes in a file of mode 0600.

    The current key is the one with the highest number. Any number of threads and processes may use one folder:
    whoever comes second to make a key reads the first one's. A ``.part`` file left by a crash is nobody's key.
    """

    def __init__(self, folder: Path, draw: Callable[[int], bytes]) -> None:
        self._folder, self._draw = folder, draw
        self._safe: set[str] = set()  # names known to have reached the disk
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            raise SettingsError("the key folder can be read by others; run: chmod 700 on it")
        _flush(folder.parent)

    def current(self) -> str:
        """Return the id of the current key; the first is made on first use."""
        newest = self._newest()
        if not newest:
            self._make(_file(_id(1)))
        return _id(newest or self._newest())

    def rotate(self) -> str:
        """Make a new current key and return its id; old ones still unwrap."""
        number = self._newest() + 1
        while not self._make(_file(_id(number))):
            number += 1
        return _id(number)

    def wrap(self, plaintext: bytes, context: bytes) -> tuple[str, bytes]:
        """Wrap under the current key, bound to ``context``."""
        key_id, nonce = self.current(), self._draw(_NONCE)
        return key_id, nonce + AESGCM(self._key(key_id)).encrypt(nonce, plaintext, context)

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Unwrap; VaultError when the key is not there or the context is another."""
        try:
            return AESGCM(self._key(key_id)).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], context)
        except (InvalidTag, ValueError):
            raise VaultError("a data key does not unwrap: it belongs to another subject or was changed") from None

    def index_key(self, field: str) -> bytes:
        """Return the key under which values of ``field`` are indexed, derived from the master secret."""
        return HKDF(hashes.SHA256(), _KEY, None, b"gatebook/" + field.encode()).derive(self._made("index.key"))

    def signing_key(self, name: str) -> Ed25519PrivateKey:
        """Return the signing key of a name, made on first use."""
        if not _NAME.fullmatch(name):
            raise SettingsError("a signing key is named by a short slug")
        return Ed25519PrivateKey.from_private_bytes(self._made(f"{name}.ed25519"))

    def _newest(self) -> int:
        """Return the highest number of a key there is; 0 for none."""
        found = (_KEY_ID.fullmatch(path.stem) for path in self._folder.glob("kek-*.key"))
        return max((int(match[1]) for match in found if match), default=0)

    def _key(self, key_id: str) -> bytes:
        # The id comes from a database: it has to be one before it may name a file.
        if not _KEY_ID.fullmatch(key_id):
            raise VaultError("a data key names a key-encryption key that cannot be one")
        try:
            return self._read(_file(key_id))
        except FileNotFoundError:
            raise VaultError("a key-encryption key is missing from the key folder") from None

    def _made(self, name: str) -> bytes:
        with contextlib.suppress(FileNotFoundError):
            return self._read(name)
        self._make(name)
        return self._read(name)

    def _read(self, name: str) -> bytes:
        with (self._folder / name).open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise SettingsError(f"the key file {name} can be read by others; run: chmod 600 on it")
            key = file.read(_KEY + 1)
        if len(key) != _KEY:
            raise SettingsError(f"the key file {name} is not a key of 32 bytes; put it back from your backup")
        if name not in self._safe:  # whoever made it may not have come to flushing the folder yet
            _flush(self._folder)
            self._safe.add(name)
        return key

    def _make(self, name: str) -> bool:
        """Put a new key in place unless there is one; return whether this call did. Linking never replaces."""
        handle, part = tempfile.mkstemp(".part", f".{name}.", self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self._draw(_KEY))
                file.flush()
                os.fsync(handle)
            os.link(part, self._folder / name)
        except FileExistsError:
            return False
        except OSError as error:
            raise SettingsError(f"a new key cannot be put in the key folder: {error.strerror}") from None
        finally:
            Path(part).unlink()
            _flush(self._folder)
        return True


def _id(number: int) -> str:
    return f"kek-{number:04d}"


def _file(key_id: str) -> str:
    return f"{key_id}.key"


def _flush(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
