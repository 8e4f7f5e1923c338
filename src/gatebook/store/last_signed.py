"""The ``LastSigned`` port: the newest signed tree head as a file in the key folder.

The trap guarded against: a memory of what was signed that is put back together with the ledger it guards.
"""

from __future__ import annotations

from pathlib import Path

from gatebook.store.files import write_durably


class LastSignedFile:
    """One file beside the signing key. It is a signed note and no secret: it may stand in for a lost checkpoint."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> bytes | None:
        """Return the note that was kept last, or None when none ever was."""
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            return None

    def keep(self, note: bytes) -> None:
        """Replace it; it has reached the disk when this returns."""
        write_durably(self._file, note)
