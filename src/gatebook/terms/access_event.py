"""Access event: a use or administration of an account, with its address, time and act (EO 13984 s. 1(a)(ii)(D)).

The trap guarded against: dropping what cannot be read. An address nobody can parse is itself a record, so the text
the source wrote is kept beside what was made of it, and everything odd is a mark, never a reason to leave a line out.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class AddressKind(StrEnum):
    """What the source wrote where an address belongs."""

    ADDRESS = "address"  # one IP address, perhaps with a port or a zone
    LIST = "list"  # several hops; ``address`` is the last that no declared proxy holds
    HOST = "host"  # a name of a machine
    SERVICE = "service"  # the provider's own service acted, as in "AWS Internal"
    SOCKET = "socket"  # a socket of the machine itself
    UNKNOWN = "unknown"  # nothing was written, or nothing that can be read


class Outcome(StrEnum):
    """How the act ended, as the source says."""

    SUCCESS = "success"
    FAILURE = "failure"
    PENDING = "pending"  # the act was asked for; another record says how it ended
    UNKNOWN = "unknown"


#: Everything odd that may be said of an event. A mark is written as it stands here.
MARKS = {
    "unmapped": "no form could read the record; it is kept as it came, in detail",
    "address-missing": "the source wrote no address",
    "address-unread": "what the source wrote as an address is none that can be read",
    "principal-missing": "the source does not say who acted",
    "time-missing": "the source wrote no time that can be read; the time of receipt stands in",
    "time-no-zone": "the source wrote no zone; UTC is taken",
    "time-no-year": "the source wrote no year; the latest that is not in the future is taken",
    "time-cut": "the source wrote more than microseconds; the rest is cut",
    "time-in-future": "the time is later than the time of receipt by more than the house allows",
    "time-long-past": "the time is earlier than the time of receipt by more than the house allows",
    "text-cut": "a text was longer than the house keeps, and was cut",
}


class AccessEvent(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One access as a source told it.

    ``at`` is in microseconds since 1970 UTC. ``address`` is the canonical text of one IP address (an IPv4 address
    mapped into IPv6 is the IPv4 address), empty where there is none; ``raw_address`` is what the source wrote.
    ``principal`` is who acted, by the source's own name: an account id of this house, or a name an assignment says
    the holder of. ``source`` names the feed. ``event_id`` is the source's own id of the record, where it has one;
    ``nth`` counts equal records without an id, from 0. ``detail`` holds a record no form could read, as text.
    Empty text means that the source did not say.
    """

    at: int
    source: str
    principal: str = ""
    act: str = ""
    outcome: Outcome = Outcome.UNKNOWN
    address: str = ""
    address_kind: AddressKind = AddressKind.UNKNOWN
    raw_address: str = ""
    session: str = ""
    user_agent: str = ""
    fingerprint: str = ""
    target: str = ""
    event_id: str = ""
    nth: int = 0
    marks: tuple[str, ...] = ()
    detail: str = ""
