"""Two parties compared with no list behind them: what the scorer says of a pair, found or not.

The trap guarded against: a pair scored by another rule than a screening. Only the rarity of words differs: with no list
loaded, the fixed tables alone say what is common.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gatebook.screen.calibrate import chance, points_of_pair
from gatebook.screen.compare import compare_names
from gatebook.screen.evidence import are_compared
from gatebook.screen.judge import in_words, is_shown, judge
from gatebook.screen.party import ListEdition, ListedParty, LoadReport
from gatebook.screen.screening import Candidate, Query, ScreenSettings, strength
from gatebook.screen.tokens import read_name
from gatebook.screen.weights import Weights

#: Two names are the same by their score alone; no chance among thousands makes a lesser one so.
PAIR_SETTINGS = ScreenSettings(same_from=1_001, equal_from=870)
_WEIGHTS = Weights()
_DENYING = frozenset({"birth", "gender"})


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """The strongest pair of names, and whether a screening would show it and no birth or gender denies it.

    Its score is that of two names by themselves: nobody was picked among thousands, so how common they are is no part.
    """

    is_match: bool
    candidate: Candidate


def compare_pair(query: Query, party: ListedParty, settings: ScreenSettings) -> PairVerdict | None:
    """Return the verdict on a query and a party; None when either has no name."""
    edition = ListEdition("pair", "", (party,), LoadReport(1, 1, ()))
    found = []
    for text in query.names:
        for listed in party.names:
            scored = compare_names(read_name(text), read_name(listed.text), _WEIGHTS)
            shown = is_shown(scored, settings) and are_compared(query.kind, party.kind)
            candidate = judge(query, text, edition, party, listed, scored, _WEIGHTS, settings)
            found.append((shown, scored.raw, strength(candidate), candidate))
    if not found:
        return None
    shown, raw, _, best = max(found, key=lambda f: f[:3])
    return PairVerdict(shown and _DENYING.isdisjoint(best.clashed), _by_itself(best, raw))


def _by_itself(candidate: Candidate, raw: int) -> Candidate:
    assert candidate.explanation is not None  # noqa: S101  a name is always explained
    points = points_of_pair(raw) + sum(d.points for d in candidate.explanation.details) * 100
    explained = replace(candidate.explanation, points=points, calibrated=chance(points))
    words = in_words(candidate.grade, explained)
    return replace(candidate, score=explained.calibrated, words=words, explanation=explained)
