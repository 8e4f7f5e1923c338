"""Entries of XML files, one at a time, from bytes nobody vouches for.

The trap guarded against: a list that makes its reader expand entities, fetch files or fill the memory. Declarations
are refused by the parser itself, so that no encoding hides them, and each entry is let go before the next is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET
from xml.parsers import expat

from gatebook.errors import ListError

_MOST_BYTES = 1024 * 1024 * 1024
_MOST_DEPTH = 40
_MOST_NODES = 200_000  # in one entry
_CHUNK = 65_536
_ENCODINGS = frozenset({"", "utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "windows-1252"})
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


@dataclass(frozen=True, slots=True)
class Head:
    """The first element of a document: its name without prefix, its namespace and its attributes."""

    tag: str
    namespace: str
    attributes: dict[str, str]


def head(data: bytes) -> Head | None:
    """Return the first element, or None for what is no XML. Raises ListError for a document type declaration."""
    found: list[Head] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if not found:
            prefix, _, name = tag.rpartition(":")
            space = attributes.get(f"xmlns:{prefix}" if prefix else "xmlns", "")
            found.append(Head(name, space, attributes))

    parser = _parser(data)
    parser.StartElementHandler = start
    for at in range(0, min(len(data), 4 * _CHUNK), _CHUNK):
        try:
            parser.Parse(data[at : at + _CHUNK], False)
        except (expat.ExpatError, ValueError, LookupError):
            break
        if found:
            break
    return found[0] if found else None


def entries(data: bytes, tags: frozenset[str]) -> Iterator[ET.Element]:
    """Yield each element of ``tags``, whole, with prefixes and namespaces taken off its names.

    An entry inside an entry is part of it. Raises ListError, saying where, for a document that is cut off, not
    well-formed, too deep or too large.
    """
    if len(data) > _MOST_BYTES:
        raise ListError(f"the list is larger than {_MOST_BYTES // 2**20} MiB")
    builder = _Entries(tags)
    parser = _parser(data)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler = builder.text
    count = 0
    for at in range(0, len(data) + 1, _CHUNK):
        try:
            parser.Parse(data[at : at + _CHUNK], at + _CHUNK > len(data))
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise ListError(
                f"the list is cut off or no well-formed XML: stopped at byte {max(parser.ErrorByteIndex, 0)}"
                f" after {count + len(builder.done)} entries ({_reason(error)})"
            ) from None
        count += len(builder.done)
        yield from builder.done
        builder.done = []


def _reason(error: Exception) -> str:
    return expat.ErrorString(error.code) if isinstance(error, expat.ExpatError) else "encoding"


def _parser(data: bytes) -> expat.XMLParserType:
    declared = _DECLARED.search(data[:400].replace(b"\x00", b""))
    if declared and declared[1].decode("ascii").lower() not in _ENCODINGS:
        raise ListError("the list is in an encoding no list is published in")
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    return parser


def _refuse(*_: object) -> int:
    raise ListError("the list declares a document type or entities, which an honest list does not")


class _Entries:
    """Builds one entry after the other from what the parser calls out."""

    def __init__(self, tags: frozenset[str]) -> None:
        self.done: list[ET.Element] = []
        self._tags, self._plain = tags, dict[str, str]()
        self._depth = self._inside = self._nodes = 0
        self._tree = ET.TreeBuilder()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = self._plain.get(tag) or self._plain.setdefault(tag, tag.rpartition(":")[2])
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise ListError(f"the list is nested deeper than {_MOST_DEPTH} elements")
        if self._inside:
            self._nodes += 1
            if self._nodes > _MOST_NODES:
                raise ListError(f"one entry of the list has more than {_MOST_NODES} parts")
        elif name in self._tags:
            self._inside, self._nodes, self._tree = self._depth, 1, ET.TreeBuilder()
        if self._inside:
            self._tree.start(name, attributes)

    def text(self, text: str) -> None:
        if self._inside:
            self._tree.data(text)

    def end(self, tag: str) -> None:
        if self._inside:
            self._tree.end(self._plain[tag])
            if self._inside == self._depth:
                self.done.append(self._tree.close())
                self._inside = 0
        self._depth -= 1


def texts(element: ET.Element, path: str) -> list[str]:
    """Return the texts at a path that are not empty, stripped."""
    return [text for found in element.findall(path) if (text := (found.text or "").strip())]


def text(element: ET.Element, path: str) -> str:
    """Return the first text at a path, stripped; empty when there is none."""
    return (element.findtext(path) or "").strip()
