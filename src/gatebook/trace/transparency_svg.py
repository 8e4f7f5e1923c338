"""A transparency report as an SVG picture: bars with their figures beside them, for light and dark, read aloud or seen.

The trap guarded against: a picture that says more than the report, or that half of its readers cannot read. Each bar
has its figure in words, nothing is told by colour alone, and there is no script and nothing from another host.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 900, 230, 130, 26, 96
_MOST_ROWS, _MOST_LETTERS = 40, 115  # letters of this size in this width
_STYLE = (
    "svg{font-family:sans-serif;font-size:13px}.paper{fill:#ffffff}.ink{fill:#1b1b1b}.bar{fill:#1f5fa8}"
    ".line{stroke:#767676}@media (prefers-color-scheme:dark){.paper{fill:#16181c}.ink{fill:#f0f0f0}.bar{fill:#7fb2ea}"
    ".line{stroke:#9a9a9a}}"
)
_CHARTS = (
    ("by_instrument", "instrument", "Demands by instrument"),
    ("by_outcome", "outcome", "Demands by outcome"),
    ("by_jurisdiction", "jurisdiction", "Demands by jurisdiction"),
    ("by_recipient", "recipient", "Demands by recipient"),
)


def draw(report: Mapping[str, Any]) -> str:
    """Return the picture of a report as an SVG document."""
    parts, y = list[str](), _TOP
    for table, of, words in _CHARTS:
        rows = report[table][:_MOST_ROWS]
        parts += _chart(rows, of, words, y, left_out=len(report[table]) - len(rows))
        y += (max(len(rows), 1) + 2) * _ROW
    notes = [*_said(report), *_wrapped(report["notes"])]
    parts += [_text(20, y + n * 20, note) for n, note in enumerate(notes)]
    height, title = y + len(notes) * 20 + 16, f"Demands from {report['from']} until {report['until']}"
    head = [
        _raw("title", [_escaped(title)], id="report-title"),
        _raw("desc", [_escaped(_words(report))], id="report-desc"),
        _raw("style", [_STYLE]),
        _raw("rect", (), x=0, y=0, width=_WIDTH, height=height, **{"class": "paper"}),
        _text(20, 34, title, **{"font-size": 20, "font-weight": "bold"}),
        _text(20, 58, _total(report)),
    ]
    size = {"viewBox": f"0 0 {_WIDTH} {height}", "width": _WIDTH, "height": height}
    named = {"role": "img", "aria-labelledby": "report-title report-desc"}
    svg = _raw("svg", [*head, *parts], xmlns="http://www.w3.org/2000/svg", version="1.1", **size, **named)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n'


def _chart(rows: Sequence[Mapping[str, Any]], of: str, words: str, top: int, *, left_out: int) -> Iterator[str]:
    """A heading, and a bar for each row, the longest as wide as there is room."""
    more = f" ({left_out} more in the table)" if left_out else ""
    yield _text(20, top, words + more, **{"font-weight": "bold"})
    if not rows:
        yield _text(20, top + _ROW, "none")
    most = max((_size(row["demands"]) for row in rows), default=1) or 1
    bottom = top + 8 + max(len(rows), 1) * _ROW
    yield _raw("line", (), x1=_LEFT, y1=top + 8, x2=_LEFT, y2=bottom, **{"class": "line"})
    for n, row in enumerate(rows):
        y, figure = top + 12 + n * _ROW, row["demands"]
        width = round(_size(figure) / most * (_WIDTH - _LEFT - _RIGHT), 1)
        spoken = f"{row[of]}: {figure} demands, {row['accounts']} accounts, {row['emergencies']} emergencies"
        yield _raw(
            "rect",
            [_raw("title", [_escaped(spoken)])],
            x=_LEFT,
            y=y,
            width=max(width, 1),
            height=_ROW - 8,
            **{"class": "bar"},
        )
        yield _text(_LEFT - 8, y + 14, str(row[of]), **{"text-anchor": "end"})
        yield _text(_LEFT + width + 8, y + 14, str(figure))


def _total(report: Mapping[str, Any]) -> str:
    total = report["total"]
    banded = f"; counts in bands of {report['band']}" if report["band"] else ""
    return f"{total['demands']} demands, {total['accounts']} accounts, made on {report['made_on']}{banded}"


def _words(report: Mapping[str, Any]) -> str:
    """All that the picture shows, in words, for whoever hears it."""
    tables = (f"{words}: {_listed(report[table], of) or 'none'}" for table, of, words in _CHARTS)
    return ". ".join([_total(report), *tables, *_said(report)])


def _listed(rows: Iterable[Mapping[str, Any]], of: str) -> str:
    return ", ".join(f"{row[of]} {row['demands']}" for row in rows)


def _said(report: Mapping[str, Any]) -> list[str]:
    times, urgent, told = report["time_to_answer"], report["emergencies"], report["notices"]
    without = report["without_a_demand"]
    return [
        (
            f"Time to answer: median {_time(times['median_minutes'])}, nine in ten within"
            f" {_time(times['p90_minutes'])}; overdue: {_or_none(times['overdue_percent'])} percent"
        ),
        f"Emergency requests: {urgent['requests']}, refused {urgent['refused']}",
        (
            f"Subjects told by us: {told['given_by_provider']}, by the authority: {told['given_by_authority']},"
            f" delayed at any time: {told['delayed_at_any_time']}"
        ),
        f"Disclosed without a demand: {without['disclosures']}, refused by law: {without['refused']}",
    ]


def _time(minutes: int | None) -> str:
    return "not said" if minutes is None else f"{minutes // 60} h {minutes % 60} min"


def _or_none(figure: int | None) -> str:
    return "not said" if figure is None else str(figure)


def _size(figure: int | str) -> int:
    """Return how long a bar is: of a band its upper end."""
    return figure if isinstance(figure, int) else int(figure.rpartition("-")[2])


def _wrapped(notes: Iterable[str]) -> Iterator[str]:
    """Yield notes in lines as long as the picture is wide."""
    for note in notes:
        line = ""
        for word in note.split():
            if len(line) + len(word) > _MOST_LETTERS:
                yield line
                line = ""
            line = f"{line} {word}".strip()
        yield line


def _text(x: float, y: float, words: str, **more: object) -> str:
    return _raw("text", [_escaped(words)], x=x, y=y, **{"class": "ink"}, **more)


def _raw(name: str, inside: Iterable[str], **attributes: object) -> str:
    said = "".join(f' {key}="{_escaped(str(value))}"' for key, value in attributes.items())
    return f"<{name}{said}>{''.join(inside)}</{name}>"


def _escaped(words: str) -> str:
    return html.escape(words, quote=True)
