"""What the shells promise, as files: the OpenAPI document and every help text. Added to, and changed only on purpose.

After a change that is meant, write the files anew and read the difference before committing it:
``WRITE_GOLDEN=1 python -m pytest tests/golden/test_golden_shells.py``
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import typer
import typer.main
from typer.cli import get_docs_for_click

FOLDER = Path(__file__).parent
HOW = "if that is meant: WRITE_GOLDEN=1 python -m pytest tests/golden/test_golden_shells.py"


def held(name: str, text: str) -> str:
    """Return the golden text; written first where the environment asks for it."""
    file = FOLDER / name
    if os.environ.get("WRITE_GOLDEN") == "1":
        file.write_text(text, "utf-8")
    return file.read_text("utf-8")


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Every value of a document by its path, so that a difference is named and not printed whole."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if not parts or not value:
        return {path: value}
    return {name: leaf for key, inner in parts for name, leaf in leaves(inner, f"{path}/{key}").items()}


def test_the_openapi_document_is_the_one_that_was_agreed(client: Any) -> None:
    # Breaks when a route, a field or a status changes under programs that were written against it.
    now = client.get("/openapi.json").json()
    golden = json.loads(held("openapi.json", json.dumps(now, indent=1, sort_keys=True, ensure_ascii=False) + "\n"))
    was, has = leaves(golden), leaves(now)
    unlike = sorted(
        path for path in was.keys() | has.keys() if (path in was, was.get(path)) != (path in has, has.get(path))
    )
    assert not unlike, f"{len(unlike)} places differ, {unlike[:12]}; {HOW}"


def test_every_help_text_is_the_one_that_was_agreed() -> None:
    # Breaks when a command, an option or a default changes under scripts that were written against it.
    from gatebook.cli.main import app

    command = typer.main.get_command(app)
    now = get_docs_for_click(obj=command, ctx=typer.Context(command), name="gatebook").rstrip() + "\n"
    was, has = held("help.md", now).splitlines(), now.splitlines()
    unlike = [line for line in (*was, *has) if (line in was) != (line in has)]
    assert was == has, f"{len(unlike)} lines differ, {unlike[:12]}; {HOW}"
