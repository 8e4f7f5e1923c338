"""The witness's side of add-checkpoint: every answer of C2SP tlog-witness, forks told, and no two histories cosigned."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatebook.errors import InvalidInput, LedgerError, NotFound, NotPermitted
from gatebook.procedures import watch_logs, webhooks
from gatebook.procedures.cosign_checkpoint import Desk, Word, cosign_checkpoint
from gatebook.procedures.house import Operator
from gatebook.record import merkle
from gatebook.record.checkpoint import parse_checkpoint, sign_checkpoint
from gatebook.record.witness_form import Submission, parse_submission
from gatebook.record.witness_ports import WatchedLog
from gatebook.wiring.witness import witness_desk
from gatebook_verifier.note import read_cosignatures
from witness_logs import Log, raw

LOG = Log()
WORDS = {200, 400, 403, 404, 409, 422}


@pytest.fixture
def desk(premises: Any, operator: Any) -> Desk:
    found = witness_desk(premises)
    watch_logs.watch_log(premises.house, found, operator, LOG.vkey + "\n")
    return found


def latest(desk: Desk, log: Log = LOG) -> int:
    held = desk.logs.get(log.origin)
    return parse_checkpoint(held.note.encode()).size if held and held.note else 0


def kinds(house: Any) -> list[str]:
    with house.state.read() as work:
        return [json.loads(line)["kind"] for line in work.ledger.read(0, work.ledger.size())]


def test_a_log_that_grows_is_cosigned_each_time(premises: Any, desk: Desk) -> None:
    # Breaks when an honest log is refused, at whatever sizes a tree has odd shapes, or its cosignature does not hold.
    before = 0
    for size in (0, 1, 2, 3, 7, 8, 9, 31, 32, 33, 40, 40):
        said = cosign_checkpoint(premises.house, desk, LOG.body(before, size))
        assert said.word is Word.COSIGNED, (before, size, said)
        [(name, at)] = read_cosignatures(LOG.note(size) + said.body.encode(), [desk.vkey])
        assert name == "test.example/house"
        assert abs(at - premises.now().timestamp()) < 60
        assert latest(desk) == size
        before = size


def test_each_thing_that_is_wrong_has_its_word(premises: Any, desk: Desk) -> None:
    # Breaks when a client that knows the protocol is told something else than what is wrong, or anything is cosigned.
    house, stranger = premises.house, Log("stranger.example")
    assert cosign_checkpoint(house, desk, LOG.body(0, 8)).word is Word.COSIGNED
    forged = replace(LOG, seed=b"\x08" * 32)
    bad = LOG.proof(8, 20)[:-1]
    for body, word in (
        (b"", Word.MALFORMED),
        (LOG.note(9), Word.MALFORMED),
        (LOG.body(8, 20).replace(b"old 8", b"old 08"), Word.MALFORMED),
        (LOG.body(8, 20, proof=(b"x" * 32,) * 64), Word.MALFORMED),
        (stranger.body(0, 8), Word.UNKNOWN_LOG),
        (forged.body(8, 20), Word.NOT_SIGNED),
        (LOG.body(8, 20, note=LOG.note(20).replace(b"\n20\n", b"\n21\n")), Word.NOT_SIGNED),
        (LOG.body(21, 21, note=LOG.note(20)), Word.OLD_IS_LARGER),
        (LOG.body(7, 20), Word.NOT_THE_LATEST),
        (LOG.body(0, 20), Word.NOT_THE_LATEST),
        (LOG.body(4, 4), Word.NOT_THE_LATEST),
        (LOG.body(8, 20, proof=bad), Word.DOES_NOT_FOLLOW),
        (LOG.body(8, 20, proof=()), Word.DOES_NOT_FOLLOW),
        (LOG.body(8, 8, proof=(b"x" * 32,)), Word.DOES_NOT_FOLLOW),
        (LOG.forked_at(5).body(8, 20), Word.DOES_NOT_FOLLOW),
    ):
        said = cosign_checkpoint(house, desk, body)
        assert said.word is word, said
        assert latest(desk) == 8
        if word is Word.NOT_THE_LATEST:
            assert said.body == "8\n"


def test_the_first_head_needs_no_proof_and_takes_none(premises: Any, desk: Desk) -> None:
    # Breaks when a first head comes in with a proof of nothing, or a tree of nothing with a root of something.
    no_root = sign_checkpoint(LOG.origin, 0, b"\0" * 32, LOG.key.sign, raw(LOG.key))
    for body in (LOG.body(0, 8, proof=(b"x" * 32,)), LOG.body(0, 0, note=no_root)):
        assert cosign_checkpoint(premises.house, desk, body).word is Word.DOES_NOT_FOLLOW
    assert latest(desk) == 0
    assert cosign_checkpoint(premises.house, desk, LOG.body(0, 8)).word is Word.COSIGNED


def test_two_signed_heads_of_one_size_are_kept_entered_and_told_once(premises: Any, desk: Desk, operator: Any) -> None:
    # Breaks when a log shows two histories and nobody at the witness hears of it, or the proof of it is lost.
    house, fork = premises.house, LOG.forked_at(5)
    webhooks.add_endpoint(house, operator, "https://hooks.example/x", premises.webhook_secret)
    cosign_checkpoint(house, desk, LOG.body(0, 8))
    for old in (8, 0, 3):  # whatever else is sent along: the two heads are proof enough
        said = cosign_checkpoint(house, desk, fork.body(old, 8))
        assert (said.word, said.body) == (Word.CONTRADICTS, "8\n")
    assert kinds(house).count("witness.contradicted") == 1
    with house.state.read() as work:
        told = [json.loads(row["body"]) for row in work.outbox.due(house.now(), 10)]
    assert [(event["type"], event["data"]["log"]) for event in told] == [("witness.contradicted", LOG.origin)]
    [shown] = watch_logs.watched_logs(house, desk, operator)
    assert shown["has_forked"]
    assert shown["contradiction"] == [LOG.note(8).decode(), fork.note(8).decode()]
    assert cosign_checkpoint(house, desk, LOG.body(8, 20)).word is Word.COSIGNED  # the history it follows goes on
    assert watch_logs.watched_logs(house, desk, operator)[0]["has_forked"]


def test_a_refused_head_is_kept_until_it_is_cosigned(premises: Any, desk: Desk, operator: Any) -> None:
    # Breaks when a fork of another size leaves no trace, or a good head once sent with a bad proof is suspect for ever.
    house = premises.house
    cosign_checkpoint(house, desk, LOG.body(0, 8))
    for proof in ((), LOG.proof(8, 20)):
        cosign_checkpoint(house, desk, LOG.body(8, 20, proof=proof))
        refused = watch_logs.watched_logs(house, desk, operator)[0].get("refused")
        assert refused == ("" if proof else LOG.note(20).decode())


def test_forgetting_does_not_forget_the_head(premises: Any, desk: Desk, operator: Any) -> None:
    # Breaks when a log that was forgotten and is watched again could be cosigned in another history.
    house = premises.house
    cosign_checkpoint(house, desk, LOG.body(0, 8))
    watch_logs.forget_log(house, desk, operator, LOG.origin)
    assert cosign_checkpoint(house, desk, LOG.body(8, 9)).word is Word.UNKNOWN_LOG
    with pytest.raises(NotFound):
        watch_logs.forget_log(house, desk, operator, LOG.origin)
    with pytest.raises(NotFound):
        watch_logs.forget_log(house, desk, operator, "nobody.example")
    renewed = replace(LOG, seed=b"\x08" * 32)  # the same log under a new key
    watch_logs.watch_log(house, desk, operator, renewed.vkey)
    assert cosign_checkpoint(house, desk, renewed.forked_at(5).body(0, 30)).word is Word.NOT_THE_LATEST
    assert cosign_checkpoint(house, desk, LOG.body(8, 9)).word is Word.NOT_SIGNED
    assert cosign_checkpoint(house, desk, renewed.body(8, 9)).word is Word.COSIGNED
    found = [kind for kind in kinds(house) if kind.startswith("witness.")]
    assert found == ["witness.watched", "witness.forgotten", "witness.watched"]


def test_watching_twice_is_watching_once_and_nothing_else_is_watched(premises: Any, desk: Desk, operator: Any) -> None:
    # Breaks when an entry is made for nothing, or a key that is none, or of a witness, is taken for a log's.
    house = premises.house
    watch_logs.watch_log(house, desk, operator, LOG.vkey)
    assert kinds(house).count("witness.watched") == 1
    for vkey in ("", "x+y+z", desk.vkey, LOG.vkey[:-4], Log("caf\u00e9.example").vkey, Log("x" * 201).vkey):
        with pytest.raises(InvalidInput):
            watch_logs.watch_log(house, desk, operator, vkey)
    clerk = Operator("opr-clerk", frozenset({"look"}))
    for act, given_ in ((watch_logs.watch_log, LOG.vkey), (watch_logs.forget_log, LOG.origin)):
        with pytest.raises(NotPermitted):
            act(house, desk, clerk, given_)
    assert [log.origin for log in desk.logs.all()] == [LOG.origin]


def test_of_two_histories_at_once_one_is_cosigned(premises: Any, operator: Any) -> None:
    # Breaks when two requests that come together are each judged by the head before the other.
    desk, house = witness_desk(premises), premises.house
    for turn in range(6):
        log = Log(f"log{turn}.example")
        watch_logs.watch_log(house, desk, operator, log.vkey)
        assert cosign_checkpoint(house, desk, log.body(0, 5)).word is Word.COSIGNED
        together, histories = threading.Barrier(8, timeout=30), (log, log.forked_at(5))

        def ask(n: int, log: Log = log, together: Any = together, histories: Any = histories) -> tuple[int, int] | None:
            size = 6 + n // 2
            body = histories[n % 2].body(5, size)
            together.wait()
            said = cosign_checkpoint(house, desk, body)
            return (n % 2, size) if said.word is Word.COSIGNED else None

        with ThreadPoolExecutor(8) as pool:
            cosigned = [found for found in pool.map(ask, range(8)) if found]
        assert len(cosigned) == 1  # all asked from 5, and the first moved on from there
        assert latest(desk, log) == cosigned[0][1]


def test_what_was_kept_and_cannot_be_read_is_no_head_of_nothing(client: Any, premises: Any, desk: Desk) -> None:
    # Breaks when a damaged file makes the witness begin again with a log it has cosigned.
    cosign_checkpoint(premises.house, desk, LOG.body(0, 8))
    [file] = (premises.folder / "keys" / "witness").glob("*.json")
    assert file.parent.stat().st_mode & 0o077 == 0
    for damaged in (b"", b"{}", b"[]", file.read_bytes()[:-1]):
        file.write_bytes(damaged)
        with pytest.raises(LedgerError):
            cosign_checkpoint(premises.house, desk, LOG.body(0, 8))
        metrics = client.get("/metrics").text
        assert "gatebook_witness_unreadable 1.0" in metrics
        assert "gatebook_requests_total" in metrics


BODY = LOG.body(8, 20)


@given(st.one_of(
    st.binary(max_size=400),
    st.tuples(st.integers(0, len(BODY)), st.integers(0, len(BODY)), st.binary(max_size=40)).map(
        lambda cut: BODY[: cut[0]] + cut[2] + BODY[cut[1] :]
    ),
    st.tuples(st.integers(0, len(BODY) - 1), st.integers(1, 255)).map(
        lambda flip: BODY[: flip[0]] + bytes([BODY[flip[0]] ^ flip[1]]) + BODY[flip[0] + 1 :]
    ),
))  # fmt: skip
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_is_cosigned_but_the_one_that_holds(client: Any, premises: Any, body: bytes) -> None:
    # Breaks when garbage ends in a server error or in a word of another protocol, or a changed head is cosigned.
    witness_desk(premises).logs.keep(WatchedLog(LOG.origin, LOG.vkey, note=LOG.note(8).decode()))
    answer = client.post("/witness/add-checkpoint", content=body, headers={"Authorization": ""})
    assert answer.status_code in WORDS
    is_size = answer.status_code == 409
    assert answer.headers["content-type"] == ("text/x.tlog.size" if is_size else "text/plain; charset=utf-8")
    if answer.status_code == 200:  # only what is sent beside the signed text and its proof may be another
        asked = parse_submission(body)
        assert (asked.old, asked.proof) == (8, LOG.proof(8, 20))
        assert parse_checkpoint(asked.note).text == parse_checkpoint(LOG.note(20)).text


@given(st.integers(0, 2**63), st.lists(st.binary(min_size=32, max_size=32), max_size=63), st.binary(max_size=200))
def test_a_submission_is_read_as_it_was_written(old: int, proof: list[bytes], note: bytes) -> None:
    # Breaks when the client writes what the server reads otherwise.
    asked = Submission(old, tuple(proof), note)
    assert parse_submission(asked.to_bytes()) == asked


def test_strangers_are_bounded(client: Any, premises: Any, operator: Any) -> None:
    # Breaks when anybody may send this house as much, or ask it as often, as they like.
    path = "/witness/add-checkpoint"
    assert client.post(path, content=b"x" * 65_537).status_code == 413
    limits = client.app.state.limits
    asked = premises.settings.witness_requests_per_minute
    found = {client.post(path, content=b"x").status_code for _ in range(asked)}
    assert found == {400, 429}
    assert client.post(path, content=b"x").headers["retry-after"]
    assert limits.held() >= 1
    assert client.get("/v1/witnesses").status_code == 200  # who has a key is asked apart


def test_empty_trees_have_one_root() -> None:
    # Breaks when a log without entries could be cosigned with a root of its choosing.
    assert parse_checkpoint(LOG.note(0)).root == merkle.EMPTY
