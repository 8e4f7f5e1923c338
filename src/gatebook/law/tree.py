"""The law tree: clauses, parameters and adoptions, and the law of one day with its edition.

The trap guarded against: a proposed rule taken for law in force. A source that does not bind by itself counts only
from the day the house adopts it, and each determination says on which standing it rested.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from gatebook import canonical
from gatebook.errors import LawError
from gatebook.law.clause import Clause
from gatebook.law.edition import Book
from gatebook.law.parameters import DatedValue, Parameter, Parameters, check_override, parse_parameter
from gatebook.terms.determination import Standing


@dataclass(frozen=True, slots=True)
class Source:
    """A source of law: title, citation, its standing in words, and whether it binds a house by itself.

    ``begins`` is the day it came into this tree, so that no edition of an earlier day knows of it; None is always.
    """

    name: str
    title: str
    citation: str
    standing: str
    binds: bool
    begins: date | None = None

    def holds_on(self, day: date) -> bool:
        """Return whether the source is in the tree on ``day``."""
        return self.begins is None or self.begins <= day


@dataclass(frozen=True, slots=True)
class Adoption:
    """A house adopts a source as its own policy from a day, perhaps to a day (exclusive)."""

    source: str
    begins: date
    ends: date | None = None
    note: str = ""

    def holds_on(self, day: date) -> bool:
        """Return whether the adoption holds on ``day``."""
        return self.begins <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True, slots=True)
class LawOfDay:
    """The law of one day under the house's adoptions; ``edition`` is its digest."""

    day: date
    edition: str
    clauses: tuple[Clause, ...]
    parameters: Parameters
    resting: Mapping[str, str]

    def rests_on(self, source: str) -> str:
        """Return the standing of a source in words, and since when the house adopted it if it did."""
        return self.resting[source]


@dataclass(frozen=True, slots=True)
class LawTree:
    """Everything Gatebook and the operator say of the law, for every day."""

    clauses: tuple[Clause, ...]
    parameters: Mapping[str, Parameter]
    overrides: Mapping[str, Parameter]
    sources: Mapping[str, Source]
    adoptions: tuple[Adoption, ...]
    digests: Mapping[tuple[str, str], str]

    @staticmethod
    def build(
        clauses: Iterable[Clause],
        texts: Mapping[str, str],
        source_texts: Mapping[str, str],
        operator_texts: Mapping[str, str] | None = None,
    ) -> LawTree:
        """Build from clause functions and file texts; raises LawError for a clash, a gap or an unknown source."""
        yours = dict(operator_texts or {})
        adoptions = parse_adoptions(yours.pop("adopt.yaml", ""))
        book, held = Book.read(source_texts), tuple(sorted(clauses, key=lambda c: (c.clause_id, c.begins)))
        _check_places(yours)
        tree = LawTree(
            held,
            _parameters(texts),
            _parameters(yours),
            {p.split("/")[0]: _source(p.split("/")[0], t) for p, t in texts.items() if p.endswith("/source.yaml")},
            adoptions,
            {(c.module, c.put.__name__): book.digest(c.module, c.put.__name__) for c in held},
        )
        _check(tree)
        return tree

    def on(self, day: date) -> LawOfDay:
        """Return the law in force on ``day``. Later law, and an end given to a clause, change no earlier edition."""
        adopted = {a.source: a for a in self.adoptions if a.holds_on(day)}
        resting = {
            s.name: _rests(s, adopted.get(s.name))
            for s in self.sources.values()
            if s.holds_on(day) and (s.binds or s.name in adopted)
        }
        clauses = tuple(c for c in self.clauses if c.source in resting and c.holds_on(day))
        held = self._values(day)
        edition = canonical.digest(
            {
                "clauses": [
                    [
                        c.clause_id,
                        c.cites,
                        c.standing,
                        c.begins,
                        c.unmet,
                        c.exception_to,
                        c.duty,
                        c.for_applicant,
                        self.digests[c.module, c.put.__name__],
                    ]
                    for c in clauses
                ],
                "parameters": {name: [v.value, v.cites, v.standing, v.begins] for name, v in held.items()},
                "resting": resting,
            }
        )
        return LawOfDay(day, edition, clauses, Parameters(held), resting)

    def _values(self, day: date) -> dict[str, DatedValue]:
        held = {}
        for name in sorted({*self.parameters, *self.overrides}):
            yours = self.overrides[name].on(day) if name in self.overrides else None
            ours = self.parameters[name].on(day) if name in self.parameters else None
            if value := yours or ours:
                held[name] = value
        return held


