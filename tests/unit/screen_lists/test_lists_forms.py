"""Every form of list on a small invented file in its layout: what is read of a party, and what a list blocks."""

from __future__ import annotations

from dataclasses import replace

import pytest

import list_samples
from gatebook.errors import ListError
from gatebook.screen.lists.detect import load_files, load_folder
from gatebook.screen.lists.edition import BLOCKS
from gatebook.screen.party import Birth, Document, ListEdition, ListedName, ListedParty

GOOD = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


def load(name: str) -> ListEdition:
    return load_files({name: list_samples.BY_NAME[name][0]}, "x")


def party(edition: ListEdition, party_id: str) -> ListedParty:
    return next(p for p in edition.parties if p.party_id == party_id)


def names(found: ListedParty) -> list[tuple[str, str]]:
    return [(n.text, n.quality) for n in found.names]


@pytest.mark.parametrize("name", list_samples.BY_NAME)
def test_each_form_is_recognised_and_its_rows_add_up(name: str) -> None:
    # Breaks when a form is taken for another, or a row is neither parsed nor refused.
    data, form = list_samples.BY_NAME[name]
    edition = load_files({name: data}, "x")
    assert edition.form == form and edition.is_blocking == BLOCKS[form][0]
    assert edition.report.rows == edition.report.parsed + len(edition.report.refused)
    assert load_folder({name: data}).refused == ()


@pytest.mark.parametrize("name", list_samples.BY_NAME)
def test_content_under_another_kind_of_name_is_refused(name: str) -> None:
    # Breaks when content alone decides, so that any file with the right first letters becomes a list.
    data, _ = list_samples.BY_NAME[name]
    with pytest.raises(ListError):
        load_files({"picture.png": data}, "x")


@pytest.mark.parametrize("name", ["sdn.xml", "SDN.CSV", "dpl.txt", "ConList.csv", "un.xml", "consolidated.json"])
def test_a_name_without_its_content_is_refused(name: str) -> None:
    # Breaks when the name alone decides, so that an error page becomes a list.
    for data in (b"", b"<html><body>Sorry</body></html>", b"not found", b"1,2,3\n"):
        with pytest.raises(ListError):
            load_files({name: data}, "x")


def test_the_ofac_set_says_all_its_remarks_say() -> None:
    # Breaks when a weak name, a continuation, a vague birth, a country of issue or a nationality is lost.
    edition = load_files(list_samples.OFAC_SET, "x")
    found = party(edition, "101")
    assert names(found) == [
        ("VORONOVSKY, Grigor", "primary"),
        ("VORONOWSKI, Gregor", "strong"),
        ("GREYCROW", "weak"),
        ("OLD 'N' GREY", "weak"),
        ("IRONFERRY", "weak"),
    ]
    assert found.births == (Birth("1971-03-14", "1971-03-14"), Birth("1971-01-01", "1973-12-31"))
    assert found.nationalities == ("RU", "CY") and found.countries == ("CY", "Atlantis", "RU")
    assert found.documents == (Document("Passport", "FX4410021", "CY"), Document("Tax ID No.", "771234567890", "RU"))
    assert (found.gender, found.wallets, found.programmes) == ("male", (("XBT", GOOD),), ("CYBER2", "SDGT"))
    ship = party(edition, "102")
    assert ship.kind == "vessel" and ship.countries == ("PA",)
    assert {("IMO", "9000001"), ("MMSI", "123456789"), ("Call Sign", "T2EU4")} == set(ship.numbers)
    assert edition.report.unread == (("add:2", "country-unknown: Atlantis"),)
    assert [reason for _, reason in edition.report.refused] == ["end-of-file-mark"] * 4


def test_a_remark_cut_in_the_middle_of_a_word_goes_on() -> None:
    # Breaks when the halves of a cut word are joined with a space, or half a name is matched by.
    start = "DOB 1971; POB X; " + "Linked To: NOBODY; " * 51
    cut = (start + "a.k.a. 'IRONFERRYMAN'; Gender Male.")[:1000]
    rest = (start + "a.k.a. 'IRONFERRYMAN'; Gender Male.")[1000:]
    row = f'101,"VORONOVSKY, Grigor","individual","X",{"-0- ," * 7}"{cut}"\n'.encode()
    files = {"SDN.CSV": row, "SDN_COMMENTS.CSV": f'101,"{rest}"\n'.encode()}
    assert ("IRONFERRYMAN", "weak") in names(load_files(files, "x").parties[0])
    alone = load_files({"SDN.CSV": row}, "x")
    assert names(alone.parties[0]) == [("VORONOVSKY, Grigor", "primary")]
    assert alone.report.unread == (("sdn:1", "remark-cut-and-its-continuation-not-given"),)


