"""The page on forms says of every form what it cannot see."""

from __future__ import annotations

from pathlib import Path

from gatebook.record.events.forms import BY_NAME
from gatebook.terms.access_event import MARKS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "access-formats.md").read_text("utf-8")


def test_every_blind_spot_stands_on_the_page() -> None:
    # Breaks when a form gains a blind spot, or a form is added, that nobody who runs a house is told of.
    for name, form in BY_NAME.items():
        assert f"`{name}`" in PAGE, name
        assert form.blind_spots, name
        for spot in form.blind_spots:
            assert spot in PAGE, (name, spot)


def test_every_mark_stands_on_the_page() -> None:
    # Breaks when an event can bear a mark that the page does not explain.
    for mark, meaning in MARKS.items():
        assert f"| `{mark}` | {meaning} |" in PAGE, mark
