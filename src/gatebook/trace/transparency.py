"""A transparency report: the demands of a time, counted by kind, jurisdiction, recipient and outcome, and how long.

The trap guarded against: a count that names somebody. One order from one small place is a person to whoever knows the
case; in bands, what is fewer than a band stands together as others, and no figure is exact.
"""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

NOTES = (
    "Counts are of demands received in the time, as they stood when the report was made.",
    "An account asked for by two demands counts for each; accounts are those of which something was handed over.",
    "Time to answer is from receipt to the first disclosure, or to the closing where nothing was disclosed.",
    (
        "Orders of national security, which a law lets be reported only in ways of its own, are out of the scope of"
        " this report."
    ),
)
OTHERS, OPEN, NOT_DESCRIBED, UNKNOWN = "others", "open", "not-described", "unknown"
_REFUSED, _PRODUCED = "refused", ("produced", "partly-produced")
#: The tables of counts, each by one thing that is known of a demand, and one by all of them.
TABLES: Mapping[str, tuple[str, ...]] = {
    "by_instrument": ("instrument",),
    "by_jurisdiction": ("jurisdiction",),
    "by_recipient": ("recipient",),
    "by_outcome": ("outcome",),
    "together": ("instrument", "jurisdiction", "recipient", "outcome"),
}
T = TypeVar("T")
#: A whole number, or the band it falls into.
Figure = int | str


@dataclass(frozen=True, slots=True)
class Case:
    """One demand, as it is counted. ``ended_at`` None is open; ``notice`` is how telling the subject stands."""

    instrument: str
    jurisdiction: str
    recipient: str
    outcome: str
    is_emergency: bool
    accounts: int
    received_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    notice: str
    was_delayed: bool


@dataclass(frozen=True, slots=True)
class Voluntary:
    """One disclosure without a demand."""

    recipient: str
    jurisdiction: str
    records: int


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both counted, and when the report was made."""

    from_on: date
    until_on: date
    made_at: datetime


def count(
    period: Period, cases: Sequence[Case], voluntary: Sequence[Voluntary], refused: int, band: int
) -> dict[str, Any]:
    """Return the report. ``refused``: disclosures without a demand that the law did not allow; ``band`` 0 is exact."""
    shown = _shown(band)
    return {
        "from": period.from_on.isoformat(),
        "until": period.until_on.isoformat(),
        "made_on": period.made_at.date().isoformat(),
        "band": band,
        "total": _figures(cases, shown),
        **{name: _table(cases, by, band) for name, by in TABLES.items()},
        "time_to_answer": _times(cases, period.made_at, band),
        "emergencies": _emergencies(cases, shown),
        "notices": _notices(cases, shown),
        "without_a_demand": {
            "disclosures": shown(len(voluntary)),
            "records": shown(sum(one.records for one in voluntary)),
            "refused": shown(refused),
            "by_recipient": _voluntary(voluntary, band),
        },
        "notes": list(NOTES),
    }


def to_csv(report: Mapping[str, Any]) -> str:
    """Return a report as CSV, one figure in a line: which table, which row of it, what is counted, the figure.

    Every text is one of this house's own words, or a code of a jurisdiction, so none begins a formula.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("table", "row", "counted", "figure"))
    writer.writerows(_lines(report))
    return out.getvalue()


