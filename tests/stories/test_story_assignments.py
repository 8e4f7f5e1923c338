"""Who held it: a control plane says what accounts hold, an officer asks, by both shells."""

from __future__ import annotations

import contextlib
import csv
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gatebook.procedures.api_keys import make_key
from gatebook.procedures.assign import MOST_ROWS, assign, batch_root
from gatebook.procedures.check_assignments import check_assignments
from gatebook.record.entry import Entry
from gatebook.wiring.assignments import export_assignments, import_assignments

FROM, LATER, PAST = "2026-10-01T12:00:00Z", "2026-10-02T12:00:00Z", "2026-10-01T11:59:59.999999Z"
AT = "2026-10-01T12:00:05Z"


def row(thing: str = "203.0.113.9", account: str = "acc_a", **more: str) -> dict[str, str]:
    return {"kind": "address", "thing": thing, "account": account, "from": FROM, **more}


def entries(premises: Any, kind: str) -> list[Entry]:
    with premises.house.state.read() as work:
        found = [Entry.from_bytes(data) for data in work.ledger.read(0, work.ledger.size())]
    return [entry for entry in found if entry.kind == kind]


@pytest.fixture
def add(client: Any) -> Callable[..., Any]:
    return lambda *rows: client.post("/v1/assignments", json=list(rows) if len(rows) > 1 else rows[0])


def held(client: Any, thing: str = "203.0.113.9", at: str = AT, **more: str) -> Any:
    asked = {"kind": "address", "thing": thing, "at": at, "purpose": "legal-process", **more}
    return client.get("/v1/assignments/holder", params=asked)


def test_an_address_is_traced_to_its_holder_to_the_microsecond(client: Any, add: Any, premises: Any) -> None:
    # Breaks when who held an address at a boundary is another account than was noted, or asking leaves no entry.
    made = add(row(until=LATER)).json()
    assert (made["made"], made["unknown_accounts"]) == (1, 1)
    assert add(row(account="acc_b", **{"from": LATER})).status_code == 200
    got = [held(client, at=at).json()["account"] for at in (PAST, FROM, "2026-10-02T11:59:59.999999Z", LATER)]
    assert got == ["", "acc_a", "acc_a", "acc_b"]
    assert held(client, "::ffff:203.0.113.9").json()["chain"][0]["assignment_id"] == made["items"][0]["assignment_id"]
    asked = entries(premises, "trace.asked")
    assert [e.body for e in asked] == [{"question": "assignment.holder", "purpose": "legal-process"}] * 5


def test_two_claimants_are_both_named_and_the_address_is_not(client: Any, add: Any) -> None:
    # Breaks when a clash is not refused, does not say who is who, or shows the address.
    add(row())
    answer = add(row(account="acc_b", until=LATER))
    assert answer.status_code == 409
    detail = answer.json()["detail"]
    assert "acc_a" in detail and "acc_b" in detail and "203.0.113" not in answer.text


def test_a_lease_is_let_out_of_a_block_and_the_chain_is_shown(client: Any, add: Any) -> None:
    # Breaks when a reseller's block hides its lessee, or anybody may sit down in it.
    block = add(row("198.51.100.0/24", "acc_reseller")).json()["items"][0]["assignment_id"]
    assert add(row("198.51.100.7", "acc_x")).status_code == 409
    assert add(row("198.51.100.7", "acc_x", under="asg_0_0")).status_code == 422
    assert add(row("198.51.100.7", "acc_lessee", under=block)).status_code == 200
    assert add(row("198.51.0.0/16", "acc_other")).status_code == 409
    answer = held(client, "198.51.100.7").json()
    assert [a["account"] for a in answer["chain"]] == ["acc_lessee", "acc_reseller"]
    assert held(client, "198.51.100.8").json()["account"] == "acc_reseller"


