"""Lists that are damaged or hostile: refused with a reason and a place, or read as far as they can be."""

from __future__ import annotations

import gzip
import json
import tracemalloc

import pytest

import list_samples
from gatebook.errors import ListError
from gatebook.screen.lists.detect import load_files, load_folder
from gatebook.screen.lists.entries import entries

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><sdnList><sdnEntry><uid>&c;</uid></sdnEntry></sdnList>'
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://example.invalid/x.dtd"><sdnList/>'
FETCH = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><sdnList><sdnEntry><uid>&f;</uid></sdnEntry></sdnList>'
XML_FORMS = [name for name in list_samples.BY_NAME if name.lower().endswith(".xml")]


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, FETCH, "<!DOCTYPE sdnList><sdnList/>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
def test_declarations_are_refused_in_any_encoding(text: str, encoding: str) -> None:
    # Breaks when a list can make the reader expand entities or fetch a file by writing itself in another encoding.
    with pytest.raises(ListError):
        load_files({"sdn.xml": text.encode(encoding)}, "x")
    with pytest.raises(ListError):
        list(entries(text.encode(encoding), frozenset({"sdnEntry"})))


def test_an_encoding_that_hides_a_declaration_is_refused() -> None:
    # Breaks when the parser is told to read bytes as something no list is published in.
    hidden = b'<?xml version="1.0" encoding="cp037"?>' + "<!DOCTYPE x><sdnList/>".encode("cp037")
    for data in (hidden, b'<?xml version="1.0" encoding="utf-7"?>+ADw-sdnList/+AD4-'):
        with pytest.raises(ListError):
            load_files({"sdn.xml": data}, "x")


