"""The real lists: every row of every file accounted for, and the traps seen in them."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from pathlib import Path

import pytest

from gatebook.errors import ListError
from gatebook.screen.delta import delta, delta_words
from gatebook.screen.lists import ofac_csv
from gatebook.screen.lists.detect import Folder, load_files, load_folder
from gatebook.screen.party import ListEdition

pytestmark = pytest.mark.lists
#: edition -> rows, parties, names, weak names; counted from the files by other means
EXPECTED = {
    "bis-dpl-dpl-2019-07": (547, 417, 417, 0),
    "bis-dpl-dpl-2022-09": (582, 461, 461, 0),
    "csl-csl-excerpt-2019-12": (116, 110, 271, 0),
    "csl-csl-excerpt-2025-06": (14, 13, 28, 0),
    "eu-fsf-fsf-xml-1-1-2021-03-02": (2_269, 2_248, 9_494, 0),
    "ofac-sdn-xml-sdn-2021-03-10": (8_832, 8_832, 22_926, 2_402),
    "ofac-sdn-2022-01-31": (35_079, 9_044, 23_932, 2_474),
    "ofac-sdn-2023-01": (27_804, 11_443, 14_213, 2_770),
    "ofac-sdn-2025-02": (42_151, 8_191, 19_497, 11),
    "ofac-sdn-2025-12": (44_382, 8_653, 20_126, 19),
    "ofac-sdn-2026-06": (45_038, 8_766, 20_260, 0),
    "ofac-non-sdn-2025-12": (2_103, 442, 1_585, 72),
    "wallets-ofac-addresses-2024-09-27": (655, 654, 654, 654),
    "wallets-ofac-addresses-2026-08-20-lowerc": (978, 94, 94, 0),
}
#: edition -> names that stand in one cell with another, and how many of them are weak
BESIDES = {
    "bis-dpl-dpl-2019-07": (22, 4),
    "bis-dpl-dpl-2022-09": (18, 3),
    "csl-csl-excerpt-2019-12": (11, 4),
    "csl-csl-excerpt-2025-06": (5, 1),
    "eu-fsf-fsf-xml-1-1-2021-03-02": (263, 38),
    "ofac-sdn-xml-sdn-2021-03-10": (124, 14),
    "ofac-sdn-2022-01-31": (121, 14),
    "ofac-sdn-2023-01": (63, 8),
    "ofac-sdn-2025-02": (68, 10),
    "ofac-sdn-2025-12": (65, 10),
    "ofac-sdn-2026-06": (64, 10),
    "ofac-non-sdn-2025-12": (12, 0),
}


@pytest.fixture(scope="module")
def folder(shared_lists: Path) -> Folder:
    found = sorted(shared_lists.rglob("*.gz"))
    return load_folder({str(path.relative_to(shared_lists)): path.read_bytes() for path in found})


def edition(folder: Folder, list_id: str) -> ListEdition:
    return next(e for e in folder.editions if e.list_id == list_id)


def physical_rows(shared_lists: Path) -> int:
    """Rows of all files, counted by other means than the loaders': lines of tables, elements of documents."""
    total = 0
    for path in shared_lists.rglob("*.gz"):
        data = gzip.decompress(path.read_bytes())
        if ".xml" in path.name:
            total += data.count(b"<sdnEntry>") + data.count(b"<sanctionEntity ")
        else:
            text = data.decode("utf-8")
            total += (
                sum(1 for row in csv.reader(io.StringIO(text, newline="")) if row)
                if "csl" in path.name
                else len([line for line in text.replace("\r\n", "\n").split("\n") if line])
            )
    return total


def test_every_row_of_every_real_file_is_accounted_for(folder: Folder, shared_lists: Path) -> None:
    # Breaks when a row of any real list is lost, a file is not recognised, or a set is put together wrongly.
    assert folder.refused == ()
    assert {e.list_id for e in folder.editions} == EXPECTED.keys()
    for e in folder.editions:
        names = [name for party in e.parties for name in party.names]
        counts = (e.report.rows, len(e.parties), len(names), sum(n.quality == "weak" for n in names))
        rows, parties, in_cells, weak = EXPECTED[e.list_id]
        more, more_weak = BESIDES.get(e.list_id, (0, 0))
        assert counts == (rows, parties, in_cells + more, weak + more_weak), e.list_id
        assert e.report.rows == e.report.parsed + len(e.report.refused)
        assert all(party.names for party in e.parties)
    assert sum(e.report.rows for e in folder.editions) == physical_rows(shared_lists)


