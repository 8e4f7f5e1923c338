"""Metrics of holds, read when a monitor asks: how many are in force, near their last day, lapsed, or run out.

The trap guarded against: a lapse that shows only in a list somebody would have to open.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gatebook.procedures.look_at_holds import standings
from gatebook.trace.holds import Standing
from gatebook.wiring.premises import Premises


class HoldMetrics(Collector):
    """One gauge with a value for each way a hold can stand; those that were ended are not counted."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauge."""
        found = GaugeMetricFamily("gatebook_holds", "Legal holds that were not ended", labels=["standing"])
        counts = standings(self._premises.house)
        for standing in Standing:
            if standing is not Standing.ENDED:
                found.add_metric([standing.value], counts[standing])
        yield found

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: names are asked for at the registration, and a house that is being founded has no answer."""
        return []
