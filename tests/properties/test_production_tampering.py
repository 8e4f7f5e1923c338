"""A production that was changed is found out: at random, with every list made anew, and by who holds the key itself."""

from __future__ import annotations

import hashlib
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gatebook.errors import GatebookError
from gatebook.terms.record_class import RecordClass
from gatebook.trace.production.contents import ProducedRecord, ProducedRun
from gatebook_verifier.production import Asked, check_production
from productions import Production, production

_RAW, _LISTED, _KEYED, _CONTENTS = 500, 150, 200, 150  # 1,000 together
_LATE = (
    "bag-info.txt",
    "bagit.txt",
    "certificate.txt",
    "manifest-sha256.txt",
    "tagmanifest-sha256.txt",
    "production.note",
)
#: Files each byte of which leads to the log, whoever holds the key today.
_BOUND = (".rows", ".entry", ".tlog-proof", "records.json", "runs.json", "list.json", "custody.json", ".csv")


@pytest.fixture
def made(premises: Any) -> Production:
    return production(premises, events=24)


def is_accepted(data: bytes, vkey: str) -> bool:
    findings = check_production(memoryview(data), Asked(vkey))
    return all(one.holds for one in findings)


def changed(data: bytes, draw: random.Random) -> bytes:
    """Change bytes somehow: one bit, a byte more or less, a piece moved, doubled, cut off, or zeroed."""
    place, length = draw.randrange(len(data)), draw.choice([1, 1, 2, 8, 64, 1000])
    rest, piece = data[place + length :], data[place : place + length]
    other = draw.randrange(len(data))
    found = [
        data[:place] + bytes([data[place] ^ (1 << draw.randrange(8))]) + data[place + 1 :],
        data[:place] + draw.randbytes(length) + data[place:],
        data[:place] + rest,
        data[:place],
        data + draw.randbytes(length),
        draw.randbytes(length) + data,
        data[:place] + piece + piece + rest,
        data[:place] + bytes(len(piece)) + rest,
        data[:other] + piece + data[other + length :],
    ]
    return draw.choice(found)


def test_no_random_change_is_accepted(made: Production) -> None:
    # Breaks when a byte of the file belongs to nothing that is checked.
    draw = random.Random(1)
    assert is_accepted(made.data, made.vkey)
    tried = 0
    while tried < _RAW:
        bad = changed(made.data, draw)
        if bad != made.data:
            assert not is_accepted(bad, made.vkey), f"tampering {tried} was accepted"
            tried += 1


def test_each_byte_of_the_archives_own_parts_is_looked_at(made: Production) -> None:
    # Breaks when a head, a date, a mode, a comment or the room between two files can be changed.
    end = made.data.rindex(b"PK\x05\x06")
    central = struct.unpack_from("<I", made.data, end + 16)[0]
    heads = [at for at in range(central) if made.data[at : at + 4] == b"PK\x03\x04"]
    places = [*range(central, len(made.data)), *(head + n for head in heads for n in range(30))]
    for place in places:
        bad = made.data[:place] + bytes([made.data[place] ^ 1]) + made.data[place + 1 :]
        assert not is_accepted(bad, made.vkey), f"byte {place} can be changed"


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def relisted(files: dict[str, bytes], sign: Callable[[str], bytes] | None) -> dict[str, bytes]:
    """Make lists and note of files anew, as somebody clever would; without a key the note stays."""
    files = dict(files)

    def listed(names: list[str]) -> bytes:
        return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(names)).encode()

    payload = [name for name in files if name.startswith("data/")]
    oxum = f"Payload-Oxum: {sum(len(files[name]) for name in payload)}.{len(payload)}"
    info = [oxum if line.startswith("Payload-Oxum") else line for line in files["bag-info.txt"].decode().split("\n")]
    files["bag-info.txt"] = "\n".join(info).encode()
    files["manifest-sha256.txt"] = listed(payload)
    files["tagmanifest-sha256.txt"] = listed([name for name in files if name in _LATE[:4]])
    if sign:
        digests = [
            hashlib.sha256(files[name]).hexdigest() for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt")
        ]
        files["production.note"] = sign("\n".join(("gatebook-production@v1", "prd_1", *digests, "")))
    return files


