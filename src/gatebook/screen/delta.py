"""The difference of two editions of a list: who was added, who was removed, and what changed about whom.

The trap guarded against: a publisher who puts rows in another order, or mends a wrong number, read as parties removed
and added. Parties are told apart by what they are, not by where they stand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatebook.errors import ListError
from gatebook.screen.party import ListEdition, ListedParty


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What was removed from and added to one field of a party; both sides sorted."""

    field: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartyChange:
    """A party that is in both editions and not the same: as it was, as it is, and field by field."""

    before: ListedParty
    after: ListedParty
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """What one edition of a list has that the other has not; each part ordered by party id."""

    list_id: str
    old: str
    new: str
    added: tuple[ListedParty, ...]
    removed: tuple[ListedParty, ...]
    changed: tuple[PartyChange, ...]

    @property
    def came(self) -> tuple[ListedParty, ...]:
        """The parties to compare somebody with who was compared with the old edition: added or changed, each once."""
        came = (*self.added, *(change.after for change in self.changed))
        return tuple({party.party_id: party for party in came}.values())

    @property
    def is_empty(self) -> bool:
        """Return whether nobody was added, removed or changed."""
        return not (self.added or self.removed or self.changed)


#: fields compared, each as a set of texts; where a name stands in the file is no part of it
FIELDS: Mapping[str, Callable[[ListedParty], Iterable[str]]] = {
    "kind": lambda p: [p.kind],
    "names": lambda p: (f"{n.text} ({n.quality})" for n in p.names),
    "births": lambda p: (b.earliest if b.earliest == b.latest else f"{b.earliest} to {b.latest}" for b in p.births),
    "nationalities": lambda p: p.nationalities,
    "countries": lambda p: p.countries,
    "numbers": lambda p: (" ".join(part for part in (d.kind, d.number, d.country) if part) for d in p.documents),
    "wallets": lambda p: (f"{currency} {address}" for currency, address in p.wallets),
    "programmes": lambda p: p.programmes,
    "gender": lambda p: [p.gender] if p.gender else [],
    "source": lambda p: [p.source] if p.source else [],
}


def delta(old: ListEdition, new: ListEdition) -> Delta:
    """Compare two editions of one list. Raises ListError for editions of two lists.

    Parties are paired by id when they share a name; then by being the same but for the id, which finds one whose
    number was mended; then by id alone, which finds one whose names were all replaced. The rest came or went.
    """
    if old.list_id != new.list_id:
        raise ListError("editions of two lists have no difference; compare editions of one")
    pairs, gone, come = _paired(old.parties, new.parties)
    told = [(a, b, (*_changes(a, b), *_blocking(old.blocks(a), new.blocks(b)))) for a, b in pairs]
    changed = [PartyChange(a, b, fields) for a, b, fields in told if fields]
    return Delta(
        new.list_id,
        old.digest,
        new.digest,
        tuple(sorted(come, key=_order)),
        tuple(sorted(gone, key=_order)),
        tuple(sorted(changed, key=lambda change: _order(change.after))),
    )


Pairs = list[tuple[ListedParty, ListedParty]]


def _paired(
    old: Sequence[ListedParty], new: Sequence[ListedParty]
) -> tuple[Pairs, list[ListedParty], list[ListedParty]]:
    pairs: Pairs = []
    gone, come = list(old), list(new)
    rules: tuple[tuple[Callable[[ListedParty], object], bool], ...] = (
        (_number, True),
        (_likeness, False),
        (_number, False),
    )
    for key, shares_a_name in rules:
        found, gone, come = _match(gone, come, key, shares_a_name=shares_a_name)
        pairs += found
    return pairs, gone, come


def _match(
    gone: Sequence[ListedParty],
    come: Sequence[ListedParty],
    key: Callable[[ListedParty], object],
    *,
    shares_a_name: bool,
) -> tuple[Pairs, list[ListedParty], list[ListedParty]]:
    waiting: dict[object, list[ListedParty]] = defaultdict(list)
    for party in sorted(come, key=_order):
        waiting[key(party)].append(party)
    pairs: Pairs = []
    left = []
    for party in sorted(gone, key=_order):
        others = waiting[key(party)]
        fit = next((o for o in others if not shares_a_name or _names(o) & _names(party)), None)
        if fit is None:
            left.append(party)
        else:
            others.remove(fit)
            pairs.append((party, fit))
    return pairs, left, [party for others in waiting.values() for party in others]


