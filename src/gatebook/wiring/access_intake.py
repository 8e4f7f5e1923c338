"""Access events on their way in over HTTP: unpacked, read and kept.

The trap guarded against: two readings of one body. What is hashed, read and kept is the plain bytes, however they came.
"""

from __future__ import annotations

from gatebook.outside.compressed import ENCODINGS, unpack
from gatebook.procedures.house import Operator
from gatebook.procedures.log_access import LoggedReceipt, log_access
from gatebook.wiring.premises import Premises

__all__ = ["ENCODINGS", "take_in"]


def take_in(premises: Premises, operator: Operator, raw: bytes, encoding: str, source: str, form: str) -> LoggedReceipt:
    """Keep the records of a body that may be compressed. Raises UnknownEncoding, and as ``log_access`` does."""
    body = unpack(raw, encoding)
    return log_access(premises.house, premises.access_log, operator, body, source, form, premises.access_bounds)
