"""Classes of a person's records end one by one, then all: what ended is in no file, and what is left is proved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import builders as b
from gatebook.errors import Conflict, Shredded
from gatebook.procedures import case, close_account, confirm_contact, destruction, look, open_account
from gatebook.procedures.holds import end_hold, place_hold, place_own_hold, scope_holds_of
from gatebook.procedures.keep_house import check_ledger, rebuild
from gatebook.procedures.log_access import log_access
from gatebook.procedures.look_at_retention import show_retention
from gatebook.procedures.prove_access import prove_access
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.procedures.trim_records import trim_records
from gatebook.record.events.own import to_plain
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome
from gatebook.terms.demand import HoldKind
from gatebook.trace.asked import Bounds
from gatebook.trace.ports import Filter
from gatebook.wiring import keeping
from gatebook.wiring.scan import scan_folder
from gatebook_verifier.access import check_access
from gatebook_verifier.checks import check_proof

BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)
US = 1_000_000
CAPS = """means: "caps"
unit: "days"
form: "[a-z-]+"
values:
  - begins: 2026-01-01
    value: {national-number: 30, identity-document: 60, network-address: 90, session: 90, activity: 90}
    cites: "test"
    standing: house
    confirmed: true
    checked_on: 2026-11-24
"""
NUMBER, PASSPORT, MAIL, STREET = "7301015439", "ZQ7654321", "anna.ahlin@zq.example", "Zq-gatan 17"
HERS = [text.encode() for text in (NUMBER, PASSPORT, MAIL, STREET, "Ahlin", "AHLIN", "203.0.113.77", "zq-agent")]


class Scene:
    """A house with caps, Anna whose account is closed, and Bo whose account is open."""

    def __init__(self, premises: Any, operator: Any, at: list[datetime]) -> None:
        self.premises, self.operator, self.at = premises, operator, at
        self.anna, self.account = self.opened("Anna", "AHLIN", PASSPORT, MAIL, NUMBER, STREET)
        self.bo, self.bos = self.opened("Bo", "BODIN", "X20000002", "bo@example.com", "7301019878", "Other 1")

    @property
    def house(self) -> Any:
        return self.premises.house

    def opened(self, given: str, surname: str, paper: str, mail: str, number: str, street: str) -> tuple[str, str]:
        who = b.person(f"{given} {surname.title()}", "1973-01-01", emails=[mail])
        who["national_numbers"] = [{"country": "SE", "scheme": "personnummer", "value": number}]
        who["address"] = {"country": "SE", "lines": [street], "city": "Zq-stad"}
        data = b.application(who, payments=[{"kind": "processor", "processor": "p", "token": paper}])
        data["access"]["at"] = self.at[0].strftime("%Y-%m-%dT%H:%M:%SZ")
        papers = [b.passport(surname, given.upper(), "SWE", "730101", paper)]
        application, _ = open_account.open_account(self.house, self.operator, data, papers)
        confirm_contact.send_code(self.house, self.operator, application, "email")
        code = self.house.senders["email"].last
        found = confirm_contact.answer_code(self.house, self.operator, application, "email", code)[1]
        account = found.account_id or self.admitted(application)
        with self.house.state.read() as work:
            return work.registers.get("accounts", account)["person_id"], account

    def admitted(self, application: str) -> str:
        from gatebook.procedures import review

        with self.house.state.read() as work:
            (one,) = work.registers.page("reviews", {"application_id": application}, "", 10)
        return str(review.dispose(self.house, self.operator, one["review_id"], "admit").account_id)

    def close(self) -> None:
        close_account.close_account(self.house, self.operator, self.account, "asked")

    def on(self, days: int) -> list[str]:
        self.at[0] += timedelta(days=days)
        return keeping.expire(self.premises, self.operator)

    def log(self, principal: str, address: str, agent: str) -> None:
        start = int((self.at[0] - timedelta(hours=1)).timestamp()) * US
        events = [
            AccessEvent(
                at=start + n * US,
                source="edge-1",
                principal=principal,
                act="login",
                outcome=Outcome.SUCCESS,
                address=address,
                address_kind=AddressKind.ADDRESS,
                raw_address=address,
                user_agent=agent,
                event_id=f"{principal}-{n}",
            )
            for n in range(30)
        ]
        body = b"".join(json.dumps(to_plain(one)).encode() + b"\n" for one in events)
        log_access(self.house, self.premises.access_log, self.operator, body)

    def row(self, person: str) -> Any:
        with self.house.state.read() as work:
            return work.registers.get("persons", person)

    def records(self, person: str, kind: str) -> list[str]:
        with self.house.state.read() as work:
            rows = work.registers.page("records", {"person_id": person}, "", 1000)
        return [row["record_id"] for row in sorted(rows, key=lambda r: r["position"]) if row["kind"] == kind]

    def read(self, record_id: str, *, in_part: bool = True) -> Any:
        return look.read_record(self.house, self.operator, record_id, "audit", in_part=in_part)

    def found(self, field: str, value: str) -> list[str]:
        with self.house.state.read() as work:
            return list(self.house.door.find(work, field, value))

    def keys(self, person: str) -> list[bytes]:
        """The data key of a person's records as they are sealed now: wrapped, and as it is."""
        subject = self.row(person)["sealed_under"] or person
        key_id, wrapped = self.premises.ring.get(subject)
        return [wrapped, self.premises.keys.unwrap(key_id, wrapped, subject.encode())]

    def scan(self, texts: list[bytes]) -> Any:
        return scan_folder(self.premises.folder, texts)["found"]

    def is_sound(self) -> None:
        publish_ledger(self.house)
        assert rebuild(self.house, self.operator, lambda _, __: None) == []
        assert check_ledger(self.house, self.operator, lambda _, __: None).differing == 0