def packed(files: dict[str, bytes]) -> bytes:
    """Make the archive of files anew."""
    payload = [name for name in files if name.startswith("data/")]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in (*sorted(payload), *_LATE):
            told = zipfile.ZipInfo(f"prd_1/{name}", (1980, 1, 1, 0, 0, 0))
            told.create_system, told.external_attr = 3, 0o100600 << 16
            archive.writestr(told, files[name])
    return out.getvalue()


def test_packing_anew_is_done_rightly(made: Production) -> None:
    # Breaks when the tests below are refused for a reason of their own.
    files = files_of(made.data)
    assert packed(relisted(files, None)) == made.data
    assert packed(relisted(files, made.sign)) == made.data


def test_no_change_with_lists_made_anew_is_accepted(made: Production) -> None:
    # Breaks when the signature is over less than every file of the bag.
    draw, files = random.Random(2), files_of(made.data)
    for n in range(_LISTED):
        name = draw.choice([one for one in files if one not in _LATE or one == "certificate.txt"])
        bad = {**files, name: changed(files[name], draw) if files[name] else b"x"}
        if n % 10 == 0:
            bad = {one: data for one, data in files.items() if one != name or one in _LATE}
        if n % 10 == 1:
            bad = {**files, "data/more.txt": b"x"}
        if bad != files:
            assert not is_accepted(packed(bad if n % 3 == 0 else relisted(bad, None)), made.vkey), (
                f"{name} can be changed"
            )


def test_whoever_holds_the_key_cannot_change_what_the_log_holds(made: Production) -> None:
    # Breaks when a value, a row, a table or an entry can be changed by who can sign today.
    draw, files = random.Random(3), files_of(made.data)
    bound = [name for name in files if name.endswith(_BOUND)]
    tried = 0
    while tried < _KEYED:
        name = draw.choice(bound)
        place = draw.randrange(len(files[name]))
        bit = files[name][:place] + bytes([files[name][place] ^ (1 << draw.randrange(8))]) + files[name][place + 1 :]
        bad = {**files, name: draw.choice([bit, bit, changed(files[name], draw)])}
        if bad[name] != files[name] and not is_same_json(name, bad[name], files[name]):
            assert not is_accepted(packed(relisted(bad, made.sign)), made.vkey), f"{name} can be changed at {place}"
            tried += 1


def is_same_json(name: str, one: bytes, other: bytes) -> bool:
    """Whether two files say the same: room between values is nobody's word."""
    try:
        return name.endswith(".json") and name != "data/list.json" and json.loads(one) == json.loads(other)
    except ValueError:
        return False


def rows_of(piece: bytes) -> list[tuple[int, bytes, bytes]]:
    count = int.from_bytes(piece[:4], "little")
    lengths = struct.unpack_from(f"<{2 * count}I", piece, 4 + count)
    at, found = 4 + 9 * count, []
    for n in range(count):
        cut, end = at + lengths[n], at + lengths[n] + lengths[count + n]
        found.append((piece[4 + n], piece[at:cut], piece[cut:end]))
        at = end
    return found


def piece_of(rows: list[tuple[int, bytes, bytes]]) -> bytes:
    lengths = [len(one[1]) for one in rows] + [len(one[2]) for one in rows]
    head = len(rows).to_bytes(4, "little") + bytes(one[0] for one in rows)
    return head + struct.pack(f"<{len(lengths)}I", *lengths) + b"".join(a + b for _, a, b in rows)


def bad_record(record: ProducedRecord, draw: random.Random) -> ProducedRecord:
    parts = list(record.parts)
    fields = [n for n, part in enumerate(parts) if isinstance(part, list)]
    one, other = draw.sample(range(len(parts)), 2)
    n = draw.choice(fields)
    pointer, value, salt = parts[n]
    ways = [
        parts[:n] + parts[n + 1 :],
        [*parts[:n], [pointer, f"{value}x", salt], *parts[n + 1 :]],
        [*parts[:n], [pointer, value, salt[::-1]], *parts[n + 1 :]],
        [*parts[:n], [f"{pointer}x", value, salt], *parts[n + 1 :]],
        [*parts, parts[n]],
        [parts[other] if k == one else parts[one] if k == other else part for k, part in enumerate(parts)],
        ["00" * 32 if k == one else part for k, part in enumerate(parts)],
    ]
    taken = draw.choice(ways)
    pointers = [part[0] for part in taken if isinstance(part, list)]
    classes = {name: record.classes.get(name.removesuffix("x"), RecordClass.NAME) for name in pointers}
    whole = replace(record, parts=taken, classes=classes)
    of_itself = [
        replace(record, person="per_other"),
        replace(record, account="acc_other"),
        replace(record, kind="evidence.received"),
        replace(record, record="rec_other"),
        replace(record, position=record.position + 1),
    ]
    return draw.choice([whole, whole, whole, *of_itself])


