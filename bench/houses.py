"""Houses and people to bench with: invented, each different, the same in every run.

The trap guarded against: a thousand applications of one person, which an index by person makes slower than any
real day.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import builders  # the invented people of the tests
from gatebook.procedures.api_keys import make_key
from gatebook.procedures.house import SCOPES, Operator
from gatebook.procedures.keep_house import note_list
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.settings import FILE
from gatebook.wiring.founding import init_house
from gatebook.wiring.lists import sample_list
from gatebook.wiring.premises import Premises, open_premises

WHO = Operator("opr-bench", SCOPES)
ORIGIN = "bench.example/h"
_SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "za")


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder that is gone afterwards; a database server of another user may look into it."""
    with tempfile.TemporaryDirectory(prefix="gatebook-bench-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def house(place: Path, state_url: str = "") -> Iterator[Premises]:
    """Make a house with the sample list in ``place`` and open it."""
    place.mkdir(parents=True, exist_ok=True)
    if state_url:
        (place / FILE).write_text(f'origin = "{ORIGIN}"\nstate_url = "{state_url}"\n')
    init_house(place, ORIGIN, WHO)
    with open_premises(place) as premises:
        edition = premises.shelf.put("sample", sample_list(), premises.now())
        note_list(premises.house, WHO, "sample", edition.digest, len(edition.parties), 0)
        yield premises


def key(premises: Premises) -> str:
    """Return the secret of a key that may do everything."""
    return make_key(premises.house, WHO, sorted(SCOPES), 1)[1]


def word(n: int) -> str:
    """Return a word that is like no other."""
    return "".join(_SYLLABLES[int(digit)] for digit in f"{n:04d}")


def application(n: int) -> dict[str, Any]:
    """Return an application like no other, with the passport that belongs to it."""
    name = word(n)
    person = builders.person(
        f"Anna {name.title()}", emails=[f"{name}@example.com"], phones=[f"+4670{1_000_000 + n:07d}"]
    )
    passport = builders.passport(name.upper(), "ANNA", "SWE", "740812", number=f"L{n:08d}")
    return {**builders.application(person), "evidence": [passport]}


def open_accounts(premises: Premises, count: int) -> list[str]:
    """Enter ``count`` accounts as opened, straight into the ledger and its registers; return their ids."""
    now, ids = premises.now(), [f"acc_bench{n:06d}" for n in range(count)]
    received = {"account_type": "standard", "product": "vps-small", "is_reseller": False, "is_trial": False}
    opened = {"account_type": "standard", "conditions": [], "personhood": "foreign", "is_reseller": False}
    with premises.house.state.transaction() as work:
        for n, account in enumerate(ids):
            about = {"person": f"per_bench{n:06d}", "application": f"app_bench{n:06d}"}
            enter(
                work,
                Entry("application.received", now, WHO.operator_id, **about, body=received),
                Entry("account.opened", now, WHO.operator_id, **about, account=account, body=opened),
            )
    return ids
