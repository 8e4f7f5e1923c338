"""docs/legal-scope.md says what reach() says: the table is made from the law of the day and compared with the page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from gatebook.law.deadlines import deadlines
from gatebook.law.reach import disclosure_facts, reach
from gatebook.law.tree import LawOfDay
from gatebook.terms.demand import Instrument, Office, Recipient
from gatebook.terms.determination import Answer
from gatebook.terms.record_class import RecordClass
from law_cases import DAY, tree

PAGE = Path(__file__).parents[2] / "docs" / "legal-scope.md"
AT = datetime(2026, 11, 24, tzinfo=UTC)
WORDS = {Answer.MET: "yes", Answer.UNMET: "no", Answer.UNKNOWN: "counsel"}
PLAIN = tree().on(DAY)
ADOPTED = tree("- source: e_evidence\n  begins: 2026-08-18\n").on(DAY)


class Row(NamedTuple):
    """One line of the table: what was served, by whom, for whom."""

    title: str
    instrument: Instrument | None
    recipient: Recipient
    issuer: Office | None = None
    only_identifies: bool | None = None
    law: LawOfDay = PLAIN


GOV, EU = Recipient.US_GOVERNMENT, Recipient.EU_AUTHORITY
ROWS = (
    Row("subpoena of an agency, grand jury or court", Instrument.SUBPOENA, GOV, Office.AGENCY),
    Row("court order, 2703(d)", Instrument.COURT_ORDER, GOV, Office.COURT),
    Row("warrant", Instrument.WARRANT, GOV, Office.JUDGE),
    Row("consent of the customer", Instrument.CONSENT, GOV, Office.CUSTOMER),
    Row("emergency, belief recorded, two officers", Instrument.EMERGENCY, GOV),
    Row("preservation, 2703(f)", Instrument.PRESERVATION, GOV, Office.POLICE),
    Row("backup copy, 2704", Instrument.BACKUP, GOV, Office.COURT),
    Row("EU production, a judge's", Instrument.EU_PRODUCTION, EU, Office.JUDGE, None, ADOPTED),
    Row("EU production, a prosecutor's", Instrument.EU_PRODUCTION, EU, Office.PROSECUTOR, None, ADOPTED),
    Row("the same, to identify only", Instrument.EU_PRODUCTION, EU, Office.PROSECUTOR, True, ADOPTED),
    Row("EU production, not adopted", Instrument.EU_PRODUCTION, EU, Office.JUDGE),
    Row("EU preservation", Instrument.EU_PRESERVATION, EU, Office.PROSECUTOR, None, ADOPTED),
    Row("mutual assistance", Instrument.MUTUAL_ASSISTANCE, Recipient.FOREIGN_AUTHORITY, Office.COURT),
    Row("order of a foreign court", Instrument.COURT_ORDER, Recipient.FOREIGN_AUTHORITY, Office.COURT),
    Row("civil process", Instrument.CIVIL, Recipient.PRIVATE_PARTY, Office.LAWYER),
    Row("none: to government", None, GOV),
    Row("none: to another provider", None, Recipient.PEER),
    Row("none: to a private party", None, Recipient.PRIVATE_PARTY),
    Row("none: to the subject", None, Recipient.SUBJECT),
)


def rendered() -> str:
    """Return the table as it has to stand on the page; running this file prints it."""
    head = ["instrument", *(kind.value for kind in RecordClass)]
    lines = [head, ["---"] * len(head)]
    lines += [[row.title, *(_cell(row, kind) for kind in RecordClass)] for row in ROWS]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(row: Row, kind: RecordClass) -> str:
    facts = disclosure_facts(
        row.instrument, row.recipient, kind, is_authentic=True, issuer=row.issuer, validator=row.issuer,
        has_belief=True, by_two=True, only_identifies=row.only_identifies,
    )  # fmt: skip
    return WORDS[reach(row.law, facts).answer]


def test_the_page_says_what_the_law_says() -> None:
    # Breaks when an operator reads another scope on the page than a demand would be given.
    assert rendered() in PAGE.read_text("utf-8")


@pytest.mark.parametrize("law", [PLAIN, ADOPTED])
def test_the_page_names_every_clause_and_number(law: LawOfDay) -> None:
    # Breaks when a clause or a number that decides a disclosure is nowhere to be read about.
    text = PAGE.read_text("utf-8")
    facts = disclosure_facts(None, Recipient.PEER, RecordClass.NAME)
    assert [r.clause for r in reach(law, facts).reasons if f"`{r.clause}`" not in text] == []
    numbers = {n for n in law.parameters.names() if n.startswith(("sca/", "e_evidence/"))}
    from_deadlines = {d.rule for kind in Instrument for d in deadlines(law, kind, AT)}
    assert sorted(n for n in numbers | from_deadlines if f"`{n}`" not in text) == []


if __name__ == "__main__":
    print(rendered())  # noqa: T201  to be pasted into the page
