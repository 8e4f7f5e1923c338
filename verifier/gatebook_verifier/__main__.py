"""The command: each check prints one sentence; exit status 0 holds, 1 does not, 2 was asked wrongly or cannot read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from gatebook_verifier import checks
from gatebook_verifier.access import check_access
from gatebook_verifier.note import DoesNotHold, read_checkpoint, read_text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gatebook_verifier", description="Checks Gatebook ledgers from files alone.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("checkpoint", help="check a checkpoint's signature")
    one.add_argument("checkpoint", type=Path)
    log = commands.add_parser("log", help="recompute a whole log from its entries")
    log.add_argument("folder", type=Path)
    both = commands.add_parser("consistency", help="show from the entries that a newer log begins with an older one")
    both.add_argument("old", type=Path)
    both.add_argument("new", type=Path)
    both.add_argument("--log", type=Path, required=True)
    growth = commands.add_parser("growth", help="check a consistency proof file against an older checkpoint")
    growth.add_argument("old", type=Path)
    growth.add_argument("proof", type=Path)
    proof = commands.add_parser("inclusion", help="check a proof file against the entry's bytes")
    proof.add_argument("proof", type=Path)
    proof.add_argument("entry", type=Path)
    access = commands.add_parser("access", help="check that an access proof shows every row of its principal")
    access.add_argument("proof", type=Path)
    access.add_argument("--log", type=Path, help="the log's folder, to see that no segment is missing in the proof")
    for command in (one, log, both, growth, proof, access):
        command.add_argument("--vkey", required=True, help="the verifier key, or a file that holds it")
    for command in (one, log, proof):
        command.add_argument(
            "--witness",
            action="append",
            default=[],
            metavar="VKEY",
            help="a witness that has to have cosigned: its verifier key, or a file that holds it; may be given again",
        )
    return parser


def _key(given: str) -> str:
    """Return a verifier key, read from the file of that name where there is one."""
    file = Path(given)
    return read_text(file.read_bytes(), "verifier key") if file.is_file() else given


def _run(asked: argparse.Namespace) -> str:
    vkey, witnesses = _key(asked.vkey), [_key(given) for given in getattr(asked, "witness", ())]
    if asked.command == "checkpoint":
        note = asked.checkpoint.read_bytes()
        head = read_checkpoint(note, vkey)
        return f"A tree of {head.size} entries was signed by {head.origin}.{checks.cosigned(note, witnesses)}"
    if asked.command == "log":
        return checks.check_log(asked.folder, vkey, witnesses)
    if asked.command == "inclusion":
        return checks.check_proof(asked.proof.read_bytes(), asked.entry.read_bytes(), vkey, witnesses)
    if asked.command == "access":
        return check_access(asked.proof.read_bytes(), vkey, asked.log)
    old = read_checkpoint(asked.old.read_bytes(), vkey)
    if asked.command == "growth":
        return checks.check_growth(old, asked.proof.read_bytes(), vkey)
    return checks.check_consistency(old, read_checkpoint(asked.new.read_bytes(), vkey), asked.log)


def _say(word: str, sentence: str, stream: TextIO) -> None:
    """Print, whatever letters the origin has and whatever the terminal can show."""
    encoding = stream.encoding or "ascii"
    print(word, sentence.encode(encoding, "backslashreplace").decode(encoding), file=stream)


def main() -> int:
    """Run one check."""
    asked = _parser().parse_args()
    try:
        _say("holds:", _run(asked), sys.stdout)
    except DoesNotHold as error:
        _say("DOES NOT HOLD:", str(error), sys.stdout)
        return 1
    except OSError as error:
        _say("cannot read:", error.strerror or type(error).__name__, sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
