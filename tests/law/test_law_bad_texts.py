"""What an operator may write wrongly in the law folder, and that each is refused by name rather than read as consent."""

from __future__ import annotations

from datetime import date

import pytest

from gatebook.errors import LawError
from gatebook.law.clause import clause
from gatebook.law.parameters import parse_parameter
from gatebook.law.sources import all_clauses
from gatebook.law.tree import LawTree, parse_adoptions
from gatebook.store.law_folder import read_law_texts
from gatebook.terms.determination import Answer, Standing

_HEAD = "means: m\nvalues:\n"


def dated(value: str, *, begins: str = "2026-01-01", more: str = "", standing: str = "house") -> str:
    rest = f"cites: c, standing: {standing}, confirmed: true, checked_on: 2026-01-01"
    return f"  - {{begins: {begins}, value: {value}, {rest}{more}}}\n"


def tree_with(path: str, text: str) -> LawTree:
    return LawTree.build(all_clauses(), *read_law_texts(), {path: text})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clash_goes_to", "decine"),
        ("clash_goes_to", "7"),
        ("clash_goes_to", "[review]"),
        ("weak_goes_to", "decline"),
        ("account_types", "{gpu: hihg}"),
        ("account_types", "{gpu: 3}"),
        ("account_types", "{no: high}"),
        ("account_types", "{}"),
        ("four_eyes", "{high: 1}"),
        ("phone_code_required", "'false'"),
        ("phone_code_required", "1"),
        ("list_age_days", "soon"),
        ("list_age_days", "true"),
        ("list_age_days", "1.5"),
        ("list_age_days", "-1"),
        ("adult_age", "null"),
    ],
)
def test_a_value_of_the_wrong_kind_or_not_a_choice_is_refused(name: str, value: str) -> None:
    # Breaks when a misspelt word matches no clause that asks for it, and the person is admitted for want of a question.
    with pytest.raises(LawError, match=f"house/{name}") as refused:
        tree_with(f"house/parameters/{name}.yaml", _HEAD + dated(value))
    assert "decine" not in str(refused.value)


@pytest.mark.parametrize("word", ["review", "admit", "decline"])
def test_every_choice_of_ours_is_taken(word: str) -> None:
    # Breaks when the check refuses what the file says may be chosen.
    law = tree_with("house/parameters/clash_goes_to.yaml", _HEAD + dated(word)).on(date(2026, 1, 1))
    assert law.parameters.text("house/clash_goes_to") == word


@pytest.mark.parametrize("standing", ["in force", "proposed", "rescinded"])
def test_an_operators_value_cannot_pass_for_law(standing: str) -> None:
    # Breaks when a house's own number is shown in a determination as law in force.
    with pytest.raises(LawError, match="standing house"):
        tree_with("house/parameters/adult_age.yaml", _HEAD + dated("21", standing=standing))


@pytest.mark.parametrize(
    "path", ["clash_goes_to.yaml", "house/clash_goes_to.yaml", "adopt/x.yaml", "house/parameters/deep/x.yaml"]
)
def test_a_file_nobody_would_read_is_refused(path: str) -> None:
    # Breaks when an override in the wrong folder is passed over in silence and the operator believes it holds.
    with pytest.raises(LawError, match="is not read"):
        tree_with(path, _HEAD + dated("decline"))


@pytest.mark.parametrize(
    "body",
    [
        dated("1", more=", ends: soon"),
        dated("1", more=", ends: 2026-01-01"),
        dated("1", more=", end: 2026-02-01"),
        dated("1").replace("confirmed: true", "confirmed: perhaps"),
        dated("1").replace("cites: c", "cites: ' '"),
        dated("1").replace("cites: c, ", ""),
        dated("1").replace("checked_on: 2026-01-01", "checked_on: lately"),
        dated("1", more=", ends: 2026-02-01") + dated("2", begins="2026-02-02"),
        dated("1", more=", ends: 2026-02-01") + dated("2", begins="2026-01-31"),
        dated("1") + dated("2", begins="2026-02-01"),
    ],
)
def test_days_citations_and_keys_are_checked(body: str) -> None:
    # Breaks on a gap, an overlap, a value without a source, or a misspelt key that leaves a value open-ended.
    with pytest.raises(LawError, match="house/x"):
        parse_parameter("house/x", _HEAD + body)


def test_two_values_that_meet_on_a_day_are_taken_and_change_on_it() -> None:
    # Breaks when a boundary is off by a day.
    found = parse_parameter("house/x", _HEAD + dated("1", more=", ends: 2026-02-01") + dated("2", begins="2026-02-01"))
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1)]
    assert [v.value if (v := found.on(day)) else None for day in days] == [None, 1, 1, 2]


def test_a_list_and_an_empty_file() -> None:
    # Breaks when a list cannot be read back, or a file without values makes a parameter that never resolves.
    extra = {**read_law_texts()[0], "house/parameters/words.yaml": _HEAD + dated("[b, a]")}
    held = LawTree.build(all_clauses(), extra, read_law_texts()[1]).on(date(2026, 1, 1)).parameters
    assert held.list("house/words") == ("b", "a")
    with pytest.raises(LawError, match="has no value"):
        tree_with("house/parameters/adult_age.yaml", "means: m\nvalues: []\n")


@pytest.mark.parametrize(
    "text",
    [
        "- {source: eo13984, begins: 2026-01-01}\n- {source: eo13984, begins: 2026-06-01}",
        "- {source: eo13984, begins: 2026-01-01, ends: 2026-06-02}\n- {source: eo13984, begins: 2026-06-01}",
        "- {source: eo13984, begins: 2026-06-01, ends: 2026-06-01}",
        "- {source: eo13984, begins: 2026-06-01, end: 2026-07-01}",
        "- {source: eo13984, begins: soon}",
        "source: eo13984",
    ],
)
def test_an_adoption_that_is_not_clear_is_refused(text: str) -> None:
    # Breaks when the day a house adopted a source depends on the order of lines.
    with pytest.raises(LawError):
        parse_adoptions(text)


def test_adoptions_may_follow_each_other() -> None:
    # Breaks when a house cannot leave off and begin again.
    text = "- {source: a, begins: 2026-06-01}\n- {source: a, begins: 2026-01-01, ends: 2026-06-01}"
    assert len(parse_adoptions(text)) == 2


@pytest.mark.parametrize(
    "wrong", [{"cites": " "}, {"unmet": "condition:"}, {"unmet": "perhaps"}, {"ends": date(2026, 1, 1)}]
)
def test_a_clause_that_cites_nothing_or_asks_for_the_unknown_is_refused(wrong: dict[str, object]) -> None:
    # Breaks when a rule without a source, an effect or a day can be registered.
    def put(*_: object) -> Answer:
        """A duty."""
        return Answer.MET

    proper = {"cites": "c", "standing": Standing.HOUSE, "begins": date(2026, 1, 1)}
    with pytest.raises(LawError):
        clause(**{**proper, **wrong})(put)  # type: ignore[arg-type]
