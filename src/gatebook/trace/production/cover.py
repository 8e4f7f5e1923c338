"""The cover of a production: a page a person reads first, as HTML and, for the printer, as PDF.

The trap guarded against: a page that runs, fetches or turns around what a stranger wrote, and a cover that is taken
for the records. It shows the first of everything, says how much more there is, and where.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatebook.trace.production.templates import fill, instant, instant_of, text
from gatebook.trace.production.told import INSTRUMENTS, Account, Record, Told

if TYPE_CHECKING:
    from gatebook.trace.production.pdf import Sheet


@dataclass(frozen=True, slots=True)
class Most:
    """How much a cover shows of each list; the files of the production hold all of it."""

    accounts: int
    records: int
    values: int
    accesses: int
    steps: int


#: A printed row takes a thousandth of a second to lay out, and nobody reads the thousandth on paper.
_PAGE, _PRINT = Most(100, 50, 100, 100, 500), Most(10, 10, 25, 20, 100)


@dataclass(frozen=True, slots=True)
class Shown:
    """The first of a list, and how many more there are."""

    shown: Sequence[Any]
    more: int


def cover_html(told: Told) -> bytes:
    """Return the cover as one HTML file: no script, nothing from another host, every text of the data escaped."""
    from markupsafe import Markup  # noqa: PLC0415  comes with jinja2, which is heavy

    style = text("cover.css")
    page = fill(
        "cover.html",
        {
            "told": told,
            "style": Markup(style),  # noqa: S704  our own style sheet, from the file beside the template
            "style_digest": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            "facts": facts_of(told),
            "proofs": proofs_of(told),
            "accounts": [(a, *_lists_of(a, _PAGE)) for a in told.accounts[: _PAGE.accounts]],
            "more_accounts": max(0, len(told.accounts) - _PAGE.accounts),
            "steps": _first(told.steps, _PAGE.steps),
        },
    )
    return page.encode()


def cover_pdf(told: Told) -> bytes:
    """Return the cover as PDF. The same production gives the same bytes, whenever it is made."""
    from gatebook.trace.production.pdf import Sheet  # noqa: PLC0415  the PDF library is heavy

    sheet = Sheet(f"Production {told.production}", told.made_at)
    sheet.heading(f"Production {told.production}")
    sheet.legend()
    sheet.table((), (30, 70), facts_of(told))
    _what(sheet, told)
    sheet.heading("Records by account", 2)
    for account in told.accounts[: _PRINT.accounts]:
        _account(sheet, account)
    sheet.more(len(told.accounts) - _PRINT.accounts, "accounts")
    sheet.heading("Chain of custody", 2)
    steps = [(f"{s.position:,}", instant(s.at), s.words, s.operator) for s in told.steps[: _PRINT.steps]]
    sheet.table(("Entry", "Time", "What", "Operator"), (12, 24, 44, 20), steps)
    sheet.more(len(told.steps) - _PRINT.steps, "steps")
    sheet.heading("By what it is tested", 2)
    sheet.table((), (35, 65), proofs_of(told))
    sheet.table(("File", "What it is"), (40, 60), [(file.path, file.words) for file in told.files])
    return sheet.finish()


def _what(sheet: Sheet, told: Told) -> None:
    sheet.heading("What is in it", 2)
    counts = [(_class(c.record_class), f"{c.values:,}", f"{c.events:,}") for c in told.counts]
    sheet.table(("Record class", "Values", "Access events"), (50, 25, 25), counts)
    sheet.heading("What was withheld", 2)
    withheld = [(_class(w.record_class), _counted(w.values), w.clause, w.cites) for w in told.withheld]
    sheet.table(("Record class", "Values", "By which clause", "Source"), (22, 15, 35, 28), withheld)


def _account(sheet: Sheet, account: Account) -> None:
    sheet.heading(f"Account {account.account}" + (f", person {account.person}" if account.person else ""), 3)
    records, accesses = _lists_of(account, _PRINT)
    for record, values in records:
        sheet.words(f"{record.kind}, entry {record.position:,}, {instant(record.at)}, record {record.record}")
        rows = [(value.label, value.text, _class(value.record_class)) for value in values.shown]
        sheet.table(("What", "Value", "Record class"), (28, 52, 20), rows)
        sheet.more(values.more, "values of this record")
    sheet.more(len(account.records) - len(records), "records of this account")
    if account.events:
        sheet.words(f"{account.events:,} access events")
        events = [(instant_of(e.at), e.address or e.raw_address, e.act, e.outcome) for e in accesses.shown]
        sheet.table(("Time", "Address", "Act", "Outcome"), (30, 25, 30, 15), events)
        sheet.more(accesses.more, "access events of this account")


def _lists_of(account: Account, most: Most) -> tuple[list[tuple[Record, Shown]], Shown]:
    records = [(record, _first(record.values, most.values)) for record in account.records[: most.records]]
    # What was handed over counts here, and not what was given to be shown.
    accesses = account.accesses[: most.accesses]
    return records, Shown(accesses, max(0, account.events - len(accesses)))


def _first(items: Sequence[Any], most: int) -> Shown:
    return Shown(items[:most], max(0, len(items) - most))


def _class(record_class: str) -> str:
    return record_class.replace("-", " ")


def _counted(values: int | None) -> str:
    return "not counted" if values is None else f"{values:,}"


def facts_of(told: Told) -> list[tuple[str, str]]:
    """Return the demand and its answer as labelled facts, in the order papers give them."""
    return [(label, value) for label, value in _facts(told) if value]


def _facts(told: Told) -> Iterator[tuple[str, str]]:
    yield "Instrument", INSTRUMENTS[told.instrument]
    yield "Handled as an emergency", "yes" if told.is_emergency else ""
    yield "Issued by", told.authority
    yield "Validated by", told.validator
    yield "Reference of the issuer", told.reference
    yield "Jurisdiction", told.jurisdiction
    yield "Handed to", _class(told.recipient)
    yield "Demand", told.demand
    yield "Received", instant(told.received_at)
    yield "Production made", instant(told.made_at)
    yield "Asked for", ", ".join(map(_class, told.classes)) or "all that the instrument reaches"
    yield "Basis of the disclosure", f"{told.basis} ({told.basis_cites})"
    yield from told.named
    yield "Named by the demand", f"{told.searched:,}, of which {told.unresolved:,} led to nobody"
    yield "Proposed by", f"operator {told.proposed_by}"
    yield "Approved by", f"operator {told.approved_by}"


def proofs_of(told: Told) -> list[tuple[str, str]]:
    """Return what the production is tested by: the manifest's digest and the tree head."""
    found = [
        ("SHA-256 of manifest-sha256.txt", told.manifest),
        ("Ledger", told.head.origin),
        ("Entries of the ledger", str(told.head.size)),
        ("Root of the ledger (SHA-256)", told.head.root.hex()),
        ("Witnesses that cosigned", ", ".join(told.witnesses) or "none"),
        ("RFC 3161 time stamp", "yes" if told.is_time_stamped else "none"),
    ]
    return [(label, value) for label, value in found if value]
