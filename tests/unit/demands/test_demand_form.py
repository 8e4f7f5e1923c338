"""The form of a demand and the mail it came in: whatever is posted, or sent, is read or refused, never raised over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import demands as d
from gatebook import canonical
from gatebook.errors import InvalidInput
from gatebook.procedures.demand_forms import FORMS
from gatebook.terms.demand import Channel, Instrument, TargetKind
from gatebook.trace.demand_form import FIELDS, demand_from, parse_demand
from gatebook.trace.demand_mail import numbers_in, read_letter

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def _parsed(data: Any) -> Any:
    return parse_demand(data, NOW, Channel.API, FORMS)


@given(st.dictionaries(st.sampled_from(FIELDS), _PLAIN) | _PLAIN)
def test_whatever_is_posted_is_read_or_refused_by_its_fields(data: Any) -> None:
    # Breaks when a body no reader thought of ends in an error that is not one of ours.
    try:
        _parsed(data)
    except InvalidInput as error:
        assert error.problems
        assert all(problem.pointer == "" or problem.pointer.startswith("/") for problem in error.problems)


@given(st.sampled_from([*d.demand()]), _PLAIN)
def test_one_field_gone_wrong_is_never_guessed(name: str, value: Any) -> None:
    # Breaks when a field of another kind is taken for something.
    data = {**d.demand(), name: value}
    try:
        found = canonical.table(_parsed(data))
    except InvalidInput as error:
        assert any(
            problem.pointer.startswith(f"/{name}") or problem.code == "contradiction" for problem in error.problems
        )
    else:
        assert found[name] == value or name in ("issuer", "targets", "reference", "jurisdiction")


@given(
    st.sampled_from(Instrument),
    st.lists(st.sampled_from([d.ADDRESS, {"kind": "email", "value": "Anna@EXAMPLE.com"}]), max_size=3),
    st.sampled_from([None, True, False]),
)
def test_what_is_sealed_of_a_demand_is_read_back(instrument: Instrument, targets: Any, only: bool | None) -> None:
    # Breaks when a demand that was sealed is opened as another.
    recipient = {"eu": "eu-authority", "civil": "private-party"}.get(
        instrument.value.partition("-")[0], "us-government"
    )
    found = _parsed(d.demand(instrument.value, recipient=recipient, targets=targets, only_identifies=only, note="a\nb"))
    assert demand_from(canonical.table(found)) == found
    assert all(one.value == "Anna@example.com" for one in found.targets if one.kind is TargetKind.EMAIL)


@pytest.mark.parametrize(
    ("written", "from_at", "length"),
    [
        ("2026-10-01T12:00:05Z", 1_790_856_005_000_000, 1_000_000),
        ("2026-10-01T14:00:05+02:00", 1_790_856_005_000_000, 1_000_000),
        ("2026-10-01T12:00:05.000001Z", 1_790_856_005_000_001, 1),
    ],
)
def test_an_instant_lasts_as_long_as_it_was_written(written: str, from_at: int, length: int) -> None:
    # Breaks when the time of an address is moved by its zone, or widened beyond what was written.
    (target,) = _parsed(d.demand(targets=[{**d.ADDRESS, "at": written, "port": 443}])).targets
    assert (target.from_at, target.until_at - target.from_at, target.port) == (from_at, length, 443)


@given(st.binary(max_size=3000))
def test_any_bytes_are_a_letter(data: bytes) -> None:
    # Breaks when a mail nobody can read raises, or holds text that cannot be sealed.
    for sent in (data, d.letter()[:200] + data, d.letter() + data):
        canonical.encode(canonical.plain(read_letter(sent)))
        numbers_in(sent)


@given(st.text(max_size=200), st.text(max_size=50))
def test_a_letter_says_what_it_claims_in_one_line(subject: str, name: str) -> None:
    # Breaks when a claimed header steers a terminal, or grows without end.
    raw = f'From: x\nSubject: {subject}\nContent-Type: application/pdf; name="{name}"\n\nx'.encode("utf-8", "replace")
    found = read_letter(raw)
    assert len(found.subject) <= 200 and found.subject.isprintable()
    assert all(one.name.isprintable() for one in found.attachments)


@pytest.mark.parametrize(
    ("bomb", "mark"),
    [
        (
            b"From: a\n"
            + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(60))
            + b"--b0\n\n" * 100_000,
            "too-many-parts",
        ),
        (b"From: a\n\n" + b"\n" * 8_000_000, "too-many-parts"),
        (b"From: " + b"(" * 200_000 + b"\n\nx", "no-sender"),
        (b"Content-Type: message/rfc822\n\n" * 5000, "malformed"),
        (b"A: b\n" * 100_000, "headers-too-large"),
    ],
    ids=["nested", "lines", "comment", "messages", "headers"],
)
def test_a_bomb_is_marked_and_not_unfolded(bomb: bytes, mark: str) -> None:
    # Breaks when one mail takes the house's time: unfolded, what is marked as too many parts takes minutes.
    assert mark in read_letter(bomb).marks


@pytest.mark.parametrize(
    "data",
    [
        b"Call: +1 202 555 0999\n\nx",
        b"From: x\nSubject: =?utf-8?b?KzEgMjAyIDU1NSAwOTk5?=\n\nx",
        b"From: x\nContent-Type: text/html\n\n<b>+1 202</b> 555&nbsp;09<i>99</i>",
        b"From: x\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\nKzEgMjAyIDU1NSAwOTk5",
        b"Content-Type: message/rfc822\n\nSubject: +1 202 555 0999\n\nx",
        "From: x\n\n+\uff11 \uff12\uff10\uff12 555 0999".encode(),
        b"Content-Type: message/rfc822\n\n" * 5000 + b"+1 202 555 0999",
    ],
    ids=["header", "encoded", "html", "attached", "forwarded", "wide", "bomb"],
)
def test_a_number_is_found_wherever_it_stands(data: bytes) -> None:
    # Breaks when the number of whoever forged a demand passes for one found elsewhere.
    assert any("2025550999" in number for number in numbers_in(data))
