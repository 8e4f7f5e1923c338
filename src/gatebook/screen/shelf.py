"""Listed names laid out by number: their tokens, weights and blocks, and for each token the names that hold it.

The trap guarded against: a name that is not laid out. Every name of every party of every edition has a number here.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import numpy as np
import numpy.typing as npt

from gatebook.screen import tables
from gatebook.screen.compare import whole
from gatebook.screen.evidence import are_compared
from gatebook.screen.party import ListEdition, ListedName, ListedParty
from gatebook.screen.postings import KeptPostings, Postings, as_bytes, ints
from gatebook.screen.screening import SCORER
from gatebook.screen.tokens import Token, read_once
from gatebook.screen.vocabulary import KeptVocabulary, Vocabulary
from gatebook.screen.weights import Weights

Ints = npt.NDArray[np.int32]
Place = tuple[int, int, int]
_FORM = 1  # raised whenever the layout below is another


class KeptShelf(msgspec.Struct, frozen=True, array_like=True):
    """All that is laid out of the names of some editions, as plain values. ``stamp`` says of which."""

    stamp: str
    shares: dict[str, int]
    total: bytes
    worth: bytes
    names: bytes
    starts: bytes
    blocks: KeptPostings
    block_worth: KeptPostings
    wholes: KeptPostings
    vocabulary: KeptVocabulary


class Shelf:
    """All listed names of some editions, each text once. ``total`` is the weight of each.

    ``weights`` are those of the lists a part was taken from; left out, they are counted from the names laid out.
    """

    def __init__(
        self, editions: Sequence[ListEdition], weights: Weights | None = None, kept: bytes | None = None
    ) -> None:
        """Lay out the names, or take up ``kept``, that was laid out of the same names, tables and scorer before."""
        self.editions = tuple(editions)
        self._places: dict[str, list[Place]] = {}
        for e, edition in enumerate(self.editions):
            for p, party in enumerate(edition.parties):
                for n, name in enumerate(party.names):
                    self._places.setdefault(name.text, []).append((e, p, n))
        self.texts = tuple(self._places)
        self._bits: dict[str, int] = {}
        self._compared: dict[str, int] = {}
        self.kinds = self._kinds()
        self._stamp = _stamp(self.texts)
        self._kept = _read(kept, self._stamp) if kept and weights is None else None
        with _uncollected():
            laid = self._kept or self._lay_out(weights)
        self.weights = weights or Weights.by_shares(laid.shares)
        self.total, self._worth, self._names = ints(laid.total), ints(laid.worth), ints(laid.names)
        self._starts = ints(laid.starts).tolist()
        self.blocks, self._block_worth = Postings.taken_up(laid.blocks), Postings.taken_up(laid.block_worth)
        self.wholes = Postings.taken_up(laid.wholes)
        self.vocabulary = Vocabulary(tuple(laid.vocabulary.tokens), laid.vocabulary)
        self._laid = laid

    @property
    def is_taken_up(self) -> bool:
        """Whether what was laid out before was used."""
        return self._kept is not None

    def laid_down(self) -> bytes:
        """Return all that was laid out as bytes, to be taken up again for the same names."""
        return msgspec.msgpack.encode(self._laid)

    @property
    def names(self) -> int:
        """How many names are listed, a text of two parties counted twice."""
        return sum(len(places) for places in self._places.values())

    def places(self, number: int) -> Iterator[tuple[ListEdition, ListedParty, ListedName]]:
        """Yield edition, party and name wherever the text with this number is listed."""
        for e, p, n in self._places[self.texts[number]]:
            edition = self.editions[e]
            party = edition.parties[p]
            yield edition, party, party.names[n]

    def _kinds(self) -> tuple[int, ...]:
        """Return for each text the kinds of its parties, as bits; the first bit is a kind nobody knows."""
        bits = self._bits
        bits[""] = bits["unknown"] = 1
        for edition in self.editions:
            for party in edition.parties:
                bits.setdefault(party.kind, 1 << len(bits))
        found = []
        for places in self._places.values():
            kinds = 0
            for e, p, _ in places:
                kinds |= bits[self.editions[e].parties[p].kind]
            found.append(kinds)
        return tuple(found)

    def kinds_for(self, kind: str) -> int:
        """Return as bits the kinds that a query of this kind is compared with."""
        if (known := self._compared.get(kind)) is None:
            bits = [bit for listed, bit in self._bits.items() if are_compared(kind, listed)]
            known = self._compared[kind] = sum(set(bits))
        return known

    def _lay_out(self, given: Weights | None) -> KeptShelf:
        read = [read_once(text) for text in self.texts]
        weights = given or Weights.of_read(read)
        numbers: dict[Token, int] = {}
        holding: list[int] = []
        names: list[int] = []
        totals: list[int] = []
        blocks: list[tuple[str, int]] = []
        worths: list[tuple[str, int]] = []
        wholes: list[tuple[str, int]] = []
        for number, name in enumerate(read):
            each = weights.of_name(name)
            totals.append(sum(each))
            for token in dict.fromkeys(name.tokens):
                holding.append(numbers.setdefault(token, len(numbers)))
                names.append(number)
            for block in name.blocks:
                blocks.append((block.key, number))
                worths.append((block.key, sum(each[max(block.start, 0) : block.stop])))
            if key := whole(name):
                wholes.append((key, number))
        held = np.array(holding, dtype=np.int32)
        order = np.argsort(held, kind="stable")
        return KeptShelf(
            self._stamp,
            weights.shares(),
            _bytes(totals),
            _bytes([weights.of(t) for t in numbers]),
            as_bytes(np.array(names, dtype=np.int32)[order]),
            as_bytes(np.searchsorted(held[order], np.arange(len(numbers) + 1)).astype(np.int32)),
            Postings.of(blocks).laid_down(),
            Postings.of(worths).laid_down(),
            Postings.of(wholes).laid_down(),
            Vocabulary(tuple(numbers)).laid_down(),
        )

    def block(self, key: str) -> tuple[Ints, Ints]:
        """Return the texts with neighbours that sound like ``key``, and what these are worth in each."""
        return self.blocks.array(key), self._block_worth.array(key)

    def holding(self, token: int) -> Ints:
        """Return the texts that hold the token with this number, in order."""
        return self._names[self._starts[token] : self._starts[token + 1]]

    def worth(self, token: int) -> int:
        """Return the weight of the token with this number."""
        return int(self._worth[token])


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector of garbage away while many things are made that all stay: it would look at all of them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _bytes(values: list[int]) -> bytes:
    return as_bytes(np.array(values, dtype=np.int32))


def _stamp(texts: Sequence[str]) -> str:
    """Return the digest of all that the layout rests on: the names in their order, the tables, the scorer, the form."""
    found = hashlib.sha256(f"{_FORM} {SCORER}\n{tables.digest_text()}".encode())
    for text in texts:
        found.update(f"\n{len(text)} {text}".encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _read(kept: bytes, stamp: str) -> KeptShelf | None:
    """Return what was kept, or nothing where it is of other names or no layout at all."""
    try:
        found = msgspec.msgpack.decode(kept, type=KeptShelf)
    except msgspec.MsgspecError:
        return None
    return found if found.stamp == stamp else None
