"""Machine-readable zones (ICAO Doc 9303): TD1, TD2, TD3, MRV-A and MRV-B, with every check digit.

The trap guarded against: a digit that is wrong read as an error of the reader. Wrong digits are reported, one by
one, and never repaired here.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pycountry

from gatebook.errors import FieldProblem, InvalidInput

_LINE = re.compile(r"[A-Z0-9<]+")
_WEIGHTS = (7, 3, 1)
#: ICAO codes that are not ISO 3166-1 alpha-3; None where no country stands behind the code.
_ICAO_ONLY: Mapping[str, str | None] = {
    "D": "DE",
    "GBD": "GB",
    "GBN": "GB",
    "GBO": "GB",
    "GBP": "GB",
    "GBS": "GB",
    "RKS": "XK",
    "EUE": None,
    "UNO": None,
    "UNA": None,
    "UNK": None,
    "XXA": None,
    "XXB": None,
    "XXC": None,
    "XXX": None,
    "UTO": None,
    "XOM": None,
    "XPO": None,
}
#: layout: (lines, length) -> where each field stands as (line, start, stop)
_NAMES = {"TD1": (3, 30), "TD2": (2, 36), "TD3": (2, 44), "MRV-A": (2, 44), "MRV-B": (2, 36)}


@dataclass(frozen=True, slots=True)
class MachineReadableZone:
    """What a zone says. Dates are ISO; ``checks`` maps each check digit's name to whether it is right.

    A birth of which month or day is unknown stops there; an expiry of which they are is the last day it may mean.

    ``issuer`` and ``nationality`` are the zone's own three-letter codes; see :func:`country_of_code`.
    """

    layout: str
    document_code: str
    issuer: str
    number: str
    nationality: str
    born_on: str
    expires_on: str
    sex: str
    surname: str
    given_names: str
    optional: str
    checks: Mapping[str, bool]

    @property
    def holds(self) -> bool:
        """Return whether every check digit is right."""
        return all(self.checks.values())


def check_digit(text: str) -> str:
    """Return the check digit of a field: weights 7, 3, 1 over values 0-9, A-Z as 10-35, filler as 0, modulo 10."""
    return str(sum(_value(c) * _WEIGHTS[n % 3] for n, c in enumerate(text)) % 10)


def _value(character: str) -> int:
    return 0 if character == "<" else int(character, 36)


def country_of_code(code: str) -> str | None:
    """Return the ISO alpha-2 country of a zone's code, or None when no country stands behind it."""
    if code in _ICAO_ONLY:
        return _ICAO_ONLY[code]
    found = pycountry.countries.get(alpha_3=code)
    return found.alpha_2 if found else None


def normal_lines(lines: Sequence[str]) -> list[str]:
    """Return the lines in their one form: capitals, and no space anywhere."""
    return ["".join(line.split()).upper() for line in lines]


def read_mrz(lines: Sequence[str], today: date, born_on: str = "") -> MachineReadableZone:
    """Read a zone. Raises InvalidInput for a shape or character no layout has; wrong digits only mark ``checks``.

    A zone has no century: ``born_on``, a birth that was claimed, settles it where the two digits are the same.
    """
    clean = normal_lines(lines)
    if not clean or any(not _LINE.fullmatch(line) for line in clean):
        raise _refused("characters", "only A-Z, 0-9 and < stand in a machine-readable zone")
    shape = (len(clean), len(clean[0]))
    is_visa = clean[0].startswith("V")
    layout = next((n for n, s in _NAMES.items() if s == shape and n.startswith("MRV") == is_visa), None)
    if layout is None or len({len(line) for line in clean}) != 1:
        raise _refused("shape", "lines must be 3 of 30, 2 of 36 or 2 of 44 characters")
    return _td1(clean, today, born_on) if layout == "TD1" else _two_lines(layout, clean, today, born_on)


def _refused(code: str, reason: str) -> InvalidInput:
    return InvalidInput("the machine-readable zone cannot be read", (FieldProblem("/lines", code, reason),))


