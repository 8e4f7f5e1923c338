"""An engineer screens a file of customers: by the command line, again after the machine was switched off, on many cores."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gatebook.errors import Conflict, GatebookError, InvalidInput
from gatebook.screen.came import Came, came_since
from gatebook.screen.lists.detect import load_folder
from gatebook.store.kept_population import KeptPopulation
from gatebook.store.part_folder import PartFolder
from gatebook.wiring.lists import sample_list
from gatebook.wiring.population import Ways, screen_file

SAMPLE = Path(__file__).resolve().parents[2] / "src" / "gatebook" / "screen" / "sample"
EDITIONS = load_folder(sample_list()).editions
PEOPLE = "id,name,born,shoes\n1,Grigor Voronovsky,1971-03-14,41\n2,Emma Clark,,38\n3,,,\n4,Voronovsky\n"


def gatebook(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gatebook.cli.main", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"})
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


def _customers(path: Path, rows: int) -> Path:
    rng = random.Random(11)
    given, family = ("Grigor", "Gregor", "Anna", "Emma", "Wei", "Olga"), ("Voronovsky", "Voronowski", "Clark", "Zhang")
    lines = [f"{n},{rng.choice(given)} {rng.choice(family)},{rng.choice(('', '1971-03-14'))}\n" for n in range(rows)]
    lines[rows // 2] = "odd,,\n"
    path.write_text("id,name,born\n" + "".join(lines))
    return path


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def _screen(path: Path, out: Path, told: Callable[[str], None] = lambda _: None, **ways: Any) -> dict[str, int]:
    return screen_file(path, out, EDITIONS, Ways(**{"workers": 1, **ways}), lambda *_: None, told)


def test_a_file_is_screened_against_a_folder_of_lists(tmp_path: Path) -> None:
    # Breaks when the two commands an evaluator has do not do what the documentation says.
    (tmp_path / "people.csv").write_text(PEOPLE)
    done = gatebook("screen", "population", tmp_path / "people.csv", "--lists", SAMPLE, "--out", tmp_path / "out.csv")
    rows = _rows(tmp_path / "out.csv")
    assert [(row["id"], row["list"], row["grade"]) for row in rows] == [("1", "ofac-sdn", "confirmed")]
    assert "4 rows: 2 screened, 2 refused" in done.stderr and "shoes" in done.stderr and not done.stdout
    refused = _rows(tmp_path / "out.csv.refused.csv")
    assert [(row["row"], row["reason"]) for row in refused] == [("3", "no-name"), ("4", "other-number-of-cells")]
    told = gatebook(
        "screen", "population", tmp_path / "people.csv", "--lists", SAMPLE, "--out", tmp_path / "out", "--json"
    )
    assert json.loads(told.stdout)["matches"] == 1
    assert json.loads((tmp_path / "out").read_text())["party"] == rows[0]["party"]


def _lists(folder: Path, rows: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "measures.csv").write_text("id,kind,name,born,number\n" + rows)
    return folder


_OLD = "1,individual,Grigor Voronovsky,1971-03-14,\n2,entity,Old Trading LLC,,\n3,individual,Emma Clark,,\n"
_NEW = "1,individual,Grigor Voronovsky,1971-03-14,\n3,individual,Emma Clarke,1988,passport:AB 12345\n4,individual,Wei Zhang,,\n"


def test_when_a_list_changes_only_what_came_is_compared_and_by_both_ways_alike(tmp_path: Path) -> None:
    # Breaks when a delta finds others than the whole screening does for those parties, or the index others than the file.
    old, new = _lists(tmp_path / "old", _OLD), _lists(tmp_path / "new", _NEW)
    people = _customers(tmp_path / "people.csv", 900)
    header, *lines = people.read_text().splitlines()
    people.write_text("\n".join([f"{header},number", *(f"{line}," for line in lines), ""]))
    with people.open("a") as file:
        file.write("x,Nobody Likewise,,ab-12345\nshort\ny,Clark Emma,1988-02-01,\n")
    base = ("screen", "population", people, "--lists", new)
    gatebook(*base, "--out", tmp_path / "whole.csv")
    by_file = gatebook(*base, "--since", old, "--out", tmp_path / "file.csv")
    for _ in range(2):  # made, then asked
        by_index = gatebook(*base, "--since", old, "--out", tmp_path / "index.csv", "--index", tmp_path / "index")
        assert (tmp_path / "index.csv").read_bytes() == (tmp_path / "file.csv").read_bytes()
        refused = [(tmp_path / f"{name}.csv.refused.csv").read_bytes() for name in ("whole", "file", "index")]
        assert refused[0] == refused[1] == refused[2] != b""
    assert "read into an index" not in by_index.stderr
    for done in (by_file, by_index):
        assert "compared with 1 parties added and 1 changed; 1 removed" in done.stderr
        assert "903 rows: 901 screened, 2 refused" in done.stderr
    came = [row for row in _rows(tmp_path / "whole.csv") if row["party"] in {"3", "4"}]
    found = _rows(tmp_path / "file.csv")
    assert [{**row, "rank": ""} for row in found] == [{**row, "rank": ""} for row in came]
    assert {row["id"] for row in found} >= {"x", "y"} and len(found) > 50
    told = gatebook(*base, "--since", old, "--index", tmp_path / "index", "--json", "--out", tmp_path / "out.jsonl")
    assert {k: json.loads(told.stdout)[k] for k in ("added", "changed", "removed")} == {
        "added": 1,
        "changed": 1,
        "removed": 1,
    }


def test_lists_without_a_counterpart_are_named(tmp_path: Path) -> None:
    # Breaks when a list that was called otherwise the day before is taken for one in which nothing changed.
    old, new = _lists(tmp_path / "old", _OLD), _lists(tmp_path / "new", _NEW)
    (old / "measures.csv").rename(old / "before.csv")
    path, out = _customers(tmp_path / "people.csv", 20), tmp_path / "out.csv"
    done = gatebook("screen", "population", path, "--lists", new, "--since", old, "--out", out)
    assert "own-before is gone" in done.stderr and "own-measures: all of it is compared with" in done.stderr
    assert "3 parties added and 0 changed; 3 removed" in done.stderr
    done = gatebook(
        "screen", "population", path, "--lists", new, "--since", new, "--out", out, "--index", tmp_path / "i"
    )
    assert "0 parties added and 0 changed; 0 removed" in done.stderr and len(_rows(out)) == 0
    refused = gatebook("screen", "population", path, "--lists", new, "--index", tmp_path / "i", status=1)
    assert "earlier lists" in refused.stderr


def test_pairs_are_compared_row_by_row(tmp_path: Path) -> None:
    # Breaks when a pair is left out, or a score cannot be told from a row that was not compared.
    (tmp_path / "pairs.csv").write_text(
        "kind,name1,name2,born1,born2,country1,country2\n"
        "person,Jon Smith,SMITH John,1970-02-01,1970,GB,United Kingdom\n"
        "person,Jon Smith,SMITH John,1970-02-01,1991,,\n"
        ",Jon Smith,Maria Gonzalez,,,,\n"
        ",Jon Smith,,,,,\n"
        "short\n"
    )
    lines = gatebook("screen", "pairs", tmp_path / "pairs.csv", "--json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert [row["row"] for row in found] == [1, 2, 3, 4, 5]
    assert [row["match"] for row in found] == [True, False, False, False, False]
    assert found[0]["score"] > found[1]["score"] and "birth clashes" in found[1]["reason"]
    assert [row["score"] for row in found[3:]] == [None, None]
    assert found[3]["reason"] == "not compared: no-name"
    gatebook("screen", "pairs", tmp_path / "pairs.csv", "--out", tmp_path / "verdicts.csv")
    rows = _rows(tmp_path / "verdicts.csv")
    assert [row["reason"] for row in rows] == [row["reason"] for row in found]


def test_one_command_asks_of_one_name_or_of_a_file(tmp_path: Path) -> None:
    # Breaks when the word in front has to be known, or a person called "pairs" cannot be asked for.
    house = ("--house", tmp_path / "house")
    gatebook("init", *house)
    gatebook("lists", "load", "sample", *sorted(SAMPLE.glob("*.CSV")), *house)
    for words in (
        ("Grigor Voronovsky", "--born", "1971"),
        ("--born", "1971", "Grigor Voronovsky"),
        ("name", "Grigor Voronovsky"),
    ):
        assert "1 candidates among" in gatebook("screen", *words, *house).stdout
    assert "0 candidates among" in gatebook("screen", "name", "pairs", *house).stdout
    shown = gatebook("screen", "--help").stdout
    assert all(word in shown for word in ("name", "pairs", "population"))
    assert "name1" in gatebook("screen", "pairs", "--help").stdout
    assert "--lists" in gatebook("screen", "population", "--help").stdout
    pq.write_table(pa.table({"id": [1], "name": ["Grigor Voronovsky"]}), tmp_path / "population.parquet")
    gatebook("screen", tmp_path / "population.parquet", *house)
    assert "sample" in (tmp_path / "population.parquet.matches.csv").read_text()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "lacks the columns id, name"),
        (b"nom,id\n", "lacks the columns name"),
        (b"PAR1 and nothing else", "no whole Parquet"),
        (None, "no such file"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: bytes | None, said: str) -> None:
    # Breaks when a file that cannot be read is screened to nothing found.
    path = tmp_path / "people.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        _screen(path, tmp_path / "out.csv")
    assert said in caught.value.problems[0].reason and not (tmp_path / "out.csv").exists()


def test_an_ending_nobody_writes_and_a_folder_nobody_may_write(tmp_path: Path) -> None:
    # Breaks when hours of work end in a file that cannot be made.
    path = _customers(tmp_path / "people.csv", 10)
    with pytest.raises(InvalidInput):
        _screen(path, tmp_path / "out.xlsx")
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput):
        _screen(path, tmp_path / "file" / "out.csv")


def test_csv_and_parquet_and_any_number_of_processes_say_the_same(tmp_path: Path) -> None:
    # Breaks when the answer depends on the form of the file, the size of the parts or the number of cores.
    path = _customers(tmp_path / "people.csv", 1_000)
    rows = _rows(path)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "people.parquet", row_group_size=170)
    _screen(path, tmp_path / "a.csv")
    _screen(tmp_path / "people.parquet", tmp_path / "b.csv", rows_a_part=130)
    _screen(path, tmp_path / "c.csv", rows_a_part=90, workers=2)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes() == (tmp_path / "c.csv").read_bytes()
    _screen(path, tmp_path / "a.parquet")
    _screen(path, tmp_path / "c.parquet", rows_a_part=90, workers=2)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "c.parquet").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def _killed_at(step: int, folder: Path, path: Path, out: Path, screen: Callable[..., object] = _screen) -> bool:
    """Screen in a child that is killed at its ``step``th touch of the folder; return whether it was."""
    child = os.fork()
    if not child:
        count = 0

        def touched(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal count
            if event in {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"} and str(folder) in str(arguments[0]):
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(touched)
        try:
            screen(path, out, rows_a_part=100)
        except BaseException:  # noqa: BLE001  a child must never go on as a second pytest
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def test_killed_at_every_touch_of_the_disk_it_ends_in_the_same_bytes(tmp_path: Path) -> None:
    # Breaks when a part half written is taken for whole, one is lost or doubled, or half a result is ever seen.
    path, whole = _customers(tmp_path / "people.csv", 430), tmp_path / "whole.csv"
    _screen(path, whole, rows_a_part=100)
    step = went_on = 0
    while True:
        folder = tmp_path / f"run{(step := step + 1)}"
        folder.mkdir()
        was_killed = _killed_at(step, folder, path, folder / "whole.csv")
        if (folder / "whole.csv").exists():
            assert (folder / "whole.csv").read_bytes() == whole.read_bytes()
        said: list[str] = []
        _screen(path, folder / "whole.csv", said.append, rows_a_part=100)
        went_on += any("going on after" in words for words in said)
        assert (folder / "whole.csv").read_bytes() == whole.read_bytes()
        assert sorted(p.name for p in folder.iterdir()) == ["whole.csv", "whole.csv.refused.csv"]
        if not was_killed:
            break
    assert step > 20 and went_on > 10


def _came() -> Came:
    return came_since([replace(EDITIONS[0], parties=EDITIONS[0].parties[1:])], EDITIONS)


def _by_index(path: Path, out: Path, told: Callable[[str], None] = lambda _: None, **ways: Any) -> dict[str, int]:
    chosen = Ways(**{"workers": 1, "index": out.parent / "index", **ways})
    return screen_file(path, out, _came(), chosen, lambda *_: None, told)


def test_an_index_killed_at_every_touch_of_the_disk_ends_in_the_same_answer(tmp_path: Path) -> None:
    # Breaks when an index half made is taken for whole, or what was made before the crash for more than it was.
    path, whole = _customers(tmp_path / "people.csv", 230), tmp_path / "whole.csv"
    screen_file(path, whole, _came(), Ways(workers=1), lambda *_: None, lambda _: None)
    assert len(_rows(whole)) > 10
    step, was_killed = 0, True
    while was_killed:
        folder = tmp_path / f"run{(step := step + 1)}"
        folder.mkdir()
        was_killed = _killed_at(step, folder / "index", path, folder / "whole.csv", _by_index)
        _by_index(path, folder / "whole.csv", rows_a_part=100)
        assert (folder / "whole.csv").read_bytes() == whole.read_bytes()
        assert not list((folder / "index").glob("*.read.arrow"))
    assert step > 30


def test_an_index_of_another_file_is_made_anew_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    # Breaks when yesterday's customers are asked today, or a file cut short is read as one with fewer customers.
    path, out = _customers(tmp_path / "people.csv", 300), tmp_path / "out.csv"
    _by_index(path, out)
    said: list[str] = []
    with path.open("a") as file:
        file.write("new,Grigor Voronovsky,\n")
    assert _by_index(path, out, said.append)["rows"] == 301
    assert "made anew" in said[0] and _rows(out)[-1]["id"] == "new"
    for file in ("rows.npy", "vocabulary.msgpack"):
        kept = tmp_path / "index" / file
        kept.write_bytes(kept.read_bytes()[:-5])
        with pytest.raises(GatebookError, match="damaged"):
            _by_index(path, out)
        before = out.read_bytes()
        _by_index(path, out)
        assert out.read_bytes() == before
    with KeptPopulation(tmp_path / "index") as first:
        first.begin({"stamp": "another"})
        with pytest.raises(Conflict):
            _by_index(path, out)


def test_an_index_made_by_several_processes_of_parquet_answers_the_same(tmp_path: Path) -> None:
    # Breaks when the answer depends on who read which part, or an id that is no text comes back as another.
    path = _customers(tmp_path / "people.csv", 700)
    rows = [{**row, "id": n} for n, row in enumerate(_rows(path))]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "people.parquet", row_group_size=170)
    screen_file(tmp_path / "people.parquet", tmp_path / "a.parquet", _came(), Ways(workers=1), lambda *_: None, print)
    _by_index(tmp_path / "people.parquet", tmp_path / "b.parquet", rows_a_part=90, workers=2)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    (tmp_path / "none.csv").write_text("id,name\n")
    _by_index(tmp_path / "none.csv", tmp_path / "none.out.csv")
    assert _rows(tmp_path / "none.out.csv") == []


def test_killed_from_outside_at_random_it_leaves_no_process_and_ends_in_the_same_bytes(tmp_path: Path) -> None:
    # Breaks when kill -9 leaves workers behind, or what is done after it differs from what is done without.
    path, whole, out = _customers(tmp_path / "people.csv", 60_000), tmp_path / "whole.csv", tmp_path / "out.csv"
    _screen(path, whole)
    options = ("--lists", str(SAMPLE), "--workers", "2", "--rows-per-part", "500", "--out", str(out))
    command = [sys.executable, "-m", "gatebook.cli.main", "screen", "population", str(path), *options]
    parts, rng, killed = out.with_name(f".{out.name}.parts"), random.Random(5), 0
    for _ in range(5):
        before = len(list(parts.glob("*.parquet")))
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
            while run.poll() is None and len(list(parts.glob("*.parquet"))) <= before:
                time.sleep(0.005)  # at work: it kept a part
            try:
                run.wait(timeout=rng.uniform(0.0, 0.1))
            except subprocess.TimeoutExpired:
                children = psutil.Process(run.pid).children(recursive=True)
                run.kill()
                killed += 1
                assert not psutil.wait_procs(children, timeout=30)[1]
    gatebook(*command[3:])
    assert killed and out.read_bytes() == whole.read_bytes()


def test_another_file_or_list_starts_anew_and_says_so(tmp_path: Path) -> None:
    # Breaks when parts of yesterday's customers, or of yesterday's lists, end up in today's result.
    path, out = _customers(tmp_path / "people.csv", 300), tmp_path / "out.csv"
    assert _killed_at(25, tmp_path / ".out.csv.parts", path, out)
    said: list[str] = []
    _screen(_customers(path, 301), out, said.append, rows_a_part=100)
    assert said == ["another input than when this was begun: it starts anew"]
    _screen(path, tmp_path / "fresh.csv")
    assert out.read_bytes() == (tmp_path / "fresh.csv").read_bytes()
    assert _killed_at(25, tmp_path / ".out.csv.parts", path, out)
    said.clear()
    screen_file(path, out, EDITIONS * 2, Ways(workers=1, rows_a_part=100), lambda *_: None, said.append)
    assert said == ["another lists than when this was begun: it starts anew"]


def test_a_part_damaged_on_the_disk_is_found_and_done_again(tmp_path: Path) -> None:
    # Breaks when a disk that changed a byte changes a result.
    path, out, folder = _customers(tmp_path / "people.csv", 300), tmp_path / "out.csv", tmp_path / ".out.csv.parts"
    assert _killed_at(25, folder, path, out)
    part = folder / "00000000.parquet"
    data = bytearray(part.read_bytes())
    data[len(data) // 4] ^= 1
    part.write_bytes(data)
    with pytest.raises(GatebookError, match="damaged"):
        _screen(path, out, rows_a_part=100)
    _screen(path, out, rows_a_part=100)
    _screen(path, tmp_path / "fresh.csv")
    assert out.read_bytes() == (tmp_path / "fresh.csv").read_bytes()


def test_two_runs_do_not_make_one_file(tmp_path: Path) -> None:
    # Breaks when a second run throws away the parts of the first.
    path = _customers(tmp_path / "people.csv", 10)
    with PartFolder(tmp_path / "out.csv", lambda *_: None, lambda *_: None) as first:
        first.begin({"input": "x"})
        with pytest.raises(Conflict):
            _screen(path, tmp_path / "out.csv")
