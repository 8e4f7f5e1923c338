"""Templates of the papers, read once from the files beside this one and filled in without a way to run anything.

The trap guarded against: what a stranger wrote taken for markup, or for a sign that turns the line around. In pages
every text is escaped; in pages and plain texts alike whatever steers a terminal or the direction of writing is shown
as a replacement character.
"""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gatebook.trace.timeline import printable

if TYPE_CHECKING:
    from jinja2 import Environment

_NAMES = ("cover.html", "cover.css", "certificate.txt", "instructions.txt")


def fill(name: str, values: Mapping[str, Any]) -> str:
    """Return a template with values in it. A name no value was given for is an error, never an empty place."""
    return _environment().get_template(name).render(values)


@functools.cache
def text(name: str) -> str:
    """Return the text of a template as it stands."""
    return (importlib.resources.files(__name__) / name).read_text("utf-8")


def instant(at: datetime) -> str:
    """Return a time as papers write it: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def instant_of(at: int) -> str:
    """Return microseconds since 1970 as papers write a time: UTC, to the microsecond."""
    return datetime.fromtimestamp(at // 1_000_000, UTC).strftime(f"%Y-%m-%d %H:%M:%S.{at % 1_000_000:06d} UTC")


@functools.cache
def _environment() -> Environment:
    from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape  # noqa: PLC0415  heavy

    made = Environment(
        loader=DictLoader({name: text(name) for name in _NAMES}),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_clean,
    )
    made.filters |= {"instant": instant, "instant_of": instant_of, "thousands": lambda number: f"{number:,}"}
    return made


def _clean(value: object) -> object:
    # What is marked as safe was made by a template out of parts that were cleaned; it alone may have lines.
    return printable(value) if type(value) is str else value
