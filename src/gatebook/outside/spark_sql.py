"""Questions in SQL to a cluster through Spark Connect: Apache Spark, or Sail, over Parquet files both can see.

The trap guarded against: what is asked for written into the text of a question. Values go beside it, and what a cluster
says of a failure, which may repeat them, goes no further than its own log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from gatebook.outside.spark import session_at, unavailable

_MOST_VIEWS = 256


class SparkSql:
    """A runner of questions over files below ``folder``, as the cluster names it: a path, or a place in a bucket."""

    def __init__(self, master: str, folder: str) -> None:
        self._folder = folder.rstrip("/")
        self._session = session_at(master)
        self._views: dict[tuple[str, ...], str] = {}

    def ask(self, sql: str, values: Sequence[int | str], files: Sequence[str]) -> pa.Table:
        """Return the answer as columns. Raises Unavailable when the cluster does not answer, or lacks a file."""
        try:
            frame = self._session.sql(sql.replace("{events}", self._view(tuple(files))), args=list(values))
            return frame.toArrow()
        except Exception as error:  # noqa: BLE001  whatever the client raises, there is no answer
            raise unavailable(error) from None

    def _view(self, files: tuple[str, ...]) -> str:
        if files not in self._views:
            if len(self._views) == _MOST_VIEWS:
                self._session.catalog.dropTempView(self._views.pop(next(iter(self._views))))
            name = f"events_{hashlib.sha256(' '.join(files).encode()).hexdigest()[:16]}"
            paths = [f"{self._folder}/{file}" for file in files]
            self._session.read.parquet(*paths).createOrReplaceTempView(name)
            self._views[files] = name
        return self._views[files]

    def close(self) -> None:
        """Let go of the session."""
        session: Any = self._session
        session.stop()
