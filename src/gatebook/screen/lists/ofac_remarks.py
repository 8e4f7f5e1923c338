"""OFAC's remarks: one cell in which weak names, births, nationalities, numbers and wallets stand in sentences.

The trap guarded against: the weak a.k.a., which stands in the remarks and in no table, and the remark that was cut at
a thousand letters in the middle of a word and goes on in another file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.ofac_ids import NUMBERS, SOMETHING_ELSE, take_id
from gatebook.screen.lists.tally import Tally

_FULL_CELL = 1000
_REGISTERED = "Nationality of Registration "
_NAME = ("a.k.a.", "f.k.a.", "n.k.a.")
#: first words of sentences that are known and left alone
_LEFT_ALONE = (
    "POB ",
    "Linked To:",
    "(Linked To:",
    "Member ",
    "Secondary sanctions",
    "Additional Sanctions",
    "For more information",
    "Executive Order",
    "CAATSA",
    "Listing Date",
    "Effective Date",
    "Purchase/Sales",
    "Telephone",
    "Fax",
    "Vessel ",
    "Target Type",
    "All offices",
    "all offices",
    "Aircraft ",
    "Organization ",
    "Transactions Prohibited",
)
_NUMBERED = re.compile(
    r"\s*#?\s*(?P<number>.+?)(?:\s+\((?P<country>[^()]+)\))?(?:,? issued .+?)?(?:,? expires .+?)?\s*$"
)
_WALLET = re.compile(r"Digital Currency Address - ([A-Z0-9]+)\s+(\S+)")
_BY_FIRST_WORD: dict[str, tuple[str, ...]] = {}
for _kind in sorted(NUMBERS | SOMETHING_ELSE, key=len, reverse=True):
    _first = _kind.split(" ", 1)[0]
    _BY_FIRST_WORD[_first] = (*_BY_FIRST_WORD.get(_first, ()), _kind)


def is_cut(remarks: str, continued: Sequence[str]) -> bool:
    """Return whether a remark was cut and its continuation was not given."""
    return len(remarks) >= _FULL_CELL and not continued and not remarks.rstrip().endswith((").", "'."))


def whole(remarks: str, continued: Sequence[str]) -> str:
    """Return a remark with its continuation: a full cell was cut anywhere, a shorter one between words."""
    for more in continued:
        between = "" if len(remarks) >= _FULL_CELL else "; " if remarks.rstrip().endswith(".") else " "
        remarks = f"{remarks}{between}{more}"
    return remarks


def sentences(remarks: str) -> Iterator[str]:
    """Yield the parts between semicolons; a semicolon inside a quoted name cuts nothing."""
    held = ""
    for part in remarks.split(";"):
        held = f"{held};{part}" if held else part.strip()
        is_name = held.startswith(_NAME) or held.startswith(tuple(f"alt. {word}" for word in _NAME))
        if not (is_name and "'" in held and not held.rstrip(" .").endswith("'")):
            if held:
                yield held
            held = ""
    if held:
        yield from (part.strip() for part in held.split(";"))


def read(remarks: str, draft: Draft, row: str, tally: Tally, *, cut: bool = False) -> None:
    """Put all that a remark says into ``draft``; free text is counted as such.

    The last sentence of a cut remark is half a name or half a number: it is reported and not used.
    """
    said = list(sentences(remarks))
    if cut:
        tally.unread(row, "remark-cut-and-its-continuation-not-given")
        said = said[:-1]
    for sentence in said:
        plain = sentence.removeprefix("alt. ").rstrip(" .")
        word, _, rest = plain.partition(" ")
        if word == "DOB":
            draft.born(rest, row)
        elif word in {"nationality", "citizen"}:
            draft.national_of(rest, row)
        elif word in _NAME:
            draft.name(rest.strip().removeprefix("'").removesuffix("'"), "weak", row)
        elif word == "Gender":
            draft.sex(rest)
        elif plain.startswith(_REGISTERED):
            draft.lives_in(plain.removeprefix(_REGISTERED), row)
        elif found := _WALLET.match(plain):
            draft.wallet(found[1], found[2].rstrip(".,"), row)
        elif not _identified(plain, word, draft, row, tally) and plain and not plain.startswith(_LEFT_ALONE):
            tally.unknown_field("remarks: free text")


def _identified(plain: str, word: str, draft: Draft, row: str, tally: Tally) -> bool:
    for kind in _BY_FIRST_WORD.get(word, ()):
        if plain.startswith(kind):
            found = _NUMBERED.match(plain, len(kind))
            if found:
                take_id(draft, kind, found["number"], found["country"] or "", row, tally)
            return True
    return False
