"""From a name's score and its details to a chance: one sum of what spoke for it, fitted once, in whole numbers.

The trap guarded against: a score of one that means "nothing spoke against it". The same name with nothing to compare
stays below the same name confirmed, and a common name below a rare one.
"""

from __future__ import annotations

from gatebook.screen.compare import NameScore

# Ten-thousandths of log odds, fitted by bench/fit_chance.py: for a whole score, for each million gained by the name and
# by the pair of tokens that gained most, and for each thousand of weight that the listed name has left over.
_BASE, _RAW, _GAINED, _BEST, _OVER = -220_000, 115_000, 13_000, 48_000, -14_000
_ENOUGH = 4_200_000  # gained beyond this, a name is no rarer
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
    found = _BASE + scored.raw * _RAW // _WHOLE + min(scored.gained, _ENOUGH) * _GAINED // _MILLION
    found += best * _BEST // _MILLION + over * _OVER // _THOUSAND
    return found + (WEAK_ALIAS if quality == "weak" else 0)


def chance(points: int) -> str:
    """Return the chance for ten-thousandths of log odds, as a decimal text of six figures."""
    return f"0.{millionths(points):06d}"


def millionths(points: int) -> int:
    """Return the chance for ten-thousandths of log odds, in millionths."""
    at = max(0, min(points - _LOWEST, _HALF * (len(_CHANCES) - 1) - 1))
    step, rest = divmod(at, _HALF)
    return _CHANCES[step] + (_CHANCES[step + 1] - _CHANCES[step]) * rest // _HALF
