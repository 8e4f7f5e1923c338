"""Documents of many lines: JSON that somebody printed for people to read, one document or several in a row.

The trap guarded against: one stray bracket that swallows a file. A document that does not close within a stated size,
holds too many things, or is none after all, is given back as the lines it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatebook.record.events.envelope import MOST_COMMAS, decode
from gatebook.record.events.lines import DOCUMENT_BYTES, Line

#: Lines that begin a document when they stand alone.
OPENINGS = frozenset({"{", "[", "[{"})
#: A document is looked at so often for its end; after that only once, when nothing more comes.
_LOOKS = 64


def gather(lines: Iterable[Line | str]) -> Iterator[Line]:
    """Yield lines as they are, but those of one document as one line."""
    gathering = Gathering()
    for given in lines:
        yield from gathering.feed(Line(given) if isinstance(given, str) else given)
    yield from gathering.end()


class Gathering:
    """Lines that come one by one, and the document that has begun among them, if one has.

    A line at the left edge that closes something may be the last of its document.
    """

    def __init__(self) -> None:
        """Begin outside of any document."""
        self._lines: list[Line] = []
        self._chars, self._commas = 0, 0
        self._looks = 0

    @property
    def is_within(self) -> bool:
        """Whether a document has begun and not ended."""
        return bool(self._lines)

    def feed(self, line: Line) -> list[Line]:
        """Take one more line; return the lines and documents that are whole now."""
        if not self._lines and (line.is_cut or line.text.rstrip() not in OPENINGS):
            return [line]
        self._lines.append(line)
        self._chars += len(line.text) + 1
        self._commas += line.text.count(",")
        if line.is_cut or self._chars > DOCUMENT_BYTES or self._commas > MOST_COMMAS:
            return self._give_back()
        if line.text[0] in "]}" and self._looks < _LOOKS:
            self._looks += 1
            return self._whole()
        return []

    def end(self) -> list[Line]:
        """Return what is left when nothing more comes."""
        return self._whole() or self._give_back()

    def _whole(self) -> list[Line]:
        text = "\n".join(line.text for line in self._lines)
        if not text or decode(text) is None:
            return []
        return [Line(text, is_torn=self._give_back()[-1].is_torn)]

    def _give_back(self) -> list[Line]:
        lines, self._lines, self._chars, self._commas, self._looks = self._lines, [], 0, 0, 0
        return lines
