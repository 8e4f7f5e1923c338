"""An engineer's slips at the command line: files that name themselves, quotes left open, lists that lack a half."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "src" / "gatebook" / "screen" / "sample"
SWALLOWED = 'id,name\n1,"Bob Jones\n2,Grigor Voronovsky\n3,Carl Doe\n'


def gatebook(*arguments: object, status: int = 0, columns: str = "200") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gatebook.cli.main", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": columns})
    assert (done.returncode, "Traceback" in done.stderr) == (status, False), done.stderr
    return done


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_a_quote_left_open_hides_nobody_and_ends_with_status_1(tmp_path: Path) -> None:
    # Breaks when a stray quote makes the listed customers after it vanish, and the command says that all is well.
    people, out = tmp_path / "people.csv", tmp_path / "out.csv"
    people.write_text(SWALLOWED)
    done = gatebook("screen", "population", people, "--lists", SAMPLE, "--out", out, status=1)
    assert [row["id"] for row in _rows(out)] == ["2"]
    assert _rows(tmp_path / "out.csv.refused.csv") == [{"row": "1", "id": "", "reason": "quote-never-closed"}]
    assert "3 rows: 2 screened, 1 refused" in done.stderr and "1 rows have a quote left open" in done.stderr
    pairs = tmp_path / "pairs.csv"
    pairs.write_text('name1,name2\n"Bob,Rob\nGrigor Voronovsky,Voronovsky Grigor\n')
    found = [json.loads(line) for line in gatebook("screen", "pairs", pairs, "--json", status=1).stdout.splitlines()]
    assert [row["match"] for row in found] == [False, True]
    assert found[0]["reason"] == "not compared: quote-never-closed"


def test_no_command_writes_over_what_it_reads(tmp_path: Path) -> None:
    # Breaks when the only copy of the customers, the pairs or a list is replaced by what was made of it.
    people, pairs, lists = tmp_path / "people.csv", tmp_path / "pairs.csv", tmp_path / "lists"
    lists.mkdir()
    people.write_text("id,name\n1,Grigor Voronovsky\n")
    pairs.write_text("name1,name2\nBob,Rob\n")
    own = lists / "measures.csv"
    own.write_text("id,name,kind\n1,Grigor Voronovsky,individual\n")
    (tmp_path / "same.csv").hardlink_to(people)
    screen = ("screen", "population", people, "--lists", lists, "--out")
    for target, said in ((people, "it is the file that is read"), (tmp_path / "same.csv", "it is the file that is read"),
                         (own, "it is a list"), (tmp_path, "it is a folder")):  # fmt: skip
        assert said in gatebook(*screen, target, status=1).stderr
    people.rename(tmp_path / "a.csv.refused.csv")
    swapped = (*screen[:2], tmp_path / "a.csv.refused.csv", *screen[3:])
    assert "it is the file that is read" in gatebook(*swapped, tmp_path / "a.csv", status=1).stderr
    assert "it is the file that is read" in gatebook("screen", "pairs", pairs, "--out", pairs, status=1).stderr
    nowhere = tmp_path / "none" / "x.csv"
    assert "no such file or directory" in gatebook("screen", "pairs", pairs, "--out", nowhere, status=1).stderr
    assert "it is a folder" in gatebook("screen", "pairs", pairs, "--out", tmp_path, status=1).stderr
    assert pairs.read_text() == "name1,name2\nBob,Rob\n" and own.read_text().startswith("id,name,kind\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv.refused.csv", "lists", "pairs.csv", "same.csv"]


def test_each_list_compared_with_is_told(tmp_path: Path) -> None:
    # Breaks when a list that lost a file, or is years old, passes for the whole list of today.
    people, lists, out = tmp_path / "people.csv", tmp_path / "lists", tmp_path / "out.csv"
    (lists / "ours").mkdir(parents=True)
    people.write_text("id,name\n1,Grigor Voronovsky\n")
    for name in ("SDN.CSV", "ALT.CSV"):
        (lists / name).write_bytes((SAMPLE / name).read_bytes())
    (lists / "ours" / "measures.csv").write_text("id,name,kind,born\n1,Grigor Voronovsky,individual,someday\n")
    (lists / "ours" / "list.toml").write_text("is_blocking = true\n")
    screen = ("screen", "population", people, "--lists", lists, "--out", out)
    said = gatebook(*screen).stderr
    assert "ofac-sdn (ofac-sdn): 12 parties in" in said and "without add, comments; of no known day" in said
    assert "(your own list): 1 parties in 2 rows, 1 refused (header), 1 things unread" in said
    assert "list.toml" not in said
    told = json.loads(gatebook(*screen, "--json").stdout)["lists"]
    assert {one["form"]: one["missing"] for one in told} == {"ofac-sdn": ["add", "comments"], "own": []}
    assert next(one for one in told if one["form"] == "own")["is_blocking"]
    (lists / "ours" / "list.toml").rename(lists / "list.toml")
    (lists / "ours" / "measures.csv").rename(lists / "measures.csv")
    assert "no list: list.toml: a note on one list, and here are 2" in gatebook(*screen).stderr


def test_the_customers_are_no_list_wherever_they_lie(tmp_path: Path) -> None:
    # Breaks when a file of customers beside the lists is taken for a list, and every customer is found on it.
    lists, people = tmp_path / "lists", tmp_path / "lists" / "people.csv"
    lists.mkdir()
    people.write_text("id,name\n1,Grigor Voronovsky\n2,Emma Clark\n")
    (lists / "SDN.CSV").write_bytes((SAMPLE / "SDN.CSV").read_bytes())
    for _ in range(2):  # then what was written lies there too
        said = gatebook(
            "screen", "population", people, "--lists", lists, "--since", lists, "--out", lists / "o.csv"
        ).stderr
        assert "people.csv: it is the file of the customers" in said and "o.csv:" not in said
        assert "0 parties added" in said
    gatebook("screen", "population", people, "--lists", lists, "--out", lists / "o.csv")
    assert [(row["id"], row["list"]) for row in _rows(lists / "o.csv")] == [("1", "ofac-sdn")]


def test_a_list_that_cannot_be_read_stops_the_run(tmp_path: Path) -> None:
    # Breaks when a list on a disk that failed looks like one on which nobody is.
    lists, people = tmp_path / "lists", tmp_path / "people.csv"
    lists.mkdir()
    people.write_text("id,name\n1,Grigor Voronovsky\n")
    (lists / "SDN.CSV").symlink_to(tmp_path / "gone" / "SDN.CSV")
    said = gatebook("screen", "population", people, "--lists", lists, "--out", tmp_path / "out.csv", status=1).stderr
    assert "SDN.CSV cannot be read" in said and not (tmp_path / "out.csv").exists()


def test_pairs_are_read_from_parquet_as_from_csv(tmp_path: Path) -> None:
    # Breaks when a file of pairs in the other form is answered with a header and nothing else.
    columns = {"name1": ["Jon Smith", "Jon Smith", None], "name2": ["SMITH John", "Maria Gonzalez", "x"],
               "born1": ["1970-02-01", "", ""], "born2": ["1970", "", ""]}  # fmt: skip
    pq.write_table(pa.table(columns), tmp_path / "pairs.parquet")
    lines = [",".join(columns), *(",".join(cell or "" for cell in row) for row in zip(*columns.values(), strict=True))]
    (tmp_path / "pairs.csv").write_text("\n".join(lines))
    one, other = (gatebook("screen", "pairs", tmp_path / f"pairs.{form}").stdout for form in ("parquet", "csv"))
    assert one == other and len(one.splitlines()) == 4


def test_what_is_told_is_not_broken_at_the_width_of_no_terminal(tmp_path: Path) -> None:
    # Breaks when a script that reads what was written meets a path cut in two.
    folder = tmp_path / ("a-long-name-" * 12)
    folder.mkdir()
    (folder / "people.csv").write_text("id,name\n1,Grigor Voronovsky\n")
    done = gatebook("screen", "population", folder / "people.csv", "--lists", SAMPLE, columns="80")
    assert f"1 matches in {folder / 'people.csv.matches.csv'}\n" in done.stderr


def test_a_list_that_lost_a_half_is_refused_and_the_share_is_a_setting(tmp_path: Path) -> None:
    # Breaks when a list without its other names is loaded unseen, or the setting is not heard.
    house = ("--house", tmp_path / "house")
    whole = sorted(SAMPLE.glob("*.CSV"))
    gatebook("init", *house)
    first = json.loads(gatebook("lists", "load", "sample", *whole, *house).stdout)
    assert (first["missing"], list(first["unread"])) == ([], ["country-unknown"])
    alone = ("lists", "load", "sample", SAMPLE / "SDN.CSV", *house)
    said = gatebook(*alone, status=1).stderr
    assert "files of the set are no longer there: alt, add, comments" in said and "names" in said
    loaded = json.loads(gatebook(*alone, "--confirm").stdout)
    assert loaded["missing"] == ["alt", "add", "comments"]
    cut = tmp_path / "SDN.CSV"
    cut.write_bytes(b"".join((SAMPLE / "SDN.CSV").read_bytes().splitlines(keepends=True)[:9]))
    assert "two files of the list have one name" in gatebook(*alone, cut, status=1).stderr
    settings = tmp_path / "house" / "gatebook.toml"
    settings.write_text(settings.read_text() + "list_shrink_percent = 50\n")
    gatebook("lists", "load", "sample", cut, *house)
    settings.write_text(settings.read_text().replace("50", "5"))
    cut.write_bytes(b"".join(cut.read_bytes().splitlines(keepends=True)[:7]))
    assert "it shrank from" in gatebook("lists", "load", "sample", cut, *house, status=1).stderr


@pytest.mark.parametrize("name", ["people.csv", "people.parquet"])
def test_a_column_that_is_there_twice_is_said_at_the_beginning(tmp_path: Path, name: str) -> None:
    # Breaks when the run ends in a traceback, or one of the two columns is taken without a word.
    path = tmp_path / name
    if name.endswith(".csv"):
        path.write_text("id,name,name\n1,Bob,Rob\n")
    else:
        columns = [pa.array(["x"])] * 3
        pq.write_table(pa.Table.from_arrays(columns, ["id", "name", "name"]), path)
    assert "columns twice: name" in gatebook("screen", "population", path, "--lists", SAMPLE, status=1).stderr
