"""Metrics of demands, read when a monitor asks: how many are overdue, nearly due, and open by instrument.

The trap guarded against: a day that passes because the person who watches the list is away.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gatebook.procedures.demand_clocks import counts
from gatebook.terms.demand import Instrument
from gatebook.wiring.premises import Premises

_INSTRUMENTS = (*(one.value for one in Instrument), "not-described")


class DemandMetrics(Collector):
    """Two gauges of how near answers are, and one of open demands, a figure for each instrument."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges."""
        found = counts(self._premises.house)
        yield GaugeMetricFamily("gatebook_demands_overdue", "Demands not answered in time", value=found["overdue"])
        yield GaugeMetricFamily("gatebook_demands_nearly_due", "Demands nearly due", value=found["nearly_due"])
        by = GaugeMetricFamily("gatebook_demands_open", "Demands not closed, by instrument", labels=["instrument"])
        for instrument in _INSTRUMENTS:
            by.add_metric([instrument], found["open"].get(instrument, 0))
        yield by

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: names are asked for at the registration, and a house that is being founded has no answer."""
        return []
