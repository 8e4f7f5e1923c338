"""The gate: may this account do this now? Answered from registers, with reasons, for control planes.

The trap guarded against: an unknown account read as allowed. ``unknown`` is its own answer, and the house states
what a control plane should do with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit

#: What the gate answers a restricted account. It was found on a list, or an officer has to look: its holder may look,
#: stop what runs and take their data along; whether what runs goes on running is a person's to say; and nothing new
#: opens and nothing is deleted, for what is deleted is evidence gone.
_WHEN_RESTRICTED = {"look": "allow", "stop": "allow", "export": "allow", "use": "hold"}


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """``allow``, ``hold`` (wait for a person), ``deny`` or ``unknown``, with reasons as slugs and conditions."""

    answer: str
    reasons: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    position: int = -1


def ask_gate(house: House, operator: Operator, account: str, act: str) -> GateAnswer:
    """Answer for an account id, or for an application id while no account is open."""
    permit(house, operator, "gate", "ask-gate")
    with house.state.read() as work:
        row = work.registers.get("accounts", account)
        application = None if row else work.registers.get("applications", account)
        if application and application["account_id"]:
            row = work.registers.get("accounts", application["account_id"])
    if row is None and application is None:
        return GateAnswer("unknown", ("no-such-account",))
    if row is None:
        held = application is not None and application["state"] == "review"
        return GateAnswer("hold" if held else "deny", (f"application-{application['state'] if application else ''}",))
    conditions, position = tuple(row["conditions"] or ()), int(row["position"])
    if row["status"] == "open":
        return GateAnswer("allow", ("account-open",), conditions, position)
    answer = _WHEN_RESTRICTED.get(act, "deny") if row["status"] == "restricted" else "deny"
    return GateAnswer(answer, (f"account-{row['status']}",), conditions, position)
