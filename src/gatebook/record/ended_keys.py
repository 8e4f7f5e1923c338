"""Which data keys ended for ever: by the ledger, by the key ring, and by the list a house hands out.

The trap guarded against: a destroyed key that comes back with an older copy of the ring. Whoever puts a ring back asks
here of every subject first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from gatebook import canonical
from gatebook.errors import InvalidInput, VaultError
from gatebook.record.access import AGAIN
from gatebook.record.entry import Entry

_KIND = "gatebook destroyed keys 1"
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(\+[1-9][0-9]{0,8})?")
_SHREDDED = ("record.shredded", "demand.shredded", "disclosure.shredded")
_TRIMMING, _TRIMMED = "record.trimming", "record.trimmed"
_SAYS = tuple(f'"kind":"{kind}"'.encode() for kind in (*_SHREDDED, _TRIMMING, _TRIMMED))
Sign = Callable[[bytes], bytes]
#: Raises when a signature does not hold for a text.
Verify = Callable[[bytes, bytes], None]


@dataclass(frozen=True, slots=True)
class EndedKeys:
    """``subjects`` each ended; so did every key of ``persons``, and each key of a person before the one named.

    Persons are pseudonymous ids; nothing here is personal.
    """

    subjects: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    since: Mapping[str, int] = field(default_factory=dict)

    def holds(self, subject: str) -> bool:
        """Return whether the key of this subject ended."""
        person, _, nth = subject.partition(AGAIN)
        return subject in self.subjects or person in self.persons or int(nth or 0) < self.since.get(person, 0)

    def with_subjects(self, subjects: Iterable[str]) -> EndedKeys:
        """Return these and more."""
        return replace(self, subjects=self.subjects.union(subjects))


def ended_by(lines: Iterable[bytes]) -> EndedKeys:
    """Return what the ledger says ended, from its entries in order.

    A key whose end was begun and not entered as done is none of them: the next expiry destroys it.
    """
    persons, since, begun = set[str](), dict[str, int](), dict[str, int]()
    for line in lines:
        if not any(said in line for said in _SAYS):  # a hundred times faster than reading each
            continue
        entry = Entry.from_bytes(line)
        if entry.kind in _SHREDDED:
            persons.add(entry.person)
        elif entry.kind == _TRIMMING:
            begun[entry.person] = int(entry.body["sealed_under"].partition(AGAIN)[2] or 0)
        elif entry.kind == _TRIMMED:
            since[entry.person] = begun.get(entry.person, 0)
    return EndedKeys(frozenset(), frozenset(persons), since)


def to_list(subjects: Iterable[str], origin: str, size: int, sign: Sign) -> bytes:
    """Return a signed list of ended keys: of which house, up to which size of its ledger, and whose."""
    said = {"kind": _KIND, "origin": origin, "size": size, "subjects": sorted(subjects)}
    return canonical.encode({"said": said, "signature": sign(canonical.encode(said)).hex()})


def from_list(data: bytes, origin: str, verify: Verify) -> frozenset[str]:
    """Read what :func:`to_list` wrote. Raises VaultError for a list of another house, or one that was changed."""
    try:
        plain = canonical.decode(data)
        assert isinstance(plain, dict)  # noqa: S101  told apart below, with every other form that is none
        said, signature = plain["said"], bytes.fromhex(plain["signature"])
        subjects = frozenset(said["subjects"])
        assert said["kind"] == _KIND  # noqa: S101  as above
        assert all(_SUBJECT.fullmatch(one) for one in subjects)  # noqa: S101  as above
    except (InvalidInput, AssertionError, KeyError, TypeError, ValueError):
        raise VaultError("this is no list of destroyed keys") from None
    verify(signature, canonical.encode(said))
    if said["origin"] != origin:
        raise VaultError("this list of destroyed keys is another house's")
    return subjects