@pytest.fixture
def scene(tmp_path: Path, operator: Any) -> Iterator[Scene]:
    from gatebook.wiring.founding import init_house
    from gatebook.wiring.lists import sample_list
    from gatebook.wiring.premises import CodeBox, open_premises

    at = [BEGAN]
    init_house(tmp_path / "h", "t.example/h", operator, lambda: at[0])
    folder = tmp_path / "h" / "law" / "house" / "parameters"
    folder.mkdir(parents=True)
    (folder / "privacy_caps.yaml").write_text(CAPS)
    with open_premises(tmp_path / "h", lambda: at[0], CodeBox()) as premises:
        premises.shelf.put("sample", sample_list(), at[0])
        yield Scene(premises, operator, at)


def test_a_class_ends_while_the_rest_is_kept(scene: Scene) -> None:
    # Breaks when an ended field can still be opened, found or read in a file, or takes something else with it.
    (claims,) = scene.records(scene.anna, "application.received")
    scene.close()
    before = scene.keys(scene.anna)
    assert scene.on(31) == []
    left = scene.read(claims)["claims"]["applicant"]
    assert "national_numbers" not in left
    assert (left["name"], left["emails"], left["address"]["lines"]) == ("Anna Ahlin", [MAIL], [STREET])
    screened = scene.read(scene.records(scene.anna, "person.screened")[-1])
    assert "numbers" not in screened["query"]
    assert scene.found("national_number", f"SE:{NUMBER}") == []
    assert scene.found("number", NUMBER) == []
    assert scene.found("email", MAIL) == [scene.anna]
    assert scene.row(scene.anna)["trimmed"] == {"rule": "house/privacy_caps", "classes": ["national-number"]}
    assert scene.scan([*before, *HERS]) == []
    with pytest.raises(Shredded):
        scene.premises.ring.get(scene.anna)
    scene.is_sound()
    assert scene.on(0) == []
    assert scene.row(scene.anna)["sealed_under"] == f"{scene.anna}+1", "nothing is trimmed twice"


def test_what_reads_the_whole_says_which_rule_ended_a_part(scene: Scene) -> None:
    # Breaks when a reader takes what is left for the whole, or ends in an error of the program.
    scene.close()
    scene.on(31)
    (claims,) = scene.records(scene.anna, "application.received")
    with scene.house.state.read() as work:
        application = work.registers.get("accounts", scene.account)["application_id"]
    for read in (
        lambda: scene.read(claims, in_part=False),
        lambda: case.load_case(scene.house, scene.operator, application, "audit"),
        lambda: look.candidates(scene.house, scene.operator, application),
    ):
        with pytest.raises(Shredded, match="a part of this record was ended by house/privacy_caps"):
            read()


def test_what_is_left_is_proved_field_by_field(scene: Scene) -> None:
    # Breaks when a trimmed record no longer leads to what was entered of it, or hides a field that was not ended.
    scene.close()
    scene.on(31)
    (claims,) = scene.records(scene.anna, "application.received")
    door = scene.house.door
    (parts,) = door.read_parts(scene.house.state, [claims], "audit", "opr-test", scene.at[0])
    hidden = [part for part in parts if isinstance(part, bytes)]
    assert len(hidden) == 3 + 1  # country, scheme and value; and that no registration was given
    assert all(NUMBER not in str(part) for part in parts)


