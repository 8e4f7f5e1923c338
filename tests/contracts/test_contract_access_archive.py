"""Archived months: the answers of the store, on files that are whole or do not count, held against the ledger."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec import structs

from access_rows import SECRETS, event
from archive_questions import WHO, Archived, answers, archived, months_of, odd_event, seal
from gatebook.errors import LedgerError, NotFound
from gatebook.procedures import archive_access as procedure
from gatebook.procedures.archive_access import archive_access
from gatebook.procedures.check_archive import check_archive
from gatebook.record.archive_ports import Manifest
from gatebook.record.segment_ports import Tenure
from gatebook.store.columnar.archive import ColumnarMonths
from gatebook.store.columnar.archive_folder import ArchiveFolder, MonthWriter
from gatebook.store.columnar.archive_lookups import ParquetRows
from gatebook.trace.ports import EARLIEST, LATEST, Filter

QUESTIONS = 1_000


class DuckDb:
    """The oracle: the same SQL over the same files, in process."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.asked = folder, list[list[str]]()
        self._session = duckdb.connect(config={"threads": 1})

    def ask(self, sql: str, values: Any, files: Any) -> pa.Table:
        self.asked.append(list(files))
        paths = ", ".join(f"'{self._folder / name}'" for name in files)
        found = self._session.sql(sql.replace("{events}", f"read_parquet([{paths}])"), params=list(values))
        return found.to_arrow_table()


@pytest.fixture
def archive(tmp_path: Path) -> Any:
    with archived(tmp_path) as found:
        yield found


def test_a_thousand_questions_have_the_same_answers_in_memory_in_columns_and_in_files(tmp_path: Path) -> None:
    # Breaks when an engine answers a question in another way than by looking at every row.
    with archived(tmp_path, rounds=3) as archive, ThreadPoolExecutor(4) as pool:
        files = ParquetRows(archive.months, DuckDb(archive.folder), SECRETS.label_salt)
        columns = pool.map(lambda seed: answers(archive.columns, seed), range(QUESTIONS))
        full = 0
        for seed, in_columns in enumerate(columns):
            wanted = answers(archive.memory, seed)
            full += any(wanted)
            assert answers(files, seed) == wanted, seed
            assert in_columns == wanted, seed
    assert full > QUESTIONS // 3


def test_archived_columns_are_signed_and_of_64_bits_at_most(archive: Archived) -> None:
    # Breaks when a column is of a type that readers of Parquet take for different things.
    for month in archive.months:
        for file in month.files:
            read = pq.ParquetFile(archive.folder / file.name)
            kinds = {str(column.type) for column in read.schema_arrow}
            assert kinds == {"int64", "int32", "string"}
            assert read.metadata.num_rows == file.rows
            order = read.read(["label", "at_us", "segment", "position"]).to_pylist()
            assert order == sorted(order, key=lambda row: tuple(row.values()))


def test_a_file_that_cannot_hold_an_answer_is_not_read(tmp_path: Path, monkeypatch: Any) -> None:
    # Breaks when a question about one principal, or one hour, reads the whole archive.
    monkeypatch.setattr(procedure, "_PAGE_ROWS", 20)
    with archived(tmp_path) as archive:
        engine = DuckDb(archive.folder)
        rows = ParquetRows(archive.months, engine, SECRETS.label_salt)
        every = sum(len(month.files) for month in archive.months)
        assert every > 15
        assert rows.events(Filter(), None, 5000) == archive.memory.events(Filter(), None, 5000)
        asked = Filter(principals=("acc_a",))
        assert rows.events(asked, None, 5000) == archive.memory.events(asked, None, 5000)
        assert len(engine.asked[0]) == every and len(engine.asked[2]) < every / 2
        assert rows.uses(Filter(from_at=2**61), 10) == [] and len(engine.asked) == 4


def _again(archive: Archived, month: int) -> procedure.Archived:
    return archive_access(
        archive.premises.house, WHO, ColumnarMonths(archive.engine), ArchiveFolder(archive.folder, 1), month
    )


def test_archived_twice_it_is_the_same_and_otherwise_says_what_changed(archive: Archived) -> None:
    # Breaks when the same rows make other bytes, or rows that came or went since are passed over.
    house, kept = archive.premises.house, ArchiveFolder(archive.folder, 1)
    month = 202609
    stood = {path: path.read_bytes() for path in sorted(archive.folder.rglob("*")) if path.is_file()}
    again = _again(archive, month)
    assert again.is_same and again.show()["changed"] == {}
    assert {path: path.read_bytes() for path in sorted(archive.folder.rglob("*")) if path.is_file()} == stood
    assert check_archive(house, WHO, kept, month) == []
    following = max(one.segment for found in archive.months for one in found.segments) + 1
    draw = random.Random(3)
    seal(house, (archive.columns,), following, [odd_event(draw) for _ in range(50)])
    assert any("after the month was archived" in fault for fault in check_archive(house, WHO, kept, month))
    gone = archive.columns.erase([Tenure("acc_a", EARLIEST, LATEST)])[0]
    changed = _again(archive, month).show()["changed"]
    assert changed["segments"] == 1 and 0 < changed["erased"] <= gone
    assert check_archive(house, WHO, kept, month) == []
    names = {path.name for path in archive.folder.iterdir()}
    assert len([name for name in names if name.startswith(f"{month}-")]) == 1
    held = b"".join(path.read_bytes() for path in archive.folder.glob(f"{month}-*/*"))
    now = [found for found in kept.months() if found.month == month]
    rows = ParquetRows(now, DuckDb(archive.folder), SECRETS.label_salt)
    assert held and not any(use.principal == "acc_a" for use in rows.uses(Filter(), 5000))


