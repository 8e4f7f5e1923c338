"""Speed of one house on this machine, each beside what a user would pick instead. Run: ./gatebook bench bench_house."""

from __future__ import annotations

import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import builders as b
from gatebook.api.app import make_app
from gatebook.decide.determine import determine
from gatebook.identify import check, claims
from gatebook.procedures import open_account
from gatebook.procedures.api_keys import make_key
from gatebook.procedures.house import SCOPES, Operator
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.terms.fact import Facts
from gatebook.wiring import init_house, open_premises, sample_list

WHO = Operator("opr-bench", SCOPES)


def timed(name: str, count: int, act: Callable[[int], object]) -> float:
    took = []
    for n in range(count):
        began = time.perf_counter()
        act(n)
        took.append(time.perf_counter() - began)
    took.sort()
    rate = count / sum(took)
    print(
        f"{name:58} {rate:10.0f}/s   p50 {statistics.median(took) * 1000:8.2f} ms   p99 {took[int(count * 0.99)] * 1000:8.2f} ms"
    )
    return rate


def main() -> None:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "gatebook.cli.main", "--help"], capture_output=True, check=True)
    print(f"{'cold start of the command line':58} {time.perf_counter() - began:10.2f} s")
    folder = Path(tempfile.mkdtemp(prefix="gatebook-bench-"))
    init_house(folder / "h", "bench.example/h", WHO)
    with open_premises(folder / "h") as premises:
        house = premises.house
        premises.shelf.put("sample", sample_list(), premises.now())
        law, now = house.law.on(house.now().date()), house.now()
        read = claims.parse_application(b.application(), now)
        facts = Facts(check.findings_to_facts(check.check_claims(read, (), now.date())))
        ids = {
            "determination_id": "det_1",
            "application_id": "app_1",
            "person_id": "per_1",
            "asked_on": now.date(),
            "at": now,
        }
        timed("put facts to the law (pure)", 2000, lambda _: determine(law, facts, **ids))  # type: ignore[arg-type]
        timed(
            "open_account in process, durable, sample list",
            100,
            lambda _: open_account.open_account(house, WHO, b.application(), [b.ANNA]),
        )
        _, secret = make_key(house, WHO, sorted(SCOPES), 1)
        with TestClient(make_app(premises), headers={"Authorization": f"Bearer {secret}"}) as client:
            timed(
                "POST /v1/applications through the app",
                100,
                lambda _: client.post("/v1/applications", json=b.application()),
            )
            timed("POST /v1/gate through the app", 500, lambda _: client.post("/v1/gate", json={"account": "acc_none"}))

        def append(size: int) -> Callable[[int], object]:
            def act(n: int) -> None:
                with house.state.transaction() as work:
                    enter(
                        work,
                        *(
                            Entry("permission.refused", now, "opr-bench", body={"act": f"a{n}-{k}", "scope": "look"})
                            for k in range(size)
                        ),
                    )

            return act

        one = timed("ledger append, one entry a commit", 300, append(1))
        many = timed("ledger append, 500 entries a commit (commits)", 20, append(500)) * 500
        plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
        plain.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE audit (id INTEGER PRIMARY KEY, line BLOB)"
        )
        bare = timed(
            "plain SQLite audit table, one row a commit",
            300,
            lambda n: plain.execute("INSERT INTO audit (line) VALUES (?)", (b"x" * 150 + str(n).encode(),)),
        )
        plain.close()
        print(f"{'entries per second in batches of 500':58} {many:10.0f}/s")
        print(f"{'ledger append against the plain table':58} {one / bare:10.2f} of it")
    print(f"{'resident memory at its height':58} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:10.0f} MiB")


if __name__ == "__main__":
    main()
