"""A timeline as an SVG picture: text alone, made by a pure function.

The trap guarded against: a picture that runs what a stranger wrote. Every text of the data is cleaned and escaped
here, in one place; there is no script, no style sheet and nothing from another host.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from gatebook.terms.access_event import Outcome
from gatebook.trace.by_day import begin_of, instant_of
from gatebook.trace.timeline import Bar, Mark, Story, printable

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 1200, 330, 30, 24, 92
_MOST_LABEL, _MOST_WORDS, _MOST_TICKS, _MOST_RADIUS = 46, 400, 7, 10.0
_INK, _FAINT, _BLUE, _RED, _GREEN, _GREY = "#1b1b1b", "#d0d0d0", "#1f5fa8", "#b3261e", "#2e6b34", "#eeeeee"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_STEPS = (
    *(1, 5, 15, 30, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 91 * _DAY, 182 * _DAY),
    *(365 * _DAY, 5 * 365 * _DAY, 25 * 365 * _DAY, 250 * 365 * _DAY, 2500 * 365 * _DAY),
)
_SECOND = 1_000_000


def draw(story: Story) -> str:
    """Return the picture of a story as an SVG document."""
    scale = _Scale(story.from_at, story.until_at)
    bars_at = _TOP + _ROW
    lanes_at = bars_at + len(story.bars) * _ROW
    bottom = lanes_at + len(story.lanes) * _ROW
    height = bottom + 40 + _ROW * (len(story.notes) + 1)
    parts = [
        _tag("title", story.title, id="timeline-title"),
        _tag("desc", story.words, id="timeline-desc"),
        _tag("rect", x=0, y=0, width=_WIDTH, height=height, fill="#ffffff"),
        _text(20, 30, story.title, **{"font-size": 18, "font-weight": "bold"}),
        _text(20, 52, story.words),
        *_gaps(story, scale, bottom),
        *_axis(scale, bottom),
        *_life(story, scale, bottom),
        *_bars(story.bars, scale, bars_at),
        *_lanes(story, scale, lanes_at),
        *(_legend(bottom + 30) if any(mark.outcome for mark in story.marks) else ()),
        *(_text(20, bottom + 30 + _ROW * (n + 1), note) for n, note in enumerate(story.notes)),
    ]
    size = {"viewBox": f"0 0 {_WIDTH} {height}", "width": _WIDTH, "height": height}
    named = {"role": "img", "aria-labelledby": "timeline-title timeline-desc"}
    font = {"font-family": "sans-serif", "font-size": 12, "fill": _INK}
    svg = _raw("svg", parts, xmlns="http://www.w3.org/2000/svg", version="1.1", **size, **named, **font)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n'


class _Scale:
    """Where in the picture a time stands."""

    def __init__(self, from_at: int, until_at: int) -> None:
        self.from_at, self.until_at = from_at, max(until_at, from_at)
        self._length = max(until_at - from_at, 1)

    def x(self, at: int) -> float:
        inside = min(max(at, self.from_at), self.until_at)
        part = (inside - self.from_at) / self._length
        return round(_LEFT + part * (_WIDTH - _LEFT - _RIGHT), 1)

    def holds(self, at: int) -> bool:
        return self.from_at <= at <= self.until_at

    def ticks(self) -> tuple[int, list[int]]:
        """Return how many seconds lie between two ticks, and the ticks."""
        seconds = (self.until_at - self.from_at) // _SECOND
        step = next((step for step in _STEPS if seconds // step <= _MOST_TICKS), _STEPS[-1])
        first = -(-self.from_at // (step * _SECOND))
        return step, [n * step * _SECOND for n in range(first, self.until_at // (step * _SECOND) + 1)]


def _axis(scale: _Scale, bottom: int) -> Iterator[str]:
    step, ticks = scale.ticks()
    yield _line(_LEFT, _TOP - 10, _WIDTH - _RIGHT, _TOP - 10, _INK)
    for tick in ticks:
        x = scale.x(tick)
        yield _line(x, _TOP - 14, x, bottom, _FAINT)
        at = instant_of(tick)
        words = _day(at) if step >= _DAY else f"{_day(at)} {at.hour:02}:{at.minute:02}:{at.second:02}"
        yield _text(x, _TOP - 18, words, **{"text-anchor": "middle", "font-size": 10})
    yield _text(20, _TOP - 18, "time, UTC", **{"font-size": 10})


def _life(story: Story, scale: _Scale, bottom: int) -> Iterator[str]:
    """The account itself: a bar from its opening to its closing, both marked over all lanes."""
    yield _text(20, _TOP + 14, "account")
    if story.opened_at is None:
        yield _text(_LEFT + 4, _TOP + 14, "not opened by this house")
        return
    end = story.until_at if story.closed_at is None else story.closed_at
    if end >= story.from_at and story.opened_at <= story.until_at:
        yield _bar(Bar("open", story.opened_at, end), scale, _TOP + 4, _GREEN)
    for at, words in ((story.opened_at, "opened"), (story.closed_at, "closed")):
        if at is not None and scale.holds(at):
            yield _line(scale.x(at), _TOP, scale.x(at), bottom, _GREEN)
            is_right = scale.x(at) > _WIDTH - 2 * _LEFT
            place = {"font-size": 10, "text-anchor": "end" if is_right else "start"}
            yield _text(scale.x(at) + (-3 if is_right else 3), _TOP + 14, f"{words} {_day(instant_of(at))}", **place)


def _bars(bars: Sequence[Bar], scale: _Scale, top: int) -> Iterator[str]:
    for n, bar in enumerate(bars):
        yield _label(top + n * _ROW + 14, bar.words)
        yield _bar(bar, scale, top + n * _ROW + 4, "#8a6d1d")


def _bar(bar: Bar, scale: _Scale, y: int, colour: str) -> str:
    x = scale.x(bar.from_at)
    width = max(round(scale.x(bar.until_at) - x, 1), 1)
    place = {"x": x, "y": y, "width": width, "height": 12, "fill": colour, "fill-opacity": "0.5"}
    return _raw("rect", [_tag("title", bar.words)], **place)


def _lanes(story: Story, scale: _Scale, top: int) -> Iterator[str]:
    rows = {lane: top + n * _ROW + _ROW // 2 for n, lane in enumerate(story.lanes)}
    for lane, y in rows.items():
        yield _line(_LEFT, y, _WIDTH - _RIGHT, y, _FAINT)
        yield _label(y + 4, lane)
    for mark in story.marks:
        yield _mark(mark, scale, rows[mark.lane])


def _mark(mark: Mark, scale: _Scale, y: int) -> str:
    title = [_tag("title", _said(mark))]
    x = scale.x((mark.first_at + mark.last_at) // 2)
    if mark.outcome is Outcome.FAILURE:
        path = f"M{x - 4} {y - 4} L{x + 4} {y + 4} M{x - 4} {y + 4} L{x + 4} {y - 4}"
        return _raw("path", title, d=path, stroke=_RED, fill="none", **{"stroke-width": 2})
    radius = round(min(3 + math.log2(mark.events), _MOST_RADIUS), 1)
    is_plain = mark.outcome in {Outcome.SUCCESS, None}
    fill = {"fill": _BLUE, "fill-opacity": "0.7"} if is_plain else {"fill": "#ffffff", "stroke": _INK}
    return _raw("circle", title, cx=x, cy=y, r=radius, **fill)


def _said(mark: Mark) -> str:
    when = instant_of(mark.first_at).isoformat()
    if mark.outcome is not None:
        return f"{when} {mark.lane}: {mark.words}"
    return f"{mark.events} from {when} until {instant_of(mark.last_at).isoformat()}, {mark.lane}"


def _gaps(story: Story, scale: _Scale, bottom: int) -> Iterator[str]:
    for gap in story.gaps:
        x, end = scale.x(begin_of(gap.first)), scale.x(begin_of(gap.last) + _DAY * _SECOND)
        if end > x:
            words = f"no access for {gap.days} days"
            place = {"x": x, "y": _TOP, "width": round(end - x, 1), "height": bottom - _TOP, "fill": _GREY}
            yield _raw("rect", [_tag("title", f"{words}, {gap.first} until {gap.last}")], **place)
            yield _text((x + end) / 2, bottom + 12, words, **{"text-anchor": "middle", "font-size": 10})


def _legend(y: int) -> Iterator[str]:
    kinds = ((Outcome.SUCCESS, "success"), (Outcome.FAILURE, "failure"), (Outcome.UNKNOWN, "pending, or not said"))
    for n, (outcome, words) in enumerate(kinds):
        at = 26 + n * 110
        yield _mark(Mark("legend", 0, 0, 1, outcome, words), _Fixed(at), y - 4)
        yield _text(at + 12, y, words)


class _Fixed(_Scale):
    """A scale on which everything stands in one place."""

    def __init__(self, place: int) -> None:
        super().__init__(0, 1)
        self._place = place

    def x(self, at: int) -> float:  # noqa: ARG002  the same for every time
        return float(self._place)


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return _tag("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour)


def _text(x: float, y: float, words: str, **more: object) -> str:
    return _tag("text", words, x=x, y=y, **more)


def _label(y: float, words: str) -> str:
    """Return the label of a row; one too long for its place is cut there, and whole in its title."""
    shown = printable(words)
    if len(shown) <= _MOST_LABEL:
        return _text(20, y, shown)
    whole = _tag("title", shown[:_MOST_WORDS])
    return _raw("text", [_escaped(shown[: _MOST_LABEL - 1] + "…"), whole], x=20, y=y)


def _tag(name: str, words: str = "", **attributes: object) -> str:
    return _raw(name, [_escaped(printable(words))], **attributes)


def _raw(name: str, inside: Iterable[str], **attributes: object) -> str:
    """Return an element around what is written already; attributes are escaped here, as texts are in ``_tag``."""
    said = "".join(f' {key}="{_escaped(printable(str(value)))}"' for key, value in attributes.items())
    return f"<{name}{said}>{''.join(inside)}</{name}>"


def _escaped(words: str) -> str:
    return html.escape(words, quote=True)
