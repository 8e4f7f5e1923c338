"""The same inputs give the same bytes, whatever order a set happens to have in this process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import hashlib
from gatebook import canonical
from gatebook.screen.certificate import certificate_to_plain, certify
from gatebook.screen.index import CompleteIndex
from gatebook.screen.lists.detect import load_files
from gatebook.screen.screening import Query, ScreenSettings, candidate_to_plain
from gatebook.wiring.lists import sample_list
index = CompleteIndex([load_files(sample_list(), "sample")], ScreenSettings(500))
names = ["Grigor Voronovsky", "Al Qasrawi Haidar Al", "Lantern Hosting", "Timur Timur", "Petru Vasile Petru"]
parts = [canonical.encode([candidate_to_plain(c) for c in index.screen(Query((n,))).candidates]) for n in names]
parts += [canonical.encode({**certificate_to_plain(certify(index, Query((n,)))), "editions": []}) for n in names]
print(hashlib.sha256(b"".join(parts)).hexdigest(), len(b"".join(parts)))
"""


def test_the_seed_of_the_process_changes_nothing() -> None:
    # Breaks when a score, an order or a digest hangs on how this process hashes its words.
    source = str(Path(__file__).resolve().parents[3] / "src")
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": source},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "77")
    }
    assert len(found) == 1
    assert int(found.pop().split()[1]) > 1_000
