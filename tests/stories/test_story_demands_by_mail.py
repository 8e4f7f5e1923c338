"""Demands from the mailbox folder: each paper once, whatever it is, and none believed for the mail it came in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import demands as d
from gatebook.errors import Unavailable
from gatebook.settings import Settings
from officers import told


@pytest.fixture
def box(premises: Any) -> Path:
    folder: Path = premises.folder / "incoming"
    folder.mkdir()
    object.__setattr__(
        premises, "settings", Settings(**{**premises.settings.model_dump(), "demands_mailbox": "incoming"})
    )
    return folder


def _put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    os.utime(path, (1_790_000_000, 1_790_000_000))  # nobody writes to it any more
    return path


def _fetch(premises: Any, operator: Any) -> Any:
    from gatebook.wiring.mailbox import fetch_demands

    return fetch_demands(premises, operator)


def test_mail_is_sealed_whole_noted_as_claimed_and_needs_a_call_back(
    client: Any, premises: Any, operator: Any, box: Path
) -> None:
    # Breaks when a mail that passed every check of a mail system counts as authentic, or is not kept byte for byte.
    data = d.letter(to_call="+1 (202) 555-0177")
    _put(box, "one.eml", data)
    (demand_id,) = _fetch(premises, operator).demands
    client.put(f"/v1/demands/{demand_id}/particulars", json=d.demand())
    opened = client.post(f"/v1/demands/{demand_id}/readings").json()["items"][0]["payload"]
    assert opened["document"] == d.posted(None, data)["document"]
    claims = opened["claims"]
    assert "doe@justice.example" in claims["sender"] and claims["results"] == ["spf=pass", "dkim=pass", "dmarc=pass"]
    assert [(one["name"], one["size"]) for one in claims["attachments"]] == [("order.pdf", len(d.PDF))]
    for name in ("form", "issuer", "authority"):
        assert d.check(client, demand_id, name).json()["is_authentic"] is None
    in_the_mail = d.check(client, demand_id, "call-back", **{**d.CALLED, "called": "+12025550177"})
    assert in_the_mail.json()["errors"][0]["code"] == "from-the-demand"
    assert d.check(client, demand_id, "call-back", **d.CALLED).json()["is_authentic"] is True


def test_the_same_order_sent_in_another_mail_is_told(client: Any, premises: Any, operator: Any, box: Path) -> None:
    # Breaks when a paper is known again by the mail around it alone.
    first = d.receive(client, None, d.PDF)["demand_id"]
    _put(box, "again.eml", d.letter("reminder"))
    (found,) = _fetch(premises, operator).demands
    with premises.house.state.read() as work:
        assert work.registers.count("demands", {}) == 2
    from gatebook.procedures.demand_papers import index_of, letter_of, received_before
    from gatebook.terms.demand import Channel

    data = d.letter("reminder")
    with premises.house.state.read() as work:
        index = index_of(None, data, letter_of(data, Channel.MAIL))
        assert received_before(premises.house, work, index) == sorted([first, found])


@pytest.mark.parametrize("is_maildir", [True, False])
def test_each_paper_is_taken_once_and_leaves_the_folder(
    premises: Any, operator: Any, box: Path, is_maildir: bool
) -> None:
    # Breaks when a paper is taken twice, half written, or left where it is taken again every minute.
    for name in ("new", "cur", "tmp") if is_maildir else ():
        (box / name).mkdir()
    where = box / "new" if is_maildir else box
    _put(where, "a.pdf", d.PDF)
    _put(where, "b.eml", d.letter())
    if is_maildir:
        _put(box / "tmp", "half.eml", b"From: x")
        _put(box / "cur", "1790.1.host:2,S", d.letter("seen"))
    else:
        _put(box, ".hidden.eml", b"x")
        _put(box, "half.eml.part", b"x")
        (box / "fresh.eml").write_bytes(b"From: x")
        (box / "link.eml").symlink_to("/etc/hostname")
    assert len(_fetch(premises, operator).demands) == (3 if is_maildir else 2)
    again = _fetch(premises, operator)
    assert (again.demands, again.received_before) == ([], [])
    assert len(list((box / "taken").iterdir())) == (3 if is_maildir else 2)
    with premises.house.state.read() as work:
        assert work.registers.count("demands", {}) == (3 if is_maildir else 2)


def test_a_house_cut_off_between_taking_and_moving_doubles_nothing(
    premises: Any, operator: Any, box: Path, monkeypatch: Any
) -> None:
    # Breaks when a crash after the commit leads to a second demand, or one before it loses the paper.
    from gatebook.wiring import mailbox

    _put(box, "one.eml", d.letter())

    def cut(*_: Any) -> None:
        raise Unavailable("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(mailbox, "receive_demand", cut)
        assert _fetch(premises, operator).left == 1
    with monkeypatch.context() as patch:
        patch.setattr(mailbox.MailboxFolder, "taken", cut)
        (demand_id,) = _fetch(premises, operator).demands
    found = _fetch(premises, operator)
    assert (found.demands, found.received_before, found.left) == ([], [demand_id], 0)
    with premises.house.state.read() as work:
        assert work.registers.count("demands", {}) == 1


def test_what_cannot_be_read_is_taken_and_marked_and_what_is_too_large_is_told(
    client: Any, premises: Any, operator: Any, box: Path
) -> None:
    # Breaks when a malformed mail is lost, or one that is too large keeps the others waiting in silence.
    client.post("/v1/webhook-endpoints", json={"url": "https://hooks.example.com/x"})
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(100))
    _put(box, "bomb.eml", b"From: x\n" + nested)
    _put(box, "noise.bin", bytes(range(256)) * 100)
    large = box / "large.pdf"
    with large.open("wb") as file:
        file.truncate(25 * 1024 * 1024 + 1)
    os.utime(large, (1_790_000_000, 1_790_000_000))
    found = _fetch(premises, operator)
    assert (len(found.demands), found.too_large) == (2, 1)
    assert [path.stat().st_size for path in (box / "too-large").iterdir()] == [25 * 1024 * 1024 + 1]
    assert "demand.not-taken" in told(premises)
    marks = set()
    for demand_id in found.demands:
        for item in client.post(f"/v1/demands/{demand_id}/readings").json()["items"]:
            marks |= set(item["payload"]["claims"]["marks"])
    assert "too-many-parts" in marks


def test_what_was_taken_does_not_outlive_its_days(premises: Any, operator: Any, box: Path) -> None:
    # Breaks when copies in the folder are kept for ever, beside what was sealed so that it can end.
    _put(box, "one.pdf", d.PDF)
    _fetch(premises, operator)
    (taken,) = (box / "taken").iterdir()
    os.utime(taken, (1_700_000_000, 1_700_000_000))
    _fetch(premises, operator)
    assert not taken.exists()


def test_two_papers_of_one_name_that_are_too_large_are_both_kept(box: Path) -> None:
    # Breaks when an order is lost because another one came under the same name.
    from gatebook.outside.mailbox import MailboxFolder

    for text in (b"of one court", b"of another", b"of another"):
        MailboxFolder(box).set_aside(_put(box, "order.pdf", text))
    assert sorted(path.read_bytes() for path in (box / "too-large").iterdir()) == [b"of another", b"of one court"]


def test_a_paper_that_cannot_be_moved_keeps_none_waiting_and_is_one_demand(
    client: Any, premises: Any, operator: Any, box: Path
) -> None:
    # Breaks when one stuck paper keeps the others waiting, or makes a new demand each time its demand is closed.
    _put(box, "1.pdf", d.PDF)
    _put(box, "2.eml", d.letter())
    (box / "taken").symlink_to(box / "nowhere")  # which is no folder, and cannot be made one
    found = _fetch(premises, operator)
    assert (len(found.demands), found.left) == (2, 2)
    for demand_id in found.demands:
        assert client.post(f"/v1/demands/{demand_id}/closings", json={"outcome": "refused"}).status_code < 300
    again = _fetch(premises, operator)
    assert (again.demands, sorted(again.received_before)) == ([], sorted(found.demands))
    (box / "taken").unlink()
    assert _fetch(premises, operator).left == 0
    assert len(list((box / "taken").iterdir())) == 2
    assert d.receive(client, None, d.PDF)["demand_id"] not in found.demands


def test_a_thousand_empty_files_keep_no_paper_out(premises: Any, operator: Any, box: Path) -> None:
    # Breaks when what is never taken in uses up the turn of what came after it.
    for n in range(1001):
        _put(box, f"{n}.eml", b"")
    _put(box, "z.pdf", d.PDF)
    found = _fetch(premises, operator)
    assert (len(found.demands), found.left) == (1, 1001)


def test_no_number_in_any_word_of_a_message_is_called_back(
    client: Any, premises: Any, operator: Any, box: Path
) -> None:
    # Breaks when a forger's number passes for one found elsewhere because it stands in a subject or an attachment.
    data = d.letter("urgent, call +1 202 555 0777", attached="Call +1 202 555 0999".encode("utf-16"))
    _put(box, "one.eml", data)
    (demand_id,) = _fetch(premises, operator).demands
    client.put(f"/v1/demands/{demand_id}/particulars", json=d.demand(note="Doe is at (202) 555-0666"))
    for called in ("+12025550777", "+12025550999", "+12025550666"):
        answer = d.check(client, demand_id, "call-back", **{**d.CALLED, "called": called})
        assert [e["code"] for e in answer.json()["errors"]] == ["from-the-demand"], called
    assert d.check(client, demand_id, "call-back", **d.CALLED).status_code == 200
