"""An open account is watched: what its accesses show is put to an officer once, and only a word of theirs moves it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import builders as b
from gatebook import canonical
from gatebook.errors import TakenOver
from gatebook.procedures.access_sources import Gaps, Silence, note_gaps, note_receipt
from gatebook.procedures.assign import assign_one
from gatebook.procedures.resume_applications import resume_applications
from gatebook.procedures.review import dispose as dispose_review
from gatebook.procedures.watch_access import AccessWatched, watch_access
from gatebook.record.entered_segments import last_segment
from listed_rows import ListedRows
from officers import admitted, gate, kinds, load_list, told

PLACE, MEASURE = "house/ongoing.place_of_use_fits_residence", "eo13984/s2_use.no_access_from_under_a_measure"
DORMANT, HOLDER = "house/ongoing.no_dormant_account_wakes", "house/ongoing.holder_is_plausibly_the_same"
HOME, AWAY, THIRD, NOWHERE = "203.0.113.9", "198.51.100.7", "192.0.2.5", "100.64.0.1"
COUNTRIES = {HOME: "SE", AWAY: "BR", THIRD: "AR"}


@pytest.fixture
def account(client: Any, premises: Any) -> Any:
    client.post("/v1/webhook-endpoints", json={"url": "https://provider.example/events"})
    return admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})


@pytest.fixture
def rows() -> ListedRows:
    return ListedRows()


@pytest.fixture
def house(premises: Any) -> Any:
    """A house that has heard of its one source, without a gap, for longer than any test looks back."""
    found = replace(premises.house, country_of=COUNTRIES.get)
    note_receipt(ago(found, 390), "s", [])
    return found


def ago(house: Any, days: float) -> Any:
    """The same house, so many days ago."""
    return replace(house, now=lambda: house.now() - timedelta(days=days))


def today(house: Any) -> date:
    found: date = house.now().date()
    return found


def watched(house: Any, operator: Any, rows: ListedRows, holder: Any = None) -> AccessWatched:
    segments = [segment for segment, *_ in rows.rows]
    return watch_access(house, operator, rows, 1, max(segments, default=0) + 1, holder)


def reviews(client: Any, state: str = "open") -> list[Any]:
    found: list[Any] = client.get("/v1/reviews", params={"state": state}).json()["items"]
    return found


def dispose(client: Any, review_id: str, disposition: str, **words: Any) -> Any:
    return client.post(f"/v1/reviews/{review_id}/dispositions", json={"disposition": disposition, **words})


def row(client: Any, account: Any) -> Any:
    return client.get(f"/v1/accounts/{account['account_id']}").json()


def grounds(client: Any, review_id: str) -> Any:
    return client.post(f"/v1/records/rec{review_id[3:]}/readings", json={"purpose": "review"}).json()["payload"]


def test_use_from_elsewhere_is_a_task_for_a_person_and_touches_nothing(
    client: Any, house: Any, premises: Any, operator: Any, account: Any, rows: ListedRows
) -> None:
    # Breaks when a place of use blocks an account, opens two reviews, or an officer cannot see what was seen.
    account_id = account["account_id"]
    rows.access(1, account_id, AWAY, today(house), 19)
    assert watched(house, operator, rows).reviews == ()
    rows.access(2, account_id, AWAY, today(house), 1)
    done = watched(house, operator, rows)
    assert (done.segments, done.accounts, len(done.reviews)) == (1, 1, 1)
    [review] = reviews(client)
    assert (review["review_id"], review["cause"], review["account_id"]) == (done.reviews[0], PLACE, account_id)
    assert (row(client, account)["status"], gate(client, account_id)["answer"]) == ("open", "allow")
    assert told(premises).count("review.opened") == 1
    seen = grounds(client, review["review_id"])
    day = today(house).isoformat()
    assert seen["countries"] == [{"country": "BR", "events": 20, "first": day, "last": day}]
    assert (seen["known_in"], seen["days"]) == (["SE"], {day: {"BR": 20}})
    assert [reason["clause"] for reason in seen["reasons"]] == [PLACE]
    assert AWAY not in json.dumps(seen)
    rows.access(3, account_id, AWAY, today(house), 50)
    assert watched(house, operator, rows).reviews == ()  # somebody is being asked


@pytest.mark.parametrize("word", ["admit", "keep"])
def test_an_officer_keeps_the_account_and_is_not_asked_about_the_same_country_again(
    client: Any, house: Any, premises: Any, operator: Any, account: Any, rows: ListedRows, word: str
) -> None:
    # Breaks when keeping an account changes it, is asked for every minute, or ends all asking.
    account_id = account["account_id"]
    rows.access(1, account_id, AWAY, today(house), 30)
    [review] = watched(house, operator, rows).reviews
    before = row(client, account)
    answer = dispose(client, review, word, note="works there now")
    assert answer.status_code == 200, answer.text
    assert {"outcome": "admit", "status": "open", "account_id": account_id}.items() <= answer.json().items()
    after = row(client, account)
    assert {name for name in after if after[name] != before[name]} == {"position"}
    assert kinds(premises)[-1] == "review.closed"
    rows.access(2, account_id, AWAY, today(house), 100)
    rows.access(3, account_id, THIRD, today(house), 19)
    assert watched(house, operator, rows).reviews == ()
    rows.access(4, account_id, THIRD, today(house), 200)
    [again] = watched(house, operator, rows).reviews
    assert grounds(client, again)["reasons"][0]["facts"][1]["basis"] == ["AR"]


def test_an_officer_declines_and_the_account_is_closed_for_cause_with_every_review_of_it(
    client: Any, house: Any, premises: Any, operator: Any, account: Any, rows: ListedRows
) -> None:
    # Breaks when a review stays open on a closed account, so that its data is never let go.
    account_id = account["account_id"]
    rows.access(1, account_id, HOME, today(house) - timedelta(days=200))
    watched(house, operator, rows)
    rows.access(2, account_id, AWAY, today(house))
    [dormant] = watched(house, operator, rows).reviews
    rows.access(3, account_id, AWAY, today(house), 60)
    [other] = watched(house, operator, rows).reviews
    assert {r["review_id"]: r["cause"] for r in reviews(client)} == {dormant: DORMANT, other: HOLDER}
    assert [r["clause"] for r in grounds(client, other)["reasons"]] == [HOLDER, PLACE]
    done = dispose(client, other, "decline").json()
    assert (done["outcome"], done["status"]) == ("decline", "closed")
    found = row(client, account)
    assert (found["status"], found["for_cause"]) == ("closed", True)
    assert reviews(client) == []
    with house.state.read() as work:
        assert work.shelf.get("access-seen", account_id) is None
    rows.access(4, account_id, AWAY, today(house), 90)
    assert watched(house, operator, rows).reviews == ()


@pytest.mark.parametrize(("quiet", "count"), [(179, 0), (180, 1)])
def test_a_dormant_account_wakes(
    client: Any, house: Any, operator: Any, account: Any, rows: ListedRows, quiet: int, count: int
) -> None:
    # Breaks when a dormant account is taken for one in use, a day early or late.
    rows.access(1, account["account_id"], HOME, today(house) - timedelta(days=quiet + 1))
    rows.access(2, account["account_id"], HOME, today(house))
    assert len(watched(house, operator, rows).reviews) == count
    assert [r["cause"] for r in reviews(client)] == [DORMANT] * count


def _falls_silent(house: Any) -> None:
    assert note_gaps(ago(house, 100), Silence()).silent == ("s",)


def _was_silent(house: Any) -> None:
    _falls_silent(house)
    note_receipt(house, "s", [])
    assert note_gaps(house, Silence()).resumed == ("s",)


def _was_silent_and_is_not_said_to_send_again(house: Any) -> None:
    _falls_silent(house)
    note_receipt(house, "s", [])


def _was_silent_and_nobody_looked(house: Any) -> None:
    note_receipt(house, "s", [])
    assert note_gaps(house, Silence()) == Gaps(("s",), ("s",))
    assert note_gaps(house, Silence()) == Gaps()


def _nothing_was_noted_of_gaps(house: Any) -> None:
    first, last = (canonical.instant(at) for at in (ago(house, 390).now(), house.now()))
    with house.state.transaction() as work:
        note = canonical.encode({"first_at": first, "last_at": last, "is_silent": False})
        work.shelf.put("access-source", "s", note, None)


def _another_source_is_attached(house: Any) -> None:
    note_receipt(house, "t", [])


@pytest.mark.parametrize(
    "happens",
    [
        _falls_silent,
        _was_silent,
        _was_silent_and_is_not_said_to_send_again,
        _was_silent_and_nobody_looked,
        _nothing_was_noted_of_gaps,
        _another_source_is_attached,
    ],
)
def test_days_in_which_nobody_listened_make_no_account_dormant(
    client: Any, house: Any, premises: Any, operator: Any, account: Any, rows: ListedRows, happens: Any
) -> None:
    # Breaks when a hole of the record is held against whom it says nothing of.
    happens(house)
    rows.access(1, account["account_id"], HOME, today(house) - timedelta(days=300))
    rows.access(2, account["account_id"], HOME, today(house))
    done = watched(house, operator, rows)
    assert (done.accounts, done.reviews) == (2, ())
    assert kinds(premises).count("access.gap") == ("silent" in happens.__name__)


def test_days_heard_after_a_gap_make_an_account_dormant(
    client: Any, house: Any, operator: Any, account: Any, rows: ListedRows
) -> None:
    # Breaks when one gap, long past, ends all asking.
    note_gaps(ago(house, 250), Silence())
    note_receipt(ago(house, 190), "s", [])
    assert note_gaps(ago(house, 190), Silence()).resumed == ("s",)
    rows.access(1, account["account_id"], HOME, today(house) - timedelta(days=300))
    rows.access(2, account["account_id"], HOME, today(house))
    [review] = watched(house, operator, rows).reviews
    facts = {fact["name"]: fact for fact in grounds(client, review)["facts"]}
    days = [(today(house) - timedelta(days=190)).isoformat(), today(house).isoformat()]
    assert (facts["access.quiet_days"]["value"], facts["access.quiet_days"]["basis"]) == (189, days)
    assert facts["access.quiet_days_unheard"]["value"] == 110


def test_who_fails_to_get_in_as_somebody_has_not_used_their_account(
    client: Any, house: Any, premises: Any, operator: Any, account: Any
) -> None:
    # Breaks when anybody can have a person's account looked into, by failing to log in to it from abroad.
    def logins(outcome: str, count: int) -> AccessWatched:
        told = {"principal": account["account_id"], "act": "login", "outcome": outcome, "address": AWAY}
        told["at"] = house.now().isoformat().replace("+00:00", "Z")
        lines = "".join(json.dumps({**told, "id": f"{outcome}-{n}"}) + "\n" for n in range(count))
        client.post("/v1/access-events", params={"source": "s"}, content=lines.encode()).raise_for_status()
        with premises.access() as access:
            access.seal()
            with house.state.read() as work:
                last = last_segment(work)
            return watch_access(house, operator, access, 1, last + 1)

    assert logins("failure", 50) == AccessWatched(segments=1)
    done = logins("success", 30)
    assert (done.accounts, len(done.reviews)) == (1, 1)
    assert grounds(client, done.reviews[0])["countries"][0]["events"] == 30


def test_a_measure_on_a_place_of_access_is_asked_about(
    client: Any, house: Any, premises: Any, operator: Any, account: Any, rows: ListedRows
) -> None:
    # Breaks when one access from under a measure goes unseen, or is taken for where the holder is.
    folder = Path(premises.folder) / "law" / "eo13984" / "parameters"
    folder.mkdir(parents=True)
    (folder / "measures_on_jurisdictions.yaml").write_text(
        "means: m\nvalues:\n  - {begins: 2026-01-01, value: {BR: prohibit}, cites: c, standing: house, confirmed: true, checked_on: 2026-01-01}\n"
    )
    rows.access(1, account["account_id"], NOWHERE, today(house), 50)
    assert watched(house, operator, rows).reviews == ()  # nobody knows where that is
    rows.access(2, account["account_id"], AWAY, today(house))
    [review] = watched(house, operator, rows).reviews
    assert [r["cause"] for r in reviews(client)] == [MEASURE]
    assert dispose(client, review, "keep").json()["status"] == "open"


def test_without_a_file_of_countries_nothing_is_opened(
    client: Any, premises: Any, operator: Any, account: Any, rows: ListedRows
) -> None:
    # Breaks when an address nobody can place is held against somebody.
    rows.access(1, account["account_id"], AWAY, premises.now().date(), 500)
    found = watch_access(premises.house, operator, rows, 1, 2)
    assert (found.accounts, found.reviews) == (1, ())


def test_a_principal_counts_for_who_held_it_as_long_as_it_was_seen(
    client: Any, house: Any, operator: Any, account: Any, rows: ListedRows
) -> None:
    # Breaks when an access is laid to an account that held the name before or after.
    noon = datetime.combine(today(house), datetime.min.time(), house.now().tzinfo) + timedelta(hours=2)
    rows.access(1, "tenant-7", AWAY, today(house), 30)  # from one in the morning on
    rows.access(1, "tenant-8", AWAY, today(house), 30)
    rows.access(1, "", AWAY, today(house), 5)
    rows.access(1, "tenant-7", "", today(house), 5)

    def holder(principal: str, at: datetime) -> str | None:
        changed = noon if principal == "tenant-7" else noon - timedelta(hours=1) + timedelta(seconds=10)
        return account["account_id"] if at < changed else "acc_of_somebody_else"

    done = watched(house, operator, rows, holder)
    assert (done.accounts, done.unheld, len(done.reviews)) == (1, 30, 1)
    [review] = reviews(client)
    assert grounds(client, review["review_id"])["countries"][0]["events"] == 30


def test_a_principal_is_found_by_the_houses_assignments(
    client: Any, house: Any, operator: Any, account: Any, rows: ListedRows
) -> None:
    # Breaks when accesses under the name a control plane knows an account by are watched for nobody.
    day = today(house)
    held = {"kind": "principal", "account": account["account_id"]}
    assign_one(house, operator, {**held, "thing": "tenant-7", "from": f"{day}T00:00:00Z"})
    assign_one(house, operator, {**held, "thing": "tenant-8", "from": f"{day}T01:00:10Z"})
    for principal in ("tenant-7", "tenant-8", "nobody's \x07 name"):
        rows.access(1, principal, AWAY, day, 30)
    done = watched(house, operator, rows)
    assert (done.accounts, done.unheld, len(done.reviews)) == (1, 60, 1)


def test_a_clock_that_is_wrong_is_no_sign(
    client: Any, house: Any, operator: Any, account: Any, rows: ListedRows
) -> None:
    # Breaks when one access dated 1970 or 2099 makes an account dormant, or stops the watch.
    for when in (date(1970, 1, 1), date(2099, 1, 1), today(house)):
        rows.access(1, account["account_id"], HOME, when, 3)
    rows.rows.append((1, account["account_id"], HOME, 2**61))
    done = watched(house, operator, rows)
    assert (done.accounts, done.reviews) == (1, ())
    with house.state.read() as work:
        held = json.loads(work.shelf.get("access-seen", account["account_id"]))
    assert held["seen"]["days"] == {today(house).isoformat(): {"SE": 7}}


def test_a_holders_countries_are_read_once_and_not_before_there_is_something_to_ask(
    client: Any, house: Any, premises: Any, operator: Any, account: Any, rows: ListedRows
) -> None:
    # Breaks when sealed claims are opened at every access, or a reading is not entered.
    def read() -> int:
        with house.state.read() as work:
            lines = [json.loads(line) for line in work.ledger.read(0, work.ledger.size())]
        return sum(line.get("body", {}).get("purpose") == "access-watch" for line in lines)

    rows.access(1, account["account_id"], HOME, today(house), 19)
    watched(house, operator, rows)
    assert read() == 0
    for segment in (2, 3):
        rows.access(segment, account["account_id"], HOME, today(house), 20)
        watched(house, operator, rows)
    assert read() == 2


def test_a_word_on_use_is_not_heard_on_who_holds_the_account(
    client: Any, house: Any, premises: Any, operator: Any, account: Any, rows: ListedRows
) -> None:
    # Breaks when keeping an account clears a listed likeness nobody looked at, or its review hides the other one.
    rows.access(1, account["account_id"], AWAY, today(house), 30)
    [of_use] = watched(house, operator, rows).reviews
    load_list(premises, ("ERIKSSON, Anna Maria", "DOB 01 Jan 1950."))
    found = client.post(f"/v1/accounts/{account['account_id']}/screenings").json()
    assert found["outcome"] == "review"
    causes = {r["review_id"]: r["cause"] for r in reviews(client)}
    assert sorted(causes.values()) == sorted([PLACE, "house/screening.clashing_candidate_is_reviewed"])
    refused = dispose(client, of_use, "admit", match="different")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/match")
    assert dispose(client, of_use, "keep").json()["outcome"] == "admit"
    again = client.post(f"/v1/accounts/{account['account_id']}/screenings").json()
    assert again["outcome"] == "review", again["clauses"]
    [other] = [review_id for review_id in causes if review_id != of_use]
    assert dispose(client, other, "keep").status_code == 422
    assert dispose(client, other, "admit").json()["outcome"] == "admit"
    assert reviews(client) == []
    rows.access(2, account["account_id"], THIRD, today(house), 90)
    [third] = watched(house, operator, rows).reviews
    assert dispose(client, third, "keep").json()["outcome"] == "admit"
    still = client.post(f"/v1/accounts/{account['account_id']}/screenings").json()
    assert still["outcome"] == "admit", still["clauses"]  # nor does it take an earlier word's place


def test_the_command_line_disposes_of_it_too(
    house: Any, premises: Any, client: Any, operator: Any, account: Any, rows: ListedRows
) -> None:
    # Breaks when a review of use can be answered over HTTP alone.
    from gatebook.cli.main import app

    rows.access(1, account["account_id"], AWAY, today(house), 30)
    [review] = watched(house, operator, rows).reviews
    where = ["--house", str(premises.folder)]
    shown = CliRunner().invoke(app, ["read", f"rec{review[3:]}", "review", *where], catch_exceptions=False)
    assert json.loads(shown.stdout)["payload"]["known_in"] == ["SE"]
    done = CliRunner().invoke(app, ["dispose", review, "keep", *where], catch_exceptions=False)
    assert json.loads(done.stdout)["status"] == "open"


class _Cut(Exception):
    """The power fails."""


def _failing(house: Any, at: int) -> Any:
    """The same house, whose power fails as its ``at``-th transaction would commit."""
    count = [0]

    class State:
        @contextmanager
        def transaction(self) -> Iterator[Any]:
            with house.state.transaction() as work:
                yield work
                count[0] += 1
                if count[0] == at:
                    raise _Cut

        def __getattr__(self, name: str) -> Any:
            return getattr(house.state, name)

    return replace(house, state=State())


@pytest.mark.parametrize("word", ["keep", "decline"])
def test_a_word_that_was_cut_off_is_carried_out_later(
    client: Any, house: Any, operator: Any, account: Any, rows: ListedRows, word: str
) -> None:
    # Breaks when an officer's word on use is entered and nobody ever acts on it.
    rows.access(1, account["account_id"], AWAY, today(house), 30)
    [review] = watched(house, operator, rows).reviews
    with pytest.raises(_Cut):
        dispose_review(_failing(house, 3), operator, review, word)
    assert [r["review_id"] for r in reviews(client, "disposed")] == [review]
    assert row(client, account)["status"] == "open"
    assert resume_applications(house, operator, timedelta(0)) == [account["application_id"]]
    assert row(client, account)["status"] == ("open" if word == "keep" else "closed")
    assert [r["review_id"] for r in reviews(client, "closed") if r["cause"] == PLACE] == [review]


def test_where_the_house_asks_for_four_eyes_two_officers_keep_it(
    client: Any, house: Any, premises: Any, operator: Any, account: Any, rows: ListedRows, second_officer: Any
) -> None:
    # Breaks when a word on use needs fewer officers than any other, or the second one's answer has another shape.
    folder = Path(premises.folder) / "law" / "house" / "parameters"
    folder.mkdir(parents=True)
    (folder / "four_eyes.yaml").write_text(
        "means: m\nvalues:\n  - {begins: 2026-01-01, value: {standard: true}, cites: c, standing: house, confirmed: true, checked_on: 2026-01-01}\n"
    )
    rows.access(1, account["account_id"], AWAY, today(house), 30)
    [review] = watched(house, operator, rows).reviews
    assert dispose(client, review, "keep").json() == {"waiting_for": "a second officer"}
    rows.access(2, account["account_id"], AWAY, today(house), 30)
    assert watched(house, operator, rows).reviews == ()
    done = client.post(f"/v1/reviews/{review}/approvals", headers=second_officer).json()
    assert (done["outcome"], done["status"]) == ("admit", "open")


def test_cut_off_at_any_transaction_each_review_opens_once_and_each_access_counts_once(
    client: Any, house: Any, premises: Any, operator: Any, rows: ListedRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when a review is opened and the watch forgets that it was, or goes on without having opened it.
    monkeypatch.setattr("gatebook.procedures.watch_access._PAGE", 1)
    people = ("Anna Maria Eriksson", "Berta Nilsson", "Cecilia Olsson")
    accounts = [
        admitted(client, premises, {**b.application(b.person(name, emails=[f"a{n}@example.com"])), "evidence": [b.passport(name.split()[-1].upper(), " ".join(name.split()[:-1]).upper(), "SWE", "740812", f"L8989{n:03}C")]})["account_id"]
        for n, name in enumerate(people)
    ]  # fmt: skip
    for segment in (1, 2):
        for account_id in accounts:
            rows.access(segment, account_id, AWAY, today(house), 15)
    cuts = 0
    for n in range(1, 30):
        try:
            watched(_failing(house, n), operator, rows)
        except _Cut:
            cuts += 1
            continue
        break
    assert cuts > 2
    assert sorted(r["account_id"] for r in reviews(client)) == sorted(accounts)
    with house.state.read() as work:
        held = [json.loads(work.shelf.get("access-seen", account_id))["seen"] for account_id in accounts]
    assert [seen["countries"]["BR"]["events"] for seen in held] == [30, 30, 30]
    assert watched(house, operator, rows) == AccessWatched()


def test_of_two_turns_at_once_one_stops(client: Any, house: Any, operator: Any, account: Any, rows: ListedRows) -> None:
    # Breaks when two keepers count the same accesses twice.
    rows.access(1, account["account_id"], HOME, today(house), 5)

    class Slow(ListedRows):
        def uses(self, asked: Any, limit: int) -> Any:
            found = super().uses(asked, limit)
            if self.rows is not rows.rows:
                return found
            self.rows = list(rows.rows)
            watch_access(house, operator, rows, 1, 2)  # the other one is faster
            return found

    slow = Slow(rows.rows)
    with pytest.raises(TakenOver):
        watch_access(house, operator, slow, 1, 2)
    with house.state.read() as work:
        held = json.loads(work.shelf.get("access-seen", account["account_id"]))
    assert held["seen"]["countries"]["SE"]["events"] == 5
