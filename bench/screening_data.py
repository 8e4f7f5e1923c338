"""Made data for the bench of screening: disguised names of listed persons, near misses, and a clean population.

The trap guarded against: a bench tuned on itself. The generator is seeded and knows nothing of the scorer's tables but
the common names, which it draws from with a skew.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache

from gatebook.screen import tables

_CYRILLIC = (
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0410\u0415\u041e\u0420\u0421\u0422\u0425\u041d\u041a\u041c\u0412"
)
_TWINS = dict(zip("aceopxyiAEOPCTXHKMB", _CYRILLIC, strict=True))
_HIDDEN = "\u200b\u200c\u200d\u2060\u00ad\u200e"
_OCR = {"O": "0", "l": "1", "I": "1", "S": "5", "B": "8", "m": "rn", "cl": "d", "E": "F", "h": "b"}
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SOUNDS = (
    ("kh", "h"), ("sh", "sch"), ("ph", "f"), ("c", "k"), ("y", "i"), ("w", "v"), ("ou", "u"), ("oo", "u"), ("ee", "i"),
    ("q", "k"), ("u", "ou"), ("i", "y"), ("k", "c"), ("j", "dj"), ("v", "w"), ("ai", "ay"), ("z", "s"), ("x", "ks"),
)  # fmt: skip
_MARKS = dict(zip("aeiounAEIOU", "áéíóúñÁÉÍÓÚ", strict=True))
_TITLES = ("Mr ", "Dr. ", "Haji ", "Sheikh ", "Prof ", "Eng. ")


def natural(name: str) -> str:
    """Return ``LAST, First`` as people write it."""
    last, comma, first = name.partition(", ")
    return f"{first} {last}".title() if comma else name.title()


def _letter(rng: random.Random, name: str) -> int:
    """A place inside a word, never its first letter."""
    places = [i for i in range(1, len(name)) if name[i].isalpha() and name[i - 1].isalpha()]
    return rng.choice(places) if places else 0


def _words(act: Callable[[random.Random, list[str]], list[str]]) -> Callable[[random.Random, str], str]:
    return lambda rng, name: " ".join(act(rng, name.split()))


def _initials(rng: random.Random, words: list[str]) -> list[str]:
    return [f"{w[0]}." if i < len(words) - 1 and (i == 0 or rng.random() < 0.5) else w for i, w in enumerate(words)]


def _homoglyph(rng: random.Random, name: str) -> str:
    places = [i for i, c in enumerate(name) if c in _TWINS]
    for i in rng.sample(places, min(len(places), rng.randint(1, 4))):
        name = name[:i] + _TWINS[name[i]] + name[i + 1 :]
    return name


def _invisible(rng: random.Random, name: str) -> str:
    i = _letter(rng, name)
    return name[:i] + rng.choice(_HIDDEN) + name[i:]


def _replace(rng: random.Random, name: str, pairs: Sequence[tuple[str, str]], most: int) -> str:
    fit = [p for p in pairs if p[0] in name]
    for a, b in rng.sample(fit, min(len(fit), most)):
        name = name.replace(a, b, 1)
    return name


def _near_key(rng: random.Random, name: str) -> str:
    i = _letter(rng, name)
    row = next((r for r in _KEYS if name[i].lower() in r), "ab")
    at = row.find(name[i].lower())
    return name[:i] + row[at + 1 if at + 1 < len(row) else at - 1] + name[i + 1 :]


def _insert(rng: random.Random, name: str) -> str:
    i = _letter(rng, name)
    return name[:i] + rng.choice("aehnrst") + name[i:]


def _delete(rng: random.Random, name: str) -> str:
    i = _letter(rng, name)
    return name[:i] + name[i + 1 :]


def _double(rng: random.Random, name: str) -> str:
    i = _letter(rng, name)
    return name[:i] + name[i] + name[i:]


def _turned(rng: random.Random, name: str) -> str:
    i = _letter(rng, name[:-1])
    return name[:i] + name[i + 1] + name[i] + name[i + 2 :]


def _split(rng: random.Random, name: str) -> str:
    words = name.split()
    long = max(range(len(words)), key=lambda i: len(words[i]))
    w, cut = words[long], rng.randint(3, max(3, len(words[long]) - 3))
    words[long] = f"{w[:cut]} {w[cut:]}" if len(w) > 6 else w
    return " ".join(words)


def _vowels(_: random.Random, name: str) -> str:
    return " ".join(w[0] + "".join(c for c in w[1:] if c.lower() not in "aeiou") for w in name.split())


def _truncate(rng: random.Random, words: list[str]) -> list[str]:
    at = max(range(len(words)), key=lambda i: len(words[i]))
    return [w[: max(4, len(w) - rng.randint(2, 4))] if i == at else w for i, w in enumerate(words)]


VARIATIONS: dict[str, Callable[[random.Random, str], str]] = {
    "exact": lambda _, n: n,
    "case": lambda _, n: n.upper(),
    "name_order": _words(lambda rng, w: [w[-1], *w[:-1]] if rng.random() < 0.7 else rng.sample(w, len(w))),
    "initials": _words(_initials),
    "drop_middle": _words(lambda _, w: [w[0], w[-1]] if len(w) > 2 else w),
    "extra_word": lambda rng, n: f"{n} {rng.choice(['Ahmad', 'Ivanov', 'Junior', 'Karim', 'Lopez'])}",
    "truncate": _words(_truncate),
    "vowel_drop": _vowels,
    "ocr": lambda rng, n: _replace(rng, n, list(_OCR.items()), 2),
    "keyboard": _near_key,
    "insert": _insert,
    "delete": _delete,
    "transpose": _turned,
    "double": _double,
    "homoglyph": _homoglyph,
    "invisible": _invisible,
    "join": lambda _, n: n.replace(" ", ""),
    "split": _split,
    "title_affix": lambda rng, n: rng.choice(_TITLES) + n,
    "sounds": lambda rng, n: _replace(rng, n.lower(), _SOUNDS, 2).title(),
    "diacritics": lambda _, n: "".join(_MARKS.get(c, c) for c in n),
    "two_slips": lambda rng, n: _near_key(rng, _turned(rng, n)),
}


def near_misses(rng: random.Random, names: Sequence[str], count: int) -> list[tuple[str, str]]:
    """Names nobody is listed under, made of names that are: another given name, another surname, both of others."""
    known = {frozenset(n.replace(",", "").split()) for n in names}
    people = [n.partition(", ") for n in names if n.count(", ") == 1]
    found: list[tuple[str, str]] = []
    while len(found) < count:
        (last, _, first), (other, _, given) = rng.sample(people, 2)
        kind = rng.choice(("token_swap", "other_given", "other_surname"))
        made = {
            "token_swap": f"{given.split()[0]} {last}",
            "other_given": f"{rng.choice(_band(3))} {last}",
            "other_surname": f"{first} {rng.choice(_band(2))}",
        }[kind]
        if frozenset(made.upper().split()) not in known and other != last:
            found.append((kind, made.title()))
    return found


@cache
def _band(band: int) -> tuple[str, ...]:
    rows = [line.split() for line in tables.lines("common.txt")]
    return tuple(word for row in rows if int(row[0]) <= band for word in row[1:])


_CULTURES = (  # share of customers, given names, surnames, syllables of the rarer surnames
    (22, "James Mary John Linda Robert Susan Michael Karen David Lisa William Emma Thomas Sarah Daniel Laura Matthew Amy Andrew Megan Joshua Rachel Kevin Olivia Brian Hannah Ryan Grace Eric Chloe",
     "Smith Johnson Williams Brown Jones Miller Davis Wilson Taylor Clark Hall Wright Green Baker Hill Carter Mitchell Turner Parker Evans Collins Morris Reed Cook Bell Murphy Bailey Cooper Ward Foster",
     "ash ber bur cham den ford grim hal ham hart kirk lang mere nor pem rad shaw stan ton wick wood worth"),
    (14, "Jose Maria Juan Ana Luis Carmen Carlos Sofia Miguel Lucia Jorge Elena Pedro Rosa Diego Isabel Pablo Marta Rafael Paula Andres Camila Javier Valentina Fernando Gabriela",
     "Garcia Rodriguez Martinez Hernandez Lopez Gonzalez Perez Sanchez Ramirez Torres Flores Rivera Gomez Diaz Cruz Morales Ortiz Silva Santos Oliveira Souza Costa Pereira Almeida",
     "al bar ca cor del es fi gar lar mon na pe que ri sal tor val ver za ez as o"),
    (14, "Wei Fang Jun Li Min Jing Lei Hui Yan Xin Hao Ying Tao Mei Peng Na Bo Qian Chao Ting",
     "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Song Tang",
     "bai cao fei geng hua jia kong lou mao nie pei rong shi tan wen xia yao zou"),
    (14, "Rajesh Priya Amit Sunita Sanjay Anita Vijay Pooja Rahul Kavita Suresh Neha Arjun Deepa Vikram Meena Rohan Lakshmi Anil Divya",
     "Kumar Singh Sharma Patel Gupta Reddy Das Rao Nair Mehta Joshi Verma Mishra Iyer Chopra Kapoor Bose Pillai Banerjee Menon",
     "ag bha cha dha gar jai kar kul lam man nar pad ra sub tri va wal na"),
    (11, "Mohammed Ahmed Ali Fatima Omar Aisha Hassan Khadija Ibrahim Maryam Yusuf Zainab Khalid Layla Mustafa Huda Tariq Amina Karim Noor Samir Rania Bilal Salma",
     "Khan Hussain Ahmed Ali Malik Rahman Hassan Haddad Mansour Saleh Ibrahim Farouk Nasser Hamdan Qureshi Siddiqui Chaudhry Aziz Bakr Darwish Khoury Najjar Sabbagh Tamimi",
     "ab bas dar fa gha ha jaz ka kho lab mah na qat ra sab shar ta wa ya zi ri ni"),
    (10, "Sergei Olga Dmitri Elena Andrei Natalia Alexei Irina Ivan Anna Mikhail Svetlana Pavel Maria Roman Yulia Maxim Daria Igor Vera",
     "Ivanov Petrov Smirnov Kuznetsov Popov Sokolov Lebedev Kozlov Novikov Morozov Volkov Pavlov Orlov Makarov Bondarenko Shevchenko Kovalenko Melnyk Tkachenko Nowak Kowalski",
     "bel bor chern dro ger gri kal kor kras lav mel nik ost pol rud sav tar vol yar zab ov enko in"),
    (8, "Hans Anna Klaus Sabine Stefan Petra Jean Claire Pierre Sophie Marco Giulia Luca Chiara Lars Ingrid Nils Karin Pieter Anke",
     "Mueller Schmidt Schneider Fischer Weber Meyer Wagner Becker Dubois Laurent Moreau Bernard Rossi Russo Ferrari Bianchi Jansen DeVries Larsson Nilsson Hansen",
     "ach bach berg bruck dorf eck feld gart haus hof kamp lind mann ober rein schal stein thal wald zell"),
    (7, "Minh Linh Hung Mai Kenji Yuki Hiroshi Sakura Jiho Minjun Seoyeon Budi Siti Agus Dewi Kofi Ama Chidi Ngozi Abebe",
     "Nguyen Tran Le Pham Kim Lee Park Choi Sato Suzuki Tanaka Yamamoto Santoso Wijaya Mensah Okafor Adeyemi Bekele Diallo Mbeki",
     "ade chi da fu ka ko ku ma mo na no o sa shi su ta to wa ya zu"),
)  # fmt: skip


def clean_population(rng: random.Random, names: Sequence[str], count: int) -> list[str]:
    """People nobody listed is called: a culture, a given name, a surname, some with a middle name.

    The skew: within a culture the nth name is drawn with weight 1/n^0.7, half of all surnames are made of syllables and
    near unique, one in thirty persons has a surname from the lists themselves. Who is called as somebody listed is left out.
    """
    known = {frozenset(n.upper().replace(",", "").split()) for n in names}
    people = [n.partition(", ") for n in names if n.count(", ") == 1]
    shares = [c[0] for c in _CULTURES]
    found: list[str] = []
    while len(found) < count:
        _, given, surnames, parts = rng.choices(_CULTURES, shares)[0]
        words = [_skewed(rng, given.split())]
        if rng.random() < 0.25:
            words.append(_skewed(rng, given.split()))
        draw = rng.random()
        if draw < 0.03:
            words.append(rng.choice(people)[0].split()[-1].title())
        elif draw < 0.5:
            words.append(_skewed(rng, surnames.split()))
        else:
            words.append("".join(rng.choice(parts.split()) for _ in range(rng.randint(2, 3))).title())
        if len(set(words)) == len(words) and frozenset(w.upper() for w in words) not in known:
            found.append(" ".join(words))
    return found


def _skewed(rng: random.Random, words: Sequence[str]) -> str:
    return rng.choices(words, [(i + 1) ** -0.7 for i in range(len(words))])[0]
