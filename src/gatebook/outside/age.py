"""Encrypting to an operator's own age key, piece by piece, and opening what was encrypted so.

The trap guarded against: a copy of keys that lies in the clear for a moment. Nothing is written before it is encrypted;
age draws a key for each file, which is in that file alone and wrapped to its recipients alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from gatebook.errors import FieldProblem, InvalidInput, VaultError, reason_of

_HEADER = b"age-encryption.org/"


class _Pieces(io.RawIOBase):
    """Reads as a file what is made piece by piece."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  the library's shape
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count


def encrypt(pieces: Iterable[bytes], recipients: Sequence[str], out: IO[bytes]) -> None:
    """Encrypt what is made piece by piece to recipients as ``age1...``. Raises InvalidInput for one that is none."""
    import pyrage  # noqa: PLC0415  for who makes a copy of keys

    try:
        known = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    except pyrage.RecipientError:
        problem = FieldProblem("/recipient", "malformed", "an age public key, as age1...; never the secret one")
        raise InvalidInput("this is no recipient", (problem,)) from None
    pyrage.encrypt_io(io.BufferedReader(_Pieces(iter(pieces)), 1 << 16), out, known)


def decrypt(file: Path, identity: Path) -> bytes:
    """Return what was encrypted. Raises VaultError where the identity is another or the file was changed or cut off."""
    import pyrage  # noqa: PLC0415  as above

    held, out = _identities(identity), io.BytesIO()
    try:
        with file.open("rb") as sealed:
            if sealed.read(len(_HEADER)) != _HEADER:
                raise VaultError("this is no file of keys: it is not encrypted with age")
            sealed.seek(0)
            pyrage.decrypt_io(sealed, out, held)
    except pyrage.DecryptError:
        raise VaultError("this file of keys does not open: it is for another identity, or was changed") from None
    except OSError as error:
        why = reason_of(error) if error.errno else "it was changed or cut off"
        raise VaultError(f"this file of keys does not open: {why}") from None
    return out.getvalue()


def _identities(path: Path) -> list[Any]:
    import pyrage  # noqa: PLC0415  as above

    try:
        lines = path.read_text("ascii").splitlines()
        found = [pyrage.x25519.Identity.from_str(line) for line in map(str.strip, lines) if line and line[0] != "#"]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError):
        found = []
    if not found:
        raise VaultError("the identity cannot be read; it is a file with a line AGE-SECRET-KEY-1...")
    return found
