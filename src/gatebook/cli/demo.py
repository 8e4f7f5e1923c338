"""The demo: a provider's first day on an embedded house, with invented people, told as it happens.

The trap guarded against: a demo that shows something else than the product. Every line comes from a procedure.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from gatebook.cli.demo_demand import answer_a_demand
from gatebook.procedures import (
    ask_gate,
    confirm_contact,
    keep_house,
    look,
    open_account,
    publish_ledger,
    render,
    replay,
    review,
)
from gatebook.procedures.determine_application import Determined
from gatebook.procedures.house import SCOPES, House, Operator
from gatebook.settings import FILE
from gatebook.wiring.founding import init_house
from gatebook.wiring.lists import sample_list
from gatebook.wiring.premises import CodeBox, Premises, open_premises

_SIGN_UP, _MARA, _OLE = Operator("opr-sign-up", SCOPES), Operator("opr-mara", SCOPES), Operator("opr-ole", SCOPES)


def _mrz(surname: str, given: str, nation: str, born: str, number: str) -> dict[str, object]:
    """Make the lines of an invented passport with right check digits."""
    from gatebook.identify.mrz import check_digit as d  # noqa: PLC0415  made papers are the demo's alone

    one = f"P<{nation}{surname}<<{given}".replace(" ", "<").ljust(44, "<")[:44]
    number, optional = number.ljust(9, "<"), "<" * 14
    body = f"{number}{d(number)}{nation}{born}{d(born)}F310101{d('310101')}{optional}<"
    two = body + d(body[:10] + body[13:20] + body[21:43])
    return {"kind": "mrz", "lines": [one, two]}


def _person(own: int, name: str, born: str, country: str, **more: object) -> dict[str, Any]:
    """Make an invented person; ``own`` makes the contacts theirs, for the house notices shared ones."""
    phones = {"SE": f"+467012345{own:02}", "DE": f"+49151123456{own:02}", "US": f"+121255501{own:02}"}
    phones["NO"] = f"+47406123{own:02}"
    address = {
        "SE": ("Storgatan 1", "Stockholm", "111 22", ""),
        "DE": ("Hauptstrasse 5", "Berlin", "10115", ""),
        "US": ("1 Main Street", "New York", "10001", "NY"),
        "NO": ("Storgata 1", "Oslo", "0155", ""),
    }[country]
    return {
        "kind": "individual",
        "name": name,
        "born_on": born,
        "nationalities": [country],
        "place_of_use": country,
        "address": {
            "country": country,
            "lines": [address[0]],
            "city": address[1],
            "postal_code": address[2],
            "region": address[3],
        },
        "emails": [f"applicant{own}@example.com"],
        "phones": [phones[country]],
        **more,
    }


def _application(
    person: dict[str, Any], account_type: str = "standard", at: str = "2026-01-01T00:00:00Z", **more: object
) -> dict[str, Any]:
    country = person["address"]["country"]
    came_from = {"US": "198.51.100.9"}.get(country, "203.0.113.9")
    return {
        "applicant": person,
        "account_type": account_type,
        "product": {"code": f"vps-{account_type}"},
        "payments": [{"kind": "card", "bin": "400000", "last4": "0002", "country": country}],
        "access": {"address": came_from, "at": at},
        **more,
    }


def _cases() -> list[tuple[str, dict[str, Any], list[Any], bool]]:
    """The dozen: what it shows, application, evidence, and whether the e-mail code comes back."""
    anna = _person(1, "Anna Maria Eriksson", "1974-08-12", "SE", us_limb="none")
    bo = _person(2, "Bo Lindqvist", "1990-01-05", "SE", us_limb="none")
    carla = _person(3, "Carla Jensen", "1988-03-03", "US", us_limb="citizen")
    otto = _person(4, "Otto Brandt", "1981-05-20", "DE", us_limb="none")
    petra = _person(20, "Petra Vogel", "1979-09-11", "DE", us_limb="none")
    entity = {
        **_person(5, "Fjordlys Hosting AS", "", "NO"),
        "kind": "entity",
        "registration": {"jurisdiction": "NO", "number": "999888777"},
    }
    wallet = {"kind": "wallet", "currency": "XBT", "address": "1JhKHaewH7iwDuQoyJAYJDcUcMnxKiPkkF"}
    anna_paper = _mrz("ERIKSSON", "ANNA MARIA", "SWE", "740812", "L898902C3")
    petra_paper = _mrz("VOGEL", "PETRA", "D<<", "790911", "C01X0009H")
    otto_paper = _mrz("BRANDT", "OTTO", "D<<", "810520", "C01X0006H")
    extract = {"kind": "registry_extract", "jurisdiction": "NO", "number": "999888777", "name": "Fjordlys Hosting AS"}
    paid = {"kind": "payment_confirmed", "processor": "sample", "means": "card", "country": "US", "result": "verified"}
    return [
        ("a foreign person, well evidenced", _application(anna), [anna_paper], True),
        ("a missing document", _application(bo), [], True),
        ("a US person, low burden: no papers, two signs", _application(carla), [paid], True),
        (
            "a trial account, on a condition",
            _application(_person(6, "Dag Holm", "1992-02-02", "SE", us_limb="none"), "trial"),
            [_mrz("HOLM", "DAG", "SWE", "920202", "D12345678")],
            True,
        ),
        ("a listed person", _application(_person(7, "Grigor Voronovsky", "1971-03-14", "DE")), [], False),
        (
            "the same name, born another year",
            _application(_person(8, "Grigor Voronovsky", "1999-06-01", "DE", us_limb="none")),
            [_mrz("VORONOVSKY", "GRIGOR", "D<<", "990601", "C01X0007H")],
            True,
        ),
        (
            "a look-alike letter in a listed name",
            _application(_person(9, "Grigor V\u043er\u043en\u043evsky", "1971", "DE")),
            [],
            False,
        ),
        (
            "a listed name, no birth date to compare",
            _application(_person(10, "Solveig Mbeki-Larsen", "1980-01-01", "NO", us_limb="none")),
            [_mrz("MBEKI LARSEN", "SOLVEIG", "NOR", "800101", "N12345678")],
            True,
        ),
        ("a listed wallet", {**_application(otto), "payments": [wallet]}, [otto_paper], True),
        ("a GPU account, for an officer", _application(petra, "gpu"), [petra_paper], True),
        ("an entity with its extract", _application(entity), [extract], True),
        (
            "claims to be a US citizen, shows another passport",
            _application(_person(11, "Erika Muster", "1985-07-07", "DE", us_limb="citizen")),
            [_mrz("MUSTER", "ERIKA", "D<<", "850707", "C01X0008H")],
            True,
        ),
    ]


def run_demo(folder: Path | None, console: Console) -> None:
    """Build a house, judge a dozen applications, review one, check the ledger from outside, answer a demand."""
    where = folder or Path(tempfile.mkdtemp(prefix="gatebook-demo-")) / "house"
    console.rule("Gatebook: a first day")
    console.print(f"A provider sets up its house in {where}. It adopts the order of 2021 as its own policy from today.")
    _set_up(where)
    init_house(where, "demo.example/gatebook", _MARA)
    with open_premises(where, mail=(box := CodeBox())) as premises:
        house = premises.house
        edition = premises.shelf.put("sample", sample_list(), premises.now())
        keep_house.note_list(house, _MARA, "sample", edition.digest, len(edition.parties), len(edition.report.refused))
        console.print(f"A list is loaded: {len(edition.parties)} invented parties, digest {edition.digest[:16]}.\n")
        results = _judge_all(house, box, console)
        _review_one(house, results, console)
        _check(premises, results, console)
        answer_a_demand(premises, results[9][1], (_MARA, _OLE), console)
    console.print(f"\nThe house stays in {where}: try  ./gatebook list applications --house {where}")


def _set_up(where: Path) -> None:
    """Settings of a house that knows the country of some invented addresses: one sign of where somebody is."""
    settings, ranges = where / FILE, where / "addresses.csv"
    if not settings.exists():
        where.mkdir(parents=True, exist_ok=True)
        ranges.write_text("198.51.100.0,198.51.100.255,US\n")
        files = json.dumps([str(ranges.resolve())])
        settings.write_text(f'origin = "demo.example/gatebook"\nip_country_files = {files}\n', "utf-8")


def _judge_all(house: House, box: CodeBox, console: Console) -> list[tuple[str, str, Determined]]:
    results = []
    with Progress(console=console, transient=True) as progress:
        for shows, data, evidence, confirms in progress.track(_cases(), description="judging applications"):
            application_id, found = open_account.open_account(house, _SIGN_UP, data, evidence)
            if confirms and found.determination.outcome.value == "review":
                confirm_contact.send_code(house, _SIGN_UP, application_id, "email")
                _, again = confirm_contact.answer_code(house, _SIGN_UP, application_id, "email", box.last)
                found = again or found
            results.append((shows, application_id, found))
    table = Table("application", "outcome", "because", title="Twelve applications", show_lines=True)
    for shows, _, found in results:
        outcome = found.determination.outcome.value
        decisive = render.decisive_reasons(found.determination)
        words = [f"{r.duty} [{r.answer.value}; {r.cites}]" for r in decisive[:3]]
        due = f"still due: {', '.join(r.requirement for r in found.due)}" if found.waiting_on == "applicant" else ""
        table.add_row(
            shows,
            outcome,
            "\n".join([*words, *([due] if due else [])]) or "nothing stands against it",
        )
    console.print(table, markup=False)
    return results


def _review_one(house: House, results: list[tuple[str, str, Determined]], console: Console) -> None:
    console.rule("What matched")
    for n in (4, 5):
        opened = look.candidates(house, _MARA, results[n][1])
        for candidate in opened["candidates"][:1]:
            console.print(
                f"{results[n][0]}: {candidate['words']} list {candidate['list_id']}, digest {candidate['list_digest'][:16]}",  # noqa: E501  one sentence of the story
                markup=False,
            )
    console.rule("An officer reviews")
    rows, _ = look.page(house, _MARA, "reviews", {"state": "open"}, "", 50)
    for n, match in ((5, "different"), (9, "")):
        row = next(r for r in rows if r["application_id"] == results[n][1])
        found = review.dispose(house, _MARA, row["review_id"], "admit", match, "looked at the papers")
        if found is None:
            console.print(f"{results[n][0]}: Mara would admit; the house asks for four eyes, so Ole looks too.")
            found = review.approve(house, _OLE, row["review_id"])
        assert isinstance(found, Determined)  # noqa: S101  these reviews are of applications
        console.print(f"{results[n][0]}: {found.determination.outcome.value}, account {found.account_id}.")
        if n == 9:  # noqa: PLR2004  the GPU account
            console.print(
                f"The control plane asks the gate: {ask_gate.ask_gate(house, _SIGN_UP, found.account_id, 'use').answer}."  # noqa: E501  one sentence of the story
            )


def _check(premises: Premises, results: list[tuple[str, str, Determined]], console: Console) -> None:
    console.rule("Replayed, and checked from outside")
    house = premises.house
    again = replay.replay(house, _MARA, results[0][2].determination.determination_id)
    console.print(
        f"The first determination, put to the law again: {'the same bytes' if again.same_bytes else 'DIFFERENT BYTES'}."
    )
    size = publish_ledger.publish_ledger(house)
    ledger = premises.folder / "ledger"
    command = [sys.executable, "-P", "-m", "gatebook_verifier", "log", str(ledger), "--vkey", str(ledger / "vkey")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own verifier, no shell
    console.print(f"{size} entries published. The independent verifier says:")
    console.print(done.stdout.strip() or done.stderr.strip(), markup=False)
    if done.returncode or not again.same_bytes:
        raise SystemExit(1)
