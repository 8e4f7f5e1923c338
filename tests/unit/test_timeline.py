"""A timeline as data and as a picture: nothing a stranger wrote runs, and what is put together says so."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gatebook.terms.access_event import AccessEvent, Outcome
from gatebook.terms.assignment import OPEN
from gatebook.trace.ports import KeptEvent, Use
from gatebook.trace.timeline import (
    MOST_COLUMNS,
    MOST_LANES,
    OTHERS,
    Bar,
    Gap,
    Mark,
    Story,
    gaps_of,
    in_columns,
    in_lanes,
    marks_of_events,
    marks_of_uses,
    printable,
)
from gatebook.trace.timeline_svg import draw

DAY = 86_400_000_000
START = 20_000 * DAY
SVG = "{http://www.w3.org/2000/svg}"
FIRST = date(2026, 1, 1)
texts = st.text(max_size=60) | st.sampled_from(["<script>alert(1)</script>", "\x1b[31m", "\x00", "\ufffe", "\u202eab", "a\nb", "]]>", "&amp;"])  # fmt: skip
times = st.integers(START, START + 400 * DAY)


def parsed(drawn: str) -> ET.Element:
    return ET.fromstring(drawn.encode())  # noqa: S314  our own picture; that it is sound is what is tested


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


def story(
    marks: list[Mark], bars: tuple[Bar, ...] = (), gaps: tuple[Gap, ...] = (), title: str = "t", **more: object
) -> Story:
    lanes = tuple(dict.fromkeys(mark.lane for mark in marks))
    told: dict[str, object] = {"words": title, "from_at": START, "until_at": START + 400 * DAY, "opened_at": START}
    told |= {"closed_at": None, "notes": (title,), **more}
    return Story(title=title, lanes=lanes, marks=tuple(marks), bars=bars, gaps=gaps, **told)  # type: ignore[arg-type]


@given(st.lists(st.tuples(texts, texts, texts, st.sampled_from(list(Outcome)), times), max_size=6), texts)
def test_a_picture_is_sound_whatever_was_written(rows: list[tuple[str, str, str, Outcome, int]], title: str) -> None:
    # Breaks when a text of the data can end a tag, begin one, or make the picture no XML.
    events = [AccessEvent(at=at, source=source, act=act, address=address, outcome=outcome) for act, source, address, outcome, at in rows]  # fmt: skip
    marks = marks_of_events(KeptEvent(event, 1, n, 0) for n, event in enumerate(events))
    bars = tuple(Bar(address, at, OPEN) for _, _, address, _, at in rows)
    drawn = draw(story(marks, bars, title=title))
    found = parsed(drawn)
    names = {element.tag.removeprefix(SVG) for element in found.iter()}
    assert names <= {"svg", "title", "desc", "rect", "line", "text", "circle", "path"}
    attributes = {name for element in found.iter() for name in element.attrib}
    assert not {name for name in attributes if name.lower().startswith("on") or "href" in name or name == "style"}
    assert "\x1b" not in drawn and "\u202e" not in drawn and "<script" not in drawn
    assert found.attrib["role"] == "img" and found.find(f"{SVG}title") is not None and found.find(f"{SVG}desc") is not None  # fmt: skip


@given(texts, texts)
def test_the_marks_of_a_picture_are_made_of_its_marks_alone(one: str, other: str) -> None:
    # Breaks when a text adds an element: then its letters were not escaped.
    def tags(words: str) -> int:
        drawn = draw(story([Mark("lane", START, START, 1, Outcome.FAILURE, words)], (Bar(words[:20], START, OPEN),)))
        return sum(1 for _ in parsed(drawn).iter())

    assert tags(one) == tags(other)


def test_what_failed_is_drawn_otherwise_and_every_mark_is_said() -> None:
    # Breaks when a failed act looks like any other, or a mark cannot be read aloud.
    marks = [Mark("192.0.2.1", START + n * DAY, START + n * DAY, 1, outcome, f"login {n}") for n, outcome in enumerate(Outcome)]  # fmt: skip
    found = parsed(draw(story(marks, gaps=(Gap(date(2024, 12, 1), date(2025, 1, 30)),))))
    crosses = [element for element in found.iter(f"{SVG}path") if "login" in str(element[0].text)]
    circles = [element for element in found.iter(f"{SVG}circle") if "login" in str(element[0].text)]
    assert (len(crosses), len(circles)) == (1, 3)
    assert any("no access for 61 days" in str(element.text) for element in found.iter(f"{SVG}text"))


def test_a_gap_is_whole_days_between_and_to_both_ends() -> None:
    # Breaks when a day with an access counts as quiet, or silence after the last access is none.
    assert gaps_of([day(0), day(10)], None, None, 9) == (Gap(day(1), day(9)),)
    assert gaps_of([day(0), day(10)], None, None, 10) == ()
    assert gaps_of([day(5)], day(0), day(9), 3) == (Gap(day(1), day(4)), Gap(day(6), day(8)))
    assert gaps_of([], day(0), day(40), 30) == (Gap(day(1), day(39)),)
    assert gaps_of([], None, day(40), 1) == () == gaps_of([day(3)], None, None, 1)
    assert gaps_of([day(1), day(2)], day(1), day(2), 0) == ()


@given(st.sets(st.integers(0, 120)), st.integers(1, 20))
def test_gaps_are_the_days_nobody_came(days: set[int], least: int) -> None:
    # Breaks when a quiet day is in no gap though its run is long enough, or a busy one is in one.
    found = gaps_of(map(day, days), day(0), day(120), least)
    quiet = {gap.first + timedelta(days=n) for gap in found for n in range(gap.days)}
    assert not quiet & {day(n) for n in days} and all(gap.days >= least for gap in found)
    marked = sorted({*days, 0, 120})
    longest = max((b - a - 1 for a, b in itertools.pairwise(marked)), default=0)
    assert max((gap.days for gap in found), default=0) == (longest if longest >= least else 0)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 900), st.integers(1, 50)), min_size=1, max_size=200))
def test_nothing_is_lost_when_marks_are_put_together(rows: list[tuple[int, int, int]]) -> None:
    # Breaks when an access falls out of lanes or columns, or there are more of either than can be drawn.
    uses = [Use("p", f"192.0.2.{address}", events, START + n * DAY, START + n * DAY + 5) for address, n, events in rows]
    countries = {f"192.0.2.{n}": f"{chr(65 + n // 2)}X" for n in range(52)}
    lanes, marks = in_lanes(marks_of_uses(uses), countries)
    width, columns = in_columns(marks)
    assert len(lanes) <= MOST_LANES and {mark.lane for mark in marks} == set(lanes)
    assert sum(mark.events for mark in columns) == sum(use.events for use in uses)
    assert len(columns) <= MOST_COLUMNS * MOST_LANES and width <= 4
    assert len({mark.lane for mark in marks_of_uses(uses)}) <= MOST_LANES or OTHERS not in lanes or len(lanes) == MOST_LANES  # fmt: skip


def test_a_picture_of_no_time_and_of_all_time_is_drawn() -> None:
    # Breaks when a time of no length divides by nothing, or the years 1 to 9999 have more ticks than there is room.
    from gatebook.trace.asked import FIRST as BEGIN
    from gatebook.trace.asked import LAST

    for from_at, until_at in ((START, START), (BEGIN, LAST), (LAST, LAST), (BEGIN, BEGIN)):
        drawn = draw(story([], from_at=from_at, until_at=until_at, opened_at=None))
        assert len(parsed(drawn).findall(f"{SVG}line")) < 20


def test_printable_keeps_letters_and_nothing_that_steers() -> None:
    # Breaks when an escape reaches a terminal, or a name in another script is lost.
    assert printable("Zoë 北京 curl/8") == "Zoë 北京 curl/8"
    assert printable("a\x1b]0;x\x07b\u202ec\td") == "a\ufffd]0;x\ufffdb\ufffdc d"
