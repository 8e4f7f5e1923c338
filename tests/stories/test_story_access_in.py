"""Access events come in: over HTTP, from files, from files that grow; and a source that falls silent is missed."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from gatebook.procedures import access_sources, log_access
from gatebook.procedures.access_sources import Silence, note_gaps
from gatebook.procedures.api_keys import make_key
from gatebook.record.entry import Entry
from gatebook.record.events.columns import from_columns
from gatebook.terms.access_event import AccessEvent

PATH = "/v1/access-events"


def line(n: int, **more: object) -> str:
    return json.dumps({"at": f"2026-11-20T12:00:{n % 60:02d}Z", "principal": f"p{n}", "address": "203.0.113.9", **more})


def body(*numbers: int) -> bytes:
    return "".join(line(n) + "\n" for n in numbers).encode()


def kept(premises: Any) -> list[AccessEvent]:
    return [event for batch in premises.access_log.pending(10**9) for event in from_columns(batch.rows)]


def entries(premises: Any, kind: str) -> list[Entry]:
    with premises.house.state.read() as work:
        found = [Entry.from_bytes(data) for data in work.ledger.read(0, work.ledger.size())]
    return [entry for entry in found if entry.kind == kind]


@pytest.fixture
def run(premises: Any) -> Callable[..., Any]:
    from gatebook.cli.main import app

    def runs(*arguments: object, given: bytes | None = None, code: int = 0) -> Any:
        house = [] if arguments[0] in {"convert", "schema", "formats"} else ["--house", str(premises.folder)]
        done = CliRunner().invoke(app, ["access", *map(str, arguments), *house], input=given)
        assert done.exit_code == code, done.output + repr(done.exception)
        return done

    return runs


# -- over HTTP


def test_a_batch_is_on_the_disk_when_it_is_answered(client: Any, premises: Any) -> None:
    # Breaks when a receipt comes before the batch is kept, or its counts are not those of the records.
    answer = client.post(PATH, params={"source": "edge"}, content=body(1, 2) + b"{torn\n")
    assert answer.status_code == 202
    receipt = answer.json()
    assert (receipt["rows"], receipt["unmapped"], receipt["repeated"]) == (3, 1, False)
    assert receipt["forms"] == {"own": 2} and receipt["marks"] == {"unmapped": 1}
    events = kept(premises)
    assert [event.principal for event in events] == ["p1", "p2", ""] and events[2].detail == "{torn"
    assert {event.source for event in events} == {"edge"}
    assert client.get(f"{PATH}/{receipt['batch']}").json() == {"batch": receipt["batch"], "state": "waiting"}
    assert client.get(f"{PATH}/bat_none").status_code == 404


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "identity"])
def test_the_same_batch_sent_again_is_answered_with_its_receipt(client: Any, premises: Any, encoding: str) -> None:
    # Breaks when a sender that was not answered counts everything twice, however it compresses the second time.
    plain = body(*range(50))
    packed = {"gzip": gzip.compress(plain), "zstd": bytes(pa.Codec("zstd").compress(plain, asbytes=True))}
    first = client.post(PATH, content=plain).json()
    again = client.post(PATH, content=packed.get(encoding, plain), headers={"Content-Encoding": encoding})
    assert again.status_code == 202 and again.json() == {**first, "repeated": True}
    assert len(kept(premises)) == 50
    assert client.post(PATH, params={"source": "other"}, content=plain).json()["repeated"] is False


def test_a_batch_that_two_send_at_once_has_one_id(client: Any, premises: Any, monkeypatch: Any) -> None:
    # Breaks when one of two senders is given an id under which nothing ever is.
    looks, answers = log_access._known, list[Any]()

    def slowly(*given: Any) -> str | None:
        found = looks(*given)
        if not answers:  # another sends it, and it is sealed, between the look and the keeping
            answers.append(None)
            answers[0] = client.post(PATH, params={"source": "edge"}, content=body(1)).json()
            with premises.access() as access:
                access.seal()
        return found

    monkeypatch.setattr(log_access, "_known", slowly)
    second = client.post(PATH, params={"source": "edge"}, content=body(1)).json()
    assert second["batch"] == answers[0]["batch"]
    with premises.access() as access:
        access.seal()
    assert client.get(f"{PATH}/{second['batch']}").json()["rows"] == 1 and kept(premises) == []


def test_a_batch_that_was_sealed_is_still_known(client: Any, premises: Any) -> None:
    # Breaks when a batch sent again after it left the log is taken for a new one, or nobody can say where it is.
    first = client.post(PATH, params={"source": "edge"}, content=body(1, 2)).json()
    with premises.access() as access:
        access.seal()
    assert kept(premises) == [] and list((premises.folder / "access" / "log").iterdir()) == []
    again = client.post(PATH, params={"source": "edge"}, content=body(1, 2)).json()
    assert again == {**first, "repeated": True} and kept(premises) == []
    told = client.get(f"{PATH}/{first['batch']}").json()
    assert (told["state"], told["rows"], told["segments"]) == ("sealed", 2, [1])
    entry = client.get(f"/v1/ledger/entries/{told['position']}").json()
    assert first["batch"] in json.dumps(entry)


def test_what_cannot_be_taken_is_refused_with_a_reason_and_nothing_is_kept(client: Any, premises: Any) -> None:
    # Breaks when a bomb, half a stream or an unknown name is taken, or the answer does not say what is wrong.
    def refused(status: int, content: bytes, encoding: str = "", **params: str) -> list[dict[str, str]]:
        headers = {"Content-Encoding": encoding} if encoding else {}
        answer = client.post(PATH, params=params, content=content, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json().get("errors", [])

    assert refused(422, b"")[0]["pointer"] == "/body" == refused(422, b"\n \n")[0]["pointer"]
    assert refused(415, body(1), "br") == []
    assert refused(413, gzip.compress(bytes(80 * 1024 * 1024)), "gzip")[0]["code"] == "too-large"
    assert refused(422, gzip.compress(body(1))[:-3], "gzip")[0]["code"] == "truncated"
    assert refused(413, b"x\n" * 300_000)[0]["reason"].startswith("at most 200,000")
    problems = refused(422, body(1), source="two words", format="nothing")
    assert {problem["pointer"] for problem in problems} == {"/source", "/format"}
    assert kept(premises) == []


def test_a_body_may_be_as_large_as_the_setting_says_and_others_may_not(client: Any, premises: Any) -> None:
    # Breaks when this route is held to the limit of the others, or all others to this one's.
    large = b"".join(line(n, session="s" * 900).encode() + b"\n" for n in range(3000))
    assert len(large) > 2 * 1024 * 1024
    assert client.post(PATH, content=large).status_code == 202
    assert client.post("/v1/gate", content=large).status_code == 413
    over = client.post(PATH, content=bytes(16 * 1024 * 1024 + 1))
    assert over.status_code == 413 and "16 MiB" in over.json()["detail"]


def test_only_who_may_record_may_log(client: Any, premises: Any, operator: Any) -> None:
    # Breaks when a key for looking can write into the record.
    _, secret = make_key(premises.house, operator, ["look", "gate"], 30)
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.post(PATH, content=body(1), headers=headers).status_code == 403
    assert client.post(PATH, content=body(1), headers={"Authorization": ""}).status_code == 401
    assert kept(premises) == [] and entries(premises, "permission.refused")[-1].body["act"] == "log-access"


def test_the_clock_and_the_proxies_of_a_house_are_settings(client: Any, premises: Any) -> None:
    # Breaks when a wrong clock goes unmarked, or a declared proxy is taken for whoever came through it.
    settings = premises.settings.model_copy(
        update={"access_future_minutes": 0, "access_proxies": (ip_network("198.51.100.0/24"),)}
    )
    object.__setattr__(premises, "settings", settings)
    ahead = (premises.now() + timedelta(minutes=2)).isoformat()
    client.post(PATH, content=line(1, at=ahead, address="192.0.2.1, 203.0.113.7, 198.51.100.9").encode())
    (event,) = kept(premises)
    assert "time-in-future" in event.marks and event.address == "203.0.113.7"


# -- from files


def test_files_are_converted_without_a_house(run: Any, tmp_path: Path) -> None:
    # Breaks when converting needs a house, keeps something, drops a record, or hides a file that is cut off.
    (tmp_path / "a.log").write_bytes(body(1) + b"nobody reads this {\n")
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(body(2)))
    done = run("convert", tmp_path / "a.log", tmp_path / "b.log.gz", "--source", "edge")
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    assert [row["principal"] for row in rows] == ["p1", "", "p2"] and {row["source"] for row in rows} == {"edge"}
    assert "3 records, 1 unmapped" in done.stderr
    assert [json.loads(row)["principal"] for row in run("convert", "-", given=body(3)).stdout.splitlines()] == ["p3"]
    (tmp_path / "c.gz").write_bytes(gzip.compress(body(4))[:-1])
    done = run("convert", tmp_path / "c.gz", tmp_path / "none", tmp_path / "a.log", code=1)
    assert [json.loads(row)["principal"] for row in done.stdout.splitlines()] == ["p4", "p1", ""]
    assert "c.gz" in done.stderr and "none" in done.stderr


def test_files_are_converted_to_events_of_the_framework(run: Any, tmp_path: Path) -> None:
    # Breaks when nobody can have our events as OCSF, or what was converted so reads back as something else.
    (tmp_path / "a.log").write_bytes(body(1) + b"nobody reads this {\n")
    out = run("convert", tmp_path / "a.log", "--source", "edge", "--to", "ocsf").stdout
    first, second = map(json.loads, out.splitlines())
    assert first["metadata"]["version"] == "1.5.0" and first["class_uid"] == 6003
    assert first["actor"]["user"]["uid"] == "p1" and second["raw_data"] == "nobody reads this {"
    again = json.loads(run("convert", "-", given=out.splitlines()[0].encode()).stdout)
    assert (again["principal"], again["address"], again["at"]) == ("p1", "203.0.113.9", "2026-11-20T12:00:01.000000Z")
    run("convert", tmp_path / "a.log", "--to", "nothing", code=2)


def test_a_file_given_again_or_grown_counts_nothing_twice(run: Any, premises: Any, tmp_path: Path) -> None:
    # Breaks when batches of a file are not known again, or equal records of one file become one.
    (tmp_path / "logs" / ".old").mkdir(parents=True)
    (tmp_path / "logs" / ".old" / "edge.log").write_bytes(body(99))
    log, same = tmp_path / "logs" / "edge.log", line(7) + "\n"
    log.write_text(same * 3 + "".join(line(n) + "\n" for n in range(45_000)))
    first = json.loads(run("ingest", tmp_path / "logs").stdout)
    assert (first["batches"], first["rows"], first["repeated"]) == (3, 45_003, 0)
    again = json.loads(run("ingest", log).stdout)
    assert (again["batches"], again["repeated"]) == (3, 3)
    with log.open("a") as file:
        file.write(line(44_999) + "\n")  # equal to the one before it
    grown = json.loads(run("ingest", log).stdout)
    assert (grown["batches"], grown["repeated"]) == (3, 2)
    unlike = {(e.at, e.principal, e.nth) for e in kept(premises)}
    assert len(unlike) == 45_004 and max(event.nth for event in kept(premises)) == 3


def test_a_follower_goes_on_where_it_stood(run: Any, premises: Any, tmp_path: Path) -> None:
    # Breaks when a restart reads again what was kept, or two equal lines in two looks become one.
    log = tmp_path / "edge.log"
    log.write_text(line(1) + "\n" + line(2))
    told = [json.loads(run("follow", log, "--once").stdout)["rows"]]
    for more in ("\n", line(2) + "\n", ""):
        with log.open("a") as file:
            file.write(more)
        told.append(json.loads(run("follow", log, "--once").stdout)["rows"])
    assert told == [1, 1, 1, 0]
    assert [(event.principal, event.nth) for event in kept(premises)] == [("p1", 0), ("p2", 0), ("p2", 1)]


def test_a_follower_ends_in_order_when_it_is_told_to(premises: Any, tmp_path: Path) -> None:
    # Breaks when SIGTERM cuts a batch off, or a second follower of the same files counts everything twice.
    log = tmp_path / "edge.log"
    log.write_bytes(body(1))
    command = [sys.executable, "-m", "gatebook.cli.main", "access", "follow", str(log), "--interval", "0.05"]
    command += ["--house", str(premises.folder)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=child_env())
    try:
        while not kept(premises):
            assert child.poll() is None, child.stderr and child.stderr.read()
        second = subprocess.run([*command, "--once"], capture_output=True, text=True, check=False, env=child_env())
        assert second.returncode == 1 and "follows the same files" in second.stderr
        child.send_signal(signal.SIGTERM)
        out, _ = child.communicate(timeout=30)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 0 and json.loads(out)["rows"] == 1


def child_env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": "src"}


# -- sources


def test_a_source_that_falls_silent_is_entered_once_and_so_is_its_return(client: Any, premises: Any) -> None:
    # Breaks when a hole in the record goes unseen, is entered every minute, or names what is no slug.
    client.post(PATH, params={"source": "edge"}, content=body(1))
    client.post(PATH, content=line(2, source="bo@example.com").encode())
    start, silence = premises.now(), Silence(60, {"edge": 10})

    def house_at(minutes: float) -> Any:
        return replace(premises.house, now=lambda: start + timedelta(minutes=minutes))

    assert note_gaps(house_at(9), silence).silent == ()
    assert note_gaps(house_at(11), silence).silent == ("edge",)
    assert note_gaps(house_at(12), silence).silent == ()
    (other,) = note_gaps(house_at(61), silence).silent
    assert other.startswith("sha256-")
    gaps = entries(premises, "access.gap")
    assert [gap.body["source"] for gap in gaps] == ["edge", other] and "since" in gaps[0].body
    object.__setattr__(premises, "now", lambda: start + timedelta(minutes=70))
    del premises.__dict__["house"]
    metric = 'gatebook_access_source_silent{source="edge"}'
    assert f"{metric} 1.0" in client.get("/metrics").text
    client.post(PATH, params={"source": "edge"}, content=body(3))
    assert note_gaps(premises.house, silence).resumed == ("edge",)
    assert note_gaps(premises.house, silence).resumed == ()
    assert [entry.body["source"] for entry in entries(premises, "access.resumed")] == ["edge"]
    assert f"{metric} 0.0" in client.get("/metrics").text
    states = {one["source"]: one["state"] for one in client.get("/v1/access-sources").json()["items"]}
    assert states == {"edge": "sending", other: "silent"}


def test_what_a_record_calls_its_source_is_never_shown(client: Any, premises: Any, run: Any) -> None:
    # Breaks when a name that anybody may write into a record stands in the ledger for ever, or in a metric.
    client.post(PATH, content=line(1, source="anna.ahlin-1973-01-01").encode())
    client.post(PATH, content=b"nobody reads this {")
    client.post(PATH, content=line(2).encode())
    names = {one["source"] for one in json.loads(run("sources").stdout)["items"]}
    assert {"own", "unmapped"} < names and len(names) == 3
    (other,) = names - {"own", "unmapped"}
    house = replace(premises.house, now=lambda: premises.now() + timedelta(hours=2))
    assert note_gaps(house, Silence(180, {"anna.ahlin-1973-01-01": 60})).silent == (other,)  # a setting may name it
    assert "anna" not in client.get("/metrics").text and "anna" not in repr(entries(premises, "access.gap"))


def test_a_feed_that_sends_one_batch_over_and_over_falls_silent(client: Any, premises: Any) -> None:
    # Breaks when a sender that hangs on one batch hides that nothing new comes.
    start = premises.now()
    client.post(PATH, params={"source": "edge"}, content=body(1))
    object.__setattr__(premises, "now", lambda: start + timedelta(minutes=70))
    del premises.__dict__["house"]
    assert client.post(PATH, params={"source": "edge"}, content=body(1)).json()["repeated"] is True
    assert note_gaps(premises.house, Silence()).silent == ("edge",)


def test_sources_that_are_not_watched_are_said_to_be(client: Any, premises: Any, monkeypatch: Any) -> None:
    # Breaks when a source too many falls silent one day and nobody was told that it would not be missed.
    monkeypatch.setattr(access_sources, "_MOST", 2)
    metric = "gatebook_access_sources_unwatched"
    for number, name in enumerate(("a", "b")):
        client.post(PATH, params={"source": name}, content=body(number))
    assert client.get("/v1/access-sources").json()["some_unwatched"] is False
    assert f"{metric} 0.0" in client.get("/metrics").text
    assert client.post(PATH, params={"source": "c"}, content=body(3)).status_code == 202
    told = client.get("/v1/access-sources").json()
    assert [one["source"] for one in told["items"]] == ["a", "b"] and told["some_unwatched"] is True
    assert f"{metric} 1.0" in client.get("/metrics").text
    start = premises.now()
    object.__setattr__(premises, "now", lambda: start + timedelta(days=2))
    del premises.__dict__["house"]
    assert client.get("/v1/access-sources").json()["some_unwatched"] is False


def test_both_shells_show_the_same(client: Any, premises: Any, run: Any) -> None:
    # Breaks when a command and its route tell two things.
    batch = client.post(PATH, params={"source": "edge"}, content=body(1)).json()["batch"]
    assert json.loads(run("batch", batch).stdout) == client.get(f"{PATH}/{batch}").json()
    assert json.loads(run("sources").stdout) == client.get("/v1/access-sources").json()
    assert json.loads(run("schema").stdout) == client.get(f"{PATH}/schema").json()
    names = {row["format"] for row in json.loads(run("formats", "--json").stdout)}
    assert {"own", "cadf", "cloudtrail"} <= names and "cadf" in run("formats").stdout
