"""The ``gatebook`` command: parse, call one procedure, print.

The trap guarded against: a traceback where a sentence would do. Errors of ours are printed as their message.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from gatebook import canonical
from gatebook.api.app import serve
from gatebook.errors import GatebookError, InvalidInput
from gatebook.law.consider import consider
from gatebook.procedures import (
    api_keys,
    ask_gate,
    close_account,
    confirm_contact,
    expire_records,
    keep_house,
    look,
    open_account,
    publish_ledger,
    render,
    replay,
    rescreen_account,
    review,
    webhooks,
)
from gatebook.procedures.house import SCOPES, House, Operator
from gatebook.screen.scan import Query, candidate_to_plain
from gatebook.terms.fact import Fact, Facts
from gatebook.wiring import Premises, adopt_law, init_house, open_premises, update_list

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Who rents your machines, how you know, what was decided."
)
law_app, lists_app, ledger_app, keys_app, hooks_app = (typer.Typer(no_args_is_help=True) for _ in range(5))
app.add_typer(law_app, name="law", help="The law this house goes by.")
app.add_typer(lists_app, name="lists", help="The lists persons are compared with.")
app.add_typer(ledger_app, name="ledger", help="The ledger and its proofs.")
app.add_typer(keys_app, name="keys", help="API keys and key rotation.")
app.add_typer(hooks_app, name="webhooks", help="Events to the provider's own systems.")

House_ = Annotated[Path, typer.Option("--house", envvar="GATEBOOK_HOUSE", help="The house's folder.")]
As = Annotated[str, typer.Option("--operator", envvar="GATEBOOK_OPERATOR", help="Who you are, as a short slug.")]
JsonFile = Annotated[Path, typer.Argument(help="A JSON file; - reads standard input.")]
HERE = Path("house")
console = Console()


@contextmanager
def _house(folder: Path) -> Iterator[tuple[Premises, House]]:
    with open_premises(folder) as premises:
        yield premises, premises.house


def _who(name: str) -> Operator:
    """Whoever can read the house's folder holds every scope: the files would not stop them either."""
    return Operator(f"opr-{name}", SCOPES)


def _show(value: object) -> None:
    if sys.stdout.isatty():
        console.print_json(json.dumps(value), highlight=False)
    else:
        typer.echo(json.dumps(value, indent=2))


def _read(path: Path) -> Any:  # noqa: ANN401  whatever the file holds
    return canonical.decode(sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes())


@app.command()
def init(house: House_ = HERE, origin: str = "gatebook.invalid/house", operator: As = "founder") -> None:
    """Make a house: settings, keys, database, law folder. Done twice it is done once."""
    init_house(house, origin, _who(operator))
    console.print(f"A house stands in {house}. Next: gatebook lists load, gatebook keys make, gatebook serve")


@app.command("serve")
def serve_(house: House_ = HERE, host: str = "127.0.0.1", port: int = 8480) -> None:
    """Serve the API, publish the ledger every second and deliver webhooks."""
    serve(house, host, port)


@app.command()
def demo(
    folder: Annotated[Path | None, typer.Option(help="Where to build it; a new temporary folder by default.")] = None,
) -> None:
    """Run the main job on an embedded house and tell its story."""
    from gatebook.cli.demo import run_demo  # noqa: PLC0415  the story is loaded only when told

    run_demo(folder, console)


@app.command()
def apply(file: JsonFile, house: House_ = HERE, operator: As = "local") -> None:
    """Take an application ({application fields..., "evidence": [...]}) and judge it."""
    with _house(house) as (_, h):
        data = _read(file)
        evidence = data.pop("evidence", []) if isinstance(data, dict) else []
        application_id, found = open_account.open_account(h, _who(operator), data, evidence)
        publish_ledger.publish_ledger(h)
        _show(render.determined(application_id, found))


@app.command()
def requirements(file: JsonFile, house: House_ = HERE, operator: As = "local") -> None:
    """Say what an application like this would still need; keep nothing of it."""
    with _house(house) as (_, h):
        _show(look.requirements(h, _who(operator), _read(file)))


@app.command()
def evidence(application_id: str, file: JsonFile, house: House_ = HERE, operator: As = "local") -> None:
    """Add evidence (a list, or one piece) to an application in review and judge it again."""
    with _house(house) as (_, h):
        data = _read(file)
        found = open_account.submit_evidence(
            h, _who(operator), application_id, data if isinstance(data, list) else [data]
        )
        publish_ledger.publish_ledger(h)
        _show(render.determined(application_id, found))


