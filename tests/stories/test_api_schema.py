"""The API against its own OpenAPI document: what it describes is what it takes and gives, and nothing crashes it."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import builders as b
from gatebook.errors import InvalidInput
from gatebook.identify.claims import parse_application
from gatebook.identify.evidence import parse_evidence
from gatebook.procedures import posted

pytestmark = pytest.mark.filterwarnings("ignore")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
CHECKS = (not_a_server_error, content_type_conformance, status_code_conformance, response_schema_conformance)
#: What a parser may only say of a body the schema refuses: everything else is a matter of values.
STRUCTURE = {
    "unknown-field",
    "missing",
    "not-an-object",
    "not-a-list",
    "not-text",
    "not-boolean",
    "too-long",
    "too-many",
    "not-a-bin",
    "not-last4",
    "unknown-limb",
    "unknown-result",
}
FEW = settings(
    max_examples=25, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


def test_no_request_the_document_allows_gets_an_answer_the_document_does_not(client: Any) -> None:
    # Breaks when any generated request is answered with a server error, or with a status or shape nobody was told of.
    schema = schemathesis.openapi.from_asgi("/openapi.json", client.app)
    seen = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @FEW
        @given(case=operation.as_strategy())
        def run(case: Any) -> None:
            case.call_and_validate(headers=dict(client.headers), checks=CHECKS)

        run()
        seen += 1
    assert seen > 45


@functools.cache
def _validator() -> Any:
    from gatebook.api.schemas import components

    return jsonschema_rs.validator_for(
        {"$ref": "#/components/schemas/Application", "components": {"schemas": components()}}
    )


def _refusals(data: Any) -> set[str]:
    """What the house says of an application with evidence; empty when it takes it."""
    found: set[str] = set()
    try:
        claims, evidence = posted.application(data)
    except InvalidInput as error:
        return {p.code for p in error.problems}
    for read, given_ in ((parse_application, claims), *((parse_evidence, piece) for piece in evidence)):
        try:
            read(given_, NOW)
        except InvalidInput as error:
            found |= {p.code for p in error.problems}
    return found


def test_what_the_schema_allows_is_refused_for_its_values_alone(client: Any) -> None:
    # Breaks when the document describes fields, types or lengths the parser does not take.
    schema = schemathesis.openapi.from_asgi("/openapi.json", client.app)
    operation = schema["/v1/applications"]["POST"]

    @settings(FEW, max_examples=60)
    @given(case=operation.as_strategy())
    def run(case: Any) -> None:
        assert not _refusals(case.body) & STRUCTURE

    run()


FULL = {
    **b.application(
        b.person(
            aliases=["Anna Eriksson"],
            registration={"jurisdiction": "SE", "number": "1", "lei": ""},
            national_numbers=[],
            beneficial_owners=[{"person": b.person(), "share_percent": "12.5", "has_control": None}],
        ),
        on_behalf_of=b.person("Bo Berg"),
        purpose="mail",
        reference="r-1",
        is_reseller=False,
    ),
    "payments": [
        {"kind": "card", "bin": "400000", "last4": "0002", "country": "SE"},
        {"kind": "bank", "iban": "SE4550000000058398257466"},
        {"kind": "wallet", "currency": "XBT", "address": "1JhKHaewH7iwDuQoyJAYJDcUcMnxKiPkkF"},
        {"kind": "processor", "processor": "p", "token": "t"},
    ],
    "evidence": [
        b.ANNA,
        {"kind": "residence", "country": "SE", "issued_on": "2026-10-01", "shows_name": True},
        {"kind": "payment_confirmed", "processor": "p", "result": "verified"},
        {"kind": "vendor_report", "vendor": "v", "result": "refuted"},
    ],
}


def _places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from _places(data[key], (*path, key))


def _changed(path: tuple[Any, ...], change: str, value: Any) -> Any:
    data = copy.deepcopy(FULL)
    if not path:
        return value
    at: Any = data
    for part in path[:-1]:
        at = at[part]
    if change == "remove":
        del at[path[-1]]
    elif change == "add" and isinstance(at[path[-1]], dict):
        at[path[-1]]["surprise"] = value
    else:
        at[path[-1]] = value
    return data


def test_a_full_application_is_allowed_and_taken() -> None:
    # Breaks when the schema refuses what the house takes.
    assert _refusals(FULL) == set()
    assert _validator().is_valid(FULL)


@given(
    st.sampled_from(sorted(_places(FULL), key=str)),
    st.sampled_from(("remove", "add", "set")),
    st.sampled_from((None, 1, True, "", "x" * 321, [], {}, ["x"], {"kind": "card"}, "SE", "zz")),
)
@settings(max_examples=400, deadline=None)
def test_schema_and_parser_refuse_the_same_breaches(path: tuple[Any, ...], change: str, value: Any) -> None:
    # Breaks when a client that checks its requests by the document sends what is refused, or does not send what is taken.
    data = _changed(path, change, value)
    is_allowed, refused = _validator().is_valid(data), _refusals(data)
    if not refused:
        assert is_allowed, f"taken, and the schema refuses it: {path} {change} {value!r}"
    if refused & STRUCTURE:
        assert not is_allowed, f"refused as {refused & STRUCTURE}, and the schema allows it: {path} {change} {value!r}"
