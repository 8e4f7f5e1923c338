"""The words people use for what a party is.

The trap guarded against: a party lost, or compared with the wrong half of a list, over a word for what it is. One
table serves the operator's own lists and the populations screened against them.
"""

from __future__ import annotations

from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("individual", "person", "natural person", "human", "people", "per", "i", "p"), "individual"),
    **dict.fromkeys(("entity", "company", "organization", "organisation", "business", "org", "e", "o"), "entity"),
    **dict.fromkeys(("legal entity", "legalentity", "legal person", "public body", "publicbody"), "entity"),
    **dict.fromkeys(("vessel", "ship"), "vessel"),
    **dict.fromkeys(("aircraft", "airplane"), "aircraft"),
    **dict.fromkeys(("", "unknown"), "unknown"),
}


def kind_of(word: str) -> str | None:
    """Return the kind a word stands for, ``unknown`` when it says that nobody knows; None for a word nobody knows."""
    return _WORDS.get(" ".join(word.casefold().split()))