def test_a_list_is_taken_row_by_row_and_given_twice_is_taken_once(client: Any, add: Any, premises: Any) -> None:
    # Breaks when one bad row costs the others, or a replay is a clash or a second entry.
    rows = [
        row(),
        row("x"),
        row(account="acc_b"),
        row("203.0.113.10", until="2026-01-01T00:00:00Z"),
        row("203.0.113.11"),
    ]
    answer = add(*rows).json()
    assert (answer["made"], answer["refused"]) == (2, 3)
    assert [(p["row"], p["pointer"], p["code"]) for p in answer["problems"]] == [
        (2, "/thing", "not-an-address"), (3, "/thing", "held"), (4, "/until", "not-after"),
    ]  # fmt: skip
    again = add(*rows).json()
    assert (again["made"], again["stands"], again["refused"], again["position"]) == (0, 2, 3, None)
    noted = entries(premises, "assignments.noted")
    assert [(e.body["assigned"], e.body["ended"]) for e in noted] == [(2, 0)]
    with premises.house.state.read() as work:
        batch = work.assignments.batch(answer["position"])
        assert batch is not None and batch_root(batch) == noted[0].body["root"]


def test_an_end_is_moved_and_what_was_said_before_is_kept(client: Any, add: Any, premises: Any) -> None:
    # Breaks when an end overwrites, or can be moved back.
    name = add(row()).json()["items"][0]["assignment_id"]
    before = premises.house.now().isoformat()

    def end(until: str) -> int:
        return int(client.post(f"/v1/assignments/{name}/end", json={"until": until, "note": "released"}).status_code)

    assert [end(at) for at in (LATER, LATER, "2026-10-03T00:00:00Z", PAST)] == [200, 409, 409, 409]
    assert held(client, at=LATER).json()["account"] == ""
    assert held(client, at=LATER, known_at=before).json()["account"] == "acc_a"
    asked = {"kind": "address", "thing": "203.0.113.9", "purpose": "audit"}
    shown = client.get("/v1/assignments/history", params=asked).json()["items"]
    assert [(e["until_before"], e["until"], e["note"]) for e in shown[0]["ends"]] == [
        (None, "2026-10-02T12:00:00.000000Z", "released")
    ]
    assert end(FROM) == 200
    assert add(row(account="acc_right")).status_code == 200
    shown = client.get("/v1/assignments/history", params=asked).json()["items"]
    assert [(a["account"], a.get("struck", False)) for a in shown] == [("acc_a", True), ("acc_right", False)]
    assert held(client).json()["account"] == "acc_right"
    assert held(client, known_at=before).json()["account"] == "acc_a"
    assert client.post("/v1/assignments/asg_9_9/end", json={"until": LATER}).status_code == 404
    with premises.house.state.read() as work:
        for entry, at in (
            (e, p) for p in range(work.ledger.size()) for e in [Entry.from_bytes(work.ledger.read(p, p + 1)[0])]
        ):
            if entry.kind == "assignments.noted":
                batch = work.assignments.batch(at)
                assert batch is not None and batch_root(batch) == entry.body["root"]


def test_all_an_account_held_comes_in_pages(client: Any, add: Any) -> None:
    # Breaks when a window leaves out what reaches into it, or a page loses a row.
    rows = [row(f"10.0.{n // 250}.{n % 250}", until=LATER) for n in range(450)]
    assert add(*rows).json()["made"] == 450
    add({"kind": "principal", "thing": "root@tenant", "account": "acc_a", "from": LATER})

    def page(**more: str) -> Any:
        return client.get("/v1/assignments", params={"account": "acc_a", "purpose": "abuse", **more}).json()

    first = page()
    second = page(after=first["next"])
    third = page(after=second["next"])
    assert [len(p["items"]) for p in (first, second, third)] == [200, 200, 51] and third["next"] == ""
    assert len({a["thing"] for p in (first, second, third) for a in p["items"]}) == 451
    assert [a["kind"] for a in page(**{"from": LATER})["items"]] == ["principal"]
    assert page(until=FROM)["items"] == []
    assert page(after="asg_7_7")["errors"][0]["pointer"] == "/after"
    inside = {"kind": "address", "thing": "10.0.1.0/24", "purpose": "abuse"}
    assert len(client.get("/v1/assignments/history", params=inside).json()["items"]) == 200


