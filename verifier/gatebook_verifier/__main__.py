"""The command: each check prints one sentence; exit status 0 holds, 1 does not, 2 was asked wrongly."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gatebook_verifier import checks


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gatebook_verifier", description="Checks Gatebook ledgers from files alone.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("checkpoint", help="check a checkpoint's signature")
    one.add_argument("checkpoint", type=Path)
    log = commands.add_parser("log", help="recompute a whole log from its entries")
    log.add_argument("folder", type=Path)
    both = commands.add_parser("consistency", help="show that a newer log begins with an older one")
    both.add_argument("old", type=Path)
    both.add_argument("new", type=Path)
    both.add_argument("--log", type=Path, required=True)
    proof = commands.add_parser("inclusion", help="check a proof file against the entry's bytes")
    proof.add_argument("proof", type=Path)
    proof.add_argument("entry", type=Path)
    for command in (one, log, both, proof):
        command.add_argument("--vkey", required=True, help="the verifier key, or a file that holds it")
    return parser


def _run(asked: argparse.Namespace) -> str:
    vkey = Path(asked.vkey).read_text() if Path(asked.vkey).is_file() else asked.vkey
    if asked.command == "checkpoint":
        head = checks.read_checkpoint(asked.checkpoint.read_bytes(), vkey)
        return f"A tree of {head.size} entries was signed by {head.origin}."
    if asked.command == "log":
        return checks.check_log(asked.folder, vkey)
    if asked.command == "consistency":
        old, new = (checks.read_checkpoint(path.read_bytes(), vkey) for path in (asked.old, asked.new))
        return checks.check_consistency(old, new, asked.log)
    return checks.check_proof(asked.proof.read_bytes(), asked.entry.read_bytes(), vkey)


def main() -> int:
    """Run one check."""
    asked = _parser().parse_args()
    try:
        print("holds:", _run(asked))
    except checks.DoesNotHold as error:
        print("DOES NOT HOLD:", error)
        return 1
    except OSError as error:
        print("cannot read:", error.strerror, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
