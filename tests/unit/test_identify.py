"""Identify: zones, numbers, codes and claims."""

from __future__ import annotations

import pkgutil
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import stdnum
from hypothesis import given
from hypothesis import strategies as st

import builders as b
from gatebook import canonical
from gatebook.errors import InvalidInput, TooMany
from gatebook.identify import check, claims, codes, contacts, mrz, national_schemes, numbers, plan, sealed_form
from gatebook.terms.evidence import Evidence, EvidenceKind, Verification
from gatebook.terms.ids import EvidenceId
from gatebook.terms.wallet import normal_wallet

TODAY, NOW = date(2026, 11, 24), datetime(2026, 11, 24, tzinfo=UTC)
TD3 = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
ZONES = {
    "TD3": TD3,
    "TD1": ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"],
    "TD2": ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"],
    "MRV-A": ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"],
    "MRV-B": ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"],
}


@pytest.mark.parametrize("layout", ZONES)
def test_each_layout_is_read_with_every_digit_right(layout: str) -> None:
    # Breaks when a field stands one place off (the specimens of ICAO Doc 9303).
    zone = mrz.read_mrz(ZONES[layout], TODAY)
    assert (zone.layout, zone.surname, zone.given_names, zone.holds) == (layout, "ERIKSSON", "ANNA MARIA", True)
    assert zone.born_on in ("1974-08-12", "1940-09-07")


@given(st.integers(0, 42), st.sampled_from("0123456789"))
def test_a_lying_digit_is_reported(place: int, digit: str) -> None:
    # Breaks when a changed digit passes every check (line two of a passport; the optional field is covered too).
    line = TD3[1]
    if not line[place].isdigit() or line[place] == digit:
        return
    assert not mrz.read_mrz([TD3[0], line[:place] + digit + line[place + 1 :]], TODAY).holds


@given(st.lists(st.text(max_size=50), max_size=4))
def test_any_lines_are_read_or_refused_never_crashed_on(lines: list[str]) -> None:
    # Breaks when hostile lines raise something else than InvalidInput.
    try:
        mrz.read_mrz(lines, TODAY)
    except InvalidInput as error:
        assert error.problems[0].pointer == "/lines"


def test_a_long_td1_number_goes_on_in_the_optional_field() -> None:
    # Breaks when a number of more than nine characters is cut.
    number = "D23145890734"
    one = f"I<UTO{number[:9]}<{number[9:]}{mrz.check_digit(number)}".ljust(30, "<")
    two = "7408122F1204159UTO<<<<<<<<<<<"
    two += mrz.check_digit(one[5:30] + two[:7] + two[8:15] + two[18:29])
    zone = mrz.read_mrz([one, two, ZONES["TD1"][2]], TODAY)
    assert (zone.number, zone.holds) == (number, True)


