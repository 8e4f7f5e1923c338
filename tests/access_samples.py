"""What tests of access formats share: a receipt, and any JSON or line at all."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from gatebook.record.events.form import Receipt

DAY = 24 * 60 * 60 * 1_000_000


def us(text: str) -> int:
    """Return the microseconds since 1970 of a time with a zone."""
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


RECEIPT = Receipt(received_at=us("2026-11-24T12:00:00Z"))

_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["-", "203.0.113.9", "0", "Success"]),
)


def any_json(keys: list[str]) -> st.SearchStrategy[object]:
    """Any JSON, in which the keys that a form looks for often stand."""
    names = st.one_of(st.sampled_from(keys), st.text(max_size=8))
    return st.recursive(
        _LEAVES,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=6)),
        max_leaves=20,
    )


def any_object(keys: list[str]) -> st.SearchStrategy[dict[str, object]]:
    """Any JSON object, as :func:`any_json`."""
    return st.dictionaries(st.one_of(st.sampled_from(keys), st.text(max_size=8)), any_json(keys), max_size=8)


def damaged(samples: list[str]) -> st.SearchStrategy[str]:
    """A line with pieces cut out and others put in."""

    @st.composite
    def build(draw: st.DrawFn) -> str:
        line = draw(st.sampled_from(samples))
        for _ in range(draw(st.integers(1, 4))):
            at, size = draw(st.integers(0, len(line))), draw(st.integers(0, 20))
            piece = draw(
                st.one_of(st.text(max_size=6), st.sampled_from(['"', "\\", "|", "=", " from ", "[", "]", "<1>1 "]))
            )
            line = line[:at] + piece + line[at + size :]
        return line

    return build()
