"""Batches worked on by a cluster, through Spark Connect: Apache Spark, or Sail, which speaks the same.

The trap guarded against: a cluster that answers otherwise than this machine. It runs the same function, which refuses
to work beside another Gatebook, and its rows are put back in the order of the file.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from gatebook.errors import InvalidInput, SettingsError, Unavailable

Work = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
_ROWS_A_TASK = 8_192
_PORT, _WAIT_S = 15_002, 10.0


class Spark:
    """The engine that sends each part to a cluster. The workers need this Gatebook and its packages."""

    def __init__(self, master: str, work: Work, schema: str) -> None:
        """``master`` is an address such as ``sc://127.0.0.1:15002``. Raises InvalidInput for any other."""
        _check(master)
        self._master, self._work, self._schema = master, work, schema

    def results(self, parts: Iterable[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[int, pa.Table]]:
        """Yield each part's result. Raises Unavailable when the cluster does not answer or gives up."""
        session = session_at(self._master)
        try:
            for number, batch in parts:
                yield number, self._one(session, batch)
        finally:
            session.stop()

    def _one(self, session: Any, batch: pa.RecordBatch) -> pa.Table:  # noqa: ANN401  as above
        work = self._work

        def screen(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return work(batches)

        slices = -(-batch.num_rows // _ROWS_A_TASK)
        try:
            frame = session.createDataFrame(pa.Table.from_batches([batch])).repartition(slices)
            table = frame.mapInArrow(screen, self._schema).toArrow()
        except Exception as error:  # noqa: BLE001  as above
            raise unavailable(error) from None
        return table.sort_by([("what", "ascending"), ("place", "ascending"), ("rank", "ascending")])


def session_at(master: str) -> Any:  # noqa: ANN401  pyspark is there only where a cluster is used
    """Return a session of its own at an address such as ``sc://127.0.0.1:15002``.

    Raises InvalidInput for no such address, SettingsError without pyspark, Unavailable when nobody answers.
    """
    _check(master)
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415  half a second, for who asks for it
    except ImportError:
        raise SettingsError("a cluster needs the pyspark package: pip install 'pyspark[connect]'") from None
    _knock(master)
    try:
        return SparkSession.builder.remote(master).create()
    except Exception as error:  # noqa: BLE001  whatever the client raises, nobody answered
        raise unavailable(error) from None


def _check(master: str) -> None:
    if not master.startswith("sc://"):
        raise InvalidInput("--master is the address of a Spark Connect server: sc://host:port")


def _knock(master: str) -> None:
    """See that somebody listens: the client itself would go on trying for ten minutes."""
    address = urlsplit(master)
    try:
        socket.create_connection((address.hostname or "", address.port or _PORT), timeout=_WAIT_S).close()
    except (OSError, ValueError):
        raise Unavailable("nobody answers at the address given with --master") from None


def unavailable(error: Exception) -> Unavailable:
    """Say the kind of the failure alone: what a cluster says may hold a customer's row."""
    return Unavailable(
        f"the cluster did not answer as it should ({type(error).__name__}); its log says why. Run the same again"
    )
