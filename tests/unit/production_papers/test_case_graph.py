"""The CASE/UCO graph: held against the ontology by the tool its makers publish."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gatebook.trace.production.case_graph import MOST_EVENTS, case_graph
from production_samples import account, told


def validate(file: Path) -> int:
    # Ontology and shapes are in the package: no network is asked.
    tool = Path(sys.executable).with_name("case_validate")
    return subprocess.run([tool, file], capture_output=True, check=False).returncode


def nodes(graph: bytes, kind: str) -> list[dict[str, Any]]:
    return [node for node in json.loads(graph)["@graph"] if node["@type"].endswith(f":{kind}")]


def test_the_graph_conforms_to_case_and_a_broken_one_does_not(tmp_path: Path) -> None:
    # Breaks when a class or property is not the ontology's, or the tool would take anything.
    graph = case_graph(told(accounts=(account(1), account(2, 'Иван "<b>"'))))
    good, bad = tmp_path / "good.jsonld", tmp_path / "bad.jsonld"
    good.write_bytes(graph)
    bad.write_bytes(graph.replace(b'"uco-core:isDirectional":true', b'"uco-core:isDirectional":"yes"'))
    assert validate(good) == 0
    assert validate(bad) != 0


def test_the_graph_tells_demand_accounts_addresses_and_custody() -> None:
    # Breaks when an account loses its owner, the demand its reference, or a step the one before it.
    graph = case_graph(told())
    assert nodes(graph, "Authorization")[0]["case-investigation:authorizationIdentifier"] == "24-mj-0001"
    assert nodes(graph, "AccountFacet")[0]["uco-observable:accountIdentifier"] == "acc-1"
    owner = nodes(graph, "AccountFacet")[0]["uco-observable:owner"]["@id"]
    assert [n["uco-core:name"] for n in nodes(graph, "Identity") if n["@id"] == owner] == ["per-1"]
    assert nodes(graph, "EmailAddressFacet")[0]["uco-observable:addressValue"] == "ana@example.com"
    assert [n["uco-observable:addressValue"] for n in nodes(graph, "IPv6AddressFacet")] == ["2001:db8::9"]
    assert [n["uco-core:name"] for n in nodes(graph, "InvestigativeAction")] == [
        "demand.received",
        "production.approved",
        "production.built",
    ]
    assert "case-investigation:wasInformedBy" in nodes(graph, "InvestigativeAction")[1]
    payload = json.loads(nodes(graph, "ContentDataFacet")[0]["uco-observable:dataPayload"])
    assert payload["/applicant/name"] == "Ana Example"


def test_the_graph_holds_the_first_thousand_events_and_says_of_how_many() -> None:
    # Breaks when a long record makes a graph no tool can load, or a cut one looks whole.
    many = dataclasses.replace(account(events=MOST_EVENTS + 5), events=1_000_000)
    graph = case_graph(told(accounts=(many,)))
    assert len(nodes(graph, "ObservableAction")) == MOST_EVENTS
    assert "1000 of 1000000 access events" in nodes(graph, "Investigation")[0]["uco-core:description"]


@pytest.mark.parametrize("changed", [{}, {"accounts": ()}, {"steps": ()}])
def test_every_link_of_the_graph_leads_somewhere_and_one_production_gives_one_graph(changed: dict[str, Any]) -> None:
    # Breaks when a node is named that is not there, stands twice, or ids are drawn by chance.
    graph = case_graph(told(**changed))
    assert graph == case_graph(told(**changed))
    found = json.loads(graph)["@graph"]
    ids = [node["@id"] for node in found]
    assert len(ids) == len(set(ids))
    assert set(_links(found)) <= set(ids)


def _links(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["@id"]] if set(value) == {"@id"} else []
        return own + [link for inner in value.values() for link in _links(inner)]
    return [link for inner in value for link in _links(inner)] if isinstance(value, list) else []
