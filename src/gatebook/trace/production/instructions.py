"""Instructions for whoever was handed a production: what the files are, how to test them, what that shows and what not.

The trap guarded against: a green tick taken for the truth. Beside each test stands what it means in plain words, and a
section of its own says what no test of these files can show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gatebook.trace.production.templates import fill
from gatebook.trace.production.told import Told

#: The oldest Python the verifier says it runs on.
PYTHON = "3.8"


@dataclass(frozen=True, slots=True)
class Check:
    """A test the verifier makes: the word its sentence is known by, and what it means when it holds."""

    name: str
    means: str


#: What the verifier of productions tests, under the words its sentences begin with when something does not hold.
CHECKS = (
    Check(
        "the archive", "The file holds the parts of a production in their one form, and nothing hidden between them."
    ),
    Check(
        "the lists of the bag", "Every file is the one that is listed, byte for byte; none is missing, none was added."
    ),
    Check("the signature", "The provider's key signed those lists, and with them every byte."),
    Check("the digest", "This is the set of files whose digest the provider told you."),
    Check("the checkpoint", "The provider signed the state of its ledger that everything else leads to."),
    Check("the entries", "Each entry of the ledger that is in the file stands in that ledger, at its place."),
    Check("the records", "Each value shown was in the sealed record when its entry was written; none was replaced."),
    Check("records.csv", "The table says what the records say, and nothing else."),
    Check("the accesses", "Each access shown was sealed when its segment was, and none of its principal was dropped."),
    Check("accesses.csv", "The table says what the accesses say, and nothing else."),
    Check("the list", "What is in the file is the list that two persons agreed to, all of it and no more."),
    Check("the reasons", "Each class of records that is shown was approved, with the clause of law that reaches it."),
    Check("custody", "Receipt, proposal, approval and each opening of a record are entries, in that order."),
    Check("the time stamp", "It is over this checkpoint. Its signature is tested with another program, named below."),
    Check("the log", "Asked with --log: no segment of the time shown is missing in what was handed over."),
)


def instructions_text(
    told: Told,
    checks: Sequence[Check] = CHECKS,
    archive: str = "production.zip",
    verifier: str = "verify.py",
    *,
    is_encrypted: bool = False,
) -> bytes:
    """Return the instructions as plain text; ``checks`` are those of the verifier that goes with the production."""
    return fill(
        "instructions.txt",
        {
            "told": told,
            "checks": checks,
            "archive": archive,
            "verifier": verifier,
            "python": PYTHON,
            "is_encrypted": is_encrypted,
        },
    ).encode()
