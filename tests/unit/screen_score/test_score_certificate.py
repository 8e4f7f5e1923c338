"""What a certificate counts, and what it says where there was nothing to compare with."""

from __future__ import annotations

import pytest

from gatebook.screen.certificate import certificate_in_words, certify
from gatebook.screen.index import CompleteIndex
from gatebook.screen.party import ListEdition, ListedName, ListedParty, LoadReport
from gatebook.screen.screening import Query, ScreenSettings


def party(party_id: str, kind: str, *names: str) -> ListedParty:
    return ListedParty(party_id, kind, tuple(ListedName(name, "primary", f"row {party_id}") for name in names))


def index(*parties: ListedParty) -> CompleteIndex:
    edition = ListEdition("own", "d" * 64, parties, LoadReport(len(parties), len(parties), ()))
    return CompleteIndex([edition], ScreenSettings())


def test_with_no_list_nothing_was_compared() -> None:
    # Breaks when a house without a list certifies that no name can reach a tenth.
    found = certify(CompleteIndex([], ScreenSettings()), Query(("Grigor Voronovsky",)))
    assert (found.editions, found.names, found.best) == ((), 0, None)
    assert certificate_in_words(found) == "Nothing was compared: no list is loaded."
    of_ships = certify(index(party("1", "vessel", "NIGHTJAR ONE")), Query(("Nightjar One",), "individual"))
    assert certificate_in_words(of_ships).startswith("Nothing was compared: the lists loaded (1) hold no name")


@pytest.mark.parametrize(("kind", "names", "found"), [("", 4, 2), ("individual", 2, 1), ("vessel", 2, 1)])
def test_only_names_of_kinds_that_are_compared_count(kind: str, names: int, found: int) -> None:
    # Breaks when somebody without a candidate is certified to have one: a ship of that name.
    over = index(
        party("1", "vessel", "ANNA MARIA ERIKSSON", "ANNA MARIA"),
        party("2", "individual", "ERIKSSON, Anna Maria", "ANNA MARIA"),
    )
    query = Query(("Anna Maria Eriksson",), kind)
    made = certify(over, query)
    assert (made.names, made.found) == (names, found)
    assert found == sum(over.score(query.names[0], n).raw >= 82_000 for n in range(3) if _is_compared(over, kind, n))
    assert {c.party_id for c in over.screen(query).candidates} == {
        "": {"1", "2"},
        "individual": {"2"},
        "vessel": {"1"},
    }[kind]
    assert made.best is not None
    assert made.best.party_id == {"": "1", "individual": "2", "vessel": "1"}[kind]


def _is_compared(over: CompleteIndex, kind: str, number: int) -> bool:
    return bool(over.shelf.kinds_for(kind) & over.shelf.kinds[number])