def test_a_hold_stops_a_class_and_its_end_lets_it_go(scene: Scene) -> None:
    # Breaks when a class ends under a hold, or a held one is forgotten for ever.
    scene.close()
    hold = place_own_hold(scene.house, scene.operator, [], [scene.account])
    scene.on(31)
    assert scene.row(scene.anna)["trimmed"] is None
    shown = show_retention(scene.house, scene.operator, scene.anna)
    assert shown["held_by"] == [hold["hold_id"]]
    end_hold(scene.house, scene.operator, hold["hold_id"], "settled")
    scene.on(0)
    assert scene.row(scene.anna)["trimmed"]["classes"] == ["national-number"]
    number = next(c for c in show_retention(scene.house, scene.operator, scene.anna)["classes"] if c["ended"])
    assert (number["class"], number["rule"]) == ("national-number", "house/privacy_caps")


def test_accesses_go_with_the_last_of_their_classes_and_all_goes_in_the_end(scene: Scene) -> None:
    # Breaks when a byte or a key is left after the end, a proof of somebody else breaks, or the certificate does.
    scene.log(scene.account, "203.0.113.77", "zq-agent/1")
    scene.log(scene.bos, "198.51.100.7", "curl/8")
    with scene.premises.access() as access:
        access.seal()
    scene.close()
    keys = scene.keys(scene.anna)
    with pytest.raises(Conflict):
        destruction.certify(scene.house, scene.operator, scene.anna)
    for days in (31, 30, 30):
        scene.on(days)
        keys += scene.keys(scene.anna)
    with scene.premises.access() as access:
        assert {k.event.principal for k in access.events(Filter(), None, 1000)} == {scene.bos}
    for record in scene.records(scene.anna, "evidence.received"):
        assert scene.read(record).get("kind") not in ("mrz", "access"), "what a record is outlived all it held"
    assert scene.on(300) == [scene.anna]
    assert scene.scan([*keys, *HERS]) == []
    scene.is_sound()
    with scene.premises.access() as access:
        proof = prove_access(scene.house, access, scene.operator, scene.bos, Bounds(), "audit")
    check_access(json.dumps(proof).encode(), scene.house.signer.vkey, scene.premises.folder / "ledger")
    for record in scene.records(scene.bo, "application.received"):
        assert scene.read(record, in_part=False)["claims"]["applicant"]["name"] == "Bo Bodin"
    certified = destruction.certify(scene.house, scene.operator, scene.anna)
    kinds = [one["kind"] for one in certified["entries"]]
    assert kinds[-3:] == ["record.expiring", "access.erased", "record.shredded"]
    assert kinds.count("record.trimmed") == 3
    assert certified["destroyed"] == "all"
    assert certified["looked_at"] == {
        "keys_destroyed": [scene.anna, *(f"{scene.anna}+{n}" for n in (1, 2, 3))],
        "keys_left": [],
        "records_left": 0,
    }
    for one in certified["entries"]:
        check_proof(one["proof"].encode(), one["entry"].encode(), certified["vkey"])
    words = destruction.in_words(certified)
    assert "by house/" in words
    assert "no copy of the data exists outside" in words


def test_the_scan_finds_what_is_there(scene: Scene) -> None:
    # Breaks when a scan of every file would miss a text that one of them holds.
    (scene.premises.folder / "left.log").write_bytes(b"x" * 5000 + MAIL.encode() + b"y")
    found = scan_folder(scene.premises.folder, [b"nowhere-zq", MAIL.encode()])
    assert found["found"] == [{"file": "left.log", "text": 2}]
    assert found["unread"] == []
    assert found["files"] > 5


@pytest.mark.parametrize("is_named", [True, False])
def test_a_hold_placed_while_rows_go_names_whom_it_came_too_late_for(scene: Scene, is_named: bool) -> None:
    # Breaks when accesses of somebody held are gone and the hold does not say so, then or once it is narrowed.
    scene.log(scene.account, "203.0.113.77", "zq-agent/1")
    with scene.premises.access() as access:
        access.seal()
    scene.close()
    scene.at[0] += timedelta(days=91)
    found: list[str] = []

    def erase(tenures: Any) -> Any:
        named = [scene.anna] if is_named else []
        with scene.house.state.transaction() as work:
            everything = (HoldKind.PROCESS, named, [])
            hold = place_hold(scene.house, scene.operator, work, "dem_1", *everything, everything=not is_named)
            found.append(hold)
        with scene.premises.access() as access:
            return access.erase(tenures)

    trim_records(scene.house, scene.operator, erase, [scene.anna])
    assert _hold(scene, found[0])["overtaken"] == [scene.anna]
    with scene.house.state.transaction() as work:
        scope_holds_of(scene.house, scene.operator, work, "dem_1", [], [scene.account, scene.bos])
    assert _hold(scene, found[0])["overtaken"] == [scene.anna]
    late = place_own_hold(scene.house, scene.operator, [scene.anna], [])
    assert late["overtaken"] == [], "what had ended by its day before a hold came was not taken from it"
    scene.is_sound()


def _hold(scene: Scene, hold_id: str) -> Any:
    with scene.house.state.read() as work:
        return work.registers.get("holds", hold_id)
