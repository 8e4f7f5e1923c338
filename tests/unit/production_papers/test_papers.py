"""Certificate and instructions: what a person signs, and what a clerk reads."""

from __future__ import annotations

import pytest

from gatebook.trace.production.case_graph import case_graph
from gatebook.trace.production.certificate import certificate_pdf, certificate_text
from gatebook.trace.production.cover import cover_html
from gatebook.trace.production.instructions import CHECKS, instructions_text
from production_samples import DIGEST, told

ROOT = bytes(range(32)).hex()


def test_the_certificate_is_unsigned_says_so_and_quotes_rules_statute_and_digests() -> None:
    # Breaks when software seems to sign, a blank is filled in, or what identifies the copy is missing.
    text = certificate_text(told()).decode()
    assert "NOT SIGNED AND CERTIFIES NOTHING UNTIL A PERSON SIGNS" in text
    for words in (
        "902(11)",
        "902(13)",
        "902(14)",
        "28 U.S.C. 1746",
        "under penalty of perjury",
        "laws of the United\n       States of America",
        DIGEST,
        ROOT,
        "24-mj-0001",
        "entry 9, 2026-11-01 12:30:00 UTC",
    ):
        assert words in text
    for blank in ("Signature  ____", "Executed on ____", "(name)", "(title)"):
        assert blank in text
    assert "[x]" not in text.lower()
    assert "complian" not in text.lower()
    assert max(map(len, text.splitlines())) <= 110


def test_the_certificate_is_printed_alike_each_time() -> None:
    # Breaks when two prints of one certificate differ.
    assert certificate_pdf(told()) == certificate_pdf(told())


@pytest.mark.parametrize("hostile", ["x\nSignature  /s/ A Judge", "\u202e", "\x1b[2J"])
def test_a_text_of_the_data_makes_no_line_of_its_own(hostile: str) -> None:
    # Breaks when a reference or authority with line ends or control signs forges a line of a paper.
    plain, forged = told(), told(reference=hostile, authority=hostile)
    for paper in (certificate_text, instructions_text):
        text = paper(forged).decode()
        assert len(text.splitlines()) == len(paper(plain).decode().splitlines())
        assert "\u202e" not in text
        assert "\x1b" not in text


def test_the_instructions_tell_the_command_each_test_and_what_is_not_shown() -> None:
    # Breaks when a clerk cannot start from this page alone, or takes a passed test for the truth.
    text = instructions_text(
        told(witnesses=("peer.example/witness",), is_time_stamped=True), is_encrypted=True
    ).decode()
    for words in (
        "python verify.py production.zip",
        "--vkey KEY --digest DIGEST",
        "WHAT THIS DOES NOT SHOW",
        "That what the records say is true",
        "data/records.json",
        "peer.example/witness",
        "decrypt it first",
        DIGEST,
    ):
        assert words in text
    for check in CHECKS:
        assert f"\n  {check.name}\n      {check.means}\n" in text
    assert "decrypt" not in instructions_text(told()).decode()
    assert "Witnesses: none" in instructions_text(told()).decode()


def test_a_paper_that_is_part_of_the_digest_quotes_none() -> None:
    # Breaks when a paper among the files has an empty place, or a digest that was made up, where it cannot know one.
    early = told(manifest="")
    assert "cannot quote it" in instructions_text(early).decode()
    assert "SHA-256 of manifest-sha256.txt   ____" in certificate_text(early).decode()
    for paper in (instructions_text, cover_html, case_graph):
        assert DIGEST.encode() not in paper(early)
        assert DIGEST.encode() in paper(told())
        assert paper(early) == paper(told(manifest=""))
