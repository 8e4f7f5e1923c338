"""Papers of a production: cover, certificate, instructions and graph, all told from what was gathered and nothing else.

The trap guarded against: a paper that says what the records do not. Values on the cover are the parts that are shown in
the records beside it, and accesses on it are the first of those handed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gatebook import canonical
from gatebook.procedures.gather_production import Gathered
from gatebook.record.checkpoint import parse_checkpoint
from gatebook.record.ports import Row
from gatebook.terms.access_event import AccessEvent
from gatebook.terms.assignment import instant
from gatebook.terms.demand import Recipient
from gatebook.terms.record_class import RecordClass
from gatebook.trace.found import Resolved
from gatebook.trace.production.case_graph import case_graph
from gatebook.trace.production.certificate import certificate_pdf, certificate_text
from gatebook.trace.production.contents import ProducedRecord
from gatebook.trace.production.cover import cover_html, cover_pdf
from gatebook.trace.production.instructions import instructions_text
from gatebook.trace.production.told import Account, Count, File, Head, Record, Step, Told, Value, Withheld

_OF_EVENTS = (RecordClass.SESSION, RecordClass.NETWORK_ADDRESS, RecordClass.ACTIVITY)
_IN_US_COURTS = frozenset({Recipient.US_GOVERNMENT, Recipient.PRIVATE_PARTY})
_LED_NOWHERE = frozenset({Resolved.NOBODY, Resolved.NOT_HELD})
_NOBODY = {
    Resolved.NOBODY: "nobody had it then",
    Resolved.NOT_HELD: "nothing is held under it",
    Resolved.AMBIGUOUS: "none of those chosen",
    Resolved.FOUND: "none of those chosen",
}
_FILES = (
    File("data/records.json", "each sealed record that is shown, field by field, with what is not shown as hashes"),
    File("data/records.csv", "the fields that are shown, as a table"),
    File("data/accesses.csv", "the accesses that are shown, as a table"),
    File("data/accesses/", "the same accesses as the bytes that are hashed"),
    File("data/runs.json", "where those accesses stand in the provider's record, and what proves that none is missing"),
    File("data/list.json", "the list that one operator proposed and another approved"),
    File("data/reasons.json", "which classes of records were given or withheld, by which clause"),
    File("data/custody.json", "every step from the demand to this production"),
    File(
        "data/ledger/",
        "the entries of the provider's ledger behind it, each with its proof, and the signed head",
    ),
    File("data/case.jsonld", "the same as a graph in CASE/UCO, for tools that read it"),
    File("data/verify.py", "the program that tests all of this; it needs Python and nothing else"),
)
_CERTIFICATE = File("certificate.txt", "a certificate a custodian may sign; nobody did yet")


def papers_within(gathered: Gathered, row: Row, events: Mapping[str, Sequence[AccessEvent]]) -> dict[str, bytes]:
    """Return the papers that stand among the files of a production, by name; ``events`` are the first of an account."""
    told = _told(gathered, row, events)
    return {
        "cover.html": cover_html(told),
        "cover.pdf": cover_pdf(told),
        "instructions.txt": instructions_text(told, is_encrypted=bool(gathered.demand.recipient_key)),
        "case.jsonld": case_graph(told),
    }


def papers_beside(
    gathered: Gathered, row: Row, events: Mapping[str, Sequence[AccessEvent]], digest: str
) -> dict[str, bytes]:
    """Return the papers that quote the digest of the list of all files, and so stand beside them.

    The certificate is one for courts of the United States; nobody else is handed one.
    """
    if gathered.demand.recipient not in _IN_US_COURTS:
        return {}
    told = replace(_told(gathered, row, events), manifest=digest)
    return {"certificate.txt": certificate_text(told), "certificate.pdf": certificate_pdf(told)}


def _told(gathered: Gathered, row: Row, events: Mapping[str, Sequence[AccessEvent]]) -> Told:
    contents, demand = gathered.contents, gathered.demand
    head, given = parse_checkpoint(contents.checkpoint), [one for one in contents.reasons if one.is_given]
    listed: Sequence[Mapping[str, Any]] = contents.listed["items"]
    answers: Sequence[Mapping[str, Any]] = contents.listed["answers"]
    return Told(
        production=contents.production,
        demand=contents.demand,
        reference=contents.reference,
        instrument=demand.instrument,
        jurisdiction=demand.jurisdiction,
        recipient=demand.recipient,
        authority=contents.authority,
        validator=demand.validator.authority if demand.validator else "",
        provider=contents.origin,
        basis="; ".join(sorted({one.clause for one in given})),
        basis_cites="; ".join(sorted({one.citation for one in given})),
        received_at=demand.received_at,
        made_at=contents.made_at,
        proposed_by=row["proposed_by"],
        approved_by=row["approved_by"],
        head=Head(head.origin, head.size, head.root),
        classes=demand.classes,
        accounts=tuple(_account(gathered, item, events.get(item["account"], ())) for item in listed),
        counts=tuple(_counts(gathered)),
        withheld=tuple(
            Withheld(one.record_class, one.clause, one.citation) for one in contents.reasons if not one.is_given
        ),
        steps=tuple(Step(at, entry.at, entry.kind, entry.operator) for at, entry in sorted(gathered.custody.items())),
        files=(*_FILES, *((_CERTIFICATE,) if demand.recipient in _IN_US_COURTS else ())),
        named=tuple(map(_named, answers)),
        searched=len(answers),
        unresolved=sum(one["answer"] in _LED_NOWHERE for one in answers),
        is_emergency=demand.is_emergency,
        is_time_stamped=bool(contents.token),
        witnesses=tuple(one.partition("+")[0] for one in contents.witnesses),
    )


def _named(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Return what the demand names, with its time, and whom it led to: an address is told with who held it when."""
    led = [f"{one['account'] or one['person']} ({one['by']}{_time(one)})" for one in answer["found"]]
    others = f"{answer['others']} others were found and are not in it" if answer["others"] else ""
    words = "; ".join([*led, *([others] if others else [])]) or _NOBODY[answer["answer"]]
    return f"Named: {answer['kind']} {answer['value']}{_time(answer)}", words