def _lines(report: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    for name in ("from", "until", "made_on", "band"):
        yield "report", "", name, report[name]
    for name in ("total", "time_to_answer", "emergencies", "notices"):
        for counted, figure in report[name].items():
            yield name, "", counted, "" if figure is None else figure
    for name, by in TABLES.items():
        for row in report[name]:
            about = " ".join(row[one] for one in by)
            yield from ((name, about, counted, row[counted]) for counted in row if counted not in by)
    without = report["without_a_demand"]
    for counted in ("disclosures", "records", "refused"):
        yield "without_a_demand", "", counted, without[counted]
    for row in without["by_recipient"]:
        about = f"{row['recipient']} {row['jurisdiction']}"
        yield from (("without_a_demand", about, counted, row[counted]) for counted in ("disclosures", "records"))


def _shown(band: int) -> Callable[[int], Figure]:
    """Return how a count is shown: as it is, or as the band it falls into."""

    def in_band(number: int) -> Figure:
        low = number // band * band
        return f"{low}-{low + band - 1}"

    return in_band if band else lambda number: number


def _figures(cases: Sequence[Case], shown: Callable[[int], Figure]) -> dict[str, Figure]:
    return {
        "demands": shown(len(cases)),
        "accounts": shown(sum(one.accounts for one in cases)),
        "emergencies": shown(sum(one.is_emergency for one in cases)),
    }


def _table(cases: Sequence[Case], by: tuple[str, ...], band: int) -> list[dict[str, Any]]:
    groups: dict[tuple[str, ...], list[Case]] = {}
    for one in cases:
        groups.setdefault(tuple(str(getattr(one, name)) for name in by), []).append(one)
    shown = _shown(band)
    return [{**dict(zip(by, key, strict=True)), **_figures(held, shown)} for key, held in _merged(groups, band)]


def _merged(groups: Mapping[tuple[str, ...], list[T]], band: int) -> list[tuple[tuple[str, ...], list[T]]]:
    """Return groups in order; those smaller than a band stand together, last, as others."""
    large = sorted((key, held) for key, held in groups.items() if len(held) >= band)
    small = [one for held in groups.values() if len(held) < band for one in held]
    width = len(next(iter(groups), ()))
    return [*large, *([((OTHERS,) * width, small)] if small else [])]


def _times(cases: Sequence[Case], made_at: datetime, band: int) -> dict[str, Any]:
    """Return how long answers took, in whole minutes; nothing is said of fewer than a band."""
    shown = _shown(band)
    took = sorted((one.ended_at - one.received_at).total_seconds() / 60 for one in cases if one.ended_at)
    dated = [one for one in cases if one.due_at]
    late = sum((one.ended_at or made_at) > one.due_at for one in dated if one.due_at)
    is_said = bool(took) and len(took) >= band
    return {
        "answered": shown(len(took)),
        "median_minutes": round(statistics.median(took)) if is_said else None,
        "p90_minutes": round(took[math.ceil(len(took) * 0.9) - 1]) if is_said else None,
        "overdue": shown(late),
        "overdue_percent": round(100 * late / len(dated)) if dated and len(dated) >= band else None,
    }


def _emergencies(cases: Sequence[Case], shown: Callable[[int], Figure]) -> dict[str, Figure]:
    asked = [one for one in cases if one.is_emergency]
    return {
        "requests": shown(len(asked)),
        "refused": shown(sum(one.outcome == _REFUSED for one in asked)),
        "produced": shown(sum(one.outcome in _PRODUCED for one in asked)),
    }


def _notices(cases: Sequence[Case], shown: Callable[[int], Figure]) -> dict[str, Figure]:
    said = [one.notice for one in cases]
    return {
        "given_by_provider": shown(said.count("given-by-provider")),
        "given_by_authority": shown(said.count("given-by-authority")),
        "left_to_authority": shown(said.count("by-authority")),
        "forbidden_now": shown(said.count("forbidden") + said.count("delayed")),
        "due": shown(said.count("due")),
        "delayed_at_any_time": shown(sum(one.was_delayed for one in cases)),
    }


def _voluntary(voluntary: Sequence[Voluntary], band: int) -> list[dict[str, Any]]:
    groups: dict[tuple[str, ...], list[Voluntary]] = {}
    for one in voluntary:
        groups.setdefault((one.recipient, one.jurisdiction), []).append(one)
    shown = _shown(band)
    return [
        {
            "recipient": key[0],
            "jurisdiction": key[1],
            "disclosures": shown(len(held)),
            "records": shown(sum(one.records for one in held)),
        }
        for key, held in _merged(groups, band)
    ]
