"""Numbers: national identification numbers, IBAN, LEI, cards and virtual-currency addresses, by form and digits.

The trap guarded against: a full card number kept anywhere. Any text that looks like one is refused at the door.
"""

from __future__ import annotations

import hashlib
import importlib
import re
import unicodedata
from collections.abc import Mapping

from Crypto.Hash import keccak
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum import lei as stdnum_lei
from stdnum import luhn
from stdnum.exceptions import ValidationError

from gatebook.terms.evidence import Verification

_CARD = re.compile(r"(?<!\d)\d(?:[ \-.]?\d){11,18}(?!\d)")
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
}
_SEGWIT: Mapping[str, str] = {"XBT": "bc", "LTC": "ltc"}
_EVM = frozenset({"ETH", "USDC", "USDT", "ETC", "BSC", "ARB"})
_ALIASES = {"BTC": "XBT"}


def holds_full_card_number(text: str) -> bool:
    """Return whether a text holds 12 to 19 digits that pass Luhn's check, in any script, spaced or not."""
    plain = "".join(
        str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and unicodedata.digit(c, None) is not None else c
        for c in unicodedata.normalize("NFKC", text)
    )
    return any(luhn.is_valid(re.sub(r"\D", "", found.group())) for found in _CARD.finditer(plain))


def check_national_number(country: str, scheme: str, value: str) -> tuple[Verification, str]:
    """Test form and check digits; an unknown scheme is untried. Form is no proof that the number was issued."""
    if not re.fullmatch(r"[a-z]{2}", country.lower()) or not re.fullmatch(r"[a-z0-9_]{1,20}", scheme):
        return Verification.UNTRIED, value
    name = f"stdnum.{country.lower()}.{scheme}".replace("stdnum.in.", "stdnum.in_.").replace(
        "stdnum.is.", "stdnum.is_."
    )
    try:
        module = importlib.import_module(name)
    except ImportError:
        return Verification.UNTRIED, value
    try:
        return Verification.VERIFIED, str(module.validate(value))
    except ValidationError:
        return Verification.REFUTED, value


def check_lei(value: str) -> bool:
    """Return whether an LEI has the form and check digits of ISO 17442."""
    return bool(stdnum_lei.is_valid(value))


def normal_iban(value: str) -> str | None:
    """Return the compact IBAN, or None when its form or check digits are wrong."""
    try:
        return str(IBAN(value).compact)
    except SchwiftyException:
        return None


def iban_country(value: str) -> str:
    """Return the country an IBAN begins with."""
    return value[:2].upper()


def normal_wallet(currency: str, address: str) -> tuple[Verification, str]:
    """Test a virtual-currency address by its checksum and return its one form: case kept where case matters.

    A currency without a check here is untried and kept as it is.
    """
    ticker = _ALIASES.get(currency, currency)
    if ticker in _EVM:
        return _evm(address)
    prefix = _SEGWIT.get(ticker)
    if prefix and address.lower().startswith(prefix + "1"):
        ok = _bech32(address, prefix)
        return (Verification.VERIFIED if ok else Verification.REFUTED), address.lower()
    if ticker in _BASE58_VERSIONS:
        ok = _base58check(address, _BASE58, _BASE58_VERSIONS[ticker])
        return (Verification.VERIFIED if ok else Verification.REFUTED), address
    if ticker == "XRP":
        return (Verification.VERIFIED if _base58check(address, _XRP58, (0,)) else Verification.REFUTED), address
    return Verification.UNTRIED, address


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
