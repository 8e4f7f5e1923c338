"""The key ring on a real PostgreSQL, and on SQLite beside a reader: what destroying a key leaves behind."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from gatebook.errors import Shredded, Unavailable, VaultError
from gatebook.store.sql import engine as engines
from gatebook.store.sql.key_ring import SqlKeyRing

pytestmark = pytest.mark.postgres
_FILES = """
SELECT pg_relation_filepath(c.oid) FROM pg_class c WHERE c.relkind IN ('r', 'i', 't') AND c.relfilenode <> 0
AND (c.relname LIKE 'data_keys%' OR c.oid IN (SELECT reltoastrelid FROM pg_class WHERE relname LIKE 'data_keys%'))
"""


def heap(url: str) -> bytes:
    """Every byte of every file of the ring's tables and indexes, as it lies on the disk."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("CHECKPOINT"))
        data = Path(connection.execute(sa.text("SHOW data_directory")).scalar_one())
        names = connection.execute(sa.text(_FILES)).scalars().all()
    engine.dispose()
    assert len(names) >= 64
    return b"".join(path.read_bytes() for name in names for path in (data / name).parent.glob(f"{Path(name).name}*"))


def test_a_destroyed_key_is_in_no_file_of_the_table(postgres: Callable[[], str]) -> None:
    # Breaks when a destroyed key lives on in a dead row, or in the free space of a page.
    url = postgres()
    ring = SqlKeyRing(url)
    wrapped = {f"per_{n}": os.urandom(60) for n in range(400)}
    for subject, blob in wrapped.items():
        ring.put(subject, "kek-0001", blob)
    ring.rewrap("per_7", "kek-0002", wrapped["per_7"])
    on_disk = heap(url)
    assert all(blob in on_disk for blob in wrapped.values())
    gone = [f"per_{n}" for n in range(0, 400, 7)]
    for subject in gone:
        ring.destroy(subject)
    ring.destroy(gone[0])
    on_disk = heap(url)
    assert [subject for subject in gone if wrapped[subject] in on_disk] == []
    for subject, blob in wrapped.items():
        if subject in gone:
            with pytest.raises(Shredded):
                ring.get(subject)
            with pytest.raises(VaultError):
                ring.put(subject, "kek-0001", blob)
        else:
            assert ring.get(subject) == ("kek-0001", blob)
    assert ring.subjects("kek-0001", "", 500) == sorted(set(wrapped) - set(gone))
    ring.close()


def test_first_uses_at_once_make_one_ring(postgres: Callable[[], str]) -> None:
    # Breaks when two processes that start together both make the tables, and one stops.
    url, start, raised = postgres(), threading.Barrier(4), []

    def use(n: int) -> None:
        start.wait()
        try:
            ring = SqlKeyRing(url)
            ring.put(f"per_{n}", "kek-0001", b"w")
            ring.close()
        except Exception as error:  # noqa: BLE001  a thread's failure is the finding
            raised.append(error)

    threads = [threading.Thread(target=use, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    ring = SqlKeyRing(url)
    assert ring.subjects("kek-0001", "", 9) == [f"per_{n}" for n in range(4)]
    ring.close()


def test_a_ring_made_as_one_table_is_wiped_too(postgres: Callable[[], str]) -> None:
    # Breaks when a ring from before its table had parts can no longer destroy a key.
    url = postgres()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE data_keys (subject text PRIMARY KEY, key_id text, wrapped bytea)"))
    ring, blob = SqlKeyRing(url), os.urandom(60)
    ring.put("per_1", "kek-0001", blob)
    ring.destroy("per_1")
    with engine.connect() as connection:
        connection.execute(sa.text("COMMIT"))
        connection.execute(sa.text("CHECKPOINT"))
        data = Path(connection.execute(sa.text("SHOW data_directory")).scalar_one())
        name = connection.execute(sa.text("SELECT pg_relation_filepath('data_keys')")).scalar_one()
    assert blob not in (data / name).read_bytes()
    engine.dispose()
    ring.close()


def test_a_reader_of_the_log_is_said_and_destroying_again_wipes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when destroying a key says it is done while SQLite's log still holds it.
    monkeypatch.setattr(
        engines, "_PRAGMAS", tuple(p.replace("busy_timeout=30000", "busy_timeout=50") for p in engines._PRAGMAS)
    )
    ring, blob = SqlKeyRing(f"sqlite:///{tmp_path / 'ring.db'}"), os.urandom(60)
    ring.put("per_1", "kek-0001", blob)
    reader = sqlite3.connect(tmp_path / "ring.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM data_keys").fetchall()
    with pytest.raises(Unavailable):
        ring.destroy("per_1")
    with pytest.raises(Shredded):
        ring.get("per_1")
    reader.execute("COMMIT")
    reader.close()
    ring.destroy("per_1")
    assert not [path for path in tmp_path.iterdir() if blob in path.read_bytes()]
    ring.close()
