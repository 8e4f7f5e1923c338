"""A candidate reckoned again by itself: from the question, the listed party and the weights its explanation names.

The trap guarded against: a candidate of which only the sum is right. Grade, score, words and all else that was kept
with the explanation come out anew as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from gatebook.screen.compare import compare_names
from gatebook.screen.evidence import are_compared
from gatebook.screen.identifiers import Identifiers
from gatebook.screen.judge import judge
from gatebook.screen.party import ListEdition, ListedName, ListedParty
from gatebook.screen.screening import (
    Candidate,
    Explanation,
    Query,
    ScreenSettings,
    explanation_from_plain,
    settings_digest,
)
from gatebook.screen.tokens import read_name
from gatebook.screen.weights import Weights


def explanation_of(kept: Mapping[str, Any]) -> Explanation | None:
    """Return the explanation kept with a candidate; None where there is none, or none of this release's form."""
    try:
        return explanation_from_plain(kept["explanation"])
    except (KeyError, TypeError, ValueError):
        return None


def by_name(
    explained: Explanation, party_id: str, query: Query, edition: ListEdition, settings: ScreenSettings, named: str = ""
) -> list[Candidate]:
    """Return the candidates that the explained pair of names makes of a party, one for each listing of the name.

    None where the question holds no such name, or the edition lists none such. ``named`` is the digest of the settings
    that were kept with it, where those are others now.
    """
    if explained.query_name not in query.names:
        return []
    return [
        _judged(explained, query, edition, party, listed, settings, named or settings_digest(settings))
        for party, listed in _places(edition, party_id, explained)
        if are_compared(query.kind, party.kind)
    ]


def _places(edition: ListEdition, party_id: str, explained: Explanation) -> Iterator[tuple[ListedParty, ListedName]]:
    for party in edition.parties:
        if party.party_id == party_id:
            yield from ((party, name) for name in party.names if name.text == explained.listed_name)


def _judged(
    explained: Explanation,
    query: Query,
    edition: ListEdition,
    party: ListedParty,
    listed: ListedName,
    settings: ScreenSettings,
    named: str,
) -> Candidate:
    weights = Weights.fixed(explained.weights)
    scored = compare_names(read_name(explained.query_name), read_name(listed.text), weights)
    made = judge(query, explained.query_name, edition, party, listed, scored, weights, settings)
    return replace(made, explanation=replace(made.explanation, settings=named)) if made.explanation else made


def by_identifier(query: Query, edition: ListEdition) -> list[Candidate]:
    """Return the candidates that an edition gives for the numbers and wallet addresses of a question."""
    return Identifiers([edition]).find(query)
