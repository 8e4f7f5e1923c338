"""Sources of access events: when each was last heard of, and gaps, where one that used to send fell silent.

The trap guarded against: a record with a hole that nobody sees. A source that stops is entered in the ledger once, with
the time since when; so is its return. A source nobody ever heard of cannot be missed.

Only a name that the provider gave a feed, or that of a form, is entered and shown as it is. What a record calls its
source may be anything, a person's name too, and nothing is ever taken out of the ledger: a digest stands for it.
"""

from __future__ import annotations

import hashlib
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
from gatebook.record.events.finish import UNMAPPED
from gatebook.record.events.forms import BY_NAME
from gatebook.record.ports import Work

_KIND, _UNWATCHED = "access-source", "access-sources-unwatched"
_MOST = 1000  # sources that are watched: who names a new one in every record cannot fill the house with them
_OUR_NAMES = frozenset({*BY_NAME, UNMAPPED})
#: That a source found no place is said for so long after a batch of it.
_SAID_FOR = timedelta(days=1)
#: A receipt is noted anew after this long: far less than any silence, and no write for every batch.
_NOTED_EVERY = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Silence:
    """After how many minutes without a batch a source is silent; 0 is never. ``of`` says it for single sources."""

    minutes: int = 60
    of: Mapping[str, int] = field(default_factory=dict)

    def is_broken(self, source: AccessSource, now: datetime) -> bool:
        """Whether a source has been silent too long."""
        return self._is_too_long(source, now - source.last_at)

    def was_broken(self, source: AccessSource) -> bool:
        """Whether a source was silent too long between two batches, and nobody looked meanwhile."""
        return source.pause is not None and self._is_too_long(source, source.pause[1] - source.pause[0])

    def _is_too_long(self, source: AccessSource, time: timedelta) -> bool:
        told = (minutes for name, minutes in self.of.items() if source.source in {name, digest_of(name)})
        allowed = next(told, self.minutes)
        return bool(allowed) and time >= timedelta(minutes=allowed)


@dataclass(frozen=True, slots=True)
class AccessSource:
    """A source, by the name its feed or form has or else by a digest; ``is_silent`` once a gap was entered.

    It is heard without a gap since ``heard_since``. ``pause`` is the longest time between two of its batches that was
    not entered as a gap: who looks only after the second batch still learns of it.
    """

    source: str
    first_at: datetime
    last_at: datetime
    heard_since: datetime
    is_silent: bool = False
    pause: tuple[datetime, datetime] | None = None

    def again(self, now: datetime) -> AccessSource:
        """Return the same once a batch of it came."""
        before, longest = (self.last_at, now), self.pause
        is_longest = longest is None or now - self.last_at > longest[1] - longest[0]
        return replace(self, last_at=now, pause=before if is_longest and not self.is_silent else longest)


@dataclass(frozen=True, slots=True)
class Gaps:
    """What one look found: sources that fell silent, and sources that send again."""

    silent: tuple[str, ...] = ()
    resumed: tuple[str, ...] = ()


def digest_of(name: str) -> str:
    """Return what stands for a source that only its records name."""
    return f"sha256-{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def note_receipt(house: House, given: str, names: Iterable[str], *, is_repeated: bool = False) -> None:
    """Note that a batch came now: under the name ``given`` with it, or else of the sources its records name.

    One that was here before is no sign that its source still has anything to say; only a source that is not known yet
    is noted by it, in case the first was cut off before this.
    """
    now = house.now()
    sources = [given] if given else sorted({name if name in _OUR_NAMES else digest_of(name) for name in names})
    with house.state.read() as work:
        known = {source: _get(work, source) for source in sources[:_MOST]}
        room = _MOST - len(_all(work)) if None in known.values() else _MOST
    new = [source for source, was in known.items() if was is None]
    late = [source for source, was in known.items() if was and not is_repeated and _is_late(was, now)]
    if len(new) > room or len(sources) > _MOST:
        _say_unwatched(house, now)
    if not new[:room] and not late:
        return
    with house.state.transaction() as work:
        room = _MOST - len(_all(work))
        for source in (*late, *new[:room]):
            was = _get(work, source)
            _put(work, was.again(now) if was else AccessSource(source, now, now, now))


def _is_late(was: AccessSource, now: datetime) -> bool:
    return now - was.last_at >= _NOTED_EVERY


