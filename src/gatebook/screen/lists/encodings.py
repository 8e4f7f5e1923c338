"""The bytes of a list to text: UTF-8, UTF-16 by its mark, or Windows-1252 where nothing else is meant.

The trap guarded against: names in a wrong alphabet, which look like a list and are like nobody. One broken byte costs
its row; what is in an encoding nobody told is refused.
"""

from __future__ import annotations

import codecs
import re

from gatebook.errors import ListError

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: bytes that are no UTF-8, as Python keeps them in a text
_BROKEN = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_LETTER, _SIGN = r"[A-Za-zÀ-ÖØ-öø-ÿ]", "[¢£¤¥¦§¨¬¯±³µ¶¸¹¼½¾×÷]"  # noqa: RUF001  signs of that page
#: what another encoding looks like when it is read as Windows-1252: whole words of marked letters, signs in words
_FOREIGN = re.compile(
    f"[À-ÿ]{{3}}|{_LETTER}{_SIGN}|{_SIGN}{_LETTER}|{_LETTER}¿|{_LETTER}[\u201c\u201e†‡‰\u2039\u203aˆ˜]{_LETTER}"  # noqa: RUF001  the same
)


def decoded(name: str, data: bytes) -> tuple[str, bool]:
    """Return the text of a file, and whether it was taken as Windows-1252.

    Where most letters beyond ASCII are UTF-8, those that are not stay in the text as broken ones: see ``is_broken``.
    Raises ListError for any other bytes.
    """
    try:
        return data.decode("utf-16" if data.startswith(_UTF16) else "utf-8-sig"), False
    except UnicodeDecodeError as error:
        at = error.start
    text = "" if data.startswith(_UTF16) else data.decode("utf-8-sig", "surrogateescape")
    broken = len(_BROKEN.findall(text))
    sound = len(_BEYOND_ASCII.findall(text)) - broken
    if sound > broken:
        return text, False
    western = None if sound or not text else _western(data)
    if western is None:
        raise ListError(f"the list file {name} is in no encoding that can be told (byte {at}); save it as UTF-8")
    return western, True


def _western(data: bytes) -> str | None:
    """Return bytes as Windows-1252, or None where they are more likely another encoding."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return None if _FOREIGN.search(text) else text


def is_broken(text: str) -> bool:
    """Return whether a text holds bytes that were no UTF-8."""
    return not text.isascii() and bool(_BROKEN.search(text))
