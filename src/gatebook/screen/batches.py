"""A population screened: Arrow record batches of customers in, Arrow record batches of matches out.

The trap guarded against: a customer who was in the file and in no count. Each row is screened or refused with a reason,
and the tally of every batch is counted apart from both.
"""

from __future__ import annotations

import json
import pickle
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from gatebook import canonical
from gatebook.errors import ListError
from gatebook.screen.came import Came
from gatebook.screen.cells import NOT_TEXT, texts_of
from gatebook.screen.index import CompleteIndex
from gatebook.screen.party import ListEdition
from gatebook.screen.rows import lacking, name_fault, query_of, read_details
from gatebook.screen.screening import Candidate, Query, Screening, ScreenSettings, settings_digest
from gatebook.screen.weights import Weights

NEEDED = ("id", "name")
DETAILS = ("kind", "born", "country", "number")
#: what a reader adds: the place of the row in its file, and why the row could not be read
ADDED = ("place", "refused")
MATCH, REFUSED, TALLY = "match", "refused", "tally"
#: ``what``: a match, a row refused (``words`` says why), or the tally of a batch (``words`` holds it as JSON)
SCHEMA = pa.schema([
    ("what", pa.string()), ("place", pa.int64()), ("id", pa.string()), ("rank", pa.int32()), ("list", pa.string()),
    ("party", pa.string()), ("row", pa.string()), ("matched_name", pa.string()), ("score", pa.float64()),
    ("grade", pa.string()), ("agreed", pa.string()), ("clashed", pa.string()), ("words", pa.string()),
    ("edition", pa.string()), ("explanation", pa.string()),
])  # fmt: skip
#: the same for engines that take a schema as text
SCHEMA_TEXT = ", ".join(
    f"`{f.name}` { {'int64': 'bigint', 'int32': 'int', 'double': 'double'}.get(str(f.type), 'string') }" for f in SCHEMA
)
_REMEMBERED = 200_000
Row = tuple[Any, ...]


class Many(Protocol):
    """What screens many queries: the complete index of whole lists, or of what changed in one."""

    def screen_many(self, queries: Sequence[Query]) -> Iterator[Screening]:
        """Yield a screening for each query, in their order."""
        ...


def screen_batches(
    screener: Many, batches: Iterable[pa.RecordBatch], *, explained: bool = False
) -> Iterator[pa.RecordBatch]:
    """Yield for each batch its matches in the order of its rows, strongest first, then rows refused, then its tally.

    Columns of ``batches``: ``id`` and ``name``, and what is there of ``born``, ``country``, ``kind`` and ``number``;
    others are ignored, and named by ``ignored_columns``. Text, bytes, numbers and days are all read. An id may stand
    in several rows; each is screened for itself. Raises ListError when ``id`` or ``name`` is missing.
    """
    known: dict[Query, tuple[Candidate, ...]] = {}
    for batch in batches:
        if len(known) > _REMEMBERED:
            known.clear()
        yield _screened(screener, batch, known, explained=explained)


