"""Replaying a screening: the questions kept are screened anew over the editions compared with, byte for byte.

The trap guarded against: a replay that finds the same because it looks at what was kept alone. Whole candidates are
reckoned anew, and those that were not kept are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from gatebook import canonical
from gatebook.errors import ListError, NotFound
from gatebook.procedures.house import House, Operator
from gatebook.procedures.list_editions import digests_there, edition_if_there
from gatebook.procedures.look import read_record
from gatebook.procedures.permit import permit
from gatebook.procedures.publish_ledger import published_entry
from gatebook.record.entry import Entry
from gatebook.screen import again
from gatebook.screen.index import CompleteIndex
from gatebook.screen.party import ListEdition
from gatebook.screen.screening import Query, ScreenSettings, candidate_to_plain, query_from_plain, settings_digest

SAME, DIFFERENT = "same", "different"
NOT_KEPT, NOT_FOUND_AGAIN = "found anew, not kept", "kept, not found anew"
NO_EDITION, NO_QUESTION = "no such edition on the shelf", "question not kept"
NOT_EXPLAINED = "kept without an explanation that is read now"
WHOLE, PAIRS = "whole", "pair by pair"
#: Why a screening cannot be reckoned whole.
_NO_QUESTION, _OTHER_SETTINGS, _NO_EDITION = (
    "a question was not kept",
    "settings, tables or scorer are others now",
    "the editions compared with are not all on the shelf, or two lists hold the same",
)
_TOLD = ("list_id", "list_digest", "party_id", "matched_name", "by")
_MOST_LISTS = 10_000

_Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A screening as kept: candidates by question, the questions, and what its ledger entry says it was made with."""

    groups: tuple[Sequence[_Plain], ...]
    queries: tuple[Query, ...]
    settings: str
    digests: tuple[str, ...]


def replay_screening(house: House, operator: Operator, application_id: str) -> dict[str, Any]:
    """Reckon the latest screening of an application anew and say of each candidate whether the bytes are the same.

    ``way`` is whole where questions, settings and editions are those of the day: then all is screened anew, and
    ``same_bytes`` says that nothing else was found, and nothing more or less. Else it is pair by pair, ``reason`` says
    why, and ``same_bytes`` is not claimed: each candidate that can be is reckoned by itself. The screening is opened
    with purpose ``audit``. Raises NotFound.
    """
    kept = _open(house, operator, application_id)
    today = _today(house)
    editions = _editions(house, kept.digests)
    if reason := _hindrance(kept, today, editions):
        found, is_same = _pair_by_pair(house, kept, today.settings), False
    else:
        found, is_same = _whole(kept, _screener(today, editions or []))
    way = PAIRS if reason else WHOLE
    return {"same_bytes": is_same, "way": way, "reason": reason, "candidates": found}


def _open(house: House, operator: Operator, application_id: str) -> _Kept:
    permit(house, operator, "read-records", "replay-screening")
    with house.state.read() as work:
        row = work.registers.get("applications", application_id) or {}
        record = work.registers.get("records", row.get("screened_record") or "")
    if record is None:
        raise NotFound("this application was not screened yet")
    body = Entry.from_bytes(published_entry(house, record["position"])).body
    opened: Any = read_record(house, operator, record["record_id"], "audit")
    groups = (opened["candidates"], *opened["others"])
    return _Kept(groups, _queries(opened), body.get("settings", ""), tuple(body.get("lists", ())))


def _queries(opened: _Plain) -> tuple[Query, ...]:
    """Return the questions, or none where they were not sealed with their answers, or in no form that is read now."""
    try:
        return tuple(query_from_plain(plain) for plain in (opened["query"], *opened["queries_of_others"]))
    except (KeyError, TypeError):
        return ()


def _today(house: House) -> CompleteIndex:
    """Return today's screener, over no list where one on disk is no longer what was loaded."""
    try:
        return house.screener()
    except ListError:
        return CompleteIndex([], ScreenSettings())


