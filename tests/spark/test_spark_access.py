"""The same questions to the same archive: by looking at every row, on Sail, and on a Spark cluster of several processes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from access_rows import SECRETS
from archive_questions import Archived, answers, archived
from gatebook.errors import Unavailable
from gatebook.outside.spark_sql import SparkSql
from gatebook.store.columnar.archive_lookups import ParquetRows
from gatebook.trace.ports import Filter

pytestmark = pytest.mark.xdist_group("clusters")  # each is started once


def _same_on(address: str, archive: Archived, questions: range) -> None:
    cluster = SparkSql(address, str(archive.folder))
    rows = ParquetRows(archive.months, cluster, SECRETS.label_salt)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: answers(rows, seed), questions))
    cluster.close()
    for seed, there in zip(questions, found, strict=True):
        assert there == answers(archive.memory, seed), seed
    assert sum(any(there) for there in found) > len(questions) // 3


def test_sail_answers_as_who_looks_at_every_row(sail: str, tmp_path: Path) -> None:
    # Breaks when a word of SQL means something else to Sail, or it orders or rounds what others do not.
    with archived(tmp_path, 1 << 20, rounds=3) as archive:
        _same_on(sail, archive, range(300))


def test_a_spark_cluster_answers_as_who_looks_at_every_row(standalone: str, tmp_path: Path) -> None:
    # Breaks when a word of SQL means something else to Spark, or it orders or rounds what others do not.
    with archived(tmp_path, 1 << 20, rounds=3) as archive:
        _same_on(standalone, archive, range(12))


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