@pytest.mark.parametrize("name", XML_FORMS)
def test_a_cut_document_is_refused_and_says_where(name: str) -> None:
    # Breaks when half a list is taken for a whole one, or the message says not where it stopped.
    data = list_samples.BY_NAME[name][0]
    for size in (len(data) - 3, len(data) * 2 // 3):
        with pytest.raises(ListError, match=r"byte \d+ after \d+ entries"):
            load_files({name: data[:size]}, "x")


@pytest.mark.parametrize("name", XML_FORMS)
def test_a_document_reads_the_same_in_two_bytes_a_letter(name: str) -> None:
    # Breaks when a mark of order is not understood.
    data = list_samples.BY_NAME[name][0]
    text = data.decode("utf-8").replace('encoding="UTF-8"', "").replace('encoding="utf-8"', "")
    assert load_files({name: text.encode("utf-16")}, "x").parties == load_files({name: data}, "x").parties


def test_depth_and_parts_are_bounded() -> None:
    # Breaks when nesting or one endless entry can fill the memory.
    deep = b"<sdnList><sdnEntry>" + b"<a>" * 100 + b"</a>" * 100 + b"</sdnEntry></sdnList>"
    wide = b"<sdnList><sdnEntry>" + b"<a/>" * 200_001 + b"</sdnEntry></sdnList>"
    for data, word in ((deep, "deeper"), (wide, "parts")):
        with pytest.raises(ListError, match=word):
            load_files({"sdn.xml": data}, "x")


def test_entries_are_let_go_one_by_one() -> None:
    # Breaks when the whole document is kept while it is read.
    entry = b"<sdnEntry>" + b"<remarks>abcdefghijklmnopqrstuvwxyz</remarks>" * 50 + b"</sdnEntry>"
    data = b"<sdnList>" + entry * 4_000 + b"</sdnList>"
    tracemalloc.start()
    assert sum(1 for _ in entries(data, frozenset({"sdnEntry"}))) == 4_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000 < len(data)


def test_an_open_quote_costs_one_row_of_a_table() -> None:
    # Breaks when a quote that is never closed swallows the rest of a table.
    row = '{0},"NOBODY {0}",-0- ,X,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n'
    text = row.format(1) + row.format(2).replace('"NOBODY 2"', '"NOBODY 2') + row.format(3)
    edition = load_files({"SDN.CSV": text.encode()}, "x")
    assert [p.party_id for p in edition.parties] == ["1", "3"]
    assert edition.report.refused == (("sdn:2", "quote-never-closed"),)


def test_an_open_quote_in_a_list_of_long_cells_is_refused_with_its_line() -> None:
    # Breaks when nobody can tell how much of the list was swallowed.
    data = b'id,name\nt-1,Somebody\nt-2,"Nobody\nt-3,Another\n'
    with pytest.raises(ListError, match="line 3"):
        load_files({"own.csv": data}, "x")


def test_wrong_bytes_in_tables() -> None:
    # Breaks when NUL, a foreign encoding, a cut last row or a moved column passes unsaid.
    good = list_samples.OFAC_SET["SDN.CSV"]
    with pytest.raises(ListError):
        load_files({"SDN.CSV": good.replace(b"Grigor", b"Gri\x00gor")}, "x")
    with pytest.raises(ListError):
        load_files({"SDN.CSV": good.replace(b"Grigor", b"Gri\x81\xff")}, "x")
    western = load_files({"SDN.CSV": good.replace(b"Grigor", "Grígor".encode("cp1252"))}, "x")
    assert western.parties[0].names[0].text == "VORONOVSKY, Grígor"
    assert ("sdn", "encoding-taken-as-windows-1252") in western.report.unread
    wide = load_files({"SDN.CSV": good.rstrip(b"\x1a").decode().encode("utf-16")}, "x")
    assert [p.party_id for p in wide.parties] == ["101", "102"]
    cut = load_files({"SDN.CSV": good[: good.index(b"-0-", good.index(b"NIGHTJAR"))]}, "x")
    assert [reason for _, reason in cut.report.refused] == ["malformed"]


def test_columns_may_move_but_not_be_missing() -> None:
    # Breaks when a cell is read by its place in a file that names its columns.
    rows = [line.split("\t") for line in list_samples.DPL.decode().splitlines()]
    turned = "\n".join("\t".join(reversed(cells)) for cells in rows).encode()
    assert load_files({"dpl.txt": turned}, "x").parties == load_files({"dpl.txt": list_samples.DPL}, "x").parties
    without = "\n".join("\t".join(cells[:4] + cells[5:]) for cells in rows).encode()
    with pytest.raises(ListError, match="country"):
        load_files({"dpl.txt": without}, "x")


def test_json_that_is_deep_or_holds_half_letters() -> None:
    # Breaks when a list ends the process, or text nothing can store reaches the index.
    deep = b'{"results": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    half = b'{"results": [{"source": "X", "name": "\\ud800", "alt_names": []}]}'
    for data in (deep, half):
        with pytest.raises(ListError):
            load_files({"csl.json": data}, "x")
    good = json.dumps({"id": "a", "schema": "Person", "properties": {"name": ["Nobody Here"]}}).encode()
    bad = b'{"id": "b", "schema": "Person", "properties": {"name": ["\\ud800"]}}'
    edition = load_files({"x.jsonl": good + b"\n" + bad}, "x")
    assert edition.report.refused == (("ftm:2", "malformed"),)


def test_gzip_is_read_and_bounded() -> None:
    # Breaks when a damaged or endless gzip is taken for a list.
    packed = gzip.compress(list_samples.UN_XML)
    assert load_files({"un.xml.gz": packed}, "x").digest == load_files({"un.xml": list_samples.UN_XML}, "x").digest
    for bad in (packed[:-20], b"\x1f\x8bnonsense", b""):
        with pytest.raises(ListError):
            load_files({"un.xml.gz": bad}, "x")
    found = load_folder({"un.xml.gz": packed[:-20], "a.xml": BOMB.encode(), "b.txt": b"hello", **list_samples.OFAC_SET})
    assert [e.form for e in found.editions] == ["ofac-sdn"]
    assert [name for name, _ in found.refused] == ["a.xml", "b.txt", "un.xml.gz"]