def test_control_planes_write_and_do_not_read(client: Any, premises: Any, operator: Any) -> None:
    # Breaks when the key that posts leases can trace people, or a look is enough to write.
    def key(*scopes: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {make_key(premises.house, operator, list(scopes), 1)[1]}"}

    asked = {"kind": "address", "thing": "203.0.113.9", "at": AT, "purpose": "audit"}
    for scopes, writes, reads in ((("record",), 200, 403), (("look", "read-records"), 403, 200)):
        headers = key(*scopes)
        assert client.post("/v1/assignments", json=row(), headers=headers).status_code == writes
        assert client.get("/v1/assignments/holder", params=asked, headers=headers).status_code == reads
    assert client.get("/v1/assignments/holder", params={**asked, "purpose": "curiosity"}).status_code == 422
    assert len(entries(premises, "trace.asked")) == 1


def test_too_many_at_once_are_refused_whole(premises: Any, operator: Any) -> None:
    # Breaks when one transaction holds everybody else up for minutes.
    from gatebook.errors import InvalidInput

    with pytest.raises(InvalidInput):
        assign(premises.house, operator, [(n, {}) for n in range(MOST_ROWS + 1)])


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["kind", "thing", "account", "from", "until", "under", "note"])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_lease_table_is_imported_exported_and_imported_again(premises: Any, operator: Any, tmp_path: Path) -> None:
    # Breaks when a table loses a row on its way in or out, or a bad line stops the rest.
    rows = [row(f"10.{n // 65536}.{n // 256 % 256}.{n % 256}", f"acc_{n % 7}", until=LATER) for n in range(300)]
    file = table(tmp_path / "leases.csv", [*rows, row("nothing"), row("2001:db8::/64", note='a "quoted", note')])
    told: list[int] = []
    found = import_assignments(premises.house, operator, file, lambda n, _: told.append(n), 100)
    assert (found.counts["made"], found.counts["refused"], len(found.positions), told) == (
        301,
        1,
        4,
        [100, 100, 100, 2],
    )
    assert [(p["row"], p["code"]) for p in found.problems] == [(301, "not-an-address")]
    for name in ("out.csv", "out.jsonl"):
        assert export_assignments(premises.house, operator, tmp_path / name, "audit") == 301
        again = import_assignments(premises.house, operator, tmp_path / name, lambda _, __: None)
        assert (again.counts["stands"], again.counts["refused"], again.positions) == (301, 0, [])
    (tmp_path / "torn.jsonl").write_bytes(
        json.dumps(row("192.0.2.1")).encode()
        + b'\n\n{"kind": \n[1]\n'
        + b"x" * 200_000
        + b"\n"
        + json.dumps(row("192.0.2.2")).encode()
    )
    found = import_assignments(premises.house, operator, tmp_path / "torn.jsonl", lambda _, __: None)
    assert found.counts["made"] == 2
    assert [(p["row"], p["code"]) for p in found.problems] == [
        (3, "not-json"),
        (4, "not-an-object"),
        (5, "line-too-long"),
    ]


