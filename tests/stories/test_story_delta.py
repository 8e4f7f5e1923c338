"""A list changes: everybody is compared with what came, whoever is found is held back, and what went can be reversed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import builders as b
from gatebook.record.entry import Entry

ROW = '{n},"{name}",{kind},CYBER2,-0-,-0-,-0-,-0-,-0-,-0-,-0-,{remarks}.\r\n'
OTHERS = [("LARKSPUR, Odo", "DOB 1950"), ("FENWRIGHT, Quill", "DOB 1951")]
ANNA = ("ERIKSSON, Anna Maria", "DOB 12 Aug 1974")
BASE58, HEX = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
BECH32 = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


class Commands:
    def __init__(self, house: Path) -> None:
        self.house = house

    def run(self, *arguments: str) -> Any:
        from gatebook.cli.main import app

        done = CliRunner().invoke(app, [*arguments, "--house", str(self.house)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout

    def load(self, *rows: tuple[str, str], more: tuple[str, ...] = ()) -> Any:
        """Load the list ``extra`` with these parties, numbered as in their order among everybody ever listed."""
        known = [*OTHERS, ANNA]
        numbered = [(93_000 + (known.index(row) if row in known else 50 + n), *row) for n, row in enumerate(rows)]
        text = "".join(ROW.format(n=n, name=name, kind="individual", remarks=r) for n, name, r in numbered)
        file = self.house.parent / "SDN.CSV"
        file.write_bytes(text.encode("ascii"))
        return self.run("lists", "load", "extra", str(file), "--confirm", *more)


@pytest.fixture
def commands(premises: Any) -> Commands:
    return Commands(premises.folder)


def opened(client: Any, premises: Any, **more: Any) -> tuple[str, str]:
    """Open an account and return the ids of application and account."""
    found = client.post("/v1/applications", json={**b.application(**more), "evidence": [b.ANNA]}).json()
    url = f"/v1/applications/{found['application_id']}/codes"
    client.post(url, json={"channel": "email"})
    code = premises.house.senders["email"].last
    answered = client.post(f"{url}/answers", json={"channel": "email", "code": code}).json()["determined"]
    assert answered["account_id"], answered["clauses"]
    return found["application_id"], answered["account_id"]


def another(client: Any, premises: Any, n: int) -> tuple[str, str]:
    """Open an account for somebody else."""
    name, surname = ("Nils", "NYMAN") if n == 1 else ("Pia", "PERSSON")
    who = b.person(f"{name} {surname.title()}", "1973-01-01", emails=[f"{n}@example.com"], phones=[f"+4670123450{n}"])
    card = {"kind": "card", "bin": "400000", "last4": f"100{n}", "country": "SE"}
    paper = b.passport(surname, name.upper(), "SWE", "730101", f"X1000000{n}")
    found = client.post("/v1/applications", json={**b.application(who, payments=[card]), "evidence": [paper]}).json()
    url = f"/v1/applications/{found['application_id']}/codes"
    client.post(url, json={"channel": "email"})
    code = premises.house.senders["email"].last
    return found["application_id"], client.post(f"{url}/answers", json={"channel": "email", "code": code}).json()[
        "determined"
    ]["account_id"]


def entries(premises: Any, since: str = "") -> list[Entry]:
    with premises.house.state.read() as work:
        found = [Entry.from_bytes(line) for line in work.ledger.read(0, work.ledger.size())]
    last = max((n for n, e in enumerate(found) if e.kind == since), default=0)
    return found[last:]


def test_somebody_listed_today_is_restricted_and_a_person_looks(client: Any, premises: Any, commands: Commands) -> None:
    # Breaks when an edition lands and a lessee who is on it goes on as before, or is blocked without anybody told.
    commands.load(*OTHERS)
    application, account = opened(client, premises)
    assert client.get(f"/v1/accounts/{account}").json()["status"] == "open"

    landed = commands.load(*OTHERS, ANNA)["rescreened"]
    assert (landed["added"], landed["removed"], landed["compared"]) == (1, 0, 1)
    review = client.get("/v1/reviews", params={"state": "open"}).json()["items"][0]
    wanted = {"application_id": application, "account_id": account, "state": "restricted"}
    assert landed["found"] == [{**wanted, "review_id": review["review_id"]}]
    gate = client.post("/v1/gate", json={"account": account, "act": "create"}).json()
    assert (gate["answer"], gate["reasons"]) == ("deny", ["account-restricted"])

    # The ledger tells it in order and names nobody.
    told = entries(premises, "list.loaded")
    kinds = [entry.kind for entry in told]
    assert kinds.index("account.restricted") < kinds.index("list.rescreened")
    assert {e.body["purpose"] for e in told if e.kind == "record.read"} == {"rescreening"}
    assert told[-1].kind == "list.rescreened" and told[-1].body["restricted"] == 1
    assert "93002" not in "".join(str(entry.body) for entry in told)

    # Again, nothing more happens: there is nothing new to compare, no second review, no second restriction.
    again = client.post("/v1/lists/extra/rescreenings", json={}).json()
    assert (again["found"], again["added"], again["changed"]) == ([], 0, 0)
    kinds = [entry.kind for entry in entries(premises)]
    assert (kinds.count("account.restricted"), kinds.count("review.opened")) == (1, 1)


def test_an_officer_reverses_what_a_listing_that_ended_had_brought(
    client: Any, premises: Any, commands: Commands
) -> None:
    # Breaks when a party is taken off a list and whoever was held back for it stays held back, or nobody is told.
    commands.load(*OTHERS)
    _, account = opened(client, premises)
    commands.load(*OTHERS, ANNA)
    review = client.get("/v1/reviews", params={"state": "open"}).json()["items"][0]["review_id"]
    # An officer would keep the account: no word lifts a block, so it stays as it is and the review is over.
    kept = client.post(f"/v1/reviews/{review}/dispositions", json={"disposition": "admit"}).json()
    assert kept["outcome"] == "decline"
    assert client.get(f"/v1/accounts/{account}").json()["status"] == "restricted"

    landed = commands.load(*OTHERS)["rescreened"]
    assert (landed["removed"], landed["found"]) == (1, [])
    (lapsed,) = landed["lapsed"]
    assert (lapsed["party_id"], lapsed["name"], lapsed["how"]) == ("93002", "ERIKSSON, Anna Maria", "removed")
    (match,) = lapsed["matches"]
    assert (match["account_id"], match["state"]) == (account, "restricted")
    opened_review = client.get(f"/v1/reviews/{match['review_id']}").json()
    assert (opened_review["state"], opened_review["cause"]) == ("open", "listing-removed")

    # The account stays restricted until an officer says so; then it is as before.
    assert client.get(f"/v1/accounts/{account}").json()["status"] == "restricted"
    done = client.post(f"/v1/reviews/{match['review_id']}/dispositions", json={"disposition": "admit"}).json()
    assert done["outcome"] == "admit", done["clauses"]
    assert client.get(f"/v1/accounts/{account}").json()["status"] == "open"
    assert client.post("/v1/gate", json={"account": account, "act": "create"}).json()["answer"] == "allow"
    assert [e.kind for e in entries(premises)].count("account.restored") == 1


def test_a_match_lapses_when_a_party_is_no_longer_who_it_was(client: Any, premises: Any, commands: Commands) -> None:
    # Breaks when a publisher corrects an entry and whoever the wrong one held back is forgotten, or a match that still
    # stands is called lapsed.
    commands.load(*OTHERS)
    _, account = opened(client, premises)
    commands.load(*OTHERS, ANNA)
    file = commands.house.parent / "SDN.CSV"
    file.write_bytes(file.read_bytes().replace(ANNA[1].encode(), b"DOB 01 Jan 1931"))
    landed = commands.run("lists", "load", "extra", str(file))["rescreened"]
    # Of the same name and another birth she is a candidate still, so the match has not lapsed: a person looks on.
    assert (landed["changed"], landed["lapsed"]) == (1, [])
    file.write_bytes(file.read_bytes().replace(ANNA[0].encode(), b"GROMWELL, Tansy"))
    (lapsed,) = commands.run("lists", "load", "extra", str(file))["rescreened"]["lapsed"]
    assert (lapsed["party_id"], lapsed["how"]) == ("93002", "changed")
    assert [m["account_id"] for m in lapsed["matches"]] == [account]


@pytest.mark.parametrize(
    ("currency", "claimed", "listed_as"),
    [
        ("XBT", BASE58, f"Digital Currency Address - XBT {BASE58}"),
        ("USDT", HEX, f"Digital Currency Address - ETH {HEX.lower()}"),
        ("XBT", BECH32, f"Digital Currency Address - XBT {BECH32.upper()}"),
    ],
)
def test_an_address_listed_today_restricts_the_account_without_anything_opened_before(
    client: Any, premises: Any, commands: Commands, currency: str, claimed: str, listed_as: str
) -> None:
    # Breaks when an address is looked for by opening what everybody said, or in another case or currency is missed.
    commands.load(*OTHERS)
    other = [another(client, premises, n)[0] for n in (1, 2)]
    wallet = {"kind": "wallet", "currency": currency, "address": claimed}
    application, account = opened(client, premises, payments=[wallet])
    landed = commands.load(*OTHERS, ("NOBODY, Inparticular", listed_as))["rescreened"]
    assert [(f["account_id"], f["state"]) for f in landed["found"]] == [(account, "restricted")]
    told = entries(premises, "list.loaded")
    before = told[: [e.kind for e in told].index("account.restricted")]
    assert {e.application for e in before if e.kind == "record.read"} == {application}
    assert {e.application for e in told if e.kind == "record.read"} == {application, *other}


def test_an_address_in_another_case_is_another_address(client: Any, premises: Any, commands: Commands) -> None:
    # Breaks when Base58 is compared without its case.
    commands.load(*OTHERS)
    opened(client, premises, payments=[{"kind": "wallet", "currency": "XBT", "address": BASE58}])
    swapped = "1a1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    assert (
        commands.load(*OTHERS, ("NOBODY, Inparticular", f"Digital Currency Address - XBT {swapped}"))["rescreened"][
            "found"
        ]
        == []
    )


def test_an_application_in_review_is_judged_again(client: Any, commands: Commands) -> None:
    # Breaks when somebody who is still asked for papers while being listed is asked on and then let in.
    commands.load(*OTHERS)
    asked = client.post("/v1/applications", json={**b.application(), "evidence": []}).json()
    assert asked["waiting_on"] == "applicant"
    landed = commands.load(*OTHERS, ANNA)["rescreened"]
    assert [(f["application_id"], f["account_id"]) for f in landed["found"]] == [(asked["application_id"], "")]
    assert client.get(f"/v1/applications/{asked['application_id']}").json()["state"] == "declined"
    # Taken off again, the refusal is told of: it is settled, and for an officer to make good.
    (lapsed,) = commands.load(*OTHERS)["rescreened"]["lapsed"]
    assert [m["state"] for m in lapsed["matches"]] == ["declined"]


def test_what_landed_between_two_runs_is_in_the_next(client: Any, premises: Any, commands: Commands) -> None:
    # Breaks when an edition nobody was compared with is passed over because another landed after it.
    commands.load(*OTHERS)
    _, account = opened(client, premises)
    assert "rescreened" not in commands.load(*OTHERS, ANNA, more=("--no-rescreen",))
    commands.load(*OTHERS, ANNA, ("GORSE, Wim", "DOB 1960"), more=("--no-rescreen",))
    assert client.get(f"/v1/accounts/{account}").json()["status"] == "open"
    found = commands.run("lists", "rescreen", "extra")
    assert (found["added"], [f["account_id"] for f in found["found"]]) == (2, [account])


def test_a_served_house_rescreens_by_itself(client: Any, premises: Any, operator: Any, commands: Commands) -> None:
    # Breaks when a list updated over the API, or a run cut off, waits for somebody to remember it.
    import threading

    from gatebook.procedures.rescreening_run import lists_due
    from gatebook.wiring.keeping import rescreen_due

    commands.load(*OTHERS)
    _, account = opened(client, premises)
    commands.load(*OTHERS, ANNA, more=("--no-rescreen",))
    assert "extra" in lists_due(premises.house)

    def is_rescreened() -> bool:
        return next(r["is_rescreened"] for r in client.get("/v1/lists").json()["items"] if r["list_id"] == "extra")

    assert is_rescreened() is False
    rescreen_due(premises, operator, threading.Event())
    assert client.get(f"/v1/accounts/{account}").json()["status"] == "restricted"
    assert (lists_due(premises.house), is_rescreened()) == ([], True)


def test_two_editions_are_compared_field_by_field(client: Any, commands: Commands) -> None:
    # Breaks when API and command line say other things of a change, or none of the one before.
    first = commands.load(*OTHERS, ANNA)["digest"]
    assert client.get("/v1/lists/extra/differences").status_code == 404
    commands.load((OTHERS[0][0], OTHERS[0][1]), ANNA)
    mended = commands.house.parent / "SDN.CSV"
    mended.write_bytes(mended.read_bytes().replace(b"DOB 1950", b"DOB 1949"))
    commands.run("lists", "load", "extra", str(mended))
    found = client.get("/v1/lists/extra/differences").json()
    assert found["changed"][0]["fields"]["births"]["added"] == ["1949-01-01 to 1949-12-31"]
    found = client.get("/v1/lists/extra/differences", params={"old": first[:12]}).json()
    assert [p["names"] for p in found["removed"]] == [["FENWRIGHT, Quill"]]
    assert json.loads(json.dumps(commands.run("lists", "diff", "extra", first[:12], "--json"))) == found
    words = commands.run("lists", "diff", "extra", first[:12])
    assert "removed 93001 FENWRIGHT, Quill" in words and "births" in words
    assert client.get("/v1/lists/extra/differences", params={"old": "00"}).status_code == 404
    assert client.get("/v1/lists/nobody/differences").status_code == 404
    assert client.post("/v1/lists/nobody/rescreenings", json={}).status_code == 404


def test_what_was_found_is_explained_and_reckoned_again_to_the_same_bytes(
    client: Any, premises: Any, commands: Commands
) -> None:
    # Breaks when a candidate's explanation is not there, or is not what list and question give.
    who = b.person("Grigor Voronovskij", "1971-03-14", phones=[])
    wallet = {"kind": "wallet", "currency": "XBT", "address": "1JhKHaewH7iwDuQoyJAYJDcUcMnxKiPkkF"}
    asked = client.post("/v1/applications", json=b.application(who, payments=[wallet])).json()
    url = f"/v1/applications/{asked['application_id']}"
    found = client.get(f"{url}/candidates").json()
    named = next(c for c in found["candidates"] if c["by"] == "name")
    assert {"pairs", "weights", "details", "raw", "points", "row", "list_digest", "settings"} <= set(
        named["explanation"]
    )
    replayed = client.post(f"{url}/screening-replays").json()
    assert replayed["same_bytes"] is True
    assert {(c["by"], c["replay"]) for c in replayed["candidates"]} == {("name", "same"), ("wallet", "same")}
    assert commands.run("screen-replay", asked["application_id"]) == replayed

    # The edition's files were changed by somebody: it is no longer what was compared with, and that is said.
    file = premises.folder / "lists" / "sample" / named["list_digest"] / "SDN.CSV"
    file.write_bytes(file.read_bytes().replace(b"14 Mar 1971", b"15 Mar 1971"))
    replayed = client.post(f"{url}/screening-replays").json()
    assert replayed["same_bytes"] is False
    assert {c["replay"] for c in replayed["candidates"]} == {"no such edition on the shelf"}


def test_a_name_is_explained_in_words_and_what_was_not_found_is_certified(client: Any, commands: Commands) -> None:
    # Breaks when the command line shows a score without its sum, or "nothing found" cannot be told from not looked.
    said = commands.run("screen", "Grigor Voronovskij", "--born", "1971", "--country", "RU")
    assert "VORONOVSKY" in said and "weight" in said and "birth within" in said and "edition" in said
    nobody = {"name": "Grigor Petrovsky", "certificate": True}
    found = client.post("/v1/screenings", json=nobody).json()
    assert found["candidates"] == []
    certificate = found["certificate"]
    assert certificate["found"] == 0 and certificate["editions"][0]["list_id"] == "sample"
    assert certificate["best"]["raw"] < certificate["threshold"]
    assert certificate["words"] in commands.run("screen", "Grigor Petrovsky", "--certificate")
    assert "certificate" not in client.post("/v1/screenings", json={"name": "Grigor Petrovsky"}).json()


def test_a_determination_made_with_an_old_list_says_so(client: Any, premises: Any, commands: Commands) -> None:
    # Breaks when a list beyond the age set for it is compared with in silence.
    from gatebook.procedures.house import SYSTEM
    from gatebook.procedures.keep_house import note_list

    commands.load(*OTHERS)
    files = {"SDN.CSV": (commands.house.parent / "SDN.CSV").read_bytes(), "list.toml": b"max_age_days = 5\n"}
    edition = premises.shelf.put("extra", files, premises.now() - timedelta(days=9))
    note_list(premises.house, SYSTEM, "extra", edition.digest, len(edition.parties), 0)
    shown = next(r for r in client.get("/v1/lists").json()["items"] if r["list_id"] == "extra")
    assert (shown["age_days"], shown["max_age_days"], shown["is_older_than_set"]) == (9, 5, True)
    assert (shown["form"], shown["parties"], shown["refused"]) == ("ofac-sdn", 2, {})
    fresh = next(r for r in client.get("/v1/lists").json()["items"] if r["list_id"] == "sample")
    assert (fresh["is_older_than_set"], fresh["max_age_days"]) == (False, 14)
    found = client.post("/v1/applications", json={**b.application(), "evidence": [b.ANNA]}).json()
    (clause,) = [c for c in found["clauses"] if c["clause"] == "house/screening.lists_are_fresh"]
    assert clause["answer"] == "unmet"
    facts = client.get(f"/v1/determinations/{found['determination_id']}/reasons").json()["facts"]
    (fact,) = [f for f in facts if f["name"] == "screening.lists_fresh"]
    assert fact["value"] is False
    assert fact["basis"] == [f"extra@{edition.digest[:12]}: 9 days old, 5 allowed"]
