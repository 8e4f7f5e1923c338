"""Two editions of a list, and the shelf they lie on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gatebook.errors import ListError, NotFound
from gatebook.screen.delta import delta, delta_to_plain, delta_words
from gatebook.screen.lists.detect import load_files
from gatebook.screen.party import ListEdition
from gatebook.store.list_shelf import ListShelf

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def own(*rows: str) -> dict[str, bytes]:
    return {"own.csv": "\n".join(["id,name,kind,born,country,number,aliases", *rows]).encode()}


def edition(*rows: str) -> ListEdition:
    return load_files(own(*rows), "own")


ROWS = (
    "1,Grigor Voronovsky,individual,1971-03-14,Russia,Passport:A1,Greycrow",
    "2,Ysolde Marenholtz,individual,1984,,,",
    "3,Obsidian Lantern,entity,,Cyprus,,",
)


def test_a_delta_says_field_by_field_what_changed() -> None:
    # Breaks when an added, removed or changed party, or a changed field, is not told.
    new = edition(
        "1,Grigor Voronovsky,individual,1971-03-15,Cyprus,Passport:A1;Passport:A2,Ironferry",
        "3,Obsidian Lantern,entity,,Cyprus,,",
        "4,Nightjar Shipping,entity,,,,",
    )
    found = delta(edition(*ROWS), new)
    assert [p.party_id for p in found.added] == ["4"] and [p.party_id for p in found.removed] == ["2"]
    plain = delta_to_plain(found)["changed"]
    assert plain == [
        {
            "party": "1",
            "name": "Grigor Voronovsky",
            "fields": {
                "names": {"removed": ["Greycrow (strong)"], "added": ["Ironferry (strong)"]},
                "births": {"removed": ["1971-03-14"], "added": ["1971-03-15"]},
                "nationalities": {"removed": ["RU"], "added": ["CY"]},
                "countries": {"removed": ["RU"], "added": ["CY"]},
                "numbers": {"removed": [], "added": ["Passport A2"]},
            },
        }
    ]
    assert json.loads(json.dumps(delta_to_plain(found)))["old"] == found.old
    words = delta_words(found)
    assert "1 added, 1 removed, 1 changed" in words[0]
    assert "numbers now Passport A2" in words[3] and "births no longer 1971-03-14, now 1971-03-15" in words[3]


def test_another_order_is_no_change_and_another_number_is_one() -> None:
    # Breaks when rows in another order, or a mended number, read as removed and added.
    assert delta(edition(*ROWS), edition(*reversed(ROWS))).is_empty
    found = delta(edition(*ROWS), edition(*ROWS[:2], "33,Obsidian Lantern,entity,,Cyprus,,"))
    assert (found.added, found.removed) == ((), ())
    assert [(c.after.party_id, [f.field for f in c.fields]) for c in found.changed] == [("33", ["number of the party"])]


def test_a_number_given_to_somebody_else_is_told() -> None:
    # Breaks when a new person under an old number reads as nothing.
    found = delta(edition(*ROWS), edition(ROWS[0], "2,Timur Kasimbekoff,individual,1979,,,", ROWS[2]))
    assert [f.field for f in found.changed[0].fields] == ["names", "births"]


def test_editions_of_two_lists_are_not_compared() -> None:
    # Breaks when everybody of one list reads as removed because the other is another list.
    with pytest.raises(ListError):
        delta(edition(*ROWS), load_files(own(*ROWS), "other"))


def test_the_shelf_keeps_every_edition_and_its_age(tmp_path: Path) -> None:
    # Breaks when an edition compared with once cannot be had again.
    shelf = ListShelf(tmp_path)
    first = shelf.put("own", own(*ROWS), NOW)
    second = shelf.put("own", own(*ROWS, "4,Nightjar Shipping,entity,,,,"), NOW + timedelta(1))
    kept = ListShelf(tmp_path).editions("own")
    assert [(k.digest, k.parties, k.is_current) for k in kept] == [(first.digest, 3, False), (second.digest, 4, True)]
    found = delta(shelf.edition("own", first.digest[:10]), shelf.edition("own", second.digest))
    assert [p.party_id for p in found.added] == ["4"]
    assert shelf.current()[0].age_days((NOW + timedelta(8)).date()) == 7
    for digest in ("", "zz"):
        with pytest.raises(NotFound):
            shelf.edition("own", digest)
    with pytest.raises(NotFound):
        shelf.editions("nothing")
    again = shelf.put("own", own(*ROWS), NOW + timedelta(2), confirmed=True)
    assert [(k.digest, k.is_current) for k in shelf.editions("own")] == [(second.digest, False), (again.digest, True)]


def test_the_share_a_list_may_shrink_by_is_a_setting(tmp_path: Path) -> None:
    # Breaks when a list that lost many passes unconfirmed, or the setting is not heard.
    rows = [f"{n},Nobody Number {n},individual,,,," for n in range(10)]
    ListShelf(tmp_path).put("own", own(*rows), NOW)
    with pytest.raises(ListError, match="shrank from 10 to 8"):
        ListShelf(tmp_path).put("own", own(*rows[:8]), NOW)
    assert len(ListShelf(tmp_path, most_shrink_percent=20).put("own", own(*rows[:8]), NOW).parties) == 8


def test_names_of_files_do_not_leave_their_folder(tmp_path: Path) -> None:
    # Breaks when a file's name writes over the note or outside the shelf.
    shelf = ListShelf(tmp_path / "shelf")
    data = own(*ROWS)["own.csv"]
    shelf.put("own", {"../../own.csv": data}, NOW)
    assert not (tmp_path / "own.csv").exists()
    for bad in ({"a/own.csv": data, "b/own.csv": data}, {".own.csv": data}):
        with pytest.raises(ListError):
            shelf.put("own", bad, NOW)


def test_a_note_from_before_the_history_is_read(tmp_path: Path) -> None:
    # Breaks when a house that upgrades forgets the list it compared with.
    shelf = ListShelf(tmp_path)
    first = shelf.put("own", own(*ROWS), NOW)
    note = tmp_path / "own" / "current.json"
    held = json.loads(note.read_bytes())
    note.write_text(json.dumps({"digest": held["digest"], "fetched_at": held["fetched_at"]}))
    assert [k.digest for k in ListShelf(tmp_path).editions("own")] == [first.digest]


def test_files_changed_on_disk_are_noticed(tmp_path: Path) -> None:
    # Breaks when somebody takes a name off a list on disk and nobody notices.
    shelf = ListShelf(tmp_path)
    first = shelf.put("own", own(*ROWS), NOW)
    path = tmp_path / "own" / first.digest / "own.csv"
    path.write_bytes(path.read_bytes().replace(b"Voronovsky", b"Nobody"))
    with pytest.raises(ListError):
        ListShelf(tmp_path).current()


def test_an_edition_that_another_process_loaded_is_seen(tmp_path: Path) -> None:
    # Breaks when a shelf goes on by a note it has read before, and somebody is compared with a list that was followed.
    ours, theirs = ListShelf(tmp_path), ListShelf(tmp_path)
    first = theirs.put("own", own(*ROWS), NOW)
    assert ours.current_digests() == {"own": first.digest}
    for row in ("4,Nightjar Shipping,entity,,,,", "5,Wim Gorse,individual,1966,,,"):
        later = theirs.put("own", own(*ROWS, row), NOW + timedelta(minutes=1), confirmed=True)
        assert (ours.current_digests(), ours.current()[0].digest) == ({"own": later.digest}, later.digest)
    theirs.put("own", own(*ROWS, row), NOW + timedelta(minutes=2))
    assert ours.fetched() == {"own": NOW + timedelta(minutes=2)}
