"""Invented access events for tests: few principals and addresses, so that everything meets; never a real one."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa

from gatebook.record.events.columns import to_columns
from gatebook.record.placing import labelled
from gatebook.record.segments import SegmentSecrets
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome

SECRETS = SegmentSecrets(b"l" * 32, bytes(range(32)))
START = 1_790_000_000_000_000  # in September 2026
_ADDRESSES = ["", "203.0.113.9", "203.0.113.10", "198.51.100.7", "2001:db8::1", "2001:db8::2", "fe80::1", "::102:304"]


def event(draw: random.Random, spread: int = 3_000_000_000) -> AccessEvent:
    """Return one event at a time within ``spread`` microseconds of the start."""
    address = draw.choice(_ADDRESSES)
    return AccessEvent(
        at=START + draw.randrange(spread),
        source=draw.choice(["edge-1", "edge-2"]),
        principal=draw.choice(["", "acc_a", "acc_b", "acc_ç", "root", *(f"acc_{n}" for n in range(20))]),
        act=draw.choice(["login", "server.create"]),
        outcome=draw.choice(list(Outcome)),
        address=address,
        address_kind=AddressKind.ADDRESS if address else AddressKind.UNKNOWN,
        raw_address=address if draw.random() < 0.7 else f"[{address}]:22",
        session=draw.choice(["", "s1", "s2", "s3"]),
        user_agent=draw.choice(["", "curl/8", "Mozilla/5.0 «x»"]),
        fingerprint=draw.choice(["", "", "SHA256:abc"]),
        target=draw.choice(["", "vm-1"]),
        event_id=draw.choice(["", f"e{draw.randrange(10**9)}"]),
        nth=draw.randrange(3),
        marks=draw.choice([(), ("time-no-zone",), ("address-missing", "time-cut")]),
        detail=draw.choice(["", "some record"]),
    )


def batch(events: list[AccessEvent], batch_of: int = 0) -> pa.Table:
    """Return events as a segment takes them."""
    rows = pa.Table.from_batches([to_columns(events)])
    return labelled(
        rows.append_column("batch", pa.array(np.full(len(events), batch_of, np.uint16))), SECRETS.label_salt
    )
