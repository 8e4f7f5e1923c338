"""Details confirm or deny; explanations are reckoned again to the same bytes."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from gatebook import canonical
from gatebook.screen.calibrate import chance, points_of_name
from gatebook.screen.certificate import certificate_in_words, certify
from gatebook.screen.compare import Aligned, NameScore
from gatebook.screen.evidence import compare_details
from gatebook.screen.index import CompleteIndex
from gatebook.screen.judge import rescore
from gatebook.screen.lists.detect import load_files
from gatebook.screen.pairs import compare_pair
from gatebook.screen.party import Birth, Document, ListedName, ListedParty
from gatebook.screen.screening import Query, ScreenSettings
from gatebook.wiring.lists import sample_list

PARTY = ListedParty(
    "1",
    "individual",
    (ListedName("VORONOVSKY, Grigor", "primary", "x:1"),),
    (Birth("1971-03-04", "1971-03-04"),),
    ("IR",),
    documents=(Document("passport", "FX4410021", "IR"),),
    gender="male",
)


@pytest.fixture(scope="module")
def index() -> CompleteIndex:
    return CompleteIndex([load_files(sample_list(), "sample")], ScreenSettings())


@pytest.mark.parametrize(
    ("born_on", "verdict"),
    [
        ("1971-03-04", "same day"),
        ("1971", "within"),
        ("1971-03", "within"),
        ("1971-04-03", "turned"),
        ("1971-03-09", "near"),
        ("1972-03-04", "near"),
        ("1973", "other"),
        ("1971-08-20", "other"),
        ("1999", "far off"),
    ],
)
def test_a_birth_is_compared_as_an_interval(born_on: str, verdict: str) -> None:
    # Breaks when a slip in a date denies, or another decade does not.
    assert [d.verdict for d in compare_details(Query((), born_on=born_on), PARTY)] == [verdict]


def test_other_details_say_only_what_they_can() -> None:
    # Breaks when what one side does not know agrees or clashes.
    query = Query((), "", "", ("Iran",), (("passport", "IRN:fx-4410021"),), gender="f")
    found = {d.what: d.verdict for d in compare_details(query, PARTY)}
    assert found == {"country": "same", "number": "same", "gender": "other"}
    other = Query((), countries=("FR",), numbers=(("passport", "IRN:ZZ1"),))
    assert {d.verdict for d in compare_details(other, PARTY)} == {"none shared", "other"}
    assert compare_details(Query(()), PARTY) == ()
    assert compare_details(query, replace(PARTY, births=(), countries=(), documents=(), gender="")) == ()


def test_chances_rise_with_points_and_never_tie_on_other_scores() -> None:
    # Breaks when a better score is worth less, or two scores in reach of each other print the same.
    pair = Aligned("GRIGOR", "GRIGOR", 1000, 2000)
    texts = [chance(points_of_name(NameScore(raw, 4_000_000, 1, (pair,)))) for raw in range(70_000, 100_001, 25)]
    assert texts == sorted(texts)
    assert len(set(texts)) == len(texts)
    rare, common = NameScore(100_000, 4_000_000, 1, (pair,)), NameScore(100_000, 2_400_000, 1, (pair,))
    assert points_of_name(common) < points_of_name(rare)
    longer = replace(rare, aligned=(pair, Aligned("", "IVAN", 0, 700)))
    assert points_of_name(longer) < points_of_name(rare)
    assert points_of_name(rare, "weak") < points_of_name(rare)
    assert points_of_name(replace(rare, aligned=(replace(pair, weight=1200),))) < points_of_name(rare)


def test_an_explanation_is_reckoned_again_to_the_same_bytes(index: CompleteIndex) -> None:
    # Breaks when an explanation leaves out something its score rests on.
    for query in (
        Query(("Grigor Voronovski",), "individual", "1971-03-14", ("IR",)),
        Query(("Haidar Munir al Qasravi", "Abu Qasr")),
        Query(("Obsidian Lanterns Hosting Ltd",)),
    ):
        found = index.screen(query).candidates
        assert found
        for candidate in found:
            edition = next(e for e in index.shelf.editions if e.list_id == candidate.list_id)
            party = next(p for p in edition.parties if p.party_id == candidate.party_id)
            assert candidate.explanation is not None
            again = rescore(candidate.explanation, query, party)
            assert canonical.encode(asdict(again)) == canonical.encode(asdict(candidate.explanation))
            assert candidate.explanation.calibrated in candidate.words


def test_a_certificate_names_the_best_turned_down_and_the_bound(index: CompleteIndex) -> None:
    # Breaks when "nothing found" does not say what was looked at.
    none = certify(index, Query(("Grigor Petrovsky",)))
    assert (none.found, none.names) == (0, index.shelf.names)
    assert none.best is not None
    assert none.bound <= none.best.raw < none.threshold
    assert none.best.matched_name in certificate_in_words(none)
    assert certify(index, Query(("Grigor Voronovsky",))).found >= 1


def test_a_pair_is_judged_by_the_rule_of_a_screening() -> None:
    # Breaks when two parties without a list are scored otherwise, or a birth no longer denies.
    settings = ScreenSettings()
    same = compare_pair(Query(("Grigor Voronovski",), "individual", "1971"), PARTY, settings)
    assert same is not None
    assert (same.is_match, same.candidate.grade) == (True, "confirmed")
    for query in (Query(("Grigor Voronovsky",), "", "1999"), Query(("Ann",))):
        other = compare_pair(query, PARTY, settings)
        assert other is not None
        assert not other.is_match
    assert compare_pair(Query(()), PARTY, settings) is None
