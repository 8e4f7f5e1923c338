"""The metric of notices, read when a monitor asks: how many subjects are to be told now.

The trap guarded against: a court's silence that ended months ago, and nobody spoke.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gatebook.procedures.give_notice import count_owed
from gatebook.wiring.premises import Premises


class NoticeMetrics(Collector):
    """One gauge."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauge."""
        owed = count_owed(self._premises.house)
        yield GaugeMetricFamily("gatebook_notices_due", "Demands whose subject is to be told now", value=owed)

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: names are asked for at the registration, and a house that is being founded has no answer."""
        return []
