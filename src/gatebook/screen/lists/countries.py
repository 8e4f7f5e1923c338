"""Country names as the lists write them, to ISO 3166 alpha-2.

The trap guarded against: a country nobody knows dropped in silence. It is kept in the list's own words and reported.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import pycountry

#: names the lists use that ISO does not, folded; two codes where the words name two countries; none where they say
#: that nobody knows
_LISTS_OWN: Mapping[str, tuple[str, ...]] = {
    "abkhazia": ("GE",),
    "aden": ("YE",),
    "aland": ("AX",),
    "ascension": ("SH",),
    "bahamas the": ("BS",),
    "bosnia": ("BA",),
    "brunei": ("BN",),
    "burma": ("MM",),
    "cabo verde previously cape verde": ("CV",),
    "cape verde": ("CV",),
    "channel islands": ("GG", "JE"),
    "congo brazzaville": ("CG",),
    "congo democratic republic": ("CD",),
    "congo democratic republic of": ("CD",),
    "congo democratic republic of the": ("CD",),
    "congo democratic republic of was zaire": ("CD",),
    "congo kinshasa": ("CD",),
    "congo people s republic of": ("CG",),
    "congo republic of": ("CG",),
    "congo republic of the": ("CG",),
    "republic of congo": ("CG",),
    "republic of the congo": ("CG",),
    "cote d ivoire": ("CI",),
    "cote d ivoire ivory coast": ("CI",),
    "crimea": ("UA",),
    "czech republic": ("CZ",),
    "czechoslovakia": ("CZ", "SK"),
    "democratic people s republic of korea": ("KP",),
    "democratic republic of congo": ("CD",),
    "democratic republic of the congo": ("CD",),
    "drc": ("CD",),
    "dprk": ("KP",),
    "east germany": ("DE",),
    "east timor": ("TL",),
    "england": ("GB",),
    "federal republic of germany": ("DE",),
    "federal republic of yugoslavia": ("RS", "ME"),
    "gambia the": ("GM",),
    "gaza": ("PS",),
    "north gaza": ("PS",),
    "northern gaza": ("PS",),
    "great britain": ("GB",),
    "guinea bissau": ("GW",),
    "holland": ("NL",),
    "hong kong sar": ("HK",),
    "iran": ("IR",),
    "iran islamic republic": ("IR",),
    "ivory coast": ("CI",),
    "kafia kingi": ("SD", "SS"),
    "korea": ("KP", "KR"),
    "korea democratic people s republic": ("KP",),
    "korea north": ("KP",),
    "korea republic": ("KR",),
    "korea south": ("KR",),
    "kosovo": ("XK",),
    "kosovo metohija": ("XK",),
    "laos": ("LA",),
    "libyan arab jamahiriya": ("LY",),
    "macao sar": ("MO",),
    "macau": ("MO",),
    "macedonia": ("MK",),
    "macedonia the former yugoslav republic": ("MK",),
    "macedonia the former yugoslav republic of": ("MK",),
    "man isle of": ("IM",),
    "micronesia": ("FM",),
    "moldova": ("MD",),
    "netherlands antilles": ("CW", "SX", "BQ"),
    "north korea": ("KP",),
    "north macedonia the republic of": ("MK",),
    "northern ireland": ("GB",),
    "northern mali": ("ML",),
    "occupied palestinian territories": ("PS",),
    "occupied palestinian territory": ("PS",),
    "palestine": ("PS",),
    "palestinian": ("PS",),
    "palestinian territories": ("PS",),
    "palestinian territory occupied": ("PS",),
    "people s republic of china": ("CN",),
    "prc": ("CN",),
    "republic of korea": ("KR",),
    "republic of macedonia": ("MK",),
    "reunion": ("RE",),
    "russia": ("RU",),
    "saint barthelemy": ("BL",),
    "saint helena": ("SH",),
    "saint martin": ("MF",),
    "saint vincent and grenadines": ("VC",),
    "scotland": ("GB",),
    "serbia and montenegro": ("RS", "ME"),
    "sint maarten": ("SX",),
    "south korea": ("KR",),
    "south ossetia": ("GE",),
    "soviet union": ("RU",),
    "stateless": (),
    "swaziland": ("SZ",),
    "syria": ("SY",),
    "syrian": ("SY",),
    "taiwan": ("TW",),
    "tanzania": ("TZ",),
    "tibet": ("CN",),
    "transnistria": ("MD",),
    "turkey": ("TR",),
    "turkiye": ("TR",),
    "turks and caicos": ("TC",),
    "u a e": ("AE",),
    "u k": ("GB",),
    "u s": ("US",),
    "u s a": ("US",),
    "uae": ("AE",),
    "uk": ("GB",),
    "undetermined": (),
    "none identified": (),
    "not available": (),
    "na": ("NA",),
    "union of soviet socialist republics": ("RU",),
    "unknown": (),
    "usa": ("US",),
    "ussr": ("RU",),
    "vatican": ("VA",),
    "vatican city": ("VA",),
    "venezuela": ("VE",),
    "vietnam": ("VN",),
    "viet nam socialist republic": ("VN",),
    "virgin islands british": ("VG",),
    "virgin islands u s": ("VI",),
    "wales": ("GB",),
    "west bank": ("PS",),
    "west germany": ("DE",),
    "western sahara": ("EH",),
    "yugoslavia": ("RS", "ME"),
    "zaire": ("CD",),
    # codes that are no ISO codes: kept by the lists that use them
    "00": (),
    "an": ("CW", "SX", "BQ"),
    "el": ("GR",),
    "xk": ("XK",),
    "su": ("RU",),
    "suhh": ("RU",),
    "cshh": ("CZ", "SK"),
    "csxx": ("RS", "ME"),
    "yucs": ("RS", "ME"),
    "dd": ("DE",),
    "ge ab": ("GE",),
    "cy trnc": ("CY",),
    "gb sct": ("GB",),
    "gb wls": ("GB",),
    "gb nir": ("GB",),
    "ua cri": ("UA",),
    "ua lpr": ("UA",),
    "ua dpr": ("UA",),
    "zz": (),
}
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=20_000)
def codes_of(name: str) -> tuple[str, ...] | None:
    """Return the codes of a country name or code; empty when it says that nobody knows; None for an unknown name."""
    plain = _fold(name)
    if not plain:
        return ()
    found = _LISTS_OWN.get(plain)
    if found is not None:
        return found
    by_name = _by_name()
    return by_name.get(plain) or by_name.get(plain.removeprefix("the ").removesuffix(" the"))


def _fold(name: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    folded = _NOT_A_LETTER.sub(" ", plain.casefold().replace("&", " and ")).strip()
    for prefix in ("region ", "possibly ", "probably "):
        folded = folded.removeprefix(prefix)
    return f"saint {folded[3:]}" if folded.startswith("st ") and folded != "st" else folded


@lru_cache(maxsize=1)
def _by_name() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for country in pycountry.countries:
        code = (str(country.alpha_2),)
        names = [country.alpha_2, country.alpha_3, country.name]
        names += [getattr(country, extra) for extra in ("official_name", "common_name") if hasattr(country, extra)]
        for name in names:
            plain = _fold(name)
            found.setdefault(plain, code)
            found.setdefault(plain.removeprefix("the "), code)
    return found
