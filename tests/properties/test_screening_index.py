"""The complete index against the exhaustive scan: the same bytes for any name."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from gatebook import canonical
from gatebook.screen.certificate import certify
from gatebook.screen.compare import compare_names
from gatebook.screen.index import CompleteIndex
from gatebook.screen.likeness import likeness
from gatebook.screen.party import ListEdition, ListedName, ListedParty, LoadReport
from gatebook.screen.scan import ExhaustiveScan
from gatebook.screen.screening import Query, ScreenSettings, candidate_to_plain
from gatebook.screen.tokens import read_name
from gatebook.screen.vocabulary import Vocabulary

PARTS = (
    "al", "ab", "bin", "mo", "ham", "med", "mu", "h", "kh", "ch", "sh", "zh", "j", "dj", "sch", "ph", "f", "i", "y", "ou", "oo",
    "ee", "e", "a", "o", "u", "r", "rr", "n", "m", "rn", "s", "z", "t", "ov", "off", "ah", "abdul", "rahman", "k", "c", "x", "q",
    "w", "v", "d", "l", "li", "wong", "5", "0", "1", "st", "ltd", "ooo", "jose", "ivan", "maria", "bob", "robert", "smith",
    "\u043e", "\u0430", "\u0440", "\u00fc", "\u00f8", "\u0645\u062d\u0645\u062f", "\u738b", "\uae40", "'", "\u200b",
)  # fmt: skip
BESIDE = ("petrovich", "yanukovych", "aliyevna", "bank", "london", "tehran", "branch", "co", "k", "i", "\u0418")
glued = st.lists(st.sampled_from(PARTS), min_size=1, max_size=4).map("".join)
word = st.one_of(glued, glued, glued, st.sampled_from(BESIDE))  # what others beside it make of a word, too
free = st.lists(word, min_size=1, max_size=4).map(" ".join)
listed = st.builds(lambda last, first: f"{last}, {first}", word, free)
name = st.one_of(free, free, listed, st.text(max_size=20))


@st.composite
def like(draw: st.DrawFn) -> tuple[list[str], str]:
    """Names of a list, and one to ask for that was made of one of them by a few slips."""
    names = draw(st.lists(name, min_size=1, max_size=6))
    text = draw(st.sampled_from(names))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        put = draw(st.sampled_from([*PARTS, " ", "", "-"]))
        text = text[:at] + put + text[at + draw(st.integers(0, 1)) :]
    order = draw(st.permutations(text.replace(",", "").split()))
    return names, draw(st.sampled_from([text, " ".join(order), "".join(order)]))


def edition(names: list[str]) -> ListEdition:
    parties = tuple(
        ListedParty(str(n), "individual", (ListedName(text, "primary", f"x:{n}"),)) for n, text in enumerate(names)
    )
    return ListEdition("made", "0" * 64, parties, LoadReport(len(names), len(names), ()))


def as_bytes(found: object) -> bytes:
    return canonical.encode([candidate_to_plain(c) for c in found.candidates])  # type: ignore[attr-defined]


@settings(max_examples=400)
@given(like(), st.sampled_from([300, 600, 820, 950]))
def test_the_index_answers_as_the_exhaustive_scan(made: tuple[list[str], str], shown: int) -> None:
    # Breaks when a bound, a filter, a block or a reading loses a name, or scores it another way.
    names, text = made
    lists = [edition(names)]
    at = ScreenSettings(shown)
    query = Query((text,))
    assert as_bytes(CompleteIndex(lists, at).screen(query)) == as_bytes(ExhaustiveScan(lists, at).screen(query))


@settings(max_examples=400)
@given(st.lists(name, min_size=1, max_size=8), name)
def test_every_like_token_is_found(names: list[str], text: str) -> None:
    # Breaks when the search for like tokens drops one that the scorer would have counted.
    tokens = tuple(dict.fromkeys(t for n in names for t in read_name(n).tokens))
    vocabulary = Vocabulary(tokens)
    for token in read_name(text).tokens:
        wanted = [(n, found) for n, other in enumerate(tokens) if (found := likeness(token, other))]
        assert vocabulary.similar(token) == wanted


@given(like())
def test_a_certificate_leaves_no_name_above_its_bound(made: tuple[list[str], str]) -> None:
    # Breaks when a certificate claims a bound that a name on the list passes.
    names, text = made
    index = CompleteIndex([edition(names)], ScreenSettings())
    certificate = certify(index, Query((text,)))
    scores = [compare_names(read_name(text), read_name(n), index.shelf.weights).raw for n in set(names)]
    below = [s for s in scores if s < 82_000]
    assert certificate.found == len(scores) - len(below)
    best = max(below, default=0)
    if certificate.best is None:
        assert best < round(float(certificate.bound) * 100_000)
    elif best >= round(float(certificate.bound) * 100_000):
        assert certificate.best.raw == f"0.{best:05d}"


@cache
def _asked() -> CompleteIndex:
    return CompleteIndex([edition(["VORONOVSKY, Grigor", "HUSSEIN, Mohammed", "ROSNEFT OOO"])], ScreenSettings())


@given(st.lists(name, min_size=1, max_size=5))
def test_many_at_once_are_screened_as_each_alone(texts: list[str]) -> None:
    # Breaks when a batch lets one customer's answer depend on another's.
    queries = [Query((t,)) for t in texts]
    assert list(_asked().screen_many(queries)) == [_asked().screen(q) for q in queries]
