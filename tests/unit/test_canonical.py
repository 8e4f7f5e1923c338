"""The canonical bytes are those of RFC 8785, however they are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from gatebook import canonical

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