@pytest.mark.parametrize(
    ("currency", "address", "verdict"),
    [
        ("XBT", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "verified"),
        ("BTC", "1A1zP1eP5QGefi2DMPTfTL5SLmv7Divfna", "refuted"),
        ("XBT", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "verified"),
        ("XBT", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "refuted"),
        ("XBT", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "verified"),
        ("ETH", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "verified"),
        ("ETH", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", "refuted"),
        ("TRX", "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", "verified"),
        ("XRP", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "verified"),
        ("XYZ", "whatever", "untried"),
    ],
)
def test_wallet_addresses_by_checksum(currency: str, address: str, verdict: str) -> None:
    # Breaks when a checksum is skipped or the case of Base58 is lost.
    found, normal = normal_wallet(currency, address)
    assert found.value == verdict
    assert normal.lower() == address.lower()


@given(
    st.text(alphabet="0123456789abcdefxyzBC1q ", max_size=70),
    st.sampled_from(["XBT", "LTC", "ETH", "TRX", "XRP", "ZEC"]),
)
def test_any_text_is_an_address_or_not(text: str, currency: str) -> None:
    # Breaks when a parser of addresses raises.
    assert normal_wallet(currency, text)[0] in Verification


def test_full_card_numbers_are_found_however_they_are_written() -> None:
    # Breaks when a card number can be kept by spacing it or writing it in other digits.
    for text in (
        "4111111111111111",
        "4111-1111 1111.1111",
        "x 378282246310005 y",
        "４１１１１１１１１１１１１１１１",
        "4111/1111/1111/1111",
        "4111_1111_1111_1111",
        "4111  1111  1111  1111",
        "4111 \u2013 1111 \u2013 1111 \u2013 1111",
        "on 12/26 4111 1111 1111 1111 123",
        "٤١١١١١١١١١١١١١١١",
    ):
        assert numbers.holds_full_card_number(text), text
    assert not numbers.holds_full_card_number("4111111111111112 and +46701234567")


def test_national_numbers_iban_and_lei_by_their_digits() -> None:
    # Breaks when a lying check digit passes.
    assert numbers.check_national_number("PL", "pesel", "44051401359")[0] is Verification.VERIFIED
    assert numbers.check_national_number("PL", "pesel", "44051401358")[0] is Verification.REFUTED
    for scheme in ("os", "__init__", "__pycache__", "pesel.pesel", ""):
        assert numbers.check_national_number("PL", scheme, "1")[0] is Verification.UNTRIED
    for country, scheme, value in (("NL", "postcode", "1234 AB"), ("US", "rtn", "111000025"), ("AR", "cbu", "1")):
        assert numbers.check_national_number(country, scheme, value)[0] is Verification.UNTRIED
    assert numbers.normal_iban("de89 3704 0044 0532 0130 00") == "DE89370400440532013000"
    assert numbers.normal_iban("DE89370400440532013001") is None
    assert numbers.check_lei("213800KUD8LAJWSQ9D15")
    assert not numbers.check_lei("213800KUD8LAJWSQ9D16")


def test_every_scheme_of_the_library_is_taken_or_left_out_on_purpose() -> None:
    # Breaks when a later python-stdnum brings, renames or drops a scheme that nobody has looked at.
    names = (module.name.split(".") for module in pkgutil.walk_packages(stdnum.__path__, "stdnum."))
    there = {(name[1].rstrip("_").upper(), name[2]) for name in names if len(name) == 3}
    tables = (national_schemes.SCHEMES, national_schemes.LEFT_OUT)
    listed = [(country, scheme) for table in tables for country, schemes in table.items() for scheme in schemes]
    assert sorted(listed) == sorted(there)


@given(
    st.sampled_from([(c, s) for c, schemes in sorted(national_schemes.SCHEMES.items()) for s in sorted(schemes)]),
    st.text(alphabet="0123456789ABCxyz-/. <²٣９İßﬁ'", max_size=20),
)
def test_any_text_is_a_national_number_or_not(scheme: tuple[str, str], value: str) -> None:
    # Breaks when a scheme of the library raises what nobody catches.
    assert numbers.check_national_number(*scheme, value)[0] in (Verification.VERIFIED, Verification.REFUTED)


@pytest.mark.parametrize(
    ("six", "claimed", "birth", "expiry"),
    [
        ("740812", "", "1974-08-12", "2074-08-12"),
        ("200812", "1920-08-12", "1920-08-12", "2020-08-12"),  # a zone has no century
        ("200812", "", "2020-08-12", "2020-08-12"),
        ("270101", "", "1927-01-01", "2027-01-01"),
        ("26<<<<", "", "2026", "2026-12-31"),  # not known by day: the last day of it
        ("2602<<", "", "2026-02", "2026-02-28"),
        ("260230", "", "", ""),
        ("<<<<<<", "", "", ""),
    ],
)
def test_a_date_of_a_zone_has_a_century_and_may_stop_short(six: str, claimed: str, birth: str, expiry: str) -> None:
    # Breaks when a document that is good until the end of the year has expired, or somebody old is a child.
    paper = b.passport("ERIKSSON", "ANNA MARIA", "SWE", six, expires=six)
    zone = mrz.read_mrz(paper["lines"], TODAY, claimed)
    assert (zone.born_on, zone.expires_on, zone.holds) == (birth, expiry, True)


def test_a_piece_that_can_no_longer_be_read_is_untried() -> None:
    # Breaks when what an earlier version kept makes every determination fail.
    read = claims.parse_application(b.application(), NOW)
    pieces = [Evidence(EvidenceId("evi_1"), EvidenceKind.MRZ, NOW, {"lines": lines}) for lines in ([], ["ABC"], ["é"])]
    facts = {f.name: f.value for f in check.findings_to_facts(check.check_claims(read, pieces, TODAY))}
    assert facts["identity.document"] == "untried"
    assert plan.index_values(read, pieces) == plan.index_values(read, ())


def test_the_number_of_a_long_td1_is_indexed_whole() -> None:
    # Breaks when the number is cut out of the lines a second time, and otherwise.
    number = "D23145890734"
    one = f"I<UTO{number[:9]}<{number[9:]}{mrz.check_digit(number)}".ljust(30, "<")
    lines = [one, ZONES["TD1"][1], ZONES["TD1"][2]]
    read = claims.parse_application(b.application(), NOW)
    piece = Evidence(EvidenceId("evi_1"), EvidenceKind.MRZ, NOW, {"lines": lines})
    assert ("document_number", f"UTO:{number}") in plan.index_values(read, [piece])


def test_a_code_holds_ten_minutes_five_tries_and_asking_again_gives_no_new_tries() -> None:
    # Breaks when a code can be guessed by trying longer.
    first = codes.new_challenge("123456", b"s" * 16, NOW, channel="email", which=0, previous=None)
    assert codes.CodeChallenge.from_bytes(first.to_bytes()) == first
    assert codes.answer_challenge(first, " 123456 ", NOW)[1] == "right"
    assert codes.answer_challenge(first, "123456", NOW + timedelta(minutes=11))[1] == "expired"
    with pytest.raises(TooMany) as soon:
        codes.new_challenge("1", b"s", NOW + timedelta(seconds=10), channel="email", which=0, previous=first)
    assert soon.value.retry_after_s == 20
    tried = first
    for _ in range(4):
        tried, verdict = codes.answer_challenge(tried, "000000", NOW)
        assert verdict == "wrong"
    again = codes.new_challenge("9", b"s", NOW + timedelta(minutes=2), channel="email", which=0, previous=tried)
    again, _ = codes.answer_challenge(again, "0", NOW + timedelta(minutes=2))
    assert codes.answer_challenge(again, "9", NOW + timedelta(minutes=2))[1] == "locked"


def test_claims_read_back_to_themselves() -> None:
    # Breaks when sealing loses a field.
    owner = {"person": b.person("Olle Owner", "1970"), "share_percent": "40.5", "has_control": True}
    entity = {
        **b.person("Fjord AS", ""),
        "kind": "entity",
        "registration": {"jurisdiction": "NO", "number": "9"},
        "beneficial_owners": [owner],
    }
    pay = [{"kind": "wallet", "currency": "btc", "address": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"}, {"kind": "bank", "iban": "DE89370400440532013000"},
           {"kind": "processor", "processor": "p", "token": "t"}, {"kind": "card", "bin": "400000", "last4": "0002"}]  # fmt: skip
    read = claims.parse_application(b.application(entity, payments=pay, on_behalf_of=b.person()), NOW)
    sealed = canonical.decode(canonical.encode(sealed_form.claims_to_plain(read)))
    assert isinstance(sealed, dict)
    assert sealed_form.claims_from_plain(sealed) == read
    assert claims.parse_application(sealed, NOW) == read
    assert sealed_form.claims_from_plain({**sealed, "dropped": 1, "purpose": "x"}).purpose == "x"


_TEXT = st.text(max_size=12)
_PLACE = st.sampled_from(["SE", "US", "XK", ""])


@st.composite
def persons(draw: Any, depth: int = 0) -> dict[str, Any]:
    """People as anybody may post them: most are taken."""
    owners = st.lists(
        st.fixed_dictionaries(
            {"person": persons(depth + 1)},
            optional={
                "share_percent": st.sampled_from(["", "12.5", "100"]),
                "has_control": st.sampled_from([True, False, None]),
            },
        ),
        max_size=2,
    )
    return draw(
        st.fixed_dictionaries(
            {"kind": st.sampled_from(["individual", "entity"]), "name": _TEXT.map(lambda text: f"A{text}")},
            optional={
                "aliases": st.lists(_TEXT.map(lambda text: f"B{text}"), max_size=2),
                "born_on": st.sampled_from(["", "1970", "1970-02", "1970-02-28", "0999-01-01"]),
                "nationalities": st.lists(_PLACE, max_size=2),
                "address": st.none() | st.fixed_dictionaries({"country": _PLACE}, optional={"lines": st.lists(_TEXT, max_size=2), "city": _TEXT}),
                "emails": st.just(["a@Example.com"]),
                "phones": st.just(["+46 70 123 45 67"]),
                "us_limb": st.sampled_from([None, "", "none", "citizen"]),
                "national_numbers": st.just([{"country": "PL", "scheme": "pesel", "value": "44051401359"}]),
                "registration": st.none() | st.fixed_dictionaries({"jurisdiction": _PLACE}, optional={"number": _TEXT}),
                **({"beneficial_owners": owners} if depth < 2 else {}),
            },
        )
    )  # fmt: skip


@given(
    persons(),
    persons(),
    _TEXT,
    st.datetimes(datetime(1990, 1, 1), datetime(2026, 11, 24)),
    st.lists(st.sampled_from([
        {"kind": "card", "bin": "400000", "last4": "0002"}, {"kind": "bank", "iban": "DE89370400440532013000"},
        {"kind": "wallet", "currency": "btc", "address": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
        {"kind": "processor", "processor": "p", "token": "t"}]), max_size=3),
)  # fmt: skip
def test_what_is_taken_comes_back_as_it_was(applicant: Any, other: Any, text: str, at: datetime, pay: Any) -> None:
    # Breaks when anything an application may hold is lost or changed by sealing it.
    access = {"address": "2001:db8::9", "at": f"{at.isoformat()}Z"}
    data = b.application(applicant, on_behalf_of=other, purpose=text, access=access, payments=pay)
    try:
        read = claims.parse_application(data, NOW)
    except InvalidInput:
        return
    sealed = canonical.decode(canonical.encode(sealed_form.claims_to_plain(read)))
    assert isinstance(sealed, dict)
    assert sealed_form.claims_from_plain(sealed) == read


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda x: st.lists(x, max_size=3) | st.dictionaries(
    st.sampled_from(["applicant", "kind", "name", "emails", "payments", "product", "access", "at", "born_on", "x"]), x, max_size=4), max_leaves=12))  # fmt: skip
def test_any_json_is_read_or_refused_with_pointers(data: Any) -> None:
    # Breaks when an odd shape raises something else than InvalidInput, or with no field named.
    with pytest.raises(InvalidInput) as refused:
        claims.parse_application(data, NOW)
    assert refused.value.problems


def test_names_are_compared_across_spellings_and_a_misread_is_no_refusal() -> None:
    # Breaks when an umlaut refutes a document, or a wrong check digit does.
    def verdict(name: str, paper: dict[str, Any]) -> str:
        read = claims.parse_application(b.application(b.person(name)), NOW)
        evidence = [Evidence(EvidenceId("evi_1"), EvidenceKind.MRZ, NOW, {"lines": paper["lines"]})]
        facts = check.findings_to_facts(check.check_claims(read, evidence, TODAY))
        return str(next(f.value for f in facts if f.name == "identity.document"))

    mueller = b.passport("MUELLER", "JOERG", "D<<", "740812")
    assert verdict("Jörg Müller", mueller) == "verified"
    assert verdict("Jörg Meier", mueller) == "refuted"
    digit = "0" if mueller["lines"][1][9] != "0" else "1"
    wrong = {"lines": [mueller["lines"][0], mueller["lines"][1][:9] + digit + mueller["lines"][1][10:]]}
    assert verdict("Jörg Müller", wrong) == "untried"


def test_the_least_evidence_is_asked_for() -> None:
    # Breaks when one document is not used for everything it settles.
    read = claims.parse_application(b.application(), NOW)
    missing = [
        (n, ("c",))
        for n in ("identity.document", "person.is_us_citizen", "person.is_located_in_us", "screening.person")
    ]
    assert [r.requirement for r in plan.requirements_due(missing, read)] == ["document"]


def test_contacts_have_one_form() -> None:
    # Breaks when two spellings of a contact are two contacts.
    assert contacts.normal_email("Anna@EXAMPLE.com") == "Anna@example.com"
    assert contacts.normal_phone("+46 70-123 45 67") == "+46701234567"
    assert contacts.normal_phone("070 1234567") is None
