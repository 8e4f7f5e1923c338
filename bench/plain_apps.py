"""What a user would write instead, as bare as it goes: no key, no law, no ledger. Started by bench_http.

``python plain_apps.py gate|applications PORT FOLDER``. Both use SQLite as Gatebook does: WAL, synchronous FULL.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_ACCOUNTS = 1000


def database(folder: Path, name: str, table: str) -> sqlite3.Connection:
    """Open a database with one table; a commit is on the disk when it returns."""
    found = sqlite3.connect(folder / f"{name}.db", isolation_level=None, check_same_thread=False)
    found.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS {table}")
    return found


def gate(folder: Path) -> Starlette:
    """An app that reads one row by its primary key, on the event loop itself, which is the fastest there is."""
    held = database(folder, "gate", "accounts (id TEXT PRIMARY KEY, status TEXT)")
    rows = [(f"acc_bench{n:06d}", "open") for n in range(_ACCOUNTS)]
    held.execute("BEGIN")
    held.executemany("INSERT OR REPLACE INTO accounts VALUES (?, ?)", rows)
    held.execute("COMMIT")

    async def ask(request: Request) -> JSONResponse:
        asked = json.loads(await request.body())
        row = held.execute("SELECT status FROM accounts WHERE id = ?", (asked["account"],)).fetchone()
        return JSONResponse({"answer": "allow" if row and row[0] == "open" else "deny"})

    return Starlette(routes=[Route("/v1/gate", ask, methods=["POST"])])


class Application(BaseModel):
    """Any application."""

    model_config = ConfigDict(extra="allow")

    applicant: dict[str, Any]
    account_type: str


def applications(folder: Path) -> FastAPI:
    """An app that inserts one row and commits it."""
    held = database(folder, "applications", "applications (id INTEGER PRIMARY KEY, body TEXT)")
    app, one_at_a_time = FastAPI(), threading.Lock()

    @app.post("/v1/applications", status_code=201)
    def take(body: Application) -> dict[str, int | None]:
        with one_at_a_time:
            return {
                "id": held.execute("INSERT INTO applications (body) VALUES (?)", (body.model_dump_json(),)).lastrowid
            }

    return app


if __name__ == "__main__":
    kind, door, place = sys.argv[1:4]
    made = {"gate": gate, "applications": applications}[kind](Path(place))
    uvicorn.run(made, host="127.0.0.1", port=int(door), access_log=False, server_header=False, log_level="warning")
