"""A population asked the other way round: whoever a screening finds is reached, whatever they are called."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebook.screen.batches import MATCH, SCHEMA, PopulationScreen, screen_batches
from gatebook.screen.came import came_since
from gatebook.screen.index import CompleteIndex
from gatebook.screen.likeness import likeness
from gatebook.screen.population_index import PopulationIndex, Reaching
from gatebook.screen.population_layout import Layout, lay_out
from gatebook.screen.population_reading import read_batches, token_read, token_text
from gatebook.screen.screening import ScreenSettings
from gatebook.screen.tokens import read_name
from gatebook.screen.vocabulary import Vocabulary
from gatebook.screen.weights import Weights
from properties.test_screening_differential import editions, slipped
from properties.test_screening_index import PARTS, edition, name


def customers(names: list[str], numbers: list[str] | None = None) -> pa.Table:
    places = pa.array(range(1, len(names) + 1), pa.int64())
    cells = {"id": [f"c{n}" for n in range(len(names))], "name": names, "number": numbers or [""] * len(names)}
    return pa.table({"place": places, **{k: pa.array(v, pa.string()) for k, v in cells.items()}})


def laid_out(population: pa.Table, part: int) -> Layout:
    return lay_out(pa.Table.from_batches(read_batches([b])) for b in population.to_batches(max_chunksize=part))


def reached(population: pa.Table, came: CompleteIndex, part: int = 1000, at_once: int = 7) -> list[int]:
    """Lay the population out in parts, put what came to it, and return the rows reached."""
    laid = laid_out(population, part)
    asked = Reaching(PopulationIndex(laid.arrays, Vocabulary(laid.tokens)), came)
    results = ((n, pa.Table.from_batches(asked([batch]))) for n, batch in asked.parts(at_once))
    return asked.reached(results).tolist()


def matches(came: CompleteIndex, population: pa.Table) -> list[dict[str, object]]:
    found = pa.Table.from_batches(screen_batches(came, population.combine_chunks().to_batches()), SCHEMA)
    return [row for row in found.to_pylist() if row["what"] == MATCH]


@st.composite
def population(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Names of customers, and listed names of which some were made of them by a few slips."""
    one = name.filter(lambda text: "\x00" not in text)
    two = st.builds(lambda a, b, way: way.format(a, b), one, one, st.sampled_from(["{} ({})", "{} / {}", "{}, {}"]))
    people = draw(st.lists(st.one_of(one, one, two), min_size=1, max_size=12))
    listed = draw(st.lists(name, max_size=3))
    for text in draw(st.lists(st.sampled_from(people), min_size=1, max_size=4)):
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(text)))
            put = draw(st.sampled_from([*PARTS, " ", "", "-"]))
            text = text[:at] + put + text[at + draw(st.integers(0, 1)) :]  # noqa: PLW2901  slip upon slip
        order = draw(st.permutations(text.replace(",", "").split()))
        listed.append(draw(st.sampled_from([text, " ".join(order), "".join(order), f"{order[-1:]}, {order[:-1]}"])))
    return people, listed


_SHARES = {
    "MOHAMED": 550,
    "BOB": 550,
    "LI": 550,
    "OV": 550,
    "ABDULRAHMAN": 650,
    "AL": 550,
    "ALAL": 800,
    "SMITH": 900,
    "IVAN": 550,
    "MARIA": 650,
}


@settings(max_examples=600)
@given(population(), st.sampled_from([300, 600, 820, 950]), st.booleans(), st.integers(1, 5))
def test_whoever_a_screening_finds_is_reached(
    made: tuple[list[str], list[str]], shown: int, is_weighed: bool, part: int
) -> None:
    # Breaks when the bound the other way round turns down a customer whom the screening would have shown.
    people, listed = made
    weights = Weights.by_shares(_SHARES) if is_weighed else None
    came = CompleteIndex([edition(listed)], ScreenSettings(shown), weights)
    table = customers(people)
    rows = set(reached(table, came, part))
    assert {int(str(row["place"])) - 1 for row in matches(came, table)} <= rows


@given(st.lists(name.filter(lambda text: "\x00" not in text), min_size=1, max_size=8))
def test_a_token_weighs_in_the_index_what_the_lists_make_it_weigh(people: list[str]) -> None:
    # Breaks when what a customer has left over is reckoned dearer than the scorer does, and so turns them down.
    laid, weights = laid_out(customers(people), 3), Weights.by_shares(_SHARES)
    index = PopulationIndex(laid.arrays, Vocabulary(laid.tokens))
    assert index.worth(weights).tolist() == [weights.of(token) for token in laid.tokens]


@given(name, name)
def test_two_tokens_are_alike_the_same_either_way_round(one: str, other: str) -> None:
    # Breaks when a likeness depends on who is asked for: what is found the other way round would be other tokens.
    for a in read_name(one).tokens:
        for b in read_name(other).tokens:
            assert likeness(a, b) == likeness(b, a)


@given(st.lists(name, min_size=1, max_size=5))
def test_a_token_is_taken_up_as_it_was_laid_down(names: list[str]) -> None:
    # Breaks when two tokens are kept as one, or one comes back as another.
    tokens = {t for text in names for t in read_name(text).tokens}
    assert {token_read(token_text(t)) for t in tokens} == tokens
    assert len({token_text(t) for t in tokens}) == len(tokens)


@pytest.mark.lists
def test_over_the_real_lists_what_came_is_found_as_the_whole_screening_finds_it(shared_lists: Path) -> None:
    # Breaks when a name of a real list finds fewer customers by the index, or scores otherwise than beside all lists.
    rng, new = random.Random(21), editions(shared_lists)
    old = [replace(e, parties=tuple(p for p in e.parties if rng.random() > 0.01), digest="0") for e in new]
    came = came_since(old, new)
    part, whole = PopulationScreen.of_came(came), PopulationScreen.of(new)
    texts = [n.text for e in came.editions for p in e.parties for n in p.names]
    others = [n.text for e in new for p in rng.sample(e.parties, 200) for n in p.names[:1]]
    people = [slipped(rng, text) for text in [*texts, *texts, *others]]
    documents = [d.number for e in came.editions for p in e.parties for d in p.documents]
    table = customers(people, [rng.choice(documents) if rng.random() < 0.02 else "" for _ in people])
    rows = reached(table, part.index(), 400, 32)
    some = table.take(rows)
    by_file, by_index = matches(part.index(), table), matches(part.index(), some)
    assert by_file == by_index and len(by_file) > len(texts) / 2
    assert any(row["agreed"] == "number" for row in by_file)
    assert len(rows) < len(people)
    parties = {(e.list_id, p.party_id) for e in came.editions for p in e.parties}
    by_all = [row for row in matches(whole.index(), table) if (row["list"], row["party"]) in parties]
    assert [{**row, "rank": 0} for row in by_all] == [{**row, "rank": 0} for row in by_file]
