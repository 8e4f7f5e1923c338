"""Fields: a sealed payload is committed to field by field, so that one can be shown, or ended, without the others.

The trap guarded against: an answer that shows a passport number because the name beside it was asked for. Each field
has a salt of its own, so that nobody can test a guess at one not shown; the salts come from one that stays sealed.

A payload is flattened to (pointer, value) pairs. A pointer has ``/name`` for a member of an object and ``#n`` for the
nth of a list (``~``, ``/`` and ``#`` within a name are written ``~0``, ``~1`` and ``~2``); a value is a text, a whole
number, yes or no, null, or an empty list or object. In order of the pointers' UTF-8 bytes each pair is a leaf: salt
(16 bytes) then the canonical bytes of ``[pointer, value]``, hashed as RFC 6962 hashes leaves. The commitment is
``fields1:`` and the root of that tree in hex.
"""

from __future__ import annotations

import dataclasses
import hmac
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import LedgerError
from gatebook.record import merkle

_FORM = "fields1:"
_SALT = 16
_STEP = re.compile(r"([/#])([^/#]*)")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a payload: where it stands, what it is, and the 16-byte salt it is committed to with."""

    pointer: str
    value: str | int | bool | list[Any] | dict[str, Any] | None
    salt: bytes

    @property
    def leaf_hash(self) -> bytes:
        """The hash of its leaf."""
        return merkle.leaf_hash(self.salt + canonical.encode([self.pointer, self.value]))


#: A field, or the leaf hash of one that is not shown.
Part = Field | bytes


def fields_of(payload: Plain, salt: bytes) -> tuple[Field, ...]:
    """Return the fields of a payload in the order they are committed to, their salts made from ``salt``."""
    pairs = sorted(_pairs("", payload), key=lambda pair: pair[0].encode())
    return tuple(
        Field(pointer, value, hmac.digest(salt, pointer.encode(), "sha256")[:_SALT]) for pointer, value in pairs
    )


def commitment_of(parts: Sequence[Part]) -> str:
    """Return the commitment that parts, all of a payload and in order, lead to."""
    hashes = [part if isinstance(part, bytes) else part.leaf_hash for part in parts]
    return f"{_FORM}{merkle.root_of(hashes).hex()}"


def is_by_field(commitment: str) -> bool:
    """Return whether a commitment is over fields; an older one is over the payload as a whole."""
    return commitment.startswith(_FORM)


def payload_of(parts: Sequence[Part]) -> Plain:
    """Return the payload of the fields among parts; what is not shown is not in it, and lists close up."""
    root = _Node()
    for part in parts:
        if isinstance(part, Field):
            node = root
            for kind, name in _STEP.findall(part.pointer):
                node = node.within.setdefault((kind, _unescaped(name) if kind == "/" else int(name)), _Node())
            node.value = part.value
    payload: Plain = root.plain()
    return payload


def hide(parts: Sequence[Part], is_shown: Callable[[str], bool]) -> tuple[Part, ...]:
    """Return the parts with every field whose pointer is not shown replaced by its leaf hash."""
    return tuple(part if isinstance(part, bytes) or is_shown(part.pointer) else part.leaf_hash for part in parts)


def parts_to_plain(parts: Sequence[Part]) -> list[Plain]:
    """Return parts as sealed and produced: ``[pointer, value, salt]``, or the hash of one not shown, in hex."""
    return [part.hex() if isinstance(part, bytes) else [part.pointer, part.value, part.salt.hex()] for part in parts]


def parts_from_plain(plain: Sequence[Any]) -> tuple[Part, ...]:
    """Read what :func:`parts_to_plain` wrote. Raises LedgerError for anything else."""
    try:
        return tuple(
            bytes.fromhex(one) if isinstance(one, str) else Field(one[0], one[1], bytes.fromhex(one[2]))
            for one in plain
        )
    except (ValueError, TypeError, IndexError, KeyError):
        raise LedgerError("the fields of a sealed record are malformed") from None


def _pairs(pointer: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  whatever a payload holds
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _pairs(f"{pointer}/{_escaped(name)}", inner)
    elif isinstance(value, list) and value:
        for n, inner in enumerate(value):
            yield from _pairs(f"{pointer}#{n}", inner)
    else:
        yield pointer, value


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("#", "~2")


def _unescaped(name: str) -> str:
    return name.replace("~2", "#").replace("~1", "/").replace("~0", "~")


@dataclass(slots=True)
class _Node:
    """A value, or what lies within an object (``/``, name) or a list (``#``, number)."""

    value: Any = None
    within: dict[tuple[str, Any], _Node] = dataclasses.field(default_factory=dict)

    def plain(self) -> Any:  # noqa: ANN401  whatever a payload holds
        if not self.within:
            return self.value
        if next(iter(self.within))[0] == "/":
            return {name: node.plain() for (_, name), node in self.within.items()}
        return [self.within[key].plain() for key in sorted(self.within)]
