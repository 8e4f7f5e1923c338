"""From two names and their details to a candidate: grade, score, words, and an explanation that can be reckoned again.

The trap guarded against: two ways to the same candidate that differ. The exhaustive scan and the index both end here.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatebook.screen.calibrate import chance, millionths, points_of_name
from gatebook.screen.compare import Aligned, NameScore
from gatebook.screen.evidence import AGREES, CLASHES, SURE, compare_details
from gatebook.screen.likeness import SAME, how
from gatebook.screen.party import ListEdition, ListedName, ListedParty
from gatebook.screen.screening import Candidate, Detail, Explanation, Pair, Query, ScreenSettings, settings_digest
from gatebook.screen.tokens import Name, read_name
from gatebook.screen.weights import Weights, token_key

_CONFIRMED_FROM = 900_000  # millionths of chance
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
    agreed, clashed = _named(details, AGREES), _named(details, CLASHES)
    same = _is_same(scored, settings)
    points = points_of_name(scored, listed.quality) + sum(d.points for d in details) * 100
    likely = millionths(points) >= _CONFIRMED_FROM
    grade = _grade(details, same=same, weak=listed.quality == "weak", likely=likely)
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


def _pair(a: Aligned, wanted: int) -> Pair:
    gained = a.likeness * a.weight * SAME // wanted if wanted else 0
    edits = how(a.query, a.listed, a.likeness) if 0 < a.likeness < SAME else ""
    return Pair(a.query, a.listed, a.likeness, a.weight, gained, edits)


def _weights(query: Name, listed: Name, weights: Weights) -> tuple[tuple[str, int], ...]:
    keys = {token_key(t): t for t in (*query.tokens, *listed.tokens)}
    return tuple([(key, weights.of(keys[key])) for key in sorted(keys)])


def _named(details: Sequence[Detail], verdicts: frozenset[str]) -> tuple[str, ...]:
    return tuple(d.what for d in details if d.verdict in verdicts)


def _grade(details: Sequence[Detail], *, same: bool, weak: bool, likely: bool) -> str:
    """Say what a house is to do: confirmed is left to the law, possible to a person, clash and weak to its policy.

    Only a number, or a birth to the day or about a year, confirms, and a birth only the same name that is likely with
    it: not one of several words people share, not a weak alias without the very day. What agrees with a lesser likeness
    is for a person. A country that agrees is shared by millions. The kind is only claimed: another one neither confirms
    nor clears.
    """
    verdicts = {d.what: d.verdict for d in details}
    birth = verdicts.get("birth", "")
    if verdicts.get("number") == "same":
        return "confirmed" if same else "possible"
    denied = birth in CLASHES or verdicts.get("gender") in CLASHES
    if birth in AGREES and (birth in SURE or not denied):  # no check digit covers the sex that a paper shows
        sure = birth == "same day" or (birth in SURE and not weak)
        return "confirmed" if same and likely and sure and not denied and "kind" not in verdicts else "possible"
    if weak or not same:
        return "weak"
    return "clash" if denied and "kind" not in verdicts else "possible"


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
    "within years": "is not ruled out",
    "near": "is near", "other": "clashes", "far off": "clashes by ten years or more", "same": "agrees",
    "none shared": "differs",
}  # fmt: skip
