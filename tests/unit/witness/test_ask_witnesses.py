"""The log's side: what a witness answers is checked, put in the published checkpoint, and kept apart from its failures."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gatebook.api.app import serve
from gatebook.errors import SettingsError, Unavailable
from gatebook.outside.witness import WitnessClient, check_address
from gatebook.procedures import ask_witnesses, publish_ledger, watch_logs, webhooks
from gatebook.procedures.ask_witnesses import Asked, Witness, ask_witness, is_due, what_is_known
from gatebook.procedures.cosign_checkpoint import Desk, cosign_checkpoint
from gatebook.procedures.house import SYSTEM
from gatebook.procedures.look_at_witnesses import witnesses
from gatebook.record.checkpoint import WITNESS_KEY, line_of, parse_checkpoint, vkey_of
from gatebook.record.cosignature import Cosigner, cosign
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.witness_form import Submission, parse_submission
from gatebook.settings import Settings
from gatebook.store.watched_logs import WatchedLogFolder
from gatebook.wiring.witness import witnesses_of
from gatebook_verifier.note import read_checkpoint, read_cosignatures
from witness_logs import raw

KEY = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
COSIGNER = Cosigner("witness.example/w1", raw(KEY))
VKEY = vkey_of(COSIGNER.name, COSIGNER.public_key, WITNESS_KEY)
Reply = tuple[int, bytes]


@contextmanager
def witness_that(answer: Callable[[bytes], Reply]) -> Iterator[tuple[Witness, list[bytes]]]:
    """A server that answers add-checkpoint as it is told, for witnesses that are not what they should be."""
    heard: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["content-length"])))
            status, body = answer(heard[-1])
            self.send_response(status)
            if status == 302:
                self.send_header("location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Witness(COSIGNER, VKEY, f"http://127.0.0.1:{server.server_port}/w"), heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def signed(body: bytes, key: Ed25519PrivateKey = KEY, at: int = 1_796_000_000) -> bytes:
    text = parse_checkpoint(parse_submission(body).note).text
    return line_of(cosign(text, COSIGNER, at, key.sign)).encode()


def grow(house: Any, count: int = 1) -> int:
    with house.state.transaction() as work:
        for _ in range(count):
            enter(work, Entry("permission.refused", house.now(), "opr-test", body={"act": "try", "scope": "look"}))
    return publish_ledger.publish_ledger(house)


def published(house: Any) -> bytes:
    note = house.tiles.read_checkpoint()
    assert note is not None
    return bytes(note)


@pytest.fixture
def desk(premises: Any, operator: Any, tmp_path: Any) -> Desk:
    """Another house's desk that watches this one."""
    found = Desk(COSIGNER, VKEY, KEY.sign, WatchedLogFolder(tmp_path / "peer"))
    watch_logs.watch_log(premises.house, found, operator, premises.house.signer.vkey)
    return found


def statuses(house: Any, desk: Desk) -> Callable[[bytes], Reply]:
    from gatebook.api.cosigning import _STATUSES

    def answer(body: bytes) -> Reply:
        said = cosign_checkpoint(house, desk, body)
        return _STATUSES[said.word], said.body.encode()

    return answer


def test_a_cosignature_stands_in_the_checkpoint_until_there_is_a_new_head(premises: Any, desk: Desk) -> None:
    # Breaks when publishing drops what a witness signed, carries it to another head, or a new head needs the old proof.
    house, client = premises.house, WitnessClient()
    with witness_that(statuses(house, desk)) as (witness, heard):
        for count in (1, 5, 300):
            size = grow(house, count)
            assert is_due(house, witness)
            assert read_cosignatures(published(house), [VKEY]) == []
            known = ask_witness(house, witness, client.post)
            assert (known.outcome, known.size, known.failures) == ("cosigned", size, 0)
            [(name, at)] = read_cosignatures(published(house), [VKEY])
            assert (name, at) == (COSIGNER.name, known.cosigned_at)
            assert read_checkpoint(published(house), house.signer.vkey).size == size
            assert publish_ledger.publish_ledger(house) == size
            assert read_cosignatures(published(house), [VKEY]) == [(name, at)]
            assert not is_due(house, witness)
        assert len(heard) == 3  # each time from the size it knew
        shown = witnesses(house, SYSTEM, [witness])[0]
        assert (shown["behind"], shown["is_alarm"], shown["checkpoint"]) == (0, False, published(house).decode())
        assert grow(house, 2)
        assert witnesses(house, SYSTEM, [witness])[0]["behind"] == 2


