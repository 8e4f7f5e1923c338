"""What a number of access events a day comes to on disks, machines and in the ledger, from what was measured.

The trap guarded against: a plan out of thin air. Every figure of it names the measurements it was made from; each of
those stands in one table and says where it was taken, or what it is set to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import ceil, isfinite, log

from gatebook.errors import FieldProblem, InvalidInput

_DAY_S, _MONTHS, _DAYS = 86_400, 12, 365


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure somebody saw, or that the program is set to: its value and unit, and how it was come by."""

    value: float
    unit: str
    how: str


#: Everything a plan is made from. Take it again on machines like yours.
MEASURED: Mapping[str, Measured] = {
    "event_bytes": Measured(40, "bytes", "events of bench_access, six million in three months, parts merged"),
    "text_bytes": Measured(318, "bytes", "the lines of bench_access: our own form, not compressed"),
    "logged_bytes": Measured(60, "bytes", "bench_access, part ingest: files of the log, 10,000 events a batch"),
    "taken_in_a_cpu_second": Measured(
        45_000, "events", "bench_access, part http: the server, reading, log and sealing"
    ),
    "merged_a_cpu_second": Measured(400_000, "events", "bench_access, part ingest: every part merged once"),
    "rows_a_segment": Measured(200_000, "events", "setting: the most that one sealing takes"),
    "rows_worth_sealing": Measured(20_000, "events", "setting: so many are sealed at once, looked for every second"),
    "seconds_a_segment": Measured(10, "seconds", "setting access_seal_seconds: fewer events wait so long"),
    "entries_a_segment": Measured(2, "entries", "bench_access, part bytes: one for the segment, one for its batches"),
    "ledger_bytes_a_segment": Measured(2_200, "bytes", "bench_access, part bytes: state and published files"),
    "largest_part_bytes": Measured(150e9, "bytes", "setting of the engine: larger parts are not merged"),
    "young_parts": Measured(4, "parts", "bench_access, part bytes, before merging ends: of a whole house"),
    "lookup_ms": Measured(16, "ms", "bench_access, part lookups: the store itself, an account's 30 days, p50"),
    "part_ms": Measured(
        0.3, "ms", "not in the bench: 30 and 90 parts of 30 million events, asked in process, what one adds"
    ),
}
_PASSES_OF = 10  # parts that the engine merges at once, about: a row is written anew once for each power of ten
_FULL = 0.7  # of a disk: merging writes a part anew before the old ones go
_BUSY = 0.5  # of the cores at the peak: the other half answers questions


@dataclass(frozen=True, slots=True)
class Load:
    """What is planned for: events a day, how long each is kept, peak over mean, and what one machine has."""

    events_per_day: float
    years: float
    peak: float = 5.0
    disk_tb: float = 8.0
    cores: float = 4.0


_LIMITS: Mapping[str, tuple[float, float]] = {
    "events_per_day": (1, 1e13),
    "years": (0.01, 100),
    "peak": (1, 1000),
    "disk_tb": (0.01, 10_000),
    "cores": (1, 4096),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a plan: its value and unit, and the names of the measurements it was made from."""

    name: str
    value: float
    unit: str
    measured: tuple[str, ...] = ()


def plan(load: Load) -> tuple[Figure, ...]:
    """Return the figures of a plan. Raises InvalidInput for a load that cannot be one."""
    _check(load)
    mean, kept = load.events_per_day / _DAY_S, load.events_per_day * _DAYS * load.years
    rows_tb = kept * _of("event_bytes") / 1e12
    for_disk, cores = rows_tb / _FULL / load.disk_tb, _cores(mean * load.peak)
    shards = max(ceil(for_disk), ceil(cores / load.cores))
    return (
        Figure("events_mean", mean, "events/s"),
        Figure("events_peak", mean * load.peak, "events/s"),
        Figure("events_kept", kept, "events"),
        Figure("disk_rows", rows_tb, "TB", ("event_bytes",)),
        Figure("disk_with_room_to_merge", rows_tb / _FULL, "TB", ("event_bytes",)),
        Figure("disk_growth_a_day", load.events_per_day * _of("event_bytes") / 1e9, "GB", ("event_bytes",)),
        Figure("cores_at_the_peak", cores, "cores", ("taken_in_a_cpu_second", "merged_a_cpu_second", "rows_a_segment")),
        Figure("shards", shards, "machines", ("event_bytes", "taken_in_a_cpu_second", "merged_a_cpu_second")),
        *_of_a_shard(load, shards),
        *_ledger(load, shards),
        Figure("log_written_at_the_peak", mean * load.peak * _of("logged_bytes") / 1e6, "MB/s", ("logged_bytes",)),
        Figure("received_at_the_peak", mean * load.peak * _of("text_bytes") * 8 / 1e6, "Mbit/s", ("text_bytes",)),
    )


def _check(load: Load) -> None:
    problems = []
    for field in fields(load):
        value, (least, most) = getattr(load, field.name), _LIMITS[field.name]
        if not isfinite(value) or not least <= value <= most:
            problems.append(FieldProblem(f"/{field.name}", "out-of-range", f"a number from {least:g} to {most:g}"))
    if problems:
        raise InvalidInput("this is no load that can be planned for", tuple(problems))


def _of(name: str) -> float:
    return MEASURED[name].value


def _cores(events_s: float) -> float:
    """Return the cores that taking in, sealing and merging keep busy, with as many again for questions."""
    smallest = _of("rows_a_segment") * _of("event_bytes")
    passes = ceil(log(_of("largest_part_bytes") / smallest, _PASSES_OF))
    return events_s * (1 / _of("taken_in_a_cpu_second") + passes / _of("merged_a_cpu_second")) / _BUSY


def _of_a_shard(load: Load, shards: int) -> tuple[Figure, ...]:
    """Return parts of one shard, and what a question about thirty days takes there: it meets two months."""
    days, months = min(_DAYS / _MONTHS, load.years * _DAYS), max(1, ceil(load.years * _MONTHS))
    of_month = load.events_per_day * days * _of("event_bytes") / shards
    whole = ceil(of_month / _of("largest_part_bytes"))
    asked = 2 * whole + _of("young_parts")
    lookup = _of("lookup_ms") + (asked - 1) * _of("part_ms")
    made_from = ("event_bytes", "largest_part_bytes", "young_parts")
    return (
        Figure("parts_a_shard", months * whole + _of("young_parts"), "parts", made_from),
        Figure("parts_asked_for_30_days", asked, "parts", made_from),
        Figure("lookup_of_an_account_30_days", lookup, "ms", ("lookup_ms", "part_ms", *made_from)),
    )


def _ledger(load: Load, shards: int) -> tuple[Figure, ...]:
    """Return what sealing enters: a segment when enough rows wait, or one has waited long enough."""
    events = load.events_per_day / shards
    by_time = min(events, _DAY_S / _of("seconds_a_segment"))
    segments = shards * max(by_time, min(events / _of("rows_worth_sealing"), _DAY_S), events / _of("rows_a_segment"))
    made_from = ("seconds_a_segment", "rows_worth_sealing", "rows_a_segment")
    size = segments * _DAYS * _of("ledger_bytes_a_segment") / 1e9
    return (
        Figure("segments_a_day", segments, "segments", made_from),
        Figure(
            "ledger_entries_a_day", segments * _of("entries_a_segment"), "entries", ("entries_a_segment", *made_from)
        ),
        Figure("ledger_growth_a_year", size, "GB", ("ledger_bytes_a_segment", *made_from)),
    )
