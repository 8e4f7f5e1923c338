"""The demo's last part: a subpoena comes, two officers answer it, and a stranger's Python verifies what they get.

The trap guarded against: a demo that shows something else than the product. Every line comes from a procedure.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from gatebook import canonical
from gatebook.procedures import check_demand, propose_production, receive_demand, scope_demand
from gatebook.procedures.house import Operator
from gatebook.procedures.log_access import log_access
from gatebook.terms.demand import Channel
from gatebook.wiring import productions
from gatebook.wiring.premises import Premises

_ADDRESS = "203.0.113.44"


def answer_a_demand(
    premises: Premises, application: str, officers: tuple[Operator, Operator], console: Console
) -> None:
    """Tell how a subpoena for an address at a time is answered; ends the demo with status 1 if it does not verify."""
    console.rule("A subpoena comes")
    mara, ole = officers
    account, at = _used(premises, mara, application)
    taken = receive_demand.receive_demand(premises.house, mara, _subpoena(at), None, Channel.COMMAND)
    demand = str(taken["demand_id"])
    console.print(
        f"It names {_ADDRESS} at {at}. It is entered, due {taken['due_at'][:10]}, and nothing of the house"
        " expires until what it names is found.",
        markup=False,
    )
    for check in ("form", "issuer", "authority"):
        check_demand.check_demand(premises.house, mara, demand, check, "passed", {"note": "looked up"})
    scoped = scope_demand.scope_demand(premises.house, mara, demand)
    table = Table("record class", "reached", "by")
    for name, one in scoped["classes"].items():
        table.add_row(name, one["answer"], one["basis"] or one["clauses"][0]["cites"])
    console.print(table, markup=False)
    found = productions.search(premises, mara, demand)["found"][0]
    console.print(f"Found: {found['found'][0]['account']} ({found['answer']}), which is {account}.")
    listed = productions.propose(premises, mara, demand, ())
    propose_production.approve_production(premises.house, ole, listed["production"], listed["digest"])
    built = productions.build(premises, mara, listed["production"])
    row = productions.release(premises, ole, listed["production"])
    console.print(
        f"Mara proposed the list and Ole approved it: {built['records']} records, {built['events']} accesses;"
        f" the disclosure is entered, and the production is {row['state']}.",
        markup=False,
    )
    _verify(premises, mara, listed["production"], console)


def _used(premises: Premises, operator: Operator, application: str) -> tuple[str, str]:
    """Let the account be used from an address; return its id and when."""
    with premises.house.state.read() as work:
        account = str((work.registers.get("applications", application) or {})["account_id"])
    at = premises.now().replace(microsecond=0) - timedelta(hours=1)
    told = canonical.instant(at)
    event = {"at": told, "principal": account, "address": _ADDRESS, "act": "login", "outcome": "success"}
    log_access(premises.house, premises.access_log, operator, json.dumps(event).encode(), "edge")
    return account, told


def _subpoena(at: str) -> dict[str, Any]:
    return {
        "instrument": "subpoena",
        "jurisdiction": "US-CA",
        "recipient": "us-government",
        "reference": "GJ-2026-117",
        "issuer": {"authority": "Sample County District Attorney", "office": "prosecutor"},
        "targets": [{"kind": "address", "value": _ADDRESS, "at": at}],
    }


def _verify(premises: Premises, operator: Operator, production: str, console: Console) -> None:
    """Run the verifier out of the file itself, in a Python that knows nothing of this program."""
    file = productions.released_file(premises, operator, production)
    program = file.with_name("verify.py")
    with zipfile.ZipFile(file) as archive:
        program.write_bytes(archive.read(f"{production}/data/verify.py"))
    vkey = premises.folder / "ledger" / "vkey"
    command = [sys.executable, "-I", "-S", str(program), str(file), "--vkey", str(vkey)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own verifier, no shell
    console.print("Whoever was handed it runs verify.py, which needs Python alone:")
    console.print(done.stdout.strip() or done.stderr.strip(), markup=False)
    if done.returncode:
        raise SystemExit(1)
