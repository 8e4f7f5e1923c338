"""Details confirm or deny; explanations are reckoned again to the same bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gatebook import canonical
from gatebook.screen import again
from gatebook.screen.calibrate import chance, points_of_name
from gatebook.screen.certificate import certificate_in_words, certify
from gatebook.screen.compare import Aligned, NameScore
from gatebook.screen.evidence import compare_details
from gatebook.screen.index import CompleteIndex
from gatebook.screen.lists.detect import load_files
from gatebook.screen.pairs import compare_pair
from gatebook.screen.party import Birth, Document, ListEdition, ListedName, ListedParty, LoadReport
from gatebook.screen.screening import Query, ScreenSettings, candidate_to_plain
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


def _graded(listed: str, quality: str, births: tuple[Birth, ...], query: Query, gender: str = "") -> str:
    party = ListedParty("1", "individual", (ListedName(listed, quality, "x:1"),), births, ("UA",), gender=gender)
    lists = [ListEdition("made", "0" * 64, (party,), LoadReport(1, 1, ()))]
    found = CompleteIndex(lists, ScreenSettings()).screen(query).candidates
    return found[0].grade if found else "none"


@pytest.mark.parametrize(
    ("listed", "quality", "births", "name", "born_on", "grade"),
    [
        # a likeness that is not the same name, but the very birth: never let through unseen
        ("SALEH, Mohammed Mahdi", "primary", ("1976-10-05", "1976-10-05"), "Mohammed Saleh", "1976-10-05", "possible"),
        ("SALEH, Mohammed Mahdi", "primary", ("1976-10-05", "1976-10-05"), "Mohammed Saleh", "", "weak"),
        # one word, a weak alias, a wide guess at the year: a person looks
        ("KAIDA", "weak", ("1963-01-01", "1969-12-31"), "Kaida", "1966-06-17", "possible"),
        ("KAIDA", "weak", ("1966-01-01", "1966-12-31"), "Kaida", "1966-06-17", "possible"),
        ("KAIDA", "weak", ("1966-01-01", "1966-12-31"), "Kaida", "", "weak"),
        # words many share, and no more than the year
        ("HASSAN, Mohammed", "primary", ("1964-01-01", "1964-12-31"), "Mohammed Hassan", "1964-05-01", "possible"),
        ("KADYROV, Ramzan Akhmatovich", "primary", ("1976-01-01", "1976-12-31"), "Ramzan Kadyrov", "1976-10-05", "confirmed"),
        ("KADYROV, Ramzan Akhmatovich", "primary", ("1970-01-01", "1979-12-31"), "Ramzan Kadyrov", "1976-10-05", "possible"),
        ("KADYROV, Ramzan Akhmatovich", "primary", ("1956-10-05", "1956-10-05"), "Ramzan Kadyrov", "1976-10-05", "clash"),
    ],
)  # fmt: skip
def test_what_agrees_is_weighed_with_the_name_it_agrees_on(
    listed: str, quality: str, births: tuple[str, str], name: str, born_on: str, grade: str
) -> None:
    # Breaks when a lesser likeness with the very birth is let through, or a word many share is refused by machine.
    assert _graded(listed, quality, (Birth(*births),), Query((name,), "individual", born_on)) == grade


@pytest.mark.parametrize(
    ("birth", "born_on", "grade"),
    [
        (("1976-10-05", "1976-10-05"), "1976-10-05", "possible"),
        (("1976-01-01", "1976-12-31"), "1976-10-05", "possible"),
        (("1970-01-01", "1979-12-31"), "1976-10-05", "clash"),
        (("1956-10-05", "1956-10-05"), "1976-10-05", "clash"),
    ],
)
def test_another_sex_keeps_the_very_birth_from_the_machine_and_from_nobody_else(
    birth: tuple[str, str], born_on: str, grade: str
) -> None:
    # Breaks when one letter of a paper, which no check digit covers, takes a listed name and birth from who looks.
    query = Query(("Ramzan Kadyrov",), "individual", born_on, gender="female")
    listed = ("KADYROV, Ramzan Akhmatovich", "primary", (Birth(*birth),))
    assert _graded(*listed, query, gender="male") == grade


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
            kept = canonical.table(canonical.decode(canonical.encode(candidate_to_plain(candidate))))
            explained = again.explanation_of(kept)
            assert explained == candidate.explanation
            assert explained is not None
            assert candidate in again.by_name(explained, candidate.party_id, query, edition, index.settings)
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
