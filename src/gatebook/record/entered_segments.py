"""What the ledger says of segments: their numbers one after another, and the times their rows lie between.

The trap guarded against: a number or a time that no entry can hold, because every reader of JSON has to read it alike.
"""

from __future__ import annotations

from gatebook.canonical import MOST_NUMBER
from gatebook.record.ports import Work


def segment_key(segment: int) -> str:
    """Return the key of a segment in its register: its number, in digits that are in the order of the numbers."""
    return f"{segment:010d}"


def last_segment(work: Work) -> int:
    """Return the number of the segment entered last; 0 when there is none."""
    return work.registers.count("access_segments", {})


def in_entry(at: int) -> int:
    """Return an instant as an entry can hold it: one before 1684 or after 2255 counts as the end of that time."""
    return min(max(at, -MOST_NUMBER), MOST_NUMBER)
