"""Every procedure that is killed, and the houses it is killed in.

Run by the tests in a process of its own, which loads everything once: each line ``[seed, folder, procedure, first,
every]`` it reads has it kill at every so-many-th step from the first, leave what it saw in ``<folder>.json`` or
``<folder>.err``, and print a status.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import builders as b
from adversary.killing import (
    BEGAN,
    OFFICER,
    OTHER,
    Ground,
    Procedure,
    Scene,
    deadly_call,
    forked,
    kill_everywhere,
    opened,
)
from gatebook.api.idempotency import once
from gatebook.errors import Conflict
from gatebook.outside.webhooks import DeliveryResult, next_attempt_after
from gatebook.procedures import (
    api_keys,
    close_account,
    confirm_contact,
    expire_records,
    keep_house,
    open_account,
    publish_ledger,
    receive_demand,
    render,
    rescreen_account,
    rescreen_delta,
    resume_applications,
    review,
    webhooks,
    withdraw_application,
)
from gatebook.terms.demand import Channel
from gatebook.wiring.founding import init_house
from gatebook.wiring.lists import sample_list

#: name -> (surname, given, born on): nobody shares anything by which an earlier dealing would be found
_PEOPLE = {
    "account": ("ERIKSSON", "ANNA", "1974-08-12"),
    "listed": ("BERGQVIST", "BERTA", "1980-02-03"),
    "listed_too": ("SANDELIN", "SVEN", "1981-02-03"),
    "review": ("VORONOVSKY", "GRIGOR", "1999-06-01"),
    "high": ("HOLMGREN", "HANS", "1970-01-01"),
    "waiting": ("WALLIN", "WERA", "1971-01-01"),
    "pending": ("PERSSON", "PIA", "1972-01-01"),
    "new": ("NYMAN", "NILS", "1973-01-01"),
    "declined": ("AL-QASRAWI", "HAIDAR MUNIR", "1966-05-05"),
    "blocked": ("MARENHOLTZ", "YSOLDE", "1984-09-02"),
    "cut": ("CEDERLUND", "CARL", "1975-01-01"),
    "undone": ("UGGLA", "ULLA", "1976-01-01"),
}


def application(name: str, **more: Any) -> dict[str, Any]:
    surname, given, born = _PEOPLE[name]
    n = list(_PEOPLE).index(name)
    reached = {"emails": [f"{name}@example.com"], "phones": [f"+4670123{4500 + n}"]}
    who = b.person(f"{given.title()} {surname.title()}", born, **reached)
    card = {"kind": "card", "bin": "400000", "last4": f"{1000 + n}", "country": "SE"}
    return b.application(who, payments=[card], **more)


def paper(name: str) -> dict[str, Any]:
    surname, given, born = _PEOPLE[name]
    return b.passport(surname.replace("-", "<"), given, "SWE", born[2:].replace("-", ""), _number(name))


def _number(name: str) -> str:
    return f"X{10_000_000 + list(_PEOPLE).index(name)}"


def _listed(*names: str) -> dict[str, bytes]:
    """The sample list as of later, when these people are on it."""
    files = sample_list()
    row = '{n},"{s}, {g}",individual,CYBER2,-0-,-0-,-0-,-0-,-0-,-0-,-0-,DOB {d}{p}.\r\n'
    months = {"02": "Feb", "09": "Sep", "05": "May"}
    for n, name in enumerate(names):
        surname, given, born = _PEOPLE[name]
        year, month, day = born.split("-")
        number = f"; Passport {_number(name)} (Sweden)" if name == "listed" else ""
        line = row.format(n=98000 + n, s=surname, g=given.title(), d=f"{day} {months[month]} {year}", p=number)
        end = files["SDN.CSV"].rfind(b"\x1a")
        body = files["SDN.CSV"] if end < 0 else files["SDN.CSV"][:end]
        files["SDN.CSV"] = body.rstrip(b"\r\n") + b"\r\n" + line.encode()
    return files


def _load(scene: Scene, files: dict[str, bytes], *, confirmed: bool = False) -> None:
    edition = scene.premises.shelf.put("sample", files, scene.house.now(), confirmed=confirmed)
    keep_house.note_list(scene.house, OFFICER, "sample", edition.digest, len(edition.parties), 0)


def _send_code(scene: Scene, application_id: str) -> str:
    confirm_contact.send_code(scene.house, OFFICER, application_id, "email")
    return str(scene.premises.house.senders["email"].last)  # type: ignore[attr-defined]


def _confirm(scene: Scene, application_id: str) -> Any:
    code = _send_code(scene, application_id)
    return confirm_contact.answer_code(scene.house, OFFICER, application_id, "email", code)[1]


def seed_house(folder: Path) -> None:
    """A house where every procedure has something to do."""
    init_house(folder, "kill.example/house", OFFICER, lambda: BEGAN)
    with opened(folder, BEGAN, "seed") as scene:
        house, ids = scene.house, scene.ids
        _load(scene, sample_list())
        key, _ = api_keys.make_key(house, OFFICER, ["apply"], 30)
        for name in ("account", "listed", "listed_too", "review", "waiting", "pending", "high"):
            kind = {"account_type": "gpu"} if name == "high" else {}
            papers = [] if name == "waiting" else [paper(name)]
            ids[name], _ = open_account.open_account(house, OFFICER, application(name, **kind), papers)
            if name != "pending":
                found = _confirm(scene, ids[name])
                ids[f"{name}.account"] = found.account_id
        ids["code"] = _send_code(scene, ids["pending"])
        _load(scene, _listed("listed", "listed_too", "declined"))
        webhooks.add_endpoint(house, OFFICER, "https://provider.example/events", scene.premises.webhook_secret)
        ids["declined"], found = open_account.open_account(house, OFFICER, application("declined"))
        assert found.determination.outcome == "decline"
        rescreen_account.rescreen_account(house, OFFICER, ids["listed_too.account"])
        _note_ids(scene, key)


def _note_ids(scene: Scene, key: str) -> None:
    ids = scene.ids
    with scene.house.state.read() as work:
        for row in work.registers.page("reviews", {"state": "open"}, "", 100):
            name = next(n for n, value in ids.items() if value == row["application_id"])
            ids[f"{name}.review"] = row["review_id"]
        ids["applications"] = str(work.registers.count("applications", {}))
    ids["key"] = key
    wanted = {"account.account", "listed.account", "listed_too.account", "listed_too.review", "review.review"}
    assert {k for k in (*wanted, "high.review") if ids.get(k)} == {*wanted, "high.review"}
    (scene.premises.folder / "ids.json").write_text(json.dumps(ids))


def cut_off_house(folder: Path) -> None:
    """The same house after three crashes: nothing determined, an admission not carried out, a word not settled."""
    seed_house(folder)
    with opened(folder, BEGAN + timedelta(minutes=1), "cut") as scene:
        house, ids = scene.house, scene.ids

        class Cut(Exception):
            pass

        def cut(*_: object, **__: object) -> Any:
            raise Cut

        with suppress(Cut):
            open_account.open_account(replace(house, screener=cut), OFFICER, application("cut"), [paper("cut")])
        undone, _ = open_account.open_account(house, OFFICER, application("undone"), [paper("undone")])
        with suppress(Cut), patch("gatebook.procedures.determine_application._carry_out", cut):
            _confirm(scene, undone)
        with suppress(Cut), patch("gatebook.procedures.review.carry_out", cut):
            review.dispose(house, OFFICER, ids["listed_too.review"], "decline", "same")


def settled_house(folder: Path) -> None:
    """The same house with an account restricted, no review in hand, and the list as it was before."""
    seed_house(folder)
    with opened(folder, BEGAN + timedelta(minutes=1), "settled") as scene:
        review.dispose(scene.house, OFFICER, scene.ids["listed_too.review"], "admit")
        _load(scene, sample_list(), confirmed=True)


def lapsed_house(folder: Path) -> None:
    """The same house once more, with a review of whoever was held back for a party that left."""
    settled_house(folder)
    with opened(folder, BEGAN + timedelta(minutes=1, seconds=30), "lapsed") as scene:
        lapsed = rescreen_delta.rescreen_delta(scene.house, OFFICER, "sample").lapsed
        (match,) = [m for one in lapsed for m in one.matches if m.state == "restricted"]
        scene.ids["lapsed.review"] = match.review_id
        (folder / "ids.json").write_text(json.dumps(scene.ids))


def capped_house(folder: Path) -> None:
    """The same house with an account that ended, and a cap of its own on what identity documents say."""
    seed_house(folder)
    caps = folder / "law" / "house" / "parameters" / "privacy_caps.yaml"
    caps.parent.mkdir(parents=True)
    caps.write_text(
        "means: a cap of this house\nunit: days\nvalues:\n  - begins: 2026-11-24\n"
        "    value: {identity-document: 30, national-number: 30}\n"
        "    cites: house 6.6\n    standing: house\n    confirmed: true\n    checked_on: 2026-11-24\n"
    )
    with opened(folder, BEGAN + timedelta(minutes=1), "capped") as scene:
        _close(for_cause=False)(scene)


SEEDS = {
    "capped": capped_house,
    "house": seed_house,
    "cut": cut_off_house,
    "settled": settled_house,
    "lapsed": lapsed_house,
}


def _count(scene: Scene, register: str) -> int:
    with scene.house.state.read() as work:
        return work.registers.count(register, {})


def _open(name: str, *papers: str) -> Callable[[Scene], Any]:
    return lambda scene: open_account.open_account(
        scene.house, OFFICER, application(name), [paper(each) for each in papers]
    )


def _open_bare(scene: Scene) -> Any:
    """With nothing but claims: not even the address it came from was recorded."""
    claims = {name: value for name, value in application("blocked").items() if name != "access"}
    return open_account.open_account(scene.house, OFFICER, claims)


def _open_keyed(scene: Scene) -> dict[str, Any]:
    def act(remember: open_account.Remember) -> dict[str, Any]:
        given = open_account.open_account(scene.house, OFFICER, application("new"), [paper("new")], remember)
        return render.determined(*given)

    return once(scene.house, OFFICER, "key-1", "applications", b"body", act)


def _open_keyed_again(scene: Scene) -> None:
    first = _open_keyed(scene)
    assert _open_keyed(scene) == first
    assert _count(scene, "applications") == int(scene.ids["applications"]) + 1
    with scene.house.state.read() as work:
        row = work.registers.get("applications", first["application_id"])
    assert row is not None
    assert (row["determination_id"], row["state"]) == (first["determination_id"], "review")


def _evidence(scene: Scene) -> Any:
    return open_account.submit_evidence(scene.house, OFFICER, scene.ids["waiting"], [paper("waiting")])


def _evidence_keyed(scene: Scene) -> dict[str, Any]:
    application_id = scene.ids["waiting"]

    def act(remember: open_account.Remember) -> dict[str, Any]:
        given = open_account.submit_evidence(scene.house, OFFICER, application_id, [paper("waiting")], remember)
        return render.determined(application_id, given)

    return once(scene.house, OFFICER, "key-2", f"evidence/{application_id}", b"body", act)


def _evidence_keyed_again(scene: Scene) -> None:
    first = _evidence_keyed(scene)
    assert first["account_id"].startswith("acc_")
    assert _evidence_keyed(scene) == first


def _answer(scene: Scene) -> Any:
    return confirm_contact.answer_code(scene.house, OFFICER, scene.ids["pending"], "email", scene.ids["code"])


def _answer_wrongly(scene: Scene) -> Any:
    wrong = f"{(int(scene.ids['code']) + 1) % 1_000_000:06d}"
    return confirm_contact.answer_code(scene.house, OFFICER, scene.ids["pending"], "email", wrong)


def _answer_twice(scene: Scene) -> Any:
    _answer_wrongly(scene)
    return _answer(scene)


def _dispose(which: str, disposition: str, match: str) -> Callable[[Scene], Any]:
    return lambda scene: review.dispose(scene.house, OFFICER, scene.ids[f"{which}.review"], disposition, match)


def _four_eyes(scene: Scene) -> None:
    with suppress(Conflict):
        assert _dispose("high", "admit", "")(scene) is None
    review.approve(scene.house, OTHER, scene.ids["high.review"])


def _restore(scene: Scene) -> None:
    """A false positive: proposed by one officer, approved by another, and the account open again."""
    with suppress(Conflict):
        assert _dispose("listed_too", "admit", "different")(scene) is None
    review.approve(scene.house, OTHER, scene.ids["listed_too.review"])


def _withdraw(scene: Scene) -> Any:
    return withdraw_application.withdraw_application(scene.house, OFFICER, scene.ids["review"])


def _close(*, for_cause: bool) -> Callable[[Scene], Any]:
    cause = "abuse" if for_cause else "asked"
    return lambda s: close_account.close_account(s.house, OFFICER, s.ids["account.account"], cause, for_cause=for_cause)


def _close_listed(scene: Scene) -> Any:
    return close_account.close_account(scene.house, OFFICER, scene.ids["listed_too.account"], "asked")


def _rescreen(which: str) -> Callable[[Scene], Any]:
    return lambda scene: rescreen_account.rescreen_account(scene.house, OFFICER, scene.ids[f"{which}.account"])


def _keys(scene: Scene) -> None:
    api_keys.make_key(scene.house, OFFICER, ["look"], 30)
    api_keys.revoke_key(scene.house, OFFICER, scene.ids["key"])


def _endpoint(scene: Scene) -> None:
    webhooks.add_endpoint(scene.house, OFFICER, "https://other.example/", scene.premises.webhook_secret)


def _endpoint_again(scene: Scene) -> None:
    with scene.house.state.read() as work:
        held = len(work.shelf.listing("webhook-endpoint", "", 10))
    if held == 1:
        _endpoint(scene)


def _deliver(scene: Scene) -> None:
    received = scene.premises.folder / "received.txt"

    def send(_: str, __: str, message_id: str, ___: bytes) -> DeliveryResult:
        with received.open("a") as file:
            file.write(f"{message_id}\n")
        return DeliveryResult(ok=True, retry=False, detail="status-200")

    steps = scene.house.state._steps  # type: ignore[attr-defined]
    webhooks.deliver_due(scene.house, deadly_call(send, steps), next_attempt_after)


def _deliver_again(scene: Scene) -> None:
    _deliver(scene)
    received = (scene.premises.folder / "received.txt").read_text().split()
    with scene.house.state.read() as work:
        sent = {row["message_id"] for row in work.outbox.listing("sent", "", 1000)}
        assert work.outbox.listing("queued", "", 1000) == []
    assert set(received) == sent
    assert len(received) <= len(sent) + 1  # only the one in hand at the crash goes out twice, under the same id


def _note(scene: Scene) -> None:
    keep_house.note_adoption(scene.house, OFFICER, "cip_2024", "2026-12-01", "")
    keep_house.note_list(scene.house, OFFICER, "other", "00" * 32, 1, 0)


def _publish(scene: Scene) -> None:
    publish_ledger.publish_ledger(scene.house)
    _note(scene)
    publish_ledger.publish_ledger(scene.house)


def _expire(scene: Scene) -> list[str]:
    return expire_records.expire_records(scene.house, OFFICER, None)


def _receive(scene: Scene) -> Any:
    """A demand whose paper and hold are there, or nothing of it."""
    told = {
        "instrument": "subpoena",
        "jurisdiction": "US",
        "recipient": "us-government",
        "reference": "GJ-1",
        "issuer": {"authority": "Test County", "office": "prosecutor"},
        "targets": [{"kind": "account", "value": scene.ids["account.account"]}],
    }
    found = receive_demand.receive_demand(scene.house, OFFICER, told, b"%PDF-1.4 paper", Channel.COMMAND)
    _held_with_their_demands(scene)
    return found


def _held_with_their_demands(scene: Scene) -> None:
    with scene.house.state.read() as work:
        demands = [row["demand_id"] for row in work.registers.page("demands", {}, "", 10)]
        assert sorted(row["demand_id"] for row in work.registers.page("holds", {}, "", 10)) == sorted(demands)


def _receive_again(scene: Scene) -> None:
    """Whoever was cut off looks first whether it was taken in."""
    _held_with_their_demands(scene)
    if _count(scene, "demands") == 0:
        _receive(scene)


def _resume(scene: Scene) -> list[str]:
    return resume_applications.resume_applications(scene.house, OFFICER, timedelta(0))


def _rescreen_delta(scene: Scene) -> Any:
    """Everybody against the edition of the seed: one account is found by its number, one by its name.

    On the seed ``settled`` those have left the list again, and who was restricted for it is put before an officer.
    """
    return rescreen_delta.rescreen_delta(scene.house, OFFICER, "sample")


_SOON, _WINDOW, _LATER = timedelta(minutes=1), timedelta(minutes=6), timedelta(days=3660)
_LAPSED, _TRIMMED, _DEMANDED = timedelta(days=181), timedelta(days=40), timedelta(days=24)
PROCEDURES: dict[str, Procedure] = {
    "open_account": Procedure(_open("new", "new"), begins="application.received"),
    "open_account_declined": Procedure(_open_bare, begins="application.received"),
    "open_account_keyed": Procedure(_open_keyed, _open_keyed_again, seen_after=_WINDOW),
    "submit_evidence": Procedure(_evidence, begins="evidence.received"),
    "submit_evidence_keyed": Procedure(_evidence_keyed, _evidence_keyed_again, seen_after=_WINDOW),
    "send_code": Procedure(lambda scene: _send_code(scene, scene.ids["pending"])),
    "answer_code_right": Procedure(_answer, begins="code.answered"),
    "answer_code_wrong": Procedure(_answer_twice, _answer),
    "dispose": Procedure(_dispose("review", "admit", "different"), begins="review.disposed"),
    "dispose_and_approve": Procedure(_four_eyes),
    "dispose_account_closed": Procedure(_dispose("listed_too", "decline", "same"), begins="review.disposed"),
    "dispose_account_kept": Procedure(_dispose("listed_too", "admit", ""), begins="review.disposed"),
    "dispose_account_restored": Procedure(_restore, begins="review.approved"),
    "withdraw_application": Procedure(_withdraw),
    "dispose_lapsed_restored": Procedure(_dispose("lapsed", "admit", ""), begins="review.disposed", seed="lapsed"),
    "close_account": Procedure(_close(for_cause=False)),
    "close_account_under_review": Procedure(_close_listed),
    "close_account_for_cause": Procedure(_close(for_cause=True)),
    "rescreen_account": Procedure(_rescreen("account"), begins="determination.made"),
    "rescreen_account_listed": Procedure(_rescreen("listed"), begins="determination.made"),
    "lapse_applications": Procedure(_expire, begins_after=_LAPSED),
    "rescreen_delta": Procedure(_rescreen_delta, begins="list.rescreened"),
    "rescreen_delta_gone": Procedure(_rescreen_delta, begins="list.rescreened", seed="settled"),
    "expire_records": Procedure(_expire, begins_after=_LATER),
    "trim_records": Procedure(_expire, begins_after=_TRIMMED, seed="capped"),
    "receive_demand": Procedure(_receive, _receive_again, begins_after=_DEMANDED),
    "make_and_revoke_key": Procedure(_keys),
    "add_endpoint": Procedure(_endpoint, _endpoint_again),
    "deliver_due": Procedure(_deliver, _deliver_again, seen_after=timedelta(minutes=2)),
    "rotate_keys": Procedure(lambda scene: keep_house.rotate_keys(scene.house, OFFICER)),
    "note_adoption_and_list": Procedure(_note),
    "rebuild": Procedure(lambda scene: keep_house.rebuild(scene.house, OFFICER, lambda _, __: None)),
    "publish_ledger": Procedure(_publish),
    "resume_applications": Procedure(_resume, seen_after=timedelta(minutes=15), seed="cut"),
}


def _kill(seed: str, folder: str, name: str, first: int, every: int) -> None:
    sys.stderr = Path(f"{folder}.err").open("w")  # noqa: SIM115  ends with this child
    ground, procedure = Ground(Path(seed)), PROCEDURES[name]
    found = kill_everywhere(ground, Path(folder), procedure, lambda steps: range(first, steps + 1, every))
    Path(f"{folder}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    for line in sys.stdin:
        print(forked(partial(_kill, *json.loads(line))), flush=True)  # noqa: T201  the tests read it
