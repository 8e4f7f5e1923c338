"""The time a source wrote, and what had to be assumed to read it."""

from __future__ import annotations

import pytest

from gatebook.record.events.form import Receipt
from gatebook.record.events.times import read_time, write_time

RECEIPT = Receipt(received_at=1_795_521_600_000_000)  # 2026-11-24T12:00:00Z


@pytest.mark.parametrize(
    ("value", "told", "marks"),
    [
        ("2026-11-23T18:59:09Z", "2026-11-23T18:59:09.000000Z", ()),
        ("2026-11-23t18:59:09z", "2026-11-23T18:59:09.000000Z", ()),
        ("2026-11-23T18:59:09.843565+0000", "2026-11-23T18:59:09.843565Z", ()),
        ("2026-11-23 18:59:09 +01:00", "2026-11-23T17:59:09.000000Z", ()),
        ("2026-11-23 18:59:09 UTC", "2026-11-23T18:59:09.000000Z", ()),
        ("2026-11-23 18:59:09.5", "2026-11-23T18:59:09.500000Z", ("time-no-zone",)),
        ("2026-11-23T18:59:09,5Z", "2026-11-23T18:59:09.500000Z", ()),
        ("2026-11-23T19:54:35.480487719Z", "2026-11-23T19:54:35.480487Z", ("time-cut",)),
        ("2026-11-23T19:54:35.480487000Z", "2026-11-23T19:54:35.480487Z", ()),
        ("20261123T185909Z", "2026-11-23T18:59:09.000000Z", ()),
        ("2026-06-30T23:59:60Z", "2026-07-01T00:00:00.000000Z", ()),
        (1795460349, "2026-11-23T18:59:09.000000Z", ()),
        (1795460349000, "2026-11-23T18:59:09.000000Z", ()),
        (1795460349843565, "2026-11-23T18:59:09.843565Z", ()),
        (1795460349843565000, "2026-11-23T18:59:09.843565Z", ()),
        (1795460349843565001, "2026-11-23T18:59:09.843565Z", ("time-cut",)),
        (1795460349.25, "2026-11-23T18:59:09.250000Z", ()),
        ("1795460349.843", "2026-11-23T18:59:09.843000Z", ()),
        ("1710101010100", "2024-03-10T20:03:30.100000Z", ("time-long-past",)),
        ("2026-11-24T12:05:00Z", "2026-11-24T12:05:00.000000Z", ()),
        ("2026-11-24T12:05:00.000001Z", "2026-11-24T12:05:00.000001Z", ("time-in-future",)),
        ("9000-01-01T00:00:00Z", "9000-01-01T00:00:00.000000Z", ("time-in-future",)),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z", ("time-long-past",)),
    ],
)
def test_a_time_is_read_and_what_was_assumed_is_said(value: object, told: str, marks: tuple[str, ...]) -> None:
    # Breaks when a clock is read as another, or something is cut or assumed and not said.
    at, said = read_time(value, RECEIPT)
    assert (write_time(at), said) == (told, marks)


@pytest.mark.parametrize(
    "value",
    [
        *("", "-", "yesterday", "2026-11-23", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "9" * 5000),
        *("9999-12-31T23:59:59-23:59", "2026-11-23T10:00:00+99:00", None, True, {}, [], float("nan"), float("inf")),
        *(10**40, -(10**40)),
    ],
)
def test_the_time_of_receipt_stands_in(value: object) -> None:
    # Breaks when a record without a time that can be read is lost, or is given a time nobody can tell was made up.
    assert read_time(value, RECEIPT) == (RECEIPT.received_at, ("time-missing",))
