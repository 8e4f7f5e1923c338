"""Names within a text: whoever writes theirs twice, in two scripts or with something behind it, is found under each."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders as b
from gatebook.identify import claims
from gatebook.procedures.case import Case, queries_of_others, query_of
from gatebook.procedures.screen_population import screen_pairs
from gatebook.screen.batches import MATCH, SCHEMA, screen_batches
from gatebook.screen.index import CompleteIndex
from gatebook.screen.party import ListEdition, ListedName, ListedParty, LoadReport
from gatebook.screen.said import MOST_NAMES, all_said, names_said
from gatebook.screen.screening import ScreenSettings

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CYRILLIC, KOREAN = (
    "\u0420\u0430\u043c\u0437\u0430\u043d \u041a\u0430\u0434\u044b\u0440\u043e\u0432",
    "\uae40\uc815\uc740",
)
PIECES = (
    "Ramzan",
    "Kadyrov",
    "KADYROV",
    "a.k.a.",
    "alias",
    "/",
    ";",
    ",",
    "(",
    ")",
    "[",
    "Grozny",
    "Iran",
    CYRILLIC,
    KOREAN,
    "s/o",
)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        (f"{CYRILLIC} (Ramzan Kadyrov)", (CYRILLIC, "Ramzan Kadyrov")),
        (f"{KOREAN} (Kim Jong Un)", (KOREAN, "Kim Jong Un")),
        (f"{KOREAN}Kim Jong Un", (KOREAN, "Kim Jong Un")),
        (f"Ramzan Kadyrov {CYRILLIC}", ("Ramzan Kadyrov", CYRILLIC)),
        ("Ramzan Kadyrov Kadyrov Ramzan", ("Ramzan Kadyrov",)),
        ("Ramzan Kadyrov, Grozny", ("Ramzan Kadyrov",)),
        ("KADYROV RAMZAN, Grozny", ("KADYROV RAMZAN",)),
        ("KADYROV, Ramzan, Grozny", ("KADYROV, Ramzan",)),
        ("Saddam Hussein, deceased", ("Saddam Hussein",)),
        ("Bank Melli Iran, Hamburg Branch", ("Bank Melli Iran",)),
        ("Al-Haramain Foundation (Indonesia)", ("Al-Haramain Foundation",)),
        ("Grigor Voron also known as Anna Meret", ("Grigor Voron", "Anna Meret")),
        ("Grigor Voron A/K/A Anna Meret fka Bob Ray", ("Grigor Voron", "Anna Meret", "Bob Ray")),
        ("Grigor Voron; Anna Meret / Bob Ray", ("Grigor Voron", "Anna Meret", "Bob Ray")),
        ("PEARL (A.K.A. NEI-CHIEN CHU) LI", ("PEARL LI", "NEI-CHIEN CHU")),
        ("Grigor Voron (Don", ("Grigor Voron",)),
    ],
)
def test_a_text_gives_the_names_it_holds(text: str, held: tuple[str, ...]) -> None:
    # Breaks when a second name, a country, a town or a remark hides the name it is written beside.
    assert names_said(text) == (text, *held)


@pytest.mark.parametrize(
    "text",
    [
        "Ramzan Kadyrov",
        "KADYROV, Ramzan",
        "GARCIA LOPEZ, Juan",
        "GOIRICELAYA LOPEZ, Mashhur",
        "KADYROV/RAMZAN",
        "Ravi s/o Kumar Patel",
        "Ramzan K\u0430\u0434\u044brov",
        "\u0420\u0430\u043c\u0437\u0430\u043d Kadyrov",
        "Aka Mohamed",
        "Ali Ali",
        "",
        "(",
    ],
)
def test_a_text_of_one_name_gives_itself_alone(text: str) -> None:
    # Breaks when one Latin word, a family name by itself or a spoofed letter makes a second name, and so a false alert.
    assert names_said(text) == (text,)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join) | st.text(max_size=60))
def test_names_are_few_and_the_text_comes_first(text: str) -> None:
    # Breaks when hostile text makes names without end, repeats one, or crashes the reading.
    found = names_said(text)
    assert found[0] == text
    assert len(found) <= MOST_NAMES
    assert len({" ".join(name.casefold().split()) for name in found}) == len(found)
    assert all(len(name) <= len(text) for name in found)


def test_several_texts_come_before_what_they_hold() -> None:
    # Breaks when a name given in so many words is put behind a part of another, or is asked for twice.
    assert all_said(("Bob Ray (Anna Meret)", "Anna Meret", "Anna Meret")) == (
        "Bob Ray (Anna Meret)",
        "Anna Meret",
        "Bob Ray",
    )


def _list(name: str) -> CompleteIndex:
    party = ListedParty("1", "individual", (ListedName(name, "primary", "x:1"),))
    return CompleteIndex([ListEdition("made", "0" * 64, (party,), LoadReport(1, 1, ()))], ScreenSettings())


def test_a_population_and_pairs_are_compared_by_each_name() -> None:
    # Breaks when a customer of a file is compared by all that stands in the cell alone.
    cells = {"id": ["1"], "name": ["Grigor Voronovsky (\u0410\u043d\u043d\u0430), Yerevan"]}
    found = pa.Table.from_batches(
        screen_batches(_list("VORONOVSKY, Grigor"), [pa.RecordBatch.from_pydict(cells)]), SCHEMA
    )
    assert found["what"].to_pylist()[0] == MATCH
    pair = {"name1": "Grigor Voronovsky alias Bob Ray", "name2": "VORONOVSKY, Grigor (Yerevan)"}
    assert next(screen_pairs([(1, pair, "")]))["match"]


def test_a_case_is_compared_by_each_name_its_papers_and_people_say() -> None:
    # Breaks when what an applicant or an owner wrote behind their name hides the name from the lists.
    person = {"kind": "individual", "name": "Grigor Voronovsky alias Bob Ray", "born_on": "1971-03-14"}
    owner = {"person": person, "share_percent": "60", "has_control": True}
    applicant = {
        **b.person("Fjord Trading AS, Oslo Branch", ""),
        "kind": "entity",
        "registration": {"jurisdiction": "NO", "number": "9"},
        "beneficial_owners": [owner],
    }
    case = Case("app_1", "per_1", claims.parse_application(b.application(applicant), NOW))
    assert query_of(case).names == ("Fjord Trading AS, Oslo Branch", "Fjord Trading AS")
    assert [q.names for q in queries_of_others(case)] == [
        ("Grigor Voronovsky alias Bob Ray", "Grigor Voronovsky", "Bob Ray")
    ]
