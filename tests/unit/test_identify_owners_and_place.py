"""Identify: owners by evidence of their own, and the country a person is in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

import builders as b
from gatebook.errors import InvalidInput
from gatebook.identify import check, claims, plan
from gatebook.identify import evidence as evidence_parser
from gatebook.procedures.case import Case, queries_of_others, query_of
from gatebook.terms.evidence import Evidence, EvidenceKind
from gatebook.terms.ids import EvidenceId

TODAY, NOW = date(2026, 11, 24), datetime(2026, 11, 24, tzinfo=UTC)
OLLE = b.passport("OWNER", "OLLE", "SWE", "700101", "OLLE00001")
ANE = b.passport("EIER", "ANE", "NOR", "800202", "ANE000001")
EXTRACT = {"kind": "registry_extract", "jurisdiction": "NO", "number": "9", "name": "Fjord AS"}


def entity(*owners: dict[str, Any]) -> dict[str, Any]:
    return {
        **b.person("Fjord AS", ""),
        "kind": "entity",
        "registration": {"jurisdiction": "NO", "number": "9"},
        "beneficial_owners": list(owners),
    }


def owner(
    name: str = "Olle Owner", born: str = "1970-01-01", share: str = "60", control: bool | None = None, **more: Any
) -> dict[str, Any]:
    person = {"kind": "individual", "name": name, "born_on": born, **more}
    return {"person": person, "share_percent": share, "has_control": control}


def pieces(*data: dict[str, Any]) -> list[Evidence]:
    read = [evidence_parser.parse_evidence(piece, NOW) for piece in data]
    return [Evidence(EvidenceId(f"evi_{n}"), kind, NOW, found) for n, (kind, found) in enumerate(read)]


def facts(applicant: dict[str, Any], *evidence: dict[str, Any], **more: Any) -> dict[str, Any]:
    read = claims.parse_application(b.application(applicant, **more), NOW)
    return {f.name: f.value for f in check.findings_to_facts(check.check_claims(read, pieces(*evidence), TODAY))}


@pytest.mark.parametrize(
    ("owners", "evidence", "expected"),
    [
        ((), (), None),
        ((owner(),), (), "untried"),
        ((owner(),), (OLLE,), "untried"),  # shown, but not said whose it is: it is the applicant's
        ((owner(),), ({**OLLE, "of_owner": 0},), "verified"),
        ((owner(),), ({**ANE, "of_owner": 0},), "refuted"),
        ((owner(), owner("Ane Eier", "1980-02-02", "40")), ({**OLLE, "of_owner": 0},), "untried"),
        (
            (owner(), owner("Ane Eier", "1980-02-02", "40")),
            ({**OLLE, "of_owner": 0}, {**ANE, "of_owner": 1}),
            "verified",
        ),
        ((owner(), owner("Ane Eier", "1980-02-02", "10", control=False)), ({**OLLE, "of_owner": 0},), "verified"),
        ((owner(), owner("Ane Eier", "1980-02-02", "10")), ({**OLLE, "of_owner": 0},), "untried"),  # control unsaid
        ((owner(share="", control=False),), (), "untried"),  # a share nobody stated counts
        ((owner(share="10", control=False),), (), "untried"),  # nobody counts, and there is room for one who would
        (tuple(owner(f"Olle {n}", share="15", control=False) for n in "abcde"), (), "untried"),  # 25 per cent are left
        (tuple(owner(f"Olle {n}", share="15.1", control=False) for n in "abcde"), (), "verified"),  # less is left
        (tuple(owner(f"Olle {n}", share="20") for n in "abcde"), (), "untried"),  # nobody said who controls it
        (tuple(owner(f"Olle {n}", share="20", control=n == "a") for n in "abcde"), (), "untried"),
        (tuple(owner(f"Olle {n}", share="20", control=False) for n in "abcde"), (), "verified"),
        ((owner(),), ({**b.passport("OWNER", "OLLE", "SWE", "700101", expires="200101"), "of_owner": 0},), "untried"),
        (
            (owner(),),
            ({**b.passport("OWNER", "OLLE", "SWE", "700101", expires="200101"), "of_owner": 0}, {**OLLE, "of_owner": 0}),
            "verified",
        ),
        (
            (owner("Fjord AS", "", kind="entity", registration={"jurisdiction": "NO", "number": "9"}),),
            ({**EXTRACT, "of_owner": 0},),
            "verified",
        ),
    ],
)  # fmt: skip
def test_each_owner_who_counts_is_identified_by_evidence_of_their_own(
    owners: tuple[Any, ...], evidence: tuple[Any, ...], expected: str | None
) -> None:
    # Breaks when an owner is verified by another's paper, an expired one, or by nothing.
    assert facts(entity(*owners), *evidence).get("entity.owners_identified") == expected


def test_an_owners_paper_says_nothing_of_the_entity_and_the_other_way_round() -> None:
    # Breaks when an owner's passport settles where the entity is organised, or its number is screened as the entity's.
    found = facts(entity(owner()), {**OLLE, "of_owner": 0}, {**EXTRACT, "of_owner": 0})
    assert "entity.registration" not in found
    assert "identity.document" not in found
    assert "person.is_organised_in_us" not in found
    read = claims.parse_application(b.application(entity(owner())), NOW)
    case = Case("app_1", "per_1", read, tuple(pieces({**OLLE, "of_owner": 0})))
    assert query_of(case).numbers == (("registration_number", "NO:9"),)
    assert query_of(case).gender == ""
    assert [q.numbers for q in queries_of_others(case)] == [(("document_number", "SWE:OLLE00001"),)]
    assert [q.gender for q in queries_of_others(case)] == ["female"]


@pytest.mark.parametrize(
    ("sexes", "sex"),
    [("F", "female"), ("M", "male"), ("MM", "male"), ("<", ""), ("", ""), ("MF", ""), ("F<", "")],
)
def test_the_sex_compared_is_that_of_papers_that_agree(sexes: str, sex: str) -> None:
    # Breaks when what a paper leaves open, or two say otherwise, clears somebody of a listed name.
    read = claims.parse_application(b.application(), NOW)
    own = [b.passport("ERIKSSON", "ANNA MARIA", "SWE", "740812", f"L{n}", sex=letter) for n, letter in enumerate(sexes)]
    assert query_of(Case("app_1", "per_1", read, tuple(pieces(*own)))).gender == sex


def test_a_paper_that_did_not_verify_says_nothing_of_the_sex() -> None:
    # Breaks when a misread paper, or one of somebody else, tells of the applicant's sex.
    read = claims.parse_application(b.application(), NOW)
    misread = b.passport("ERIKSSON", "ANNA MARIA", "SWE", "740812", sex="M")
    misread["lines"][1] = misread["lines"][1][:-1] + ("0" if misread["lines"][1][-1] != "0" else "1")
    of_another = b.passport("PERSSON", "PIA", "SWE", "740812", sex="M")
    assert query_of(Case("app_1", "per_1", read, tuple(pieces(misread, of_another)))).gender == ""
    # A paper of another birth is compared by itself: what the applicant's own one says denies it nothing.
    other = b.passport("VORONOVSKY", "GRIGOR", "SWE", "710314", sex="M")
    case = Case("app_1", "per_1", read, tuple(pieces(b.ANNA, other)))
    assert query_of(case).gender == "female"
    assert [(q.born_on, q.gender) for q in queries_of_others(case)] == [("1971-03-14", "")]


def test_owners_of_owners_and_whom_it_is_for_are_screened() -> None:
    # Breaks when a listed person hides one level down.
    deep = owner("Holding AS", "", "60", kind="entity", beneficial_owners=[owner("Deep Down")])
    read = claims.parse_application(b.application(entity(deep), on_behalf_of=entity(owner("Far Off"))), NOW)
    names = {q.names[0] for q in queries_of_others(Case("app_1", "per_1", read))}
    assert names == {"Holding AS", "Deep Down", "Fjord AS", "Far Off"}


def test_evidence_about_an_owner_nobody_named_is_refused() -> None:
    # Breaks when a paper is kept that nobody can be tested against.
    read = claims.parse_application(b.application(entity(owner())), NOW)
    evidence_parser.check_owners(read, [{"of_owner": 0}, {}])
    with pytest.raises(InvalidInput) as refused:
        evidence_parser.check_owners(read, [{}, {"of_owner": 1}])
    assert [p.pointer for p in refused.value.problems] == ["/evidence/1/of_owner"]
    for wrong in (-1, "0", 1.5, True, 50):
        with pytest.raises(InvalidInput):
            evidence_parser.parse_evidence({**OLLE, "of_owner": wrong}, NOW)


def test_the_owners_papers_are_asked_for_once_they_are_named() -> None:
    # Breaks when an applicant who named the owners is asked to name them again.
    read = claims.parse_application(b.application(entity(owner())), NOW)
    asked = plan.requirements_due([("entity.owners_identified", ("c",))], read)
    assert [r.requirement for r in asked] == ["owners_evidence"]


PAPER = {"kind": "residence", "country": "NO", "issued_on": "2026-11-01", "shows_name": True, "shows_address": True}


@pytest.mark.parametrize(
    ("evidence", "more", "expected"),
    [
        ((), {}, None),  # nothing but the applicant's word
        ((b.ANNA,), {}, "SE"),  # a foreign document, and every weak sign agrees with the address
        ((b.ANNA,), {"payments": [{"kind": "card", "bin": "400000", "last4": "0002", "country": "NO"}]}, None),
        ((b.ANNA, PAPER), {}, "NO"),  # a paper goes over the claimed address
        ((PAPER, {**PAPER, "country": "SE"}), {}, None),  # two papers disagree
        (({**PAPER, "shows_name": False},), {}, None),
        (({**PAPER, "shows_address": False},), {}, None),
        (({**PAPER, "issued_on": "2026-07-01"},), {}, None),  # too old
    ],
)
def test_where_a_person_is_goes_by_evidence(evidence: tuple[Any, ...], more: dict[str, Any], expected: str) -> None:
    # Breaks when a claimed address alone, or one of two contradicting papers, says where somebody is.
    assert facts(b.person(), *evidence, **more).get("person.located_in") == expected


def test_evidence_kind_of_a_code_is_never_about_an_owner() -> None:
    # Breaks when evidence Gatebook makes itself is taken for an owner's.
    piece = Evidence(EvidenceId("evi_1"), EvidenceKind.CODE, NOW, {"channel": "email"})
    assert check.evidence_of([piece]) == [piece]
    assert check.evidence_of([piece], 0) == []
