"""A number the publisher gave twice: one rule for every form, and ids that are one party's alone."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

import list_samples
from gatebook.screen.delta import delta
from gatebook.screen.lists.detect import load_files
from gatebook.screen.party import ListEdition

CSV_ROW = '5,"{0}",individual,X,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB {1}."\n'
XML_ROW = "<sdnEntry><uid>5</uid><lastName>{0}</lastName><sdnType>Individual</sdnType></sdnEntry>"
UN_ROW = "<INDIVIDUAL><DATAID>5</DATAID><FIRST_NAME>{0}</FIRST_NAME></INDIVIDUAL>"


def sdn_csv(*names: str) -> dict[str, bytes]:
    return {"sdn.csv": "".join(CSV_ROW.format(name, 1960 + n) for n, name in enumerate(names)).encode()}


def sdn_xml(*names: str) -> dict[str, bytes]:
    return {"sdn.xml": f"<sdnList>{''.join(map(XML_ROW.format, names))}</sdnList>".encode()}


def un(*names: str) -> dict[str, bytes]:
    return {"un.xml": f"<CONSOLIDATED_LIST><X>{''.join(map(UN_ROW.format, names))}</X></CONSOLIDATED_LIST>".encode()}


def ftm(*names: str) -> dict[str, bytes]:
    lines = (json.dumps({"id": "5", "schema": "Person", "properties": {"name": [name]}}) for name in names)
    return {"x.jsonl": "\n".join(lines).encode()}


def csl(*names: str) -> dict[str, bytes]:
    rows = [{"source": "A (SDN)", "entity_number": 5, "name": name} for name in names]
    return {"csl.json": json.dumps({"results": rows}).encode()}


Form = Callable[..., dict[str, bytes]]
FORMS: list[Form] = [sdn_csv, sdn_xml, un, ftm, csl]


@pytest.mark.parametrize("form", FORMS)
def test_one_number_and_one_name_is_one_party(form: Form) -> None:
    # Breaks when a row that stands there three times makes three parties of one id.
    edition = load_files(form("NOBODY", "Nobody", "NOBODY"), "x")
    assert len(edition.parties) == 1 and edition.report.parsed == 3
    assert not [what for _, what in edition.report.unread if "twice" in what]


@pytest.mark.parametrize("form", FORMS)
def test_one_number_and_two_names_are_two_parties(form: Form) -> None:
    # Breaks when one of two parties of a number is lost, overwritten, or has the other's id.
    edition = load_files(form("NOBODY", "SOMEBODY"), "x")
    first, second = edition.parties
    assert [first.names[0].text, second.names[0].text] == ["NOBODY", "SOMEBODY"]
    assert first.party_id != second.party_id and second.given_id == first.party_id
    assert edition.report.parsed == 2
    assert [what for _, what in edition.report.unread] == ["number-given-twice-both-kept"]


def test_what_other_tables_say_of_the_number_is_kept_with_both() -> None:
    # Breaks when another name goes to one of two parties, or makes them one.
    alt = b'5,1,"aka","THIRD",-0- \n'
    edition = load_files({**sdn_csv("NOBODY", "SOMEBODY", "NOBODY"), "alt.csv": alt}, "x")
    assert [[n.text for n in p.names] for p in edition.parties] == [["NOBODY", "THIRD"], ["SOMEBODY", "THIRD"]]
    assert [len(p.births) for p in edition.parties] == [2, 1]


def test_an_id_made_by_a_publisher_is_not_taken_again() -> None:
    # Breaks when an id of ours is by chance, or by design, another party's.
    made = load_files(ftm("NOBODY", "SOMEBODY"), "x").parties[1].party_id
    line = json.dumps({"id": made, "schema": "Person", "properties": {"name": ["THIRD"]}}).encode()
    for lines in ([line, ftm("NOBODY", "SOMEBODY")["x.jsonl"]], [ftm("NOBODY", "SOMEBODY")["x.jsonl"], line]):
        edition = load_files({"x.jsonl": b"\n".join(lines)}, "x")
        assert len({p.party_id for p in edition.parties}) == len(edition.parties) == 3


def test_rows_of_one_id_stay_one_party_where_the_form_says_so() -> None:
    # Breaks when an alias on a row of its own becomes another party.
    edition = load_files({"own.csv": b"id,name\n1,Nobody\n1,Somebody\n"}, "x")
    assert [[n.text for n in p.names] for p in edition.parties] == [["Nobody", "Somebody"]]


def own(rows: str) -> ListEdition:
    return load_files({"own.csv": f"id,name\n{rows}".encode()}, "x")


def test_a_sign_in_an_operators_id_is_part_of_it() -> None:
    # Breaks when two persons of the house's own list are taken for one whose names were all replaced.
    found = delta(own("a~1,Alpha One\n"), own("a~2,Beta Two\n"))
    assert [p.party_id for p in found.added] == ["a~2"] and [p.party_id for p in found.removed] == ["a~1"]
    assert found.changed == ()


def test_a_number_mended_by_its_publisher_is_told_as_a_number() -> None:
    # Breaks when the id we gave is shown as the publisher's number.
    rows = sdn_csv("NOBODY", "SOMEBODY")["sdn.csv"]
    old = load_files({"sdn.csv": rows}, "x")
    new = load_files({"sdn.csv": rows.replace(b'5,"SOME', b'6,"SOME')}, "x")
    fields = [field for change in delta(old, new).changed for field in change.fields]
    assert [(field.field, field.removed, field.added) for field in fields] == [("number of the party", ("5",), ("6",))]


REFERENCES = list_samples.SDN_ADVANCED.decode()


def pieces(text: str) -> dict[str, str]:
    """The sections of the advanced form, by name."""
    names = ("ReferenceValueSets", "Locations", "IDRegDocuments", "DistinctParties", "SanctionsEntries")
    return {name: text[text.index(f"<{name}>") : text.index(f"</{name}>") + len(name) + 3] for name in names}


def advanced(*sections: str) -> ListEdition:
    return load_files({"sdn_advanced.xml": f"<Sanctions>{''.join(sections)}</Sanctions>".encode()}, "x")


def test_the_advanced_form_reads_the_same_in_any_order() -> None:
    # Breaks when papers, programmes or what is blocked vanish because they stand behind or before the parties.
    held = pieces(REFERENCES)
    straight, turned = advanced(*held.values()), advanced(*reversed(held.values()))
    assert straight.parties == turned.parties and straight.report == turned.report
    assert straight.parties[0].documents and straight.parties[0].programmes and straight.parties[0].is_blocking


def test_parties_of_one_profile_number_are_both_kept() -> None:
    # Breaks when the second of two parties takes the first one's place.
    held = pieces(REFERENCES)
    other = held["DistinctParties"].replace('FixedRef="101"', 'FixedRef="201"').replace("VORONOVSKY", "SOMEBODY")
    other = other.replace("ВОРОНОВСКИЙ", "ДРУГОЙ").replace("GREYCROW", "ANOTHER")
    edition = advanced(held["ReferenceValueSets"], held["DistinctParties"], other, held["SanctionsEntries"])
    assert [p.party_id for p in edition.parties] == ["101", "201"]
    assert all(p.is_blocking and p.programmes for p in edition.parties)


def test_every_profile_of_a_party_is_read() -> None:
    # Breaks when what a second profile says is lost.
    held = pieces(REFERENCES)
    start = held["DistinctParties"].index("<Profile")
    stop = held["DistinctParties"].index("</Profile>") + len("</Profile>")
    second = held["DistinctParties"][start:stop].replace("VORONOVSKY", "SOMEBODY").replace('"7101"', '"7199"')
    two = held["DistinctParties"][:stop] + second + held["DistinctParties"][stop:]
    edition = advanced(held["ReferenceValueSets"], two, held["SanctionsEntries"])
    assert "SOMEBODY, Grigor" in [n.text for n in edition.parties[0].names]
    assert ("xml:1", "profile-without-a-sanctions-entry") in edition.report.unread


def test_what_the_advanced_form_says_of_nobody_is_told() -> None:
    # Breaks when a paper, a sanction or a number that stands in no table is passed over in silence.
    held = pieces(REFERENCES)
    papers = held["IDRegDocuments"].replace('IdentityID="9"', 'IdentityID="404"')
    sanctions = held["SanctionsEntries"].replace('ProfileID="7101"', 'ProfileID="404"')
    told = advanced(held["ReferenceValueSets"], papers, held["DistinctParties"], sanctions).report
    assert {("IDRegDocument:1", "of-no-party"), ("SanctionsEntry:1", "of-no-party")} <= set(told.unread)
    told = advanced(*(text for name, text in held.items() if name != "Locations")).report
    assert [field for field, _ in told.unknown_fields] == ["xml:Location in no table"]
