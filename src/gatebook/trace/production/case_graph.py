"""A production as a CASE/UCO graph (JSON-LD), for tools that put evidence of many sources together.

The trap guarded against: an ontology bent until our words fit it. Only classes and properties of CASE 1.5 and UCO 1.5
stand here; what they have no place for stays in the record it was in, as the JSON it is. And a graph that is taken for
all: it holds the first thousand access events, and says of how many.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from gatebook import canonical
from gatebook.terms.access_event import AccessEvent, Outcome
from gatebook.terms.record_class import RecordClass
from gatebook.trace.production.told import INSTRUMENTS, Account, Record, Step, Told, Value

MOST_EVENTS = 1000
_UCO, _CASE = "https://ontology.unifiedcyberontology.org/uco/", "https://ontology.caseontology.org/case/"
_CONTEXT = {
    "kb": "urn:uuid:",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "case-investigation": f"{_CASE}investigation/",
    **{f"uco-{name}": f"{_UCO}{name}/" for name in ("action", "core", "identity", "observable")},
}
_STATUS = {
    Outcome.SUCCESS: "Success",
    Outcome.FAILURE: "Fail",
    Outcome.PENDING: "Pending",
    Outcome.UNKNOWN: "Unknown",
}
_EMAIL, _PHONE = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}"), re.compile(r"\+[0-9 ().-]{6,30}")

Node = dict[str, Any]


def case_graph(told: Told) -> bytes:
    """Return the graph in canonical JSON: the same production gives the same bytes."""
    return canonical.encode({"@context": _CONTEXT, "@graph": _Graph(told).nodes()})


class _Graph:
    """Makes the nodes of one production; ids are UUIDs of version 5 under it, for CASE wants no other."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._space = uuid.uuid5(uuid.NAMESPACE_URL, f"{told.provider}/{told.production}")

    def nodes(self) -> list[Node]:
        """Return every node once, in a fixed order."""
        told = self._told
        found = [
            *self._parties(),
            *itertools.chain.from_iterable(map(self._account, told.accounts)),
            *itertools.chain.from_iterable(itertools.starmap(self._event, enumerate(self._shown()))),
            *self._custody(),
        ]
        once = list({node["@id"]: node for node in found}.values())
        return [self._investigation(once), *once]

    def _shown(self) -> Iterable[tuple[Account, AccessEvent]]:
        each = ((account, event) for account in self._told.accounts for event in account.accesses)
        return itertools.islice(each, MOST_EVENTS)

    def _investigation(self, nodes: list[Node]) -> Node:
        told = self._told
        shown = min(MOST_EVENTS, sum(len(account.accesses) for account in told.accounts))
        words = (
            f"Production {told.production} of {told.provider}. {shown} of {told.events} access events stand in this "
            f"graph; all of them are in the files of the production. Ledger {told.head.origin}, {told.head.size} "
            f"entries, root {told.head.root.hex()}."
        )
        return self._node(
            "investigation", "", "case-investigation:Investigation",
            {
                "uco-core:name": told.reference,
                "uco-core:description": words,
                "case-investigation:focus": INSTRUMENTS[told.instrument],
                "case-investigation:relevantAuthorization": self._link("authorization", ""),
                "uco-core:object": [{"@id": node["@id"]} for node in nodes if "facet" not in node["@type"].lower()],
            },
        )  # fmt: skip

    def _parties(self) -> Iterator[Node]:
        told = self._told
        yield self._node("authority", "", "uco-identity:Organization", {"uco-core:name": told.authority})
        yield self._node("provider", "", "uco-identity:Organization", {"uco-core:name": told.provider})
        demand = {
            "uco-core:name": told.demand,
            "uco-core:description": f"Basis of the disclosure: {told.basis} ({told.basis_cites})",
            "uco-core:createdBy": self._link("authority", ""),
            "uco-core:startTime": _time(told.received_at),
            "case-investigation:authorizationType": INSTRUMENTS[told.instrument],
            "case-investigation:authorizationIdentifier": told.reference,
        }
        yield self._node("authorization", "", "case-investigation:Authorization", demand)

    def _account(self, account: Account) -> Iterator[Node]:
        facet = {
            "uco-observable:accountIdentifier": account.account,
            "uco-observable:accountIssuer": self._link("provider", ""),
        }
        if account.person:
            yield self._node("person", account.person, "uco-identity:Identity", {"uco-core:name": account.person})
            facet["uco-observable:owner"] = self._link("person", account.person)
        yield from self._observed("account", account.account, "uco-observable:AccountFacet", facet, account.account)
        for record in account.records:
            yield from self._record(account, record)

    def _record(self, account: Account, record: Record) -> Iterator[Node]:
        """Yield a record as the JSON of what is shown of it, and what of it has a facet of its own."""
        payload = canonical.encode({value.pointer: value.text for value in record.values})
        content = {
            "uco-observable:mimeType": "application/json",
            "uco-observable:dataPayload": payload.decode(),
            "uco-observable:sizeInBytes": {"@type": "xsd:integer", "@value": str(len(payload))},
        }
        yield from self._observed("record", record.record, "uco-observable:ContentDataFacet", content, record.kind)
        yield self._related("record", record.record, "account", account.account, "Record_Of")
        for value in record.values:
            if contact := _contact(value):
                facet, prop, kind = contact
                yield from self._observed(kind, value.text, facet, {prop: value.text}, kind)
                yield self._related(kind, value.text, "record", record.record, "Stated_In")

    def _event(self, number: int, used: tuple[Account, AccessEvent]) -> Iterator[Node]:
        account, event = used
        act: Node = {
            "uco-core:name": event.act or "access",
            "uco-core:description": f"As told by the source {event.source}",
            "uco-action:startTime": _time(
                datetime.fromtimestamp(event.at // 1_000_000, UTC).replace(microsecond=event.at % 1_000_000)
            ),
            "uco-action:actionStatus": _STATUS[event.outcome],
            "uco-action:object": [self._link("account", account.account)],
        }
        if facet := _address_facet(event.address):
            known = {"uco-observable:addressValue": event.address}
            yield from self._observed("address", event.address, facet, known, event.address)
            act["uco-action:instrument"] = [self._link("address", event.address)]
        yield self._node("event", f"{account.account} {number}", "uco-observable:ObservableAction", act)

    def _custody(self) -> Iterator[Node]:
        """Yield the steps as actions, each informed by the one before, and the exhibit they end in."""
        told = self._told
        before: Step | None = None
        for step in told.steps:
            yield self._node("operator", step.operator, "uco-identity:Identity", {"uco-core:name": step.operator})
            yield self._step(step, before)
            before = step
        made = [
            *(("account", a.account) for a in told.accounts),
            *(("record", r.record) for a in told.accounts for r in a.records),
        ]
        exhibit: Node = {
            "uco-core:description": told.manifest and f"SHA-256 of manifest-sha256.txt: {told.manifest}",
            "uco-core:object": [self._link(kind, key) for kind, key in made],
            "case-investigation:exhibitNumber": told.production,
        }
        yield self._node("exhibit", "", "case-investigation:ProvenanceRecord", exhibit)

    def _step(self, step: Step, before: Step | None) -> Node:
        said: Node = {
            "uco-core:name": step.kind,
            "uco-core:description": f"{step.words}; entry {step.position} of the ledger",
            "uco-action:startTime": _time(step.at),
            "uco-action:performer": self._link("operator", step.operator),
        }
        if before:
            said["case-investigation:wasInformedBy"] = self._link("step", str(before.position))
        if step.kind in {"production.built", "disclosure.made"}:
            said["uco-action:result"] = [self._link("exhibit", "")]
        return self._node("step", str(step.position), "case-investigation:InvestigativeAction", said)

    def _observed(self, kind: str, key: str, facet: str, said: Mapping[str, Any], name: str) -> Iterator[Node]:
        """Yield an observable object and the facet that describes it."""
        yield self._node(f"{kind} facet", key, facet, said)
        described = {"uco-core:name": name, "uco-core:hasFacet": [self._link(f"{kind} facet", key)]}
        yield self._node(kind, key, "uco-observable:ObservableObject", described)

    def _related(self, kind: str, key: str, other: str, other_key: str, how: str) -> Node:
        said = {
            "uco-core:source": self._link(kind, key),
            "uco-core:target": self._link(other, other_key),
            "uco-core:kindOfRelationship": how,
            "uco-core:isDirectional": True,
        }
        return self._node("relation", f"{kind} {key} {other} {other_key}", "uco-core:Relationship", said)

    def _node(self, kind: str, key: str, type_: str, said: Mapping[str, Any]) -> Node:
        kept = {name: value for name, value in said.items() if value not in ("", [])}
        return {"@id": self._link(kind, key)["@id"], "@type": type_, **kept}

    def _link(self, kind: str, key: str) -> dict[str, str]:
        return {"@id": f"kb:{uuid.uuid5(self._space, f'{kind} {key}')}"}


def _contact(value: Value) -> tuple[str, str, str] | None:
    """Return facet, property and kind of what is plainly an e-mail address or telephone number; None else."""
    if value.record_class is not RecordClass.CONTACT:
        return None
    if _EMAIL.fullmatch(value.text):
        return "uco-observable:EmailAddressFacet", "uco-observable:addressValue", "email"
    if _PHONE.fullmatch(value.text):
        return "uco-observable:PhoneAccountFacet", "uco-observable:phoneNumber", "phone"
    return None


def _address_facet(address: str) -> str:
    try:
        return f"uco-observable:IPv{ipaddress.ip_address(address).version}AddressFacet"
    except ValueError:
        return ""


def _time(at: datetime) -> Node:
    return {"@type": "xsd:dateTime", "@value": at.astimezone(UTC).isoformat()}
