"""The database against what was signed: an entry changed, dropped or added far below the last tile is found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gatebook.cli.main import app
from gatebook.errors import LedgerError, NotFound
from gatebook.procedures import keep_house, look, publish_ledger
from gatebook.record import merkle
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.store.sql.ledger import SqlLedger

COUNT = 700


def quiet(_: int, __: int) -> None:
    """Nobody watches."""


@pytest.fixture
def folder(premises: Any, operator: Any) -> Path:
    house = premises.house
    with house.state.transaction() as work:
        body = {"digest": "00", "parties": 1, "refused_rows": 0}
        enter(work, *[Entry("list.loaded", house.now(), "opr-t", body={"list": f"l{n}", **body}) for n in range(COUNT)])
    publish_ledger.publish_ledger(house)
    found: Path = premises.folder
    return found


@contextmanager
def database(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "state.db")) as connection:
        yield connection
        connection.commit()


def rewrite(connection: sqlite3.Connection, position: int) -> bytes:
    """Change an entry as somebody would who knows the program: with its leaf hash and its register row."""
    (old,) = connection.execute("SELECT entry FROM ledger_entries WHERE position = ?", (position,)).fetchone()
    new = bytes(old).replace(b'"parties":1', b'"parties":9')
    assert new != old
    values = (new, merkle.leaf_hash(new), position)
    connection.execute("UPDATE ledger_entries SET entry = ?, leaf_hash = ? WHERE position = ?", values)
    connection.execute("UPDATE lists SET parties = 9 WHERE list_id = ?", (json.loads(new)["body"]["list"],))
    return new


def more(house: Any) -> None:
    """Let the ledger grow over what was changed, as a served house does every second."""
    with house.state.transaction() as work:
        enter(work, Entry("permission.refused", house.now(), "opr-t", body={"act": "try", "scope": "look"}))
    publish_ledger.publish_ledger(house)


@pytest.mark.parametrize("position", [5, 255, 256, 511, 600])
def test_an_entry_rewritten_in_the_database_is_found(
    premises: Any, operator: Any, client: Any, folder: Path, position: int
) -> None:
    # Breaks when whoever can write the database can change history, as long as they change all of it there.
    house = premises.house
    honest = look.entry_at(house, operator, position)
    assert keep_house.check_ledger(house, operator, quiet).differing == 0
    with database(folder) as connection:
        rewrite(connection, position)
    if position < 512:  # above that the growing tile is read again, and publishing itself stops
        more(house)
        more(house)
    found = keep_house.check_ledger(house, operator, quiet)
    assert [(d["position"], d["what"]) for d in found.differences][:1] == [(position, "not-as-signed")]
    assert {d["what"] for d in found.differences} == {"not-as-signed", "root"}
    assert found.differing == len(found.differences)
    with house.state.read() as work:
        before = work.registers.page("lists", {}, "", 1000)
    with pytest.raises(LedgerError, match=f"position {position}:"):
        keep_house.rebuild(house, operator, quiet)
    with house.state.read() as work:
        assert work.registers.page("lists", {}, "", 1000) == before
    with pytest.raises(LedgerError):
        look.entry_at(house, operator, position)
    assert look.entry_at(house, operator, position + 1)
    said = client.post("/v1/ledger/checks").json()
    assert (said["differing"], said["differences"][0]["position"]) == (found.differing, position)
    assert client.get(f"/v1/ledger/entries/{position}").status_code == 500
    command = CliRunner().invoke(app, ["ledger", "check", "--house", str(folder)])
    assert (command.exit_code, json.loads(command.stdout)) == (1, said)
    assert honest


WAYS: dict[str, tuple[Callable[[sqlite3.Connection], object], str]] = {
    "its bytes alone": (
        lambda c: c.execute("UPDATE ledger_entries SET entry = X'7B7D' WHERE position = 300"),
        "changed",
    ),
    "its hash alone": (
        lambda c: c.execute("UPDATE ledger_entries SET leaf_hash = zeroblob(32) WHERE position = 300"),
        "changed",
    ),
    "one taken out": (lambda c: c.execute("DELETE FROM ledger_entries WHERE position = 300"), "missing"),
    "the end taken off": (
        lambda c: (
            c.execute("DELETE FROM ledger_entries WHERE position >= 300"),
            c.execute("UPDATE ledger_head SET size = 300"),
        ),
        "missing",
    ),
    "two exchanged": (
        lambda c: (
            c.execute("UPDATE ledger_entries SET position = -1 WHERE position = 300"),
            c.execute("UPDATE ledger_entries SET position = 300 WHERE position = 301"),
            c.execute("UPDATE ledger_entries SET position = 301 WHERE position = -1"),
        ),
        "not-as-signed",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_change_the_database_is_found(premises: Any, operator: Any, folder: Path, way: str) -> None:
    # Breaks when an entry can be dropped, moved or half changed without notice.
    act, what = WAYS[way]
    with database(folder) as connection:
        act(connection)
    found = keep_house.check_ledger(premises.house, operator, quiet)
    assert found.differences[0]["what"] == what
    with pytest.raises(LedgerError):
        keep_house.rebuild(premises.house, operator, quiet)
    if way == "the end taken off":
        with pytest.raises(LedgerError):
            look.entry_at(premises.house, operator, 400)


def test_database_and_tile_changed_together_do_not_pass(premises: Any, operator: Any, folder: Path) -> None:
    # Breaks when whoever can write the ledger folder too has the entry served: the root is what was signed.
    with database(folder) as connection:
        new = rewrite(connection, 40)
    tile = folder / "ledger" / "tile" / "0" / "000"
    data = tile.read_bytes()
    tile.write_bytes(data[: 40 * 32] + merkle.leaf_hash(new) + data[41 * 32 :])
    found = keep_house.check_ledger(premises.house, operator, quiet)
    assert {d["what"] for d in found.differences} == {"root"}
    with pytest.raises(LedgerError):
        look.entry_at(premises.house, operator, 40)
    tile.unlink()
    assert keep_house.check_ledger(premises.house, operator, quiet).differences[0]["what"] == "no-tile"


def test_checking_a_long_ledger_holds_little_of_it_and_says_how_far_it_is(
    premises: Any, operator: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when a ledger of years has to fit into memory to be checked.
    read: list[int] = []
    real = SqlLedger.read

    def counted(self: SqlLedger, start: int, stop: int) -> list[bytes]:
        read.append(stop - start)
        return real(self, start, stop)

    monkeypatch.setattr(SqlLedger, "read", counted)
    seen: list[tuple[int, int]] = []
    found = keep_house.check_ledger(premises.house, operator, lambda done, size: seen.append((done, size)))
    assert max(read) <= 256
    assert seen == [(256, found.size), (512, found.size), (found.size, found.size)]
    assert (found.signed, found.differing, found.differences) == (found.size, 0, ())
    assert keep_house.rebuild(premises.house, operator, quiet) == []


def test_an_entry_is_given_byte_for_byte_published_or_not(
    premises: Any, operator: Any, client: Any, folder: Path
) -> None:
    # Breaks when an entry is read and written again on its way out: a proof is about its bytes.
    house = premises.house
    odd = b'{"at":"2026-11-01T00:00:00Z", "kind":"permission.refused","operator":"opr-a","version":1}'
    with house.state.transaction() as work:
        position = work.ledger.append([odd], [merkle.leaf_hash(odd)])
    for _ in range(2):
        assert look.entry_at(house, operator, position) == odd
        assert client.get(f"/v1/ledger/entries/{position}").content == odd
        publish_ledger.publish_ledger(house)
    for nowhere in (-1, position + 1):
        with pytest.raises(NotFound):
            look.entry_at(house, operator, nowhere)
