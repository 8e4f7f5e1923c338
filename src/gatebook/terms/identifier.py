"""The one form of a number or payment address by which a claim and a list meet, whoever wrote it how.

The trap guarded against: an address listed under one currency and paid in another, or written in capitals, that is not
found. An address is one in the world: its currency is no part of it. Case is folded only where it says nothing.
"""

from __future__ import annotations

import re

#: fields of the keyed index under which these forms are found again
NUMBER, ADDRESS = "number", "address"
#: hex (with 0x at any length, bare from 32 digits); bech32 (a prefix, 1, its own alphabet); both one case or the other
_HEX = re.compile(r"0x[0-9a-f]+|[0-9a-f]{32,}")
_BECH32 = re.compile(r"[a-z]{1,20}1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{8,}")
_CASHADDR = re.compile(r"(?:bitcoincash:)?([qp][qpzry9x8gf2tvdw0s3jn54khce6mua7l]{41,})")


def plain_number(value: str) -> str:
    """Return a number without its country prefix, signs and blanks."""
    return "".join(c for c in value.rpartition(":")[2].upper() if c.isalnum())


def plain_address(address: str) -> str:
    """Return the one form of a virtual-currency address; Base58 keeps its case, for in another case it is another."""
    text = address.strip()
    folded = text.lower()
    if _HEX.fullmatch(folded):
        return folded
    if text not in (folded, text.upper()):
        return text.removeprefix("bitcoincash:")
    if found := _CASHADDR.fullmatch(folded):
        return found[1]
    return folded if _BECH32.fullmatch(folded) else text
