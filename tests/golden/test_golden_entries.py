"""Every entry version ever written is still read and written back to the same bytes. Lines are added, never deleted."""

from __future__ import annotations

from pathlib import Path

from gatebook.record.entry import KINDS, Entry
from gatebook.record.fold import changes

LINES = (Path(__file__).parent / "entries.jsonl").read_bytes().splitlines()


def test_every_kind_and_version_has_a_line() -> None:
    # Breaks when a kind is added without a golden line.
    found = {(e.kind, e.version) for e in map(Entry.from_bytes, LINES)}
    assert {(kind, version) for kind, (newest, _) in KINDS.items() for version in range(1, newest + 1)} == found


def test_old_entries_keep_their_bytes_and_still_fold() -> None:
    # Breaks when the canonical form, a field or a fold changes under entries already in a ledger.
    for position, line in enumerate(LINES):
        entry = Entry.from_bytes(line)
        assert entry.to_bytes() == line
        changes(position, entry)
