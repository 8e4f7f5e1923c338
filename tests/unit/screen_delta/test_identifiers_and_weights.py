"""What a list names exactly is found in the keyed index in the form it was sealed in; a part of a list scores as the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders as b
from gatebook.identify import plan
from gatebook.identify.claims import parse_application
from gatebook.screen.findings import older_lists
from gatebook.screen.identifiers import Identifiers, indexed_values
from gatebook.screen.index import CompleteIndex
from gatebook.screen.party import Document, ListEdition, ListedName, ListedParty, LoadReport
from gatebook.screen.screening import ComparedList, Query, ScreenSettings
from gatebook.terms.identifier import plain_address, plain_number
from gatebook.terms.wallet import normal_wallet

BASE58, HEX = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
BECH32 = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
CASH = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
ADDRESSES = [("XBT", BASE58), ("ETH", HEX), ("XBT", BECH32), ("BCH", CASH), ("TRX", TRON), ("MATIC", HEX)]


def party(party_id: str, *names: str, **more: object) -> ListedParty:
    found = tuple(ListedName(name, "primary", f"row {party_id}") for name in names)
    return ListedParty(party_id, "individual", found, **more)  # type: ignore[arg-type]


def edition(*parties: ListedParty) -> ListEdition:
    return ListEdition("own", "d" * 64, parties, LoadReport(len(parties), len(parties), ()))


@pytest.mark.parametrize(("currency", "address"), ADDRESSES)
def test_an_address_has_one_form_however_it_was_written(currency: str, address: str) -> None:
    # Breaks when what a claim was sealed under is not what a list is looked up by.
    normal = normal_wallet(currency, address)[1]
    assert plain_address(normal) == plain_address(address) == plain_address(f" {address} ")
    assert plain_address(plain_address(address)) == plain_address(address)
    folds = address not in (BASE58, TRON)
    assert (plain_address(address.upper()) == plain_address(address)) is folds
    assert plain_address("") == "" and plain_number(":") == ""


@given(st.text(max_size=90))
def test_any_text_has_one_form(text: str) -> None:
    # Breaks when a form is not its own form, or text of both cases is folded.
    found = plain_address(text)
    assert plain_address(found) == found
    assert found.lower() in text.strip().lower()


@pytest.mark.parametrize("ticker", ["ETH", "USDT", "USDC", "BSC", "MATIC"])
def test_a_claim_meets_a_list_whatever_the_currency(ticker: str) -> None:
    # Breaks when a wallet listed under one currency is not found where it is paid from in another.
    claims = parse_application(
        b.application(payments=[{"kind": "wallet", "currency": ticker, "address": HEX}]),
        datetime(2026, 11, 2, tzinfo=UTC),
    )
    listed = party("1", "Nobody", wallets=(("ETH", HEX.lower()),))
    sealed = {*plan.index_values(claims, ()), *plan.screened_values(claims, ())}
    assert sealed & set(indexed_values(listed))
    query = Query(("Somebody Else",), wallets=plan_wallets(claims))
    assert [c.by for c in Identifiers([edition(listed)]).find(query)] == ["wallet"]
    # What was sealed before addresses had a field of their own is found too, in every currency known.
    assert ticker == "MATIC" or set(plan.index_values(claims, ())) & set(indexed_values(listed))


def plan_wallets(claims: object) -> tuple[tuple[str, str], ...]:
    found = plan.screening_identifiers(claims, ())  # type: ignore[arg-type]
    return tuple((kind.removeprefix("wallet:"), value) for kind, value in found if kind.startswith("wallet:"))


def test_numbers_of_everybody_concerned_are_sealed_as_lists_write_them() -> None:
    # Breaks when an owner's number, or one with blanks, is in the index in another form than the list's.
    owner = b.person(
        "Olle Owner", national_numbers=[{"country": "SE", "scheme": "personnummer", "value": "811228-9874"}]
    )
    entity = {
        **b.person("Fjord AS", ""), "kind": "entity",
        "registration": {"jurisdiction": "SE", "number": "9"}, "beneficial_owners": [{"person": owner}],
    }  # fmt: skip
    claims = parse_application(b.application(entity), datetime(2026, 11, 2, tzinfo=UTC))
    listed = party("1", "Nobody", documents=(Document("National ID", "811228 9874", "Sweden"),))
    assert set(plan.screened_values(claims, ())) & set(indexed_values(listed)) == {("number", "8112289874")}
    passport = party("2", "Nobody", documents=(Document("Passport", "L898902C3", "DE"),))
    assert ("document_number", "D:L898902C3") in indexed_values(passport)
    assert ("document_number", "SWE:L898902C3") in indexed_values(
        party("3", "Nobody", documents=(Document("Passport", "L898902C3", "Sweden"),))
    )


@pytest.mark.parametrize("number", ["556677-8899", "556677 8899", "5566778899"])
def test_a_registration_number_is_sealed_and_compared_as_lists_write_it(number: str) -> None:
    # Breaks when an organisation is listed by its number and nobody who claimed that number is found by it.
    entity = {
        **b.person("Fjord AS", ""), "kind": "entity", "registration": {"jurisdiction": "SE", "number": number}
    }  # fmt: skip
    claims = parse_application(b.application(entity), datetime(2026, 11, 2, tzinfo=UTC))
    listed = party("1", "Nobody", documents=(Document("Registration ID", "556677-8899", "SE"),))
    assert set(plan.screened_values(claims, ())) & set(indexed_values(listed)) == {("number", "5566778899")}
    numbers = plan.screening_identifiers(claims, ())
    assert numbers == (("registration_number", "SE:5566778899"),)
    assert [c.by for c in Identifiers([edition(listed)]).find(Query(("Fjord",), numbers=numbers))] == ["number"]
    # The same organisation under another name is an earlier dealing of it.
    assert ("registration_number", "SE:5566778899") in plan.index_values(claims, ())


@pytest.mark.parametrize("number", ["", "none", "n/a", "000", "-"])
def test_a_registration_number_nobody_gave_joins_nobody(number: str) -> None:
    # Breaks when two organisations that wrote "none" are taken for one.
    entity = {
        **b.person("Fjord AS", ""), "kind": "entity", "registration": {"jurisdiction": "SE", "number": number}
    }  # fmt: skip
    claims = parse_application(b.application(entity), datetime(2026, 11, 2, tzinfo=UTC))
    assert "registration_number" not in dict(plan.index_values(claims, ()))


def test_a_part_of_a_list_scores_as_it_does_on_the_whole() -> None:
    # Breaks when what came on a list is compared with other weights than a determination uses, and loses a candidate.
    common = ["Mustermann", "Schneider", "Fischer", "Weber"]
    crowd = [party(str(n), f"{common[n % 4]} Vorname{n:04}x{n * 7919 % 9973:04}") for n in range(2_400)]
    came = party("9999", "Mustermann Friedhelm")
    whole = CompleteIndex([edition(*crowd, came)], ScreenSettings())
    part = CompleteIndex([edition(came)], whole.settings, whole.shelf.weights)
    alone = CompleteIndex([edition(came)], whole.settings)
    for text in ("Mustermann Friedhelm", "Friedhelm Schneider", "Musterman Friedhelm", "Friedhelm Karl Mustermann"):
        of_whole = [c for c in whole.screen(Query((text,))).candidates if c.party_id == "9999"]
        assert list(part.screen(Query((text,))).candidates) == of_whole, text
    name = Query(("Mustermann Friedhelm",))
    assert alone.screen(name).candidates != part.screen(name).candidates, "the weights of the whole were to count here"


def test_the_age_of_a_list_counts_from_the_older_day_and_its_own_limit() -> None:
    # Breaks when a list fetched today and published last year passes for fresh, or one of no known day does.
    today = date(2026, 11, 24)
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    fresh = ComparedList("own", "d" * 64, 1, noon)
    assert older_lists([fresh], today, 14) == ()
    assert older_lists([replace(fresh, published_on="2026-11-01")], today, 14) == (
        "own@dddddddddddd: 23 days old, 14 allowed",
    )
    assert older_lists([replace(fresh, published_on="2026-11-01", max_age_days=30)], today, 14) == ()
    assert older_lists([replace(fresh, fetched_at=noon - timedelta(8), max_age_days=7)], today, 14) != ()
    assert older_lists([replace(fresh, fetched_at=None)], today, 14) == ("own@dddddddddddd: age unknown, 14 allowed",)
