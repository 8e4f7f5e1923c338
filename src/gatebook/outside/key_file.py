"""Keys in files: key-encryption keys, index keys and signing keys of a house without a key service.

The trap guarded against: a key file others on the machine can read; wrong permissions are refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gatebook.errors import SettingsError, VaultError

_NONCE, _KEY = 12, 32


class FileKeys:
    """The ``KeyEncryption`` port over a folder of mode 0700; every key is 32 random bytes in a file of mode 0600."""

    def __init__(self, folder: Path, draw: Callable[[int], bytes]) -> None:
        self._folder, self._draw = folder, draw
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            raise SettingsError("the key folder can be read by others; run: chmod 700 on it")

    def current(self) -> str:
        """Return the id of the current key; the first is made on first use."""
        pointer = self._folder / "kek.current"
        if not pointer.exists():
            return self.rotate()
        return self._read(pointer).decode()

    def rotate(self) -> str:
        """Make a new current key and return its id; old ones still unwrap."""
        key_id = f"kek-{len(list(self._folder.glob('kek-*.key'))) + 1:04d}"
        self._write(self._folder / f"{key_id}.key", self._draw(_KEY))
        self._write(self._folder / "kek.current", key_id.encode())
        return key_id

    def wrap(self, plaintext: bytes, context: bytes) -> tuple[str, bytes]:
        """Wrap under the current key, bound to ``context``."""
        key_id, nonce = self.current(), self._draw(_NONCE)
        return key_id, nonce + AESGCM(self._key(key_id)).encrypt(nonce, plaintext, context)

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Unwrap; VaultError when the key is not there or the context is another."""
        try:
            return AESGCM(self._key(key_id)).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], context)
        except InvalidTag:
            raise VaultError("a data key does not unwrap: it belongs to another subject or was changed") from None

    def index_key(self, field: str) -> bytes:
        """Return the key under which values of ``field`` are indexed, derived from the master secret."""
        path = self._folder / "index.key"
        if not path.exists():
            self._write(path, self._draw(_KEY))
        return HKDF(hashes.SHA256(), _KEY, None, b"gatebook/" + field.encode()).derive(self._read(path))

    def signing_key(self, name: str) -> Ed25519PrivateKey:
        """Return the signing key of a name, made on first use."""
        path = self._folder / f"{name}.ed25519"
        if not path.exists():
            self._write(path, self._draw(_KEY))
        return Ed25519PrivateKey.from_private_bytes(self._read(path))

    def _key(self, key_id: str) -> bytes:
        path = self._folder / f"{key_id}.key"
        if not path.exists():
            raise VaultError("a key-encryption key is missing from the key folder")
        return self._read(path)

    def _read(self, path: Path) -> bytes:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"the key file {path.name} can be read by others; run: chmod 600 on it")
        return path.read_bytes()

    def _write(self, path: Path, data: bytes) -> None:
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        part.replace(path)
