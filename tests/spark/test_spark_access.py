"""The same questions to the same archive: by looking at every row, on Sail, and on a Spark cluster of several processes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from access_rows import SECRETS
from archive_questions import Archived, answers, archived
from gatebook.cli.access_archive import app
from gatebook.errors import Unavailable
from gatebook.outside.spark_sql import SparkSql
from gatebook.store.columnar.archive_lookups import ParquetRows
from gatebook.trace.ports import Filter
from gatebook.wiring.premises import Premises

pytestmark = pytest.mark.xdist_group("clusters")  # each is started once


def _same_on(address: str, archive: Archived, questions: range) -> None:
    cluster = SparkSql(address, str(archive.folder))
    cluster._session.conf.set("spark.sql.shuffle.partitions", "2")  # of few rows
    rows = ParquetRows(archive.months, cluster, SECRETS.label_salt)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: answers(rows, seed), questions))
    cluster.close()
    for seed, there in zip(questions, found, strict=True):
        assert there == answers(archive.memory, seed), seed
    assert sum(any(there) for there in found) > len(questions) // 3


def _run(words: list[str], environment: dict[str, str]) -> str:
    found = CliRunner().invoke(app, words, env=environment, catch_exceptions=False)
    assert found.exit_code == 0
    return found.stdout


def test_sail_answers_as_who_looks_at_every_row(sail: str, tmp_path: Path) -> None:
    # Breaks when a word of SQL means something else to Sail, or it orders or rounds what others do not.
    with archived(tmp_path, 1 << 20, rounds=3) as archive:
        _same_on(sail, archive, range(200))


def test_a_spark_cluster_answers_as_who_looks_at_every_row(standalone: str, tmp_path: Path) -> None:
    # Breaks when a word of SQL means something else to Spark, or it orders or rounds what others do not.
    with archived(tmp_path, 1 << 20, rounds=3) as archive:
        _same_on(standalone, archive, range(8))


def test_a_cluster_that_lacks_a_file_does_not_answer(sail: str, tmp_path: Path) -> None:
    # Breaks when what is left of an archive is answered as if it were the whole, or a failure repeats what was asked.
    with archived(tmp_path, 1 << 20, events=100) as archive:
        cluster = SparkSql(sail, str(archive.folder))
        rows = ParquetRows(archive.months, cluster, SECRETS.label_salt)
        (archive.folder / archive.months[-1].files[0].name).unlink()
        with pytest.raises(Unavailable) as caught:
            rows.events(Filter(session="somebody's session"), None, 10)
        cluster.close()
        assert "session" not in caught.value.message


def test_an_archive_is_asked_by_command(sail: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when the command, and not only what it calls, cannot ask a cluster, or asks without entering why.
    with archived(tmp_path, 1 << 20) as archive:
        monkeypatch.setattr(Premises, "segment_secrets", SECRETS)  # those the rows of the tests were sealed with
        at = ["ask-archive", str(archive.folder), "--master", sail, "--purpose", "audit"]
        words = [*at, "--ip", "203.0.113.0/24", "--limit", "7"]
        place = {"GATEBOOK_HOUSE": str(tmp_path / "house")}
        page = json.loads(_run(words, place))
        asked = Filter(networks=("203.0.113.0/24",))
        wanted = archive.memory.events(asked, None, 14)
        again = json.loads(_run([*words, "--after", page["next"]], place))
        found = [(item["segment"], item["position"]) for item in (*page["items"], *again["items"])]
        assert found == [(kept.segment, kept.position) for kept in wanted]
        uses = json.loads(_run([*at, "--what", "uses", "--principal", "acc_a"], place))
        assert [use["events"] for use in uses["items"]] == [
            use.events for use in archive.memory.uses(Filter(principals=("acc_a",)), 200)
        ]
        sharers = json.loads(_run([*at, "--what", "sharers", "--principal", "acc_a"], place))
        assert len(sharers["items"]) > 3 and sharers["months"] == [month.month for month in archive.months]
        with archive.premises.house.state.read() as work:
            entries = b"".join(work.ledger.read(0, work.ledger.size()))
        assert entries.count(b"archive.events") == 2 and entries.count(b"archive.sharers") == 1