@app.command("determine")
def determine_(application_id: str, house: House_ = HERE, operator: As = "local") -> None:
    """Judge an application in review again."""
    with _house(house) as (_, h):
        _show(render.determined(application_id, open_account.determine_again(h, _who(operator), application_id)))
        publish_ledger.publish_ledger(h)


@app.command("send-code")
def send_code(application_id: str, channel: str, which: int = 0, house: House_ = HERE, operator: As = "local") -> None:
    """Send a one-time code to a claimed e-mail address or telephone number."""
    with _house(house) as (_, h):
        confirm_contact.send_code(h, _who(operator), application_id, channel, which)
        _show({"sent": True, "channel": channel})


@app.command("answer-code")
def answer_code(application_id: str, channel: str, code: str, house: House_ = HERE, operator: As = "local") -> None:
    """Answer with the code that came back."""
    with _house(house) as (_, h):
        verdict, found = confirm_contact.answer_code(h, _who(operator), application_id, channel, code)
        publish_ledger.publish_ledger(h)
        _show({"verdict": verdict, "determined": render.determined(application_id, found) if found else None})


@app.command("list")
def list_(
    register: str, state: str = "", after: str = "", limit: int = 50, house: House_ = HERE, operator: As = "local"
) -> None:
    """List applications, accounts, reviews, determinations, records, persons or lists."""
    with _house(house) as (_, h):
        where = {"status" if register == "accounts" else "state": state} if state else {}
        rows, following = look.page(h, _who(operator), register, where, after, limit)
        _show({"items": [render.row(row) for row in rows], "next": following})


@app.command()
def show(register: str, key: str, house: House_ = HERE, operator: As = "local") -> None:
    """Show one row of a register."""
    with _house(house) as (_, h):
        _show(render.row(look.one(h, _who(operator), register, key)))


@app.command()
def explain(determination_id: str, house: House_ = HERE, operator: As = "local") -> None:
    """Open a determination with every clause considered (a reading, entered first)."""
    with _house(house) as (_, h):
        _show(look.determination(h, _who(operator), determination_id))


@app.command()
def candidates(application_id: str, house: House_ = HERE, operator: As = "local") -> None:
    """Open the latest screening of an application (a reading, entered first)."""
    with _house(house) as (_, h):
        _show(look.candidates(h, _who(operator), application_id))


@app.command("replay")
def replay_(determination_id: str, house: House_ = HERE, operator: As = "local") -> None:
    """Put the recorded facts to the law of the recorded day again and compare byte for byte."""
    with _house(house) as (_, h):
        _show(canonical.plain(replay.replay(h, _who(operator), determination_id)))


@app.command()
def dispose(
    review_id: str, disposition: str, match: str = "", note: str = "", house: House_ = HERE, operator: As = "local"
) -> None:
    """Enter an officer's word on a review: admit or decline; --match same|different for listed candidates."""
    with _house(house) as (_, h):
        found = review.dispose(h, _who(operator), review_id, disposition, match, note)
        publish_ledger.publish_ledger(h)
        _show(
            render.determined(found.determination.application_id, found)
            if found
            else {"waiting_for": "a second officer"}
        )


@app.command()
def approve(review_id: str, house: House_ = HERE, operator: As = "local") -> None:
    """Approve what another officer proposed."""
    with _house(house) as (_, h):
        found = review.approve(h, _who(operator), review_id)
        publish_ledger.publish_ledger(h)
        _show(render.determined(found.determination.application_id, found))


@app.command("close")
def close_(account_id: str, cause: str, for_cause: bool = False, house: House_ = HERE, operator: As = "local") -> None:
    """Close an account."""
    with _house(house) as (_, h):
        close_account.close_account(h, _who(operator), account_id, cause, for_cause=for_cause)
        publish_ledger.publish_ledger(h)
        _show(render.row(look.one(h, _who(operator), "accounts", account_id)))


@app.command()
def rescreen(account_id: str, house: House_ = HERE, operator: As = "local") -> None:
    """Compare an open account's person with the lists of today."""
    with _house(house) as (_, h):
        found = rescreen_account.rescreen_account(h, _who(operator), account_id)
        publish_ledger.publish_ledger(h)
        _show(render.determined(found.determination.application_id, found))


