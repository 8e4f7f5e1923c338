"""Noting a trace: whoever asks who held or did what is entered with their purpose before they are answered.

The trap guarded against: a question nobody can be asked about later. The entry says what kind of question it was and
why, never about whom.
"""

from __future__ import annotations

from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.access import known_purpose
from gatebook.record.enter import enter
from gatebook.record.entry import Entry


def note_trace(house: House, operator: Operator, question: str, purpose: str) -> None:
    """Enter ``trace.asked`` and commit it. Raises NotPermitted, and InvalidInput for a purpose the house does not know.

    ``question`` is a slug of the kind of question, such as ``assignment.holder``.
    """
    permit(house, operator, "read-records", "trace")
    known_purpose(purpose)
    body = {"question": question, "purpose": purpose}
    with house.state.transaction() as work:
        enter(work, Entry("trace.asked", house.now(), operator.operator_id, body=body))
