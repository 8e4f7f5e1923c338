"""OFAC's lists in both classic forms: the SDN, ALT, ADD and SDN_COMMENTS CSV set, and SDN.XML.

The trap guarded against: the weak a.k.a., which stands in the remarks and in no table, and the remark that goes on
in another file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from gatebook.errors import ListError
from gatebook.screen.party import Birth, ListEdition, ListedName, ListedParty, LoadReport

_COLUMNS = {"sdn": 12, "alt": 5, "add": 6, "comments": 2}
_KINDS = {
    "individual": "individual",
    "vessel": "vessel",
    "aircraft": "aircraft",
    "-0-": "entity",
    "": "entity",
    "Entity": "entity",
}
_WEAK = re.compile(r"\b(?:a\.k\.a\.|f\.k\.a\.|n\.k\.a\.) '([^']+(?:'[^';]+)*)'")
_DOB = re.compile(
    r"\b(?:alt\. )?DOB (circa )?((?:\d{1,2} )?(?:[A-Z][a-z]{2} )?\d{4})(?: to ((?:\d{1,2} )?(?:[A-Z][a-z]{2} )?\d{4}))?"
)
_NUMBER = re.compile(
    r"\b(Passport|National ID No\.|Identification Number|Tax ID No\.|Registration (?:ID|Number)|SSN|Cedula No\.|C\.U\.I\.T\.)\s*#?\s*([A-Z0-9][A-Z0-9\-/.]{3,})"  # noqa: E501  one pattern, one line
)
_WALLET = re.compile(r"Digital Currency Address - ([A-Z0-9]+)\s+([A-Za-z0-9]+)")
_NATION = re.compile(r"\b(?:nationality|citizen) ([A-Z][A-Za-z ,'.\-]+?)(?=;|$|\.)")
_MONTHS = {
    m: n for n, m in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}


def _rows(name: str, data: bytes, refused: list[tuple[str, str]]) -> Iterator[tuple[int, list[str]]]:
    try:
        text = data.decode("utf-8-sig") if data[:3] == b"\xef\xbb\xbf" else data.decode("utf-8", "strict")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\x00" in text:
        raise ListError(f"the list file {name} holds bytes no CSV has")
    for number, row in enumerate(csv.reader(io.StringIO(text, newline="")), 1):
        if not row:
            continue
        if row == ["\x1a"]:
            refused.append((f"{name}:{number}", "end-of-file-mark"))
        elif number == 1 and not row[0].strip().lstrip("-").isdigit():
            refused.append((f"{name}:{number}", "header"))
        elif len(row) < _COLUMNS[name] or not row[0].strip().isdigit():
            refused.append((f"{name}:{number}", "malformed"))
        else:
            yield number, [("" if cell.strip() == "-0-" else cell.strip()) for cell in row]


def load_csv(files: Mapping[str, bytes], list_id: str) -> ListEdition:
    """Load a CSV set by role: ``sdn`` is needed; ``alt``, ``add`` and ``comments`` may be missing.

    Raises ListError for what is no such list, or for one cut off so that nothing could be read.
    """
    if "sdn" not in files:
        raise ListError("the list has no SDN file")
    refused: list[tuple[str, str]] = []
    parties: dict[str, list[tuple[int, list[str]]]] = {}
    parsed = 0
    for number, row in _rows("sdn", files["sdn"], refused):
        if row[0] in parties:
            refused.append((f"sdn:{number}", "uid-twice-kept-under-its-row"))
            parties[f"{row[0]}.{number}"] = [(number, row)]
        else:
            parties[row[0]] = [(number, row)]
            parsed += 1
    extra: dict[str, dict[str, list[tuple[int, list[str]]]]] = {"alt": {}, "add": {}, "comments": {}}
    for name, by_uid in extra.items():
        for number, row in _rows(name, files.get(name, b""), refused):
            if row[0] in parties:
                by_uid.setdefault(row[0], []).append((number, row))
                parsed += 1
            else:
                refused.append((f"{name}:{number}", "uid-of-no-party"))
    if not parties:
        raise ListError("the list holds no party; it may be cut off")
    found = tuple(_party(uid, rows[0], {n: t.get(uid, []) for n, t in extra.items()}) for uid, rows in parties.items())
    report = LoadReport(parsed + len(refused), parsed, tuple(refused))
    return ListEdition(list_id, _digest(files), found, report)


def _digest(files: Mapping[str, bytes]) -> str:
    parts = [f"{name} {hashlib.sha256(data).hexdigest()}\n" for name, data in sorted(files.items())]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _party(uid: str, main: tuple[int, list[str]], extra: Mapping[str, list[tuple[int, list[str]]]]) -> ListedParty:
    number, row = main
    remarks = " ".join([row[11], *(r[1] for _, r in extra["comments"])])
    names = [ListedName(row[1], "primary", f"sdn:{number}")]
    names += [ListedName(r[3], "strong", f"alt:{n}") for n, r in extra["alt"]]
    names += [ListedName(weak, "weak", f"sdn:{number}") for weak in _WEAK.findall(remarks)]
    countries = [r[4] for _, r in extra["add"] if r[4]] + _NATION.findall(remarks)
    return ListedParty(
        uid,
        _KINDS.get(row[2], "unknown"),
        tuple(names),
        tuple(_births(remarks)),
        tuple(dict.fromkeys(countries)),
        tuple(dict.fromkeys(_NUMBER.findall(remarks))),
        tuple(dict.fromkeys(_WALLET.findall(remarks))),
        tuple(p for p in row[3].split("] [") if p),
    )


def weak_names(edition: ListEdition) -> int:
    """Return how many weak names an edition has."""
    return sum(name.quality == "weak" for party in edition.parties for name in party.names)


def _births(remarks: str) -> Iterator[Birth]:
    for circa, first, last in _DOB.findall(remarks):
        early, late = _span(first), _span(last or first)
        if early and late:
            margin = 1 if circa else 0
            yield Birth(
                f"{int(early[0][:4]) - margin:04d}{early[0][4:]}", f"{int(late[1][:4]) + margin:04d}{late[1][4:]}"
            )


def _span(text: str) -> tuple[str, str] | None:
    """Return the first and last day that ``16 Nov 1964``, ``Nov 1964`` or ``1964`` may mean."""
    parts = text.split()
    year = parts[-1]
    if len(parts) == 1:
        return f"{year}-01-01", f"{year}-12-31"
    month = _MONTHS.get(parts[-2])
    if month is None:
        return None
    if len(parts) == 2:  # noqa: PLR2004  month and year
        return f"{year}-{month:02d}-01", f"{year}-{month:02d}-31"
    day = f"{year}-{month:02d}-{int(parts[0]):02d}"
    return day, day


_KNOWN = frozenset(
    [
        "uid",
        "firstName",
        "lastName",
        "title",
        "sdnType",
        "remarks",
        "programList",
        "akaList",
        "addressList",
        "idList",
        "dateOfBirthList",
        "placeOfBirthList",
        "nationalityList",
        "citizenshipList",
        "vesselInfo",
    ]
)


def load_xml(data: bytes, list_id: str) -> ListEdition:
    """Load SDN.XML. A document type or entity declaration, which no such list has, is refused: ListError."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ListError("the list declares entities, which an honest list does not")
    unknown: Counter[str] = Counter()
    parties, rows = [], 0
    try:
        for _, element in ET.iterparse(io.BytesIO(data)):  # noqa: S314  declarations are refused above
            if element.tag.endswith("}sdnEntry") or element.tag == "sdnEntry":
                rows += 1
                parties.append(_xml_party(element, rows, unknown))
                element.clear()
    except ET.ParseError as error:
        raise ListError(f"the list is no well-formed XML (line {error.position[0]}); it may be cut off") from None
    if not parties:
        raise ListError("the list holds no party")
    report = LoadReport(rows, len(parties), (), tuple(sorted(unknown.items())))
    return ListEdition(list_id, _digest({"xml": data}), tuple(parties), report)


