"""The canonical bytes are those of RFC 8785, however they are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from gatebook import canonical
from gatebook.errors import InvalidInput

LIMIT = 2**53 - 1
TEXTS = st.text(st.characters(exclude_categories=()))  # lone surrogates and noncharacters too
WHOLE = st.integers(-LIMIT - 2, LIMIT + 2) | st.integers(min_value=10**15 - 2, max_value=10**15 + 2)
VALUES = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


class Colour(Enum):
    RED = "red"


class Number(IntEnum):
    TWO = 2


@dataclass(frozen=True)
class Thing:
    name: str
    parts: tuple[Any, ...]


def outcome(act: Any, value: Any) -> Any:
    try:
        return act(value)
    except ValueError as error:  # rfc8785's own errors and UnicodeEncodeError are among these
        return type(error)


@given(VALUES)
@example({"\ue000": 1, "\U00010000": 2})
@example({"\ue000": 1, "\ud800": 2})
@example({"ﬃ": [LIMIT, -LIMIT]})
@example([LIMIT + 1])
@example({"a": -LIMIT - 1})
@example('\x00\x08\t\n\x0b\x0c\r\x1f"\\/\x7f\u2028\u00a0')
@example({"text": ",9007199254740993"})
@example(LIMIT + 1)
def test_bytes_and_refusals_are_those_of_the_reference(value: Any) -> None:
    # Breaks when the quick way writes one byte, or lets one value through, that the reference would not.
    assert outcome(canonical.encode, value) == outcome(rfc8785.dumps, value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Thing("a", (1, date(2026, 11, 24), None)), b'{"name":"a","parts":[1,"2026-11-24",null]}'),
        ({Colour.RED: Number.TWO}, b'{"red":2}'),
        (Decimal("0.250"), b'"0.250"'),
        ({"b": b"\x00\xff", "a": frozenset({"y", "x"})}, b'{"a":["x","y"],"b":"00ff"}'),
        (datetime(2026, 11, 24, tzinfo=UTC), b'"2026-11-24T00:00:00.000000Z"'),
    ],
)
def test_kinds_of_value_have_one_form(value: Any, written: bytes) -> None:
    # Breaks when an enum, a decimal, a time or a record gets another byte form: old commitments would not hold.
    assert canonical.encode(value) == written


@pytest.mark.parametrize("value", [1.5, {"a": [0.0]}, object(), Thing])
def test_what_has_no_form_is_refused(value: Any) -> None:
    # Breaks when a float or an unknown object is written by chance.
    with pytest.raises(TypeError):
        canonical.encode(value)


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime(999, 1, 2, tzinfo=UTC), "0999-01-02T00:00:00.000000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
        (datetime(2026, 11, 24, 1, 19, 25, 1, timezone(timedelta(hours=1))), "2026-11-24T00:19:25.000001Z"),
        (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_an_instant_has_one_form_whatever_its_year(at: datetime, written: str) -> None:
    # Breaks when a year is written with fewer than four digits: the text sorts elsewhere and is not read back.
    assert canonical.instant(at) == written
    assert canonical.parse_instant(written) == at


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_is_read_back_and_sorts_as_its_text(at: datetime) -> None:
    # Breaks when two forms of one time exist, or a comparison of texts is not one of times.
    text = canonical.instant(at)
    assert (canonical.parse_instant(text), len(text)) == (at, 27)
    assert (text < canonical.instant(datetime(2000, 1, 1, tzinfo=UTC))) == (at < datetime(2000, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("hours", [-14, 14])
def test_an_instant_outside_the_years_there_are_is_refused(hours: int) -> None:
    # Breaks when a time near the end of the calendar ends in a traceback.
    zone = timezone(timedelta(hours=hours))
    with pytest.raises(InvalidInput):
        canonical.instant(datetime(1, 1, 1, tzinfo=zone) if hours > 0 else datetime(9999, 12, 31, 23, tzinfo=zone))


@pytest.mark.parametrize(
    "value", [{1: "a", "1": "b"}, {Colour.RED: 1, "red": 2}, [{"x": {date(2026, 1, 1): 1, "2026-01-01": 2}}]]
)
def test_keys_that_are_one_as_text_are_refused(value: Any) -> None:
    # Breaks when one of two values is lost without a word.
    for write in (canonical.plain, canonical.encode, *([canonical.table] if isinstance(value, dict) else [])):
        with pytest.raises(TypeError, match="same text"):
            write(value)
