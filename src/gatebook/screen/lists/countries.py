"""Country names as the lists write them, to ISO 3166 alpha-2.

The trap guarded against: a country nobody knows dropped in silence. It is kept in the list's own words and reported.
"""

from __future__ import annotations

import gettext
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
    "n a": (),
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
#: the usual short names of countries in scripts of which the translations of ISO 3166 have the long ones alone
_SHORT: Mapping[str, str] = {
    "RU": "россия росія рф روسيا روسیه",
    "BY": "белоруссия беларусь білорусь بيلاروسيا 白俄罗斯",
    "IR": "иран іран إيران ایران 伊朗 이란",
    "SY": "сирия сирія سوريا سورية سوریه 叙利亚 敘利亞 시리아",
    "KR": "한국 韩国 韓國",
    "KP": "кндр کره‌شمالی 朝鲜 朝鮮 北韓 북한",
    "US": "сша أمريكا آمریکا 美国 美國 미국",
    "AE": "оаэ оае الإمارات امارات 阿联酋",  # noqa: RUF001  Cyrillic is what it is
    "GB": "великобритания англия بريطانيا بریتانیا 英国 英國 영국",
    "TR": "турция туреччина تركيا ترکیه 土耳其",
    "VE": "венесуэла فنزويلا ونزوئلا 委内瑞拉",
    "AF": "афганистан أفغانستان افغانستان 阿富汗",
    "CN": "кнр الصين 中華人民共和國",
    "TW": "тайвань تايوان تایوان 台湾 台灣 대만",
    "HK": "гонконг هونغ‌كونغ 香港 홍콩",
    "MD": "молдавия молдова",
    "KG": "киргизия кыргызстан",
    "LY": "ливия ليبيا لیبی 利比亚",
    "PS": "палестина فلسطين فلسطین 巴勒斯坦",
    "LB": "ливан لبنان 黎巴嫩",
    "IQ": "ирак العراق عراق 伊拉克",
    "YE": "йемен اليمن یمن 也门",
    "SA": "السعودية عربستان 沙特",
    "MM": "мьянма бирма 缅甸",
}
#: the scripts people write in, and the languages of the Union
_LANGUAGES = (
    *("ru", "uk", "be", "ar", "fa", "zh_CN", "zh_TW", "ko", "ja", "he", "tr", "bg", "cs", "da", "de", "el", "es", "et"),
    *("fi", "fr", "ga", "hr", "hu", "it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv"),
)
_NOT_A_LETTER = re.compile(r"[\W_]+")


@lru_cache(maxsize=20_000)
def codes_of(name: str) -> tuple[str, ...] | None:
    """Return the codes of a country name or code; empty when it says that nobody knows; None for an unknown name."""
    plain = _fold(name)
    if not plain:
        return () if name.isascii() else None  # a dash or a question mark says nothing; a sign may say something
    found = _LISTS_OWN.get(plain)
    if found is not None:
        return found
    by_name = _by_name()
    found = by_name.get(plain) or by_name.get(plain.removeprefix("the ").removesuffix(" the"))
    return _in_other_languages().get(plain) if found is None else found


def says_nothing(name: str) -> bool:
    """Return whether a word people leave in a cell says "not available", though it is a code of Namibia too."""
    return _fold(name) in {"na", "n a"}


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


@lru_cache(maxsize=1)
def _in_other_languages() -> dict[str, tuple[str, ...]]:
    """Return countries by their names in other languages; a word of two countries is of none."""
    found: dict[str, set[str]] = {}
    for language in _LANGUAGES:
        told = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language], fallback=True).gettext
        for country in pycountry.countries:
            names = [getattr(country, each, "") for each in ("name", "official_name", "common_name")]
            for plain in {_fold(told(name)) for name in names if name}:
                found.setdefault(plain, set()).add(str(country.alpha_2))
    for code, words in _SHORT.items():
        found.update({_fold(word): {code} for word in words.split()})
    return {name: tuple(codes) for name, codes in found.items() if len(codes) == 1}
