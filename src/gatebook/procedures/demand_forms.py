"""The forms of what demands name, as the rest of the house knows them: contacts, wallets, numbers, countries.

The trap guarded against: a demand that names somebody in a spelling under which nobody is found. What is sealed of it
has the one form by which the house finds it again.
"""

from __future__ import annotations

import pycountry

from gatebook.identify.contacts import normal_email, normal_phone
from gatebook.identify.numbers import holds_full_card_number, normal_iban
from gatebook.terms.demand import TargetKind
from gatebook.terms.identifier import plain_address, plain_number
from gatebook.trace.form_page import Forms

_LEAST_NUMBER = 2


def _wallet(text: str) -> str | None:
    return text if plain_address(text) else None


def _document(text: str) -> str | None:
    return text if len(plain_number(text)) >= _LEAST_NUMBER else None


def _payment(text: str) -> str | None:
    """An account number, or what a processor or a card's fingerprint is known by; a full card number is never taken."""
    iban = normal_iban(text)
    return iban if iban or holds_full_card_number(text) else text


def _is_country(code: str) -> bool:
    return pycountry.countries.get(alpha_2=code) is not None or code in ("EU", "XK")


FORMS = Forms(
    {
        TargetKind.EMAIL: normal_email,
        TargetKind.PHONE: normal_phone,
        TargetKind.WALLET: _wallet,
        TargetKind.DOCUMENT: _document,
        TargetKind.PAYMENT: _payment,
    },
    _is_country,
)
