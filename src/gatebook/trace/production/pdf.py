"""A printed paper: headings, words and tables as PDF, in letters every reader has.

The trap guarded against: a box, or nothing, where a name in other letters stood. The fonts every reader has know
Western European letters only, so anything else is spelled in Latin letters between braces, which says so; and a PDF
that carries the second it was made, so that no two are alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from anyascii import anyascii
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from gatebook.trace.timeline import printable

#: Said once at the head of each paper.
LEGEND = (
    "Words in {braces} were written in letters this paper cannot print, and are spelled in Latin letters here; what is "
    "cut ends in [...]. The letters as they were written stand in the HTML cover and in the records, which alone count."
)
_FONT, _SIZE, _LINE = "helvetica", 9.0, 4.4  # points, millimetres
_HEADINGS = {1: 15.0, 2: 12.0, 3: 10.0}
_MOST_CELL = 300  # characters; a row that is longer than a page cannot be laid out
_OTHER = re.compile(r"[^\x20-\x7e\xa0-\xac\xae-\xff]+(?:\s+[^\x20-\x7e\xa0-\xac\xae-\xff]+)*")


def spelled(text: str) -> str:
    """Return a text in letters the standard fonts have: other words in Latin letters between braces.

    A brace of the text itself is doubled, so that none is taken for ours.
    """
    clean = printable(text).replace("{", "{{").replace("}", "}}")
    return _OTHER.sub(lambda found: "{" + _latin(found[0]) + "}", clean)


def _latin(word: str) -> str:
    # What has no spelling is told by its number.
    return "".join(anyascii(c) or f"U+{ord(c):04X}" for c in word).replace("{", "(").replace("}", ")")


class Sheet:
    """A paper being written. ``made_at`` is the only time in it; the file's id follows from its content."""

    def __init__(self, title: str, made_at: datetime) -> None:
        self._pdf = pdf = FPDF(format="A4")
        pdf.set_creation_date(made_at)
        pdf.set_title(spelled(title))
        pdf.set_lang("en")
        pdf.set_producer("Gatebook")
        pdf.set_margins(18, 18)
        pdf.set_auto_page_break(True, 18)
        pdf.add_page()
        pdf.set_font(_FONT, size=_SIZE)

    def heading(self, text: str, level: int = 1) -> None:
        """Write a heading; there are three levels."""
        self._pdf.ln(2)
        self._pdf.set_font(_FONT, "B", _HEADINGS[level])
        self._put(spelled(text), _LINE * 1.5)
        self._pdf.set_font(_FONT, size=_SIZE)

    def legend(self) -> None:
        """Say how other letters are printed."""
        self._put(LEGEND, _LINE)
        self._pdf.ln(1)

    def words(self, text: str) -> None:
        """Write a paragraph."""
        self._put(spelled(text), _LINE)
        self._pdf.ln(1)

    def lines(self, text: str) -> None:
        """Write a text whose lines and columns matter, in letters of one width; a line that is too wide is broken."""
        self._pdf.set_font("courier", size=8)
        for line in text.split("\n"):
            self._put(spelled(line), 3.8)
        self._pdf.set_font(_FONT, size=_SIZE)

    def table(self, heads: Sequence[str], widths: tuple[int, ...], rows: Iterable[Sequence[str]]) -> None:
        """Write a table, its heads repeated on each page; a long text is cut, and says so. Without rows it says so."""
        cells = [[_cut(spelled(cell)) for cell in row] for row in rows]
        if not cells:
            self.words("None.")
            return
        with self._pdf.table(
            [list(heads), *cells] if heads else cells,
            col_widths=widths,
            first_row_as_headings=bool(heads),
            headings_style=FontFace(emphasis="BOLD"),
            line_height=_LINE,
            text_align="LEFT",
        ):
            pass
        self._pdf.ln(2)

    def more(self, count: int, words: str) -> None:
        """Say how much is left out, where anything is."""
        if count > 0:
            self.words(f"{count:,} more {words} are in the files of this production.")

    def finish(self) -> bytes:
        """Return the paper."""
        return bytes(self._pdf.output())

    def _put(self, text: str, height: float) -> None:
        self._pdf.multi_cell(0, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CELL else f"{text[: _MOST_CELL - 6]} [...]"
