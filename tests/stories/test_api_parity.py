"""Both shells do the same: every route has its command and every command its route, or a reason why not."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import typer.main

import gatebook.api

#: route: command
TWINS = {
    "POST /v1/applications": "apply",
    "POST /v1/requirements": "requirements",
    "POST /v1/applications/{application_id}/evidence": "evidence",
    "POST /v1/applications/{application_id}/determinations": "determine",
    "POST /v1/applications/{application_id}/withdrawals": "withdraw",
    "POST /v1/applications/{application_id}/codes": "send-code",
    "POST /v1/applications/{application_id}/codes/answers": "answer-code",
    "GET /v1/applications/{application_id}/candidates": "candidates",
    "POST /v1/applications/{application_id}/screening-replays": "screen-replay",
    **{
        f"GET /v1/{name}{tail}": command
        for name in (
            *("applications", "accounts", "determinations", "reviews", "records", "persons", "keys"),
            *("access-batches", "access-segments", "productions"),
        )
        for tail, command in (("", "list"), ("/{row_id}", "show"))
    },
    "GET /v1/demands": "demand list",
    "GET /v1/demands/{row_id}": "demand show",
    "GET /v1/demand-checks": "list",
    "GET /v1/demand-checks/{row_id}": "show",
    "POST /v1/demands": "demand receive",
    "PUT /v1/demands/{demand_id}/particulars": "demand describe",
    "POST /v1/demands/{demand_id}/readings": "demand read",
    "POST /v1/demands/{demand_id}/checks": "demand check",
    "POST /v1/demands/{demand_id}/scopings": "demand scope",
    "POST /v1/demands/{demand_id}/scoping-replays": "demand replay",
    "POST /v1/demands/{demand_id}/rulings": "demand rule",
    "POST /v1/demands/{demand_id}/closings": "demand close",
    "GET /v1/demand-clock": "demand clock",
    "GET /v1/holds": "hold list",
    "GET /v1/holds/{row_id}": "hold show",
    "POST /v1/holds": "hold place",
    "POST /v1/holds/{hold_id}/renewals": "hold renew",
    "POST /v1/holds/{hold_id}/ends": "hold end",
    "GET /v1/persons/{person_id}/retention": "retention show",
    "GET /v1/persons/{person_id}/destruction-certificate": "certificate destruction",
    "GET /v1/lists": "lists show",
    "GET /v1/lists/{row_id}": "show",
    "POST /v1/lists/{list_id}/updates": "lists update",
    "POST /v1/lists/{list_id}/rescreenings": "lists rescreen",
    "GET /v1/lists/{list_id}/differences": "lists diff",
    "POST /v1/screenings": "screen name",
    "POST /v1/reviews/{review_id}/dispositions": "dispose",
    "POST /v1/reviews/{review_id}/approvals": "approve",
    "POST /v1/accounts/{account_id}/closings": "close",
    "POST /v1/accounts/{account_id}/screenings": "rescreen",
    "GET /v1/determinations/{determination_id}/reasons": "explain",
    "POST /v1/determinations/{determination_id}/replays": "replay",
    "POST /v1/records/{record_id}/readings": "read",
    "POST /v1/gate": "gate",
    "GET /v1/law": "law show",
    "POST /v1/law/explanations": "law explain",
    "POST /v1/law/adoptions": "law adopt",
    "GET /v1/ledger/checkpoint": "ledger checkpoint",
    "GET /v1/ledger/entries/{position}": "ledger entry",
    "GET /v1/ledger/entries/{position}/proof": "ledger proof",
    "GET /v1/ledger/sizes/{position}/proof": "ledger consistency",
    "POST /v1/ledger/checks": "ledger check",
    "POST /v1/assignments": "assignment add",
    "POST /v1/assignments/{assignment_id}/end": "assignment end",
    "GET /v1/assignments/holder": "assignment holder",
    "GET /v1/assignments/history": "assignment history",
    "GET /v1/assignments": "assignment of",
    "POST /v1/assignments/checks": "assignment check",
    "POST /v1/traces/address": "trace ip",
    **{
        f"POST /v1/traces/{name}": f"trace {name}"
        for name in ("account", "session", "user-agent", "fingerprint", "principal", "wallet", "identifier", "shared")
    },
    "POST /v1/traces/timeline": "trace timeline",
    "POST /v1/access-events": "access ingest",
    "GET /v1/access-events/schema": "access schema",
    "GET /v1/access-events/{batch}": "access batch",
    "GET /v1/access-sources": "access sources",
    "POST /v1/access-proofs": "access prove",
    "POST /v1/access-sealings": "access seal",
    "GET /v1/witness-key": "witness key",
    "GET /v1/watched-logs": "witness watched",
    "POST /v1/watched-logs": "witness watch",
    "POST /v1/watched-logs/endings": "witness forget",
    "GET /v1/witnesses": "witness show",
    "POST /v1/witness-askings": "witness ask",
    "POST /v1/demands/{demand_id}/searches": "demand search",
    "POST /v1/demands/{demand_id}/productions": "production propose",
    "GET /v1/productions/{production_id}/list": "production show",
    "POST /v1/productions/{production_id}/approvals": "production approve",
    "POST /v1/productions/{production_id}/refusals": "production refuse",
    "POST /v1/productions/{production_id}/buildings": "production build",
    "POST /v1/productions/{production_id}/releases": "production release",
    "GET /v1/productions/{production_id}/file": "production release",
    "POST /v1/notice-delays": "notice delay",
    "GET /v1/demands/{demand_id}/notice": "notice show",
    "POST /v1/demands/{demand_id}/notice-drafts": "notice draft",
    "POST /v1/demands/{demand_id}/notices": "notice give",
    "GET /v1/disclosures": "disclosure list",
    "GET /v1/disclosures/{row_id}": "disclosure show",
    "GET /v1/disclosure-table": "disclosure export",
    "POST /v1/disclosures/{disclosure_id}/readings": "disclosure read",
    "POST /v1/disclosure-proposals": "disclosure propose",
    "GET /v1/disclosure-proposals": "disclosure waiting",
    "GET /v1/disclosure-proposals/{disclosure_id}": "disclosure open",
    "POST /v1/disclosure-proposals/{disclosure_id}/approvals": "disclosure approve",
    "POST /v1/disclosure-proposals/{disclosure_id}/refusals": "disclosure decline",
    "GET /v1/transparency": "transparency",
    "POST /v1/productions/{production_id}/deliveries": "production deliver",
    "POST /v1/api-keys": "keys make",
    "DELETE /v1/api-keys/{key_id}": "keys revoke",
    "POST /v1/key-rotations": "keys rotate",
    "POST /v1/expirations": "expire",
    "POST /v1/rebuilds": "rebuild",
    "POST /v1/resumptions": "resume",
    "GET /v1/webhook-key": "webhooks key",
    "GET /v1/webhook-endpoints": "webhooks list",
    "POST /v1/webhook-endpoints": "webhooks add",
    "DELETE /v1/webhook-endpoints/{endpoint}": "webhooks remove",
    "GET /v1/webhook-messages": "webhooks messages",
    "POST /v1/webhook-messages/{message_id}/attempts": "webhooks again",
}
API_ALONE = {
    "GET /healthz": "a monitor asks a process, and a command is none",
    "GET /readyz": "same",
    "GET /metrics": "same",
    "POST /witness/add-checkpoint": "the protocol other logs speak (C2SP tlog-witness); their client is `witness ask`",
    "GET /docs/problems": "where the type of a problem leads",
}
COMMAND_ALONE = {
    "init": "makes the house that is then served",
    "serve": "starts the service",
    "demo": "builds a house of its own",
    "access plan": "arithmetic over figures in the program, about no house",
    "access archive": "writes to a folder of the operator's choosing",
    "access check-archive": "reads a folder of the operator's choosing",
    "access ask-archive": "asks a cluster of the operator's choosing",
    "law test": "for who writes law files, beside the files",
    "screen pairs": "reads a file of the machine itself and needs no house",
    "screen population": "same, and writes one; hours of work that a request could not wait for",
    "access convert": "reads files of the machine itself, and needs no house",
    "access follow": "watches files of the machine itself; who sends them to /v1/access-events does the same",
    "access formats": "what this program reads, of which a house has no say",
    "assignment import": "reads a lease table of the machine itself; a list posted to /v1/assignments is the same",
    "assignment export": "writes a table of millions of rows to the machine itself",
    "trace subnet": "another name of trace ip, which takes networks too",
    "demand fetch": "a served house does so every minute by itself",
    "lists load": "takes files of hundreds of megabytes from the machine itself",
    **dict.fromkeys(
        [f"backup {name}" for name in ("make", "keys", "list", "forget", "destroyed", "check")],
        "writes and knows files of the machine itself",
    ),
    "restore": "makes a house, which is then served",
    "ledger publish": "a served house publishes every second by itself",
    "webhooks deliver": "a served house delivers every second by itself",
}


def _routes(client: Any) -> set[str]:
    paths = client.get("/openapi.json").json()["paths"]
    return {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}


def _commands() -> set[str]:
    from gatebook.cli.main import app

    def walk(group: Any, before: str) -> set[str]:
        found = set()
        for name, command in group.commands.items():
            found |= walk(command, f"{before}{name} ") if hasattr(command, "commands") else {before + name}
        return found

    return walk(typer.main.get_command(app), "")


def test_every_route_has_its_command_and_every_command_its_route(client: Any) -> None:
    # Breaks when something is added to one shell and not to the other, without a reason given here.
    assert _routes(client) == set(TWINS) | set(API_ALONE)
    assert _commands() == set(TWINS.values()) | set(COMMAND_ALONE)


def test_the_document_names_every_route_of_every_room(client: Any) -> None:
    # Breaks when a room is not put together with the others, or a route is served that the document does not know.
    rooms = [
        importlib.import_module(f"gatebook.api.{found.name}") for found in pkgutil.iter_modules(gatebook.api.__path__)
    ]
    routes = [route for room in rooms if hasattr(room, "router") for route in room.router.routes]
    served = {f"{method} {route.path}" for route in routes for method in route.methods}
    assert served | {"POST /v1/gate", "POST /v1/access-events"} == _routes(client)
