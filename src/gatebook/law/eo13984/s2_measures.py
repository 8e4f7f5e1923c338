"""What section 2 of the order lets the Secretary impose: special measures on jurisdictions and on foreign persons.

The trap guarded against: a measure read from a passport. The key is where a person is located, or who they are, and
never nationality; and where somebody is located and nobody knows, a person looks.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause, every
from gatebook.law.eo13984.s5_definitions import is_foreign_person, is_iaas_product
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_SIGNED = date(2021, 1, 19)
_APPLIES = (is_iaas_product, is_foreign_person)
_PLACES, _PERSONS = "eo13984/measures_on_jurisdictions", "eo13984/measures_on_persons"


def _is_elsewhere(facts: Facts, law: Parameters, effect: str) -> Answer:
    """Met when no measure of this effect holds where the person, and whom they act for, is located.

    Whom they act for is known by what is claimed of them; house policy shows such an account to an officer.
    """
    places = {place for place, found in law.table(_PLACES).items() if found == effect}
    if not places:
        return Answer.MET
    names = ["person.located_in", *(["behalf.claimed_in"] if facts.get("account.on_behalf_of_other") else [])]
    found = [facts.get(name) for name in names]
    return every(*(Answer.of(None if place is None else place not in places) for place in found))


def _is_another(facts: Facts, law: Parameters, effect: str) -> Answer:
    """Met when neither the person nor anybody behind them is under a measure of this effect."""
    if effect not in law.table(_PERSONS).values():
        return Answer.MET
    found = facts.get("measure.on_person")
    return Answer.of(None if found is None else found != effect)


@clause(
    cites="EO 13984 s. 2(d)(i)",
    standing=Standing.IN_FORCE,
    begins=_SIGNED,
    unmet="decline",
    when=_APPLIES,
    for_applicant="We cannot offer accounts where you are located.",
)
def no_prohibition_where_located(facts: Facts, law: Parameters) -> Answer:
    """No account for a foreign person located in a jurisdiction under a prohibition."""
    return _is_elsewhere(facts, law, "prohibit")


@clause(
    cites="EO 13984 s. 2(d)(i)",
    standing=Standing.IN_FORCE,
    begins=_SIGNED,
    unmet="condition:special-measure",
    when=_APPLIES,
    for_applicant="Where you are located, an account is opened on conditions.",
)
def no_condition_where_located(facts: Facts, law: Parameters) -> Answer:
    """An account for a foreign person located in a jurisdiction under conditions is opened on those conditions."""
    return _is_elsewhere(facts, law, "condition")


@clause(
    cites="EO 13984 s. 2(d)(ii)",
    standing=Standing.IN_FORCE,
    begins=_SIGNED,
    unmet="decline",
    when=_APPLIES,
    for_applicant="We cannot offer you an account.",
)
def no_prohibition_on_person(facts: Facts, law: Parameters) -> Answer:
    """No account that involves a foreign person under a prohibition, on whose behalf included."""
    return _is_another(facts, law, "prohibit")


@clause(
    cites="EO 13984 s. 2(d)(ii)",
    standing=Standing.IN_FORCE,
    begins=_SIGNED,
    unmet="condition:special-measure",
    when=_APPLIES,
)
def no_condition_on_person(facts: Facts, law: Parameters) -> Answer:
    """An account that involves a foreign person under conditions is opened on those conditions."""
    return _is_another(facts, law, "condition")
