"""The no-match certificate: what was compared, the best name that was turned down, and the bound on all the rest.

The trap guarded against: "nothing found" that cannot be told from "nothing looked at". Anybody with the same lists and
settings can reckon the certificate again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from gatebook.screen.compare import UNIT
from gatebook.screen.evidence import are_compared
from gatebook.screen.index import CompleteIndex
from gatebook.screen.screening import ComparedList, Query, settings_digest

_STEPS = 100  # thousandths by which the bound is lowered until a name is turned down for its score


@dataclass(frozen=True, slots=True)
class Rejected:
    """A name that was scored and stayed below the threshold."""

    list_id: str
    list_digest: str
    party_id: str
    row: str
    matched_name: str
    raw: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """What screening a query did not find. Scores are the name's own, from 0 to 1.

    ``names`` are those of parties of a kind the query is compared with, and nothing else here counts any other.
    ``scored`` of them were reckoned out; every other was shown to stay below ``bound``. ``best`` is the strongest below
    ``threshold``; none when no name at all reaches a tenth.
    """

    editions: tuple[ComparedList, ...]
    settings: str
    names: int
    scored: int
    threshold: str
    found: int
    bound: str
    best: Rejected | None


def certify(index: CompleteIndex, query: Query) -> Certificate:
    """Return the certificate of one query, lowering the bound until a name is turned down or a tenth is reached."""
    shown, kinds = index.settings.shown_from, index.shelf.kinds_for(query.kind)
    scores: dict[tuple[str, int], int] = {}
    bound = shown
    while True:
        for place, number in index.reaching(query.names, bound):
            key = (query.names[place], number)
            if key not in scores and kinds & index.shelf.kinds[number]:
                scores[key] = index.score(*key).raw
        below = {key: raw for key, raw in scores.items() if raw < shown * UNIT // 1000}
        if any(raw >= bound * UNIT // 1000 for raw in below.values()) or bound <= _STEPS:
            break
        bound = max(bound - _STEPS, _STEPS)
    best = min(below, key=lambda k: (-below[k], index.shelf.texts[k[1]], k[0]), default=None)
    return Certificate(
        index.editions,
        settings_digest(index.settings),
        _names(index, query.kind),
        len({number for _, number in scores}),
        _decimal(shown),
        sum(raw >= shown * UNIT // 1000 for raw in scores.values()),
        _decimal(bound),
        _rejected(index, query.kind, best[1], below[best]) if best else None,
    )


def _names(index: CompleteIndex, kind: str) -> int:
    """Count the names of parties of the kinds compared, a text of two parties twice."""
    numbers = range(len(index.shelf.texts))
    return sum(are_compared(kind, party.kind) for number in numbers for _, party, _ in index.shelf.places(number))


def _decimal(thousandths: int) -> str:
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"


def _rejected(index: CompleteIndex, kind: str, number: int, raw: int) -> Rejected:
    edition, party, name = next(place for place in index.shelf.places(number) if are_compared(kind, place[1].kind))
    written = f"{raw // UNIT}.{raw % UNIT:05d}"
    return Rejected(edition.list_id, edition.digest, party.party_id, name.row, name.text, written)


def certificate_to_plain(certificate: Certificate) -> dict[str, Any]:
    """Return a certificate as plain values."""
    return asdict(certificate)


def certificate_in_words(certificate: Certificate) -> str:
    """Return a certificate as one short paragraph."""
    best, lists = certificate.best, len(certificate.editions)
    if not certificate.names:
        why = (
            f"the lists loaded ({lists}) hold no name of a kind this is compared with" if lists else "no list is loaded"
        )
        return f"Nothing was compared: {why}."
    turned = (
        f"The best turned down is {best.matched_name} ({best.list_id}, {best.row}) with {best.raw}. " if best else ""
    )
    return (
        f"{certificate.names} names of {lists} lists were compared; {certificate.found} reach "
        f"{certificate.threshold}. {turned}No other name can reach {certificate.bound}."
    )
