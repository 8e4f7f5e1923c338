"""Customers read once: record batches in, their names as tokens and sounds out, ready to be laid out as an index.

The trap guarded against: a customer who cannot be found because of how they were read. A name is read as a screening
reads it, and a row that a screening refuses is refused here, in the same words.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gatebook.screen.batches import rows_asked
from gatebook.screen.screening import Query
from gatebook.screen.tokens import Block, Name, Token, read_name
from gatebook.terms.identifier import plain_number

Longs = npt.NDArray[np.uint64]
#: what is read of a batch, as one row. Each name that a customer may have is a line; ``owners`` are their rows in the
#: batch. ``sizes`` tells the tokens of each line, ``held`` are their numbers among ``tokens``; blocks and numbers stand
#: with a line; ``told`` holds rows refused and the tally
READ = pa.schema([
    ("tokens", pa.list_(pa.string())), ("owners", pa.list_(pa.int32())), ("sizes", pa.list_(pa.uint8())),
    ("held", pa.list_(pa.int32())),
    ("block_rows", pa.list_(pa.int32())), ("blocks", pa.list_(pa.uint64())), ("spans", pa.list_(pa.uint8())),
    ("number_rows", pa.list_(pa.int32())), ("numbers", pa.list_(pa.uint64())),
    ("told", pa.string()),
])  # fmt: skip
_NOBODY = Query(("",))  # a row refused has a line without a token
_STARTS, _TO_THE_END = 5, 3  # a span is where it starts, in five bits, and how many tokens, in the next two


def read_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield for each batch of customers what is read of it, as a batch of one row.

    Raises ListError when a column is missing, as a screening does.
    """
    for batch in batches:
        yield _read(batch)


def _read(batch: pa.RecordBatch) -> pa.RecordBatch:
    tally: Counter[str] = Counter(rows=batch.num_rows)
    asked, refused = rows_asked(batch, tally)
    at = _rows_of(batch, [place for place, *_ in asked])
    tally.update(screened=len(asked), refused=len(refused))
    numbers: dict[Token, int] = {}
    owners: list[int] = []
    sizes: list[int] = []
    held: list[int] = []
    blocks: list[tuple[int, int, int]] = []
    given: list[tuple[int, int]] = []
    queries = dict(zip(at, (query for *_, query in asked), strict=True))
    for row in range(batch.num_rows):
        query = queries.get(row, _NOBODY)
        given += [(len(owners), hashed(number)) for _, value in query.numbers if (number := plain_number(value))]
        for name in map(read_name, query.names):
            blocks += [(len(owners), hashed(block.key), span_of(name, block)) for block in name.blocks]
            owners.append(row)
            sizes.append(len(name.tokens))
            held += [numbers.setdefault(token, len(numbers)) for token in name.tokens]
    told = json.dumps(
        {"tally": tally, "refused": [[place, row_id, why] for _, place, row_id, *_, why, _, _ in refused]}
    )
    rows, keys, spans = zip(*blocks, strict=True) if blocks else ((), (), ())
    places, values = zip(*given, strict=True) if given else ((), ())
    cells = ([token_text(t) for t in numbers], owners, sizes, held, rows, keys, spans, places, values, told)
    arrays = [pa.array([cell], field.type) for cell, field in zip(cells, READ, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=READ)


def _rows_of(batch: pa.RecordBatch, places: Sequence[int | None]) -> list[int]:
    """Return the rows of a batch by their places, which follow each other."""
    first = batch.column("place")[0].as_py() if batch.num_rows else 0
    return [(place or 0) - first for place in places]


def hashed(text: str) -> int:
    """Return a text as a number of 64 bits. Two texts of one number only make a customer be looked at in vain."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def span_of(name: Name, block: Block) -> int:
    """Return where a block stands as a number: its start, and two, three or, as nought, all tokens."""
    size = block.stop - max(block.start, 0)
    is_all = size >= len(name.tokens) or size > _TO_THE_END
    return max(block.start, 0) | (0 if is_all else size) << _STARTS


def span_read(spans: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return where spans start and how many tokens they take, nought for all."""
    return spans & np.uint8((1 << _STARTS) - 1), spans >> np.uint8(_STARTS)


def token_text(token: Token) -> str:
    """Return a token as text: equal for equal tokens alone."""
    return json.dumps([token.readings, token.role, token.code, token.group], separators=(",", ":"))


def token_read(text: str) -> Token:
    """Return the token that was written by :func:`token_text`."""
    readings, role, code, group = json.loads(text)
    return Token(tuple((str(reading), int(cost)) for reading, cost in readings), role, code, group)
