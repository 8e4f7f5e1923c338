"""Whether an edition may follow another without a person's word: what it holds less of, and what says it is another.

The trap guarded against: a list that kept its parties and lost half their names. Parties alone say nothing of a second
file that was cut off or left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gatebook.screen.party import ListEdition

#: what is counted of an edition, each compared with the edition before
COUNTED: Mapping[str, Callable[[ListEdition], int]] = {
    "parties": lambda edition: len(edition.parties),
    "names": lambda edition: sum(len(party.names) for party in edition.parties),
    "documents": lambda edition: sum(len(party.documents) for party in edition.parties),
    "wallets": lambda edition: sum(len(party.wallets) for party in edition.parties),
    "countries": lambda edition: sum(len(party.countries) for party in edition.parties),
}


@dataclass(frozen=True, slots=True)
class Measures:
    """What is known of an edition without reading it again; a count left out is not known."""

    counts: Mapping[str, int]
    form: str
    published_on: str
    missing: tuple[str, ...]


def measures_of(edition: ListEdition) -> Measures:
    """Count an edition."""
    counts = {name: count(edition) for name, count in COUNTED.items()}
    return Measures(counts, edition.form, edition.published_on, edition.report.missing)


def doubts(before: Measures, after: Measures, most_shrink_percent: int) -> tuple[str, ...]:
    """Return, in words, why ``after`` should not follow ``before`` unless a person says so; nothing when it may."""
    found = []
    if before.form != after.form:
        found.append(f"it is of the form {after.form}, and was of the form {before.form}")
    if after.published_on and after.published_on < before.published_on:
        found.append(f"it was published on {after.published_on}, before the one compared with ({before.published_on})")
    if lost := [role for role in after.missing if role not in before.missing]:
        found.append(f"files of the set are no longer there: {', '.join(lost)}")
    return (*found, *_shrunk(before.counts, after.counts, most_shrink_percent))


def _shrunk(before: Mapping[str, int], after: Mapping[str, int], most_shrink_percent: int) -> list[str]:
    kept = 100 - most_shrink_percent
    return [
        f"it shrank from {before[name]} to {count} {name}"
        for name, count in after.items()
        if name in before and count * 100 < before[name] * kept
    ]
