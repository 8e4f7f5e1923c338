"""Fields of a sealed payload: flattened one way, put together again, shown in part under one commitment."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.errors import LedgerError
from gatebook.record.fields import (
    Field,
    commitment_of,
    fields_of,
    hide,
    parts_from_plain,
    parts_to_plain,
    payload_of,
)

SALT = bytes(16)
_TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=6)
_LEAF = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXT
PAYLOADS = st.recursive(
    _LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3), max_leaves=12
)


@given(PAYLOADS)
def test_a_payload_comes_back_from_its_fields(payload: Any) -> None:
    # Breaks when two payloads flatten alike: a list and an object with numbers as names, or names with / ~ #.
    parts = parts_from_plain(parts_to_plain(fields_of(payload, SALT)))
    assert payload_of(parts) == payload


@given(PAYLOADS, st.data())
def test_hiding_any_fields_keeps_the_commitment(payload: Any, data: st.DataObject) -> None:
    # Breaks when what is not shown enters the commitment otherwise than what is.
    parts = fields_of(payload, SALT)
    shown = data.draw(st.sets(st.sampled_from([part.pointer for part in parts])))
    some = hide(parts, lambda pointer: pointer in shown)
    assert commitment_of(some) == commitment_of(parts)
    assert [part.pointer for part in some if isinstance(part, Field)] == [
        p.pointer for p in parts if p.pointer in shown
    ]


@given(PAYLOADS, st.data())
def test_another_value_pointer_or_salt_is_another_commitment(payload: Any, data: st.DataObject) -> None:
    # Breaks when part of a field is left out of what is hashed.
    parts = list(fields_of(payload, SALT))
    n = data.draw(st.integers(0, len(parts) - 1))
    one = parts[n]
    for other in (
        Field(one.pointer + "x", one.value, one.salt),
        Field(one.pointer, f"{one.value}x", one.salt),
        Field(one.pointer, one.value, bytes([one.salt[0] ^ 1]) + one.salt[1:]),
    ):
        assert commitment_of([*parts[:n], other, *parts[n + 1 :]]) != commitment_of(parts)


@given(PAYLOADS)
def test_salts_are_of_the_field_and_of_the_record(payload: Any) -> None:
    # Breaks when two fields share a salt: knowing one shown value would test guesses at another.
    parts = fields_of(payload, SALT)
    assert len({part.salt for part in parts}) == len(parts)
    assert not {part.salt for part in parts} & {part.salt for part in fields_of(payload, bytes([1]) * 16)}


@pytest.mark.parametrize("plain", [["zz"], [["/a"]], [[1]], [[None, 1, "zz"]], [{}], [["/a", 1, 5]]])
def test_malformed_parts_are_refused(plain: list[Any]) -> None:
    # Breaks when a torn sealed record ends in another error than ours.
    with pytest.raises(LedgerError):
        parts_from_plain(plain)
