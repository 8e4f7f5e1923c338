"""API keys: scopes, an end, and only a hash at rest; the secret is shown once.

The trap guarded against: a key table that could be used by whoever reads it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime, timedelta

from gatebook import canonical
from gatebook.errors import FieldProblem, InvalidInput, NotAuthenticated, NotFound
from gatebook.procedures.house import SCOPES, House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.enter import enter
from gatebook.record.entry import Entry

_MOST_DAYS = 730
_ID = re.compile(r"[A-Za-z0-9_]{1,64}")


def make_key(house: House, operator: Operator, scopes: list[str], days: int) -> tuple[str, str]:
    """Make a key; return its id and the secret ``gbk.<id>.<random>``, which is shown this once.

    Who made it is kept with it in the register of keys: ``four_eyes`` asks whether two officers are two.
    """
    permit(house, operator, "admin", "make-key")
    problems = [
        FieldProblem(f"/scopes/{n}", "unknown-scope", f"one of {', '.join(sorted(SCOPES))}")
        for n, scope in enumerate(scopes)
        if scope not in SCOPES
    ]
    if not scopes:
        problems.append(FieldProblem("/scopes", "empty", "a key needs at least one scope"))
    if not 1 <= days <= _MOST_DAYS:
        problems.append(FieldProblem("/days", "out-of-range", f"1 to {_MOST_DAYS}"))
    if problems:
        raise InvalidInput("this key cannot be made", tuple(problems))
    key_id, now = house.new_id("key"), house.now()
    secret = base64.urlsafe_b64encode(house.draw(32)).rstrip(b"=").decode()
    held = {
        "hash": _hash(secret),
        "scopes": sorted(set(scopes)),
        "ends_at": canonical.instant(now + timedelta(days=days)),
    }
    with house.state.transaction() as work:
        work.shelf.put("api-key", key_id, canonical.encode(held), now + timedelta(days=days))
        enter(work, Entry("key.made", now, operator.operator_id, body={"key": key_id, "scopes": held["scopes"]}))
    return key_id, f"gbk.{key_id}.{secret}"


def revoke_key(house: House, operator: Operator, key_id: str) -> None:
    """Revoke a key at once. Raises NotFound."""
    permit(house, operator, "admin", "revoke-key")
    with house.state.transaction() as work:
        if work.shelf.get("api-key", key_id) is None:
            raise NotFound("there is no API key under this id")
        work.shelf.remove("api-key", key_id)
        enter(work, Entry("key.revoked", house.now(), operator.operator_id, body={"key": key_id}))


def who_asks(house: House, secret: str) -> Operator:
    """Return the operator a secret stands for. Raises NotAuthenticated, the same for every cause."""
    parts = secret.split(".")
    held = None
    if len(parts) == 3 and parts[0] == "gbk" and _ID.fullmatch(parts[1]):  # noqa: PLR2004  prefix, id, secret
        with house.state.read() as work:
            held = work.shelf.get("api-key", parts[1])
    if held is None:
        raise NotAuthenticated("this needs an API key: Authorization: Bearer gbk....")
    key = canonical.decode(held)
    assert isinstance(key, dict)  # noqa: S101  we wrote it
    ends_at: datetime = canonical.parse_instant(key["ends_at"])
    # The secret is 256 random bits, so a plain hash holds and its comparison tells nothing useful.
    if key["hash"] != _hash(parts[2]) or house.now() >= ends_at:
        raise NotAuthenticated("this needs an API key: Authorization: Bearer gbk....")
    return Operator(parts[1], frozenset(key["scopes"]))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
