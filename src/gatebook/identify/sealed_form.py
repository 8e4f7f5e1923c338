"""The sealed form of claims: plain values to seal, and the same claims out of them again, on any later day.

The trap guarded against: claims that can no longer be loaded. What was taken at the door is not judged again by a
later clock, a later list of countries or a later version of a library; it is read as it was written.
"""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from gatebook import canonical
from gatebook.terms import account, person
from gatebook.terms.account import ApplicationClaims

_PAYMENTS: Mapping[str, type] = {
    "card": account.CardClaim,
    "bank": account.BankClaim,
    "wallet": account.WalletClaim,
    "processor": account.ProcessorClaim,
}


def claims_to_plain(claims: ApplicationClaims) -> dict[str, Any]:
    """Return the plain form that :func:`claims_from_plain` reads back to the same claims, and that may be posted."""
    kinds = {made: kind for kind, made in _PAYMENTS.items()}
    plain = canonical.table(claims)
    for payment, claim in zip(plain["payments"], claims.payments, strict=True):
        payment["kind"] = kinds[type(claim)]
    return plain


def claims_from_plain(plain: Mapping[str, Any]) -> ApplicationClaims:
    """Return the claims that :func:`claims_to_plain` wrote. For what was sealed alone: nothing is tested here.

    A field that a later version added has its default; one that it dropped is left out.
    """
    claims = _object(ApplicationClaims, plain)
    assert isinstance(claims, ApplicationClaims)  # noqa: S101  made of that very class
    return claims


@functools.cache
def _hints(of: type) -> Mapping[str, Any]:
    known = {**vars(account), **vars(person), "datetime": datetime}
    return get_type_hints(of, localns=known)


def _object(of: type, plain: Mapping[str, Any]) -> object:
    if "kind" in plain and of in _PAYMENTS.values():
        of = _PAYMENTS[str(plain["kind"])]
    hints = _hints(of)
    names = [field.name for field in dataclasses.fields(of) if field.name in plain]
    return of(**{name: _value(hints[name], plain[name]) for name in names})


def _value(hint: Any, plain: Any) -> Any:  # noqa: ANN401  a type hint and the plain value under it
    if plain is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(arm for arm in get_args(hint) if arm is not types.NoneType)
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], item) for item in plain)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _object(hint, plain)
    if hint is datetime:
        return canonical.parse_instant(plain)
    return hint(plain) if isinstance(hint, type) and issubclass(hint, Enum) else plain