def _time(of: Mapping[str, Any]) -> str:
    ends = [("from", of["from_at"]), ("until", of["until_at"])]
    return "".join(f", {word} {instant(at)}" for word, at in ends if at is not None)


def _account(gathered: Gathered, item: Mapping[str, Any], events: Sequence[AccessEvent]) -> Account:
    of = [one for one in gathered.contents.records if one.record in item["records"]]
    times = {one.position: one.entry for one in gathered.contents.entries}
    records = tuple(_record(one, times[one.position]) for one in of if one.classes)
    count = sum(run["events"] for run in item["runs"])
    return Account(item["account"], item["person"], records, count, accesses=tuple(events))


def _record(record: ProducedRecord, entry: bytes) -> Record:
    shown = [part for part in record.parts if not isinstance(part, str)]
    values = tuple(Value(pointer, _text(value), record.classes[pointer]) for pointer, value, _ in shown)
    at = canonical.parse_instant(canonical.table(canonical.decode(entry))["at"])
    return Record(record.record, record.kind, record.position, at, values)


def _counts(gathered: Gathered) -> list[Count]:
    """Count the values of each class that is given, and the accesses by what is shown of each."""
    contents = gathered.contents
    values = Counter(of for record in contents.records for of in record.classes.values())
    events = sum(run["events"] for item in contents.listed["items"] for run in item["runs"])
    given = [one.record_class for one in contents.reasons if one.is_given]
    return [Count(one, values[one], events if one in _OF_EVENTS else 0) for one in given if one != RecordClass.CONTENT]


def _text(value: object) -> str:
    return value if isinstance(value, str) else canonical.encode(canonical.plain(value)).decode()
