"""Disclosure by law: who reaches what on which instrument, what is refused, and what goes to counsel."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebook.decide.determine import determine
from gatebook.law.consider import consider
from gatebook.law.reach import GENERAL, Reached, disclosure_facts, reach
from gatebook.law.sources import all_clauses, asks_about_disclosure, of_accounts
from gatebook.law.tree import LawOfDay, LawTree
from gatebook.store.law_folder import read_law_texts
from gatebook.terms.demand import Instrument, Office, Recipient
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import FACTS, Fact, Facts
from gatebook.terms.record_class import RecordClass
from law_cases import DAY, GOOD, tree

ADOPTED = "- source: eo13984\n  begins: 2026-01-01\n- source: e_evidence\n  begins: 2026-08-18\n"
PLAIN, LAW = tree().on(DAY), tree(ADOPTED).on(DAY)
PUT = {name: FACTS[name] for name in FACTS if name.startswith("disclosure.")}
del PUT["disclosure.is_asked"], PUT["disclosure.is_law_held"]  # the two that reach puts itself
VALUES: dict[str, tuple[Any, ...]] = {n: (None, *(spec.choices or (True, False))) for n, spec in PUT.items()}
SIX = {"name", "address", "session", "service", "contact", "network-address", "payment"}
RECORDS = {kind.value for kind in RecordClass} - {"content"}
ALL = RECORDS | {"content"}
GOV, EU, FOREIGN, PRIVATE, PEER, SUBJECT = (recipient.value for recipient in Recipient)
DANGER = {"has_belief": True, "by_two": True}
DISCLOSES_NOTHING = ("preservation", "backup", "eu-preservation")


def asked(instrument: str | None, recipient: str | None, record_class: str | None, **more: Any) -> Facts:
    found = {"instrument": instrument, "recipient": recipient, "record_class": record_class, **more}
    return Facts(tuple(Fact(f"disclosure.{name}", value) for name, value in found.items() if value is not None))


def of(law: LawOfDay, instrument: str, recipient: str, record_class: str, **more: Any) -> Reached:
    return reach(law, asked(instrument, recipient, record_class, **({"is_authentic": True} | more)))


@pytest.mark.parametrize(
    ("instrument", "recipient", "more", "grant", "reached"),
    [
        ("subpoena", GOV, {"issuer": "agency"}, "sca/s2703.subpoena_reaches_six_groups", SIX),
        ("subpoena", GOV, {"issuer": "court"}, "sca/s2703.subpoena_reaches_six_groups", SIX),
        ("court-order", GOV, {"issuer": "court"}, "sca/s2703.order_reaches_records", RECORDS),
        ("court-order", GOV, {"issuer": "police", "validator": "judge"}, "sca/s2703.order_reaches_records", RECORDS),
        ("warrant", GOV, {"issuer": "judge"}, "sca/s2703.warrant_reaches", ALL),
        *(
            ("consent", to.value, {"issuer": "customer"}, "sca/s2702_grants.consent_reaches", ALL)
            for to in Recipient
        ),
        ("emergency", GOV, DANGER, "sca/s2702_grants.emergency_reaches", ALL),
        ("civil", PRIVATE, {}, "sca/s2702_grants.civil_process_reaches", RECORDS),
        ("none", PEER, {"is_authentic": None}, "sca/s2702_grants.peers_may_be_told", RECORDS),
        ("none", SUBJECT, {}, "house/disclosure.subjects_are_given_their_own", RECORDS - {"assessment"}),
    ],
)  # fmt: skip
def test_an_instrument_reaches_its_classes_and_no_other(
    instrument: str, recipient: str, more: dict[str, Any], grant: str, reached: set[str]
) -> None:
    # Breaks when an instrument reaches a class more or less than its clause says, or names another basis.
    for law, kind in itertools.product((PLAIN, LAW), RecordClass):
        found = of(law, instrument, recipient, kind.value, **more)
        expected = (Answer.MET, grant) if kind.value in reached else (Answer.UNMET, "")
        assert (found.answer, found.basis) == expected, kind
        if found.answer is Answer.MET:
            assert [reason.clause for reason in found.because] == [grant]


@pytest.mark.parametrize("record_class", ["national-number", "identity-document"])
def test_a_subpoena_reaches_no_identity_papers(record_class: str) -> None:
    # Breaks when what stands in none of the six groups (18 U.S.C. 2703(c)(2)) leaves on a subpoena.
    found = of(LAW, "subpoena", GOV, record_class, issuer="agency")
    assert found.answer is Answer.UNMET
    assert {r.clause for r in found.because} == {GENERAL, "sca/s2702.no_record_to_government_without_a_basis"}


@pytest.mark.parametrize(
    ("instrument", "recipient", "more", "expected"),
    [
        ("none", GOV, {}, "unmet"),  # volunteering to government, 2702(a)(3)
        ("none", EU, {}, "unmet"),
        ("none", FOREIGN, {}, "unmet"),
        ("none", PRIVATE, {}, "unmet"),  # a private person shows process
        ("none", SUBJECT, {"is_authentic": None}, "unknown"),  # whoever asks may be somebody else
        ("none", SUBJECT, {"is_authentic": False}, "unmet"),
        ("civil", GOV, {}, "unmet"),
        ("civil", SUBJECT, {}, "unmet"),
        ("subpoena", PRIVATE, {"issuer": "court"}, "unmet"),
        ("subpoena", GOV, {"issuer": "lawyer"}, "unmet"),
        ("subpoena", GOV, {}, "unknown"),  # nobody knows who issued it
        ("warrant", GOV, {"issuer": "police"}, "unknown"),  # a judge may have signed it
        ("warrant", GOV, {"issuer": "police", "validator": "prosecutor"}, "unmet"),
        ("court-order", GOV, {"issuer": "agency", "validator": "agency"}, "unmet"),
        ("consent", GOV, {"issuer": "police"}, "unmet"),
        ("consent", GOV, {}, "unknown"),
        ("emergency", GOV, {}, "unknown"),
        ("emergency", GOV, {"has_belief": True}, "unknown"),
        ("emergency", GOV, {"has_belief": True, "by_two": False}, "unmet"),
        ("emergency", GOV, {"has_belief": False, "by_two": True}, "unmet"),
        ("emergency", PRIVATE, DANGER, "unmet"),
        ("emergency", FOREIGN, DANGER, "unknown"),
        ("court-order", FOREIGN, {"issuer": "court"}, "unknown"),  # of another country: counsel
        ("warrant", EU, {"issuer": "judge"}, "unknown"),
        *(("mutual-assistance", to.value, {"issuer": "court"}, "unknown") for to in Recipient),
        *((kind, to, {"issuer": "court"}, "unmet") for kind in DISCLOSES_NOTHING for to in (GOV, EU, FOREIGN)),
        ("eu-production", GOV, {"issuer": "judge"}, "unmet"),
        ("eu-production", FOREIGN, {"issuer": "judge"}, "unmet"),
    ],
)
def test_what_is_refused_and_what_goes_to_counsel(
    instrument: str, recipient: str, more: dict[str, Any], expected: str
) -> None:
    # Breaks when a record leaves without a basis, or a doubt is settled by refusing or by giving.
    found = of(LAW, instrument, recipient, "name", **more)
    assert (found.answer.value, found.basis) == (expected, "")
    assert found.because


@pytest.mark.parametrize(
    ("issuer", "validator", "only_identifies", "name", "network_address", "activity"),
    [
        ("judge", None, None, "met", "met", "met"),
        ("court", "prosecutor", False, "met", "met", "met"),
        ("prosecutor", "prosecutor", None, "met", "unknown", "unmet"),
        ("prosecutor", "prosecutor", True, "met", "met", "unmet"),
        ("prosecutor", "prosecutor", False, "met", "unmet", "unmet"),
        ("prosecutor", None, True, "met", "met", "unknown"),  # a judge may have validated it
        ("police", None, True, "unknown", "unknown", "unknown"),
        ("police", "prosecutor", True, "met", "met", "unmet"),
        ("police", "judge", None, "met", "met", "met"),
        ("agency", "police", True, "unmet", "unmet", "unmet"),
        ("lawyer", "judge", True, "unmet", "unmet", "unmet"),
        (None, "judge", True, "unknown", "unknown", "unknown"),
        (None, None, None, "unknown", "unknown", "unknown"),
    ],
)
def test_a_production_order_reaches_by_who_issued_and_who_validated(
    issuer: str | None, validator: str | None, only_identifies: Any, name: str, network_address: str, activity: str
) -> None:
    # Breaks when a prosecutor reaches traffic data, or an order nobody entitled validated reaches anything.
    more = {"issuer": issuer, "validator": validator, "only_identifies": only_identifies}
    found = [
        of(LAW, "eu-production", EU, kind, **more).answer.value for kind in ("name", "network-address", "activity")
    ]
    assert found == [name, network_address, activity]


@pytest.mark.parametrize("kind", ["ownership", "use", "assessment", "content"])
def test_what_no_class_of_data_holds_and_content_for_abroad_go_to_counsel(kind: str) -> None:
    # Breaks when a class nobody can place is handed over, or content leaves for abroad against 18 U.S.C. 2702(a).
    assert of(LAW, "eu-production", EU, kind, issuer="judge").answer is Answer.UNKNOWN


@pytest.mark.parametrize("instrument", ["eu-production", "eu-preservation"])
def test_european_orders_go_to_counsel_until_the_regulation_is_adopted(instrument: str) -> None:
    # Breaks when a house that never said it is bound answers by the Regulation, or refuses as if it never were.
    for kind in RecordClass:
        assert of(PLAIN, instrument, EU, kind.value, issuer="judge").answer is Answer.UNKNOWN
    days = {n: of(tree(ADOPTED.replace("2026-08-18", "2026-12-01")).on(date(2026, 12, 1) + timedelta(n)),
                  "eu-production", EU, "name", issuer="judge").answer.value for n in (-1, 0, 1)}  # fmt: skip
    assert days == {-1: "unknown", 0: "met", 1: "met"}


@pytest.mark.parametrize("is_authentic", [None, False])
def test_an_instrument_not_found_authentic_discloses_nothing(is_authentic: Any) -> None:
    # Breaks when a forged or unchecked demand is answered; unchecked is never refused where it might be answered.
    for instrument, to, kind, office in itertools.product(Instrument, Recipient, RecordClass, Office):
        more = {"is_authentic": is_authentic, "issuer": office.value, "validator": office.value, **DANGER}
        found = of(LAW, instrument.value, to.value, kind.value, **more)
        assert found.answer is not Answer.MET
        assert is_authentic is None or found.answer is Answer.UNMET


def test_content_never_goes_to_a_private_party_or_peer_without_consent() -> None:
    # Breaks when content leaves on civil process or of the house's own accord (18 U.S.C. 2702(a)(1)).
    for instrument, to, office in itertools.product(
        (*Instrument, None), (Recipient.PRIVATE_PARTY, Recipient.PEER), Office
    ):
        if instrument is not Instrument.CONSENT:
            facts = disclosure_facts(
                instrument,
                to,
                RecordClass.CONTENT,
                is_authentic=True,
                issuer=office,
                validator=office,
                has_belief=True,
                by_two=True,
            )
            assert reach(LAW, facts).answer is not Answer.MET


def test_facts_are_made_of_the_words_of_a_demand() -> None:
    # Breaks when what is unknown of a demand is put as a no, or no instrument as an unknown one.
    facts = disclosure_facts(None, Recipient.PEER, RecordClass.NAME, by_two=False)
    assert {f.name: f.value for f in facts} == {
        "disclosure.instrument": "none", "disclosure.recipient": "peer", "disclosure.record_class": "name",
        "disclosure.by_two": False,
    }  # fmt: skip
    full = disclosure_facts(
        Instrument.SUBPOENA, Recipient.US_GOVERNMENT, RecordClass.NAME, is_authentic=True, issuer=Office.AGENCY
    )
    assert full == asked("subpoena", GOV, "name", is_authentic=True, issuer="agency")


# -- missing facts


GRANTED = [
    ("subpoena", GOV, "agency"), ("court-order", GOV, "court"), ("warrant", GOV, "judge"), ("consent", PEER, "customer"),
    ("emergency", GOV, "police"), ("civil", PRIVATE, "lawyer"), ("none", PEER, "lawyer"), ("none", SUBJECT, "customer"),
    ("eu-production", EU, "judge"), ("eu-production", EU, "prosecutor"),
]  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """A case near one that is granted, or anything: drawn at random alone, hardly any would be granted."""
    instrument, recipient, issuer = draw(st.sampled_from(GRANTED))
    near = {
        "disclosure.instrument": instrument, "disclosure.recipient": recipient, "disclosure.record_class": "session",
        "disclosure.is_authentic": True, "disclosure.issuer": issuer, "disclosure.validator": issuer,
        "disclosure.has_belief": True, "disclosure.by_two": True, "disclosure.only_identifies": True,
    }  # fmt: skip
    changed = draw(st.sets(st.sampled_from(sorted(VALUES))))
    return {n: draw(st.sampled_from(values)) if n in changed else near[n] for n, values in VALUES.items()}


def answer(law: LawOfDay, case: dict[str, Any]) -> Answer:
    return reach(law, Facts(tuple(Fact(n, v) for n, v in case.items() if v is not None))).answer


@given(cases(), st.sampled_from(sorted(VALUES)), st.sampled_from([PLAIN, LAW]))
@settings(max_examples=400, deadline=None)
def test_what_is_answered_with_a_fact_missing_stays_whatever_the_fact_is(
    case: dict[str, Any], name: str, law: LawOfDay
) -> None:
    # Breaks when a missing fact is read as a no or a yes: a later fact would then overturn what was answered.
    without = answer(law, {**case, name: None})
    if without is not Answer.UNKNOWN:
        assert {answer(law, {**case, name: value}) for value in VALUES[name]} == {without}


def test_no_two_grants_are_ever_met_at_once_and_each_fact_missing_is_named() -> None:
    # Breaks when two clauses grant one disclosure (consider() refuses that), or nobody can say what is missing.
    kinds = (None, "name", "identity-document", "session", "ownership", "content")
    offices = (None, "judge", "prosecutor", "police", "customer")
    names = ("instrument", "recipient", "record_class", "issuer", "validator")
    grid = itertools.product(
        VALUES["disclosure.instrument"], VALUES["disclosure.recipient"], kinds, offices, offices[:3]
    )
    for row in grid:
        more = dict(zip(names, row, strict=True))
        found = reach(LAW, asked(**more, is_authentic=True, has_belief=True, by_two=True))
        assert (found.answer is Answer.MET) == bool(found.basis)
        assert found.answer is not Answer.MET or None not in row[:3], row
        if found.answer is Answer.UNKNOWN:
            assert found.because
            assert set(found.missing) <= {f"disclosure.{n}" for n, v in more.items() if v is None} | {
                "disclosure.only_identifies"
            }


def test_nothing_known_goes_to_counsel() -> None:
    # Breaks when a demand nobody has described is refused or answered.
    found = reach(LAW, Facts(()))
    assert found.answer is Answer.UNKNOWN
    assert {"disclosure.instrument", "disclosure.recipient", "disclosure.record_class"} <= set(found.missing)


# -- beside the law of accounts


def test_disclosure_and_accounts_are_asked_apart() -> None:
    # Breaks when a determination carries clauses on disclosure, or a disclosure is asked about an account.
    reasons = reach(LAW, Facts(())).reasons
    assert reasons
    assert all(asks_about_disclosure(r.clause) for r in reasons)
    facts = Facts(tuple(Fact(k, v) for k, v in GOOD.items()))
    made = determine(
        LAW, facts, determination_id="det_1", application_id="app_1", person_id="per_1", asked_on=DAY, at=None  # type: ignore[arg-type]
    )  # fmt: skip
    assert not any(asks_about_disclosure(r.clause) for r in made.reasons)
    assert {r.clause for r in made.reasons} == {c.clause_id for c in of_accounts(LAW).clauses}
    assert made.edition == LAW.edition
    put = [r for r in consider(LAW, facts) if asks_about_disclosure(r.clause)]  # asked all the same, they do not apply
    assert all(r.effect == "none" and r.answer is not Answer.UNKNOWN for r in put)


def test_every_clause_on_disclosure_is_cited_and_of_its_standing() -> None:
    # Breaks when a grant cites nothing or a clause of the house passes for law.
    found = [c for c in all_clauses() if asks_about_disclosure(c.clause_id)]
    assert {c.source for c in found} == {"sca", "e_evidence", "house"}
    cited = {"sca": "18 U.S.C. 270", "e_evidence": "Regulation (EU) 2023/1543 art. ", "house": "house 8."}
    assert all(c.cites.startswith(cited[c.source]) for c in found)
    assert all((c.standing is Standing.HOUSE) == (c.source == "house") for c in found)
    assert all(c.unmet == "decline" or c.exception_to for c in found)


def test_no_earlier_edition_knows_of_the_law_of_disclosure() -> None:
    # Breaks when law written today gives yesterday's determinations another edition, or holds a day late.
    ours, sources = read_law_texts()
    mine = {p for p in ours if p.startswith(("sca/", "e_evidence/"))}
    before = LawTree.build(
        [c for c in all_clauses() if not asks_about_disclosure(c.clause_id)],
        {path: text for path, text in ours.items() if path not in mine},
        sources,
    )
    law = tree("[]")
    turn = date(2026, 11, 24)
    assert before.on(turn - timedelta(1)).edition == law.on(turn - timedelta(1)).edition
    assert before.on(turn).edition != law.on(turn).edition
    held = [
        reach(law.on(turn + timedelta(n)), disclosure_facts(None, Recipient.PEER, RecordClass.NAME)).answer
        for n in (-1, 0, 1)
    ]
    assert held == [Answer.UNKNOWN, Answer.MET, Answer.MET]


def test_an_operator_may_narrow_a_grant_and_not_widen_it() -> None:
    # Breaks when a house's own file lets a subpoena reach a passport, or cannot leave out what it will not give.
    def with_groups(groups: str) -> LawOfDay:
        text = (
            "means: m\nvalues:\n"
            f"  - {{begins: 2026-11-24, value: {groups}, cites: ours, standing: house, confirmed: true, checked_on: 2026-11-24}}\n"
        )
        return LawTree.build(all_clauses(), *read_law_texts(), {"sca/parameters/subpoena_groups.yaml": text}).on(DAY)

    narrowed = with_groups("{name: A, address: B}")
    assert of(narrowed, "subpoena", GOV, "name", issuer="agency").answer is Answer.MET
    assert of(narrowed, "subpoena", GOV, "payment", issuer="agency").answer is Answer.UNMET
    with pytest.raises(Exception, match="sca/subpoena_groups"):
        with_groups("{name: A, identity-document: E}")