def test_what_was_rewritten_in_the_database_is_found(client: Any, add: Any, premises: Any, tmp_path: Path) -> None:
    # Breaks when a lease can be given to another account afterwards, and nobody is told.
    name = add(row(), row("192.0.2.1")).json()["items"][0]["assignment_id"]
    client.post(f"/v1/assignments/{name}/end", json={"until": LATER})
    add(row("192.0.2.2"))

    def check() -> tuple[int, int, int]:
        answer = client.post("/v1/assignments/checks").json()
        assert (answer["batches"], answer["assignments"]) == (3, 3)
        return len(answer["differing"]), answer["unentered"], answer["assignments"]

    assert check() == (0, 0, 3)
    changes = {
        "UPDATE assignments SET account = 'acc_z' WHERE thing = '192.0.2.2'": (1, 0),
        "UPDATE assignments SET until_at = until_at - 1 WHERE thing = '203.0.113.9'": (0, 1),
        "UPDATE assignment_ends SET until_before = until_before - 1": (2, 0),
        "DELETE FROM assignment_ends": (2, 2),
        "UPDATE assignments SET number = 7 WHERE thing = '192.0.2.2'": (1, 0),
    }
    for change, found in changes.items():
        file = premises.folder / "state.db"
        raw = sqlite3.connect(file, isolation_level=None)
        saved = tmp_path / "saved.db"
        with contextlib.closing(sqlite3.connect(saved)) as copy:
            raw.backup(copy)
        raw.execute("DROP TRIGGER assignments_only_ends")
        raw.execute(change)
        assert check()[:2] == found, change
        with contextlib.closing(sqlite3.connect(saved)) as copy:
            copy.backup(raw)
        raw.close()
    assert check() == (0, 0, 3)


KILLED = """
import dataclasses, os, signal, sys
from pathlib import Path
from gatebook.procedures.house import SCOPES, Operator
from gatebook.wiring.assignments import import_assignments
from gatebook.wiring.premises import open_premises

drawn = []
with open_premises(Path(sys.argv[1])) as premises:
    def draw(n):  # asked for within a batch's transaction
        drawn.append(n)
        if len(drawn) == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return os.urandom(n)
    house = dataclasses.replace(premises.house, draw=draw)
    import_assignments(house, Operator("opr-test", SCOPES), Path(sys.argv[2]), lambda _, __: None, 50)
"""


def test_an_import_that_was_killed_is_given_again_as_it_is(premises: Any, operator: Any, tmp_path: Path) -> None:
    # Breaks when half a batch is kept, a batch has no entry, or a row is noted twice.
    file = table(tmp_path / "leases.csv", [row(f"10.0.{n // 250}.{n % 250}") for n in range(400)])
    done = subprocess.run([sys.executable, "-c", KILLED, str(premises.folder), str(file)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert [e.body["assigned"] for e in entries(premises, "assignments.noted")] == [50, 50, 50]
    again = import_assignments(premises.house, operator, file, lambda _, __: None)
    assert (again.counts["stands"], again.counts["made"], again.counts["refused"]) == (150, 250, 0)
    found = check_assignments(premises.house, operator, lambda _: None)
    assert (found.batches, found.assignments, found.differing, found.unentered) == (4, 400, (), 0)


def test_the_command_line_does_the_same(premises: Any, tmp_path: Path) -> None:
    # Breaks when a command cannot do what its route can.
    from gatebook.cli.main import app

    def gatebook(*arguments: str, status: int = 0) -> Any:
        done = CliRunner().invoke(app, ["assignment", *arguments, "--house", str(premises.folder)])
        assert done.exit_code == status, done.output
        return json.loads(done.stdout) if done.stdout.startswith("{") else done

    name = gatebook("add", "address", "203.0.113.9", "acc_a", "--from", FROM)["items"][0]["assignment_id"]
    assert "acc_a" in str(gatebook("add", "address", "203.0.113.9", "acc_b", "--from", AT, status=1).exception)
    gatebook("end", name, LATER)
    assert gatebook("holder", "address", "203.0.113.9", "--at", AT, "--purpose", "abuse")["account"] == "acc_a"
    assert len(gatebook("history", "address", "203.0.113.9", "--purpose", "abuse")["items"][0]["ends"]) == 1
    assert len(gatebook("of", "acc_a", "--purpose", "abuse")["items"]) == 1
    file = table(tmp_path / "leases.csv", [row("192.0.2.1"), row("192.0.2.1", "acc_b")])
    assert gatebook("import", str(file), status=1)["refused"] == 1
    assert gatebook("export", "--purpose", "audit", "--out", str(tmp_path / "o.csv"))["assignments"] == 2
    assert gatebook("check")["differing"] == []
    assert "assignment_id,kind,thing" in gatebook("export", "--purpose", "audit").stdout
