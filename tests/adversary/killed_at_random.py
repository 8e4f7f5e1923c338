"""A house whose process is killed by the operating system at any moment, again and again, and goes on.

Run by the tests in a process of its own: ``-m adversary.killed_at_random <seed> <folder> <rounds>`` prints how many
applications it came to as JSON. Here nothing is drawn in order: clock, ids and randomness are the real ones.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import builders as b
from adversary.killing import OFFICER, Scene, forked, holds
from gatebook.api.idempotency import once
from gatebook.procedures import confirm_contact, open_account, render
from gatebook.procedures.keep_house import note_list
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.procedures.resume_applications import resume_applications
from gatebook.wiring.founding import init_house
from gatebook.wiring.lists import sample_list
from gatebook.wiring.premises import CodeBox, Premises, open_premises

_SURNAMES = ("Ahlin", "Bodin", "Croner", "Dahl", "Edlund", "Falk", "Grip", "Hagman", "Isling", "Juhlin")


def seed_house(folder: Path) -> None:
    init_house(folder, "random.example/house", OFFICER)
    with open_premises(folder) as premises:
        edition = premises.shelf.put("sample", sample_list(), premises.now())
        note_list(premises.house, OFFICER, "sample", edition.digest, len(edition.parties), 0)


def _one(premises: Premises, n: int) -> None:
    """One applicant from their application to their account, as a client with an idempotency key would do it."""
    surname, number = _SURNAMES[n % 10], f"X{20_000_000 + n}"
    who = b.person(f"Nils {surname}", "1973-01-01", emails=[f"n{n}@example.com"], phones=[f"+46701{230_000 + n}"])
    data = b.application(who, payments=[{"kind": "processor", "processor": "p", "token": f"tok-{n}"}])
    data["access"]["at"] = premises.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    papers = [b.passport(surname.upper(), "NILS", "SWE", "730101", number)]
    house = premises.house

    def act(remember: open_account.Remember) -> dict[str, Any]:
        return render.determined(*open_account.open_account(house, OFFICER, data, papers, remember))

    found = once(house, OFFICER, f"key-{n}", "applications", str(n).encode(), act)
    confirm_contact.send_code(house, OFFICER, found["application_id"], "email")
    code = house.senders["email"].last  # type: ignore[attr-defined]
    confirm_contact.answer_code(house, OFFICER, found["application_id"], "email", code)
    publish_ledger(house)


def _work(folder: Path, first: int) -> None:
    with open_premises(folder, mail=CodeBox()) as premises:
        for n in range(first, first + 1000):
            _one(premises, n)


def _killed_after(folder: Path, first: int, seconds: float) -> None:
    child = os.fork()
    if not child:
        forked_out = 1
        try:
            _work(folder, first)
        finally:
            os._exit(forked_out)
    time.sleep(seconds)  # the moment of the kill is the subject; there is no condition to wait for
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status), "the child ended by itself before it was killed"


def _look(folder: Path) -> None:
    with open_premises(folder, mail=CodeBox()) as premises:
        scene = Scene(premises, premises.house, {}, None)  # type: ignore[arg-type]
        holds(scene)
        resume_applications(premises.house, OFFICER, timedelta(0))
        assert resume_applications(premises.house, OFFICER, timedelta(0)) == []
        holds(scene)
        with premises.house.state.read() as work:
            rows = work.registers.page("applications", {}, "", 10_000)
        assert all(row["state"] == "admitted" or row["waiting_on"] == "applicant" for row in rows)
        (folder.parent / "applications").write_text(str(len(rows)))


if __name__ == "__main__":
    seed, folder, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True)
    shutil.copytree(seed, folder / "house")
    chosen = random.Random(int(os.environ.get("GATEBOOK_TEST_SEED", "0")) or None)
    for turn in range(rounds):
        _killed_after(folder / "house", turn * 1000, chosen.uniform(0.05, 0.8))
        assert forked(lambda: _look(folder / "house")) == 0
    reached = int((folder / "applications").read_text())
    print(json.dumps({"rounds": rounds, "applications": reached}))  # noqa: T201  the tests read it
