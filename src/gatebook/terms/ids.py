"""Typed pseudonymous ids: a prefix and 128 random bits, so that an id never says who.

The trap guarded against: passing one kind of id where another is meant.
"""

from __future__ import annotations

from typing import NewType

PersonId = NewType("PersonId", str)
ApplicationId = NewType("ApplicationId", str)
AccountId = NewType("AccountId", str)
EvidenceId = NewType("EvidenceId", str)
DeterminationId = NewType("DeterminationId", str)
RecordId = NewType("RecordId", str)
OperatorId = NewType("OperatorId", str)
