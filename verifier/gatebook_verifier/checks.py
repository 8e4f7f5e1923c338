"""The checks: checkpoint, whole log, consistency and inclusion, from files alone.

The trap guarded against: trusting a stored hash. Whatever a check says, it computed from entries or from a proof
that ends at a signed root.

What is checked of an entry in a log: it is JSON in its one byte form (RFC 8785, whole numbers up to 2**53-1 only), no
key twice, and has a kind, a version, a time and an operator. What is not: whether its kind exists, whether its fields
make sense, whether the time is plausible, whether what it says happened. An inclusion proof is about any bytes at all.
Files may be anything: whatever is malformed ends in :class:`DoesNotHold`, what cannot be opened in OSError.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import NoReturn

from gatebook_verifier import tree
from gatebook_verifier.note import (
    Checkpoint,
    DoesNotHold,
    number_of,
    read_base64,
    read_checkpoint,
    read_text,
    require_cosignatures,
)

_WIDTH, _LENGTH = 256, 2
_MOST_NUMBER = 2**53 - 1  # what every reader of JSON reads alike, as the canonical form has it
_END_OF_CALENDAR = 253_402_300_800  # the year 10000
_MOST_STEPS = 128  # of a proof; a tree of 2**63 leaves needs fewer


def _number(index: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(groups)


def _there(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _read(path: Path) -> bytes:
    data = _there(path)
    if data is None:
        raise DoesNotHold(f"the file {path.name} of the log is missing")
    return data


def _file(folder: Path, kind: str, index: int, width: int) -> tuple[bytes, int]:
    """Return a file and how many hashes or entries it has to hold.

    That is the whole one where the partial one is gone: a log may drop a partial one once it is full (tlog-tiles).
    """
    full = folder / "tile" / kind / _number(index)
    if width < _WIDTH and (data := _there(full.with_name(f"{full.name}.p") / str(width))) is not None:
        return data, width
    return _read(full), _WIDTH


def _bundle(folder: Path, index: int, width: int) -> list[bytes]:
    (data, held), at, entries = _file(folder, "entries", index, width), 0, []
    for _ in range(held):
        start = at + _LENGTH
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data):
        raise DoesNotHold(f"bundle {index} has the wrong length")
    return entries[:width]


def read_entries(folder: Path, size: int) -> list[bytes]:
    """Return the first ``size`` entries from the log's bundles; each bundle has to be used up exactly."""
    entries: list[bytes] = []
    for index in range((size + _WIDTH - 1) // _WIDTH):
        entries += _bundle(folder, index, min(_WIDTH, size - index * _WIDTH))
    return entries


def check_log(folder: Path, vkey: str, witnesses: Sequence[str] = ()) -> str:
    """Recompute the tree from every entry and compare it with every tile and the signed root."""
    note = _read(folder / "checkpoint")
    head, seen = read_checkpoint(note, vkey), cosigned(note, witnesses)
    entries = read_entries(folder, head.size)
    for position, entry in enumerate(entries):
        _check_entry(position, entry)
    hashes = [tree.leaf(entry) for entry in entries]
    if tree.root_of(hashes) != head.root:
        raise DoesNotHold("the entries do not lead to the signed root")
    _check_tiles(folder, hashes)
    return f"{head.size} entries lead to the root signed by {head.origin}, and every tile follows from them.{seen}"


def _check_tiles(folder: Path, row: list[bytes]) -> None:
    level = 0
    while row:
        for index in range((len(row) + _WIDTH - 1) // _WIDTH):
            part = row[index * _WIDTH : (index + 1) * _WIDTH]
            data, held = _file(folder, str(level), index, len(part))
            if len(data) != held * tree.HASH or data[: len(part) * tree.HASH] != b"".join(part):
                raise DoesNotHold(f"tile {level}/{index} does not follow from the entries")
        row = [tree.root_of(row[n : n + _WIDTH]) for n in range(0, len(row) - len(row) % _WIDTH, _WIDTH)]
        level += 1


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON, no key of which stands in it twice."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise DoesNotHold("an entry or a file names a key twice")
    return dict(pairs)


def _no_such_number(_: str) -> NoReturn:
    raise DoesNotHold("an entry holds a number that is not whole")


def _whole_number(digits: str) -> int:
    number = int(digits)
    if abs(number) > _MOST_NUMBER:
        raise DoesNotHold("an entry holds a number beyond 2**53-1")
    return number


def _sorted(value: object) -> object:
    """Order keys as RFC 8785 does: by UTF-16 code units."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    return [_sorted(inner) for inner in value] if isinstance(value, list) else value


def _check_entry(position: int, entry: bytes) -> None:
    try:
        value = json.loads(
            entry.decode(),
            object_pairs_hook=once,
            parse_int=_whole_number,
            parse_float=_no_such_number,
            parse_constant=_no_such_number,
        )
        form = json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        raise DoesNotHold(f"entry {position} is not JSON") from None
    if form != entry:
        raise DoesNotHold(f"entry {position} is not in its one byte form")
    if not isinstance(value, dict) or not {"kind", "version", "at", "operator"} <= value.keys():
        raise DoesNotHold(f"entry {position} is not an entry")


def check_consistency(old: Checkpoint, new: Checkpoint, folder: Path) -> str:
    """Show that the newer log begins with the older one, from the entries themselves."""
    _check_order(old, new)
    hashes = [tree.leaf(entry) for entry in read_entries(folder, new.size)]
    if tree.root_of(hashes) != new.root:
        raise DoesNotHold("the entries do not lead to the newer root")
    if tree.root_of(hashes[: old.size]) != old.root:
        raise DoesNotHold("the log was rewritten: the older root is not its beginning")
    return f"The log of {new.size} entries begins with the log of {old.size}."


def _check_order(old: Checkpoint, new: Checkpoint) -> None:
    if old.origin != new.origin or old.size > new.size:
        raise DoesNotHold("the two checkpoints are not an older and a newer one of one log")


def _proof_file(proof: bytes, lines_before: int) -> tuple[list[str], list[bytes], bytes]:
    """Return a proof file's first lines, its hashes, and the note it ends with."""
    head, separator, note = read_text(proof, "proof").partition("\n\n")
    lines = head.split("\n")
    if not separator or len(lines) < lines_before:
        raise DoesNotHold("this is no proof file")
    steps = [read_base64(line) for line in lines[lines_before:]]
    if len(steps) > _MOST_STEPS or any(len(step) != tree.HASH for step in steps):
        raise DoesNotHold("the proof is malformed")
    return lines[:lines_before], steps, note.encode()


def check_growth(old: Checkpoint, proof: bytes, vkey: str) -> str:
    """Check a consistency proof file: the log of its checkpoint begins with the log of ``old``."""
    (first,), steps, note = _proof_file(proof, 1)
    new = read_checkpoint(note, vkey)
    if not first.startswith("old ") or number_of(first[len("old ") :]) != old.size:
        raise DoesNotHold("the proof does not start at the older checkpoint")
    _check_order(old, new)
    if tree.roots_from(old.size, new.size, old.root, steps) != (old.root, new.root):
        raise DoesNotHold("the log was rewritten, or the proof is of another: it does not lead from root to root")
    return f"The log of {new.size} entries begins with the log of {old.size}."


def read_proof(proof: bytes) -> tuple[int, list[bytes], bytes]:
    """Return the index, the hashes and the note of an inclusion proof file; none of it is checked yet."""
    (title, second), steps, note = _proof_file(proof, 2)
    if title != "c2sp.org/tlog-proof@v1" or not second.startswith("index "):
        raise DoesNotHold("this is no proof file")
    return number_of(second[len("index ") :]), steps, note


def check_proof(proof: bytes, entry: bytes, vkey: str, witnesses: Sequence[str] = ()) -> str:
    """Check a proof file: the entry stands at its index under the signed root."""
    index, steps, note = read_proof(proof)
    head, seen = read_checkpoint(note, vkey), cosigned(note, witnesses)
    if tree.root_from(tree.leaf(entry), index, head.size, steps) != head.root:
        raise DoesNotHold("the proof does not lead from this entry to the signed root")
    return f"The entry stands at position {index} of the {head.size} signed by {head.origin}.{seen}"


def cosigned(note: bytes, witnesses: Sequence[str]) -> str:
    """Return a sentence for each of these witnesses, each after a space. Raises DoesNotHold unless all cosigned."""
    found = require_cosignatures(note, list(witnesses))
    return "".join(f" {name} cosigned it at {_instant(at)}." for name, at in found)


def _instant(at: int) -> str:
    """Return a time of the calendar, or the seconds since 1970 of one beyond it."""
    if at >= _END_OF_CALENDAR:
        return f"{at} seconds after 1970"
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