def test_a_head_that_stays_is_cosigned_anew_after_an_hour_in_the_same_place(premises: Any, desk: Desk) -> None:
    # Breaks when the ledger of a quiet house looks as if its witness had gone, or grows a line with each renewal.
    house = premises.house
    grow(house)
    with witness_that(statuses(house, desk)) as (witness, _):
        first = ask_witness(house, witness, WitnessClient().post)
        later = replace(house, now=lambda: house.now() + timedelta(minutes=61))
        assert is_due(later, witness)
        with witness_that(statuses(later, desk)) as (again, _):
            renewed = ask_witness(later, again, WitnessClient().post)
    assert renewed.cosigned_at > first.cosigned_at
    assert published(house).count(b"\n") == 6
    assert read_cosignatures(published(house), [VKEY]) == [(COSIGNER.name, renewed.cosigned_at)]


def test_a_witness_that_knows_more_than_we_remember_tells_where_to_go_on(premises: Any, desk: Desk) -> None:
    # Breaks when losing the memory of what a witness signed ends its cosigning.
    house = premises.house
    with witness_that(statuses(house, desk)) as (witness, heard):
        grow(house, 9)
        ask_witness(house, witness, WitnessClient().post)
        with house.state.transaction() as work:
            for key, _ in work.shelf.listing("witness", "", 10):
                work.shelf.remove("witness", key)
        assert what_is_known(house, witness) == Asked()
        size = grow(house, 3)
        assert ask_witness(house, witness, WitnessClient().post).size == size
        assert [parse_submission(body).old for body in heard] == [0, 0, size - 3]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ((200, b""), "unusable-answer"),
        ((200, b"nonsense"), "unusable-answer"),
        ((200, "\u2014 witness.example/w1 AAAA\n".encode()), "unusable-answer"),
        ((302, b""), "unusable-answer"),
        ((400, b"no"), "unusable-answer"),
        ((403, b""), "not-signed"),
        ((404, b""), "unknown-log"),
        ((409, b""), "unusable-answer"),
        ((409, b"07\n"), "unusable-answer"),
        ((409, b"0\n"), "unusable-answer"),  # it never cosigned, so there is nothing it could hold against us
        ((409, b"99999\n"), "ahead"),
        ((422, b""), "unusable-answer"),
        ((429, b""), "unreachable"),
        ((500, b""), "unreachable"),
        ((200, b"x" * 70_000), "unreachable"),
    ],
)
def test_what_is_no_cosignature_changes_nothing_and_is_told(premises: Any, reply: Reply, outcome: str) -> None:
    # Breaks when a witness's answer is believed before its signature was checked, or a refusal looks like an absence.
    house = premises.house
    grow(house)
    before = published(house)
    with witness_that(lambda _: reply) as (witness, _):
        known = ask_witness(house, witness, WitnessClient().post)
    assert (known.outcome, known.size, known.failures) == (outcome, 0, 1)
    assert published(house) == before
    assert not is_due(house, witness)  # it rests
    assert is_due(replace(house, now=lambda: house.now() + timedelta(seconds=3)), witness)
    assert ask_witnesses.SENTENCES[outcome]


def test_only_the_witness_s_own_line_is_taken(premises: Any) -> None:
    # Breaks when an answer smuggles a line into the published checkpoint, ours or anybody's, or another key's is taken.
    house = premises.house
    grow(house)
    other = Ed25519PrivateKey.from_private_bytes(b"\x0a" * 32)
    forged = "\u2014 test.example/house AAAAAAAA\n\u2014 else.example AAAAAAAA\n".encode()
    with witness_that(lambda body: (200, forged + signed(body))) as (witness, _):
        assert ask_witness(house, witness, WitnessClient().post).outcome == "cosigned"
    note = published(house)
    assert b"else.example" not in note
    assert note.count(b"test.example/house ") == 1
    assert read_checkpoint(note, house.signer.vkey)
    grow(house)
    for reply in (
        lambda body: signed(body, other),
        lambda body: signed(body) + signed(body, other),
        lambda _: signed(Submission(0, (), note).to_bytes()),  # of the head before
    ):
        with witness_that(lambda body, reply=reply: (200, reply(body))) as (witness, _):
            assert ask_witness(house, witness, WitnessClient().post).outcome == "unusable-answer"