@app.command()
def gate(account: str, act: str = "use", house: House_ = HERE, operator: As = "local") -> None:
    """Ask whether this account may do this now."""
    with _house(house) as (_, h):
        _show(canonical.plain(ask_gate.ask_gate(h, _who(operator), account, act)))


@app.command("read")
def read_(record_id: str, purpose: str, house: House_ = HERE, operator: As = "local") -> None:
    """Open one sealed record for a stated purpose; the reading is entered first."""
    with _house(house) as (_, h):
        _show(look.read_record(h, _who(operator), record_id, purpose))


@app.command()
def expire(house: House_ = HERE, operator: As = "local") -> None:
    """Destroy the data of every person whose last day is past."""
    with _house(house) as (_, h):
        _show({"shredded": expire_records.expire_records(h, _who(operator))})
        publish_ledger.publish_ledger(h)


@app.command()
def rebuild(house: House_ = HERE, operator: As = "local") -> None:
    """Drop the registers and rebuild them from the ledger; fails if anything differs."""
    with _house(house) as (_, h), Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("folding the ledger", total=None)
        differing = keep_house.rebuild(
            h, _who(operator), lambda done, size: progress.update(task, completed=done, total=size)
        )
    _show({"equal": not differing, "differing": differing})
    if differing:
        raise typer.Exit(1)


@app.command()
def screen(
    name: str,
    born: str = "",
    country: str = "",
    kind: str = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
    house: House_ = HERE,
) -> None:
    """Compare a name with the lists loaded and say of each candidate why it matched. Keeps nothing."""
    with _house(house) as (_, h):
        found = h.screener().screen(Query((name,), kind, born, (country,) if country else ()))
    if as_json:
        _show([candidate_to_plain(c) for c in found.candidates])
        return
    for candidate in found.candidates:
        console.print(
            f"{candidate.score}  {candidate.words}  [{candidate.list_id} {candidate.list_digest[:12]}]", markup=False
        )
    parties = sum(edition.parties for edition in found.editions)
    console.print(f"{len(found.candidates)} candidates among {parties} parties on {len(found.editions)} lists")


@law_app.command("show")
def law_show(on: str = "", house: House_ = HERE) -> None:
    """Show every clause of a day with its citation and standing."""
    with _house(house) as (premises, h):
        law = h.law.on(date.fromisoformat(on) if on else premises.now().date())
    _show(
        {
            "day": law.day.isoformat(),
            "edition": law.edition,
            "clauses": [
                {
                    "clause": c.clause_id,
                    "cites": c.cites,
                    "rests_on": law.rests_on(c.source),
                    "begins": c.begins.isoformat(),
                    "duty": c.duty,
                    "unmet": c.unmet,
                }
                for c in law.clauses
            ],
        }
    )


@law_app.command("explain")
def law_explain(file: JsonFile, on: str = "", house: House_ = HERE) -> None:
    """Put facts ({"person.kind": "individual", ...}) to the law of a day and show every answer."""
    with _house(house) as (premises, h):
        law = h.law.on(date.fromisoformat(on) if on else premises.now().date())
    facts = Facts(tuple(Fact(name, value) for name, value in _read(file).items()))
    _show([canonical.plain(reason) for reason in consider(law, facts)])


@law_app.command("adopt")
def law_adopt(
    source: str, begins: Annotated[str, typer.Option("--from")], house: House_ = HERE, operator: As = "local"
) -> None:
    """Adopt a source of law as house policy from a day."""
    with _house(house) as (premises, _):
        adopt_law(premises, _who(operator), source, date.fromisoformat(begins))
    _show({"adopted": source, "from": begins})


@law_app.command("test")
def law_test(house: House_ = HERE, first: str = "2026-01-01", days: int = 800) -> None:
    """Ask the law of each day of a grid: no gap, no clash, every clause cited, unknown never admits."""
    start = date.fromisoformat(first)
    with _house(house) as (_, h):
        editions = set()
        for n in range(days):
            law = h.law.on(start + timedelta(n))
            consider(law, Facts(()))
            editions.add(law.edition)
    _show({"days": days, "editions": len(editions), "held": True})


