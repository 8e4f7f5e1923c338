"""JSON Schemas: of an application and its evidence, made from the terms themselves, and of the answers.

The trap guarded against: a document that describes another API. What is needed and what is known comes from the
dataclasses the parser fills; only forms of single fields are written here, and a test puts both to the same bodies.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from gatebook.api.problems import MEDIA_TYPE, PROBLEMS
from gatebook.identify.evidence import MOST_LINE, SUBMITTED
from gatebook.identify.papers import DOCUMENT_TYPES
from gatebook.terms import account, person

Schema = dict[str, Any]
_REF = "#/components/schemas/"
_SLUG = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_PAYMENTS = {
    "card": account.CardClaim,
    "bank": account.BankClaim,
    "wallet": account.WalletClaim,
    "processor": account.ProcessorClaim,
}
_COUNTRY = {"pattern": "^([A-Z]{2})?$", "description": "ISO 3166-1 alpha-2, in capitals"}
_DAY = {"pattern": r"^\d{4}-\d{2}-\d{2}$"}
#: Forms of single fields. What is not here is text of at most 200 characters.
_FORMS: Mapping[str, Schema] = {
    "account_type": {"pattern": _SLUG},
    "code": {"pattern": _SLUG},
    "purpose": {"maxLength": 2000},
    "born_on": {"pattern": r"^(\d{4}(-\d{2}(-\d{2})?)?)?$", "description": "YYYY, YYYY-MM or YYYY-MM-DD"},
    "country": _COUNTRY,
    "place_of_use": _COUNTRY,
    "jurisdiction": _COUNTRY,
    "document_country": _COUNTRY,
    "nationalities": _COUNTRY,
    "us_limb": {"enum": [*(str(limb.value) for limb in person.ClaimedUsLimb), ""]},
    "emails": {"maxLength": 320},
    "phones": {"maxLength": 320, "description": "in international form, from +"},
    "share_percent": {"pattern": r"^(\d{1,3}(\.\d{1,6})?)?$"},
    "scheme": {"maxLength": 20},
    "value": {"minLength": 1, "maxLength": 40},
    "lei": {"maxLength": 20},
    "bin": {"pattern": "^[0-9]{6,8}$", "description": "the first six to eight digits, never the whole number"},
    "last4": {"pattern": "^[0-9]{4}$"},
    "fingerprint": {"maxLength": 100},
    "iban": {"minLength": 1, "maxLength": 50},
    "currency": {"maxLength": 10},
    "processor": {"maxLength": 40, "minLength": 1},
    "token": {"maxLength": 200, "minLength": 1},
    "result": {"enum": ["verified", "refuted"]},
    "issued_on": {**_DAY, "description": "not in the future"},
    "as_of": {**_DAY, "description": "not in the future"},
    "expires_on": _DAY,
    "document_type": {"enum": list(DOCUMENT_TYPES)},
    "at": {"format": "date-time", "description": "RFC 3339 with a zone, from the year 2000, not in the future"},
}

_EVIDENCE_FORMS: Mapping[str, Schema] = {
    "lines": {"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "string", "maxLength": MOST_LINE}},
    "of_owner": {"type": "integer", "minimum": 0, "maximum": 49},
}


def _schema(hint: Any, name: str) -> Schema:  # noqa: ANN401  a type hint
    """Return the schema of a field; ``name`` chooses its form."""
    if get_origin(hint) in (Union, types.UnionType):
        arms = [_schema(arm, name) for arm in get_args(hint) if arm is not types.NoneType]
        return {"oneOf": arms} if len(arms) > 1 else {"anyOf": [*arms, {"type": "null"}]}
    if get_origin(hint) is tuple:
        return {"type": "array", "maxItems": 50, "items": _schema(get_args(hint)[0], name)}
    if dataclasses.is_dataclass(hint):
        return {"$ref": f"{_REF}{getattr(hint, '__name__', '')}"}
    if hint is bool:
        return {"type": "boolean"}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [str(choice.value) for choice in hint], **_FORMS.get(name, {})}
    return {"type": "string", "maxLength": 200, **_FORMS.get(name, {})}


def _object(of: type, **more: Schema) -> Schema:
    """Return the schema of a dataclass: every field, and as needed those without a default."""
    hints = get_type_hints(of, localns={**vars(account), **vars(person), "datetime": datetime})
    fields = dataclasses.fields(of)
    needed = [f.name for f in fields if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING]
    found = {f.name: _schema(hints[f.name], f.name) for f in fields}
    found |= {name: _not_blank(found[name]) for name in needed}
    return {
        "type": "object",
        "description": (of.__doc__ or "").partition("\n")[0],
        "properties": {**found, **more},
        "required": [*needed, *(name for name, schema in more.items() if "const" in schema)],
        "additionalProperties": False,
    }


def _not_blank(schema: Schema) -> Schema:
    """Return the schema of a needed field: a text there has to say something."""
    return {**schema, "minLength": 1} if schema.get("type") == "string" else schema


def _evidence(kind: str, allowed: set[str], needed: set[str]) -> Schema:
    def form(name: str) -> Schema:
        if name in _EVIDENCE_FORMS or name.startswith("shows_"):
            return _EVIDENCE_FORMS.get(name, {"type": "boolean"})
        # The parser holds evidence to the form of a field, not to the lengths that payments keep to.
        kept = {key: value for key, value in _FORMS.get(name, {}).items() if key not in ("minLength", "maxLength")}
        return {"type": "string", "maxLength": 200, **kept}

    return {
        "type": "object",
        "properties": {
            "kind": {"const": kind},
            **{n: _not_blank(form(n)) if n in needed else form(n) for n in sorted(allowed)},
        },
        "required": ["kind", *sorted(needed)],
        "additionalProperties": False,
    }


_PARTS = (account.Product, account.AccessClaim, person.Address, person.NationalNumber, person.Registration)
_EVIDENCE = {"type": "array", "maxItems": 50, "items": {"$ref": f"{_REF}Evidence"}}
APPLICATION = {"$ref": f"{_REF}ApplicationClaims"}
APPLICATION_WITH_EVIDENCE = {"$ref": f"{_REF}Application"}
EVIDENCE = {"oneOf": [{**_EVIDENCE, "minItems": 1}, {"$ref": f"{_REF}Evidence"}]}
FACTS = {"type": "object", "additionalProperties": {"type": ["string", "integer", "boolean"]}}
GATE_ANSWER = {
    "type": "object",
    "properties": {
        "answer": {"enum": ["allow", "hold", "deny", "unknown"]},
        "reasons": {"type": "array", "items": {"type": "string"}},
        "conditions": {"type": "array", "items": {"type": "string"}},
        "position": {"type": "integer"},
    },
    "required": ["answer", "reasons", "conditions", "position"],
}
_TEXTS = {"type": "array", "items": {"type": "string"}}
DETERMINED = {
    "type": "object",
    "properties": {
        "application_id": {"type": "string"},
        "person_id": {"type": "string"},
        "account_id": {"type": "string"},
        "determination_id": {"type": "string"},
        "outcome": {"enum": ["admit", "admit on conditions", "review", "decline"]},
        "conditions": _TEXTS,
        "waiting_on": {"type": "string"},
        "reasons": _TEXTS,
        "clauses": {"type": "array", "items": {"type": "object"}},
        "due": {"type": "array", "items": {"type": "object"}},
        "asked_on": {"type": "string", "format": "date"},
        "edition": {"type": "string"},
        "position": {"type": "integer"},
    },
    "required": ["application_id", "outcome", "reasons", "clauses", "due", "position"],
}
PAGE = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"type": "object"}}, "next": {"type": "string"}},
    "required": ["items"],
}
_PROBLEM = {
    "type": "object",
    "description": "A problem (RFC 9457). Its type leads to its explanation.",
    "properties": {
        "type": {"enum": [f"/docs/problems#{code}" for code in PROBLEMS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("pointer", "code", "reason")},
                "required": ["pointer", "code", "reason"],
            },
        },
    },
    "required": ["type", "title", "status"],
}


def components() -> dict[str, Schema]:
    """Return every schema other schemas refer to, by name."""
    with_evidence = _object(account.ApplicationClaims, evidence=_EVIDENCE)
    submitted = {f"Evidence-{kind.value}": _evidence(kind.value, *fields) for kind, fields in SUBMITTED.items()}
    return {
        "Application": with_evidence,
        **{of.__name__: _object(of) for of in (account.ApplicationClaims, person.PersonClaims, *_PARTS)},
        "BeneficialOwner": _object(person.BeneficialOwner),
        **{of.__name__: _object(of, kind={"const": kind}) for kind, of in _PAYMENTS.items()},
        "Evidence": {"oneOf": [{"$ref": _REF + name} for name in submitted]},
        **submitted,
        "Problem": _PROBLEM,
    }


def statuses(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of problems with these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}Problem"}}}
    words = {p.status: p.title for p in reversed(PROBLEMS.values())}
    return {code: {"description": words[code], "content": content} for code in codes}


def gives(schema: Schema, status: int = 200, *codes: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route: what it gives, and its own problems beside everybody's."""
    found = {"description": "What was asked for", "content": {"application/json": {"schema": schema}}}
    return {status: found, **statuses(*codes)}
