"""FollowTheMoney entities, one JSON document a line, plain or nested.

The trap guarded against: a politician or a witness read as sanctioned because the file holds them. Topics say what
an entity is, and only ``sanction`` blocks.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from gatebook.errors import ListError
from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.encodings import is_broken
from gatebook.screen.lists.ftm_words import (
    BELONGS,
    ENTITIES_LEFT_ALONE,
    HOLDERS,
    KINDS,
    LIVES,
    NAME_PARTS,
    NAMES,
    NUMBERS,
    is_known,
)
from gatebook.screen.lists.lines import NOT_UTF8, json_of, text_of
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

Said = Mapping[str, list[Any]]


def load(files: Mapping[str, bytes], list_id: str) -> ListEdition:
    """Load the file under the role ``list``. Raises ListError for what holds no entity."""
    tally = Tally()
    drafts = Drafts(tally)
    waiting: list[tuple[str, str, Said]] = []
    for row, entity_id, schema, said in _entities(files["list"], tally):
        if schema in KINDS:
            _party(row, entity_id, schema, said, drafts, tally)
        elif schema in HOLDERS:
            waiting.append((row, schema, said))
        else:
            tally.refuse(row, "says-nothing-to-compare" if schema in ENTITIES_LEFT_ALONE else "schema-unknown")
            continue
        for name in said:
            if not is_known(name):
                tally.unknown_field(f"ftm:{name[:60]}")
    for row, schema, said in waiting:
        _more(row, schema, said, drafts, tally)
    return edition_of(list_id, "ftm", files, drafts, tally)


def _entities(data: bytes, tally: Tally) -> Iterator[tuple[str, str, str, Said]]:
    for row, entity in _rows(text_of("ftm", data, tally), tally):
        properties = entity.get("properties")
        entity_id, schema = entity.get("id"), entity.get("schema")
        if not (isinstance(properties, dict) and isinstance(entity_id, str) and entity_id and isinstance(schema, str)):
            tally.refuse(row, "malformed")
            continue
        yield row, entity_id, schema, {k: v if isinstance(v, list) else [v] for k, v in properties.items()}


def _rows(text: str, tally: Tally) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield entities, one a line or all in one array, each counted; what is none is an empty one."""
    if _is_array(text):
        found = json_of(text)
        if not isinstance(found, list) or is_broken(text):
            raise ListError("the list is no whole array of entities in UTF-8; it may be cut off")
        for number, entity in enumerate(found, 1):
            tally.row()
            yield f"ftm:{number}", entity if isinstance(entity, dict) else {}
        return
    for number, line in enumerate(io.StringIO(text), 1):
        if not line.strip():
            continue
        tally.row()
        if is_broken(line):
            tally.refuse(f"ftm:{number}", NOT_UTF8)
        else:
            yield f"ftm:{number}", parsed(line)


def _is_array(text: str) -> bool:
    return text[:1_000].lstrip().startswith("[")


def parsed(line: str) -> dict[str, Any]:
    """Return a line as a JSON table; an empty one for anything else."""
    found = json_of(line)
    return found if isinstance(found, dict) else {}


def _texts(said: Said, *keys: str) -> list[str]:
    return [value.strip() for key in keys for value in said.get(key, ()) if isinstance(value, str) and value.strip()]


def _party(row: str, entity_id: str, schema: str, said: Said, drafts: Drafts, tally: Tally) -> None:
    draft = Draft(entity_id, KINDS[schema], tally)
    for position, name in enumerate(_texts(said, "name") or _put_together(said)):
        draft.name(name, "strong" if position else "primary", row)
    for key, quality in NAMES.items():
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
    topics = _texts(said, "topics")
    draft.is_blocking = "sanction" in topics
    draft.programme(*_texts(said, "programId", "program"), *(f"topic:{topic}" for topic in topics))
    _details(row, said, draft)
    drafts.add(draft, row)


def _put_together(said: Said) -> list[str]:
    """Return names made of the parts that stand in one place of each; the first stands in for one that lacks."""
    parts = [found for part in NAME_PARTS if (found := _texts(said, part))]
    count = max(map(len, parts), default=0)
    return [" ".join(found[at] if at < len(found) else found[0] for found in parts) for at in range(count)]


def _details(row: str, said: Said, draft: Draft) -> None:
    for born in _texts(said, "birthDate"):
        draft.born(born, row)
    for country in _texts(said, *BELONGS):
        draft.national_of(country, row)
    for country in _texts(said, *LIVES):
        draft.lives_in(country, row)
    for key, kind in NUMBERS.items():
        for number in _texts(said, key):
            draft.document(kind, number, row)
    for gender in _texts(said, "gender"):
        draft.sex(gender)
    for nested in said.get("sanctions", ()):
        if isinstance(nested, dict) and isinstance(nested.get("properties"), dict):
            more = {k: v for k, v in nested["properties"].items() if isinstance(v, list)}
            draft.programme(*_texts(more, "programId", "program"))


def _more(row: str, schema: str, said: Said, drafts: Drafts, tally: Tally) -> None:
    held = [draft for holder in _texts(said, HOLDERS[schema]) for draft in drafts.of(holder)]
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


def looks_like(text: str) -> bool:
    """Return whether a text is of entities: its first line, or the first of its array."""
    found = json_of(text) if _is_array(text) else parsed(text.lstrip("\n").partition("\n")[0])
    first = found[0] if isinstance(found, list) and found else found
    return isinstance(first, dict) and {"id", "schema", "properties"} <= first.keys()
