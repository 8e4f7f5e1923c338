"""Screening: rows accounted for, names compared, evidence weighed."""

from __future__ import annotations

import dataclasses
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.errors import ListError
from gatebook.screen.compare import UNIT, compare_names
from gatebook.screen.findings import measure_finding, screening_findings
from gatebook.screen.lists import ofac_csv, ofac_xml
from gatebook.screen.lists.detect import load_files
from gatebook.screen.scan import ExhaustiveScan
from gatebook.screen.screening import Query, Screening, ScreenSettings
from gatebook.screen.tokens import read_name
from gatebook.screen.weights import Weights
from gatebook.store.list_shelf import ListShelf
from gatebook.wiring.lists import sample_list

NOW = datetime(2026, 11, 24, tzinfo=UTC)
WALLET = "1JhKHaewH7iwDuQoyJAYJDcUcMnxKiPkkF"


@pytest.fixture(scope="module")
def scan() -> ExhaustiveScan:
    return ExhaustiveScan([load_files(sample_list(), "sample")], ScreenSettings())


def best(scan: ExhaustiveScan, *names: str, **more: object) -> tuple[str, str]:
    found = scan.screen(Query(names, **more)).candidates  # type: ignore[arg-type]
    return (found[0].party_id, found[0].grade) if found else ("", "")


def test_evidence_confirms_or_denies(scan: ExhaustiveScan) -> None:
    # Breaks when a birth date finds, or fails to deny; when a weak alias alone confirms.
    assert best(scan, "Grigor Voronovsky", born_on="1971") == ("90001", "confirmed")
    assert best(scan, "Grigor Voronovsky", born_on="1999-01-01") == ("90001", "clash")
    assert best(scan, "Grigor Voronovsky") == ("90001", "possible")
    assert best(scan, "Greycrow") == ("90001", "weak")
    assert best(scan, "Haidar Munir al Qasrawi", born_on="1965-12-01") == ("90003", "confirmed")
    assert best(scan, "Timur Kasimbekoff", born_on="1979") == ("90007", "confirmed")
    assert best(scan, "Petru Vasile Dragomirescu", numbers=(("document_number", "ROU:RO9911882"),)) == (
        "90010",
        "confirmed",
    )
    assert best(scan, "Somebody Else", numbers=(("document_number", "ROU:RO9911882"),)) == ("90010", "possible")
    assert best(scan, "Somebody Else", born_on="1971-03-14") == ("", "")


def test_disguises_do_not_hide_a_name(scan: ExhaustiveScan) -> None:
    # Breaks when a look-alike letter, an invisible one, order, joining or a small slip hides a listed name.
    for name in (
        "Grigor V\u043er\u043en\u043evsky",
        "Grig\u200bor Voronovsky",
        "VORONOVSKY GRIGOR",
        "GrigorVoronovsky",
        "Grigor Voronowsky",
        "Grígor Vóronovsky",
    ):
        assert best(scan, name)[0] == "90001", name


def test_wallets_are_exact_and_keep_their_case(scan: ExhaustiveScan) -> None:
    # Breaks when Base58 is lower-cased or an address is matched in part.
    assert best(scan, "X Y", wallets=(("XBT", WALLET),)) == ("90002", "confirmed")
    assert best(scan, "X Y", wallets=(("XBT", WALLET.lower()),)) == ("", "")
    assert best(scan, "X Y", wallets=(("ETH", "0x52908400098527886e0f7030069857d2e4169ee7"),)) == ("90012", "confirmed")


@given(st.lists(st.sampled_from(["GRIGOR", "VORONOVSKY", "ANNA", "AL", "LTD", "SMYTH"]), min_size=1, max_size=4))
def test_order_does_not_matter(words: list[str]) -> None:
    # Breaks when a name scores differently for the order of its words.
    listed = read_name("VORONOVSKY, Grigor")
    there, back = (read_name(" ".join(w)) for w in (words, words[::-1]))
    if {t.role for t in there.tokens} <= {"word", "particle"} and not there.blocks[2:]:
        assert compare_names(there, listed, Weights()).raw == compare_names(back, listed, Weights()).raw


@given(st.text(max_size=40))
def test_any_text_can_be_compared(text: str) -> None:
    # Breaks when hostile text crashes the comparison or scores beyond its bounds.
    assert 0 <= compare_names(read_name(text), read_name("VORONOVSKY, Grigor"), Weights()).raw <= UNIT


def test_no_list_is_unknown_and_an_old_one_is_stale() -> None:
    # Breaks when nothing to compare with reads as not listed.
    facts = {f.fact: f.value for f in screening_findings(Screening((), (), ""), NOW.date(), 14)}
    assert facts == {"screening.lists_loaded": False}


def test_the_shelf_keeps_the_old_edition_on_any_failure(tmp_path: Path) -> None:
    # Breaks when an empty, cut or shrunken list replaces a good one.
    shelf = ListShelf(tmp_path)
    first = shelf.put("sample", sample_list(), NOW)
    for bad in (
        {"SDN.CSV": b""},
        {"SDN.CSV": b"<html>sorry</html>"},
        {"other.txt": b"x"},
        {"SDN.CSV": sample_list()["SDN.CSV"][:600]},
    ):
        with pytest.raises(ListError):
            shelf.put("sample", bad, NOW)
    assert [e.digest for e in ListShelf(tmp_path).current()] == [first.digest]
    assert shelf.put("sample", {"SDN.CSV": sample_list()["SDN.CSV"][:600]}, NOW, confirmed=True).digest != first.digest
    found = ExhaustiveScan(shelf.current(), ScreenSettings()).screen(Query(("A",)))
    fresh = {f.fact: f.value for f in screening_findings(found, NOW.date() + timedelta(15), 14)}
    assert fresh["screening.lists_fresh"] is False


