"""Killed at every step: whatever was reached, no account is open without its determination and the ledger verifies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gatebook.procedures import keep_house, look, open_account, publish_ledger
from gatebook.procedures.house import SCOPES, Operator
from gatebook.wiring import open_premises
from gatebook_verifier.checks import check_log

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = Operator("opr-test", SCOPES)

#: Runs one procedure and dies, without any clean-up, at the n-th call of a port: before it, or just after.
CHILD = """
import json, os, sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
sys.path[:0] = [{tests!r}]
import builders as b
from gatebook.procedures import open_account, close_account, expire_records, review, rescreen_account, publish_ledger, confirm_contact
from gatebook.procedures.house import SCOPES, Operator
from gatebook.wiring import CodeBox, open_premises
folder, act, die_at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
calls = 0
def tick():
    global calls
    calls += 1
    if calls == die_at:
        os._exit(9)
class Deadly:
    def __init__(self, inner): self._inner = inner
    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if name in ("ledger", "registers", "records", "outbox", "shelf"):
            return Deadly(found)
        if not callable(found):
            return found
        def call(*a, **k):
            tick()
            out = found(*a, **k)
            tick()
            return out
        return call
class DeadlyState(Deadly):
    @contextmanager
    def transaction(self):
        tick()
        with self._inner.transaction() as work:
            yield Deadly(work)
            tick()
        tick()
    @contextmanager
    def read(self):
        with self._inner.read() as work:
            yield Deadly(work)
operator, other = Operator("opr-test", SCOPES), Operator("opr-other", SCOPES)
with open_premises(folder, mail=CodeBox()) as premises:
    plain = premises.house
    vault = replace(plain.door.vault, ring=Deadly(plain.door.vault.ring))
    house = replace(plain, state=DeadlyState(plain.state), tiles=Deadly(plain.tiles), door=replace(plain.door, vault=vault))
    if act == "open":
        application_id, _ = open_account.open_account(house, operator, b.application(), [b.ANNA])
        confirm_contact.send_code(house, operator, application_id, "email")
        confirm_contact.answer_code(house, operator, application_id, "email", plain.senders["email"].last)
        publish_ledger.publish_ledger(house)
    else:
        ids = json.loads((folder / "ids.json").read_text())
        if act == "review":
            review.dispose(house, operator, ids["review"], "admit", "different")
        if act == "close":
            close_account.close_account(house, operator, ids["account"], "asked")
        if act == "rescreen":
            rescreen_account.rescreen_account(house, operator, ids["account"])
print(calls)
"""


def run(folder: Path, act: str, die_at: int) -> tuple[int, str]:
    code = CHILD.format(tests=str(ROOT / "tests"))
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), act, str(die_at)], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 9), done.stderr[-2000:]
    return done.returncode, done.stdout


def prepare(folder: Path) -> dict[str, str]:
    import builders as b
    from gatebook.procedures import confirm_contact
    from gatebook.wiring import CodeBox, init_house, sample_list

    init_house(folder, "kill.example/house", OPERATOR)
    with open_premises(folder, mail=CodeBox()) as premises:
        premises.shelf.put("sample", sample_list(), premises.now())
        house = premises.house
        opened, reviewed = (
            b.application(),
            b.application(b.person("Grigor Voronovsky", "1999-06-01", emails=["g@example.com"], phones=[])),
        )
        found: list[Any] = []
        for data, paper in (
            (opened, b.ANNA),
            (reviewed, b.passport("VORONOVSKY", "GRIGOR", "SWE", "990601", "X12345678")),
        ):
            application_id, _ = open_account.open_account(house, OPERATOR, data, [paper])
            confirm_contact.send_code(house, OPERATOR, application_id, "email")
            found.append(
                confirm_contact.answer_code(house, OPERATOR, application_id, "email", house.senders["email"].last)[1]
            )
        rows, _ = look.page(house, OPERATOR, "reviews", {"state": "open"}, "", 9)
    ids = {"account": found[0].account_id, "review": rows[0]["review_id"]}
    (folder / "ids.json").write_text(json.dumps(ids))
    return ids


def holds(folder: Path) -> None:
    with open_premises(folder) as premises:
        house = premises.house
        publish_ledger.publish_ledger(house)
        assert keep_house.rebuild(house, OPERATOR, lambda _, __: None) == []
        with house.state.read() as work:
            applications = work.registers.page("applications", {}, "", 100)
            accounts = work.registers.page("accounts", {}, "", 100)
            determined = {
                r["determination_id"]: r["outcome"] for r in work.registers.page("determinations", {}, "", 100)
            }
            records = {r["record_id"] for r in work.registers.page("records", {}, "", 1000)}
            assert all(work.records.get(record) for record in records)
        for row in applications:
            assert row["state"] in ("review", "admitted", "declined")
            assert (row["state"] == "admitted") == bool(row["account_id"])
            if row["state"] == "admitted":
                assert determined[row["determination_id"]].startswith("admit")
        assert {a["application_id"] for a in accounts} == {r["application_id"] for r in applications if r["account_id"]}
        for row in applications:
            if row["state"] == "review":
                open_account.determine_again(house, OPERATOR, row["application_id"])
        publish_ledger.publish_ledger(house)
    ledger = folder / "ledger"
    assert "every tile follows" in check_log(ledger, (ledger / "vkey").read_text())


@pytest.mark.parametrize("act", ["open", "review", "close", "rescreen"])
def test_killed_at_every_step_nothing_half_written_stands(tmp_path: Path, act: str) -> None:
    # Breaks when two writes that belong together are not in one transaction, or an act comes before its entry.
    import shutil

    prepare(tmp_path / "seed")
    status, out = run_copy(tmp_path, act, 10**9)
    assert status == 0
    calls = int(out)
    assert calls > 10
    steps = range(1, calls + 1, max(1, calls // 4))
    for die_at in steps:
        status, _ = run_copy(tmp_path, act, die_at)
        assert status == 9
        holds(tmp_path / "house")
        shutil.rmtree(tmp_path / "house")


def run_copy(tmp_path: Path, act: str, die_at: int) -> tuple[int, str]:
    import shutil

    shutil.rmtree(tmp_path / "house", ignore_errors=True)
    shutil.copytree(tmp_path / "seed", tmp_path / "house")
    return run(tmp_path / "house", act, die_at)