def _say_unwatched(house: House, now: datetime) -> None:
    """Keep for a day that there are more sources than are watched."""
    with house.state.read() as work:
        said = work.shelf.get(_UNWATCHED, "now")
    if said is None or now - canonical.parse_instant(said.decode()) >= _NOTED_EVERY:
        with house.state.transaction() as work:
            work.shelf.put(_UNWATCHED, "now", canonical.instant(now).encode(), now + _SAID_FOR)


def some_unwatched(house: House) -> bool:
    """Whether within the last day a source sent that found no place among those watched."""
    with house.state.read() as work:
        value = work.shelf.get(_UNWATCHED, "now")
    return value is not None and house.now() - canonical.parse_instant(value.decode()) < _SAID_FOR


def note_gaps(house: House, silence: Silence) -> Gaps:
    """Enter each source that fell silent, and each that sends again, once; tell the provider's endpoints.

    To be called every minute or so. What it returns is new since the last call.
    """
    now = house.now()
    with house.state.read() as work:
        changed = [one for one in _all(work) if _is_due(one, silence, now)]
    if not changed:
        return Gaps()
    silent, resumed = list[str](), list[str]()
    with house.state.transaction() as work:
        for source in (one.source for one in changed):
            one = _get(work, source)
            if one is None or not _is_due(one, silence, now):
                continue  # a batch of it came meanwhile
            if one.pause and silence.was_broken(one):
                silent.append(source)
                resumed.append(source)
                _enter(house, work, "access.gap", source, one.pause[0])
                _enter(house, work, "access.resumed", source, one.pause[1])
                one = replace(one, pause=None, heard_since=now)
            if one.is_silent != silence.is_broken(one, now):
                (resumed if one.is_silent else silent).append(source)
                _enter(house, work, "access.resumed" if one.is_silent else "access.gap", source, one.last_at)
                one = replace(one, is_silent=not one.is_silent, heard_since=now if one.is_silent else one.heard_since)
            _put(work, one)
    return Gaps(tuple(silent), tuple(resumed))


def heard_since(work: Work) -> datetime | None:
    """Return since when every source has been heard without a gap; None where one is silent or none was ever heard."""
    found = _all(work)
    if not found or any(one.is_silent for one in found):
        return None
    return max(one.heard_since for one in found)


def sources(house: House) -> list[AccessSource]:
    """Return every source that was heard of, in order."""
    with house.state.read() as work:
        return _all(work)


def look_at_sources(house: House, operator: Operator, silence: Silence) -> dict[str, Any]:
    """Say of every source when it was first and last heard of, whether it is silent, and if some are not watched."""
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
        ],
        "some_unwatched": some_unwatched(house),
    }


def _is_due(source: AccessSource, silence: Silence, now: datetime) -> bool:
    """Whether something of a source is to be entered."""
    return source.is_silent != silence.is_broken(source, now) or silence.was_broken(source)


def _enter(house: House, work: Work, kind: str, source: str, since: datetime) -> None:
    """Enter that a source fell silent, or that a silent one sends again."""
    body = {"source": source, "since": canonical.instant(since)}
    enter(work, Entry(kind, house.now(), SYSTEM.operator_id, body=body))
    tell(house, work, kind, **body)


def _all(work: Work) -> list[AccessSource]:
    return [_read(source, value) for source, value in work.shelf.listing(_KIND, "", _MOST)]


def _get(work: Work, source: str) -> AccessSource | None:
    value = work.shelf.get(_KIND, source)
    return None if value is None else _read(source, value)


def _put(work: Work, source: AccessSource) -> None:
    value = {
        "first_at": canonical.instant(source.first_at),
        "last_at": canonical.instant(source.last_at),
        "heard_since": canonical.instant(source.heard_since),
        "is_silent": source.is_silent,
        "pause": [canonical.instant(at) for at in source.pause or ()],
    }
    work.shelf.put(_KIND, source.source, canonical.encode(value), None)


def _read(source: str, value: bytes) -> AccessSource:
    plain: Any = canonical.decode(value)
    first, last = canonical.parse_instant(plain["first_at"]), canonical.parse_instant(plain["last_at"])
    # A note made before this was noted says nothing of earlier gaps: it is heard since its latest batch.
    since = canonical.parse_instant(plain.get("heard_since", plain["last_at"]))
    pause = [canonical.parse_instant(at) for at in plain.get("pause", ())]
    return AccessSource(source, first, last, since, plain["is_silent"], (pause[0], pause[1]) if pause else None)
