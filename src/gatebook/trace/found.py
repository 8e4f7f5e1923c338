"""What a search for a demand found: whom each thing it names led to, why, and what is offered as a lead.

The trap guarded against: a guess handed over as an answer. A thing that leads to several accounts is ambiguous until a
person chooses, one that leads to nobody says so, and a lead is an inference that is never produced.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gatebook.terms.demand import Target, TargetKind


class Resolved(StrEnum):
    """What became of one thing a demand names."""

    FOUND = "found"
    AMBIGUOUS = "ambiguous"  # it leads to several; a person has to choose
    NOBODY = "nobody"  # the thing is known, and nobody had it then
    NOT_HELD = "not-held"  # the house holds nothing under it


@dataclass(frozen=True, slots=True)
class Found:
    """An account, or a person who has none, that a thing led to.

    ``by`` says how it is known: its own id, ``held`` (an assignment), ``used`` (seen in accesses), or the kind of
    identifier. ``from_at`` and ``until_at`` bound what of it is meant, in microseconds since 1970 UTC; None is open.
    """

    person: str
    account: str
    by: str
    from_at: int | None
    until_at: int | None


@dataclass(frozen=True, slots=True)
class Resolution:
    """One thing a demand names, what became of it, and whom it led to."""

    target: Target
    answer: Resolved
    found: tuple[Found, ...] = ()
    #: More was there than was looked at: nobody can say yet who else is meant.
    is_cut: bool = False


#: What is somebody's own: several accounts under one of these are all meant. Of the rest, one of several is.
_NAMES_ALL = frozenset(
    {
        TargetKind.ACCOUNT,
        TargetKind.PERSON,
        TargetKind.EMAIL,
        TargetKind.PHONE,
        TargetKind.WALLET,
        TargetKind.PAYMENT,
        TargetKind.DOCUMENT,
    }
)


def resolution_of(
    target: Target, found: Iterable[Found], *, is_known: bool = False, is_cut: bool = False
) -> Resolution:
    """Return what became of a target; ``is_known`` tells a thing nobody had then from one nobody ever heard of."""
    each = tuple(dict.fromkeys(found))
    if not each:
        return Resolution(target, Resolved.NOBODY if is_known else Resolved.NOT_HELD)
    is_one = target.kind in _NAMES_ALL or len({one.account or one.person for one in each}) == 1
    return Resolution(target, Resolved.FOUND if is_one and not is_cut else Resolved.AMBIGUOUS, each, is_cut)


def to_plain(resolutions: Sequence[Resolution]) -> list[dict[str, Any]]:
    """Return resolutions as they are sealed and shown."""
    return [
        {
            "kind": one.target.kind.value,
            "value": one.target.value,
            "from_at": one.target.from_at,
            "until_at": one.target.until_at,
            "answer": one.answer.value,
            "more": one.is_cut,
            "found": [
                {
                    "person": f.person,
                    "account": f.account,
                    "by": f.by,
                    "from_at": f.from_at,
                    "until_at": f.until_at,
                }
                for f in one.found
            ],
        }
        for one in resolutions
    ]
