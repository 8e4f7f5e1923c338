"""A backup as one file: a zip whose manifest, written last, names every other file in it by its digest.

The trap guarded against: half a backup under the name of a whole one, and a name in it that leads out of the folder it
is unpacked to. The file is written beside its place, flushed and renamed; only names of known form are ever read.
"""

from __future__ import annotations

import glob
import hashlib
import os
import secrets
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from gatebook.errors import Conflict, LedgerError, NotFound, Unavailable, reason_of
from gatebook.record.backup_form import MANIFEST, SIGNATURE, BackupManifest, Copied
from gatebook.store.files import flush_folder, make_folder

_PIECE = 1 << 20
_MOST_MANIFEST = 256 << 20
#: What is compressed already, and a state, most of which is encrypted: an eighth less of it takes over twice the time.
_PACKED = frozenset({".parquet", ".gz", ".zip", ".zst", ".db"})
#: Hears how many bytes were read of a file just now.
Moved = Callable[[int], None]


def _unheard(_: int) -> None:
    """Say nothing."""


class BackupWriter:
    """Takes files; what it took is named, with its digest, in ``files``."""

    def __init__(self, archive: zipfile.ZipFile, moved: Moved) -> None:
        self._archive, self._moved = archive, moved
        self.files: dict[str, Copied] = {}

    def add(self, name: str, path: Path) -> bool:
        """Take a file of the disk; False, taking nothing, where it went meanwhile."""
        try:
            with path.open("rb") as file:
                self._take(name, file)
        except FileNotFoundError:
            return False
        return True

    def add_bytes(self, name: str, data: bytes) -> None:
        """Take a file that is in memory."""
        with self._archive.open(_info(name), "w", force_zip64=True) as out:
            out.write(data)
        self.files[name] = Copied(hashlib.sha256(data).hexdigest(), len(data))

    def _take(self, name: str, file: BinaryIO) -> None:
        digest, size = hashlib.sha256(), 0
        with self._archive.open(_info(name), "w", force_zip64=True) as out:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                out.write(piece)
                self._moved(len(piece))
        self.files[name] = Copied(digest.hexdigest(), size)

    def finish(self, manifest: BackupManifest, signature: bytes) -> None:
        """Write the manifest over everything taken, and its signature."""
        for name, data in ((MANIFEST, manifest.to_bytes()), (SIGNATURE, signature)):
            with self._archive.open(_info(name), "w") as out:
                out.write(data)


def _info(name: str) -> zipfile.ZipInfo:
    # Of the time of writing nothing is told twice: it stands in the manifest.
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o600 << 16
    info.compress_type = zipfile.ZIP_STORED if Path(name).suffix in _PACKED else zipfile.ZIP_DEFLATED
    return info


@contextmanager
def writing(path: Path, moved: Moved = _unheard) -> Iterator[BackupWriter]:
    """Give a writer; when the block ends well the file stands under its name, for its owner alone.

    Raises Conflict for a file that is there, Unavailable where it cannot be written.
    """
    with writing_private(path) as file, zipfile.ZipFile(file, "w", compresslevel=1) as archive:
        yield BackupWriter(archive, moved)


@contextmanager
def writing_private(path: Path) -> Iterator[IO[bytes]]:
    """Give a file of mode 0600 that takes its name, durably, when the block ends well; it never replaces another.

    Raises Conflict and Unavailable as :func:`writing` does.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        make_folder(path.absolute().parent)
        if path.exists():
            raise Conflict("there is a file of this name; a backup never replaces another")
        for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):  # of one that was killed: no file of its own
            left.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # never replaces one that came meanwhile
        part.unlink()
        flush_folder(path.absolute().parent)
    except FileExistsError:
        raise Conflict("there is a file of this name; a backup never replaces another") from None
    except OSError as error:
        raise Unavailable(f"the backup cannot be written: {reason_of(error)}") from None
    finally:
        part.unlink(missing_ok=True)


class BackupReader:
    """Reads a backup: its manifest, and files checked against it."""

    def __init__(self, archive: zipfile.ZipFile, moved: Moved) -> None:
        self._archive, self._moved = archive, moved
        self.manifest_bytes = self._small(MANIFEST)
        self.signature = self._small(SIGNATURE)
        self.manifest = BackupManifest.from_bytes(self.manifest_bytes)
        there = [info.filename for info in archive.infolist()]
        if sorted(there) != sorted([*self.manifest.files, MANIFEST, SIGNATURE]):
            raise LedgerError("the files in this backup are not those its manifest names")

    def names(self, under: str = "") -> list[str]:
        """Return the names of files that begin so, in order."""
        return sorted(name for name in self.manifest.files if name.startswith(under))

    def read(self, name: str) -> bytes:
        """Return a file, checked. Raises LedgerError when it is another than was backed up."""
        return b"".join(self._pieces(name))

    def check(self, name: str) -> None:
        """Read a file and hold it against its digest. Raises LedgerError."""
        for _ in self._pieces(name):
            pass

    def unpack(self, name: str, path: Path, mode: int = 0o600) -> None:
        """Write a file to the disk, flushed; raises, as :meth:`read` does, once all of it was read."""
        make_folder(path.parent)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
            for piece in self._pieces(name):
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())

    def _pieces(self, name: str) -> Iterator[bytes]:
        said = self.manifest.files.get(name)
        if said is None:
            raise LedgerError("this backup lacks a file it needs")
        digest, size = hashlib.sha256(), 0
        try:
            with self._archive.open(name) as file:
                while piece := file.read(min(_PIECE, said.bytes - size + 1)):
                    digest.update(piece)
                    size += len(piece)
                    if size > said.bytes:
                        break
                    self._moved(len(piece))
                    yield piece
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError):
            raise LedgerError(_DAMAGED) from None
        if (digest.hexdigest(), size) != (said.sha256, said.bytes):
            raise LedgerError(_DAMAGED)

    def _small(self, name: str) -> bytes:
        try:
            with self._archive.open(name) as file:
                return file.read(_MOST_MANIFEST)
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError):
            raise LedgerError("this is no backup, or it was cut off: it has no manifest that can be read") from None


_DAMAGED = "a file in this backup is not what was backed up: it was changed or damaged"


@contextmanager
def reading(path: Path, moved: Moved = _unheard) -> Iterator[BackupReader]:
    """Give a reader of a backup. Raises NotFound for no file, LedgerError for what is no backup."""
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise NotFound("there is no such backup") from None
    except (OSError, zipfile.BadZipFile, ValueError):
        raise LedgerError("this is no backup, or it was cut off") from None
    with archive:
        yield BackupReader(archive, moved)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def total_of(files: Mapping[str, Copied]) -> int:
    """Return the bytes of all files."""
    return sum(one.bytes for one in files.values())