def _hindrance(kept: _Kept, today: CompleteIndex, editions: Sequence[ListEdition] | None) -> str:
    if len(kept.queries) < len(kept.groups):
        return _NO_QUESTION
    if kept.settings != settings_digest(today.settings):
        return _OTHER_SETTINGS
    return _NO_EDITION if editions is None else ""


def _editions(house: House, digests: Iterable[str]) -> list[ListEdition] | None:
    """Return the editions with these digests; None when one is gone, or two lists share one and only one was compared.

    A screening names the editions it was made with by digest alone.
    """
    wanted, found = Counter(digests), list[ListEdition]()
    with house.state.read() as work:
        lists = [row["list_id"] for row in work.registers.page("lists", {}, "", _MOST_LISTS)]
    holding = [(list_id, digest) for list_id in lists for digest in digests_there(house, list_id) if digest in wanted]
    if Counter(digest for _, digest in holding) != wanted:
        return None
    for list_id, digest in holding:
        if (edition := edition_if_there(house, list_id, digest)) is None:
            return None
        found.append(edition)
    return found


def _screener(today: CompleteIndex, editions: Sequence[ListEdition]) -> CompleteIndex:
    """Return today's screener where it is over the very editions, else one over them."""
    compared = {(edition.list_id, edition.digest) for edition in today.editions}
    is_today = compared == {(edition.list_id, edition.digest) for edition in editions}
    return today if is_today else CompleteIndex(editions, today.settings)


def _whole(kept: _Kept, screener: CompleteIndex) -> tuple[list[_Plain], bool]:
    """Screen every question anew and set what comes against what was kept, in its order."""
    made = [[candidate_to_plain(c) for c in s.candidates] for s in screener.screen_many(kept.queries)]
    groups = list(zip_longest(kept.groups, made, fillvalue=()))
    found = [told for group, anew in groups for told in _set_against(group, anew)]
    return found, all(canonical.encode(list(group)) == canonical.encode(list(anew)) for group, anew in groups)


def _set_against(group: Iterable[_Plain], anew: Iterable[_Plain]) -> list[_Plain]:
    left = {_party(candidate): candidate for candidate in anew}
    found = []
    for candidate in group:
        other = left.pop(_party(candidate), None)
        if other is None:
            found.append(_told(candidate, NOT_FOUND_AGAIN))
        else:
            found.append(
                _told(candidate, SAME if canonical.encode(other) == canonical.encode(candidate) else DIFFERENT)
            )
    return [*found, *(_told(candidate, NOT_KEPT) for candidate in left.values())]


def _party(candidate: _Plain) -> tuple[str, str]:
    return str(candidate["list_id"]), str(candidate["party_id"])


def _told(candidate: _Plain, verdict: str) -> _Plain:
    return {**{name: candidate[name] for name in _TOLD}, "replay": verdict}


def _pair_by_pair(house: House, kept: _Kept, settings: ScreenSettings) -> list[_Plain]:
    """Reckon each candidate by itself; one that is not there cannot be missed this way."""
    held: dict[tuple[str, str], ListEdition | None] = {}
    found = []
    queries = kept.queries if len(kept.queries) >= len(kept.groups) else ()
    for query, group in zip_longest(queries, kept.groups):
        for candidate in group or ():
            named = (candidate["list_id"], candidate["list_digest"])
            if named not in held:
                held[named] = edition_if_there(house, *named)
            found.append(_told(candidate, _by_itself(candidate, query, held[named], settings, kept.settings)))
    return found


def _by_itself(
    kept: _Plain, query: Query | None, edition: ListEdition | None, settings: ScreenSettings, named: str
) -> str:
    if query is None:
        return NO_QUESTION
    if edition is None:
        return NO_EDITION
    if kept["by"] != "name":
        made = again.by_identifier(query, edition)
    elif explained := again.explanation_of(kept):
        made = again.by_name(explained, kept["party_id"], query, edition, settings, named)
    else:
        return NOT_EXPLAINED
    return (
        SAME if canonical.encode(dict(kept)) in [canonical.encode(candidate_to_plain(c)) for c in made] else DIFFERENT
    )
