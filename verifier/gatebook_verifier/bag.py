"""A production as its checks see it: files of the bag, read when a check asks for them.

The trap guarded against: a check that takes from a file what another check has to prove first. Entries come from here
only once they were led to the signed root; a file that is not there, or not in its form, fails whoever asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gatebook_verifier import checks, tree
from gatebook_verifier.note import Checkpoint, DoesNotHold, read_checkpoint, read_text

FORM = "gatebook-production@v1"


class Bag:
    """The files of a production by name within its folder ``base``, and the key its signatures are held to."""

    def __init__(self, base: str, files: Mapping[str, memoryview], vkey: str | None) -> None:
        self.base, self.files = base, files
        self._given = vkey
        self._head: Checkpoint | None = None
        self._entries: dict[int, Mapping[str, Any]] | None = None
        self._json: dict[str, Any] = {}

    @property
    def vkey(self) -> str:
        """The key that was given, or else the one inside."""
        return self._given or read_text(self.read("data/ledger/vkey"), "verifier key")

    def read(self, name: str) -> bytes:
        """Return a file."""
        if name not in self.files:
            raise DoesNotHold(f"{name} is missing")
        return bytes(self.files[name])

    def told(self, name: str) -> Any:  # noqa: ANN401  whatever a file holds
        """Return what a JSON file holds; no key may be in it twice."""
        if name not in self._json:
            self._json[name] = json.loads(self.read(name).decode(), object_pairs_hook=checks.once)
        return self._json[name]

    def statement(self) -> Mapping[str, Any]:
        """Return what the production says of itself."""
        found: Mapping[str, Any] = self.told("data/production.json")
        if found["form"] != FORM or found["production"] != self.base:
            raise DoesNotHold("production.json is not of this production, or of another form")
        return found

    def head(self) -> Checkpoint:
        """Return the signed tree head."""
        if self._head is None:
            self._head = read_checkpoint(self.read("data/ledger/checkpoint"), self.vkey)
        return self._head

    def entries(self) -> Mapping[int, Mapping[str, Any]]:
        """Return every entry by position, each led to the signed root of the one checkpoint."""
        if self._entries is None:
            self._entries = self._proved()
        return self._entries

    def _proved(self) -> dict[int, Mapping[str, Any]]:
        head, note = self.head(), self.read("data/ledger/checkpoint")
        found: dict[int, Mapping[str, Any]] = {}
        for name in self.files:
            if name.endswith(".entry"):
                stem = name[: -len(".entry")]
                entry, proof = self.read(name), self.read(f"{stem}.tlog-proof")
                index, steps, other = checks.read_proof(proof)
                if other != note or name != f"data/ledger/{index}.entry":
                    raise DoesNotHold(f"{stem}.tlog-proof is about another entry or another checkpoint")
                if tree.root_from(tree.leaf(entry), index, head.size, steps) != head.root:
                    raise DoesNotHold(f"the entry at {index} is not in the signed log")
                found[index] = json.loads(entry.decode(), object_pairs_hook=checks.once)
        if sum(name.endswith(".tlog-proof") for name in self.files) != len(found):
            raise DoesNotHold("a proof stands there without its entry")
        return found

    def entry(self, position: Any) -> Mapping[str, Any]:  # noqa: ANN401  as a file has it
        """Return a proved entry that the production has to hold."""
        if type(position) is not int or position not in self.entries():
            raise DoesNotHold("an entry that the production builds on is not in it")
        return self.entries()[position]
