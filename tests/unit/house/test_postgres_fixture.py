"""The server the contract tests stand on is a real one, and each call gets an empty database."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy

pytestmark = pytest.mark.postgres


def _tables(url: str) -> list[str]:
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            names = sqlalchemy.inspect(connection).get_table_names()
            connection.execute(sqlalchemy.text("CREATE TABLE mark (n integer)"))
        return names
    finally:
        engine.dispose()


def test_each_call_gives_an_empty_database_of_its_own(postgres: Callable[[], str]) -> None:
    # Broken by handing out the same database twice: the second look would see the first one's table.
    assert _tables(postgres()) == []
    assert _tables(postgres()) == []


def test_the_server_is_postgresql(postgres: Callable[[], str]) -> None:
    # Broken by any stand-in for the server.
    engine = sqlalchemy.create_engine(postgres())
    with engine.connect() as connection:
        version = connection.execute(sqlalchemy.text("SELECT version()")).scalar_one()
    engine.dispose()
    assert version.startswith("PostgreSQL ")
