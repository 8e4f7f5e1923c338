"""Houses whose state is in PostgreSQL, laid out as copies of one template database.

Run by the tests in a process of its own: ``-m adversary.killed_on_postgres <template address> <folder> <procedure>
<every>`` kills at every so-many-th step, and prints what it saw as JSON.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import sqlalchemy as sa

from adversary.killed_procedures import PROCEDURES, seed_house
from adversary.killing import Ground, kill_everywhere
from gatebook.settings import FILE


class PostgresGround(Ground):
    """Each house is a folder and a database; nobody is connected to the template while it is copied."""

    def __init__(self, seed: Path, url: str) -> None:
        super().__init__(seed)
        self._url, self._laid = sa.make_url(url), 0
        seed.mkdir(parents=True)
        self._settle(seed, url)
        seed_house(seed)

    def lay(self, folder: Path) -> None:
        shutil.copytree(self.seed, folder)
        self._laid += 1
        name = f"{self._url.database}_{self._laid}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {self._url.database}")
        self._settle(folder, self._url.set(database=name).render_as_string(hide_password=False))

    def clear(self, folder: Path) -> None:
        shutil.rmtree(folder)
        self._say(f"DROP DATABASE {self._url.database}_{self._laid} WITH (FORCE)")

    def fingerprint(self, folder: Path) -> str:
        return f"each is looked at: {self._laid}"

    def _settle(self, folder: Path, url: str) -> None:
        (folder / FILE).write_text(f'origin = "kill.example/house"\nstate_url = "{url}"\n')

    def _say(self, statement: str) -> None:
        engine = sa.create_engine(self._url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()


if __name__ == "__main__":
    url, folder, name, every = sys.argv[1:]
    ground = PostgresGround(Path(folder) / "seed", url)
    found = kill_everywhere(
        ground, Path(folder) / "killed", PROCEDURES[name], lambda steps: range(1, steps + 1, int(every))
    )
    print(json.dumps(found))  # noqa: T201  the tests read it
