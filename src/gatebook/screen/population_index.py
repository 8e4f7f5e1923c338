"""A population laid out, asked the other way round: which customers may be a listed name's, when a list changes.

The trap guarded against: a customer passed over. Whoever may reach the threshold is found by the bound that
docs/screening.md proves, and is then screened as ever, by the same scorer with the same roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gatebook.screen.compare import sounds_as, whole
from gatebook.screen.identifiers import indexed_values
from gatebook.screen.index import CompleteIndex
from gatebook.screen.likeness import BLOCK, SAME
from gatebook.screen.population_bound import NOBODY, Listed
from gatebook.screen.population_reading import hashed, span_read
from gatebook.screen.sounds import sound
from gatebook.screen.tokens import Name, Token, read_once
from gatebook.screen.vocabulary import Vocabulary
from gatebook.screen.weights import Weights
from gatebook.terms.identifier import NUMBER

Longs = npt.NDArray[np.int64]
_AT_ONCE = 1 << 18  # rows looked at together: some tens of megabytes


class PopulationIndex:
    """Customers by row, names by line, tokens by number, as ``population_layout`` lays them out, or on disk."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], vocabulary: Vocabulary) -> None:
        self._arrays, self._vocabulary = arrays, vocabulary
        self._starts, self._tokens, self._owners = arrays["starts"], arrays["tokens"], arrays["owners"]

    @property
    def rows(self) -> int:
        """How many customers there are, those refused among them."""
        return int(self._owners[-1]) + 1 if len(self._owners) else 0

    def owners(self, lines: Longs) -> Longs:
        """Return the rows of the customers whose names stand on these lines, each once and in order."""
        return np.unique(self._owners[lines]).astype(np.int64)

    def under(self, what: str, key: str) -> tuple[Longs, slice]:
        """Return the lines under a key of ``blocks`` or ``numbers``, and where they stand."""
        keys, value = self._arrays[what], np.uint64(hashed(key))
        here = slice(int(np.searchsorted(keys, value)), int(np.searchsorted(keys, value, side="right")))
        return self._arrays[f"{what[:-1]}_rows"][here].astype(np.int64), here

    def spans(self, here: slice) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Return where the blocks that stand ``here`` start in their names, and of how many tokens they are."""
        return span_read(self._arrays["spans"][here])

    def worth(self, weights: Weights) -> npt.NDArray[np.int32]:
        """Return the weight of each token: as laid down, but for the words that the lists make common."""
        found = np.array(self._arrays["worth"])
        for text in weights.shares():
            value = np.uint64(hashed(text))
            texts = self._arrays["texts"]
            here = slice(int(np.searchsorted(texts, value)), int(np.searchsorted(texts, value, side="right")))
            for token in self._arrays["text_tokens"][here].tolist():
                found[token] = weights.of(self._vocabulary.tokens[token])
        return found

    def similar(self, token: Token) -> tuple[Longs, Longs]:
        """Return the tokens that are like a listed one, and how alike: likeness is the same either way round."""
        found = np.array(self._vocabulary.similar(token), dtype=np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def sounding(self, key: str) -> list[tuple[int, int]]:
        """Return the tokens that sound like neighbours with this key, and how alike they are to them."""
        found = [(n, sounds_as(self._vocabulary.tokens[n], key)) for n in self._vocabulary.sounding(key)]
        return [(n, alike) for n, alike in dict.fromkeys(found) if alike]

    def sizes(self, tokens: Longs) -> Longs:
        """Return how many lines hold each token."""
        firsts = self._arrays["firsts"]
        found: Longs = firsts[tokens + 1] - firsts[tokens]
        return found

    def holding(self, tokens: Longs) -> Longs:
        """Return the lines that hold any of the tokens; one that holds two of them twice."""
        return _runs(self._arrays["firsts"], self._arrays["rows"], tokens)[1].astype(np.int64)

    def tokens_of(self, rows: Longs) -> tuple[Longs, npt.NDArray[np.int32]]:
        """Return where the tokens of each line begin, and those of all end to end. Every line has some."""
        return _runs(self._starts, self._tokens, rows)


def _runs(starts: Longs, values: npt.NDArray[np.int32], wanted: Longs) -> tuple[Longs, npt.NDArray[np.int32]]:
    """Return the runs of ``values`` that are wanted end to end, and where each begins there."""
    first = starts[wanted]
    sizes = starts[wanted + 1] - first
    begins = np.cumsum(sizes) - sizes
    return begins, values[np.arange(int(sizes.sum())) + np.repeat(first - begins, sizes)]


class Reaching:
    """What came to the lists, put to a population: a function over batches of listed names, for any engine.

    Weights are those all lists make; what a listed token is like is found once.
    """

    def __init__(self, index: PopulationIndex, came: CompleteIndex) -> None:
        self._index, self._came = index, came
        self._weights, self._threshold = came.shelf.weights, came.settings.shown_from
        self.worth = index.worth(self._weights)
        self._similar: dict[Token, tuple[Longs, Longs]] = {}
        self._place = np.zeros(len(self.worth), dtype=np.int32)  # of a token among those like some of a name's, or 0

    def parts(self, names: int) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield the listed names in parts, those that begin alike together: they share their words."""
        texts = sorted(self._came.shelf.texts)
        for number, start in enumerate(range(0, len(texts), names)):
            yield number, pa.RecordBatch.from_pydict({"name": texts[start : start + names]})

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield for each batch of listed names the lines of customers' names that may match one; some of them twice."""
        for batch in batches:
            found = [self.rows_of(read_once(text)) for text in batch.column("name").to_pylist()]
            yield pa.RecordBatch.from_pydict({"row": np.concatenate([*found, NOBODY])})

    def reached(self, results: Iterable[tuple[int, pa.Table]]) -> Longs:
        """Return the rows of all who may match, by name or because they have a number that is listed, in order."""
        found = [table["row"].to_numpy() for _, table in results]
        editions = self._came.shelf.editions
        values = {v for e in editions for p in e.parties for kind, v in indexed_values(p) if kind == NUMBER}
        found += [self._index.under("numbers", value)[0] for value in sorted(values)]
        return self._index.owners(np.unique(np.concatenate([*found, NOBODY])))

    def rows_of(self, name: Name) -> Longs:
        """Return the lines whose bound with a listed name reaches the threshold; some twice."""
        if not name.tokens:
            return NOBODY
        one = Listed(
            name, self._weights.of_name(name), [self._like(t) for t in name.tokens], self.worth, self._threshold
        )
        self._place[one.like] = np.arange(1, len(one.like) + 1)
        found = [self._kept(one, self._index.holding(tokens), None) for tokens in one.searched(self._index.sizes)]
        rows, extra = self._by_blocks(one)
        found.append(self._kept(one, rows, extra))
        self._place[one.like] = 0
        return np.concatenate(found)

    def _like(self, token: Token) -> tuple[Longs, Longs]:
        if token not in self._similar:
            self._similar[token] = self._index.similar(token)
        return self._similar[token]

    def _kept(self, one: Listed, rows: Longs, extra: Longs | None) -> Longs:
        """Turn down the rows whose bound does not reach the threshold, some at a time."""
        found = [NOBODY]
        for start in range(0, len(rows), _AT_ONCE):
            here = slice(start, start + _AT_ONCE)
            some, more = rows[here], None if extra is None else extra[:, here]
            begins, tokens = self._index.tokens_of(some)
            if more is None:
                some = some[one.may_reach(self._place[tokens], begins)]
                begins, tokens = self._index.tokens_of(some)
            found.append(some[one.reaches(self._place[tokens], self.worth[tokens], begins, more)])
        return np.concatenate(found)

    def _by_blocks(self, one: Listed) -> tuple[Longs, Longs]:
        """Return the rows where neighbours of one name may be a word of the other, or all of both is one word.

        With each what this may gain more, and how much of the customer's and of the listed name it accounts for.
        """
        parts = []
        for token, weight in zip(one.name.tokens, one.weights, strict=True):
            for key in sorted({key for text, _ in token.readings for key in sound(text)}):
                if alike := sounds_as(token, key):
                    rows, here = self._index.under("blocks", key)
                    parts.append((rows, alike, self._worth_of(rows, here), weight))
        for block in one.name.blocks:
            mine = sum(one.weights[max(block.start, 0) : block.stop])
            for number, alike in self._index.sounding(block.key):
                rows = self._index.holding(np.array([number]))
                parts.append((rows, alike, np.full(len(rows), self.worth[number], dtype=np.int64), mine))
        if (key := whole(one.name)) and len(one.name.tokens) > 1:
            rows, here = self._index.under("blocks", key)
            is_all = self._index.spans(here)[1] == 0
            parts.append((rows[is_all], SAME - BLOCK, self._worth_of(rows, here)[is_all], one.total))
        return one.summed(parts)

    def _worth_of(self, rows: Longs, here: slice) -> Longs:
        """Return what the blocks that stand ``here`` are worth."""
        if not len(rows):
            return rows
        begins, tokens = self._index.tokens_of(rows)
        ends = np.append(begins[1:], len(tokens))
        summed = np.concatenate([[0], np.cumsum(self.worth[tokens], dtype=np.int64)])
        starts, sizes = self._index.spans(here)
        first = begins + starts
        found: Longs = summed[np.where(sizes == 0, ends, first + sizes)] - summed[first]
        return found
