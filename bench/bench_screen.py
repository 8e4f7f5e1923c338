"""One name against the lists, by the exhaustive scan that stays as the oracle: slow on purpose, not tuned.

Run: ./gatebook bench bench_screen. The sample list always; OFAC's of 2022 where ../shared/data/lists/ofac is.
"""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import houses
from figures import Figures, ms, profiled, rate, timed
from gatebook.screen.scan import ExhaustiveScan
from gatebook.screen.screening import Query, ScreenSettings
from gatebook.store.list_shelf import ListShelf
from gatebook.wiring.lists import sample_list

_OFAC = houses.ROOT.parent / "shared" / "data" / "lists" / "ofac"
_EDITION = "2022-01-31"  # the one whose three files are all there
_NAMES = ("Anna Maria Eriksson", "Grigor Voronovsky", "Mohammed Ali Hassan", "Li Wei", "Northern Shipping Company")


def lists() -> dict[str, dict[str, bytes]]:
    """Return the lists there are, each as its files."""
    found = {"sample": sample_list()}
    files = {n: _OFAC / f"{n}_{_EDITION}.csv.gz" for n in ("sdn", "alt", "add")}
    if all(path.exists() for path in files.values()):
        found["ofac-sdn"] = {f"{n.upper()}.CSV": gzip.decompress(path.read_bytes()) for n, path in files.items()}
    return found


def screened(figures: Figures, place: Path, name: str, files: dict[str, bytes]) -> None:
    """Time one list alone."""
    shelf = ListShelf(place / name)
    edition = shelf.put(name, files, datetime.now(UTC))
    scan = ExhaustiveScan(shelf.current(), ScreenSettings())

    def one(n: int) -> object:
        return scan.screen(Query((_NAMES[n % len(_NAMES)],), "", "1974-08-12", ("SE",)))

    spread = timed(one, 300 if len(edition.parties) < 1000 else 20)
    figures.keep(f"{name}_parties", len(edition.parties))
    figures.keep(f"{name}_p50_ms", spread.p50)
    figures.keep(f"{name}_p99_ms", spread.p99)
    figures.row(f"{name}, {len(edition.parties):,} parties", rate(spread.rate), ms(spread.p50), ms(spread.p99))
    profiled(f"one name against {name}", one, 5)


def main() -> None:
    figures = Figures("bench_screen", "One name against a list: the oracle, not tuned", ("list", "names", "p50", "p99"))
    with houses.folder() as place:
        for name, files in lists().items():
            screened(figures, place, name, files)
    figures.show(
        "Every listed name is compared unless no pair of words is within reach, which is exact: nothing is lost to speed."
    )


if __name__ == "__main__":
    main()
