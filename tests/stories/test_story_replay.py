"""A screening is reckoned anew: what was falsified, left out or put in comes to light, and what cannot be is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import builders as b
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from officers import load_list

WALLET = {"kind": "wallet", "currency": "XBT", "address": "1JhKHaewH7iwDuQoyJAYJDcUcMnxKiPkkF"}
OWNER = {"kind": "individual", "name": "Timur Kasimbekov", "born_on": "1979"}


def applied(client: Any) -> str:
    """Apply as somebody listed, with a listed wallet and an owner who is listed."""
    who = b.person("Grigor Voronovskij", "1971-03-14", phones=[], beneficial_owners=[{"person": OWNER}])
    return str(client.post("/v1/applications", json=b.application(who, payments=[WALLET])).json()["application_id"])


def falsified(premises: Any, application: str, change: Callable[[Any], None], **body: Any) -> None:
    """Enter the latest screening once more, as whoever holds the keys could, with something else in it."""
    house = premises.house
    with house.state.read() as work:
        record = work.registers.get("applications", application)["screened_record"]
        position = work.registers.get("records", record)["position"]
        entry = Entry.from_bytes(work.ledger.read(position, position + 1)[0])
    (kept,) = house.door.read(house.state, [record], "audit", "opr-test", house.now())
    change(kept)
    entry = replace(entry, body={**entry.body, **body}, record="", commitment="")
    with house.state.transaction() as work:
        enter(work, house.door.seal(work, entry, house.new_id("rec"), kept, ()))


def replayed(client: Any, application: str) -> Any:
    answer = client.post(f"/v1/applications/{application}/screening-replays")
    assert answer.status_code == 200, answer.text
    return answer.json()


def verdicts(found: Any) -> list[tuple[str, str]]:
    return [(c["party_id"], c["replay"]) for c in found["candidates"]]


def named(kept: Any) -> Any:
    return next(c for c in kept["candidates"] if c["by"] == "name")


def test_all_of_it_is_screened_anew(client: Any) -> None:
    # Breaks when the honest screening is not the same, or an owner's candidates are not looked at.
    found = replayed(client, applied(client))
    assert (found["same_bytes"], found["way"], found["reason"]) == (True, "whole", "")
    assert sorted(verdicts(found)) == [("90001", "same"), ("90002", "same"), ("90007", "same")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("grade", "weak"),
        ("score", "0.000001"),
        ("is_blocking", False),
        ("words", "nothing of note"),
        ("matched_name", "SOMEBODY, Else"),
        ("clashed", ["birth"]),
        ("programmes", []),
        ("row", "SDN.CSV:9"),
    ],
)
@pytest.mark.parametrize("way", ["whole", "pair by pair"])
def test_a_falsified_field_is_different(client: Any, premises: Any, field: str, value: Any, way: str) -> None:
    # Breaks when a replay looks at the sum of a candidate, and not at what a house goes by.
    application = applied(client)
    more = {"settings": "0" * 64} if way != "whole" else {}

    def change(kept: Any) -> None:
        for candidate in [*kept["candidates"], *(c for group in kept["others"] for c in group)]:
            if more and candidate["explanation"]:
                candidate["explanation"]["settings"] = "0" * 64
        named(kept)[field] = value

    falsified(premises, application, change, **more)
    found = replayed(client, application)
    assert (found["same_bytes"], found["way"]) == (False, way)
    assert sorted(verdicts(found)) == [("90001", "different"), ("90002", "same"), ("90007", "same")]


def test_what_was_left_out_or_put_in_is_named(client: Any, premises: Any) -> None:
    # Breaks when an emptied screening is called the same, or one that tells of more than there is.
    application = applied(client)
    taken: list[Any] = []

    def empty(kept: Any) -> None:
        taken.append(named(kept))
        kept.update(candidates=[], others=[])

    falsified(premises, application, empty)
    found = replayed(client, application)
    assert found["same_bytes"] is False
    assert {c["replay"] for c in found["candidates"]} == {"found anew, not kept"}
    assert len(found["candidates"]) == 3

    falsified(premises, application, lambda kept: kept.update(candidates=[taken[0], taken[0]]))
    assert sorted(verdicts(replayed(client, application))) == [
        ("90001", "kept, not found anew"),
        ("90001", "same"),
        ("90002", "found anew, not kept"),
        ("90007", "found anew, not kept"),
    ]


@pytest.mark.parametrize("which", ["settings", "weights", "query_name"])
def test_a_falsified_explanation_is_different(client: Any, premises: Any, which: str) -> None:
    # Breaks when what an explanation names is taken for true because it stands there.
    application = applied(client)
    values = {"settings": "0" * 64, "weights": [], "query_name": "VORONOVSKY, Grigor"}
    falsified(premises, application, lambda kept: named(kept)["explanation"].update({which: values[which]}))
    found = replayed(client, application)
    assert (found["same_bytes"], dict(verdicts(found))["90001"]) == (False, "different")

    # By itself it is no more true: the question holds no such name, the ledger names other settings.
    falsified(premises, application, lambda _: None, settings="1" * 64)
    found = replayed(client, application)
    assert found["way"] == "pair by pair"
    assert dict(verdicts(found))["90001"] == "different"


def test_an_edition_followed_by_another_is_screened_anew_whole(client: Any, premises: Any) -> None:
    # Breaks when a screening of last month is set against the lists of today, or only its pairs are looked at.
    application = applied(client)
    load_list(premises, ("VORONOVSKI, Grigori", "DOB 14 Mar 1971."))
    found = replayed(client, application)
    assert (found["same_bytes"], found["way"]) == (True, "whole")
    assert len(found["candidates"]) == 3
    falsified(premises, application, lambda kept: kept.update(candidates=[]))
    assert replayed(client, application)["same_bytes"] is False


def test_what_was_made_with_other_settings_is_reckoned_pair_by_pair(client: Any, premises: Any) -> None:
    # Breaks when the same bytes are claimed of what was not screened anew, or an honest pair comes out otherwise.
    application = applied(client)

    def older(kept: Any) -> None:
        for candidate in [*kept["candidates"], *(c for group in kept["others"] for c in group)]:
            if candidate["explanation"]:
                candidate["explanation"]["settings"] = "0" * 64

    falsified(premises, application, older, settings="0" * 64)
    found = replayed(client, application)
    assert (found["same_bytes"], found["way"]) == (False, "pair by pair")
    assert found["reason"] == "settings, tables or scorer are others now"
    assert {c["replay"] for c in found["candidates"]} == {"same"}


def test_an_edition_that_is_gone_leaves_the_others_to_be_reckoned(client: Any, premises: Any) -> None:
    # Breaks when one edition that is gone hides what the others say, or is called the same or different.
    from gatebook.procedures.house import SYSTEM
    from gatebook.procedures.keep_house import note_list

    files = {"own.csv": b"id,name,birth\n1,Grigor Voronovsky,1971-03-14\n"}
    edition = premises.shelf.put("own", files, premises.now())
    note_list(premises.house, SYSTEM, "own", edition.digest, 1, 0)
    application = applied(client)
    found = replayed(client, application)
    assert (found["same_bytes"], len(found["candidates"])) == (True, 4)
    (premises.folder / "lists" / "own" / edition.digest / "own.csv").unlink()
    found = replayed(client, application)
    assert (found["same_bytes"], found["way"]) == (False, "pair by pair")
    assert sorted(verdicts(found)) == [
        ("1", "no such edition on the shelf"),
        ("90001", "same"),
        ("90002", "same"),
        ("90007", "same"),
    ]


def test_a_screening_without_its_questions_says_so(client: Any, premises: Any) -> None:
    # Breaks when an older screening ends in an error, or is put a question that nobody asked then.
    application = applied(client)

    def older(kept: Any) -> None:
        del kept["query"], kept["queries_of_others"]
        kept["others"] = [[], *kept["others"]]

    falsified(premises, application, older)
    found = replayed(client, application)
    assert (found["same_bytes"], found["way"], found["reason"]) == (False, "pair by pair", "a question was not kept")
    assert {c["replay"] for c in found["candidates"]} == {"question not kept"}
    assert len(found["candidates"]) == 3


def test_a_candidate_kept_in_another_form_says_so(client: Any, premises: Any) -> None:
    # Breaks when an explanation of another release's form ends in an error.
    application = applied(client)
    falsified(premises, application, lambda kept: named(kept)["explanation"].update(temper="mild"), settings="0" * 64)
    assert dict(verdicts(replayed(client, application)))["90001"] == "kept without an explanation that is read now"


def test_two_lists_of_one_content_are_not_guessed_between(client: Any, premises: Any) -> None:
    # Breaks when an edition loaded later under another name is taken for one that was compared with.
    from gatebook.procedures.house import SYSTEM
    from gatebook.procedures.keep_house import note_list
    from gatebook.wiring.lists import sample_list

    application = applied(client)
    edition = premises.shelf.put("again", sample_list(), premises.now())
    note_list(premises.house, SYSTEM, "again", edition.digest, len(edition.parties), 0)
    found = replayed(client, application)
    assert (found["same_bytes"], found["way"]) == (False, "pair by pair")
    assert found["reason"].endswith("or two lists hold the same")
    assert {c["replay"] for c in found["candidates"]} == {"same"}
