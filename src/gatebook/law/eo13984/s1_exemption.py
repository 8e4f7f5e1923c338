"""What section 1(c) of the order lets the Secretary exempt: a provider, a type of account, or a lessee.

The trap guarded against: an exemption used as a pass. It sets aside the duties of section 1 and of the rule proposed
under it, and nothing else: screening, sanctions, special measures and house policy ask on.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_SIGNED = date(2021, 1, 19)


@clause(
    cites="EO 13984 s. 1(c)",
    standing=Standing.IN_FORCE,
    begins=_SIGNED,
    exception_to=(
        "eo13984/s1_records.identity_is_verified",
        "eo13984/s1_records.identity_is_recorded",
        "eo13984/s1_records.payment_is_recorded",
        "eo13984/s1_records.contacts_are_recorded",
        "eo13984/s1_records.access_is_recorded",
        "cip_2024/identity.six_groups_are_recorded",
        "cip_2024/program.place_of_use_is_recorded",
        "cip_2024/program.owners_are_identified",
        "cip_2024/program.verified_by_document_or_other_means",
    ),
)
def is_exempt(facts: Facts, law: Parameters) -> Answer:
    """The provider, this type of account or this lessee was exempted from the duties of section 1.

    The house records an exemption as a dated value that cites who granted it. A verification that failed
    (cip_2024/identity.no_verification_failed) is not set aside: an exemption waives the asking, not the answer.
    """
    held = set(law.list("eo13984/exemptions"))
    account_type, lessee = facts.get("account.type"), facts.get("lessee.id")
    if held & {"provider", f"account_type/{account_type}", f"lessee/{lessee}"}:
        return Answer.MET
    return Answer.UNKNOWN if held and None in (account_type, lessee) else Answer.UNMET
