"""Gathering rows over several filters: a page of events, who used what, and who shares addresses.

The trap guarded against: an event counted twice where two filters meet, and one left out where an answer was cut. What
was cut at a limit says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gatebook.trace.asked import write_place
from gatebook.trace.ports import AccessRows, Filter, KeptEvent, Place, Sharer, Use

MOST_USES, MOST_SHARERS = 1000, 1000
_Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Used:
    """Who used which address, most events first; in which part of a question how often; and whether more did."""

    uses: tuple[Use, ...] = ()
    counts: Mapping[str, Mapping[_Pair, int]] = field(default_factory=dict)
    is_cut: bool = False

    def of(self, use: Use) -> dict[str, int]:
        """Return how often a use was in each part."""
        return {part: counts.get((use.principal, use.address), 0) for part, counts in self.counts.items()}


def events_of(
    rows: AccessRows, filters: Sequence[Filter], after: Place | None, limit: int
) -> tuple[list[KeptEvent], str]:
    """Return a page of what any of the filters holds, by place, and the cursor of the next; empty at the end."""
    found = {kept.place: kept for one in filters for kept in rows.events(one, after, limit + 1)}
    page = [found[place] for place in sorted(found)]
    return page[:limit], write_place(page[limit - 1].place) if len(page) > limit else ""


def used_of(rows: AccessRows, filters: Sequence[Filter], parts: Mapping[str, Filter]) -> Used:
    """Return who used what within filters that share no row, or within the parts one filter was divided into."""
    asked = {name: [one] for name, one in parts.items()} or {"": list(filters)}
    found = {name: _uses(rows, some) for name, some in asked.items()}
    uses = _merged(use for some, _ in found.values() for use in some)
    is_cut = len(uses) > MOST_USES or any(cut for _, cut in found.values())
    return Used(tuple(uses[:MOST_USES]), _counts({name: found[name][0] for name in parts}), is_cut)


def used_among(events: Sequence[KeptEvent], parts: Mapping[str, Filter]) -> Used:
    """Return the same from events that are all there are: nothing has to be asked."""
    divided = {
        name: _merged(map(_use, (e for e in events if part.from_at <= e.event.at < part.until_at)))
        for name, part in parts.items()
    }
    return Used(tuple(_merged(map(_use, events))), _counts(divided))


def shared_with(rows: AccessRows, filters: Sequence[Filter], least: int) -> tuple[list[Sharer], bool]:
    """Return who shares addresses with the principals of filters, each within its own time; and whether more do.

    Where the principals were held at different times, addresses are put together over them, and ``events`` is the most
    of any one time: at least as many there were.
    """
    if len(filters) == 1:
        found = rows.sharers(filters[0].principals, filters[0].from_at, filters[0].until_at, least)
        return found, len(found) >= MOST_SHARERS
    merged: dict[str, Sharer] = {}
    is_cut = False
    for one in filters:
        found = rows.sharers(one.principals, one.from_at, one.until_at, 1)
        is_cut |= len(found) >= MOST_SHARERS
        for sharer in found:
            known = merged.get(sharer.principal)
            merged[sharer.principal] = _joined(known, sharer) if known else sharer
    wide = [one for one in merged.values() if len(one.addresses) >= least]
    return sorted(wide, key=lambda one: (-len(one.addresses), -one.events, one.principal.encode())), is_cut


def _uses(rows: AccessRows, filters: Iterable[Filter]) -> tuple[list[Use], bool]:
    found = [rows.uses(one, MOST_USES + 1) for one in filters]
    return _merged(use for some in found for use in some[:MOST_USES]), any(len(some) > MOST_USES for some in found)


def _use(kept: KeptEvent) -> Use:
    return Use(kept.event.principal, kept.event.address, 1, kept.event.at, kept.event.at)


def _merged(uses: Iterable[Use]) -> list[Use]:
    found: dict[_Pair, Use] = {}
    for use in uses:
        pair = (use.principal, use.address)
        found[pair] = _together(found[pair], use) if pair in found else use
    return sorted(found.values(), key=lambda use: (-use.events, use.principal.encode(), use.address.encode()))


def _counts(parts: Mapping[str, Sequence[Use]]) -> dict[str, dict[_Pair, int]]:
    return {name: {(use.principal, use.address): use.events for use in uses} for name, uses in parts.items()}


def _together(one: Use, other: Use) -> Use:
    first_at, last_at = min(one.first_at, other.first_at), max(one.last_at, other.last_at)
    return Use(one.principal, one.address, one.events + other.events, first_at, last_at)


def _joined(one: Sharer, other: Sharer) -> Sharer:
    addresses = tuple(dict.fromkeys((*one.addresses, *other.addresses)))
    first_at, last_at = min(one.first_at, other.first_at), max(one.last_at, other.last_at)
    return Sharer(one.principal, addresses, max(one.events, other.events), first_at, last_at)
