"""A production's archive and bag: one form for the same files, so that nothing can be added between, before or after.

The trap guarded against: an archive two readers read in two ways. Whatever stands in it that is no file's content is
made again from the files and compared: heads, order, lists, the bag's own papers. What is left to change is content,
and each content is in a list whose digest is signed.

The archive holds its files as they are, uncompressed, with one fixed date and mode. Their order: what is in ``data/``
by name, what stands beside it by name, the list of these, the signed note. The bag is BagIt 1.0 (RFC 8493), in one
folder named as the production.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Mapping

from gatebook_verifier.note import DoesNotHold

LIST, TAGS, NOTE = "manifest-sha256.txt", "tagmanifest-sha256.txt", "production.note"
_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_PAYLOAD = re.compile(r"data/(accesses/[0-9]{6}\.rows|ledger/[a-z0-9.-]+|[a-z][a-z0-9-]*\.[a-z0-9]+)")
_BESIDE = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9]+")
_BASE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_LOCAL, _CENTRAL = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_MADE_BY, _VERSION, _DATE, _MODE = 3 << 8 | 20, 20, 1 << 5 | 1, 0o100600 << 16
_MOST_FILES, _MOST_BYTES = 0xFFFE, 0xFFFFFFFE


def read_archive(data: memoryview) -> dict[str, memoryview]:
    """Return the files of an archive by name, in its order. Raises DoesNotHold unless it is the archive they make."""
    found: dict[str, memoryview] = {}
    central: list[bytes] = []
    at = 0
    while bytes(data[at : at + 4]) == b"PK\x03\x04" and at + _LOCAL.size <= len(data):
        *_, size, length, _extra = _LOCAL.unpack_from(data, at)
        start = at + _LOCAL.size + length
        name, body = _name(bytes(data[at + _LOCAL.size : start])), data[start : start + size]
        told = (zlib.crc32(body), len(body), len(body), length)
        if bytes(data[at:start]) != _local(told) + name.encode() or name in found:
            raise DoesNotHold("the archive is not the one that its files make: a file's head is another")
        central.append(_central(told, at) + name.encode())
        found[name], at = body, start + size
    whole = b"".join(central)
    end = (
        _END.pack(b"PK\x05\x06", 0, 0, len(found), len(found), len(whole), at, 0) if len(found) <= _MOST_FILES else b""
    )
    if at > _MOST_BYTES or bytes(data[at:]) != whole + end:
        raise DoesNotHold("the archive is not the one that its files make: something else stands after them")
    return found


def _name(raw: bytes) -> str:
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        raise DoesNotHold("the archive holds a file of a name that no production has") from None


def _local(told: tuple[int, int, int, int]) -> bytes:
    return _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE, *told, 0)


def _central(told: tuple[int, int, int, int], at: int) -> bytes:
    return _CENTRAL.pack(b"PK\x01\x02", _MADE_BY, _VERSION, 0, 0, 0, _DATE, *told, 0, 0, 0, 0, _MODE, at)


def read_bag(files: Mapping[str, memoryview]) -> tuple[str, dict[str, memoryview]]:
    """Return the bag's folder and its files by their name within it. Raises DoesNotHold for a name or place not due."""
    base = next(iter(files), "").partition("/")[0]
    if not _BASE.fullmatch(base) or not all(name.startswith(base + "/") for name in files):
        raise DoesNotHold("the archive does not hold one folder named as a production")
    found = {name[len(base) + 1 :]: body for name, body in files.items()}
    if list(found) != _order(found):
        raise DoesNotHold("a file of the bag is missing, is one too many, or stands in another place")
    return base, found


def _order(found: Mapping[str, memoryview]) -> list[str]:
    payload = sorted(name for name in found if _PAYLOAD.fullmatch(name))
    beside = {name for name in found if _BESIDE.fullmatch(name)} | {LIST, "bagit.txt", "bag-info.txt"}
    return [*payload, *sorted(beside - {TAGS, NOTE}), TAGS, NOTE]


def check_lists(found: Mapping[str, memoryview], info: Mapping[str, str]) -> tuple[str, str]:
    """Return the digests of both lists, once every list and paper of the bag is the one its files make."""
    payload = {name: body for name, body in found.items() if name.startswith("data/")}
    told = {**info, "Payload-Oxum": f"{sum(map(len, payload.values()))}.{len(payload)}"}
    whole = "".join(f"{key}: {told[key]}\n" for key in sorted(told)).encode()
    made = {LIST: _list(payload), "bagit.txt": _BAGIT, "bag-info.txt": whole}
    made[TAGS] = _list({name: found[name] for name in found if name not in payload and name not in {TAGS, NOTE}})
    for name, data in made.items():
        if bytes(found[name]) != data:
            raise DoesNotHold(f"{name} is not what the files of the bag make")
    return hashlib.sha256(made[LIST]).hexdigest(), hashlib.sha256(made[TAGS]).hexdigest()


def _list(files: Mapping[str, memoryview]) -> bytes:
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()