def bad_run(run: ProducedRun, draw: random.Random) -> ProducedRun:
    rows = rows_of(run.pieces[0])
    n, m = draw.sample(range(len(rows)), 2)
    kind, session, activity = rows[n]
    swapped = [rows[m] if k == n else rows[n] if k == m else one for k, one in enumerate(rows)]
    at = draw.randrange(len(session) or 1)
    flipped = session[:at] + bytes([session[at] ^ 1]) + session[at + 1 :] if session else b""
    ways = [
        rows[:n] + rows[n + 1 :],
        [*rows[:n], rows[n], *rows[n:]],
        swapped,
        [*rows[:n], (kind, flipped, activity if session else bytes(32)), *rows[n + 1 :]],
        [*rows[:n], (0, b"", hashlib.sha256(session + activity).digest()), *rows[n + 1 :]],
    ]
    changed_rows = draw.choice(ways)
    of_run = replace(run, pieces=(piece_of(changed_rows),), rows=len(changed_rows))
    others = [
        replace(run, first=run.first + 1),
        replace(run, rows=run.rows + 1),
        replace(run, principal="other-1"),
        replace(run, account="acc_other"),
        replace(run, label_salt=bytes(32)),
        replace(run, path=run.path[::-1] if len(set(run.path)) > 1 else (*run.path, bytes(32))),
        replace(run, path=run.path[1:]),
        replace(run, before=(bytes(8), bytes(32))),
        replace(run, after=(b"\xff" * 8, bytes(32))),
        replace(run, from_at=(run.from_at or 0) + 60_000_000 * 40),
        replace(run, from_at=None),
        replace(run, activity=False),
        replace(run, position=run.position + 1),
    ]
    return draw.choice([of_run, of_run, of_run, *others])


def test_whoever_holds_the_key_cannot_build_another_production(made: Production) -> None:
    # Breaks when a record, a field, a row, an entry or a step can be dropped, moved or changed in a bag built anew.
    draw, whole = random.Random(4), made.contents
    tried = 0
    while tried < _CONTENTS:
        entry = draw.randrange(len(whole.entries))
        entries = list(whole.entries)
        other = entries[draw.randrange(len(entries))]
        step = draw.randrange(len(whole.custody))
        ways: list[dict[str, Any]] = [
            {"records": [bad_record(whole.records[0], draw)]},
            {"records": [bad_record(whole.records[0], draw)]},
            {"records": []},
            {"records": [*whole.records, *whole.records]},
            {"runs": [bad_run(whole.runs[0], draw), *whole.runs[1:]]},
            {"runs": [*whole.runs[:-1], bad_run(whole.runs[-1], draw)]},
            {"runs": whole.runs[1:]},
            {"runs": [*whole.runs, whole.runs[0]]},
            {"entries": [*entries[:entry], *entries[entry + 1 :]]},
            {"entries": [replace(one, entry=other.entry) if n == entry else one for n, one in enumerate(entries)]},
            {"entries": [replace(one, proof=other.proof) if n == entry else one for n, one in enumerate(entries)]},
            {"custody": [*whole.custody[:step], *whole.custody[step + 1 :]]},
            {"custody": [*whole.custody, whole.records[0].position - 1]},
            {"reasons": [one for one in whole.reasons if not one.is_given]},
            {"reasons": [replace(one, is_given=False) for one in whole.reasons]},
            {"reasons": [replace(one, is_given=True) for one in whole.reasons]},
            {"reasons": [replace(one, clause=f"{one.clause}x") for one in whole.reasons]},
            {"listed": {**whole.listed, "last_segment": 2}},
            {"listed": {**whole.listed, "items": []}},
            {"demand": "dem_2"},
            {"production": "prd_2"},
            {"instrument": "warrant"},
        ]
        change = draw.choice(ways)
        if all(getattr(whole, name) == value for name, value in change.items()):
            continue
        try:
            bad = made.again(**change)
        except (GatebookError, KeyError):  # refused by the house itself
            bad = b""
        assert not is_accepted(bad, made.vkey), f"{change} was accepted"
        tried += 1
