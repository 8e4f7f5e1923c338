"""The permanent differential run: index and exhaustive scan over the real lists, the same bytes, nothing lost.

``GATEBOOK_DIFFERENTIAL`` multiplies the queries; 1 takes about a minute.
"""

from __future__ import annotations

import gzip
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from gatebook import canonical
from gatebook.screen.index import CompleteIndex
from gatebook.screen.lists import eu, ofac_csv
from gatebook.screen.party import ListEdition
from gatebook.screen.scan import ExhaustiveScan
from gatebook.screen.screening import Query, ScreenSettings, candidate_to_plain

TIMES = int(os.environ.get("GATEBOOK_DIFFERENTIAL", "1"))
CLEAN = ("Kofi Mensah", "John Smith", "Maria Garcia Lopez", "Wei Zhang", "Olaf Schulze", "Mohammed Ali", "J. Doe")


def editions(folder: Path) -> list[ListEdition]:
    def read(name: str) -> bytes:
        return gzip.decompress((folder / name).read_bytes())

    ofac = {r: read(f"ofac/{r}_2022-01-31.csv.gz") for r in ("sdn", "alt", "add")}
    return [
        ofac_csv.load(ofac, "ofac-sdn"),
        eu.load({"list": read("eu/fsf_xml_1_1_2021-03-02.xml.gz")}, "eu-fsf"),
    ]


def slipped(rng: random.Random, text: str) -> str:
    """A listed name with up to four slips, now and then cut, joined, turned round or made initials."""
    letters = list(text)
    for _ in range(rng.randint(0, 4)):
        at = rng.randrange(len(letters) + 1)
        act = rng.randrange(4)
        if act == 0:
            letters[at : at + 1] = []
        elif act == 1:
            letters.insert(at, rng.choice("aeiouhsktrnm -.01"))
        elif act == 2:
            letters[at : at + 2] = letters[at : at + 2][::-1]
        else:
            letters[at : at + 1] = rng.choice("aeioubcdfghklmnprstvwyz")
    words = "".join(letters).split()
    way = rng.randrange(8)
    if way == 0:
        rng.shuffle(words)
    elif way == 1:
        return "".join(words)
    elif way == 2:
        words = [w[0] if rng.random() < 0.5 else w for w in words]
    elif way == 3:
        return " ".join("".join(c for c in w if c.lower() not in "aeiou") or w for w in words)
    return " ".join(words)


def compare(lists: list[ListEdition], rng: random.Random, count: int) -> int:
    names = [n.text for e in lists for p in e.parties for n in p.names]
    index, scan = (made(lists, ScreenSettings(700)) for made in (CompleteIndex, ExhaustiveScan))
    queries = [Query((slipped(rng, rng.choice(names)),)) for _ in range(count)] + [Query((n,)) for n in CLEAN]
    found = 0
    for query, mine in zip(queries, index.screen_many(queries), strict=True):
        wanted = scan.screen(query)
        assert [canonical.encode(candidate_to_plain(c)) for c in mine.candidates] == [
            canonical.encode(candidate_to_plain(c)) for c in wanted.candidates
        ], query
        assert mine == wanted
        found += len(mine.candidates)
    return found


@pytest.mark.lists
def test_nothing_is_lost_on_parts_of_the_real_lists(shared_lists: Path) -> None:
    # Breaks when the index loses a candidate the scorer would show, or shows it with other bytes.
    lists, rng = editions(shared_lists), random.Random(43)
    for _ in range(4 * TIMES):
        part = [replace(e, parties=tuple(rng.sample(e.parties, 250))) for e in lists]
        assert compare(part, rng, 40) > 10


@pytest.mark.lists
def test_nothing_is_lost_on_the_whole_lists(shared_lists: Path) -> None:
    # Breaks when the same happens only among very many names.
    assert compare(editions(shared_lists), random.Random(44), 4 * TIMES) > 4
