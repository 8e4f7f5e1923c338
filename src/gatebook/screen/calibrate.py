"""From a name's score and its details to a chance: one sum of what spoke for it, fitted once, in whole numbers.

The trap guarded against: a score of one that means "nothing spoke against it". The same name with nothing to compare
stays below the same name confirmed, and a common name below a rare one.
"""

from __future__ import annotations

from gatebook.screen.compare import NameScore

# Ten-thousandths of log odds, fitted by bench/fit_chance.py: for a whole score, for each million gained by the name and
# by the pair of tokens that gained most, and for each thousand of weight that the listed name has left over.
_BASE, _RAW, _GAINED, _BEST, _OVER = -220_000, 115_000, 13_000, 48_000, -14_000
#: Gained beyond and below these nothing was fitted, so nothing is made of it: a name is no rarer, and no more common.
_ENOUGH, _LITTLE, _LITTLE_BEST = 4_200_000, 2_000_000, 1_000_000
#: Two names by themselves: ten-thousandths of log odds by score, fitted on pairs the list gives one person, and on
#: persons of one name born in other years. How common a name is says nothing here: nobody picked one of thousands.
_PAIR_LINE = (
    (0, -70_000), (60_000, -18_000), (70_000, -11_000), (78_000, -2_000), (81_000, 6_000), (87_000, 14_000),
    (90_000, 19_000), (96_000, 24_000), (100_000, 28_000),
)  # fmt: skip
WEAK_ALIAS = -9_000
_WHOLE, _MILLION, _THOUSAND = 100_000, 1_000_000, 1_000
# The logistic line in millionths, at every half from -12 to 12 log odds; between them it is straight.
_CHANCES = (
    6, 10, 17, 28, 45, 75, 123, 203, 335, 553, 911, 1501, 2473, 4070, 6693, 10987, 17986, 29312, 47426, 75858, 119203,
    182426, 268941, 377541, 500000, 622459, 731059, 817574, 880797, 924142, 952574, 970688, 982014, 989013, 993307,
    995930, 997527, 998499, 999089, 999447, 999665, 999797, 999877, 999925, 999955, 999972, 999983, 999990, 999994,
)  # fmt: skip
_HALF, _LOWEST = 5_000, -120_000  # in ten-thousandths of log odds


def points_of_name(scored: NameScore, quality: str = "") -> int:
    """Return the name's part, in ten-thousandths of log odds, so that names of near scores do not tie.

    Of two names as near to a listed one the rarer is likelier to be that of the same party, and one rare word says more
    than several common ones.
    """
    best = max((a.likeness * a.weight for a in scored.aligned), default=0)
    over = sum(a.weight for a in scored.aligned if not a.query)
    found = _BASE + scored.raw * _RAW // _WHOLE + max(_LITTLE, min(scored.gained, _ENOUGH)) * _GAINED // _MILLION
    found += max(best, _LITTLE_BEST) * _BEST // _MILLION + over * _OVER // _THOUSAND
    return found + (WEAK_ALIAS if quality == "weak" else 0)


def points_of_pair(raw: int) -> int:
    """Return what the score of two names by themselves is worth, in ten-thousandths of log odds."""
    low = max((p for p in _PAIR_LINE[:-1] if p[0] <= raw), key=lambda p: p[0])
    high = next(p for p in _PAIR_LINE if p[0] > low[0])
    return low[1] + (raw - low[0]) * (high[1] - low[1]) // (high[0] - low[0])


def chance(points: int) -> str:
    """Return the chance for ten-thousandths of log odds, as a decimal text of six figures."""
    return f"0.{millionths(points):06d}"


def millionths(points: int) -> int:
    """Return the chance for ten-thousandths of log odds, in millionths."""
    at = max(0, min(points - _LOWEST, _HALF * (len(_CHANCES) - 1) - 1))
    step, rest = divmod(at, _HALF)
    return _CHANCES[step] + (_CHANCES[step + 1] - _CHANCES[step]) * rest // _HALF
