"""From a name's score and its details to a chance: one rising line, fitted once, in whole numbers.

The trap guarded against: a score of one that means "nothing spoke against it". The same name with nothing to compare
stays below the same name confirmed, and a common name below a rare one.
"""

from __future__ import annotations

# Hundredths of log odds by raw score: the fit is described in docs/screening.md.
_LINE = (
    (0, -700), (60_000, -180), (70_000, -110), (78_000, -20), (81_000, 60), (87_000, 140), (90_000, 190),
    (96_000, 240), (100_000, 280),
)  # fmt: skip
_USUAL = 3_200_000  # what a rare and a usual token gain together
_LESS, _MORE = (2_700, 300), (30_000, 60)  # of what is gained below and above that: for one point, and points at most
WEAK_ALIAS = -90
# The logistic line in millionths, at every half from -12 to 12 log odds; between them it is straight.
_CHANCES = (
    6, 10, 17, 28, 45, 75, 123, 203, 335, 553, 911, 1501, 2473, 4070, 6693, 10987, 17986, 29312, 47426, 75858, 119203,
    182426, 268941, 377541, 500000, 622459, 731059, 817574, 880797, 924142, 952574, 970688, 982014, 989013, 993307,
    995930, 997527, 998499, 999089, 999447, 999665, 999797, 999877, 999925, 999955, 999972, 999983, 999990, 999994,
)  # fmt: skip
_HALF, _LOWEST = 5_000, -120_000  # in hundredths of a point


def points_of_name(raw: int, gained: int, quality: str) -> int:
    """Return the name's part, in ten-thousandths of log odds, so that names of near scores do not tie."""
    low = max((p for p in _LINE[:-1] if p[0] <= raw), key=lambda p: p[0])
    high = next(p for p in _LINE if p[0] > low[0])
    line = low[1] * 100 + (raw - low[0]) * (high[1] - low[1]) * 100 // (high[0] - low[0])
    weak = WEAK_ALIAS * 100 if quality == "weak" else 0
    return line + _rarity(gained) + weak


def _rarity(gained: int) -> int:
    """What common words gain is worth less than the same score on rare ones."""
    per, most = _LESS if gained < _USUAL else _MORE
    return max(-most * 100, min(most * 100, (gained - _USUAL) * 100 // per))


def chance(points: int) -> str:
    """Return the chance for ten-thousandths of log odds, as a decimal text of six figures."""
    return f"0.{millionths(points):06d}"


def millionths(points: int) -> int:
    """Return the chance for ten-thousandths of log odds, in millionths."""
    at = max(0, min(points - _LOWEST, _HALF * (len(_CHANCES) - 1) - 1))
    step, rest = divmod(at, _HALF)
    return _CHANCES[step] + (_CHANCES[step + 1] - _CHANCES[step]) * rest // _HALF
