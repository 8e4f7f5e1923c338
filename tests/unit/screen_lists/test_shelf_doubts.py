"""Editions that may not follow another unseen, and the folders editions are kept in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gatebook.errors import ListError
from gatebook.screen.delta import delta
from gatebook.screen.lists.detect import load_files
from gatebook.store import list_shelf
from gatebook.store.list_shelf import ListShelf
from list_samples import DPL, OFAC_SET, SDN_XML

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SDN = b"".join(b'%d,"PARTY Number%d","individual","CYBER2",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,%s\r\n' % (n, n, r) for n, r in (
    (n, b'"Passport A%d; Digital Currency Address - XBT 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa."' % n) for n in range(1, 21)
))  # fmt: skip
ALT = b"".join(b'%d,%d,"aka","OTHER Name%d",-0- \r\n' % (n, n, n) for n in range(1, 21))
ADD = b"".join(b'%d,%d,"1 Quay","Limassol","Cyprus",-0- \r\n' % (n, n) for n in range(1, 21))
WHOLE = {"SDN.CSV": SDN, "ALT.CSV": ALT, "ADD.CSV": ADD}


def own(*rows: str) -> dict[str, bytes]:
    return {"own.csv": "\n".join(["id,name,kind", *rows]).encode()}


def test_the_same_bytes_under_another_name_are_the_same_edition(tmp_path: Path) -> None:
    # Breaks when a file loaded again under another name lies beside the first, and the house cannot read its list.
    shelf = ListShelf(tmp_path)
    first = shelf.put("ofac", {"sdn_2022-01-31.csv": SDN}, NOW)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "ofac" / first.digest).iterdir()}
    again = shelf.put("ofac", {"sdn.csv": SDN}, NOW + timedelta(1))
    assert again.digest == first.digest
    for reader in (shelf, ListShelf(tmp_path)):
        assert [e.digest for e in reader.current()] == [first.digest]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "ofac" / first.digest).iterdir()} == before


def test_a_folder_in_which_two_names_lie_is_mended_by_loading_again(tmp_path: Path) -> None:
    # Breaks when a house whose list was spoilt so can only be mended by hand.
    shelf = ListShelf(tmp_path)
    first = shelf.put("ofac", {"sdn.csv": SDN}, NOW)
    (tmp_path / "ofac" / first.digest / "sdn_2022.csv").write_bytes(SDN)
    with pytest.raises(ListError):
        ListShelf(tmp_path).current()
    shelf.put("ofac", {"sdn.csv": SDN}, NOW)
    assert [e.digest for e in ListShelf(tmp_path).current()] == [first.digest]
    assert sorted(path.name for path in (tmp_path / "ofac").iterdir()) == [first.digest, "current.json"]


def test_what_was_kept_is_read_back_before_it_is_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when a disk that changed a byte makes an edition current that nobody can read.
    shelf = ListShelf(tmp_path)
    first = shelf.put("ofac", {"sdn.csv": SDN}, NOW)
    write = list_shelf.write_durably
    monkeypatch.setattr(
        list_shelf, "write_durably", lambda path, data: write(path, data.replace(b"Number7", b"Number8"))
    )
    with pytest.raises(ListError, match="not kept as it was given"):
        shelf.put("ofac", WHOLE, NOW)
    assert [e.digest for e in ListShelf(tmp_path).current()] == [first.digest]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"SDN.CSV": SDN}, "files of the set are no longer there: alt, add"),
        ({**WHOLE, "ALT.CSV": ALT[: len(ALT) * 2 // 3]}, "names"),
        ({**WHOLE, "ALT.CSV": b""}, "it shrank from 40 to 20 names"),
        ({**WHOLE, "ADD.CSV": b""}, "countries"),
        ({**WHOLE, "SDN.CSV": SDN.replace(b"Passport A1", b"Hair A1")}, "documents"),
        ({**WHOLE, "SDN.CSV": SDN.replace(b"Digital Currency Address - XBT", b"Colour")}, "to 0 wallets"),
        ({**WHOLE, "SDN.CSV": SDN[: len(SDN) // 2]}, "parties"),
    ],
)
def test_a_list_that_lost_more_than_its_share_of_anything_is_refused(
    tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    # Breaks when half the names go and nobody has to say that it is well, because the parties are all there.
    shelf = ListShelf(tmp_path)
    first = shelf.put("ofac", WHOLE, NOW)
    with pytest.raises(ListError) as caught:
        ListShelf(tmp_path).put("ofac", files, NOW)
    assert said in caught.value.message
    assert [e.digest for e in shelf.current()] == [first.digest]
    assert ListShelf(tmp_path).put("ofac", files, NOW, confirmed=True).digest == shelf.current()[0].digest


def test_an_older_edition_or_another_form_is_refused(tmp_path: Path) -> None:
    # Breaks when yesterday's file, or another list altogether, takes the place of today's without a word.
    shelf = ListShelf(tmp_path)
    shelf.put("list", {"sdn.xml": SDN_XML}, NOW)
    with pytest.raises(ListError, match="published on 2026-11-19, before"):
        shelf.put("list", {"sdn.xml": SDN_XML.replace(b"11/20/2026", b"11/19/2026")}, NOW)
    with pytest.raises(ListError, match="of the form bis-dpl, and was of the form ofac-sdn-xml"):
        shelf.put("list", {"dpl.txt": DPL}, NOW)
    shelf.put("list", {"sdn.xml": SDN_XML.replace(b"11/20/2026", b"11/21/2026")}, NOW)
    shelf.put("list", {"dpl.txt": DPL}, NOW, confirmed=True)
    assert [e.form for e in shelf.current()] == ["bis-dpl"]


def test_an_edition_that_another_followed_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    # Breaks when a form that names no day lets last month's file take the place of this month's.
    shelf = ListShelf(tmp_path)
    shelf.put("own", own("1,Grigor Voronovsky,", "2,Emma Clark,"), NOW)
    newer = own("1,Grigor Voronovsky,", "3,Timur Kasimbekoff,")
    shelf.put("own", newer, NOW)
    shelf.put("own", newer, NOW)
    with pytest.raises(ListError, match="another followed it"):
        shelf.put("own", own("1,Grigor Voronovsky,", "2,Emma Clark,"), NOW)
    shelf.put("own", own("1,Grigor Voronovsky,", "2,Emma Clark,"), NOW, confirmed=True)


def test_the_same_bytes_in_another_form_are_another_list(tmp_path: Path) -> None:
    # Breaks when a file is renamed so that its parties are blocked no longer, and nobody has to say so.
    shelf = ListShelf(tmp_path)
    shelf.put("ofac", {"SDN.CSV": SDN}, NOW)
    with pytest.raises(ListError, match="of the form ofac-non-sdn"):
        shelf.put("ofac", {"CONS_PRIM.CSV": SDN}, NOW)
    shelf.put("ofac", {"CONS_PRIM.CSV": SDN}, NOW, confirmed=True)
    for reader in (shelf, ListShelf(tmp_path)):
        assert [(e.form, e.is_blocking) for e in reader.current()] == [("ofac-non-sdn", False)]


@pytest.mark.parametrize("name", ["sdn (1).csv", "Liste été (Kopie) [2].csv", "_sdn.csv"])
def test_a_file_may_be_called_as_a_browser_calls_it(tmp_path: Path, name: str) -> None:
    # Breaks when a second download is refused for its name.
    data = own("1,Grigor Voronovsky,")["own.csv"]
    files = {name: data} if "sdn" not in name else {name: SDN}
    assert ListShelf(tmp_path).put("x", files, NOW).digest == ListShelf(tmp_path).current()[0].digest


@pytest.mark.parametrize(
    ("names", "said"),
    [((".own.csv",), "begin it with no dot"), (("own.csv.part",), ".part"), (("a/own.csv", "b/own.csv"), "one name")],
)
def test_a_name_that_cannot_be_kept_is_refused_for_what_it_is(
    tmp_path: Path, names: tuple[str, ...], said: str
) -> None:
    # Breaks when the reason given is that of another fault.
    with pytest.raises(ListError) as caught:
        ListShelf(tmp_path).put("x", dict.fromkeys(names, own("1,Grigor Voronovsky,")["own.csv"]), NOW)
    assert said in caught.value.message


def test_a_list_that_begins_to_block_changes_everybody_on_it() -> None:
    # Breaks when a list is turned to blocking, and nobody admitted before is looked at again.
    rows = own("1,Grigor Voronovsky,individual", "2,Emma Clark,individual")
    sides = [load_files({**rows, "list.toml": b"is_blocking = %s" % word}, "own") for word in (b"false", b"true")]
    found = delta(*sides)
    assert [(c.after.party_id, [(f.field, f.removed, f.added) for f in c.fields]) for c in found.changed] == [
        (party, [("blocking", ("no",), ("yes",))]) for party in ("1", "2")
    ]
    assert delta(load_files(rows, "own"), sides[0]).is_empty
    assert delta(load_files(OFAC_SET, "o"), load_files(OFAC_SET, "o", is_blocking=True)).is_empty
