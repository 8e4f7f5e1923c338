"""The check of a production: one file, one key, a sentence for each thing that holds or does not.

The trap guarded against: a production that is believed because it opens. Whatever is in it leads to a signature or to
an entry of the signed log, and every check is made, also after one failed: what fails says where to look.
"""

from __future__ import annotations

import argparse
import hashlib
import mmap
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gatebook_verifier import archive, bag_checks, bag_list, bag_log
from gatebook_verifier.bag import FORM, Bag
from gatebook_verifier.bag_rows import Told
from gatebook_verifier.note import DoesNotHold, read_note, read_text, read_vkey, require_cosignatures

_MALFORMED = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError, struct.error)


@dataclass(frozen=True)
class Finding:
    """What a check came to, in a sentence."""

    holds: bool
    sentence: str


@dataclass(frozen=True)
class Asked:
    """What an outsider brings, all of it optional: the more is brought, the less is taken on the production's word."""

    vkey: str | None = None
    witnesses: Sequence[str] = ()
    log: Path | None = None
    digest: str | None = None


def check_production(data: memoryview, asked: Asked) -> list[Finding]:
    """Make every check of a production's bytes."""
    return list(_findings(data, asked))


def _findings(data: memoryview, asked: Asked) -> Iterator[Finding]:
    opened: list[Bag] = []
    yield _made("the archive", lambda: _open(data, asked, opened))
    if not opened:
        yield Finding(False, "Nothing else was looked at: the archive has to hold first.")
        return
    bag = opened[0]
    digests: list[str] = []
    yield _made("the lists of the bag", lambda: _lists(bag, digests))
    yield _made("the signature", lambda: _signed(bag, digests))
    if asked.digest is not None:
        yield _made("the digest", lambda: _same_digest(digests, asked.digest))
    yield _made("the checkpoint", lambda: _checkpoint(bag, asked))
    yield _made("the entries", lambda: bag_checks.check_entries(bag))
    yield _made("the records", lambda: bag_checks.check_records(bag))
    yield _made("records.csv", lambda: bag_checks.check_record_table(bag))
    yield from _of_accesses(bag)
    yield _made("custody", lambda: bag_checks.check_custody(bag))
    if "data/ledger/checkpoint.tsr" in bag.files:
        yield _made("the time stamp", lambda: bag_checks.check_token(bag))
    if asked.log is not None:
        folder = asked.log
        yield _made("the log", lambda: bag_log.check_log(bag, "".join(digests[:1]), folder))


def _made(name: str, check: Callable[[], str]) -> Finding:
    """Make one check; whatever is malformed ends in a sentence too."""
    try:
        return Finding(True, check())
    except DoesNotHold as error:
        return Finding(False, f"{name}: {error}")
    except _MALFORMED:
        return Finding(False, f"{name}: something that it rests on is malformed or missing")


def _open(data: memoryview, asked: Asked, opened: list[Bag]) -> str:
    base, files = archive.read_bag(archive.read_archive(data))
    opened.append(Bag(base, files, asked.vkey))
    return f"The archive holds the {len(files)} files of {base} in their one form, and nothing else."


def _lists(bag: Bag, digests: list[str]) -> str:
    statement = bag.statement()
    info = {
        "Bagging-Date": statement["made_at"][:10],
        "External-Identifier": bag.base,
        "Source-Organization": statement["origin"],
    }
    digests += archive.check_lists(bag.files, info)
    return f"The lists are those of the files; the digest of the production is {digests[0]}."


def _signed(bag: Bag, digests: list[str]) -> str:
    lists = [hashlib.sha256(bag.files[name]).hexdigest() for name in (archive.LIST, archive.TAGS)]
    note, name = bag.read(archive.NOTE), read_vkey(bag.vkey)[0]
    text = read_note(note, bag.vkey, "production")
    if text != "\n".join((FORM, bag.base, *lists, "")) or digests != lists:
        raise DoesNotHold("what was signed is another production, or other lists")
    if note.count(b"\n") != text.count("\n") + 2 or bag.statement()["origin"] != name:
        raise DoesNotHold("the production is signed in another form, or by another than it says it is of")
    if bag.read("data/ledger/vkey") != f"{bag.vkey.strip()}\n".encode():
        raise DoesNotHold("the key inside is not the key it was held to")
    return f"The production was signed by {name}, every byte of it."


def _same_digest(digests: Sequence[str], wanted: str | None) -> str:
    if list(digests[:1]) != [wanted]:
        raise DoesNotHold("the production has another digest than the one that was given")
    return "The production has the digest that was given."


