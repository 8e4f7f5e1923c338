"""The cover: a page that runs nothing, and a print that says what it could not print."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebook.errors import LedgerError
from gatebook.terms.demand import Instrument
from gatebook.terms.record_class import RecordClass
from gatebook.trace.production.cover import cover_html, cover_pdf
from gatebook.trace.production.pdf import spelled
from gatebook.trace.production.templates import text
from gatebook.trace.production.told import INSTRUMENTS, Head, Record, Value
from production_samples import AT, DIGEST, account, told

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}",
    "\u202egnp.exe",
    "\x1b[31m",
    "\x00",
    "a\nb",
    "]]>",
    "&lt;",
]
VOID = {"meta", "link", "br", "img", "input", "hr"}
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80) | st.sampled_from(HOSTILE)


class Page(HTMLParser):
    """What a browser would find: elements with attributes, all balanced, and the text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.parts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.parts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.parts)


def page_of(name: str) -> Page:
    return Page(cover_html(told(accounts=(account(name=name),), authority=name, reference=name)).decode())


PLAIN = [tag for tag, _ in page_of("x").elements]


@given(texts)
@settings(max_examples=60, deadline=None)
def test_what_a_stranger_wrote_changes_no_element_of_the_page(name: str) -> None:
    # Breaks when a text of the data becomes markup, a filled-in template, or turns the line around.
    page = page_of(name)
    assert [tag for tag, _ in page.elements] == PLAIN
    assert not page.open
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", page.text)


def test_the_page_runs_nothing_and_fetches_nothing() -> None:
    # Breaks when a script, a form, a picture or an address of another host gets in, or the policy lets one in.
    page = cover_html(told()).decode()
    found = Page(page)
    assert not {"script", "link", "img", "iframe", "form", "object", "a"} & {tag for tag, _ in found.elements}
    assert not any(
        name.startswith("on") or name in {"src", "href", "style"} for _, attrs in found.elements for name in attrs
    )
    assert "http" not in page.replace("http-equiv", "")
    assert "url(" not in page
    assert "@import" not in page
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL)
    policy = next(attrs["content"] for tag, attrs in found.elements if tag == "meta" and "http-equiv" in attrs)
    assert style is not None
    assert policy is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_ink_stands_out_from_paper_as_wcag_aa_asks(scheme: int) -> None:
    # Breaks when a colour is chosen that somebody with weak sight cannot read (4.5 to 1; 3 to 1 for lines).
    found = [
        dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in re.findall(r":root \{([^}]*)\}", text("cover.css"))
    ]
    colours = found[scheme]
    for ground in ("paper", "band"):
        for ink in ("ink", "faint", "mark"):
            assert _contrast(colours[ink], colours[ground]) >= 4.5
        assert _contrast(colours["line"], colours[ground]) >= 3


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_page_tells_what_was_withheld_by_which_clause_and_by_what_it_is_tested() -> None:
    # Breaks when a class that was kept back, its source, a step of custody or a digest is not on the cover.
    page = Page(cover_html(told()).decode()).text
    for words in ("national number", "18 U.S.C. 2703(c)(1)", "not counted", "ope-2", "another officer approved", DIGEST, bytes(range(32)).hex(), "24-mj-0001", INSTRUMENTS[Instrument.SUBPOENA], "of which 1 led to nobody"):  # fmt: skip
        assert words in page


def test_what_is_shortened_says_by_how_much() -> None:
    # Breaks when a long list is cut and looks whole, or the count is of what is shown and not of what was handed over.
    big = dataclasses.replace(account(events=150), events=5000)
    many = Record("rec-9", "evidence.received", 9, AT, tuple(Value(f"/{n}", "x", RecordClass.NAME) for n in range(130)))
    page = cover_html(told(accounts=(dataclasses.replace(big, records=(many,)),) * 103)).decode()
    assert "4,900 more access events" in page
    assert "30 more values" in page
    assert "3 more accounts" in page
    assert cover_pdf(told(accounts=(dataclasses.replace(big, records=(many,) * 2),) * 11))


def test_the_print_has_the_same_bytes_each_time_and_other_bytes_for_another_production() -> None:
    # Breaks when a clock, a random id or an order of chance is in the PDF.
    first = cover_pdf(told())
    assert first == cover_pdf(told())
    assert first.startswith(b"%PDF-")
    assert first != cover_pdf(told(made_at=AT + timedelta(seconds=1)))
    assert b"/JavaScript" not in first
    assert b"/URI" not in first


@given(texts)
@settings(max_examples=200, deadline=None)
def test_any_text_is_printed_in_letters_the_fonts_have(word: str) -> None:
    # Breaks when a letter would come out as a box or stop the print, or a spelling is not marked as one.
    printed = spelled(word)
    printed.encode("latin-1")
    assert printed.isprintable()
    if word.isascii() and word.isprintable() and not set(word) & set("{}"):
        assert printed == word


def test_other_letters_are_spelled_between_braces_and_own_braces_are_doubled() -> None:
    # Breaks when a name is shown in Latin letters as if it had been written so.
    assert spelled("Иван Петров, Köln") == "{Ivan Petrov}, Köln"
    assert spelled("{x}") == "{{x}}"
    assert spelled("\ue000") == "{U+FFFD}" or spelled("\ue000").startswith("{")


@pytest.mark.parametrize("word", ["x" * 5000, "东京" * 400, "a b " * 2000, *HOSTILE])
def test_any_value_can_be_printed(word: str) -> None:
    # Breaks when a long or hostile value stops the whole production from being made.
    assert cover_pdf(told(accounts=(account(name=word),), authority=word, reference=word)).startswith(b"%PDF-")


def test_a_production_of_nothing_says_so() -> None:
    # Breaks when an empty answer cannot be made, or looks like a page that failed.
    empty = told(accounts=(), counts=(), withheld=(), steps=(), files=())
    page = Page(cover_html(empty).decode()).text
    assert "No account was found" in page
    assert "Nothing that was asked for was withheld" in page
    assert cover_pdf(empty)


def test_a_production_that_cannot_be_is_refused() -> None:
    # Breaks when a paper is made of a head without a root, a time without a zone, or one person's word.
    for wrong in ({"head": Head("x", 1, b"")}, {"manifest": "AB" * 32}, {"made_at": AT.replace(tzinfo=None)}, {"approved_by": "ope-1"}):  # fmt: skip
        with pytest.raises(LedgerError):
            told(**wrong)
    assert set(INSTRUMENTS) == set(Instrument)
