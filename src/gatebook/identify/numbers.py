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

from gatebook.identify.national_schemes import SCHEMES
from gatebook.terms.evidence import Verification

#: Digits as people write them apart: up to three spaces, dashes, dots, strokes or low lines between two.
_RUN = re.compile(r"[0-9](?:[\s\-\u2010-\u2015./\\_|*\u00b7]{0,3}[0-9])*")
_SHORTEST, _LONGEST = 12, 19
#: Among other digits a card's number is looked for where one could be: by its first digit, and not the shortest.
_NETWORKS, _SHORTEST_AMONG_OTHERS = "23456", 13
#: Schemes of as many digits as cards have that check no digit, or check them as cards do.
_PASSED_BY_CARDS = frozenset({("PT", "cc"), ("DZ", "nif")})
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
    """Return whether a text holds 12 to 19 digits that pass Luhn's check, in any script, however they are set apart."""
    plain = "".join(
        str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and unicodedata.digit(c, None) is not None else c
        for c in unicodedata.normalize("NFKC", text)
    )
    return any(_holds_card(re.findall(r"[0-9]+", run.group())) for run in _RUN.finditer(plain))


def _holds_card(groups: list[str]) -> bool:
    """Whether a run of digits is such a number, or one stands in it from the start of a group to the end of another."""
    whole = "".join(groups)
    if _SHORTEST <= len(whole) <= _LONGEST and luhn.is_valid(whole):
        return True
    for n in range(len(groups)):
        number = ""
        for group in groups[n:]:
            number += group
            if len(number) > _LONGEST:
                break
            if len(number) >= _SHORTEST_AMONG_OTHERS and number[0] in _NETWORKS and luhn.is_valid(number):
                return True
    return False


def check_national_number(country: str, scheme: str, value: str) -> tuple[Verification, str]:
    """Test form and check digits; a scheme we do not know is untried. Form is no proof that the number was issued."""
    if scheme not in SCHEMES.get(country.upper(), ()):
        return Verification.UNTRIED, value
    # Python's own words stand at three names with a line after them.
    names = {"in": "in_", "is": "is_"}
    module = importlib.import_module(f"stdnum.{names.get(country.lower(), country.lower())}.{scheme}")
    try:
        return Verification.VERIFIED, str(module.validate(value))
    except (ValidationError, ValueError, LookupError, TypeError, AttributeError):
        return Verification.REFUTED, value


def is_national_number(country: str, value: str, scheme: str = "") -> bool:
    """Return whether a number that looks like a card's is a national number, of one scheme or of any of the country's.

    A scheme whose check a card's number passes as well says nothing where a card's number could begin like that.
    """
    schemes = {scheme} if scheme else SCHEMES.get(country.upper(), frozenset())
    if re.sub(r"[^0-9]", "", value)[:1] in tuple(_NETWORKS):
        schemes = {name for name in schemes if (country.upper(), name) not in _PASSED_BY_CARDS}
    return any(check_national_number(country, name, value)[0] is Verification.VERIFIED for name in schemes)


def check_lei(value: str) -> bool:
    """Return whether an LEI has the form and check digits of ISO 17442."""
    return value.isascii() and bool(stdnum_lei.is_valid(value))


def normal_iban(value: str) -> str | None:
    """Return the compact IBAN, or None when its form or check digits are wrong."""
    if not re.fullmatch(r"[A-Za-z0-9 ]+", value):
        return None
    try:
        return str(IBAN(value).compact)
    except (SchwiftyException, ValueError, LookupError):
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
