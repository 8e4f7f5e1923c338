"""A production whose builder dies at any moment is there whole or not at all, and leaves nothing for the next one."""

from __future__ import annotations

import os
import random
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from gatebook.errors import InvalidInput, NotFound, Unavailable
from gatebook.store import production_folder
from gatebook.store.production_folder import ProductionFolder
from gatebook.trace.production.bag import Built, write_bag
from gatebook_verifier.production import Asked, check_production
from productions import Production, production

_KILLS = 25 if os.environ.get("CI") else 100
NAME = "prd_1.zip"


@pytest.fixture
def made(premises: Any) -> Production:
    return production(premises, events=24)


def builder(made: Production) -> Callable[[IO[bytes]], Built]:
    return lambda out: write_bag(made.contents, {}, lambda _: {}, made.sign, out)


class Dying:
    """A file each write of which is a step at which its process may die."""

    def __init__(self, file: IO[bytes], step: Callable[[], None]) -> None:
        self._file, self._step = file, step

    def write(self, data: bytes) -> int:
        self._step()
        count = self._file.write(data[: len(data) // 2])  # a write can be cut in two
        self._file.flush()
        self._step()
        return count + self._file.write(data[len(data) // 2 :])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def in_child(task: Callable[[], None]) -> int:
    child = os.fork()
    if not child:
        try:
            task()
            os._exit(0)
        except BaseException:  # noqa: BLE001  the parent is to see it
            os._exit(1)
    return os.waitpid(child, 0)[1]


def dying(folder: Path, made: Production, last: int, count: Path) -> None:
    """Build, and die at step ``last``; with 0, write down how many steps there are."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*given: Any, **named: Any) -> Any:
            step()
            found = act(*given, **named)
            step()
            return found

        return acted

    production_folder.os.fsync = before(os.fsync)  # type: ignore[attr-defined]  in a child that ends here
    production_folder.flush_folder = before(production_folder.flush_folder)
    Path.replace = before(Path.replace)  # type: ignore[method-assign]  as above
    ProductionFolder(folder).write(NAME, lambda out: builder(made)(Dying(out, step)))  # type: ignore[arg-type]
    if not last:
        count.write_text(str(steps))


def test_killed_at_random_points_there_is_none_or_a_whole_one(made: Production, tmp_path: Path) -> None:
    # Breaks when half a production has its name, or what a dead process left stays there with records in it.
    folder, count, draw = tmp_path / "productions", tmp_path / "count", random.Random(5)
    for _ in range(2):  # the first makes the folder too
        assert in_child(lambda: dying(folder, made, 0, count)) == 0
    whole, steps = (folder / NAME).read_bytes(), int(count.read_text())
    assert steps > 100
    ends = {0: 0, len(whole): 0}
    last_ones = list(range(steps - 5, steps + 1))
    for n in range(_KILLS):
        (folder / NAME).unlink(missing_ok=True)
        at = last_ones[n] if n < len(last_ones) else draw.randrange(1, steps + 1)
        assert os.WTERMSIG(in_child(lambda at=at: dying(folder, made, at, count))) == signal.SIGKILL  # type: ignore[misc]
        found = (folder / NAME).read_bytes() if (folder / NAME).exists() else b""
        assert found in (b"", whole)
        ends[len(found)] += 1
    assert all(ends.values())
    ProductionFolder(folder).write(NAME, builder(made))
    assert sorted(path.name for path in folder.iterdir()) == [".lock", NAME]
    assert all(one.holds for one in check_production(memoryview((folder / NAME).read_bytes()), Asked(made.vkey)))


def test_killed_while_it_writes_over_an_older_one_the_older_one_stays(made: Production, tmp_path: Path) -> None:
    # Breaks when building again takes away what was whole before.
    folder = tmp_path / "productions"
    older = ProductionFolder(folder)
    older.write(NAME, lambda out: out.write(b"older"))
    child = os.fork()
    if not child:
        ProductionFolder(folder).write(NAME, lambda out: (out.write(b"half"), os.kill(os.getpid(), signal.SIGKILL)))
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert (folder / NAME).read_bytes() == b"older"


def test_a_living_builders_file_is_left_alone(made: Production, tmp_path: Path) -> None:
    # Breaks when one process sweeps away what another is writing.
    folder = tmp_path / "productions"
    outer = ProductionFolder(folder)

    def slow(out: IO[bytes]) -> Built:
        out.write(b"")
        assert in_child(lambda: ProductionFolder(folder).write("prd_2.zip", lambda other: other.write(b"x"))) == 0  # type: ignore[func-returns-value,arg-type,return-value]
        return builder(made)(out)

    outer.write(NAME, slow)
    assert sorted(path.name for path in folder.iterdir()) == [".lock", NAME, "prd_2.zip"]


def test_a_folder_of_productions_is_its_owners_alone(made: Production, tmp_path: Path) -> None:
    # Breaks when another user of the machine can read what a court ordered, or a name leaves the folder.
    kept = ProductionFolder(tmp_path / "productions")
    kept.write(NAME, builder(made))
    assert stat.S_IMODE(kept.path(NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "productions").stat().st_mode) == 0o700
    for name in ("../x.zip", "x/y.zip", ".hidden.zip", "x", ""):
        with pytest.raises(InvalidInput):
            kept.path(name)
    kept.remove(NAME)
    with pytest.raises(NotFound):
        kept.path(NAME)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable):
        ProductionFolder(tmp_path / "file" / "under").write(NAME, builder(made))


def test_a_builder_that_fails_leaves_nothing(made: Production, tmp_path: Path) -> None:
    # Breaks when an error in the middle leaves a part with records in it until the next build.
    kept = ProductionFolder(tmp_path / "productions")

    def fails(out: IO[bytes]) -> Built:
        out.write(b"some")
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        kept.write(NAME, fails)
    assert [path.name for path in (tmp_path / "productions").iterdir()] == [".lock"]