def ignored_columns(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the columns nothing is done with."""
    return tuple(name for name in columns if name not in {*NEEDED, *DETAILS, *ADDED})


def _screened(
    screener: Many, batch: pa.RecordBatch, known: dict[Query, tuple[Candidate, ...]], *, explained: bool
) -> pa.RecordBatch:
    if missing := lacking(batch.schema.names, NEEDED):
        raise ListError(f"the population lacks the columns {', '.join(missing)}")
    tally: Counter[str] = Counter(rows=batch.num_rows)
    asked, refused = rows_asked(batch, tally)
    new = [query for query in dict.fromkeys(query for *_, query in asked) if query not in known]
    known.update(zip(new, (s.candidates for s in screener.screen_many(new)), strict=True))
    found = [
        _match(place, row_id, rank, candidate, explained=explained)
        for place, row_id, query in asked
        for rank, candidate in enumerate(known[query], 1)
    ]
    tally.update(screened=len(asked), refused=len(refused), matches=len(found))
    return batch_of([*found, *refused, tally_row(tally)])


def batch_of(rows: Sequence[Row]) -> pa.RecordBatch:
    """Return rows as a batch of the schema."""
    columns = zip(*rows, strict=True) if rows else [()] * len(SCHEMA)
    arrays = [pa.array(cells, type=field.type) for cells, field in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def refused_row(place: int | None, row_id: str | None, why: str) -> Row:
    """Return what is told of a row that was not screened."""
    return (REFUSED, place, row_id, *(None,) * 9, why, None, None)


def tally_row(counts: Mapping[str, int]) -> Row:
    """Return what is told of how many rows there were."""
    return (TALLY, *(None,) * 11, json.dumps(dict(sorted(counts.items()))), None, None)


def rows_asked(batch: pa.RecordBatch, tally: Counter[str]) -> tuple[list[tuple[int | None, str, Query]], list[Row]]:
    """Divide the rows of a batch into those to screen and those refused, each with its place."""
    places = batch.column("place").to_pylist() if "place" in batch.schema.names else [None] * batch.num_rows
    cells = {name: texts_of(batch, name) for name in (*NEEDED, *DETAILS, "refused")}
    asked: list[tuple[int | None, str, Query]] = []
    refused: list[Row] = []
    for place, row_id, name, kind, born, country, number, fault in zip(places, *cells.values(), strict=True):
        if reason := fault or _fault(row_id, name):
            shown = None if row_id is NOT_TEXT else row_id
            refused.append(refused_row(place, shown, reason))
            continue
        details = read_details(*("" if cell is NOT_TEXT else cell for cell in (kind, born, country, number)))
        odd = [what for what, cell in zip(DETAILS, (kind, born, country, number), strict=True) if cell is NOT_TEXT]
        tally.update(f"{what}-unread" for what in (*details.unread, *odd))
        asked.append((place, row_id, query_of(name, details)))
    return asked, refused


def _fault(row_id: str, name: str) -> str:
    if row_id is NOT_TEXT or name is NOT_TEXT:
        return "not-utf-8"
    return name_fault(name) if row_id.strip() else "no-id"


def _match(place: int | None, row_id: str, rank: int, c: Candidate, *, explained: bool) -> Row:
    why = canonical.encode(asdict(c.explanation)).decode() if explained and c.explanation else None
    agreed, clashed = " ".join(c.agreed), " ".join(c.clashed)
    named = (c.list_id, c.party_id, c.row, c.matched_name)
    return (MATCH, place, row_id, rank, *named, float(c.score), c.grade, agreed, clashed, c.words, c.list_digest, why)


_MADE: dict[str, CompleteIndex] = {}


@dataclass(frozen=True)
class PopulationScreen:
    """The function that every engine runs: lists and settings, carried to where the rows are, and one index there.

    It pickles to a few megabytes. Where it arrives, the index is made once a process and kept. A place with another
    Gatebook is refused: its answers would be others. Of what came since earlier lists, ``since`` is the digest of both,
    and ``shares`` are the weights of all lists.
    """

    editions: tuple[ListEdition, ...]
    settings: ScreenSettings = field(default_factory=ScreenSettings)
    explained: bool = False
    scorer: str = ""
    since: str = ""
    shares: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(
        cls, editions: Iterable[ListEdition], settings: ScreenSettings | None = None, *, explained: bool = False
    ) -> PopulationScreen:
        """Make the function for lists. Raises ListError when there is none, for then everybody would seem unlisted."""
        given, wanted = tuple(editions), settings or ScreenSettings()
        if not given:
            raise ListError("there is no list to compare with")
        return cls(given, wanted, explained, settings_digest(wanted))

    @classmethod
    def of_came(
        cls, came: Came, settings: ScreenSettings | None = None, *, explained: bool = False
    ) -> PopulationScreen:
        """Make the function for what came to lists. Nobody came: then every row is read, and no match is made."""
        wanted = settings or ScreenSettings()
        return cls(came.editions, wanted, explained, settings_digest(wanted), came.described, came.shares)

    @property
    def lists(self) -> str:
        """The digest of all lists compared with, in their order, of those before, and of the settings."""
        named = [[e.list_id, e.digest] for e in self.editions]
        return canonical.digest(
            {"lists": named, "settings": self.scorer, **({"since": self.since} if self.since else {})}
        )

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Screen record batches. Raises ListError in a process whose scorer is another."""
        return screen_batches(self.index(), batches, explained=self.explained)

    def index(self) -> CompleteIndex:
        """Return this process's index of these lists, made when it is first asked for."""
        if settings_digest(self.settings) != self.scorer:
            raise ListError("this process runs another Gatebook than the one that asked; give both the same")
        key = self.lists
        if key not in _MADE:
            _MADE.clear()  # one at a time: an index of all lists is some hundred megabytes
            weights = Weights.by_shares(dict(self.shares)) if self.since else None
            _MADE[key] = CompleteIndex(self.editions, self.settings, weights)
        return _MADE[key]

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel packed: the lists are most of it, and are mostly the same words."""
        packed = zlib.compress(pickle.dumps(self.editions, protocol=5), level=6)
        return _unpacked, (packed, (self.settings, self.explained, self.scorer, self.since, self.shares))


def _unpacked(packed: bytes, others: tuple[Any, ...]) -> PopulationScreen:
    editions = pickle.loads(zlib.decompress(packed))  # noqa: S301  only ever what __reduce__ above has made
    return PopulationScreen(editions, *others)
