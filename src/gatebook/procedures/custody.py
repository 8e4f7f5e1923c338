"""Custody: which entries of the ledger tell what was done on a demand and with a production, and which tie an account.

The trap guarded against: a chain with a link left out. What was entered of the demand, its holds and the production is
read from the ledger itself, from the demand's first entry on, and not from what a register remembers.
"""

from __future__ import annotations

from collections.abc import Collection

from gatebook.record.access import LEGAL_PROCESS
from gatebook.record.entry import Entry
from gatebook.record.ports import Row, Work
from gatebook.record.walk import entry_at, every_line

_READINGS = (b'"record.read"', f'"{LEGAL_PROCESS}"'.encode())
_HOLDS = ("hold.placed", "hold.scoped", "hold.renewed", "hold.ended")


def custody_of(
    work: Work, demand_id: str, production_id: str, since: int, records: Collection[str], named: Collection[str]
) -> dict[int, Entry]:
    """Return, by position, every step of a demand and a production from position ``since`` on.

    That is what was entered of either, of the demand's holds as far as they name nobody but ``named``, and each reading
    of ``records`` for legal process.
    """
    found, holds = dict[int, Entry](), set[str]()
    words = [demand_id.encode(), production_id.encode()]
    for position, data in every_line(work.ledger, since):
        if not any(word in data for word in words) and not all(word in data for word in _READINGS):
            continue
        entry = Entry.from_bytes(data)
        body = entry.body
        if entry.kind in _HOLDS:
            is_step = body["hold"] in holds or body.get("demand") == demand_id
            if is_step and body["hold"] not in holds:
                holds.add(str(body["hold"]))
                words.append(str(body["hold"]).encode())
            is_step &= {*body.get("persons", ()), *body.get("accounts", ()), *body.get("overtaken", ())} <= {*named}
        elif entry.kind == "record.read":
            is_step = body["read"] in records and body["purpose"] == LEGAL_PROCESS
        else:
            is_step = body.get("demand") == demand_id or body.get("production") == production_id
        if is_step:
            found[position] = entry
    return found


def ties_of(work: Work, account: Row) -> list[int]:
    """Return the positions of the entries that say whose an account is, and that it ended where it did."""
    application = work.registers.get("applications", account["application_id"])
    claims = work.registers.get("records", application["claims_record"]) if application else None
    word, found = str(account["account_id"]).encode(), list[int]()
    for position, data in every_line(work.ledger, int(claims["position"]) if claims else 0):
        if word in data and Entry.from_bytes(data).kind == "account.opened":
            found.append(position)
            break
    if account["status"] == "closed" and entry_at(work.ledger, account["position"]).kind == "account.closed":
        found.append(int(account["position"]))
    return found
