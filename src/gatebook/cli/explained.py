"""A candidate's explanation as lines for a terminal: what met what, what it cost, what it weighed, where it is listed.

The trap guarded against: a score without its sum. All that is shown is in the answer of the API too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_NOTHING = "(nothing)"


def explained(candidate: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of one candidate, as :func:`candidate_to_plain` gives it."""
    yield f"{candidate['score']}  {candidate['words']}"
    explanation = candidate.get("explanation")
    if explanation:
        yield from _pairs(explanation)
        yield from (f"    {d['what']} {d['verdict']}: {d['points'] / 100:+.2f}" for d in explanation["details"])
        points, settings = explanation["points"], explanation["settings"]
        yield f"    points {points / 10_000:+.2f}, chance {explanation['calibrated']}; settings {settings[:12]}"
    listed = f"{candidate['list_id']} {candidate['party_id']}, {candidate['row']}"
    blocks = "blocking" if candidate["is_blocking"] else "not blocking"
    yield f"    listed as {listed}, edition {candidate['list_digest'][:12]}, {blocks}"


def _pairs(explanation: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        (p["query"] or _NOTHING, p["listed"] or _NOTHING, p["edits"] or "without a match", p["weight"], p["gained"])
        for p in explanation["pairs"]
    ]
    widths = [max((len(str(row[n])) for row in rows), default=0) for n in range(3)]
    for mine, theirs, edits, weight, gained in rows:
        left = f"    {mine:<{widths[0]}}  {theirs:<{widths[1]}}  {edits:<{widths[2]}}"
        yield f"{left}  weight {weight / 1000:.3f}, gained {gained / 1000:.3f}"
