"""Numbers: national identification numbers, IBAN, LEI, cards and virtual-currency addresses, by form and digits.

The trap guarded against: a full card number kept anywhere. Any text that looks like one is refused at the door.
"""

from __future__ import annotations

import importlib
import re
import unicodedata

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum import lei as stdnum_lei
from stdnum import luhn
from stdnum.exceptions import ValidationError

from gatebook.identify.national_schemes import SCHEMES
from gatebook.terms.evidence import Verification

#: Digits as people write them apart: up to three spaces, dashes, dots, strokes or low lines between two.
_RUN = re.compile(r"[0-9](?:[\s\-\u2010-\u2015./\\_|*\u00b7]{0,3}[0-9])*")
_SHORTEST, _LONGEST = 12, 19
#: Among other digits a card's number is looked for where one could be: by its first digit, and not the shortest.
_NETWORKS, _SHORTEST_AMONG_OTHERS = "23456", 13
#: Schemes of as many digits as cards have that check no digit, or check them as cards do.
_PASSED_BY_CARDS = frozenset({("PT", "cc"), ("DZ", "nif")})


def holds_full_card_number(text: str) -> bool:
    """Return whether a text holds 12 to 19 digits that pass Luhn's check, in any script, however they are set apart."""
    plain = "".join(
        str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and unicodedata.digit(c, None) is not None else c
        for c in unicodedata.normalize("NFKC", text)
    )
    return any(_holds_card(re.findall(r"[0-9]+", run.group())) for run in _RUN.finditer(plain))


def _holds_card(groups: list[str]) -> bool:
    """Whether a run of digits is such a number, or one stands in it from the start of a group to the end of another."""
    whole = "".join(groups)
    if _SHORTEST <= len(whole) <= _LONGEST and luhn.is_valid(whole):
        return True
    for n in range(len(groups)):
        number = ""
        for group in groups[n:]:
            number += group
            if len(number) > _LONGEST:
                break
            if len(number) >= _SHORTEST_AMONG_OTHERS and number[0] in _NETWORKS and luhn.is_valid(number):
                return True
    return False


def check_national_number(country: str, scheme: str, value: str) -> tuple[Verification, str]:
    """Test form and check digits; a scheme we do not know is untried. Form is no proof that the number was issued."""
    if scheme not in SCHEMES.get(country.upper(), ()):
        return Verification.UNTRIED, value
    # Python's own words stand at three names with a line after them.
    names = {"in": "in_", "is": "is_"}
    module = importlib.import_module(f"stdnum.{names.get(country.lower(), country.lower())}.{scheme}")
    try:
        return Verification.VERIFIED, str(module.validate(value))
    except (ValidationError, ValueError, LookupError, TypeError, AttributeError):
        return Verification.REFUTED, value


def is_national_number(country: str, value: str, scheme: str = "") -> bool:
    """Return whether a number that looks like a card's is a national number, of one scheme or of any of the country's.

    A scheme whose check a card's number passes as well says nothing where a card's number could begin like that.
    """
    schemes = {scheme} if scheme else SCHEMES.get(country.upper(), frozenset())
    if re.sub(r"[^0-9]", "", value)[:1] in tuple(_NETWORKS):
        schemes = {name for name in schemes if (country.upper(), name) not in _PASSED_BY_CARDS}
    return any(check_national_number(country, name, value)[0] is Verification.VERIFIED for name in schemes)


def check_lei(value: str) -> bool:
    """Return whether an LEI has the form and check digits of ISO 17442."""
    return value.isascii() and bool(stdnum_lei.is_valid(value))


def normal_iban(value: str) -> str | None:
    """Return the compact IBAN, or None when its form or check digits are wrong."""
    if not re.fullmatch(r"[A-Za-z0-9 ]+", value):
        return None
    try:
        return str(IBAN(value).compact)
    except (SchwiftyException, ValueError, LookupError):
        return None


def iban_country(value: str) -> str:
    """Return the country an IBAN begins with."""
    return value[:2].upper()