def test_the_advanced_form_joins_its_parts() -> None:
    # Breaks when native scripts, ranges of birth, papers, programmes or what is blocked are not joined.
    edition = load("SDN_ADVANCED.XML")
    found = party(edition, "101")
    assert found.names == (
        ListedName("VORONOVSKY, Grigor", "primary", "xml:1", "Latn"),
        ListedName("ВОРОНОВСКИЙ, Григорий", "strong", "xml:1", "Cyrl"),
        ListedName("GREYCROW", "weak", "xml:1", "Latn"),
    )
    assert found.births == (Birth("1971-01-01", "1972-12-31"),)
    assert (found.kind, found.gender, found.nationalities, found.countries) == (
        "individual",
        "male",
        ("RU",),
        ("RU", "CY"),
    )
    assert found.documents == (Document("Passport", "FX4410021", "CY"),)
    assert (found.wallets, found.programmes, found.is_blocking) == ((("XBT", GOOD),), ("CYBER2",), True)
    assert edition.report.refused == (("xml:2", "no-name"),)
    assert edition.published_on == "2026-11-20"


def test_the_european_form_is_one_party_for_each_entity() -> None:
    # Breaks when an entity that stands there twice becomes two, or a place of birth becomes a date.
    edition = load("xmlFullSanctionsList_1_1.xml")
    assert [p.party_id for p in edition.parties] == ["501"]
    found = edition.parties[0]
    assert names(found) == [("Grigor Voronovsky", "primary"), ("Григорий Вороновский", "weak")]
    assert found.names[1].language == "ru" and found.programmes == ("CYB", "TERR")
    assert found.births == (Birth("1970-03-01", "1972-03-31"), Birth("1970-01-01", "1972-12-31"))
    assert (found.nationalities, found.countries, found.gender) == (("RU",), ("RU", "CY"), "male")


def test_the_united_nations_form() -> None:
    # Breaks when an alias of low quality is strong, or a date in a note is lost.
    edition = load("un.xml")
    found = party(edition, "6900001")
    assert names(found)[0] == ("GRIGOR VORONOVSKY", "primary") and ("Greycrow", "weak") in names(found)
    assert found.births == (
        Birth("1970-01-01", "1972-12-31"),
        Birth("1973-01-01", "1974-12-31"),
        Birth("1973-11-01", "1973-11-30"),
    )
    assert (found.nationalities, found.countries) == (("CD",), ("CD", "RW"))
    assert party(edition, "6900002").kind == "entity"
    assert edition.report.unknown_fields == (("xml:MASCOT", 1),)


def test_both_british_forms() -> None:
    # Breaks when a travel ban alone blocks, several values of a cell are one, or a cut row is lost in silence.
    con = load("ConList.csv")
    found = party(con, "7001")
    assert (found.nationalities, found.births[0]) == (("RU", "CY"), Birth("1971-01-01", "1971-12-31"))
    assert found.numbers == (("Passport", "FX4410021"), ("Passport", "FX4410022"), ("National ID", "77-1"))
    assert found.names[1] == ListedName("Григорий Вороновский", "strong", "uk:3", "Cyrl", "ru")
    assert [reason for _, reason in con.report.refused] == ["title-line", "header", "malformed"]
    new = load("UK-Sanctions-List.csv")
    assert {p.party_id: new.blocks(p) for p in new.parties} == {"CYB0001": True, "CYB0002": False, "CYB0003": False}
    assert names(party(new, "CYB0001"))[1] == ("GREYCROW", "weak") and party(new, "CYB0003").kind == "vessel"
    assert con.published_on == new.published_on == "2026-11-20"


def test_rows_of_the_screening_list_block_by_their_own_list() -> None:
    # Breaks when a row of the Entity List blocks, or one of the SDN list does not.
    edition = load("consolidated.json")
    assert [(p.source, edition.blocks(p)) for p in edition.parties] == [("SDN", True), ("EL", False)]
    assert edition.parties[0].documents == (Document("Passport", "FX4410021", "CY"),)
    assert edition.report.unknown_fields == (("csl:mascot", 1),)


