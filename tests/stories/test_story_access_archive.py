"""A month of the access record goes into an archive by command, and is held against the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gatebook.cli.access import app as access
from gatebook.cli.access_archive import app
from gatebook.cli.main import app as gatebook
from gatebook.errors import InvalidInput, NotFound
from gatebook.wiring.premises import open_premises


def _run(house: Path, of: Any, *words: str) -> Any:
    found = CliRunner().invoke(of, list(words), env={"GATEBOOK_HOUSE": str(house), "GATEBOOK_OPERATOR": "ann"})
    return found if found.exception is None or isinstance(found.exception, SystemExit) else found.exception


def test_months_are_archived_checked_and_archived_again(tmp_path: Path) -> None:
    # Breaks when a month does not reach the archive whole, or damage to it goes unsaid.
    house, kept, lines = tmp_path / "house", tmp_path / "kept", tmp_path / "events.jsonl"
    rows = [
        {"at": f"2026-10-{day:02d}T12:00:05Z", "principal": f"acc_{day % 3}", "address": "203.0.113.9", "act": "login"}
        for day in range(1, 21)
    ]
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert _run(house, gatebook, "init").exit_code == 0
    assert _run(house, access, "ingest", str(lines)).exit_code == 0
    first = json.loads(_run(house, app, "archive", "202610", "--to", str(kept)).stdout)
    assert (first["rows"], first["changed"]) == (20, None)
    assert json.loads(_run(house, app, "archive", "202610", "--to", str(kept)).stdout) == {**first, "changed": {}}
    assert json.loads(_run(house, app, "check-archive", str(kept)).stdout) == {"202610": []}
    assert json.loads(_run(house, app, "check-archive", str(kept), "--rows").stdout) == {"202610": []}
    with open_premises(house) as served:  # as a server does, which holds the record
        assert served.access_place.take()
        assert json.loads(_run(house, app, "archive", "202610", "--to", str(kept)).stdout)["changed"] == {}
    next(kept.glob("202610-*/events-0000.parquet")).unlink()
    checked = _run(house, app, "check-archive", str(kept))
    assert checked.exit_code == 1 and "is gone" in checked.stdout
    assert isinstance(_run(house, app, "archive", "202501", "--to", str(kept)), NotFound)
    assert isinstance(_run(house, app, "archive", "202613", "--to", str(kept)), InvalidInput)
    assert isinstance(_run(house, app, "ask-archive", str(kept), "--master", "x", "--purpose", "audit"), InvalidInput)
