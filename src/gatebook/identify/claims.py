"""Reading an application: what the applicant says of who they are, what they pay with and what they want.

The trap guarded against: a claim in two spellings. Contacts, numbers and addresses come in by their one form.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from gatebook.canonical import Plain
from gatebook.identify import contacts, numbers
from gatebook.identify.names import has_letter
from gatebook.identify.reader import SLUG, Reader
from gatebook.terms.account import (
    AccessClaim,
    ApplicationClaims,
    BankClaim,
    CardClaim,
    PaymentClaim,
    ProcessorClaim,
    Product,
    WalletClaim,
)
from gatebook.terms.evidence import Verification
from gatebook.terms.person import (
    Address,
    BeneficialOwner,
    ClaimedUsLimb,
    NationalNumber,
    PersonClaims,
    PersonKind,
    Registration,
)
from gatebook.terms.wallet import normal_wallet

_SHARE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?")
_MOST_DEPTH = 3


def _names(of: type) -> set[str]:
    return {f.name for f in fields(of)}


def parse_application(data: Plain, now: datetime) -> ApplicationClaims:
    """Read an application. Raises InvalidInput with every field at fault."""
    r = Reader(now)
    top = r.table(data, "", _names(ApplicationClaims), {"applicant", "account_type", "product"})
    account_type = r.text(top, "", "account_type", 64)
    if account_type and not SLUG.fullmatch(account_type):
        r.problem("/account_type", "not-a-slug", "letters, digits, dots, hyphens and underscores")
    access = top.get("access")
    behalf = top.get("on_behalf_of")
    claims = ApplicationClaims(
        applicant=_person(r, top.get("applicant", {}), "/applicant", 0),
        account_type=account_type,
        product=_product(r, top.get("product", {})),
        payments=tuple(p for where, item in r.list(top, "", "payments") if (p := _payment(r, item, where))),
        access=None if access is None else _access(r, access),
        purpose=r.text(top, "", "purpose", 2000),
        reference=r.text(top, "", "reference", 200),
        is_reseller=r.flag(top, "", "is_reseller", default=False),
        on_behalf_of=None if behalf is None else _person(r, behalf, "/on_behalf_of", 0),
    )
    r.done("this application cannot be taken")
    return claims


def _product(r: Reader, data: object) -> Product:
    p = r.table(data, "/product", _names(Product), {"code"})
    code = r.text(p, "/product", "code", 64)
    if code and not SLUG.fullmatch(code):
        r.problem("/product/code", "not-a-slug", "letters, digits, dots, hyphens and underscores")
    flags = {n: r.flag(p, "/product", n, n != "is_trial") for n in ("gives_computing", "runs_any_software", "is_trial")}
    return Product(code, **flags)


def _access(r: Reader, data: object) -> AccessClaim:
    a = r.table(data, "/access", {"address", "at"}, {"address", "at"})
    address = r.text(a, "/access", "address", 64)
    try:
        found = ipaddress.ip_address(address)
        address = str(found)
        if isinstance(found, ipaddress.IPv6Address) and found.scope_id:  # a scope is any text a machine likes
            raise ValueError  # noqa: TRY301  no address either
    except ValueError:
        r.problem("/access/address", "not-an-address", "must be an IPv4 or IPv6 address")
    return AccessClaim(address, r.instant(a, "/access", "at"))


def _person(r: Reader, data: object, at: str, depth: int) -> PersonClaims:
    p = r.table(data, at, _names(PersonClaims), {"kind", "name"})
    kind = r.text(p, at, "kind")
    if kind not in list(PersonKind):
        r.problem(f"{at}/kind", "unknown-kind", "must be individual or entity")
    limb = r.text(p, at, "us_limb") if p.get("us_limb") is not None else ""
    if limb and limb not in list(ClaimedUsLimb):
        r.problem(f"{at}/us_limb", "unknown-limb", f"must be one of {', '.join(ClaimedUsLimb)}")
    owners = r.list(p, at, "beneficial_owners")
    if owners and depth >= _MOST_DEPTH:
        r.problem(f"{at}/beneficial_owners", "too-deep", f"at most {_MOST_DEPTH} levels of owners")
        owners = []
    address, registration = p.get("address"), p.get("registration")
    return PersonClaims(
        kind=PersonKind(kind) if kind in list(PersonKind) else PersonKind.INDIVIDUAL,
        name=_name(r, r.text(p, at, "name"), f"{at}/name"),
        aliases=r.texts(p, at, "aliases", lambda text, where: _name(r, text, where)),
        born_on=r.birth(p, at),
        nationalities=r.texts(p, at, "nationalities", r.country),
        address=None if address is None else _address(r, address, f"{at}/address"),
        place_of_use=r.country_of(p, at, "place_of_use"),
        emails=r.texts(
            p,
            at,
            "emails",
            lambda t, w: _or_problem(r, contacts.normal_email(t), w, "not-an-email", "is no e-mail address"),
        ),
        phones=r.texts(
            p,
            at,
            "phones",
            lambda t, w: _or_problem(
                r, contacts.normal_phone(t), w, "not-a-phone", "must be an international number that begins with +"
            ),
            lambda t: contacts.normal_phone(t) is not None,
        ),
        us_limb=ClaimedUsLimb(limb) if limb in list(ClaimedUsLimb) else None,
        national_numbers=tuple(_national(r, item, where) for where, item in r.list(p, at, "national_numbers")),
        registration=None if registration is None else _registration(r, registration, f"{at}/registration"),
        beneficial_owners=tuple(_owner(r, item, where, depth) for where, item in owners),
    )


def _or_problem(r: Reader, value: str | None, where: str, code: str, reason: str) -> str:
    if value is None:
        r.problem(where, code, reason)
    return value or ""


def _name(r: Reader, text: str, where: str) -> str:
    if text and not has_letter(text):
        r.problem(where, "no-letters", "must hold a letter, so that it can be compared with other names")
    return text


def _address(r: Reader, data: object, at: str) -> Address:
    a = r.table(data, at, _names(Address), {"country"})
    lines = r.texts(a, at, "lines", lambda text, _: text)
    return Address(
        r.country_of(a, at, "country"), lines, *(r.text(a, at, n) for n in ("city", "region", "postal_code"))
    )


def _national(r: Reader, data: object, at: str) -> NationalNumber:
    n = r.table(data, at, _names(NationalNumber), {"country", "scheme", "value"})
    scheme, country = r.text(n, at, "scheme", 20), r.country_of(n, at, "country")

    def verdict(text: str) -> Verification:
        return numbers.check_national_number(country, scheme, text)[0]

    value = r.text(n, at, "value", 40, lambda text: numbers.is_national_number(country, text, scheme or "-"))
    if value and verdict(value) is Verification.REFUTED:
        r.problem(f"{at}/value", "check-digits", "does not have the form or check digits of this kind of number")
    return NationalNumber(country, scheme, value)


def _registration(r: Reader, data: object, at: str) -> Registration:
    g = r.table(data, at, _names(Registration), {"jurisdiction"})
    jurisdiction, lei = r.country_of(g, at, "jurisdiction"), r.text(g, at, "lei", 20, numbers.check_lei)
    if lei and not numbers.check_lei(lei):
        r.problem(f"{at}/lei", "check-digits", "does not have the form or check digits of an LEI")
    number = r.text(g, at, "number", 60, lambda text: numbers.is_national_number(jurisdiction, text))
    return Registration(jurisdiction, number, lei)


def _owner(r: Reader, data: object, at: str, depth: int) -> BeneficialOwner:
    o = r.table(data, at, _names(BeneficialOwner), {"person"})
    share = r.text(o, at, "share_percent", 10)
    if share and not (_SHARE.fullmatch(share) and float(share) <= 100):  # noqa: PLR2004  per cent
        r.problem(f"{at}/share_percent", "not-a-share", "must be a number of per cent from 0 to 100, as text")
        share = ""
    control = None if o.get("has_control") is None else r.flag(o, at, "has_control", default=False)
    return BeneficialOwner(_person(r, o.get("person", {}), f"{at}/person", depth + 1), share, control)


def _payment(r: Reader, data: object, at: str) -> PaymentClaim | None:
    kind = data.get("kind") if isinstance(data, Mapping) else None
    made: dict[object, Callable[[Reader, Any, str], PaymentClaim]] = {
        "card": _card,
        "bank": _bank,
        "wallet": _wallet,
        "processor": _processor,
    }
    if not isinstance(kind, str) or kind not in made:
        r.problem(f"{at}/kind", "unknown-kind", "must be card, bank, wallet or processor")
        return None
    return made[kind](r, data, at)


def _card(r: Reader, data: object, at: str) -> CardClaim:
    c = r.table(data, at, _names(CardClaim) | {"kind"}, {"bin", "last4"})
    first, last = r.text(c, at, "bin", 8), r.text(c, at, "last4", 4)
    if not re.fullmatch(r"[0-9]{6,8}", first):
        r.problem(f"{at}/bin", "not-a-bin", "must be the first six to eight digits of the card")
    if not re.fullmatch(r"[0-9]{4}", last):
        r.problem(f"{at}/last4", "not-last4", "must be the last four digits of the card")
    return CardClaim(first, last, r.country_of(c, at, "country"), r.text(c, at, "fingerprint", 100))


def _bank(r: Reader, data: object, at: str) -> BankClaim:
    b = r.table(data, at, {"kind", "iban"}, {"iban"})
    value = b.get("iban", "")
    iban = numbers.normal_iban(value) if isinstance(value, str) and len(value) <= 50 else None  # noqa: PLR2004  spaced IBAN
    return BankClaim(
        _or_problem(r, iban, f"{at}/iban", "check-digits", "does not have the form or check digits of an IBAN")
    )


def _wallet(r: Reader, data: object, at: str) -> WalletClaim:
    w = r.table(data, at, {"kind", "currency", "address"}, {"currency", "address"})
    currency = r.text(w, at, "currency", 10).upper()
    is_proved = lambda text: normal_wallet(currency, text)[0] is Verification.VERIFIED  # noqa: E731  one line
    address = r.text(w, at, "address", 120, is_proved)
    verdict, normal = normal_wallet(currency, address)
    if verdict is Verification.REFUTED:
        r.problem(f"{at}/address", "checksum", "does not have the form or checksum of this currency's addresses")
    return WalletClaim({"BTC": "XBT"}.get(currency, currency), normal)


def _processor(r: Reader, data: object, at: str) -> ProcessorClaim:
    p = r.table(data, at, {"kind", "processor", "token"}, {"processor", "token"})
    return ProcessorClaim(r.text(p, at, "processor", 40), r.text(p, at, "token", 200))
