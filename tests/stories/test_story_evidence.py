"""What counts as evidence and what stays the applicant's word: through HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import builders as b
from officers import load_list

US_ADDRESS = {"country": "US", "lines": ["1 Main Street"], "city": "New York", "region": "NY", "postal_code": "10001"}
US_CARD = [{"kind": "card", "bin": "400000", "last4": "0002", "country": "US"}]
PAID = {"kind": "payment_confirmed", "processor": "p", "means": "card", "country": "US", "result": "verified"}
REPORT = {"kind": "vendor_report", "vendor": "v", "result": "verified"}
EXTRACT = {"kind": "registry_extract", "jurisdiction": "NO", "number": "9", "name": "Fjord AS"}


def days_ago(days: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days)).isoformat()


def carla(**more: Any) -> dict[str, Any]:
    given = {"nationalities": ["US"], "address": US_ADDRESS, "phones": ["+12125550123"], "us_limb": "citizen"}
    return b.person("Carla Jensen", "1988-03-03", **{**given, **more})


def apply(client: Any, applicant: Any = None, *evidence: Any, **more: Any) -> Any:
    answer = client.post("/v1/applications", json={**b.application(applicant, **more), "evidence": list(evidence)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def refused(client: Any, applicant: Any = None, *evidence: Any, **more: Any) -> list[tuple[str, str]]:
    answer = client.post("/v1/applications", json={**b.application(applicant, **more), "evidence": list(evidence)})
    assert answer.status_code == 422, answer.text
    assert client.get("/v1/applications").json()["items"] == []
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def facts(client: Any, found: Any) -> dict[str, Any]:
    told = client.get(f"/v1/determinations/{found['determination_id']}/reasons").json()["facts"]
    return {fact["name"]: fact["value"] for fact in told}


def confirm(client: Any, premises: Any, application_id: str, channel: str = "email") -> Any:
    url = f"/v1/applications/{application_id}/codes"
    assert client.post(url, json={"channel": channel}).status_code == 202
    code = premises.house.senders[channel].last
    return client.post(f"{url}/answers", json={"channel": channel, "code": code}).json()["determined"]


def admitted(client: Any, premises: Any, found: Any) -> bool:
    return bool(confirm(client, premises, found["application_id"])["outcome"] == "admit")


@pytest.mark.parametrize(
    ("lines", "code"),
    [(["ABC"], "shape"), (["<" * 44, "é" * 44], "characters"), ([], "shape"), (["<" * 400, "<" * 44], "too-long")],
)
def test_a_zone_no_reader_could_read_is_refused_at_the_door(client: Any, lines: list[str], code: str) -> None:
    # Breaks when a malformed zone is kept, after which the application can never be determined again.
    assert refused(client, None, {"kind": "mrz", "lines": lines}) == [("/evidence/0/lines", code)]


def test_a_zone_is_kept_in_its_one_form_and_its_number_is_found(client: Any) -> None:
    # Breaks when a space hides a listed document number, or the end of a long one is cut off.
    # The sample lists RO9911882 of Petru Vasile Dragomirescu.
    paper = b.passport("NOBODY", "NEMO", "ROU", "700101", "RO9911882")
    one, two = paper["lines"]
    spaced = {**paper, "lines": [one.lower(), f"{two[:3]} {two[3:]}"]}
    found = apply(client, b.person("Nemo Nobody", "1970-01-01"), spaced)
    assert facts(client, found)["screening.person"] == "possible"


def test_claims_repeated_in_every_field_settle_no_us_person(client: Any, premises: Any) -> None:
    # Breaks when a claimed address, an unconfirmed telephone and a claimed card country stand in for evidence.
    found = apply(client, carla(), payments=US_CARD)
    assert "document" in {due["requirement"] for due in found["due"]}
    assert not admitted(client, premises, found)


def test_two_signs_that_evidence_bears_settle_a_us_person_without_papers(client: Any, premises: Any) -> None:
    # Breaks when US persons are asked for documents although telephone and payment were confirmed.
    from gatebook.wiring.premises import CodeBox

    premises.house.senders["phone"] = CodeBox()
    found = apply(client, carla(), PAID, payments=US_CARD)
    due = {requirement["requirement"]: requirement for requirement in found["due"]}
    assert {"code", "payment_confirmed"} <= set(due["document"]["any_of"])
    assert not admitted(client, premises, found)
    assert confirm(client, premises, found["application_id"], "phone")["outcome"] == "admit"


@pytest.mark.parametrize(
    "against",
    [
        {"address": b.person()["address"]},
        {"phones": ["+12125550123", "+46701234567"]},
        {"payments": [{"kind": "card", "bin": "400000", "last4": "0002", "country": "SE"}]},
        {"payments": [*US_CARD, {"kind": "bank", "iban": "SE4550000000058398257466"}]},
    ],
)
def test_what_is_claimed_against_oneself_still_counts(client: Any, premises: Any, against: dict[str, Any]) -> None:
    # Breaks when a foreign address, telephone, card or bank account is overlooked because nobody confirmed it.
    from gatebook.wiring.premises import CodeBox

    premises.house.senders["phone"] = CodeBox()
    payments = against.pop("payments", US_CARD)
    found = apply(client, carla(**against), PAID, payments=payments)
    confirm(client, premises, found["application_id"], "phone")
    assert not admitted(client, premises, found)


def test_a_claimed_address_is_no_evidence_of_where_somebody_is(client: Any) -> None:
    # Breaks when someone escapes a measure on where they are by writing another address.
    paper = b.passport("ERIKSSON", "ANNA MARIA", "NOR", "740812")
    found = facts(client, apply(client, b.person(phones=[]), paper, payments=[]))
    assert found["person.is_located_in_us"] is False  # a foreign document and address, and no sign of the US
    assert "person.located_in" not in found
    paid = {**PAID, "country": "SE"}
    assert facts(client, apply(client, b.person(phones=[]), paper, paid, payments=[]))["person.located_in"] == "SE"
    other = facts(client, apply(client, b.person(phones=["+4740612345"]), paper, paid, payments=[]))
    assert "person.located_in" not in other
    home = facts(client, apply(client, b.person(phones=[]), b.ANNA, payments=[]))
    assert home["person.located_in"] == "SE"  # the address is in the country that issued the document


@pytest.mark.parametrize("blank", ["", "  ", "\u3000"])
def test_a_blank_text_is_no_value(client: Any, blank: str) -> None:
    # Breaks when nothing compared with nothing verifies, or a blank country stands for a place.
    entity = {**b.person("Fjord AS", ""), "kind": "entity", "registration": {"jurisdiction": "NO"}}
    residence = {"kind": "residence", "country": blank, "issued_on": days_ago(1)}
    found = refused(client, b.person(), residence, {**EXTRACT, "number": blank}, {**REPORT, "vendor": blank})
    for pointer in ("/evidence/0/country", "/evidence/1/number", "/evidence/2/vendor"):
        assert (pointer, "empty") in found
    for name, where in (("name", "/applicant/name"), ("kind", "/applicant/kind")):
        assert (where, "empty") in refused(client, b.person(**{name: blank}))
    address = {"country": blank, "lines": ["1"]}
    assert ("/applicant/address/country", "empty") in refused(client, b.person(address=address))
    registration = {"jurisdiction": blank, "number": "9"}
    assert ("/applicant/registration/jurisdiction", "empty") in refused(
        client, {**entity, "registration": registration}
    )
    told = facts(client, apply(client, {**entity, "registration": {"jurisdiction": "NO", "number": blank}}, EXTRACT))
    assert told["entity.registration"] == "untried"


@pytest.mark.parametrize("name", ["---", "123", "\u02bb"])
def test_a_name_no_list_could_be_compared_with_is_refused(client: Any, name: str) -> None:
    # Breaks when somebody is screened by a name of which nothing is left to compare.
    owned = {"kind": "entity", "beneficial_owners": [{"person": {"kind": "individual", "name": name}}]}
    assert refused(client, b.person(name)) == [("/applicant/name", "no-letters")]
    assert refused(client, b.person(aliases=[name])) == [("/applicant/aliases/0", "no-letters")]
    where = "/applicant/beneficial_owners/0/person/name"
    assert refused(client, b.person("Fjord AS", **owned)) == [(where, "no-letters")]
    apply(client, b.person("张伟", phones=[]))


def test_words_added_to_a_name_hide_nothing_that_a_document_shows(client: Any) -> None:
    # Breaks when the padded name alone is compared with the lists.
    padded = b.person("Grigor Voronovsky Albert Benjamin Caspian Dominic", "1971-03-14")
    assert apply(client, padded, b.passport("VORONOVSKY", "GRIGOR", "SWE", "710314"))["outcome"] == "decline"
    unsaid = b.person("Grigor Voronovsky Albert Benjamin Caspian Dominic", "", phones=[], emails=["g@example.com"])
    report = {**REPORT, "name": "Grigor Voronovsky", "born_on": "1971-03-14", "document_country": "SE"}
    assert apply(client, unsaid, report)["outcome"] == "decline"


def test_a_document_of_another_birth_is_screened_under_it(client: Any) -> None:
    # Breaks when a birth that was made up turns a listed person's own passport into a mere clash.
    paper = b.passport("VORONOVSKY", "GRIGOR", "SWE", "710314")
    found = facts(client, apply(client, b.person("Grigor Voronovsky", "1999-06-01"), paper))
    assert (found["identity.document"], found["screening.owners"]) == ("refuted", "confirmed")


def test_the_sex_of_a_paper_weighs_and_never_lets_a_listed_birth_through(client: Any, premises: Any) -> None:
    # Breaks when a listed woman's namesake is refused by machine, or one letter that no check digit covers clears.
    load_list(premises, ("ERIKSSON, Anna Maria", "DOB 12 Aug 1974; Gender Male."), ("NYMAN, Nils", "Gender Male."))
    his = b.passport("ERIKSSON", "ANNA MARIA", "SWE", "740812", sex="M")
    assert facts(client, apply(client, None, his))["screening.person"] == "confirmed"
    assert facts(client, apply(client, None, b.ANNA))["screening.person"] == "possible"
    nyman = b.person("Nils Nyman", "1973-01-01")
    for sex, grade in (("M", "possible"), ("<", "possible"), ("F", "clash")):
        paper = b.passport("NYMAN", "NILS", "SWE", "730101", sex=sex)
        assert facts(client, apply(client, nyman, paper))["screening.person"] == grade


def test_a_listed_registration_number_is_found_and_agrees(client: Any) -> None:
    # Breaks when a listed organisation under another name is passed over with its own number, or one behind it is.
    registration = {"jurisdiction": "NO", "number": "77 XQ 2203"}  # Obsidian Lantern Hosting's, in the sample
    listed = {**b.person("Fjord AS", ""), "kind": "entity", "registration": registration}
    assert facts(client, apply(client, listed))["screening.person"] == "possible"
    assert (
        facts(client, apply(client, {**listed, "name": "Obsidian Lantern Hosting"}))["screening.person"] == "confirmed"
    )
    behind = {"kind": "entity", "name": "Fjord AS", "registration": registration}
    holding = {**b.person("Holding AS", ""), "kind": "entity", "beneficial_owners": [{"person": behind}]}
    assert facts(client, apply(client, holding))["screening.owners"] == "possible"


def test_numbers_of_everybody_behind_the_applicant_are_compared(client: Any) -> None:
    # Breaks when the number of whom it is opened for, or of an owner's owner, is never looked at.
    listed = [
        {"country": "RO", "scheme": "passport", "value": "RO9911882"}
    ]  # Petru Vasile Dragomirescu's, in the sample
    deep = {"kind": "individual", "name": "Deep Down"}
    for numbers, grade in (([], "none"), (listed, "possible")):
        owner = {**deep, "national_numbers": numbers}
        holding = {"kind": "entity", "name": "Holding AS", "beneficial_owners": [{"person": owner}]}
        entity = {**b.person("Fjord AS", ""), "kind": "entity", "beneficial_owners": [{"person": holding}]}
        assert facts(client, apply(client, entity))["screening.owners"] == grade
        assert facts(client, apply(client, on_behalf_of=owner))["screening.owners"] == grade


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "verified"),
        ({"shows_name": False}, "untried"),
        ({"shows_address": None}, "untried"),
        ({"issued_on": days_ago(119)}, "verified"),
        ({"issued_on": days_ago(122)}, "untried"),
        ({"country": "NO"}, "refuted"),
    ],
)
def test_a_paper_of_residence_shows_name_and_address_and_is_recent(
    client: Any, change: dict[str, Any], expected: str
) -> None:
    # Breaks when a paper counts of which nobody said what it shows, or one that is years old.
    paper = {"kind": "residence", "country": "SE", "issued_on": days_ago(10), "shows_name": True, "shows_address": True}
    given = {name: value for name, value in {**paper, **change}.items() if value is not None}
    found = facts(client, apply(client, None, given))
    assert found["identity.residence"] == expected
    assert ("person.is_located_in_us" in found) is (expected != "untried")


@pytest.mark.parametrize("day", ["9999-99-99", "2026-02-30", "2999-01-01", "20260101", ""])
def test_a_day_of_a_paper_is_a_day_there_was(client: Any, day: str) -> None:
    # Breaks when a paper is dated by a day that does not exist, or has not come.
    residence = {"kind": "residence", "country": "SE", "issued_on": day}
    assert {pointer for pointer, _ in refused(client, None, residence)} == {"/evidence/0/issued_on"}
    assert refused(client, None, {**EXTRACT, "as_of": day})[0][0] == "/evidence/0/as_of"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "verified"),
        ({"status": "active"}, "verified"),
        ({"number": "9 "}, "verified"),
        *(
            ({"status": said}, "refuted")
            for said in ("Dissolved", "in liquidation", "STRUCK OFF", "gelöscht", "not active")
        ),
        ({"name": "Another AS"}, "refuted"),
        ({"number": "8"}, "refuted"),
    ],
)
def test_an_extract_verifies_an_organisation_that_still_stands(
    client: Any, change: dict[str, Any], expected: str
) -> None:
    # Breaks when a dissolved organisation opens an account with its own extract.
    entity = {**b.person("Fjord AS", ""), "kind": "entity", "registration": {"jurisdiction": "NO", "number": "9"}}
    found = apply(client, entity, {**EXTRACT, **change})
    assert facts(client, found)["entity.registration"] == expected
    asked = {clause["clause"] for clause in found["clauses"]}
    assert ("house/contact.no_other_paper_was_refuted" in asked) is (expected == "refuted")


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ({}, {"identity.document": "verified", "identity.document_expired": None}),
        ({"name": "Completely Other"}, {"identity.document": "refuted"}),
        ({"born_on": "1999-01-01"}, {"identity.document": "refuted"}),
        (
            {"name": "Anna Eriksson", "born_on": "1974-08-12", "expires_on": "2999-01-01"},
            {"identity.document": "verified", "identity.document_expired": False, "identity.is_adult": True},
        ),
        ({"expires_on": "2020-01-01"}, {"identity.document": "verified", "identity.document_expired": True}),
        ({"document_country": "US"}, {"person.is_us_citizen": None}),
        ({"document_country": "US", "document_type": "driving_licence"}, {"person.is_us_citizen": None}),
        ({"document_country": "US", "document_type": "passport"}, {"person.is_us_citizen": True}),
        (
            {"document_country": "US", "document_type": "resident_card"},
            {"person.is_us_citizen": False, "person.is_us_permanent_resident": True},
        ),
        ({"document_country": "SE"}, {"person.is_us_citizen": False}),
        ({"document_country": "SE", "document_type": "driving_licence"}, {"person.is_us_citizen": None}),
    ],
)
def test_a_verifiers_report_says_what_it_read(client: Any, says: dict[str, Any], expected: dict[str, Any]) -> None:
    # Breaks when a report about somebody else verifies, or a US driving licence makes a US citizen.
    found = facts(client, apply(client, None, {**REPORT, **says}))
    assert {name: found.get(name) for name in expected} == expected


def test_a_report_with_birth_and_expiry_opens_an_account(client: Any, premises: Any) -> None:
    # Breaks when an applicant with a verifier's report is asked for a document for ever.
    says = {"document_country": "SE", "document_type": "passport", "expires_on": "2999-01-01", "born_on": "1974-08-12"}
    assert admitted(client, premises, apply(client, None, {**REPORT, **says}))


def test_a_valid_document_beside_an_expired_one_counts(client: Any, premises: Any) -> None:
    # Breaks when somebody who once showed an old passport can never be admitted.
    old = b.passport("ERIKSSON", "ANNA MARIA", "SWE", "740812", "OLD000001", expires="200101")
    for papers in ((old, b.ANNA), (b.ANNA, old)):
        found = apply(client, None, *papers)
        assert facts(client, found)["identity.document_expired"] is False
    assert admitted(client, premises, found)


@pytest.mark.parametrize(
    ("payment", "address", "clause"),
    [
        ({**PAID, "country": "SE", "result": "refuted"}, None, "house/contact.payment_was_not_refuted"),
        (None, {"country": "SE", "lines": ["x"], "postal_code": "QQQ"}, "house/contact.address_has_its_countrys_form"),
    ],
)
def test_a_failed_check_of_payment_or_address_goes_to_a_person(
    client: Any, premises: Any, payment: Any, address: Any, clause: str
) -> None:
    # Breaks when a processor's no, or an address no letter could reach, is looked at by no clause.
    applicant = b.person(address=address) if address else b.person()
    found = apply(client, applicant, b.ANNA, *([payment] if payment else []))
    done = confirm(client, premises, found["application_id"])
    assert (done["outcome"], done["waiting_on"]) == ("review", "officer")
    assert [c["clause"] for c in done["clauses"] if c["answer"] == "unmet"] == [clause]


def test_an_odd_scheme_is_untried_and_never_crashes(client: Any) -> None:
    # Breaks when the name of a module that is no scheme is answered with a server error.
    for scheme in ("__init__", "__pycache__", "os", "pesel.x", "postcode"):
        number = {"country": "GB", "scheme": scheme, "value": "1"}
        assert apply(client, b.person(national_numbers=[number]))["outcome"] == "review"


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("0001-01-01T00:00:00+14:00", "not-a-time"),
        ("9999-12-31T23:59:59-14:00", "not-a-time"),
        ("0999-01-01T00:00:00Z", "too-early"),
        ("1999-12-31T23:59:59Z", "too-early"),
        ("9999-12-31T23:59:59Z", "in-the-future"),
    ],
)
def test_the_ends_of_the_calendar_are_no_time_of_access(client: Any, at: str, code: str) -> None:
    # Breaks when a time is taken that is written so that nothing reads it back.
    assert refused(client, access={"address": "203.0.113.9", "at": at}) == [("/access/at", code)]


def test_a_full_card_number_is_refused_in_every_field_and_a_checked_number_is_not(client: Any) -> None:
    # Breaks when a card number is kept as a number of another kind, or a right address of a wallet is taken for one.
    card = "4111111111111111"
    national = {"country": "SE", "scheme": "foo", "value": "4111 1111 1111 1111"}
    registration = {"jurisdiction": "SE", "number": card}
    found = refused(
        client, b.person(national_numbers=[national], registration=registration), {**EXTRACT, "number": card}
    )
    assert ("/applicant/national_numbers/0/value", "full-card-number") in found
    passing = {"country": "PT", "scheme": "cc", "value": card}  # of which the library checks what a card passes too
    where = "/applicant/national_numbers/0/value"
    assert refused(client, b.person(national_numbers=[passing])) == [(where, "full-card-number")]
    assert ("/applicant/registration/number", "full-card-number") in found
    assert refused(client, None, {**EXTRACT, "number": card}) == [("/evidence/0/number", "full-card-number")]
    wallet = [{"kind": "wallet", "currency": "XYZ", "address": card}]
    assert refused(client, payments=wallet) == [("/payments/0/address", "full-card-number")]
    checked = [{"kind": "wallet", "currency": "ETH", "address": "0x52908400098527886E0F7030069857D2E4169EE7"}]
    apply(client, payments=checked)


def test_claims_that_were_taken_are_loaded_for_ever(
    client: Any, premises: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when a later numbering plan, clock or list of countries makes what was sealed unreadable.
    from gatebook.identify import contacts, reader

    found = apply(client, b.person("\u0958" * 60))
    monkeypatch.setattr(contacts.phonenumbers, "is_valid_number", lambda _: False)
    monkeypatch.setattr(reader.pycountry.countries, "get", lambda **_: None)
    assert (
        client.post(f"/v1/applications/{found['application_id']}/codes", json={"channel": "email"}).status_code == 202
    )
    more = client.post(f"/v1/applications/{found['application_id']}/evidence", json=[b.ANNA])
    assert more.status_code == 200, more.text
