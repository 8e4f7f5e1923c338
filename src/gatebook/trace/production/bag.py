"""Building a production: a BagIt bag in one archive, whose bytes follow from its files and from nothing else.

The trap guarded against: room for what nobody listed. No date of this day, no compression, no comment and no order of
chance is in it, so that the verifier makes every byte that is no file's content again, and compares.

Files are written one behind the other as they come, so that a million rows are never in memory as a table.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import IO

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import Conflict, InvalidInput, TooLarge
from gatebook.trace.production import tables
from gatebook.trace.production.contents import FORM, Contents, custody_of, reason_of, record_of, run_of

_LIST, _TAGS, _NOTE = "manifest-sha256.txt", "tagmanifest-sha256.txt", "production.note"
_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_DATE, _MODE, _UNIX = (1980, 1, 1, 0, 0, 0), 0o100600 << 16, 3
_MOST_BYTES, _MOST_FILES = 2**32 - 2, 2**16 - 2  # of an archive that every reader reads in one way
_PAPER = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9]+")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_PIECE = 1 << 20
#: Gives the signed note of a text (``record.checkpoint.note_of``).
SignNote = Callable[[str], bytes]
#: Gives papers that quote the digest of the list of all files, and so cannot be in it: they stand beside ``data/``.
PapersBeside = Callable[[str], Mapping[str, bytes]]
_Chunks = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: the digest of the list of its files, which the ledger gets, and its counts."""

    digest: str
    counts: Mapping[str, int]


def write_bag(
    contents: Contents, papers: Mapping[str, bytes], beside: PapersBeside, sign_note: SignNote, out: IO[bytes]
) -> Built:
    """Write the production to ``out``, which can be sought in.

    ``papers`` are files of ``data/`` by name. Raises InvalidInput for a name no bag has, TooLarge over 4 GB or 65,534
    files, Conflict for entries that are there twice or whose proofs lead to another checkpoint.
    """
    _check(contents, papers)
    counts = counts_of(contents)
    writer = _Writer(zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=False), contents.production)
    with writer.archive:
        payload = {f"data/{name}": chunks for name, chunks in _payload(contents, papers, counts).items()}
        if len(payload) > _MOST_FILES - 100:  # what stands beside them
            raise TooLarge("a production holds at most 65,000 files; produce fewer records at a time")
        for name in sorted(payload):
            writer.write(name, payload[name]())
        listed = _list(writer.digests)
        digest = hashlib.sha256(listed).hexdigest()
        tags = {**beside(digest), _LIST: listed, "bagit.txt": _BAGIT, "bag-info.txt": _info(contents, writer)}
        own = _Writer(writer.archive, contents.production)
        for name in sorted(tags):
            _check_name(name)
            own.write(name, (tags[name],))
        listed = _list(own.digests)
        own.write(_TAGS, (listed,))
        text = "\n".join((FORM, contents.production, digest, hashlib.sha256(listed).hexdigest(), ""))
        own.write(_NOTE, (sign_note(text),))
    return Built(digest, counts)


def counts_of(contents: Contents) -> dict[str, int]:
    """Return what is counted of a production; ``events`` are rows shown, whole or in part."""
    parts = [part for record in contents.records for part in record.parts]
    shown = [tables.shown_in(piece) for run in contents.runs for piece in run.pieces]
    whole, in_part = sum(one for one, _ in shown), sum(one for _, one in shown)
    return {
        "accounts": len(contents.listed["items"]),
        "records": len(contents.records),
        "fields_shown": sum(not isinstance(part, str) for part in parts),
        "fields_withheld": sum(isinstance(part, str) for part in parts),
        "runs": len(contents.runs),
        "events": whole + in_part,
        "events_in_part": in_part,
        "rows_not_shown": sum(run.rows for run in contents.runs) - whole - in_part,
        "entries": len(contents.entries),
    }


def _check(contents: Contents, papers: Mapping[str, bytes]) -> None:
    if not _ID.fullmatch(contents.production):
        raise InvalidInput("the id of a production cannot name a folder")
    for name in papers:
        _check_name(name)
    positions = [one.position for one in contents.entries]
    if positions != sorted(set(positions)):
        raise Conflict("the entries of a production stand in order, each once")
    if not all(one.proof.endswith(b"\n\n" + contents.checkpoint) for one in contents.entries):
        raise Conflict("a proof of the production leads to another checkpoint than the one in it")


