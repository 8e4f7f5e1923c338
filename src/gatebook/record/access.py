"""The one door to plaintext: a reading is entered, and committed, before anything is opened.

The trap guarded against: opening first and writing it down later, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput, NotFound, Shredded
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.fields import Part
from gatebook.record.ports import Row, SealedRecord, State, Work
from gatebook.record.vault import Left, Vault
from gatebook.record.walk import every_row

LEGAL_PROCESS = "legal-process"
#: Why staff or the house itself may open a sealed record. A reading without one of these is refused.
PURPOSES = frozenset(
    {
        "determination",
        "review",
        "rescreening",
        "access-watch",
        "contact-code",
        LEGAL_PROCESS,
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


def subjects_of(person: Row) -> list[str]:
    """Return every subject a person's records were ever sealed under, the one they are sealed under now last."""
    person_id = str(person["person_id"])
    times = int(str(person["sealed_under"] or f"{person_id}{AGAIN}0").rpartition(AGAIN)[2])
    return [person_id, *(f"{person_id}{AGAIN}{n}" for n in range(1, times + 1))]


def next_subject(person: Row) -> str:
    """Return the subject a person's records are sealed under when they are sealed again."""
    return f"{person['person_id']}{AGAIN}{len(subjects_of(person))}"


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

    def read(
        self,
        state: State,
        record_ids: Iterable[str],
        purpose: str,
        operator: str,
        at: datetime,
        *,
        in_part: bool = False,
    ) -> list[Plain]:
        """Enter one reading per record, commit, and only then open them, in the order asked.

        Raises InvalidInput for an unknown purpose, NotFound for an unknown record, Shredded for one whose key was
        destroyed and, unless ``in_part`` asks for what is left, for one of which a part was ended: nobody should take
        the rest for the whole. A refused reading of a shredded record stays entered: it was asked for.
        """
        opened = self._entered(state, record_ids, purpose, operator, at)
        try:
            return [self.vault.unseal(record, row["commitment"], in_part=in_part) for row, record in opened]
        except Shredded:
            self._say_what_ended(state, [row["person_id"] for row, _ in opened])
            raise

    def _say_what_ended(self, state: State, persons: Iterable[str]) -> None:
        """Raise Shredded with the rule where only a part of somebody's records was ended."""
        with state.read() as work:
            for person in (work.registers.get("persons", person_id) or {} for person_id in persons):
                ended = person.get("trimming") or person.get("trimmed")
                if ended and not (person.get("shredding") or person.get("shredded_at")):
                    raise Shredded(
                        f"a part of this record was ended by {ended['rule']}; what is left can still be read"
                    )

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

    def trim(self, work: Work, person_id: str, subject: str, left: Left, ended: Collection[str]) -> int:
        """Seal all a person's records again within ``work``, under another subject; return how many there were.

        Of each there stays what ``left`` leaves, of the index all but the ``ended`` fields. Nothing is let out, so it
        is no reading; the caller enters what it was, and destroys the key before once that is committed.
        """
        count = 0
        for row in every_row(work.registers, "records", {"person_id": person_id}):
            if (record := work.records.get(row["record_id"])) is not None:
                work.records.replace(self.vault.seal_less(record, row["commitment"], subject, left), ended)
                count += 1
        return count

    def is_destroyed(self, person: Row) -> bool:
        """Return whether the key that a person's records are sealed under now was destroyed."""
        return self.vault.is_destroyed(subjects_of(person)[-1])

    def was_shredded(self, subject: str) -> bool:
        """Return whether a key was destroyed that this subject had."""
        return self.vault.is_destroyed(subject)

    def shred_person(self, person: Row) -> None:
        """Destroy for ever every key a person's records were sealed under, the one in use last.

        While that one is there nothing counts as done. One made for a sealing that was cut off goes as well.
        """
        unused = next_subject(person)
        for subject in ([unused] if self.vault.has_key(unused) else []) + subjects_of(person):
            self.vault.shred(subject)

    def shred(self, subject: str) -> None:
        """Destroy the subject's data key for ever."""
        self.vault.shred(subject)

    def rotate(self) -> tuple[str, int]:
        """Rewrap every data key under a new key-encryption key."""
        return self.vault.rotate()
