"""Looking at witnesses: what each last signed of our ledger, and how far behind it is.

The trap guarded against: a ledger called witnessed because a witness is named in the settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gatebook import canonical
from gatebook.procedures.ask_witnesses import ALARMS, SENTENCES, Witness, what_is_known
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.checkpoint import parse_checkpoint


def witnesses(house: House, operator: Operator, asked: Sequence[Witness]) -> list[dict[str, Any]]:
    """Return every witness that is asked, with the largest head it cosigned and what came of the last asking."""
    permit(house, operator, "look", "look")
    return [shown(house, witness) for witness in asked]


def shown(house: House, witness: Witness) -> dict[str, Any]:
    """Return what is known of one: sizes, times, the outcome as a word and as a sentence, and the note it cosigned."""
    known = canonical.table(what_is_known(house, witness))
    note = house.tiles.read_checkpoint()
    size = parse_checkpoint(note).size if note else 0
    return {
        "witness": witness.cosigner.name,
        "vkey": witness.vkey,
        "url": witness.url,
        "size": known["size"],
        "behind": size - known["size"],
        "cosigned_at": known["cosigned_at"],
        "outcome": known["outcome"],
        "says": SENTENCES[known["outcome"]],
        "is_alarm": known["outcome"] in ALARMS,
        "asked_at": known["tried_at"],
        "checkpoint": known["note"],
    }
