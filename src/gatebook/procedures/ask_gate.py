"""The gate: may this account do this now? Answered from registers, with reasons, for control planes.

The trap guarded against: an unknown account read as allowed. ``unknown`` is its own answer, and the house states
what a control plane should do with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit

#: Acts a restricted account may still do: what runs keeps running, and its holder may look and leave.
_KEPT_WHEN_RESTRICTED = frozenset({"use", "look", "stop", "delete", "export"})


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
    kept = row["status"] == "restricted" and act in _KEPT_WHEN_RESTRICTED
    return GateAnswer("allow" if kept else "deny", (f"account-{row['status']}",), conditions, position)