def test_an_entity_bomb_and_a_cut_xml_are_refused() -> None:
    # Breaks when a list can make the reader expand entities or accept half a file.
    for bad in (b'<!DOCTYPE x [<!ENTITY a "b">]><sdnList/>', b"<sdnList><sdnEntry>", b"<sdnList/>"):
        with pytest.raises(ListError):
            ofac_xml.load({"xml": bad}, "x")


@pytest.mark.lists
def test_every_row_of_the_real_lists_is_accounted_for(shared_lists: Path) -> None:
    # Breaks when a row of a real list is lost in silence.
    def data(name: str) -> bytes:
        return gzip.decompress((shared_lists / "ofac" / name).read_bytes())

    edition = ofac_csv.load({r: data(f"{r}_2022-01-31.csv.gz") for r in ("sdn", "alt", "add")}, "ofac-sdn")
    report = edition.report
    assert report.rows == report.parsed + len(report.refused)
    assert len(edition.parties) == 9_044
    assert [r for r in report.refused if r[0].startswith("sdn")] == []
    assert ("sdn:9044", "number-given-twice-both-kept") in report.unread
    assert sum(n.quality == "weak" for p in edition.parties for n in p.names) >= 2_431
    xml = ofac_xml.load({"xml": data("sdn_2021-03-10.xml.gz")}, "ofac-sdn")
    assert (len(xml.parties), sum(len(p.names) - 1 for p in xml.parties), xml.report.unknown_fields) == (
        8_832,
        14_094 + 124,  # these stand in one cell with another
        (),
    )
    scan = ExhaustiveScan([edition], ScreenSettings())
    assert scan.screen(Query(("Joaquin Guzman Loera",), "individual", "1957-04-04")).candidates[0].party_id
    assert scan.screen(Query(("Jоaquin Guzmаn Loera",))).candidates[0].matched_name == "GUZMAN LOERA, Joaquin"


def test_a_measure_on_a_person_needs_a_confirmed_or_accepted_party(scan: ExhaustiveScan) -> None:
    # Breaks when a namesake is under a measure, or an undisposed candidate is read as nobody.
    listed, key = scan.screen(Query(("Grigor Voronovsky",), born_on="1971")), "sample/90001"
    maybe = scan.screen(Query(("Grigor Voronovsky",)))
    nobody = scan.screen(Query(("Somebody Else",)))
    measures = {key: "prohibit"}
    assert measure_finding([listed], measures).value == "prohibit"
    assert measure_finding([nobody, listed], {key: "condition"}).value == "condition"
    assert measure_finding([listed], measures, cleared={key}).value == "none"
    assert measure_finding([maybe], measures).value is None
    assert measure_finding([maybe], measures, accepted={key}).value == "prohibit"
    assert measure_finding([maybe], measures, cleared={key}).value == "none"
    assert measure_finding([maybe], {}).value == "none"
    assert measure_finding([nobody], measures).value == "none"
    assert measure_finding([nobody], {"not-loaded/7": "prohibit"}).value is None
    assert measure_finding([listed], {**measures, "not-loaded/7": "condition"}).value == "prohibit"
    assert measure_finding([Screening((), (), "")], measures).value is None


def test_a_claimed_kind_hides_nobody(scan: ExhaustiveScan) -> None:
    # Breaks when a listed individual passes by applying as an organisation, or a ship is found for a person.
    assert best(scan, "Grigor Voronovsky", kind="entity", born_on="1971-03-14") == ("90001", "possible")
    assert best(scan, "Grigor Voronovsky", kind="entity", born_on="1999-01-01") == ("90001", "possible")
    assert best(scan, "Grigor Voronovsky", kind="individual", born_on="1971-03-14") == ("90001", "confirmed")
    ships = [p for p in load_files(sample_list(), "sample").parties if p.kind in ("vessel", "aircraft")]
    for ship in ships:
        assert best(scan, ship.names[0].text, kind="individual")[0] != ship.party_id


@pytest.mark.parametrize("currency", ["XBT", "BTC", "BITCOIN", "USDT", "ETH"])
def test_a_listed_address_is_found_whatever_it_is_called(scan: ExhaustiveScan, currency: str) -> None:
    # Breaks when another ticker hides a listed address.
    assert best(scan, "Somebody Else", wallets=((currency, WALLET),))[1] == "confirmed"


def test_the_lists_the_house_needs_have_to_be_there(scan: ExhaustiveScan) -> None:
    # Breaks when the sample list passes for the one the law names, or an address on a list that blocks nobody blocks.
    nobody = scan.screen(Query(("Somebody Else",)))

    def loaded(*needed: str) -> object:
        return next(
            f.value for f in screening_findings(nobody, NOW.date(), 14, (), needed) if f.fact.endswith("loaded")
        )

    assert (loaded(), loaded("sample"), loaded("sample", "ofac-sdn")) == (True, True, False)
    edition = dataclasses.replace(load_files(sample_list(), "sample"), is_blocking=False)
    seen = ExhaustiveScan([edition], ScreenSettings()).screen(Query(("Somebody Else",), wallets=(("XBT", WALLET),)))
    found = {f.fact: f.value for f in screening_findings(seen, NOW.date(), 14)}
    assert (found["screening.identifiers"], found["screening.person"], found["screening.blocked"]) == (
        "none",
        "confirmed",
        False,
    )
