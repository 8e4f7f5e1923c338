"""The one door to plaintext: a reading is entered, and committed, before anything is opened.

The trap guarded against: opening first and writing it down later, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput, NotFound, Shredded
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.fields import Part
from gatebook.record.ports import Row, SealedRecord, State, Work
from gatebook.record.vault import Vault

#: Why staff or the house itself may open a sealed record. A reading without one of these is refused.
PURPOSES = frozenset(
    {
        "determination",
        "review",
        "rescreening",
        "access-watch",
        "contact-code",
        "legal-process",
        "subject-request",
        "abuse",
        "audit",
    }
)

#: What stands between a person's id and the number of the key their records were sealed under again.
AGAIN = "+"


def known_purpose(purpose: str) -> None:
    """Raise InvalidInput unless the house knows this purpose."""
    if purpose not in PURPOSES:
        problem = FieldProblem("/purpose", "unknown-purpose", f"must be one of {', '.join(sorted(PURPOSES))}")
        raise InvalidInput("a reading needs a purpose the house knows", (problem,))


@dataclass(frozen=True, slots=True)
class Door:
    """Seals on the way in, enters a reading on the way out."""

    vault: Vault

    def seal(self, work: Work, entry: Entry, record_id: str, payload: Plain, index: Iterable[tuple[str, str]]) -> Entry:
        """Seal ``payload`` for ``entry.person`` within ``work`` and return the entry that commits to it.

        ``index`` holds (field, normalised value) pairs to be found again by exact search.
        """
        row = work.registers.get("persons", entry.person)
        subject = (row and row["sealed_under"]) or entry.person  # PERSON+N once some of their fields ended
        record, commitment = self.vault.seal(record_id, subject, entry.kind, payload, entry.at)
        work.records.put(record, [(field, self.vault.tag(field, value)) for field, value in index])
        return replace(entry, record=record_id, commitment=commitment)

    def read(self, state: State, record_ids: Iterable[str], purpose: str, operator: str, at: datetime) -> list[Plain]:
        """Enter one reading per record, commit, and only then open them, in the order asked.

        Raises InvalidInput for an unknown purpose, NotFound for an unknown record, Shredded for one whose key was
        destroyed. A refused reading of a shredded record stays entered: it was asked for.
        """
        opened = self._entered(state, record_ids, purpose, operator, at)
        return [self.vault.unseal(record, row["commitment"]) for row, record in opened]

    def read_parts(
        self, state: State, record_ids: Iterable[str], purpose: str, operator: str, at: datetime
    ) -> list[tuple[Part, ...]]:
        """Read as :meth:`read` does, field by field with the salts each is committed to with: for a production.

        Raises VaultError for a record whose commitment is over the whole of it.
        """
        opened = self._entered(state, record_ids, purpose, operator, at)
        return [self.vault.unseal_parts(record, row["commitment"]) for row, record in opened]

    def _entered(
        self, state: State, record_ids: Iterable[str], purpose: str, operator: str, at: datetime
    ) -> list[tuple[Row, SealedRecord]]:
        known_purpose(purpose)
        wanted = list(record_ids)
        with state.transaction() as work:
            rows = [work.registers.get("records", record_id) for record_id in wanted]
            known = [row for row in rows if row is not None]
            if len(known) != len(wanted):
                raise NotFound("there is no sealed record under this id")
            enter(
                work,
                *(
                    Entry(
                        "record.read",
                        at,
                        operator,
                        person=row["person_id"],
                        application=row["application_id"] or "",
                        body={"read": row["record_id"], "purpose": purpose},
                    )
                    for row in known
                ),
            )
            sealed = [work.records.get(row["record_id"]) for row in known]
        found = [(row, record) for row, record in zip(known, sealed, strict=True) if record is not None]
        if len(found) != len(known):
            raise Shredded("this record was destroyed when its time was over")
        return found

    def find(self, work: Work, field: str, value: str) -> list[str]:
        """Return the subjects whose sealed records were indexed under exactly this normalised value."""
        found = work.records.find(field, self.vault.tag(field, value))
        return sorted({subject.partition(AGAIN)[0] for subject in found})

    def shred(self, subject: str) -> None:
        """Destroy the subject's data key for ever."""
        self.vault.shred(subject)

    def rotate(self) -> tuple[str, int]:
        """Rewrap every data key under a new key-encryption key."""
        return self.vault.rotate()