def test_what_is_not_as_entered_is_found(archive: Archived) -> None:
    # Breaks when a file that is gone or changed, or a root nobody entered, passes for what was archived.
    house, kept = archive.premises.house, ArchiveFolder(archive.folder, 1)
    found = next(month for month in archive.months if month.month == 202609)
    path = archive.folder / found.files[0].name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    assert check_archive(house, WHO, kept, 202609) == [f"file {found.files[0].name} is gone or not what was archived"]
    _again(archive, 202609)
    assert check_archive(house, WHO, kept, 202609) == []
    path.unlink()
    assert len(check_archive(house, WHO, kept, 202609)) == 1
    forged = json.loads((archive.folder / "202609.json").read_bytes())
    forged["segments"][0]["root"] = "00" * 32
    (archive.folder / "202609.json").write_bytes(json.dumps(forged, separators=(",", ":"), sort_keys=True).encode())
    assert any("not what was entered" in fault for fault in check_archive(house, WHO, kept, 202609))
    for name in ("../202609-0123456789abcdef/events-0000.parquet", "/etc/passwd"):
        forged["files"][0]["name"] = name
        with pytest.raises(LedgerError):
            Manifest.from_bytes(json.dumps(forged, separators=(",", ":"), sort_keys=True).encode())


def test_a_store_that_lacks_rows_is_not_archived(archive: Archived) -> None:
    # Breaks when rows that are gone make a smaller archive instead of an error.
    kept = ArchiveFolder(archive.folder, 1)
    archive.engine.command("ALTER TABLE events DELETE WHERE principal = 'root'", mutations_sync=1)
    with pytest.raises(LedgerError):
        _again(archive, 202609)
    assert kept.months() == archive.months
    assert not list(archive.folder.glob(".*.part"))
    with pytest.raises(NotFound):
        _again(archive, 201001)


class _Killed(BaseException):
    pass


def test_killed_at_any_step_what_counts_is_whole(archive: Archived, monkeypatch: Any) -> None:
    # Breaks when a month that was cut off half way is read as a month.
    from gatebook.store.columnar import archive_folder

    def killed(*_: Any, **__: Any) -> None:
        raise _Killed

    house, kept = archive.premises.house, ArchiveFolder(archive.folder, 1)
    following = max(one.segment for found in archive.months for one in found.segments) + 1
    for step in ("add", "_place", "write_durably", "rmtree", "add"):
        following = seal(house, (archive.columns, archive.memory), following, _more(following))
        before = sum(month.rows for month in kept.months())
        with monkeypatch.context() as patched:
            patched.setattr(archive_folder.shutil, "rmtree", killed)  # a process that is gone tidies nothing
            if step != "rmtree":
                patched.setattr(archive_folder if step == "write_durably" else MonthWriter, step, killed)
            with pytest.raises(_Killed):
                _again(archive, 202609)
        assert [kept.faults(month) for month in kept.months()] == [[]] * len(kept.months())
        rows = ParquetRows(kept.months(), DuckDb(archive.folder), SECRETS.label_salt)
        # Where only what was there before is left to be removed, the month is the new one.
        assert len(rows.events(Filter(), None, 5000)) == before + (30 if step == "rmtree" else 0)
        again = _again(archive, 202609)
        assert check_archive(house, WHO, kept, 202609) == [] and again.manifest in kept.months()
        assert len(list(archive.folder.glob("202609-*"))) == 1 and not list(archive.folder.glob(".*.part"))


def _more(seed: int) -> list[Any]:
    draw = random.Random(seed)
    return [structs.replace(event(draw), marks=()) for _ in range(30)]


def test_what_was_archived_is_entered(archive: Archived) -> None:
    # Breaks when the ledger does not say which manifest a month had.
    with archive.premises.house.state.read() as work:
        entries = b"".join(work.ledger.read(0, work.ledger.size()))
    for month in archive.months:
        assert month.digest.encode() in entries
    assert [month.month for month in archive.months] == months_of(archive.premises.house)
    assert any(month.erased_files for month in archive.months)


def test_the_rows_lead_to_the_roots_that_were_entered(archive: Archived, monkeypatch: Any) -> None:
    # Breaks when an archive whose rows are others than those sealed passes, its manifest being made to fit.
    from gatebook.procedures import check_archive as checking

    house, kept = archive.premises.house, ArchiveFolder(archive.folder, 1)
    for rows_at_once in (20_000_000, 1):
        monkeypatch.setattr(checking, "_ROWS_AT_ONCE", rows_at_once)
        for month in archive.months:
            assert check_archive(house, WHO, kept, month.month, SECRETS) == []
    found = next(month for month in archive.months if month.month == 202609)
    path = archive.folder / found.files[0].name
    rows = pq.read_table(path).to_pylist()
    stood = path.read_bytes()
    for column, change in (("label", 1), ("at_us", 1), ("low", 1), ("batch", 1), ("outcome", "success"), ("act", "x")):
        forged = [dict(row) for row in rows]
        odd = next(row for row in forged if isinstance(change, int) or row[column] != change)
        odd[column] = odd[column] + change if isinstance(change, int) else change
        pq.write_table(pa.Table.from_pylist(forged, schema=pq.read_schema(path)), path)
        monkeypatch.setattr(ArchiveFolder, "faults", lambda *_: [])
        assert any("do not lead" in fault for fault in check_archive(house, WHO, kept, 202609, SECRETS)), column
        path.write_bytes(stood)
    assert check_archive(house, WHO, kept, 202609, SECRETS) == []