def _number(party: ListedParty) -> str:
    """Return the publisher's number, also of a party that has an id of ours because its number was given twice."""
    return party.given_id or party.party_id


def _likeness(party: ListedParty) -> tuple[object, ...]:
    """Return what a party is, but for its number and the words beside it."""
    return party.kind, _names(party), frozenset(party.births)


def _names(party: ListedParty) -> frozenset[str]:
    return frozenset(" ".join(name.text.split()).casefold() for name in party.names)


def _order(party: ListedParty) -> tuple[int, str, str]:
    number = _number(party)
    return (int(number) if number.isdecimal() else -1), party.party_id, party.names[0].text if party.names else ""


def _changes(before: ListedParty, after: ListedParty) -> tuple[FieldChange, ...]:
    found = []
    if _number(before) != _number(after):
        found.append(FieldChange("number of the party", (_number(before),), (_number(after),)))
    for field, read in FIELDS.items():
        was, now = set(read(before)), set(read(after))
        if was != now:
            found.append(FieldChange(field, tuple(sorted(was - now)), tuple(sorted(now - was))))
    return tuple(found)


def _blocking(was: bool, now: bool) -> tuple[FieldChange, ...]:
    """Whether dealings are blocked may change with a row or with the whole list; both are a change of the party."""
    words = {True: "yes", False: "no"}
    return () if was == now else (FieldChange("blocking", (words[was],), (words[now],)),)


def delta_words(found: Delta) -> list[str]:
    """Return the delta in words, a line for each party."""
    count = f"{len(found.added)} added, {len(found.removed)} removed, {len(found.changed)} changed"
    lines = [f"{found.list_id}: {found.old[:12]} to {found.new[:12]}: {count}."]
    lines += [f"added {_called(party)}" for party in found.added]
    lines += [f"removed {_called(party)}" for party in found.removed]
    return lines + [f"changed {_called(c.after)}: {'; '.join(map(_field_words, c.fields))}" for c in found.changed]


def _called(party: ListedParty) -> str:
    return f"{party.party_id} {party.names[0].text if party.names else 'without a name'} ({party.kind})"


def _field_words(change: FieldChange) -> str:
    sides = [f"no longer {', '.join(change.removed)}" if change.removed else ""]
    sides += [f"now {', '.join(change.added)}" if change.added else ""]
    return f"{change.field} {', '.join(side for side in sides if side)}"


def delta_to_plain(found: Delta) -> dict[str, Any]:
    """Return the delta as plain values."""
    return {
        "list": found.list_id,
        "old": found.old,
        "new": found.new,
        "added": [_plain(party) for party in found.added],
        "removed": [_plain(party) for party in found.removed],
        "changed": [
            {
                "party": change.after.party_id,
                "name": change.after.names[0].text if change.after.names else "",
                "fields": {c.field: {"removed": list(c.removed), "added": list(c.added)} for c in change.fields},
            }
            for change in found.changed
        ],
    }


def _plain(party: ListedParty) -> dict[str, Any]:
    return {"party": party.party_id, "kind": party.kind, "names": [name.text for name in party.names]}


def together(found: Sequence[Delta]) -> Delta:
    """Return what an edition has that any of several earlier ones had not, or had otherwise; ``old`` is the first's.

    Whoever was let in under one of them was compared with that one alone. A party may be added since one of them and
    changed since another, or changed from several.
    """
    added = {party.party_id: party for change in found for party in change.added}
    removed = {party.party_id: party for change in found for party in change.removed}
    changed = [one for change in found for one in change.changed]
    return Delta(
        found[0].list_id,
        found[0].old,
        found[0].new,
        tuple(sorted(added.values(), key=_order)),
        tuple(sorted(removed.values(), key=_order)),
        tuple(sorted(dict.fromkeys(changed), key=lambda change: _order(change.after))),
    )