def test_reasons_and_unknown_fields_of_the_real_files(folder: Folder) -> None:
    # Breaks when rows are refused for new reasons, or a field of a real list is no longer known.
    reasons = Counter(reason for e in folder.editions if not e.report.missing for _, reason in e.report.refused)
    assert set(reasons) == {"header", "end-of-file-mark"}
    sdn = edition(folder, "ofac-sdn-2022-01-31").report
    assert Counter(reason for _, reason in sdn.refused) == {"uid-of-no-party": 1, "end-of-file-mark": 1}
    assert ("sdn:9044", "number-given-twice-both-kept") in sdn.unread
    assert sdn.missing == ("comments",)
    unknown = {field for e in folder.editions for field, _ in e.report.unknown_fields}
    assert unknown == {"remarks: free text"}
    words = {what for e in folder.editions for _, what in e.report.unread if what.startswith("country-unknown")}
    assert {word.partition(": ")[2] for word in words} == {
        *("Aburra Sur", "Bogota", "Cali", "Manizales", "Medellin", "NM", "Uraba"),  # cities and a state, in the files
        "Region: Commonwealth of Independent States",
    }


def test_a_number_used_twice_keeps_both_parties(folder: Folder) -> None:
    # Breaks when the mis-numbered row of 2022-01 is dropped, or takes the other's names.
    held = [p for p in edition(folder, "ofac-sdn-2022-01-31").parties if p.party_id.partition("~")[0] == "2677"]
    assert sorted(p.names[0].text for p in held) == [
        "AL-ZOMOR, Abboud Abdul Latif Hassan",
        "HAMER AND NAIL CONSTRUCTION LIMITED",
    ]
    assert [p.kind for p in held] == ["individual", "entity"]


def test_a_mended_number_and_another_order_are_no_change(shared_lists: Path) -> None:
    # Breaks when the publisher's mending of a number, or another order of rows, reads as removed and added.
    rows = gzip.decompress((shared_lists / "ofac" / "sdn_2022-01-31.csv.gz").read_bytes()).split(b"\n")
    old = ofac_csv.load({"sdn": b"\n".join(rows)}, "sdn")
    turned = ofac_csv.load({"sdn": b"\n".join(reversed(rows))}, "sdn")
    assert delta(old, turned).is_empty and delta(turned, old).is_empty
    last = max(n for n, row in enumerate(rows) if row.startswith(b"2677,"))
    rows[last] = rows[last].replace(b"2677,", b"34489,", 1)
    found = delta(old, ofac_csv.load({"sdn": b"\n".join(rows)}, "sdn"))
    assert (found.added, found.removed, len(found.changed)) == ((), (), 1)
    assert [change.field for change in found.changed[0].fields] == ["number of the party"]
    assert "number of the party no longer 2677, now 34489" in delta_words(found)[1]


def test_the_real_delta_of_a_year(shared_lists: Path) -> None:
    # Breaks when parties are paired wrongly: the counts were taken from the uids of both files.
    def sdn(day: str) -> ListEdition:
        return ofac_csv.load(
            {"sdn": gzip.decompress((shared_lists / "ofac" / f"sdn_{day}.csv.gz").read_bytes())}, "sdn"
        )

    old, new = sdn("2022-01-31"), sdn("2023-01")
    found = delta(old, new)
    uids = [{p.party_id.partition("~")[0] for p in e.parties} for e in (old, new)]
    assert abs(len(found.added) - len(uids[1] - uids[0])) <= 1
    assert abs(len(found.removed) - len(uids[0] - uids[1])) <= 1
    assert len(old.parties) - len(found.removed) + len(found.added) == len(new.parties)


def test_addresses_that_lost_their_case_are_reported_and_not_used(folder: Folder) -> None:
    # Breaks when a lower-cased Base58 address is matched by, or a good one is dropped.
    lowered = edition(folder, "wallets-ofac-addresses-2026-08-20-lowerc")
    lost = [what for _, what in lowered.report.unread if "case-is-lost" in what]
    assert len(lost) == 712
    assert all(
        a.startswith(("0x", "bc1", "ltc1", "q", "p", "bnb")) or len(a) == 64
        for p in lowered.parties
        for _, a in p.wallets
    )
    kept = edition(folder, "wallets-ofac-addresses-2024-09-27")
    assert sum(len(p.wallets) for p in kept.parties) == 654


def test_a_set_without_its_main_file_is_no_list_to_compare_with(shared_lists: Path) -> None:
    # Breaks when names without their parties become a list by themselves.
    data = gzip.decompress((shared_lists / "ofac" / "alt_2026-06.csv.gz").read_bytes())
    with pytest.raises(ListError):
        load_files({"ALT.CSV": data}, "ofac-sdn")