def _check_name(name: str) -> None:
    if not _PAPER.fullmatch(name) or name in {_TAGS, _NOTE}:
        raise InvalidInput("a paper of a production has a plain name in small letters, with one dot")


def _payload(contents: Contents, papers: Mapping[str, bytes], counts: Mapping[str, int]) -> dict[str, _Chunks]:
    """Return every file of ``data/`` as what gives its bytes."""
    found: dict[str, _Chunks] = {name: partial(_cut, data) for name, data in papers.items()}
    found |= {
        "records.csv": partial(tables.record_lines, contents.records),
        "accesses.csv": partial(tables.access_lines, contents.runs),
        "records.json": lambda: _listed(map(record_of, contents.records)),
        "runs.json": lambda: _listed(map(run_of, contents.runs)),
        "list.json": lambda: (canonical.encode(contents.listed),),
        "reasons.json": lambda: _listed(map(reason_of, contents.reasons)),
        "custody.json": lambda: _listed(custody_of(contents)),
        "production.json": lambda: (_json(_statement(contents, counts)),),
        "verify.py": partial(_cut, contents.verifier),
        "ledger/checkpoint": partial(_cut, contents.checkpoint),
        "ledger/vkey": partial(_cut, f"{contents.vkey.strip()}\n".encode()),
        "ledger/witnesses": partial(_cut, "".join(f"{one.strip()}\n" for one in contents.witnesses).encode()),
    }
    found |= {"ledger/checkpoint.tsr": partial(_cut, contents.token)} if contents.token else {}
    found |= {f"ledger/{one.position}.entry": partial(_cut, one.entry) for one in contents.entries}
    found |= {f"ledger/{one.position}.tlog-proof": partial(_cut, one.proof) for one in contents.entries}
    return found | {f"accesses/{n:06d}.rows": partial(iter, run.pieces) for n, run in enumerate(contents.runs, 1)}


def _statement(contents: Contents, counts: Mapping[str, int]) -> Plain:
    return {
        "form": FORM,
        "production": contents.production,
        "demand": contents.demand,
        "origin": contents.origin,
        "made_at": canonical.instant(contents.made_at),
        "instrument": contents.instrument,
        "reference": contents.reference,
        "authority": contents.authority,
        "counts": dict(counts),
    }


def _info(contents: Contents, writer: _Writer) -> bytes:
    told = {
        "Bagging-Date": canonical.instant(contents.made_at)[:10],
        "External-Identifier": contents.production,
        "Payload-Oxum": f"{writer.size}.{len(writer.digests)}",
        "Source-Organization": contents.origin,
    }
    return "".join(f"{key}: {value}\n" for key, value in told.items()).encode()


def _list(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


def _cut(data: bytes) -> Iterator[bytes]:
    whole = memoryview(data)
    return (bytes(whole[at : at + _PIECE]) for at in range(0, len(whole), _PIECE))


def _json(value: Plain) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _listed(values: Iterable[Plain]) -> Iterator[bytes]:
    """Yield a JSON list with a line for each of its values, which may be many."""
    separator = b"[\n"
    for value in values:
        yield separator + canonical.encode(value)
        separator = b",\n"
    yield b"\n]\n" if separator == b",\n" else b"[]\n"


@dataclass(slots=True)
class _Writer:
    """Writes files into the one folder of the archive, and keeps the digest of each and the size of all."""

    archive: zipfile.ZipFile
    folder: str
    digests: dict[str, str]
    size: int

    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        self.archive, self.folder, self.digests, self.size = archive, folder, {}, 0

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        told = zipfile.ZipInfo(f"{self.folder}/{name}", _DATE)
        told.create_system, told.external_attr = _UNIX, _MODE
        digest = hashlib.sha256()
        with self.archive.open(told, "w") as file:
            for chunk in chunks:
                self.size += len(chunk)
                if self.size > _MOST_BYTES:
                    raise TooLarge(
                        "a production holds at most 4 GB; produce a shorter time, or fewer accounts at a time"
                    )
                digest.update(chunk)
                file.write(chunk)
        self.digests[name] = digest.hexdigest()
