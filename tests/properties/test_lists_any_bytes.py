"""Any bytes under any name are a list or a list error, and the rows always add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import list_samples
from gatebook.errors import ListError
from gatebook.screen.delta import delta, delta_to_plain, delta_words
from gatebook.screen.lists.births import birth_of
from gatebook.screen.lists.countries import codes_of
from gatebook.screen.lists.detect import load_files, load_folder
from gatebook.screen.party import ListEdition

SAMPLES = {**{n: d for n, (d, _) in list_samples.BY_NAME.items()}, **list_samples.OFAC_SET}
NAMES = st.sampled_from([*SAMPLES, "cons_prim.csv", "x.csv", "x.txt", "x.json", "x.jsonl", "x.xml.gz", "list.toml"])


def load(files: dict[str, bytes]) -> ListEdition | None:
    try:
        edition = load_files(files, "x")
    except ListError:
        return None
    report = edition.report
    assert report.rows == report.parsed + len(report.refused)
    assert edition.parties and all(p.names and p.party_id for p in edition.parties)
    for party in edition.parties:
        for birth in party.births:
            assert len(birth.earliest) == len(birth.latest) == 10 and birth.earliest <= birth.latest
        for name in party.names:
            name.text.encode()
    return edition


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, bytes]:
    """A good list with a piece cut out, put in, turned over or cut off."""
    name = draw(st.sampled_from(sorted(SAMPLES)))
    data = SAMPLES[name]
    for _ in range(draw(st.integers(1, 4))):
        at, size = draw(st.integers(0, len(data))), draw(st.integers(0, 60))
        piece = draw(
            st.one_of(
                st.binary(max_size=20), st.sampled_from([b'"', b"\x1a", b",", b";", b"\x00", b"<a>", b"\n", b"\\ud800"])
            )
        )
        data = draw(
            st.sampled_from(
                [data[:at] + data[at + size :], data[:at] + piece + data[at:], data[:at], data[:at] + piece]
            )
        )
    return {name: data}


@given(NAMES, st.binary(max_size=400))
def test_any_bytes_are_a_list_or_a_list_error(name: str, data: bytes) -> None:
    # Breaks when bytes under a list's name raise anything but a list error.
    load({name: data})
    load_folder({name: data})


@given(damaged())
def test_a_damaged_list_is_read_in_part_or_refused(files: dict[str, bytes]) -> None:
    # Breaks when a damaged list crashes a loader, or loses a row without a reason.
    load(files)
    load_folder(files)


@given(damaged())
def test_a_damaged_table_beside_good_ones(files: dict[str, bytes]) -> None:
    # Breaks when one bad table of a set makes rows of the others vanish uncounted.
    load({**list_samples.OFAC_SET, **files})


@given(st.text(max_size=60))
def test_any_words_are_a_date_a_country_or_neither(text: str) -> None:
    # Breaks when a cell of a list raises.
    found = birth_of(text)
    assert found is None or found.earliest <= found.latest
    codes = codes_of(text)
    assert codes is None or all(len(code) == 2 for code in codes)


@given(damaged(), damaged())
def test_a_delta_accounts_for_every_party(one: dict[str, bytes], two: dict[str, bytes]) -> None:
    # Breaks when a party is paired twice or falls out between two editions.
    old, new = load(one), load(two)
    if old is None or new is None:
        return
    found = delta(old, new)
    assert len(old.parties) - len(found.removed) + len(found.added) == len(new.parties)
    back = delta(new, old)
    assert (len(back.added), len(back.removed)) == (len(found.removed), len(found.added))
    assert delta(new, new).is_empty
    assert len(delta_words(found)) == 1 + len(found.added) + len(found.removed) + len(found.changed)
    assert delta_to_plain(found)["list"] == "x"
