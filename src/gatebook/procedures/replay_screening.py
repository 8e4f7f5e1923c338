"""Replaying a screening: each candidate is reckoned again from the list edition on the shelf, byte for byte.

The trap guarded against: an explanation nobody could reckon again, because the list, or the question, was not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatebook import canonical
from gatebook.errors import ListError, NotFound
from gatebook.procedures import case as cases
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look import candidates
from gatebook.screen.identifiers import Identifiers
from gatebook.screen.judge import rescore
from gatebook.screen.party import ListEdition
from gatebook.screen.screening import Query, candidate_to_plain, explanation_from_plain, query_from_plain

SAME, DIFFERENT = "same", "different"
_NO_EDITION, _NOT_EXPLAINED = "no such edition on the shelf", "kept without an explanation"


def replay_screening(house: House, operator: Operator, application_id: str) -> dict[str, Any]:
    """Reckon the latest screening of an application again and say of each candidate whether the bytes are the same.

    The screening is opened with purpose ``audit``. One kept before questions were sealed with their answers is put
    the question of today: what the application holds now. Raises NotFound.
    """
    kept = candidates(house, operator, application_id, "audit")
    groups = [kept["candidates"], *kept["others"]]
    queries = _queries(house, operator, application_id, kept)
    editions: dict[tuple[str, str], ListEdition | None] = {}
    found = []
    for query, group in zip(queries, groups, strict=True):
        for candidate in group:
            named = (candidate["list_id"], candidate["list_digest"])
            if named not in editions:
                editions[named] = _edition(house, *named)
            verdict = _replay(candidate, query, editions[named])
            told = {name: candidate[name] for name in ("list_id", "list_digest", "party_id", "matched_name", "by")}
            found.append({**told, "replay": verdict})
    return {"same_bytes": all(one["replay"] == SAME for one in found), "candidates": found}


def _queries(house: House, operator: Operator, application_id: str, kept: Mapping[str, Any]) -> list[Query]:
    if "query" in kept:
        return [query_from_plain(plain) for plain in (kept["query"], *kept["queries_of_others"])]
    case = cases.load_case(house, operator, application_id, "audit")
    return cases.queries_of_case(case)


def _edition(house: House, list_id: str, digest: str) -> ListEdition | None:
    try:
        return house.lists.edition(list_id, digest)
    except (NotFound, ListError):
        return None


def _replay(kept: Mapping[str, Any], query: Query, edition: ListEdition | None) -> str:
    if edition is None:
        return _NO_EDITION
    if kept["by"] != "name":
        again = [canonical.encode(candidate_to_plain(c)) for c in Identifiers([edition]).find(query)]
        return SAME if canonical.encode(dict(kept)) in again else DIFFERENT
    if not kept.get("explanation"):
        return _NOT_EXPLAINED
    explained = explanation_from_plain(kept["explanation"])
    party = next((p for p in edition.parties if p.party_id == kept["party_id"]), None)
    if party is None or explained.listed_name not in {name.text for name in party.names}:
        return DIFFERENT
    again_plain = canonical.encode(canonical.plain(rescore(explained, query, party)))
    return SAME if again_plain == canonical.encode(kept["explanation"]) else DIFFERENT
