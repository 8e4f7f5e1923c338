"""The engine: handles of ClickHouse, in process or a server, one for each who asks at once.

The trap guarded against: one handle for all, so that a question waits for an insert that has nothing to do with it.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from gatebook.errors import SettingsError, Unavailable

_HANDLES = 8
_LONGEST_WAIT = 60


class Engine:
    """ClickHouse behind a DSN: ``chdb:///folder`` in this process, ``http(s)://user:password@host:port`` a server.

    In process the folder belongs to one process at a time. Raises SettingsError for a DSN of another kind.
    """

    def __init__(self, dsn: str, database: str = "gatebook") -> None:
        if not dsn.startswith(("chdb://", "http://", "https://")):
            raise SettingsError("access_dsn is chdb:///folder, http://host or https://host")
        self._dsn, self._database = dsn, database
        self.in_process = dsn.startswith("chdb://")
        self._all: list[Client] = []
        self._free: queue.LifoQueue[Client | None] = queue.LifoQueue()
        for _ in range(_HANDLES):
            self._free.put(None)  # a place: the handle is opened by who takes it first

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None, **settings: int | str) -> None:
        """Carry out a statement that answers nothing. Raises Unavailable."""
        with self._handle() as client:
            client.command(sql, parameters=dict(parameters or {}), settings=settings or None)

    def insert(self, table: str, rows: pa.Table) -> None:
        """Insert columns by their names; in process and on a server one insert of one month is one part or nothing."""
        with self._handle() as client:
            client.insert_arrow(table, rows, database=self._database)

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None, **settings: int | str) -> pa.Table:
        """Return the answer to a question as columns. Raises Unavailable."""
        with self._handle() as client:
            return client.query_arrow(sql, parameters=dict(parameters or {}), settings=settings or None)

    def close(self) -> None:
        """Let go of every handle."""
        while self._all:
            self._all.pop().close()

    @contextmanager
    def _handle(self) -> Iterator[Client]:
        try:
            client = self._free.get(timeout=_LONGEST_WAIT)
        except queue.Empty:
            raise Unavailable("every handle of the access record was taken") from None
        try:
            if client is None:
                client = self._opened()
            yield client
        except ClickHouseError as error:
            # What the engine says may repeat values of rows: only its kind travels further.
            code = getattr(error, "code", None)
            raise Unavailable(f"the access record did not answer ({type(error).__name__} {code or ''})") from None
        finally:
            self._free.put(client)

    def _opened(self) -> Client:
        first = not self._all
        client = clickhouse_connect.get_client(dsn=self._dsn)
        self._all.append(client)
        if first:
            client.command(f"CREATE DATABASE IF NOT EXISTS {self._database}")
        client.database = self._database
        return client
