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

from gatebook.terms.evidence import Verification
from gatebook.terms.wallet import normal_wallet

__all__ = [
    "check_lei",
    "check_national_number",
    "holds_full_card_number",
    "iban_country",
    "normal_iban",
    "normal_wallet",
]
_CARD = re.compile(r"(?<!\d)\d(?:[ \-.]?\d){11,18}(?!\d)")


def holds_full_card_number(text: str) -> bool:
    """Return whether a text holds 12 to 19 digits that pass Luhn's check, in any script, spaced or not."""
    plain = "".join(
        str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and unicodedata.digit(c, None) is not None else c
        for c in unicodedata.normalize("NFKC", text)
    )
    return any(luhn.is_valid(re.sub(r"\D", "", found.group())) for found in _CARD.finditer(plain))


def check_national_number(country: str, scheme: str, value: str) -> tuple[Verification, str]:
    """Test form and check digits; an unknown scheme is untried. Form is no proof that the number was issued."""
    if not re.fullmatch(r"[a-z]{2}", country.lower()) or not re.fullmatch(r"[a-z0-9_]{1,20}", scheme):
        return Verification.UNTRIED, value
    name = f"stdnum.{country.lower()}.{scheme}".replace("stdnum.in.", "stdnum.in_.").replace(
        "stdnum.is.", "stdnum.is_."
    )
    try:
        module = importlib.import_module(name)
    except ImportError:
        return Verification.UNTRIED, value
    try:
        return Verification.VERIFIED, str(module.validate(value))
    except ValidationError:
        return Verification.REFUTED, value


def check_lei(value: str) -> bool:
    """Return whether an LEI has the form and check digits of ISO 17442."""
    return bool(stdnum_lei.is_valid(value))


def normal_iban(value: str) -> str | None:
    """Return the compact IBAN, or None when its form or check digits are wrong."""
    try:
        return str(IBAN(value).compact)
    except SchwiftyException:
        return None


def iban_country(value: str) -> str:
    """Return the country an IBAN begins with."""
    return value[:2].upper()
