"""The API against its own OpenAPI document: whatever is sent, it answers, and never with a crash."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error


def test_no_request_the_document_allows_crashes_the_api(client: Any) -> None:
    # Breaks when any generated request is answered with a server error.
    schema = schemathesis.openapi.from_asgi("/openapi.json", client.app)
    seen = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=8,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @schemathesis_given(operation)
        def run(case: Any) -> None:
            case.call_and_validate(headers=dict(client.headers), checks=(not_a_server_error,))

        run()
        seen += 1
    assert seen > 25


def schemathesis_given(operation: Any) -> Any:
    from hypothesis import given

    return given(case=operation.as_strategy())


pytestmark = pytest.mark.filterwarnings("ignore")