def _names(field: str) -> tuple[str, str]:
    surname, _, given = field.partition("<<")
    return surname.replace("<", " ").strip(), given.replace("<", " ").strip()


def _td1(lines: Sequence[str], today: date, born_on: str) -> MachineReadableZone:
    one, two, three = lines
    number, digit, optional = one[5:14], one[14], one[15:30]
    if digit == "<" and optional.strip("<"):  # a long number goes on in the optional field, its digit last
        rest, _, left = optional.partition("<")
        number, digit, optional = number + rest[:-1], rest[-1:], left
    surname, given = _names(three)
    checks = {
        "number": digit == check_digit(number),
        "birth": two[6] == check_digit(two[:6]),
        "expiry": two[14] == check_digit(two[8:14]),
        "composite": two[29] == check_digit(one[5:30] + two[:7] + two[8:15] + two[18:29]),
    }
    return MachineReadableZone(
        "TD1",
        one[:2].strip("<"),
        one[2:5].strip("<"),
        number.strip("<"),
        two[15:18].strip("<"),
        _birth(two[:6], today, born_on),
        _expiry(two[8:14], today),
        two[7],
        surname,
        given,
        (optional + two[18:29]).strip("<"),
        checks,
    )


def _two_lines(layout: str, lines: Sequence[str], today: date, born_on: str) -> MachineReadableZone:
    one, two = lines
    surname, given = _names(one[5:])
    checks = {
        "number": two[9] == check_digit(two[:9]),
        "birth": two[19] == check_digit(two[13:19]),
        "expiry": two[27] == check_digit(two[21:27]),
    }
    optional = two[28:]
    if layout == "TD3":
        optional = two[28:42]
        blank = two[42] == "<" and not optional.strip("<")
        checks["optional"] = blank or two[42] == check_digit(optional)
        checks["composite"] = two[43] == check_digit(two[:10] + two[13:20] + two[21:43])
    elif layout == "TD2":
        optional = two[28:35]
        checks["composite"] = two[35] == check_digit(two[:10] + two[13:20] + two[21:35])
    return MachineReadableZone(
        layout,
        one[:2].strip("<"),
        one[2:5].strip("<"),
        two[:9].strip("<"),
        two[10:13].strip("<"),
        _birth(two[13:19], today, born_on),
        _expiry(two[21:27], today),
        two[20],
        surname,
        given,
        optional.strip("<"),
        checks,
    )


def _birth(six: str, today: date, claimed: str) -> str:
    """Read YYMMDD as a day in the past, of the claimed century where the year agrees. Unknown parts shorten it."""
    if not six[:2].isdigit():
        return ""
    centuries = [today.year - today.year % 100, today.year - today.year % 100 - 100]
    if claimed[2:4] == six[:2]:
        centuries.insert(0, int(claimed[:2]) * 100)
    found = (_shortened(century + int(six[:2]), six[2:]) for century in centuries)
    return next((text for text in found if not text or text <= today.isoformat()[: len(text)]), "")


def _expiry(six: str, today: date) -> str:
    """Read YYMMDD as a day within fifty years; of a month or a year alone, its last day."""
    if not six[:2].isdigit():
        return ""
    year = today.year - today.year % 100 + int(six[:2])
    return last_day(_shortened(year + 100 if year < today.year - 50 else year, six[2:]))


def _shortened(year: int, four: str) -> str:
    """Return the ISO date as far as it is known, or empty when there is no such day."""
    month, day = four[:2], four[2:]
    known = f"{year:04d}" + (f"-{month}-{day}" if four.isdigit() else f"-{month}" if month.isdigit() else "")
    try:
        date.fromisoformat((known + "-01-01")[:10])
    except ValueError:
        return ""
    return known


def last_day(known: str) -> str:
    """Return the last day that a date which may stop at month or year can mean."""
    if len(known) == len("YYYY"):
        return f"{known}-12-31"
    if len(known) == len("YYYY-MM"):
        return f"{known}-{calendar.monthrange(int(known[:4]), int(known[5:7]))[1]:02d}"
    return known
