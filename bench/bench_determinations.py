"""Facts to the law, in process: how many determinations a second, beside a rules engine on the same facts.

Run: ./gatebook bench bench_determinations [--profile].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rule_engine

import houses
from figures import Figures, Spread, ms, profiled, rate, side_by_side, timed, times
from gatebook.decide.determine import determine, to_bytes
from gatebook.identify import check, claims
from gatebook.identify import evidence as evidence_reader
from gatebook.law.tree import LawOfDay
from gatebook.terms.fact import FACTS, Fact, Facts
from gatebook.wiring.premises import Premises

_COUNT = 2000
_SCREENED = (
    Fact("screening.lists_loaded", True),
    Fact("screening.lists_fresh", True),
    Fact("screening.identifiers", "none"),
    Fact("screening.owners", "none"),
    Fact("earlier.declined", False),
    Fact("earlier.closed_for_cause", False),
)


def cases(premises: Premises) -> list[Facts]:
    """Return forty cases: with and without a passport, and with each grade of candidate."""
    now, found = premises.now(), []
    for n in range(40):
        given = houses.application(n)
        evidence = given.pop("evidence") if n % 2 else given.pop("evidence")[:0]
        read = claims.parse_application(given, now)
        parsed = [evidence_reader.parse_evidence(piece, now) for piece in evidence]
        pieces = tuple(check.Evidence(f"evi_{n}", kind, now, data) for kind, data in parsed)  # type: ignore[arg-type]
        facts = Facts(check.findings_to_facts(check.check_claims(read, pieces, now.date())))
        grade = ("none", "none", "weak", "clash", "possible")[n % 5]
        found.append(facts.with_facts((*_SCREENED, Fact("screening.person", grade))))
    return found


def ids(premises: Premises) -> dict[str, Any]:
    """Return what a determination is made under, beside law and facts."""
    now = premises.now()
    return {
        "determination_id": "det_1",
        "application_id": "app_1",
        "person_id": "per_1",
        "asked_on": now.date(),
        "at": now,
    }


def rules(law: LawOfDay, sample: Facts, under: dict[str, Any]) -> list[rule_engine.Rule]:
    """Return one boolean expression a clause, over the facts that clause looked at and asking each for its value."""
    context = rule_engine.Context(default_value=None)
    found = []
    for reason in determine(law, sample, **under).reasons:
        asked = [f"{flat(fact.name)} == {literal(fact.value)}" for fact in reason.facts]
        asked += [f"{flat(name)} == null" for name in reason.missing]
        found.append(rule_engine.Rule(" and ".join(asked) or "true", context=context))
    return found


def flat(name: str) -> str:
    """A fact's name without its dot, which means something else to the engine."""
    return name.replace(".", "_")


def literal(value: object) -> str:
    """A fact's value as the engine writes it."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def as_symbols(facts: Facts) -> dict[str, object]:
    """The facts as a user of the engine would pass them; missing ones as null, for it looks long for a name it lacks."""
    held = {fact.name: fact.value for fact in facts}
    return {flat(name): held.get(name) for name in FACTS}


def put_to_engine(expressions: Sequence[rule_engine.Rule], plain: dict[str, object]) -> list[bool]:
    """Answer every expression; none is skipped, as none of ours is."""
    return [rule.matches(plain) for rule in expressions]


def main() -> None:
    figures = Figures(
        "bench_determinations", "Facts to the law, in process, one core", ("what", "rate", "p50", "p99", "engine = 1")
    )
    with houses.folder() as place, houses.house(place / "h") as premises:
        law = premises.house.law.on(premises.now().date())
        facts, under = cases(premises), ids(premises)
        plain = [as_symbols(f) for f in facts]
        expressions = rules(law, facts[1], under)

        def ours(n: int) -> object:
            return determine(law, facts[n % len(facts)], **under)

        def sealed(n: int) -> object:
            return to_bytes(determine(law, facts[n % len(facts)], **under))

        def theirs(n: int) -> object:
            return put_to_engine(expressions, plain[n % len(plain)])

        engine, whole = side_by_side([theirs, ours], _COUNT)
        add(figures, f"rule-engine: {len(expressions)} boolean expressions, yes or no", "rule_engine", engine, engine)
        add(figures, f"determine: {len(law.clauses)} clauses, three values, reasons, trace", "determine", whole, engine)
        add(figures, "determine and its canonical bytes (what is sealed)", "to_bytes", timed(sealed, 500), engine)
        day = premises.now().date()
        add(figures, "the law of a day, asked before each", "law", timed(lambda _: premises.house.law.on(day), 100))
        profiled("rule-engine", theirs, 1000)
        profiled("determine", ours, 1000)
        profiled("determine and bytes", sealed, 500)
        profiled("the law of a day", lambda _: premises.house.law.on(day), 100)
    figures.keep("clauses", len(law.clauses))
    figures.keep("facts", len(tuple(facts[1])))
    figures.show(
        "The engine answers yes or no. Each clause here answers met, unmet or unknown, lists the facts it looked at and those",
        "missing, carries citation and standing, and yields to its exceptions; the outcome can be replayed byte for byte.",
        "The expressions are made: one a clause, over the facts that clause looks at; they do not mean what the clause means.",
    )


def add(figures: Figures, what: str, name: str, spread: Spread, beside: Spread | None = None) -> None:
    """Add one line: its rate, its spread, and how much of the engine's rate it reaches."""
    figures.keep(f"{name}_per_second", spread.rate)
    figures.keep(f"{name}_p50_ms", spread.p50)
    figures.keep(f"{name}_p99_ms", spread.p99)
    reached = times(figures.keep(f"{name}_of_engine", spread.rate / beside.rate)) if beside else ""
    figures.row(what, rate(spread.rate), ms(spread.p50), ms(spread.p99), reached)


if __name__ == "__main__":
    main()
