"""The parties of one edition in the making, each under an id of its own.

The trap guarded against: a number the publisher gave twice, so that one party overwrites the other. Who shares a name
is the same party said again; else both are kept, and the report says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.tally import Tally

_SHORT = 8  # hexadecimal figures that tell two parties of one number apart


class Drafts:
    """Drafts by the publisher's id, in the order they came."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._by_id: dict[str, Draft] = {}
        self._given: dict[str, list[Draft]] = {}

    def __iter__(self) -> Iterator[Draft]:
        return iter(self._by_id.values())

    def of(self, given_id: str) -> tuple[Draft, ...]:
        """Return all parties to whom the publisher gave an id: more than one where nobody knows whose it is."""
        return tuple(self._given.get(given_id, ()))

    def under(self, party_id: str, kind: str) -> Draft:
        """Return the party of an id, for forms in which all rows of one id are of one party."""
        held = self._given.get(party_id)
        return held[0] if held else self._keep(party_id, Draft(party_id, kind, self._tally))

    def add(self, draft: Draft, row: str) -> Draft:
        """Take in an entry, names and all, that is a party by itself; return the party it belongs to."""
        given = draft.party_id
        for held in self.of(given):
            if held.shares_a_name(draft):
                held.take(draft)
                return held
        if given in self._by_id:
            draft.party_id, draft.given_id = self._another(draft), given
        if draft.given_id and given in self._given:
            self._tally.unread(row, "number-given-twice-both-kept")
        return self._keep(given, draft)

    def _another(self, draft: Draft) -> str:
        """Return an id nobody has: by the name, so that it is the same whatever stands before it."""
        party_id = f"{draft.party_id}~{hashlib.sha256(draft.first_name.encode()).hexdigest()[:_SHORT]}"
        while party_id in self._by_id:
            party_id += "~"
        return party_id

    def _keep(self, given: str, draft: Draft) -> Draft:
        self._by_id[draft.party_id] = draft
        self._given.setdefault(given, []).append(draft)
        return draft
