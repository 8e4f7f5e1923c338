"""Metrics of witnesses, read when a monitor asks: how far behind ours are, and which logs we saw fork.

The trap guarded against: a ledger nobody cosigns any more, which looks from inside like one that everybody does.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gatebook.errors import GatebookError
from gatebook.procedures.house import SYSTEM
from gatebook.procedures.look_at_witnesses import witnesses
from gatebook.procedures.watch_logs import watched_logs
from gatebook.wiring.premises import Premises
from gatebook.wiring.witness import witness_desk, witnesses_of


class WitnessMetrics(Collector):
    """Two gauges a witness: entries it has not cosigned, and 1 while it holds another history. One a watched log.

    What cannot be read is a gauge too: a damaged file of one kind leaves a monitor all other figures.
    """

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges."""
        unreadable = 0
        for figures in (self._witnesses, self._watched):
            try:
                yield from figures()
            except GatebookError:
                unreadable = 1
        words = "1 while what is kept of a witness or of a watched log cannot be read"
        yield GaugeMetricFamily("gatebook_witness_unreadable", words, value=unreadable)

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: names are asked for at the registration, and a house that is being founded has no answer."""
        return []

    def _witnesses(self) -> list[GaugeMetricFamily]:
        behind = GaugeMetricFamily("gatebook_witness_behind", "Entries a witness has not cosigned", labels=["witness"])
        words = "1 while a witness holds another history of this ledger"
        alarm = GaugeMetricFamily("gatebook_witness_refuses", words, labels=["witness"])
        for one in witnesses(self._premises.house, SYSTEM, witnesses_of(self._premises)):
            behind.add_metric([one["witness"]], one["behind"])
            alarm.add_metric([one["witness"]], float(one["is_alarm"]))
        return [behind, alarm]

    def _watched(self) -> list[GaugeMetricFamily]:
        forked = GaugeMetricFamily("gatebook_watched_log_forked", "1 for a log that was seen to fork", labels=["log"])
        for log in watched_logs(self._premises.house, witness_desk(self._premises), SYSTEM):
            forked.add_metric([log["log"]], float(log["has_forked"]))
        return [forked]