def test_a_witness_that_forgot_what_it_signed_is_not_asked_for_more(premises: Any, desk: Desk, operator: Any) -> None:
    # Breaks when a witness put back from an older backup, which would sign any history, passes for a good one.
    house = premises.house
    webhooks.add_endpoint(house, operator, "https://hooks.example/x", premises.webhook_secret)
    grow(house, 9)
    with witness_that(statuses(house, desk)) as (witness, _):
        size = ask_witness(house, witness, WitnessClient().post).size
        held = desk.logs.get(house.signer.origin)
        assert held
        desk.logs.keep(replace(held, note=""))
        grow(house)
        for _ in range(2):
            known = ask_witness(house, witness, WitnessClient().post)
            assert (known.outcome, known.size) == ("went-back", size)
    with house.state.read() as work:
        told = [json.loads(row["body"]) for row in work.outbox.due(house.now(), 10)]
    assert [event["data"] for event in told] == [{"witness": COSIGNER.name, "outcome": "went-back"}]  # once


def test_a_head_published_meanwhile_is_not_given_the_cosignature_of_another(premises: Any, desk: Desk) -> None:
    # Breaks when the turn of publishing is not taken, and a cosignature lands under a head it does not hold for.
    house, answer = premises.house, statuses(premises.house, desk)
    grow(house)

    def overtaken(body: bytes) -> Reply:
        found = answer(body)
        grow(house)
        return found

    with witness_that(overtaken) as (witness, _):
        known = ask_witness(house, witness, WitnessClient().post)
    assert known.outcome == "cosigned"
    assert read_cosignatures(known.note.encode(), [VKEY])  # what it signed is kept apart
    assert read_cosignatures(published(house), [VKEY]) == []
    assert is_due(house, witness)


def test_nobody_waits_longer_than_the_whole_time() -> None:
    # Breaks when a witness that trickles its answer holds its thread for ever.
    done = threading.Event()

    def trickle(_: bytes) -> Reply:
        done.wait(30)
        return 200, b""

    with witness_that(trickle) as (witness, _):
        with pytest.raises(Unavailable):
            WitnessClient(total_s=0.3).post(witness.url, b"old 0\n\n")
        done.set()
    with pytest.raises(Unavailable):
        WitnessClient().post(witness.url, b"")  # nobody listens there any more


@pytest.mark.parametrize(
    ("vkey", "url"),
    [
        (VKEY, "http://witness.example"),
        (VKEY, "https://u:p@witness.example"),
        (VKEY, "https://witness.example/?x"),
        (VKEY, "https://"),
        (VKEY, "ftp://127.0.0.1"),
        (VKEY[:-4], "https://witness.example"),
        ("test.example/house+x+y", "https://witness.example"),
    ],
)
def test_settings_that_name_no_witness_are_refused(premises: Any, vkey: str, url: str) -> None:
    # Breaks when a witness is asked in the clear, or a log's key is taken for a witness's.
    found = replace(premises, settings=Settings(witnesses={vkey: url}))
    with pytest.raises(SettingsError):
        witnesses_of(found)
    written = f'[witnesses]\n"{vkey}" = "{url}"\n'
    file = premises.folder / "gatebook.toml"
    file.write_text(file.read_text() + written)
    with pytest.raises(SettingsError, match="witness"):  # where whoever starts it sees it
        serve(premises.folder, "127.0.0.1", 0)


def test_an_address_may_be_this_machine_or_https() -> None:
    # Breaks when a witness beside this house, or one behind a path, cannot be named.
    for url in ("http://127.0.0.1:8480/witness", "https://witness.example/a/b", "https://10.0.0.7"):
        check_address(url)