def _xml_party(entry: ET.Element, row: int, unknown: Counter[str]) -> ListedParty:
    for child in entry:
        if (tag := child.tag.split("}")[-1]) not in _KNOWN:
            unknown[tag] += 1

    def texts(path: str) -> list[str]:
        return [(e.text or "").strip() for e in entry.findall("/".join(f"{{*}}{step}" for step in path.split("/")))]

    where = f"xml:{row}"
    names = [ListedName(_xml_name(entry), "primary", where)]
    names += [
        ListedName(_xml_name(aka), "weak" if aka.findtext("{*}category") == "weak" else "strong", where)
        for aka in entry.findall("{*}akaList/{*}aka")
    ]
    ids = [
        ((i.findtext("{*}idType") or "").strip(), (i.findtext("{*}idNumber") or "").strip())
        for i in entry.findall("{*}idList/{*}id")
    ]
    wallets = [(t.rsplit(" ", 1)[-1], n) for t, n in ids if t.startswith("Digital Currency Address")]
    births = [b for text in texts("dateOfBirthList/dateOfBirthItem/dateOfBirth") for b in _births("DOB " + text)]
    countries = (
        texts("nationalityList/nationality/country")
        + texts("citizenshipList/citizenship/country")
        + texts("addressList/address/country")
    )
    kind = (entry.findtext("{*}sdnType") or "").strip()
    return ListedParty(
        (entry.findtext("{*}uid") or "").strip(),
        {"Individual": "individual", "Entity": "entity", "Vessel": "vessel", "Aircraft": "aircraft"}.get(
            kind, "unknown"
        ),
        tuple(names),
        tuple(births),
        tuple(dict.fromkeys(countries)),
        tuple(i for i in ids if i[1] and not i[0].startswith("Digital")),
        tuple(wallets),
        tuple(texts("programList/program")),
    )


def _xml_name(element: ET.Element) -> str:
    last, first = (element.findtext("{*}lastName") or "").strip(), (element.findtext("{*}firstName") or "").strip()
    return f"{last}, {first}" if first else last


def load_files(files: Mapping[str, bytes], list_id: str) -> ListEdition:
    """Detect the form of named files by their names and load them. Raises ListError for a form nobody knows."""
    roles: dict[str, bytes] = {}
    for name, data in files.items():
        low = name.lower()
        if low.endswith(".xml"):
            return load_xml(data, list_id)
        role = next(
            (
                r
                for r, words in (
                    ("comments", ("comment",)),
                    ("alt", ("alt",)),
                    ("add", ("add",)),
                    ("sdn", ("sdn", "prim")),
                )
                if any(w in low for w in words)
            ),
            "",
        )
        if role and low.endswith(".csv"):
            roles[role] = data
    if not roles:
        raise ListError("no file of a known list form was given (SDN.CSV with ALT, ADD, SDN_COMMENTS, or SDN.XML)")
    return load_csv(roles, list_id)
