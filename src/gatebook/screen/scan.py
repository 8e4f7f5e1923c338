"""The exhaustive scan: every name of every list is compared. Slow, simple, and the oracle for ever.

The trap guarded against: a candidate lost to a short cut. There is none here: each listed name is scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatebook.screen.compare import compare_names
from gatebook.screen.evidence import are_compared
from gatebook.screen.identifiers import Identifiers
from gatebook.screen.judge import is_shown, judge
from gatebook.screen.party import ListEdition
from gatebook.screen.screening import (
    Candidate,
    ComparedList,
    Query,
    Screening,
    ScreenSettings,
    settings_digest,
    strongest_first,
)
from gatebook.screen.tokens import read_name
from gatebook.screen.weights import Weights


class ExhaustiveScan:
    """The ``Screener`` that compares everything with everything."""

    def __init__(self, editions: Sequence[ListEdition], settings: ScreenSettings) -> None:
        self._settings, self._editions = settings, tuple(editions)
        self._identifiers = Identifiers(self._editions)
        self._weights = Weights.of_names(n.text for e in editions for p in e.parties for n in p.names)

    def screen(self, query: Query) -> Screening:
        """Compare ``query`` with every listed name, number and wallet."""
        found = [*self._identifiers.find(query), *(c for name in query.names for c in self._by_name(query, name))]
        compared = tuple(map(ComparedList.of, self._editions))
        return Screening(strongest_first(found), compared, settings_digest(self._settings))

    def _by_name(self, query: Query, text: str) -> Iterator[Candidate]:
        name = read_name(text)
        for edition in self._editions:
            for party in edition.parties:
                if not are_compared(query.kind, party.kind):
                    continue
                for listed in party.names:
                    scored = compare_names(name, read_name(listed.text), self._weights)
                    if is_shown(scored, self._settings):
                        yield judge(query, text, edition, party, listed, scored, self._weights, self._settings)