def test_follow_the_money_blocks_by_topic_and_joins_what_belongs_together() -> None:
    # Breaks when a politician is blocked, a passport is not joined, or an entity is lost without a reason.
    edition = load("targets.ftm.json")
    assert {p.party_id: edition.blocks(p) for p in edition.parties} == {
        "x-101": True,
        "x-102": False,
        "x-107": True,
        "x-108": False,
    }
    found = party(edition, "x-101")
    assert Document("Passport", "FX4410022", "CY") in found.documents and "INV-CYB" in found.programmes
    assert found.countries == ("RU", "CY")
    assert sorted(reason for _, reason in edition.report.refused) == sorted(
        ["says-nothing-to-compare", "of-no-party", "schema-unknown", "malformed", "malformed"]
    )


def test_the_operators_own_list() -> None:
    # Breaks when a column, several values in a cell, or a refused row of the operator's list is lost.
    edition = load("terminated.csv")
    found = party(edition, "t-1")
    assert names(found)[1:] == [("Gregor Voronowski", "strong"), ("Гриша", "strong"), ("Greycrow", "weak")]
    assert found.births == (Birth("1971-03-14", "1971-03-14"), Birth("1971-01-01", "1973-12-31"))
    assert found.wallets == (("XBT", GOOD),) and found.nationalities == ("RU",)
    assert found.documents == (Document("Passport", "FX4410021", "CY"), Document("Number", "4711", ""))
    assert [reason for _, reason in edition.report.refused] == ["header", "no-name", "malformed"]
    assert party(edition, "t-3").kind == "unknown" and ("own:4", "kind-unknown") in edition.report.unread
    assert edition.report.unknown_fields == (("own:colour", 1),)
    assert ("own:2", "wallet-unusable-its-case-is-lost: XBT") in edition.report.unread


def test_the_operators_word_on_what_a_list_blocks() -> None:
    # Breaks when the note is ignored, changes nothing in the digest, or says what nobody understands.
    data, _ = list_samples.BY_NAME["UK-Sanctions-List.csv"]
    plain = load_files({"UK.csv": data}, "x")
    noted = load_files({"UK.csv": data, "list.toml": b"is_blocking = true\nmax_age_days = 3\n"}, "x")
    assert all(noted.blocks(p) for p in noted.parties) and noted.max_age_days == 3
    assert noted.digest != plain.digest
    given = load_files({"UK.csv": data}, "x", is_blocking=False)
    assert not any(given.blocks(p) for p in given.parties)
    for bad in (b"is_blocking = 1", b"colour = 'grey'", b"max_age_days = 0", b"\xff", b"max_age_days = true"):
        with pytest.raises(ListError):
            load_files({"UK.csv": data, "list.toml": bad}, "x")


def test_the_digest_is_of_the_files_in_any_order() -> None:
    # Breaks when the same files in another order, or under names of another day, are another edition.
    files = list_samples.OFAC_SET
    one = load_files(files, "x")
    assert load_files(dict(reversed(files.items())), "x").digest == one.digest
    assert (
        load_files({name.replace(".", "_2026-11-20."): data for name, data in files.items()}, "x").digest == one.digest
    )
    assert load_files({**files, "ALT.CSV": b""}, "x").digest != one.digest


def test_files_of_two_lists_are_not_mixed() -> None:
    # Breaks when one list swallows another, or a stranger among the files passes unnamed.
    files = dict(list_samples.OFAC_SET)
    with pytest.raises(ListError):
        load_files({**files, "un.xml": list_samples.UN_XML}, "x")
    with pytest.raises(ListError):
        load_files({**files, "sdn_old.csv": files["SDN.CSV"]}, "x")
    assert ("README.md", "file-of-no-known-form") in load_files({**files, "README.md": b"hello"}, "x").report.unread


def test_an_edition_says_how_old_it_is() -> None:
    # Breaks when a stale mirror fetched today passes for a fresh list.
    from datetime import UTC, date, datetime

    edition = replace(load("un.xml"), fetched_at=datetime(2026, 12, 1, tzinfo=UTC), max_age_days=5)
    assert edition.age_days(date(2026, 12, 1)) == 11
    assert edition.is_older_than_set(date(2026, 12, 1)) is True
    assert replace(edition, max_age_days=None).is_older_than_set(date(2026, 12, 1)) is None
    assert replace(edition, published_on="", fetched_at=None).age_days(date(2026, 12, 1)) is None