@lists_app.command("load")
def lists_load(
    list_id: str, files: list[Path], confirm: bool = False, house: House_ = HERE, operator: As = "local"
) -> None:
    """Load a list from files you have (SDN.CSV with ALT, ADD, SDN_COMMENTS; or SDN.XML)."""
    with _house(house) as (premises, h):
        given = {path.name: path.read_bytes() for path in files}
        edition = premises.shelf.put(list_id, given, premises.now(), confirmed=confirm)
        keep_house.note_list(
            h, _who(operator), list_id, edition.digest, len(edition.parties), len(edition.report.refused)
        )
    _show(
        {
            "list": list_id,
            "digest": edition.digest,
            "parties": len(edition.parties),
            "rows": edition.report.rows,
            "refused": edition.report.refused[:50],
            "unknown_fields": edition.report.unknown_fields,
        }
    )


@lists_app.command("update")
def lists_update(
    list_id: str = "ofac-sdn", confirm: bool = False, house: House_ = HERE, operator: As = "local"
) -> None:
    """Fetch a list from its publisher over HTTPS; on any failure the old edition stays."""
    with _house(house) as (premises, _), Progress(console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, Any] = {}

        def moved(name: str, size: int) -> None:
            tasks.setdefault(name, progress.add_task(name, total=None))
            progress.update(tasks[name], completed=size)

        edition = update_list(premises, _who(operator), list_id, moved, confirmed=confirm)
    _show({"list": list_id, "digest": edition.digest, "parties": len(edition.parties)})


@lists_app.command("show")
def lists_show(house: House_ = HERE) -> None:
    """Say which editions are compared with and how old they are."""
    with _house(house) as (premises, _):
        digests, fetched = premises.shelf.current_digests(), premises.shelf.fetched()
        table = Table("list", "digest", "age in days")
        for name, digest in digests.items():
            table.add_row(name, digest[:16], str((premises.now() - fetched[name]).days))
        console.print(table)


@ledger_app.command("publish")
def ledger_publish(house: House_ = HERE) -> None:
    """Publish tiles and a signed checkpoint."""
    with _house(house) as (_, h):
        _show({"size": publish_ledger.publish_ledger(h)})


@ledger_app.command("proof")
def ledger_proof(position: int, house: House_ = HERE) -> None:
    """Print a proof that the entry at a position is in the published ledger."""
    with _house(house) as (_, h):
        typer.echo(publish_ledger.proof_of(h, position), nl=False)


@ledger_app.command("entry")
def ledger_entry(position: int, house: House_ = HERE, operator: As = "local") -> None:
    """Print the exact bytes of an entry."""
    with _house(house) as (_, h):
        typer.echo(look.entry_at(h, _who(operator), position).to_bytes(), nl=False)


@keys_app.command("make")
def keys_make(scope: list[str], days: int = 365, house: House_ = HERE, operator: As = "local") -> None:
    """Make an API key; its secret is shown this once."""
    with _house(house) as (_, h):
        key_id, secret = api_keys.make_key(h, _who(operator), scope, days)
    _show({"key": key_id, "secret": secret, "scopes": scope})


@keys_app.command("revoke")
def keys_revoke(key_id: str, house: House_ = HERE, operator: As = "local") -> None:
    """Revoke an API key at once."""
    with _house(house) as (_, h):
        api_keys.revoke_key(h, _who(operator), key_id)
    _show({"revoked": key_id})


@keys_app.command("rotate")
def keys_rotate(house: House_ = HERE, operator: As = "local") -> None:
    """Rewrap every data key under a new key-encryption key."""
    with _house(house) as (_, h):
        key_id, count = keep_house.rotate_keys(h, _who(operator))
    _show({"key": key_id, "rewrapped": count})


@hooks_app.command("add")
def hooks_add(url: str, house: House_ = HERE, operator: As = "local") -> None:
    """Register an endpoint; its secret is shown this once."""
    with _house(house) as (premises, h):
        endpoint, secret = webhooks.add_endpoint(h, _who(operator), url, premises.webhook_secret)
    _show({"endpoint": endpoint, "secret": secret})


@hooks_app.command("deliver")
def hooks_deliver(house: House_ = HERE) -> None:
    """Try every event that is due once."""
    with _house(house) as (premises, _):
        _show({"sent": premises.deliver()})


def main() -> None:
    """Run the command line; an error of ours ends with its message and status 1."""
    try:
        app(standalone_mode=True)
    except InvalidInput as error:
        lines = [f"  {p.pointer or '(whole)'}: {p.reason}" for p in error.problems]
        typer.echo("\n".join([f"gatebook: {error.message}", *lines]), err=True)
        raise SystemExit(1) from None
    except GatebookError as error:
        typer.echo(f"gatebook: {error.message}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
