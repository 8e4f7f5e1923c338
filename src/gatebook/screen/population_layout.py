"""What was read of a population, laid out in arrays: from customers to their tokens and back, and by how names sound.

The trap guarded against: an index of most customers. Every row has its tokens, every token its rows, and what does not
come out even is refused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gatebook import canonical
from gatebook.errors import GatebookError
from gatebook.screen import tables
from gatebook.screen.population_reading import hashed, token_read
from gatebook.screen.screening import SCORER
from gatebook.screen.tokens import Token
from gatebook.screen.weights import Weights

Array = npt.NDArray[Any]
_FORM = 2  # raised whenever the layout below is another
#: arrays by name: tokens of line n stand in ``tokens`` from ``starts[n]``, lines of token n in ``rows`` from
#: ``firsts[n]``; a line is one name of the customer whose row is ``owners[n]``; ``blocks``, ``numbers`` and ``texts``
#: are in order, lines and tokens they lead to beside them; ``worth`` is the weight of a token where no list lowers it
ARRAYS = (
    "owners", "starts", "tokens", "firsts", "rows", "blocks", "block_rows", "spans", "numbers", "number_rows", "texts",
    "text_tokens", "worth",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """A population laid out; ``told`` holds the tally of all rows and each row refused: place, id, why."""

    arrays: Mapping[str, Array]
    tokens: tuple[Token, ...]
    told: Mapping[str, Any]


def stamp(digest: str) -> str:
    """Return the digest of all a layout rests on: the customers by their digest, tables, scorer, and the form."""
    return canonical.digest({"customers": digest, "form": _FORM, "scorer": SCORER, "tables": tables.digest_text()})


def lay_out(parts: Iterable[pa.Table]) -> Layout:
    """Lay out parts that were read, in the order of the file. Raises GatebookError when their counts do not agree."""
    numbers: dict[str, int] = {}
    tally: Counter[str] = Counter(rows=0, screened=0, refused=0)
    refused: list[Sequence[Any]] = []
    found: dict[str, list[Array]] = {}
    before = lines = 0
    for part in parts:
        said = json.loads(part["told"][0].as_py())
        tally.update(said["tally"])
        refused += said["refused"]
        own = [numbers.setdefault(text, len(numbers)) for text in part["tokens"][0].as_py()]
        held = _cells(part, "held")
        cells = {"owners": _cells(part, "owners") + np.int32(before), "sizes": _cells(part, "sizes")}
        cells |= {"tokens": np.array(own, dtype=np.int32)[held]}
        cells |= {name: _cells(part, name) for name in ("blocks", "spans", "numbers")}
        cells |= {name: _cells(part, name) + np.int32(lines) for name in ("block_rows", "number_rows")}
        for name, values in cells.items():
            found.setdefault(name, []).append(values)
        before, lines = before + said["tally"]["rows"], lines + len(cells["sizes"])
    told = {"tally": dict(tally), "refused": refused}
    return _even(Layout(_arranged(found, numbers), tuple(map(token_read, numbers)), told))


def _cells(part: pa.Table, name: str) -> Array:
    found: Array = part[name].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return found


def _arranged(found: dict[str, list[Array]], numbers: Mapping[str, int]) -> dict[str, Array]:
    def whole(name: str, kind: type[np.generic]) -> Array:
        return np.concatenate([*found.pop(name, ()), np.empty(0, dtype=kind)]).astype(kind, copy=False)

    sizes, tokens = whole("sizes", np.uint8), whole("tokens", np.int32)
    order = np.argsort(tokens, kind="stable")
    row_of = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    laid: dict[str, Array] = {
        "owners": whole("owners", np.int32),
        "starts": _starts(sizes),
        "rows": row_of[order],
        "firsts": _starts(np.bincount(tokens, minlength=len(numbers))),
        "tokens": tokens,
    }
    del order, row_of
    blocks, order = _ordered(whole("blocks", np.uint64))
    laid |= {
        "blocks": blocks,
        "block_rows": whole("block_rows", np.int32)[order],
        "spans": whole("spans", np.uint8)[order],
    }
    values, order = _ordered(whole("numbers", np.uint64))
    laid |= {"numbers": values, "number_rows": whole("number_rows", np.int32)[order]}
    read, fixed = [token_read(text) for text in numbers], Weights()
    texts, order = _ordered(np.array([hashed(token.text) for token in read], dtype=np.uint64))
    worth = np.array([fixed.of(token) for token in read], dtype=np.int32)
    return {**laid, "texts": texts, "text_tokens": order.astype(np.int32), "worth": worth}


def _starts(sizes: Array) -> Array:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])


def _ordered(keys: Array) -> tuple[Array, Array]:
    order = np.argsort(keys, kind="stable")
    return keys[order], order


def _even(laid: Layout) -> Layout:
    """Raise GatebookError unless every row is screened or refused, and every token that is held has its row."""
    tally, arrays = laid.told["tally"], laid.arrays
    owners = np.count_nonzero(np.diff(arrays["owners"], prepend=-1))
    counted = tally["rows"] == owners == tally["screened"] + tally["refused"]
    counted = counted and len(arrays["owners"]) == len(arrays["starts"]) - 1
    if not counted or tally["refused"] != len(laid.told["refused"]) or len(arrays["rows"]) != len(arrays["tokens"]):
        raise GatebookError("customers read and customers laid out should agree, and do not; nothing was kept")
    return laid
