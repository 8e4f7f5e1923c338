"""From two names and their details to a candidate: grade, score, words, and an explanation that can be reckoned again.

The trap guarded against: two ways to the same candidate that differ. The exhaustive scan and the index both end here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gatebook.screen.calibrate import chance, millionths, points_of_name
from gatebook.screen.compare import Aligned, NameScore, compare_names
from gatebook.screen.evidence import AGREES, CLASHES, compare_details
from gatebook.screen.likeness import SAME, how
from gatebook.screen.party import ListEdition, ListedName, ListedParty
from gatebook.screen.screening import Candidate, Detail, Explanation, Pair, Query, ScreenSettings, settings_digest
from gatebook.screen.tokens import Name, read_name
from gatebook.screen.weights import Weights, token_key

_PER = 100  # raw scores are hundredths of the settings' thousandths


def is_shown(scored: NameScore, settings: ScreenSettings) -> bool:
    """Whether a name's score reaches the threshold from which it is shown."""
    return scored.raw >= settings.shown_from * _PER


def judge(
    query: Query,
    query_name: str,
    edition: ListEdition,
    party: ListedParty,
    listed: ListedName,
    scored: NameScore,
    weights: Weights,
    settings: ScreenSettings,
) -> Candidate:
    """Return the candidate that ``scored`` makes of a listed name."""
    told = query.born_on or query.countries or query.numbers or query.gender or query.kind != party.kind
    details = compare_details(query, party) if told else ()
    agreed, clashed = (_named(details, AGREES), _named(details, CLASHES)) if details else ((), ())
    same = _is_same(scored, settings)
    grade = _grade(same=same, weak=listed.quality == "weak", agreed=agreed, clashed=clashed)
    points = points_of_name(scored, listed.quality) + sum(d.points for d in details) * 100
    explained = Explanation(
        query_name,
        listed.text,
        listed.quality,
        tuple(_pair(a, scored.wanted) for a in scored.aligned),
        _weights(read_name(query_name), read_name(listed.text), weights),
        f"{scored.raw // 100_000}.{scored.raw % 100_000:05d}",
        details,
        points,
        chance(points),
        edition.list_id,
        edition.digest,
        listed.row,
        settings_digest(settings),
    )
    return Candidate(
        edition.list_id,
        edition.digest,
        party.party_id,
        listed.row,
        listed.text,
        "name",
        explained.calibrated,
        grade,
        tuple((a.query, a.listed, f"{a.cost // SAME}.{a.cost % SAME // 10:02d}") for a in scored.aligned),
        agreed,
        clashed,
        edition.blocks(party),
        party.programmes,
        in_words(grade, explained),
        explained,
    )


def _is_same(scored: NameScore, settings: ScreenSettings) -> bool:
    """Whether the name alone says so: how good an alias is, and what else is known, is weighed after it."""
    by_chance = millionths(points_of_name(scored)) >= settings.same_from * 1000
    return by_chance or scored.raw >= settings.equal_from * _PER


def rescore(explained: Explanation, query: Query, party: ListedParty) -> Explanation:
    """Reckon an explanation again from query and party, with the weights it names: the same, byte for byte.

    The list's digest, row and settings are taken over: they say what was compared, and are no part of the sum.
    """
    weights = Weights.fixed(explained.weights)
    scored = compare_names(read_name(explained.query_name), read_name(explained.listed_name), weights)
    details = compare_details(query, party)
    points = points_of_name(scored, explained.quality) + sum(d.points for d in details) * 100
    return replace(
        explained,
        pairs=tuple(_pair(a, scored.wanted) for a in scored.aligned),
        raw=f"{scored.raw // 100_000}.{scored.raw % 100_000:05d}",
        details=details,
        points=points,
        calibrated=chance(points),
    )


def _pair(a: Aligned, wanted: int) -> Pair:
    gained = a.likeness * a.weight * SAME // wanted if wanted else 0
    edits = how(a.query, a.listed, a.likeness) if 0 < a.likeness < SAME else ""
    return Pair(a.query, a.listed, a.likeness, a.weight, gained, edits)


def _weights(query: Name, listed: Name, weights: Weights) -> tuple[tuple[str, int], ...]:
    keys = {token_key(t): t for t in (*query.tokens, *listed.tokens)}
    return tuple([(key, weights.of(keys[key])) for key in sorted(keys)])


def _named(details: Sequence[Detail], verdicts: frozenset[str]) -> tuple[str, ...]:
    return tuple(d.what for d in details if d.verdict in verdicts)


def _grade(*, same: bool, weak: bool, agreed: Sequence[str], clashed: Sequence[str]) -> str:
    """Only a birth or a number confirms; a country or a gender that agrees is shared by millions.

    The kind is only claimed: another one neither confirms nor clears, so a person looks.
    """
    if not same:
        return "weak"
    if "number" in agreed or ("birth" in agreed and not {"gender", "kind"}.intersection(clashed)):
        return "confirmed"
    if weak:
        return "weak"
    return "clash" if {"birth", "gender"}.intersection(clashed) and "kind" not in clashed else "possible"


def in_words(grade: str, explained: Explanation) -> str:
    """Return the explanation as one short paragraph."""
    same = [p.query for p in explained.pairs if p.likeness == SAME]
    alike = [f"{p.query} for {p.listed} ({p.edits})" for p in explained.pairs if 0 < p.likeness < SAME]
    odd = [p.query or p.listed for p in explained.pairs if not p.likeness]
    parts = [
        f"{', '.join(same)} the same" if same else "",
        f"{', '.join(alike)} alike" if alike else "",
        f"{', '.join(odd)} without a match" if odd else "",
        *(f"{d.what} {_VERDICTS.get(d.verdict, d.verdict)}" for d in explained.details),
    ]
    if not explained.details:
        parts.append("nothing else to compare")
    said = "; ".join(p for p in parts if p)
    where = f"{explained.quality} name {explained.listed_name} ({explained.row})"
    return f"{grade}: {where}: {said}. Name {explained.raw}, chance {explained.calibrated}."


_VERDICTS = {
    "same day": "agrees to the day", "within": "agrees", "turned": "agrees with day and month turned",
    "near": "is near", "other": "clashes", "far off": "clashes by ten years or more", "same": "agrees",
    "none shared": "differs",
}  # fmt: skip
