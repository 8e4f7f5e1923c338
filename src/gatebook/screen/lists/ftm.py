"""FollowTheMoney entities, one JSON document a line, plain or nested.

The trap guarded against: a politician or a witness read as sanctioned because the file holds them. Topics say what
an entity is, and only ``sanction`` blocks.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.lines import json_of, text_of
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

KINDS: Mapping[str, str] = {
    "Person": "individual",
    "Organization": "entity",
    "Company": "entity",
    "PublicBody": "entity",
    "LegalEntity": "unknown",
    "Vessel": "vessel",
    "Airplane": "aircraft",
    "CryptoWallet": "unknown",
}
#: entities that say more about another one, and the property that names it
_HOLDERS: Mapping[str, str] = {"Passport": "holder", "Identification": "holder", "Sanction": "entity"}
#: entities that say nothing a person is compared by
_LEFT_ALONE = frozenset(
    """Address Article Associate Documentation Directorship Employment Event Family Membership Note Occupancy Ownership
    Payment Position ProjectParticipant Representation Security Succession UnknownLink""".split()  # noqa: SIM905  words in a line
)
_NAMES: Mapping[str, str] = {"alias": "strong", "previousName": "strong", "weakAlias": "weak"}
_NUMBERS: Mapping[str, str] = {
    "passportNumber": "Passport",
    "idNumber": "National ID",
    "socialSecurityNumber": "Social Security Number",
    "taxNumber": "Tax ID",
    "registrationNumber": "Registration Number",
    "innCode": "INN",
    "ogrnCode": "OGRN",
    "kppCode": "KPP",
    "okpoCode": "OKPO",
    "leiCode": "LEI",
    "uscCode": "USCC",
    "dunsCode": "D-U-N-S Number",
    "swiftBic": "SWIFT/BIC",
    "vatCode": "VAT",
    "imoNumber": "IMO",
    "mmsi": "MMSI",
    "callSign": "Call Sign",
    "serialNumber": "Serial Number",
}
_LIVES = ("country", "jurisdiction", "mainCountry", "flag", "pastFlags")
_BELONGS = ("nationality", "citizenship")


def load(files: Mapping[str, bytes], list_id: str) -> ListEdition:
    """Load the file under the role ``list``. Raises ListError for what holds no entity."""
    tally = Tally()
    drafts: dict[str, Draft] = {}
    waiting: list[tuple[str, str, dict[str, list[Any]]]] = []
    for row, entity_id, schema, said in _entities(files["list"], tally):
        if schema in KINDS and entity_id not in drafts:
            _party(row, entity_id, schema, said, drafts, tally)
        elif schema in _HOLDERS:
            waiting.append((row, schema, said))
        else:
            reason = "id-twice" if schema in KINDS else "says-nothing-to-compare"
            tally.refuse(row, reason if schema in KINDS or schema in _LEFT_ALONE else "schema-unknown")
    for row, schema, said in waiting:
        _more(row, schema, said, drafts, tally)
    return edition_of(list_id, "ftm", files, drafts.values(), tally)


def _entities(data: bytes, tally: Tally) -> Iterator[tuple[str, str, str, dict[str, list[Any]]]]:
    for number, line in enumerate(io.StringIO(text_of("ftm", data, tally)), 1):
        if not line.strip():
            continue
        row = f"ftm:{number}"
        tally.row()
        entity = parsed(line)
        properties = entity.get("properties")
        entity_id, schema = entity.get("id"), entity.get("schema")
        if not (isinstance(properties, dict) and isinstance(entity_id, str) and entity_id and isinstance(schema, str)):
            tally.refuse(row, "malformed")
            continue
        yield row, entity_id, schema, {k: v if isinstance(v, list) else [v] for k, v in properties.items()}


def parsed(line: str) -> dict[str, Any]:
    """Return a line as a JSON table; an empty one for anything else."""
    found = json_of(line)
    return found if isinstance(found, dict) else {}


def _texts(said: Mapping[str, list[Any]], *keys: str) -> list[str]:
    return [value.strip() for key in keys for value in said.get(key, ()) if isinstance(value, str) and value.strip()]


def _party(
    row: str, entity_id: str, schema: str, said: Mapping[str, list[Any]], drafts: dict[str, Draft], tally: Tally
) -> None:
    draft = Draft(entity_id, KINDS[schema], tally)
    for position, name in enumerate(_texts(said, "name")):
        draft.name(name, "strong" if position else "primary", row)
    for key, quality in _NAMES.items():
        for name in _texts(said, key):
            draft.name(name, quality, row)
    for address in _texts(said, "publicKey"):
        draft.wallet(next(iter(_texts(said, "currency")), ""), address, row)
        if not draft.has_names:
            draft.name(address, "weak", row)  # an address of nobody known is known by itself
    if not draft.has_names:
        tally.refuse(row, "no-name")
        return
    tally.parsed()
    drafts[entity_id] = draft
    topics = _texts(said, "topics")
    draft.is_blocking = "sanction" in topics
    draft.programme(*_texts(said, "programId", "program"), *(f"topic:{topic}" for topic in topics))
    _details(row, said, draft)


def _details(row: str, said: Mapping[str, list[Any]], draft: Draft) -> None:
    for born in _texts(said, "birthDate"):
        draft.born(born, row)
    for country in _texts(said, *_BELONGS):
        draft.national_of(country, row)
    for country in _texts(said, *_LIVES):
        draft.lives_in(country, row)
    for key, kind in _NUMBERS.items():
        for number in _texts(said, key):
            draft.document(kind, number, row)
    for gender in _texts(said, "gender"):
        draft.sex(gender)
    for nested in said.get("sanctions", ()):
        if isinstance(nested, dict) and isinstance(nested.get("properties"), dict):
            more = {k: v for k, v in nested["properties"].items() if isinstance(v, list)}
            draft.programme(*_texts(more, "programId", "program"))


def _more(row: str, schema: str, said: Mapping[str, list[Any]], drafts: Mapping[str, Draft], tally: Tally) -> None:
    held = [drafts[holder] for holder in _texts(said, _HOLDERS[schema]) if holder in drafts]
    if not held:
        tally.refuse(row, "of-no-party")
        return
    tally.parsed()
    for draft in held:
        draft.programme(*_texts(said, "programId", "program"))
        kind = next(iter(_texts(said, "type")), "Passport" if schema == "Passport" else "Identification")
        country = next(iter(_texts(said, "country")), "")
        for number in _texts(said, "number", "passportNumber") if schema != "Sanction" else ():
            draft.document(kind, number, row, country)


def looks_like(line: str) -> bool:
    """Return whether a line is an entity."""
    entity = parsed(line)
    return {"id", "schema", "properties"} <= entity.keys()