def parse_adoptions(text: str) -> tuple[Adoption, ...]:
    """Read ``adopt.yaml``: a list of source, begins, and perhaps ends and note. One source holds once on a day."""
    try:
        found = tuple(_adoption(entry) for entry in yaml.safe_load(text) or [])
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise LawError(f"adopt.yaml cannot be read: {type(error).__name__}") from None
    for adoption in found:
        if type(adoption.begins) is not date or (adoption.ends is not None and type(adoption.ends) is not date):
            raise LawError(f"the adoption of {adoption.source} needs days written as YYYY-MM-DD")
        if adoption.ends and adoption.ends <= adoption.begins:
            raise LawError(f"the adoption of {adoption.source} ends before it begins")
    ordered = sorted(found, key=lambda adoption: (adoption.source, adoption.begins))
    for earlier, later in itertools.pairwise(ordered):
        if earlier.source == later.source and (earlier.ends is None or later.begins < earlier.ends):
            raise LawError(f"{later.source} is adopted twice for {later.begins}; give the earlier adoption an end")
    return found


def _adoption(entry: dict[str, Any]) -> Adoption:
    if unknown := set(entry) - {"source", "begins", "ends", "note"}:
        raise LawError(f"adopt.yaml has a key it cannot have: {min(map(str, unknown))}")
    return Adoption(str(entry["source"]), entry["begins"], entry.get("ends"), str(entry.get("note", "")))


def _source(name: str, text: str) -> Source:
    data: dict[str, Any] = yaml.safe_load(text)
    return Source(name, data["title"], data["citation"], data["standing"], bool(data["binds"]), data.get("begins"))


def _parameters(texts: Mapping[str, str]) -> dict[str, Parameter]:
    found = {}
    for path, text in texts.items():
        folder, _, file = path.rpartition("/")
        if folder.endswith("/parameters"):
            name = f"{folder.removesuffix('/parameters')}/{file.removesuffix('.yaml')}"
            found[name] = parse_parameter(name, text)
    return found


def _rests(source: Source, adoption: Adoption | None) -> str:
    return f"{source.standing}; adopted by the house from {adoption.begins}" if adoption else source.standing


def _check(tree: LawTree) -> None:
    for earlier, later in zip(tree.clauses, tree.clauses[1:], strict=False):
        if earlier.clause_id == later.clause_id and (earlier.ends is None or earlier.ends > later.begins):
            raise LawError(f"two versions of {earlier.clause_id} hold on one day")
    ids = {c.clause_id for c in tree.clauses}
    for clause in tree.clauses:
        if clause.source not in tree.sources:
            raise LawError(f"the source {clause.source} has no source.yaml")
        if missing := set(clause.exception_to) - ids:
            raise LawError(f"{clause.clause_id} is an exception to {min(missing)}, which is no clause")
    for adoption in tree.adoptions:
        if adoption.source not in tree.sources:
            raise LawError("adopt.yaml names a source of law that is not there")
    _check_parameters(tree)


def _check_parameters(tree: LawTree) -> None:
    for ours in tree.parameters.values():
        check_override(ours, ours)
    for name, yours in tree.overrides.items():
        if name not in tree.parameters:
            raise LawError(f"your law folder sets {name}, which no clause knows")
        check_override(tree.parameters[name], yours)
        if any(value.standing is not Standing.HOUSE for value in yours.values):
            raise LawError(f"your own value of {name} has the standing house; yours cannot be law in force")


def _check_places(yours: Mapping[str, str]) -> None:
    """Refuse an operator's file where nobody would read it: silence would look like an override that holds."""
    for path in yours:
        parts = path.split("/")
        if len(parts) != 3 or parts[1] != "parameters" or not parts[2].endswith(".yaml"):  # noqa: PLR2004  three parts
            raise LawError(f"{path} in your law folder is not read; use <source>/parameters/<name>.yaml or adopt.yaml")
