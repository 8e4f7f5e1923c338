"""The certificate of destruction: the entries that say what of a person was destroyed, when, and by which rule.

The trap guarded against: a certificate that says more than can be known. It proves what was entered, says what the
stores answer now, and says of copies outside the house that it knows nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gatebook import canonical
from gatebook.errors import Conflict, NotFound
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.publish_ledger import proof_of
from gatebook.record.access import subjects_of
from gatebook.record.entry import Entry
from gatebook.record.ports import Row, Work
from gatebook.record.walk import every_line, every_row

FORM = "gatebook-destruction@v1"
_KINDS = frozenset(
    {"record.expiring", "record.spared", "record.trimming", "record.trimmed", "access.erased", "record.shredded"}
)
#: What each kind of entry says, in words for whoever reads the certificate.
_SAYS = {
    "record.expiring": "that the data was to be destroyed, because the time of {rule} was over",
    "record.spared": "that the destruction was called off, because a legal hold was in force",
    "record.trimming": "that {classes} had ended by {rule}, and that what was left was sealed under a new key",
    "record.trimmed": "that the key before was destroyed, and with it every copy of {classes}",
    "access.erased": "that {rows} rows of the access record were erased",
    "record.shredded": "that the key was destroyed and {records} sealed records were removed, by {rule}",
}
_NOT_SHOWN = (
    "that no copy of the data exists outside this house",
    "that backups of the key ring made before were destroyed; the list of backups says which are stale",
    "the bytes of the key or of the data: nobody has them to compare with",
)


def certify(house: House, operator: Operator, person_id: str) -> dict[str, Any]:
    """Return what was destroyed of a person, each entry with its proof under the published checkpoint.

    Raises NotFound, and Conflict while nothing was destroyed or what says so is not published yet.
    """
    permit(house, operator, "look", "certify-destruction")
    with house.state.read() as work:
        person = work.registers.get("persons", person_id)
        if person is None:
            raise NotFound("there is no person under this id")
        if not person["shredded_at"] and not person["trimmed"]:
            raise Conflict("nothing of this person was destroyed")
        found = list(_entries(work, person_id))
        looked = _looked_at(house, work, person)
    try:
        entries = [_shown(house, position, line) for position, line in found]
    except NotFound:
        raise Conflict("what says so is not published yet; ask again in a moment") from None
    return {
        "form": FORM,
        "person_id": person_id,
        "made_at": canonical.instant(house.now()),
        "origin": house.signer.origin,
        "vkey": house.signer.vkey,
        "destroyed": "all" if person["shredded_at"] else "part",
        "entries": entries,
        "looked_at": looked,
        "not_shown": list(_NOT_SHOWN),
    }


def _shown(house: House, position: int, line: bytes) -> dict[str, Any]:
    entry = Entry.from_bytes(line)
    body = {name: ", ".join(value) if isinstance(value, list) else value for name, value in entry.body.items()}
    return {
        "position": position,
        "kind": entry.kind,
        "at": canonical.instant(entry.at),
        "says": _SAYS[entry.kind].format_map(body),
        "entry": line.decode(),
        "proof": proof_of(house, position),
    }


def _entries(work: Work, person_id: str) -> Iterator[tuple[int, bytes]]:
    """Yield the entries on the destruction, from the person's first record on."""
    named = person_id.encode()
    for position, line in every_line(work.ledger, _first_position(work, person_id)):
        if named in line:  # before it is parsed: most lines are of others
            entry = Entry.from_bytes(line)
            if entry.person == person_id and entry.kind in _KINDS:
                yield position, line


def _first_position(work: Work, person_id: str) -> int:
    return min((int(row["position"]) for row in _records(work, person_id)), default=0)


def _records(work: Work, person_id: str) -> Iterator[Row]:
    return every_row(work.registers, "records", {"person_id": person_id})


def _looked_at(house: House, work: Work, person: Row) -> dict[str, Any]:
    """What the stores answer now: keys by the name they were kept under, and sealed records that are there."""
    subjects = subjects_of(person)
    left = sum(work.records.get(row["record_id"]) is not None for row in _records(work, person["person_id"]))
    return {
        "keys_destroyed": [subject for subject in subjects if house.door.was_shredded(subject)],
        "keys_left": [subject for subject in subjects if not house.door.was_shredded(subject)],
        "records_left": left,
    }


def in_words(certificate: dict[str, Any]) -> str:
    """Return a certificate as a text a person can read."""
    whole = certificate["destroyed"] == "all"
    looked = certificate["looked_at"]
    lines = [
        "CERTIFICATE OF DESTRUCTION",
        "",
        f"House: {certificate['origin']}. Person: {certificate['person_id']}. Made at {certificate['made_at']}.",
        f"{'All' if whole else 'A part'} of what this house had sealed of this person was destroyed.",
        "",
        "The ledger of the house says, each time in an entry that was signed for:",
    ]
    lines += [f"  {e['at']}, entry {e['position']} ({e['kind']}): {e['says']}." for e in certificate["entries"]]
    gone, left = len(looked["keys_destroyed"]), len(looked["keys_left"])
    lines += [
        "",
        f"Looked at now: keys destroyed {gone}, keys left {left}, sealed records left {looked['records_left']}.",
        "",
        "This does not show:",
        *(f"  {one}." for one in certificate["not_shown"]),
        "",
        "To check an entry, save it and its proof to files and run:",
        f"  python -m gatebook_verifier inclusion PROOF ENTRY --vkey '{certificate['vkey']}'",
    ]
    return "\n".join(lines) + "\n"
