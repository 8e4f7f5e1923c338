"""Account, application and what is claimed with it (EO 13984 s. 5(a): a formal relationship to provide IaaS).

The trap guarded against: a full card number. ``CardClaim`` has no field that could hold one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from gatebook.terms.person import PersonClaims


@dataclass(frozen=True, slots=True)
class Product:
    """What the account would give, in the words of EO 13984 s. 5: the two-part test of an IaaS product.

    ``gives_computing``: processing, storage, networks or other fundamental computing.
    ``runs_any_software``: the consumer can run software that is not predefined.
    """

    code: str
    gives_computing: bool = True
    runs_any_software: bool = True
    is_trial: bool = False


@dataclass(frozen=True, slots=True)
class CardClaim:
    """A payment card known only by its first six to eight and last four digits."""

    bin: str
    last4: str
    country: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class BankClaim:
    """A bank account by IBAN (ISO 13616)."""

    iban: str


@dataclass(frozen=True, slots=True)
class WalletClaim:
    """A virtual-currency address; ``currency`` is the ticker OFAC uses (XBT, ETH, TRX, ...)."""

    currency: str
    address: str


@dataclass(frozen=True, slots=True)
class ProcessorClaim:
    """A payment means held by a processor, known by its token only."""

    processor: str
    token: str


PaymentClaim = CardClaim | BankClaim | WalletClaim | ProcessorClaim


@dataclass(frozen=True, slots=True)
class AccessClaim:
    """The address an application came from, as the provider's edge saw it (EO 13984 s. 1(a)(ii)(D))."""

    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ApplicationClaims:
    """Everything said when an account is asked for. ``reference`` is the provider's own id for it."""

    applicant: PersonClaims
    account_type: str
    product: Product
    payments: tuple[PaymentClaim, ...] = ()
    access: AccessClaim | None = None
    purpose: str = ""
    reference: str = ""
    is_reseller: bool = False
    on_behalf_of: PersonClaims | None = None
