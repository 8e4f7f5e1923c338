"""A claimed registration against an extract of the register: whose it is, and whether the organisation still stands.

The trap guarded against: nothing compared with nothing. A registration without a number is not tested by any extract.
"""

from __future__ import annotations

from gatebook.identify.names import is_same_name, words
from gatebook.terms.evidence import Evidence
from gatebook.terms.evidence import Verification as V  # noqa: N817  the table below is read by its verdicts
from gatebook.terms.person import PersonClaims, Registration

#: How the words begin, romanised, by which registers say that an organisation is no more or is being wound up.
_ENDED = (
    "DISSOL", "STRUCK", "STRICKEN", "LIQUIDAT", "INACTIV", "DEREGIST", "BANKRUPT", "INSOLVEN", "CEASED", "TERMINAT",
    "CANCEL", "REVOK", "WOUND", "WINDING", "REMOVED", "CLOSED", "DEFUNCT", "FORFEIT", "EXPIRED", "NONEXIST",
    "GELOSCHT", "GELOESCHT", "AUFGELOST", "AUFGELOEST", "ABWICKLUNG", "ERLOSCHEN", "RADIE", "DISSOUT", "CESSE",
    "FAILLI", "SLETTET", "AVREGIST", "LIKVID", "LIKWID", "KONKURS", "OPLOST", "OPPLOST", "UPPLOST", "AVVIKL",
    "WYKRESL", "ONTBOND", "OPGEHEVEN", "DISUELT", "EXTINGU", "DISSOLV", "CESSAT", "CANCELAD", "ENCERRAD", "LAKKAUTET",
)  # fmt: skip
#: Words that say so only after a "not".
_STANDING = ("ACTIV", "REGIST", "STANDING", "TRADING", "EXIST")


def try_extract(person: PersonClaims, piece: Evidence) -> tuple[V, str]:
    """Return the verdict of one extract on what ``person`` claims, and why.

    Name, jurisdiction and every number both sides state have to agree, and at least one has to be stated by both.
    """
    claimed, data = person.registration, piece.data
    if not is_same_name(person.name, str(data.get("name", ""))):
        return V.REFUTED, "name-differs"
    if has_ended(str(data.get("status", ""))):
        return V.REFUTED, "not-active"
    if claimed is None:
        return V.UNTRIED, "nothing-claimed"
    if data.get("jurisdiction") != claimed.jurisdiction:
        return V.REFUTED, "jurisdiction-differs"
    return _numbers(claimed, plain(str(data.get("number", ""))), plain(str(data.get("lei", ""))))


def _numbers(claimed: Registration, number: str, lei: str) -> tuple[V, str]:
    both = [(a, b) for a, b in ((plain(claimed.number), number), (plain(claimed.lei), lei)) if a and b]
    if not both:
        return V.UNTRIED, "no-number"
    return (V.VERIFIED, "extract") if all(a == b for a, b in both) else (V.REFUTED, "number-differs")


def has_ended(status: str) -> bool:
    """Return whether a register's word for the state of an organisation says that it no longer stands."""
    found = words(status)
    return any(word.startswith(_ENDED) for word in found) or (
        "NOT" in found and any(word.startswith(_STANDING) for word in found)
    )


def plain(number: str) -> str:
    """Return a number without the spaces and marks in which registers differ."""
    return "".join(c for c in number.upper() if c.isalnum())
