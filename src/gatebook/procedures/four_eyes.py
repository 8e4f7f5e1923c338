"""Four eyes: whether two operators are two, by who made whose key.

The trap guarded against: a second officer the first one made. A key's maker is read from the ledger's own register,
so that revoking a key, or letting it end, does not make its children strangers.
"""

from __future__ import annotations

from gatebook.record.ports import Work


def are_independent(work: Work, one: str, other: str) -> bool:
    """Return whether neither operator made the other, and no one key that is itself an officer's made both.

    Keys made by an operator at the command line, or by keys that may administer and not dispose, are independent of
    each other: who hands them out cannot speak with them.
    """
    of_one, of_other = _line(work, one), _line(work, other)
    if one in of_other or other in of_one:
        return False
    return not any(_is_officers_key(work, operator_id) for operator_id in set(of_one) & set(of_other))


def _line(work: Work, operator_id: str) -> list[str]:
    """The operator, who made their key, who made that one's, and so on."""
    found = [operator_id]
    while (row := work.registers.get("keys", found[-1])) is not None and row["made_by"] not in found:
        found.append(row["made_by"])
    return found


def _is_officers_key(work: Work, operator_id: str) -> bool:
    row = work.registers.get("keys", operator_id)
    return row is not None and "officer" in row["scopes"]
