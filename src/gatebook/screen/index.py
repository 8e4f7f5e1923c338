"""The complete index: the exhaustive scan's answer without its work.

The trap guarded against: a window. Nothing is ranked and cut off: every name whose bound reaches the threshold is
scored by the same scorer, and docs/screening.md proves that no other name can reach it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatebook.screen.compare import NameScore, sounds_as, whole
from gatebook.screen.evidence import are_compared
from gatebook.screen.identifiers import Identifiers
from gatebook.screen.judge import judge
from gatebook.screen.likeness import BLOCK, SAME
from gatebook.screen.party import ListEdition
from gatebook.screen.reach import Bound, Reach, Row, find_reach
from gatebook.screen.scored import Scorer
from gatebook.screen.screening import (
    Candidate,
    ComparedList,
    Query,
    Screening,
    ScreenSettings,
    settings_digest,
    strongest_first,
)
from gatebook.screen.shelf import Shelf
from gatebook.screen.tokens import Name, Token, read_once
from gatebook.screen.weights import Weights

_CHUNK = 2_048  # so many that the arrays of a part stay near the processor
_REACHED = 4_000_000  # names reached by all the tokens that are remembered: about 60 MB
_ROWS = 50_000
_UNIT = 100  # raw scores are hundredths of the settings' thousandths


class CompleteIndex:
    """The default ``Screener``. The same bytes as ``ExhaustiveScan``, in a thousandth of the time.

    Several threads may ask at once: what is remembered is whole or not there, and only ever replaced by its like.
    ``weights`` are those of the lists a part was taken from: what changed on a list scores as it does on the whole.
    """

    def __init__(
        self,
        editions: Sequence[ListEdition],
        settings: ScreenSettings,
        weights: Weights | None = None,
        kept: bytes | None = None,
    ) -> None:
        """Lay out ``editions``. ``weights`` are those of the lists a part was taken from, else they are counted here.

        ``kept`` is what the shelf of an index of the same names laid down; of other names it is passed over.
        """
        self._settings = settings
        self._shelf = Shelf(editions, weights, kept)
        self._scorer = Scorer(self._shelf)
        self._identifiers = Identifiers(self._shelf.editions)
        self._compared = tuple(map(ComparedList.of, editions))
        self._reached: dict[Token, Reach] = {}
        self._remembered = 0
        self._rows: dict[str, Row] = {}

    @property
    def editions(self) -> tuple[ComparedList, ...]:
        """The lists compared with."""
        return self._compared

    @property
    def settings(self) -> ScreenSettings:
        """The thresholds compared by."""
        return self._settings

    @property
    def shelf(self) -> Shelf:
        """The listed names, laid out."""
        return self._shelf

    def screen(self, query: Query) -> Screening:
        """Return every candidate for one query."""
        return next(self.screen_many([query]))

    def screen_many(self, queries: Sequence[Query]) -> Iterator[Screening]:
        """Yield a screening for each query, in their order; what was found for a token serves all of them."""
        for start in range(0, len(queries), _CHUNK):
            yield from self._screen_chunk(queries[start : start + _CHUNK])

    def _screen_chunk(self, queries: Sequence[Query]) -> Iterator[Screening]:
        kinds: dict[str, int] = {}
        for query in queries:
            for text in query.names:
                kinds[text] = kinds.get(text, 0) | self._shelf.kinds_for(query.kind)
        scored = self._score_all(list(kinds), kinds)
        digest, nothing = (
            settings_digest(self._settings),
            Screening((), self._compared, settings_digest(self._settings)),
        )
        for query in queries:
            exact = self._identifiers.find(query) if query.numbers or query.wallets else []
            named = [
                candidate
                for text in query.names
                if text in scored
                for number, found in scored[text]
                for candidate in self._judge(query, text, number, found)
            ]
            both = [*exact, *named]
            yield Screening(strongest_first(both), self._compared, digest) if both else nothing

    def _score_all(self, texts: list[str], kinds: dict[str, int]) -> dict[str, list[tuple[int, NameScore]]]:
        """Return for each text the listed texts of a kind it is compared with that it reaches, with their scores."""
        least, scored = self._settings.shown_from * _UNIT, dict[str, list[tuple[int, NameScore]]]()
        for place, number in self.reaching(texts, self._settings.shown_from):
            text = texts[place]
            if kinds[text] & self._shelf.kinds[number]:
                found = self._scorer.score(text, number, least)
                if found.raw >= least:
                    scored.setdefault(text, []).append((number, found))
        return scored

    def _judge(self, query: Query, text: str, number: int, scored: NameScore) -> list[Candidate]:
        return [
            judge(query, text, *place, scored, self._shelf.weights, self._settings)
            for place in self._shelf.places(number)
            if are_compared(query.kind, place[1].kind)
        ]

    def score(self, text: str, number: int) -> NameScore:
        """Return the scorer's word on a name of a query and the listed text with this number."""
        return self._scorer.score(text, number, 0)

    def reaching(self, texts: Sequence[str], threshold: int) -> Iterator[tuple[int, int]]:
        """Yield each text's place and a listed text's number wherever the bound reaches ``threshold`` thousandths."""
        bound = Bound(self._shelf.total, [self._row(text) for text in texts], threshold)
        return zip(*bound.pairs(), strict=True)

    def _row(self, text: str) -> Row:
        """Lay out a name asked for, from what was laid out before if it was."""
        if (row := self._rows.get(text)) is None:
            if len(self._rows) >= _ROWS:
                self._rows = {}
            row = self._rows[text] = self._lay_out(read_once(text))
        return row

    def _lay_out(self, name: Name) -> Row:
        weights = self._shelf.weights.of_name(name)
        return Row(weights, tuple([self.reach(t) for t in name.tokens]), tuple(self._block_reach(name, weights)))

    def _block_reach(self, name: Name, weights: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
        """Name, likeness, weight of mine and of theirs, for each listed token that neighbours of mine may be."""
        found = []
        for block in name.blocks:
            for token in self._shelf.vocabulary.sounding(block.key):
                mine = sum(weights[max(block.start, 0) : block.stop])
                alike = sounds_as(self._shelf.vocabulary.tokens[token], block.key)
                worth = self._shelf.worth(token)
                found += [(n, alike, mine, worth) for n in self._shelf.holding(token).tolist()]
        if (key := whole(name)) and len(name.tokens) > 1:
            found += [(n, SAME - BLOCK, sum(weights), int(self._shelf.total[n])) for n in self._shelf.wholes.get(key)]
        return found

    def reach(self, token: Token) -> Reach:
        """Return the names that a token of a query reaches, from what was found before if it was."""
        if (known := self._reached.get(token)) is None:
            known = find_reach(self._shelf, token)
            if self._remembered > _REACHED:
                self._reached, self._rows, self._remembered = {}, {}, 0
            self._reached[token] = known
            self._remembered += len(known.names) + 20
        return known
