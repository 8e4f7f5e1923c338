"""What single cells say: births, countries, kinds, several names in one, and what of them a report may tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gatebook.screen.lists.births import birth_of
from gatebook.screen.lists.countries import codes_of
from gatebook.screen.lists.detect import load_files
from gatebook.screen.lists.parts import parts_of
from gatebook.screen.party import Birth, Document, ListEdition
from gatebook.screen.rows import read_details

ROW = '{0},"{1}",{2},X,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"{3}"\n'


def own(*rows: str, header: str = "id,name,kind,born,country,number") -> ListEdition:
    return load_files({"own.csv": "\n".join([header, *rows]).encode()}, "x")


def sdn(*rows: str) -> ListEdition:
    return load_files({"sdn.csv": "".join(rows).encode()}, "x")


def ftm(**properties: Any) -> ListEdition:
    line = json.dumps({"id": "1", "schema": "Person", "properties": properties})
    return load_files({"x.jsonl": line.encode()}, "x")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1961-63", "1961-01-01", "1963-12-31"),
        ("1961/63", "1961-01-01", "1963-12-31"),
        ("circa 1961-63", "1960-01-01", "1964-12-31"),
        ("1961-12", "1961-12-01", "1961-12-31"),
        ("1961-13", "1961-01-01", "1961-12-31"),
        ("1963-61", "1963-01-01", "1963-12-31"),
        ("1964-11-16 00:00:00", "1964-11-16", "1964-11-16"),
        ("1964-11-16T00:00:00Z", "1964-11-16", "1964-11-16"),
        ("1964-11-16+02:00", "1964-11-16", "1964-11-16"),
        ("19641116", "1964-11-16", "1964-11-16"),
        ("16-11-1964", "1964-11-16", "1964-11-16"),
        ("16.11.1964", "1964-11-16", "1964-11-16"),
        ("11/16/1964", "1964-11-16", "1964-11-16"),
        ("03/04/1971", "1971-01-01", "1971-12-31"),
        ("03-04-1971", "1971-01-01", "1971-12-31"),
        ("04/04/1971", "1971-04-04", "1971-04-04"),
        ("00/04/1971", "1971-04-01", "1971-04-30"),
        ("04/00/1971", "1971-04-01", "1971-04-30"),
        ("00/00/1971", "1971-01-01", "1971-12-31"),
    ],
)
def test_births_in_figures(text: str, first: str, last: str) -> None:
    # Breaks when a range is one year, a stamp is unread, or a day is guessed that may be a month.
    assert birth_of(text) == Birth(first, last)


def test_figures_that_are_no_day_are_not_read() -> None:
    # Breaks when a number of eight figures becomes a birth.
    assert birth_of("19641340") is None and birth_of("16111964") is None


def test_the_day_is_first_in_forms_that_say_so_alone() -> None:
    # Breaks when an operator's 03/04 is taken for a day of April, or a British one for nothing.
    assert birth_of("03/04/1971", day_first=True) == Birth("1971-04-03", "1971-04-03")
    assert own("1,A B,,03/04/1971,,").parties[0].births == (Birth("1971-01-01", "1971-12-31"),)
    assert read_details("", "03/04/1971", "", "").born_on == "1971"
    head = "Name 6,Name 1,Group Type,Group ID,DOB"
    uk = load_files({"conlist.csv": f"{head}\nDOE,John,Individual,1,03/04/1971\n".encode()}, "x")
    assert uk.parties[0].births == (Birth("1971-04-03", "1971-04-03"),)


@pytest.mark.parametrize(
    ("word", "codes"),
    [
        ("Россия", ("RU",)),
        ("Российская Федерация", ("RU",)),
        ("США", ("US",)),
        ("Іран", ("IR",)),
        ("إيران", ("IR",)),
        ("ايران", ("IR",)),
        ("سوريا", ("SY",)),
        ("中国", ("CN",)),
        ("朝鲜", ("KP",)),
        ("Deutschland", ("DE",)),
        ("Нигдея", None),
        ("❓", None),
        ("-", ()),
        ("n/a", ()),
        ("NA", ("NA",)),
    ],
)
def test_countries_in_any_script_are_known_or_unknown_and_never_nothing(word: str, codes: tuple[str, ...]) -> None:
    # Breaks when a country in another script is neither used nor reported.
    assert codes_of(word) == codes


def test_not_available_is_no_country_of_a_person() -> None:
    # Breaks when everybody whose country was left out is of Namibia, or a list's own code for Namibia is not.
    edition = own("1,A B,individual,,NA,", "2,C D,individual,,Namibia,")
    assert [p.countries for p in edition.parties] == [(), ("NA",)]
    assert edition.report.unread == (("own:2", "country-not-available"),)
    details = read_details("", "", "NA; Iran", "")
    assert (details.countries, details.unread) == (("Iran",), ("country",))
    assert ftm(name=["A B"], country=["na"]).parties[0].countries == ("NA",)


def test_a_document_of_one_of_two_countries_is_of_none() -> None:
    # Breaks when a passport of "Korea" is one of the North because its code comes first.
    edition = own("1,A B,,,,Passport:X1:Korea;Passport:X2:Cyprus")
    assert edition.parties[0].documents == (Document("Passport", "X1", ""), Document("Passport", "X2", "CY"))
    assert edition.report.unread == (("own:2", "country-of-issue-may-be-several"),)


def test_usual_words_for_what_a_party_is() -> None:
    # Breaks when a row of the house's own list is lost over a word, or populations know words that lists do not.
    words = ["person", "Company", "legal entity", "ship", "airplane", "wizard", ""]
    edition = own(*(f"{n},Nobody {n},{word},,," for n, word in enumerate(words)))
    kinds = ["individual", "entity", "entity", "vessel", "aircraft", "unknown", "unknown"]
    assert [p.kind for p in edition.parties] == kinds
    assert edition.report.unread == (("own:7", "kind-unknown"),)
    assert [read_details(word, "", "", "x").kind or "unknown" for word in words] == kinds
    assert read_details("wizard", "", "", "").unread == ("kind",)


def test_a_report_on_an_own_list_never_quotes_it() -> None:
    # Breaks when an address that slipped a column is told in a report or a log.
    edition = own("1,A B,12 Secret Street,,12 Secret Street,", "2,C D,,12 Secret Street,,Passport:1:12 Secret Street")
    assert "Secret" not in str(edition.report)
    assert {what for _, what in edition.report.unread} == {
        "kind-unknown",
        "country-unknown",
        "date-of-birth-in-no-known-form",
    }
    published = sdn(ROW.format(1, "NOBODY", "wizard", "nationality Atlantis."))
    assert set(published.report.unread) == {("sdn:1", "kind-unknown: wizard"), ("sdn:1", "country-unknown: Atlantis")}


@pytest.mark.parametrize("blank", [" ", ";", "; "])
def test_a_remark_of_nothing_is_nothing(blank: str) -> None:
    # Breaks when a full cell without a sentence ends the load.
    assert sdn(ROW.format(1, "NOBODY", "individual", blank * 1_000)).parties[0].names[0].text == "NOBODY"


def test_another_name_that_is_none_is_refused() -> None:
    # Breaks when a row without a name counts as read, or makes a party of nobody.
    alt = b'1,2,"aka","-0- ","-0- "\n1,3,"aka","ROE","-0- "\n'
    edition = load_files({"sdn.csv": ROW.format(1, "DOE", "individual", "-0- ").encode(), "alt.csv": alt}, "x")
    assert [n.text for n in edition.parties[0].names] == ["DOE", "ROE"]
    assert edition.report.refused == (("alt:1", "no-name"),)


def test_entities_in_one_array_and_names_in_parts() -> None:
    # Breaks when an export in one array is no list, or a person is lost whose name stands in parts.
    people = [
        {"id": "1", "schema": "Person", "properties": {"firstName": ["Ann", "Anna"], "lastName": ["Doe"]}},
        {"id": "2", "schema": "Person", "properties": {"name": ["Bob"], "shoeSize": ["44"], "birthPlace": ["X"]}},
        "nonsense",
    ]
    edition = load_files({"people.json": json.dumps(people, indent=1).encode()}, "x")
    assert [[n.text for n in p.names] for p in edition.parties] == [["Ann Doe", "Anna Doe"], ["Bob"]]
    assert edition.report.unknown_fields == (("ftm:shoeSize", 1),)
    assert edition.report.refused == (("ftm:3", "malformed"),)


def test_an_identification_of_a_kind_nobody_knows_is_kept() -> None:
    # Breaks when the number of a card nobody has met is dropped.
    head = "source,entity_number,type,name,alt_names,ids"
    new = f'_id,{head}\n1,A (SDN),5,Individual,A B,,"Foo Card, 123, IR; Bar Card, 9; 77"\n'
    edition = load_files({"csl.csv": new.encode()}, "x")
    assert edition.parties[0].documents == (
        Document("Foo Card", "123", "IR"),
        Document("Bar Card", "9"),
        Document("Number", "77"),
    )
    assert [field for field, _ in edition.report.unknown_fields] == [
        "csl: an identification of no kind",
        "id-kind:Bar Card",
        "id-kind:Foo Card",
        "id-kind:Number",
    ]
    old = f'{head}\nA (SDN),5,Individual,A B,,"IR, 123, Foo Card; CY, FX1, Passport"\n'
    assert load_files({"csl.csv": old.encode()}, "x").parties[0].documents == (
        Document("Foo Card", "123", "IR"),
        Document("Passport", "FX1", "CY"),
    )


@pytest.mark.parametrize(
    ("kind", "cell", "names"),
    [
        ("unknown", "FUYI SUN A/K/A FRANK SUN", ["FUYI SUN", "FRANK SUN"]),
        ("unknown", "SIBERIAN AIRLINES D/B/A S7 AIRLINES", ["SIBERIAN AIRLINES", "S7 AIRLINES"]),
        ("unknown", "PEARL (A.K.A. NEI-CHIEN CHU) LI", ["PEARL LI", "NEI-CHIEN CHU"]),
        ("unknown", "AFSHIN (SEAN) NAGHIBI", ["AFSHIN NAGHIBI", "SEAN NAGHIBI"]),
        ("individual", "SANTOS, Ahmad (Ahmed)", ["SANTOS, Ahmad", "SANTOS, Ahmed"]),
        ("individual", "Ruben Lavilla (jr)", ["Ruben Lavilla"]),
        ("entity", "Global Relief Foundation (GRF)", ["Global Relief Foundation", "GRF"]),
        ("entity", "Al-Haramain Foundation (Indonesia)", ["Al-Haramain Foundation"]),
        ("entity", "Al-Haramain (Albanian branch)", ["Al-Haramain"]),
        ("entity", "Political Security Directorate [Syria]", ["Political Security Directorate"]),
        ("entity", "ARMY OF GOD (GOD'S ARMY)", ["ARMY OF GOD", "GOD'S ARMY"]),
        ("entity", "ZIDCO HOLDINGS (PVT) LTD", ["ZIDCO HOLDINGS LTD"]),
        ("entity", "Export Company; and any successor thereof", ["Export Company"]),
        ("entity", "NEW ARMY / COMMUNIST PARTY", ["NEW ARMY", "COMMUNIST PARTY"]),
        ("entity", "INDONESIA (MMI)", []),
        ("entity", "IMPORT/EXPORT CORPORATION", []),
        ("individual", "Kofi Aka Mensah", []),
        ("individual", "AKA, Mohammed", []),
        ("individual", "NOBODY, Plain", []),
    ],
)
def test_a_cell_of_several_names_holds_each(kind: str, cell: str, names: list[str]) -> None:
    # Breaks when a party is not found by one of two names that stand in one cell, or by a note beside its name.
    assert list(parts_of(cell, kind)) == names


def test_the_cell_stays_a_name_and_its_parts_come_last() -> None:
    # Breaks when a part takes the place of the name the publisher gave, or has a better word than it deserves.
    row = ROW.format(1, "GLOBAL RELIEF FOUNDATION (GRF)", "-0- ", "a.k.a. 'OTHER (SOCIETY OF OTHERS)'.")
    alt = b'1,2,"aka","GLOBAL RELIEF FOUNDATION","-0- "\n'
    edition = load_files({"sdn.csv": row.encode(), "alt.csv": alt}, "x")
    assert [(n.text, n.quality, n.row) for n in edition.parties[0].names] == [
        ("GLOBAL RELIEF FOUNDATION (GRF)", "primary", "sdn:1"),
        ("GLOBAL RELIEF FOUNDATION", "strong", "alt:1"),
        ("OTHER (SOCIETY OF OTHERS)", "weak", "sdn:1"),
        ("GRF", "weak", "sdn:1"),
        ("OTHER", "weak", "sdn:1"),
        ("SOCIETY OF OTHERS", "weak", "sdn:1"),
    ]
