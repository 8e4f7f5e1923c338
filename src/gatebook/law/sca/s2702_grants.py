"""18 U.S.C. 2702(b)-(c): what a provider may hand over: on consent, in an emergency, to private persons and peers.

The trap guarded against: a permission read as a duty, or stretched. Each allows and none compels, and a recipient of
one is not a recipient of another.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.asking import granted, is_among, one_of
from gatebook.law.clause import clause, every, true
from gatebook.law.parameters import Parameters
from gatebook.terms.demand import Instrument, Office, Recipient
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_BEGINS = date(2026, 11, 24)
_GENERAL = "house/disclosure.nothing_leaves_without_a_basis"
_RECORDS = "sca/s2702.no_record_to_government_without_a_basis"
_CONTENT = "sca/s2702.no_content_without_a_basis"


@clause(
    cites="18 U.S.C. 2702(b)(3), (c)(2), 2703(c)(1)(C)",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    exception_to=(_GENERAL, _RECORDS, _CONTENT),
)
def consent_reaches(facts: Facts, law: Parameters) -> Answer:
    """With the consent of the customer or subscriber, and of nobody else, records go to whomever they name."""
    return every(
        granted(facts, law, Instrument.CONSENT, tuple(Recipient)),
        one_of(facts, "disclosure.issuer", Office.CUSTOMER),
        is_among(facts, law, "sca/consent_classes"),
    )


@clause(
    cites="18 U.S.C. 2702(b)(8), (c)(4); second officer: house 8.6",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    exception_to=(_GENERAL, _RECORDS, _CONTENT),
)
def emergency_reaches(facts: Facts, law: Parameters) -> Answer:
    """Believing in good faith in a danger of death or serious injury, a provider may disclose to government.

    The belief is written down and a second officer agrees; nothing here is compelled.
    """
    return every(
        granted(facts, law, Instrument.EMERGENCY, (Recipient.US_GOVERNMENT,)),
        true(facts, "disclosure.has_belief"),
        true(facts, "disclosure.by_two"),
        is_among(facts, law, "sca/emergency_classes"),
    )


@clause(
    cites="18 U.S.C. 2702(c)(6); process asked for by house 8.1",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    exception_to=(_GENERAL,),
)
def civil_process_reaches(facts: Facts, law: Parameters) -> Answer:
    """On process of a private party, records that are not content may go to it."""
    return every(
        granted(facts, law, Instrument.CIVIL, (Recipient.PRIVATE_PARTY, Recipient.PEER)),
        is_among(facts, law, "sca/civil_classes"),
    )


@clause(
    cites="18 U.S.C. 2702(c)(6)",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    exception_to=(_GENERAL,),
)
def peers_may_be_told(facts: Facts, law: Parameters) -> Answer:
    """Records that are not content may go to another provider, which is no governmental entity, unasked."""
    return every(
        granted(facts, law, "none", (Recipient.PEER,)),
        is_among(facts, law, "sca/peer_classes"),
    )
