"""A production of a real house: what is in it holds, its bytes follow from its contents alone, its tables can be read."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import productions
from gatebook.errors import Conflict, InvalidInput
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.terms.record_class import RecordClass
from gatebook_verifier import rows
from gatebook_verifier.production import Asked, check_production, fingerprint
from packed_rows import read_activity, read_session, walk
from productions import GIVEN, Production, build, production, written

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def made(premises: Any) -> Production:
    return production(premises)


def failed(data: bytes, asked: Asked) -> list[str]:
    return [one.sentence for one in check_production(memoryview(data), asked) if not one.holds]


def table(data: bytes, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(f"prd_1/data/{name}").decode(), newline="")))


def test_a_production_holds_with_its_key_its_digest_and_its_log(premises: Any, made: Production) -> None:
    # Breaks when the house builds what its own verifier refuses.
    log = premises.folder / "ledger"
    assert failed(made.data, Asked(made.vkey, (), log, made.built.digest)) == []
    assert failed(made.data, Asked()) == []
    assert made.built.counts["fields_withheld"] > 0
    assert made.built.counts["rows_not_shown"] > 0


def test_another_key_digest_or_witness_does_not_hold(premises: Any, made: Production) -> None:
    # Breaks when what an outsider brings is not looked at.
    other = made.vkey.replace("test.example", "other.example")
    assert failed(made.data, Asked(other))
    assert (
        failed(made.data, Asked(made.vkey, digest="0" * 64))
        == ["the digest: The production has another digest than the one that was given"]
        or len(failed(made.data, Asked(made.vkey, digest="0" * 64))) == 1
    )
    assert len(failed(made.data, Asked(made.vkey, ("w.example+00000000+AAAA",)))) == 1


def test_the_same_contents_make_the_same_bytes(made: Production) -> None:
    # Breaks when a clock, a path or an order of chance comes into the archive.
    assert build(made.contents, made.sign)[0] == made.data


def test_sessions_alone_hold_and_show_no_act(premises: Any) -> None:
    # Breaks when a demand that reaches sessions is answered with what was done in them.
    made = production(premises, activity=False)
    assert failed(made.data, Asked(made.vkey)) == []
    assert {(one["shown"], one["act"], one["user_agent"], one["id"]) for one in table(made.data, "accesses.csv")} == {
        ("session", "", "", "")
    }
    assert b"server.create" not in made.data
    assert b"curl/8.4" not in made.data


def test_what_is_withheld_is_nowhere_in_the_file(made: Production) -> None:
    # Breaks when a paper, a table or a name shows what the list of classes leaves out.
    assert RecordClass.PAYMENT not in GIVEN
    assert b"1974-08-12" not in made.data
    assert b"Anna Maria Eriksson" in made.data


def test_tables_say_what_the_rows_and_records_say(made: Production) -> None:
    # Breaks when a cell is shifted, cut or quoted otherwise than a reader of CSV takes it.
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        kept = [archive.read(name) for name in archive.namelist() if name.endswith(".rows")]
        records = json.loads(archive.read("prd_1/data/records.json"))
    lines = table(made.data, "accesses.csv")
    wanted = []
    for data in kept:
        for kind, session, activity in walk(data):
            if kind == rows.WHOLE:
                wanted.append({**read_session(session), **read_activity(activity)})
    assert len(lines) == len(wanted) == made.built.counts["events"]
    for line, row in zip(lines, wanted, strict=True):
        for name in ("session", "act", "target", "id", "source", "outcome"):
            assert line[name] == row[name]
        assert line["address"] == (row["address"] or "")
        agent = str(row["user_agent"])
        assert line["user_agent"] == (f"'{agent}" if agent.startswith(("=", "-")) else agent)
    shown = [part for record in records for part in record["parts"] if isinstance(part, list)]
    assert [one["field"] for one in table(made.data, "records.csv")] == [part[0] for part in shown]
    phones = [one["value"] for one in table(made.data, "records.csv") if "/phones" in one["field"]]
    assert phones == ["'+46701234567"]


def test_rows_are_the_same_however_many_are_read_at_once(made: Production, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when a row at the edge of what is read at once is lost, said twice, or taken for its neighbour.
    monkeypatch.setattr("gatebook.trace.production.tables._AT_ONCE", 7)
    assert build(made.contents, made.sign)[0] == made.data
    monkeypatch.setattr("gatebook_verifier.rows._AT_ONCE", 3)
    assert failed(made.data, Asked(made.vkey)) == []


def test_a_house_without_accesses_in_that_time_says_so(made: Production) -> None:
    # Breaks when an empty run cannot be told from a missing one.
    empty = replace(made.contents.runs[0], pieces=(), rows=0)
    assert failed(made.again(runs=[empty, made.contents.runs[1]]), Asked(made.vkey))


def test_a_time_stamp_of_something_else_does_not_hold(made: Production) -> None:
    # Breaks when bytes that are no token, or one of another checkpoint, pass.
    assert len(failed(made.again(token=b"\x30\x03\x02\x01\x00"), Asked(made.vkey))) == 1


def test_what_cannot_be_a_production_is_refused_when_built(made: Production) -> None:
    # Breaks when a paper's name leaves the folder, or proofs of two checkpoints are mixed.
    for name in ("../cover.html", "a/b.txt", "Cover.html", "production.note", "cover"):
        with pytest.raises(InvalidInput):
            build(made.contents, made.sign, {name: b""})
    entries = list(made.contents.entries)
    with pytest.raises(Conflict):
        made.again(entries=[replace(entries[0], proof=entries[0].proof + b"x"), *entries[1:]])
    with pytest.raises(Conflict):
        made.again(entries=entries[::-1])


def test_one_person_cannot_propose_and_approve_in_the_eyes_of_a_stranger(premises: Any) -> None:
    # Breaks when four eyes are the house's word alone.
    made = production(premises, approver="opr-a")
    assert failed(made.data, Asked(made.vkey)) == ["custody: who proposed the production approved it too"]


def test_rows_of_another_time_than_was_asked_do_not_hold(premises: Any) -> None:
    # Breaks when as many rows as were approved may be of another hour.
    made = production(premises, shift=-3 * 60_000_000)
    assert any("outside the time that was asked about" in one for one in failed(made.data, Asked(made.vkey)))


def test_the_log_tells_of_a_segment_that_was_left_out(premises: Any, made: Production) -> None:
    # Breaks when a whole segment can be dropped and only its own word is taken for it.
    less = made.again(runs=made.contents.runs[:1])
    said = failed(less, Asked(made.vkey, log=premises.folder / "ledger"))
    assert any("touches the time of a principal and is not in the production" in one for one in said)


def said_with_log(premises: Any, data: bytes, vkey: str) -> list[str]:
    publish_ledger(premises.house)
    return failed(data, Asked(vkey, log=premises.folder / "ledger"))


def gathered_anew(premises: Any, made: Production) -> Production:
    """Build the same list again, under a checkpoint over what was entered since, all of it in custody."""
    old = made.contents
    contents = productions.contents_of(
        premises.house, dict(old.listed), list(old.records), list(old.runs), GIVEN | {RecordClass.ACTIVITY}
    )
    return Production(contents, *build(contents, made.sign), made.vkey, made.sign)


def built_as(digest: str) -> dict[str, Any]:
    return {"production": "prd_1", "digest": digest, "bytes": 1, "records": 1, "events": 1, "sealed_to": ""}


def disclosed_as(digest: str) -> dict[str, Any]:
    kept = {"disclosure": "dis_1", "demand": "dem_1", "production": "prd_1", "recipient": "us-government", "basis": {}}
    return {**kept, "jurisdiction": "us", "classes": [], "records": 1, "events": 1, "digest": digest}


def test_one_built_again_is_held_to_what_was_entered_last(premises: Any, made: Production) -> None:
    # Breaks when an earlier build fails the one handed over, or a later build or a disclosure of another one does not.
    def enter(kind: str, body: dict[str, Any]) -> None:
        productions._enter(premises.house, kind, "opr-a", body)

    enter("production.built", built_as(made.built.digest))
    again = gathered_anew(premises, made)
    assert again.built.digest != made.built.digest
    assert said_with_log(premises, again.data, made.vkey) == [], "not entered yet: nothing is said against it"
    enter("production.built", built_as(again.built.digest))
    assert said_with_log(premises, again.data, made.vkey) == []
    assert any("has another digest" in one for one in said_with_log(premises, made.data, made.vkey))
    enter("disclosure.made", disclosed_as(again.built.digest))
    assert said_with_log(premises, again.data, made.vkey) == []
    enter("disclosure.made", disclosed_as("00" * 32))
    assert any("has another digest" in one for one in said_with_log(premises, again.data, made.vkey))


def without(made: Production, kind: str) -> bytes:
    """Build the production anew without the entries of a kind."""
    dropped = {one.position for one in made.contents.entries if json.loads(one.entry)["kind"] == kind}
    assert dropped
    kept = [one for one in made.contents.entries if one.position not in dropped]
    return made.again(custody=[at for at in made.contents.custody if at not in dropped], entries=kept)


def test_a_step_that_custody_leaves_out_is_told_by_the_log(premises: Any, made: Production) -> None:
    # Breaks when a check that failed can be dropped, or a hold that may be left out has to be there.
    held = {"hold": "hld_1", "demand": "dem_1", "hold_kind": "preservation", "scope": "all", "until": "", "rule": ""}
    for kind, body in (
        ("demand.checked", {"demand": "dem_1", "check": "issuer", "verdict": "failed"}),
        ("hold.placed", {**held, "persons": [], "accounts": [], "overtaken": []}),
    ):
        productions._enter(premises.house, kind, "opr-a", body)
    again = gathered_anew(premises, made)
    assert said_with_log(premises, again.data, made.vkey) == []
    assert said_with_log(premises, without(again, "hold.placed"), made.vkey) == []
    less = without(again, "demand.checked")
    custody = [one for one in check_production(memoryview(less), Asked(made.vkey)) if "custody" in one.sentence]
    assert [(one.holds, "That no other step was taken is not shown" in one.sentence) for one in custody] == [
        (True, True)
    ]
    assert any("custody leaves out" in one for one in said_with_log(premises, less, made.vkey))


def test_reasons_are_held_to_the_answers_in_the_log(made: Production) -> None:
    # Breaks when a class is said to be given, or withheld, otherwise than the law was entered to have answered.
    whole = made.contents.reasons
    for reasons in (
        [replace(one, is_given=True) for one in whole],
        [replace(one, clause="house/good-will") for one in whole],
        [replace(one, clause="house/demand.counsel_ruled") for one in whole],
        whole[1:] if not whole[0].is_given else [one for one in whole if one.is_given],
    ):
        said = failed(made.again(reasons=reasons), Asked(made.vkey))
        assert [one.partition(":")[0] for one in said] == ["the reasons"]
    assert failed(without(made, "demand.scoped"), Asked(made.vkey)) == [
        "the reasons: custody does not hold what the law answered before the list was proposed"
    ]


@pytest.mark.parametrize(("word", "holds"), [("met", True), ("unmet", False)])
def test_counsels_word_opens_what_the_law_left_unknown(
    premises: Any, monkeypatch: pytest.MonkeyPatch, word: str, *, holds: bool
) -> None:
    # Breaks when a ruling is not looked at, or when one that allows nothing opens a class.
    enter, scoped = productions._enter, productions.scoped(GIVEN | {RecordClass.ACTIVITY})
    answers = {**scoped["classes"], "name": "unknown"}

    def entered(house: Any, kind: str, who: str, body: Any) -> None:
        if kind == "demand.scoped":
            enter(house, kind, who, {**scoped, "classes": answers, "answers": {**scoped["answers"], "sca/name": {}}})
            body = {"demand": "dem_1", "classes": {**answers, "name": word}, "ruling": "ready"}
            kind, who = "demand.ruled", "opr-b"
        enter(house, kind, who, body)

    monkeypatch.setattr(productions, "_enter", entered)
    made = production(premises)
    by_counsel = {"clause": "house/demand.counsel_ruled"}
    reasons = [replace(one, **by_counsel) if one.record_class == "name" else one for one in made.contents.reasons]
    assert (failed(made.again(reasons=reasons), Asked(made.vkey)) == []) is holds
    assert len(failed(made.data, Asked(made.vkey))) == 1, "a clause of the law is named that did not open it"


def test_the_one_file_is_the_package_byte_for_byte() -> None:
    # Breaks when the verifier in productions is not the one that is tested: run python verifier/one_file.py.
    import runpy

    one = runpy.run_path(str(ROOT / "verifier" / "one_file.py"))
    kept = (ROOT / "src" / "gatebook" / "store" / "verify.txt").read_text(encoding="utf-8")
    assert kept == one["made"]()
    there: dict[str, Any] = {"__name__": "looked_at"}
    before = dict(sys.modules)
    try:
        exec(compile(kept, "verify.py", "exec"), there)  # noqa: S102  our own file is what is looked at
    finally:
        for name in set(sys.modules) - set(before):
            del sys.modules[name]
        sys.modules.update(before)
    assert "production" in there["MODULES"]
    for name, text in there["MODULES"].items():
        assert text == (ROOT / "verifier" / "gatebook_verifier" / f"{name}.py").read_text(encoding="utf-8")


def verify(script: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-I", "-S", "-E", str(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONIOENCODING": "ascii"},
    )


def test_the_file_out_of_the_bag_checks_the_bag(made: Production, tmp_path: Path) -> None:
    # Breaks when a court's machine, without Gatebook, cannot run what it was given, or cannot tell yes from no.
    path, script, key = written(made, tmp_path), tmp_path / "verify.py", tmp_path / "key"
    with zipfile.ZipFile(path) as archive:
        script.write_bytes(archive.read("prd_1/data/verify.py"))
    key.write_text(made.vkey)
    good = verify(script, str(path), "--vkey", str(key), "--digest", made.built.digest)
    assert (good.returncode, good.stderr) == (0, "")
    assert all(line.startswith(("holds: ", "All ")) for line in good.stdout.splitlines())
    alone = verify(script, str(path))
    assert alone.returncode == 0
    assert f"LOOK: {fingerprint(made.vkey)}" in alone.stdout
    place = random.Random(3).randrange(len(made.data))
    path.write_bytes(made.data[:place] + bytes([made.data[place] ^ 1]) + made.data[place + 1 :])
    bad = verify(script, str(path), "--vkey", made.vkey)
    assert (bad.returncode, "DOES NOT HOLD: " in bad.stdout) == (1, True)
    assert verify(script, str(tmp_path / "nothing"), "--vkey", made.vkey).returncode == 2
    (tmp_path / "empty").write_bytes(b"")
    assert verify(script, str(tmp_path / "empty"), "--vkey", made.vkey).returncode == 2
    assert verify(script).returncode == 2


@pytest.mark.parametrize("python", ["python3.8", "python3.9", "python3.12", "python3.13"])
def test_older_and_newer_pythons_run_it(made: Production, tmp_path: Path, python: str) -> None:
    # Breaks when the verifier uses what a Python of 2019 does not have, or what a newer one took away.
    import shutil

    found = shutil.which(python)
    if not found or subprocess.run([found, "--version"], check=False, capture_output=True).returncode:
        pytest.skip(f"no {python} is on this machine; the oldest that is meant is 3.8")
    path, script = written(made, tmp_path), tmp_path / "verify.py"
    script.write_bytes(made.contents.verifier)
    done = verify(script, str(path), "--vkey", made.vkey, python=found)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
