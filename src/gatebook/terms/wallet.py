"""Virtual-currency addresses: their form, their checksum and their one way of being written.

The trap guarded against: an address whose letters lost their case. In Base58 that is another address, or none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from Crypto.Hash import keccak

from gatebook.terms.evidence import Verification

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_XRP58 = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
#: currency -> versions of Base58Check it uses, and bech32 prefix
_BASE58_VERSIONS: Mapping[str, tuple[int, ...]] = {
    "XBT": (0, 5),
    "LTC": (48, 50, 5),
    "TRX": (65,),
    "DASH": (76, 16),
    "ZEC": (28,),
    "DOGE": (30, 22),
    "BCH": (0, 5),
    "BSV": (0, 5),
    "BTG": (38, 23),
    "XVG": (30, 33),
}
_SEGWIT: Mapping[str, str] = {"XBT": "bc", "LTC": "ltc", "BTG": "btg"}
_EVM = frozenset({"ETH", "USDC", "USDT", "ETC", "BSC", "BNB", "ARB"})
#: tokens that live on several chains: the first letter of the address says which
_CHAIN_OF: Mapping[tuple[str, str], str] = {
    ("USDT", "T"): "TRX",
    ("USDC", "T"): "TRX",
    ("USDT", "1"): "XBT",
    ("USDT", "3"): "XBT",
    ("USDT", "t"): "TRX",
    ("USDC", "t"): "TRX",
    ("BNB", "b"): "BEP2",
}
_ALIASES = {"BTC": "XBT"}
#: Base58 without a checksum we read, or of another shape: only a lost case can be told
_BASE58_UNCHECKED = frozenset({"XMR", "SOL"})
_LONG_ENOUGH_FOR_CAPITALS = 25


def ticker_of(currency: str) -> str:
    """Return the one ticker of a currency that is written in two ways."""
    plain = currency.strip().upper()
    return _ALIASES.get(plain, plain)


def normal_wallet(currency: str, address: str) -> tuple[Verification, str]:
    """Test a virtual-currency address by its checksum and return its one form: case kept where case matters.

    A currency without a check here is untried and kept as it is.
    """
    ticker = _chain(currency, address)
    if ticker in _EVM:
        return _evm(address)
    prefix = _SEGWIT.get(ticker)
    if prefix and address.lower().startswith(prefix + "1"):
        ok = _bech32(address, prefix)
        return (Verification.VERIFIED if ok else Verification.REFUTED), address.lower()
    if ticker == "BCH" and address.lower().removeprefix("bitcoincash:")[:1] in {"q", "p"}:
        return (Verification.VERIFIED if _cashaddr(address) else Verification.REFUTED), address.lower()
    if ticker in _BASE58_VERSIONS:
        ok = _base58check(address, _BASE58, _BASE58_VERSIONS[ticker])
        return (Verification.VERIFIED if ok else Verification.REFUTED), address
    if ticker == "XRP":
        return (Verification.VERIFIED if _base58check(address, _XRP58, (0,)) else Verification.REFUTED), address
    return Verification.UNTRIED, address


def tickers_of(address: str) -> tuple[str, ...]:
    """Return every currency known here in which this is a sound address: one key may hold several."""
    known = sorted({*_BASE58_VERSIONS, *_SEGWIT, *_EVM, "XRP"})
    return tuple(ticker for ticker in known if normal_wallet(ticker, address)[0] is Verification.VERIFIED)


def has_lost_case(currency: str, address: str) -> bool:
    """Return whether an address that needs both cases is written in small letters alone, or in capitals alone."""
    if len(address) < _LONG_ENOUGH_FOR_CAPITALS or address not in (address.lower(), address.upper()):
        return False
    chain = _chain(currency, address)
    if chain in _BASE58_UNCHECKED:
        return not re.fullmatch(r"[0-9a-fA-F]+", address)
    if chain not in {*_BASE58_VERSIONS, "XRP"} or address.lower().startswith(("0x", "bc1", "ltc1", "btg1")):
        return False
    return normal_wallet(currency, address)[0] is Verification.REFUTED


def _chain(currency: str, address: str) -> str:
    ticker = _ALIASES.get(currency, currency)
    return _CHAIN_OF.get((ticker, address[:1]), ticker)


def _evm(address: str) -> tuple[Verification, str]:
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", address):
        return Verification.REFUTED, address
    body = address[2:]
    if body in (body.lower(), body.upper()):
        return Verification.VERIFIED, address.lower()
    digest = keccak.new(digest_bits=256, data=body.lower().encode()).hexdigest()
    mixed = "".join(c.upper() if int(d, 16) > 7 else c for c, d in zip(body.lower(), digest, strict=False))  # noqa: PLR2004  EIP-55
    return (Verification.VERIFIED if mixed == body else Verification.REFUTED), address.lower()


def _base58check(text: str, alphabet: str, versions: tuple[int, ...]) -> bool:
    if not 20 <= len(text) <= 60 or any(c not in alphabet for c in text):  # noqa: PLR2004  no address is shorter or longer
        return False
    number = 0
    for c in text:
        number = number * 58 + alphabet.index(c)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    data = b"\x00" * (len(text) - len(text.lstrip(alphabet[0]))) + data
    body, check = data[:-4], data[-4:]
    payload = 20  # bytes of a hashed key
    known = any(body[:1] == bytes([v]) for v in versions) and len(body) == 1 + payload
    if not known and versions == (28,):
        known = body[:2] in (b"\x1c\xb8", b"\x1c\xbd") and len(body) == 2 + payload
    return known and hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4] == check


def _bech32(address: str, prefix: str) -> bool:
    """Return whether a segwit address checks: bech32 for version 0 (BIP 173), bech32m for later ones (BIP 350)."""
    if address not in (address.lower(), address.upper()) or len(address) > 90:  # noqa: PLR2004  BIP 173
        return False
    text = address.lower()[len(prefix) + 1 :]
    if len(text) < 8 or any(c not in _BECH32 for c in text):  # noqa: PLR2004  version, data and six check characters
        return False
    data = [_BECH32.index(c) for c in text]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    want = 1 if data[0] == 0 else 0x2BC830A3
    if _polymod(expanded + data) != want or data[0] > 16:  # noqa: PLR2004  the highest witness version
        return False
    bits = (len(data) - 7) * 5
    size = bits // 8
    return bits % 8 < 5 and 2 <= size <= 40 and (data[0] != 0 or size in (20, 32))  # noqa: PLR2004  BIP 141


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for n, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> n & 1 else 0
    return check


def _cashaddr(address: str) -> bool:
    """Return whether a Bitcoin Cash address checks: its own 40-bit code over the prefix and the data."""
    if address not in (address.lower(), address.upper()):
        return False
    text = address.lower().removeprefix("bitcoincash:")
    if not 40 <= len(text) <= 112 or any(c not in _BECH32 for c in text):  # noqa: PLR2004  hashes of 20 to 64 bytes
        return False
    check = 1
    for value in [ord(c) & 31 for c in "bitcoincash"] + [0] + [_BECH32.index(c) for c in text]:
        top = check >> 35
        check = (check & 0x07FFFFFFFF) << 5 ^ value
        for n, generator in enumerate((0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)):
            check ^= generator if top >> n & 1 else 0
    return check == 1
