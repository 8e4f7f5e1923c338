"""Metrics of access events: which sources fell silent, and what of the log is damaged, read when a monitor asks.

The trap guarded against: a gauge that nobody sets any more because the process that set it is another.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gatebook.procedures.access_sources import some_unwatched, sources
from gatebook.wiring.premises import Premises


class AccessSources(Collector):
    """One gauge per source, 1 while it is silent; one of sources not watched, one of parts of the log not readable."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges."""
        found = GaugeMetricFamily(
            "gatebook_access_source_silent", "A source of access events that fell silent", labels=["source"]
        )
        now, silence = self._premises.now(), self._premises.access_silence
        for one in sources(self._premises.house):
            found.add_metric([one.source], float(silence.is_broken(one, now)))
        yield found
        unwatched = "1 while more sources send access events than are watched for gaps"
        some = float(some_unwatched(self._premises.house))
        yield GaugeMetricFamily("gatebook_access_sources_unwatched", unwatched, value=some)
        damaged = "Parts of the log of access events that cannot be read"
        yield GaugeMetricFamily("gatebook_access_log_damaged", damaged, value=len(self._premises.access_log.damage()))

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: names are asked for at the registration, and a house that is being founded has no answer."""
        return []
