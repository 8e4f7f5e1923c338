"""A form: how one kind of source writes its records, and what it cannot see.

The trap guarded against: a source whose gaps nobody wrote down. Every form states its blind spots.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from gatebook.terms.access_event import AccessEvent

Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known of a record apart from its text.

    ``received_at`` is in microseconds since 1970 UTC; ``source`` the name of the feed, empty for that of its form.
    ``proxies`` are the networks declared to be the provider's own proxies; ``future_us`` and ``past_us`` bound what
    a sound clock may say, before and after ``received_at``.
    """

    received_at: int
    source: str = ""
    proxies: Networks = ()
    future_us: int = 5 * 60 * 1_000_000
    past_us: int = 400 * 24 * 60 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class JsonForm:
    """A form whose records are JSON objects.

    ``is_one`` tells from an object whether it is of this form; ``read`` makes the event and returns None where the
    object says nothing of an access that can be mapped (it is then kept unmapped). Neither raises for any JSON object.
    """

    name: str
    is_one: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any], Receipt], AccessEvent | None]
    blind_spots: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class LineForm:
    """A form whose records are lines of text; as :class:`JsonForm`, with a line without its end."""

    name: str
    is_one: Callable[[str], bool]
    read: Callable[[str, Receipt], AccessEvent | None]
    blind_spots: tuple[str, ...] = field(default=())
