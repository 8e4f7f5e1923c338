"""The same customers, the same lists, the same bytes: in process, on Sail, and on a Spark cluster of several processes."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from gatebook.errors import Unavailable
from gatebook.screen.batches import SCHEMA_TEXT, PopulationScreen
from gatebook.screen.lists.detect import load_folder
from gatebook.wiring.lists import sample_list
from gatebook.wiring.population import Ways, screen_file

pytestmark = pytest.mark.xdist_group("clusters")  # each is started once

GIVEN = ("Grigor", "Gregor", "Anna", "Ann", "Emma", "Wei", "Olga", "Nadia", "Teodor", "Omar")
FAMILY = ("Voronovsky", "Voronowski", "Clark", "Zhang", "Petrova", "Silva", "Marlow", "Haddad")


def _customers(path: Path, rows: int) -> Path:
    rng = random.Random(7)
    with path.open("wb") as file:
        file.write(b"id,name,born,country,kind\n")
        for n in range(rows):
            name = f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"
            file.write(f"c{n},{name},{rng.choice(('', '1971-03-14', '1999'))},,\n".encode())
        file.write(b'odd,\xff\xfe,,,\nshort\n,Nobody,,,\nempty,,,,\n"quoted\nid","Voronovsky, Grigor",,,\n')
    return path


def _screen(path: Path, out: Path, ways: Ways) -> dict[str, int]:
    return screen_file(path, out, load_folder(sample_list()).editions, ways, lambda *_: None, lambda _: None)


def _same_on(address: str, folder: Path, *endings: str) -> None:
    path = _customers(folder / "customers.csv", 20_000)
    for ending in endings:
        here, there = folder / f"here.{ending}", folder / f"there.{ending}"
        counts = _screen(path, here, Ways(workers=1, explained=True))
        assert _screen(path, there, Ways("spark", address, rows_a_part=18_000, explained=True)) == counts
        assert counts["matches"] > 900 and counts["refused"] == 5
        assert here.read_bytes() == there.read_bytes()
        assert Path(f"{here}.refused.csv").read_bytes() == Path(f"{there}.refused.csv").read_bytes()


def _own_frame(address: str, folder: Path) -> None:
    from pyspark.sql import SparkSession

    work = PopulationScreen.of(load_folder(sample_list()).editions)
    names = [f"{a} {b}" for a in GIVEN for b in FAMILY]
    table = pa.table({"id": [str(n) for n in range(len(names))], "name": names, "extra": names})

    def screen(batches: Any) -> Any:
        return work(batches)

    session = SparkSession.builder.remote(address).create()
    try:
        frame = session.createDataFrame(table).repartition(3)
        there = frame.mapInArrow(screen, SCHEMA_TEXT).toArrow()
    finally:
        session.stop()
    here = pa.Table.from_batches(work(table.to_batches()))

    def found(result: pa.Table) -> list[str]:
        return sorted(json.dumps(row) for row in result.to_pylist() if row["what"] != "tally")

    assert found(there) == found(here) and len(found(here)) > 1
    tallies = [json.loads(row["words"]) for row in there.to_pylist() if row["what"] == "tally"]
    assert sum(t["rows"] for t in tallies) == len(names)


def test_sail_answers_as_this_process_does(sail: str, tmp_path: Path) -> None:
    # Breaks when the function depends on where it runs, or Sail drops, turns or changes a row.
    _same_on(sail, tmp_path, "csv", "parquet", "jsonl")


def test_a_frame_of_ones_own_goes_through_sail(sail: str, tmp_path: Path) -> None:
    # Breaks when the function works for our own command only, and not for who has customers in a lake house.
    _own_frame(sail, tmp_path)


def test_a_spark_cluster_answers_as_this_process_does(standalone: str, tmp_path: Path) -> None:
    # Breaks when the function depends on where it runs, or two executors give rows in another order.
    _same_on(standalone, tmp_path, "parquet")


def test_a_frame_of_ones_own_goes_through_spark(standalone: str, tmp_path: Path) -> None:
    # Breaks when the function works for our own command only, and not for who has customers in a lake house.
    _own_frame(standalone, tmp_path)


def test_a_cluster_lost_half_way_loses_nothing(sail: str, tmp_path: Path, monkeypatch: Any) -> None:
    # Breaks when what a cluster has answered is asked again, or its failure shows a customer's name.
    from gatebook.outside import spark

    path, out, real = _customers(tmp_path / "customers.csv", 5_000), tmp_path / "out.csv", spark.Spark._one
    asked: list[int] = []

    def lost(self: Any, session: Any, batch: Any) -> Any:
        asked.append(batch.num_rows)
        if len(asked) == 3:
            session.stop()
        return real(self, session, batch)

    monkeypatch.setattr(spark.Spark, "_one", lost)
    with pytest.raises(Unavailable) as caught:
        _screen(path, out, Ways("spark", sail, rows_a_part=1_000))
    assert "Voronovsky" not in caught.value.message and not out.exists()
    asked.clear()
    asked.extend([0, 0, 0])
    _screen(path, out, Ways("spark", sail, rows_a_part=1_000))
    assert len(asked) == 3 + 4  # of six parts two were kept
    _screen(path, tmp_path / "here.csv", Ways(workers=1))
    assert out.read_bytes() == (tmp_path / "here.csv").read_bytes()


def test_nobody_at_the_address(tmp_path: Path) -> None:
    # Breaks when an address where nothing listens ends in a traceback instead of a sentence.
    pytest.importorskip("pyspark", reason="pyspark is not installed; it is in requirements/spark.txt")
    path = _customers(tmp_path / "customers.csv", 5)
    with pytest.raises(Unavailable):
        _screen(path, tmp_path / "out.csv", Ways("spark", "sc://127.0.0.1:1"))
