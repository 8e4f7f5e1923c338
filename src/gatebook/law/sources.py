"""Every clause file, imported by name: importing is registering.

The trap guarded against: a clause file nobody imports, which would be law on paper only.
"""

from __future__ import annotations

from dataclasses import replace

from gatebook.law import asking, clause
from gatebook.law.cip_2024 import identity, program
from gatebook.law.e_evidence import art4, art11
from gatebook.law.eo13984 import s1_exemption, s1_records, s2_measures, s2_use, s5_definitions
from gatebook.law.house import contact, disclosure, judgement, ongoing, personhood, reseller, screening
from gatebook.law.ofac import blocked
from gatebook.law.sca import s2702, s2702_grants, s2703, s2704
from gatebook.law.tree import LawOfDay

FILES = (
    s5_definitions,
    s1_records,
    s1_exemption,
    s2_measures,
    s2_use,
    identity,
    program,
    contact,
    judgement,
    ongoing,
    personhood,
    reseller,
    screening,
    blocked,
    disclosure,
    s2702,
    s2702_grants,
    s2703,
    s2704,
    art4,
    art11,
)


def all_clauses() -> tuple[clause.Clause, ...]:
    """Return every clause of every source."""
    return tuple(clause.REGISTERED)


#: The clauses that ask about the use of an account that is open, those that ended included.
_OF_USE = frozenset(c.clause_id for c in clause.REGISTERED if s2_use.is_in_use in c.when)


def asks_about_use(clause_id: str) -> bool:
    """Return whether a clause asks about the use of an open account, and not about opening one."""
    return clause_id in _OF_USE


_BARS = frozenset(c.clause_id for c in clause.REGISTERED if asking.is_asked in c.when)
#: The clauses that ask about a disclosure: what bars one, and what is an exception to that.
_OF_DISCLOSURE = _BARS | {c.clause_id for c in clause.REGISTERED if _BARS.intersection(c.exception_to)}


def asks_about_disclosure(clause_id: str) -> bool:
    """Return whether a clause asks about a disclosure to somebody outside, and not about an account."""
    return clause_id in _OF_DISCLOSURE


def of_accounts(law: LawOfDay) -> LawOfDay:
    """Return the law of a day without the clauses on disclosure; its edition stays that of the whole.

    Put to an account they would all answer that they do not apply, and every determination would keep it for years.
    """
    return replace(law, clauses=tuple(c for c in law.clauses if c.clause_id not in _OF_DISCLOSURE))
