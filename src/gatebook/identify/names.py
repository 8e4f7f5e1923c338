"""Names and births as they are compared: words in any order and spelling, dates that may stop at month or year.

The trap guarded against: a name that cannot be compared with anything, which no list would ever find.
"""

from __future__ import annotations

from anyascii import anyascii


def has_letter(name: str) -> bool:
    """Return whether a name has a letter once romanised: only then can it be compared with a listed one."""
    return any(c.isalpha() for c in anyascii(name))


def words(name: str) -> set[str]:
    """Return the words of a name, romanised and in capitals."""
    plain = anyascii(name).upper().replace("'", "").replace("-", " ")
    return set("".join(c if c.isalnum() else " " for c in plain).split())


def is_same_name(claimed: str, read: str) -> bool:
    """Every word read stands in the claim, or the other way round: zones cut long names and spell out umlauts."""
    a, b = words(claimed), words(read)
    spelt = {w.replace("AE", "A").replace("OE", "O").replace("UE", "U") for w in b}
    return len(b) > 0 and (b <= a or spelt <= a or (len(a) > 1 and (a <= b or a <= spelt)))


def is_same_birth(claimed: str, read: str) -> bool:
    """Two births agree as far as both go; one not said agrees with any."""
    return read.startswith(claimed) or claimed.startswith(read)