def _checkpoint(bag: Bag, asked: Asked) -> str:
    head, note = bag.head(), bag.read("data/ledger/checkpoint")
    inside = bag.read("data/ledger/witnesses").decode().split()
    require_cosignatures(note, inside)
    seen = require_cosignatures(note, list(asked.witnesses))
    said = f" It was cosigned by {', '.join(name for name, _ in seen)}, as was asked." if seen else ""
    more = f" {len(inside)} witnesses that it names itself cosigned it." if inside else " It names no witness itself."
    return f"A tree of {head.size} entries was signed by {head.origin}.{said}{more}"


def _of_accesses(bag: Bag) -> Iterator[Finding]:
    """Make the checks that rest on one walk over all rows."""
    walked: list[tuple[Told, bool]] = []
    yield _made("the accesses", lambda: _walk(bag, walked))
    if not walked:
        yield Finding(
            False, "accesses.csv, the list and the reasons were not looked at: the accesses have to hold first."
        )
        return
    told, is_same = walked[0]
    yield _made("accesses.csv", lambda: _is_same(is_same=is_same))
    yield _made("the list", lambda: bag_list.check_list(bag, told))
    yield _made("the reasons", lambda: bag_checks.check_reasons(bag, told))


def _walk(bag: Bag, walked: list[tuple[Told, bool]]) -> str:
    walked.append(bag_checks.read_accesses(bag))
    told = walked[0][0]
    return (
        f"{len(bag.told('data/runs.json'))} runs of rows lead to their segments' roots and hold every row of their"
        f" principal: {told.whole} shown whole, {told.session} in part, {told.hidden} not."
    )


def _is_same(*, is_same: bool) -> str:
    if not is_same:
        raise DoesNotHold("it says another thing than the rows")
    return "accesses.csv says what the rows say, line by line."


def fingerprint(vkey: str) -> str:
    """Return what to compare a key by: the SHA-256 of its line."""
    return hashlib.sha256(vkey.strip().encode()).hexdigest()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify.py", description="Checks a production of Gatebook, from its file alone."
    )
    parser.add_argument("production", type=Path, help="the production as it was received: a .zip file")
    parser.add_argument("--vkey", help="the verifier key of the provider, or a file that holds it")
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        metavar="VKEY",
        help="a witness that has to have cosigned: its key, or a file that holds it",
    )
    parser.add_argument(
        "--log", type=Path, metavar="FOLDER", help="the provider's published log, to see that nothing is missing"
    )
    parser.add_argument("--digest", metavar="HEX", help="the digest that the provider told of the production")
    return parser


def _key(given: str) -> str:
    file = Path(given)
    text = read_text(file.read_bytes(), "verifier key").strip() if file.is_file() else given
    if text.count("+") < 2:  # noqa: PLR2004  name+id+key
        raise ValueError("the verifier key is neither a file that is there nor a key of the form name+id+key")
    return text


def _say(text: str) -> None:
    """Print, whatever the terminal can show."""
    encoding = sys.stdout.encoding or "ascii"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def _warn(data: memoryview) -> None:
    """Say what it is worth to hold a file to the key in it."""
    try:
        bag = Bag(*archive.read_bag(archive.read_archive(data)), None)
        told = fingerprint(bag.vkey)
    except (DoesNotHold, *_MALFORMED):
        told = "none can be read"
    _say("LOOK: no key was given (--vkey). What holds below shows that the file agrees with itself, and nothing of who")
    _say("LOOK: made it. Ask the provider, by a way you trust, for the fingerprint of its key, and compare it with")
    _say(f"LOOK: {told}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make every check; exit status 0 all hold, 1 one does not, 2 was asked wrongly or cannot read."""
    asked = _parser().parse_args(arguments)
    try:
        keys = [_key(given) for given in asked.witness]
        brought = Asked(_key(asked.vkey) if asked.vkey else None, keys, asked.log, asked.digest)
        with asked.production.open("rb") as file:
            whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))  # nobody closes it: it is read on
        if not asked.vkey:
            _warn(whole)
        findings = check_production(whole, brought)
    except DoesNotHold as error:
        _say(f"DOES NOT HOLD: {error}")
        return 1
    except (OSError, ValueError) as error:
        print("cannot read:", getattr(error, "strerror", None) or error, file=sys.stderr)
        return 2
    for finding in findings:
        _say(f"{'holds' if finding.holds else 'DOES NOT HOLD'}: {finding.sentence}")
    failed = sum(not finding.holds for finding in findings)
    _say(f"{failed} of {len(findings)} checks do not hold." if failed else f"All {len(findings)} checks hold.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
