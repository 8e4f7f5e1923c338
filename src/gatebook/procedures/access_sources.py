"""Sources of access events: when each was last heard of, and gaps, where one that used to send fell silent.

The trap guarded against: a record with a hole that nobody sees. A source that stops is entered in the ledger once, with
the time since when; so is its return. A source nobody ever heard of cannot be missed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gatebook import canonical
from gatebook.procedures.house import SYSTEM, House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Work

_KIND = "access-source"
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST = 1000  # sources that are watched: who names a new one in every record cannot fill the house with them
#: A receipt is noted anew after this long: far less than any silence, and no write for every batch.
_NOTED_EVERY = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Silence:
    """After how many minutes without a batch a source is silent; 0 is never. ``of`` says it for single sources."""

    minutes: int = 60
    of: Mapping[str, int] = field(default_factory=dict)

    def is_broken(self, source: AccessSource, now: datetime) -> bool:
        """Whether a source has been silent too long."""
        allowed = self.of.get(source.source, self.minutes)
        return bool(allowed) and now - source.last_at >= timedelta(minutes=allowed)


@dataclass(frozen=True, slots=True)
class AccessSource:
    """A source, by its name where that is a slug and else by a digest of it; ``is_silent`` once a gap was entered."""

    source: str
    first_at: datetime
    last_at: datetime
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class Gaps:
    """What one look found: sources that fell silent, and sources that send again."""

    silent: tuple[str, ...] = ()
    resumed: tuple[str, ...] = ()


def source_id(name: str) -> str:
    """Return the name of a source where it is a slug, else a digest: others may hold anything."""
    return name if _SLUG.fullmatch(name) else f"sha256-{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def note_receipt(house: House, names: Iterable[str]) -> None:
    """Note that a batch of these sources was kept now."""
    now, sources = house.now(), sorted({source_id(name) for name in names})
    with house.state.read() as work:
        known = {source: _get(work, source) for source in sources[:_MOST]}
    due = [source for source, was in known.items() if was is None or now - was.last_at >= _NOTED_EVERY]
    if not due:
        return
    with house.state.transaction() as work:
        room = _MOST - len(_all(work))
        for source in due:
            was = _get(work, source)
            if was is None and (room := room - 1) < 0:
                continue
            _put(work, replace(was, last_at=now) if was else AccessSource(source, now, now))


def note_gaps(house: House, silence: Silence) -> Gaps:
    """Enter each source that fell silent, and each that sends again, once; tell the provider's endpoints.

    To be called every minute or so. What it returns is new since the last call.
    """
    now = house.now()
    with house.state.read() as work:
        changed = [one for one in _all(work) if one.is_silent != silence.is_broken(one, now)]
    if not changed:
        return Gaps()
    silent, resumed = list[str](), list[str]()
    with house.state.transaction() as work:
        for source in (one.source for one in changed):
            one = _get(work, source)
            if one is None or one.is_silent == silence.is_broken(one, now):
                continue  # a batch of it came meanwhile
            (resumed if one.is_silent else silent).append(source)
            _enter(house, work, one)
    return Gaps(tuple(silent), tuple(resumed))


def sources(house: House) -> list[AccessSource]:
    """Return every source that was heard of, in order."""
    with house.state.read() as work:
        return _all(work)


def look_at_sources(house: House, operator: Operator, silence: Silence) -> dict[str, Any]:
    """Say of every source when it was first and last heard of and whether it is silent."""
    permit(house, operator, "look", "look-at-sources")
    now = house.now()
    return {
        "items": [
            {
                "source": one.source,
                "first_at": canonical.instant(one.first_at),
                "last_at": canonical.instant(one.last_at),
                "state": "silent" if silence.is_broken(one, now) else "sending",
            }
            for one in sources(house)
        ]
    }


def _enter(house: House, work: Work, source: AccessSource) -> None:
    """Enter that a source fell silent, or that a silent one sends again."""
    kind = "access.resumed" if source.is_silent else "access.gap"
    since = canonical.instant(source.last_at)
    body = {"source": source.source, "since": since}
    enter(work, Entry(kind, house.now(), SYSTEM.operator_id, body=body))
    tell(house, work, kind, **body)
    _put(work, replace(source, is_silent=not source.is_silent))


def _all(work: Work) -> list[AccessSource]:
    return [_read(source, value) for source, value in work.shelf.listing(_KIND, "", _MOST)]


def _get(work: Work, source: str) -> AccessSource | None:
    value = work.shelf.get(_KIND, source)
    return None if value is None else _read(source, value)


def _put(work: Work, source: AccessSource) -> None:
    value = {
        "first_at": canonical.instant(source.first_at),
        "last_at": canonical.instant(source.last_at),
        "is_silent": source.is_silent,
    }
    work.shelf.put(_KIND, source.source, canonical.encode(value), None)


def _read(source: str, value: bytes) -> AccessSource:
    plain: Any = canonical.decode(value)
    first, last = canonical.parse_instant(plain["first_at"]), canonical.parse_instant(plain["last_at"])
    return AccessSource(source, first, last, is_silent=plain["is_silent"])
