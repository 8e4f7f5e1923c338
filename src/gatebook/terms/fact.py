"""Finding and fact: what a verb concluded, and the same as put to a clause.

The trap guarded against: a missing fact read as a no. ``Facts.get`` returns None for unknown, and every
fact a clause looked at is remembered, so that a determination can say what was missing.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatebook.errors import LawError
from gatebook.terms.demand import Instrument, Office, Recipient
from gatebook.terms.record_class import RecordClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Scalar = str | int | bool


@dataclass(frozen=True, slots=True)
class FactSpec:
    """A fact's name, the values it may take (``None`` as choices means any of the type), and its meaning.

    ``form`` is a regular expression a text has to match whole; empty takes any.
    """

    name: str
    type: type
    choices: tuple[str, ...] | None
    means: str
    form: str = ""


_COUNTRY = "[A-Z]{2}"
_VERIFICATION = ("verified", "refuted", "untried")
_OFFICES = tuple(office.value for office in Office)
_SPECS = (
    # what is asked for
    FactSpec("account.type", str, None, "the provider's account type, a key of house/account_types"),
    FactSpec("account.is_reseller", bool, None, "the account would be offered onward: a Reseller Account"),
    FactSpec("account.on_behalf_of_other", bool, None, "the account is opened for or on behalf of another person"),
    FactSpec("product.gives_computing", bool, None, "processing, storage, networks or other fundamental computing"),
    FactSpec("product.runs_any_software", bool, None, "the consumer can run software that is not predefined"),
    FactSpec("product.is_trial", bool, None, "complimentary or trial"),
    # who is asking: the four limbs of the definition of a United States person, each from evidence
    FactSpec("person.kind", str, ("individual", "entity"), "EO 13984 s. 5"),
    FactSpec("person.is_us_citizen", bool, None, "limb 1: a United States citizen"),
    FactSpec("person.is_us_permanent_resident", bool, None, "limb 2: a lawful permanent resident"),
    FactSpec("person.is_organised_in_us", bool, None, "limb 3: an entity organised under US law, branches included"),
    FactSpec("person.is_located_in_us", bool, None, "limb 4: any person located in the United States"),
    FactSpec("person.contradictions", int, None, "how many pieces of evidence on personhood contradict each other"),
    FactSpec(
        "person.weak_signs_of_us",
        int,
        None,
        "signs of the US, all borne by evidence",
    ),
    FactSpec("person.weak_signs_of_foreign", int, None, "signs pointing away from the US, also only claimed"),
    FactSpec(
        "person.located_in", str, None, "the country evidence places the person in (ISO 3166-1 alpha-2)", _COUNTRY
    ),
    FactSpec("lessee.id", str, None, "the pseudonymous id of the person who holds or would hold the account"),
    # special measures (EO 13984 s. 2)
    FactSpec("behalf.claimed_in", str, None, "the country claimed of the person the account is opened for", _COUNTRY),
    FactSpec("measure.on_person", str, ("none", "condition", "prohibit"), "the strictest measure on anybody involved"),
    # identity: the record groups of EO 13984 s. 1(a)(ii), NP-04
    FactSpec("identity.name_given", bool, None, "a name was claimed"),
    FactSpec("identity.address_given", bool, None, "an address was claimed and is well-formed"),
    FactSpec("identity.address_form", str, _VERIFICATION, "the address fits its country's form"),
    FactSpec("identity.document", str, _VERIFICATION, "name and birth date tested against an identity document"),
    FactSpec("identity.document_expired", bool, None, "the accepted document that holds longest has expired"),
    FactSpec("identity.national_number", str, _VERIFICATION, "form and check digits of a national number"),
    FactSpec("identity.is_adult", bool, None, "of the age the house asks, by the newest accepted document"),
    FactSpec("identity.residence", str, _VERIFICATION, "the claimed address tested against a recent paper"),
    FactSpec("entity.registration", str, _VERIFICATION, "the claimed registration tested against an extract or LEI"),
    FactSpec("entity.owners_given", bool, None, "beneficial owners were named, or the lack of any was stated"),
    FactSpec("entity.owners_identified", str, _VERIFICATION, "every named beneficial owner's identity"),
    FactSpec("contact.email_given", bool, None, "an e-mail address was claimed and is well-formed"),
    FactSpec("contact.email", str, _VERIFICATION, "a one-time code sent to the e-mail address came back"),
    FactSpec("contact.phone_given", bool, None, "a telephone number was claimed and is well-formed"),
    FactSpec("contact.phone", str, _VERIFICATION, "a one-time code sent to the telephone number came back"),
    FactSpec("payment.given", bool, None, "a means and source of payment was claimed and is well-formed"),
    FactSpec("payment.means", str, _VERIFICATION, "a processor or challenge confirmed control of the means"),
    FactSpec("access.recorded", bool, None, "the address and time of the application were recorded"),
    FactSpec("use.place_given", bool, None, "the place of use was claimed"),
    # screening
    FactSpec(
        "screening.lists_loaded",
        bool,
        None,
        "every list house/lists_needed names, and at least one, was there to compare with",
    ),
    FactSpec("screening.lists_fresh", bool, None, "every loaded list is younger than the house's limit"),
    FactSpec(
        "screening.person",
        str,
        ("none", "weak", "clash", "possible", "confirmed"),
        "strongest undisposed candidate over names; clash: same name, but birth or another detail disagrees",
    ),
    FactSpec("screening.identifiers", str, ("none", "match"), "payment identifiers, exact"),
    FactSpec("screening.owners", str, ("none", "weak", "clash", "possible", "confirmed"), "the same over owners"),
    FactSpec("screening.blocked", bool, None, "the strongest accepted or confirmed candidate is on a blocking list"),
    # earlier dealings, by exact keyed index
    FactSpec("earlier.declined", bool, None, "an earlier application with a same identifier was declined"),
    FactSpec("earlier.closed_for_cause", bool, None, "an earlier account with a same identifier was closed for cause"),
    # the use of an account that is open (EO 13984 s. 1(a)(ii)(D)): never put when an account is asked for
    FactSpec("access.is_ongoing", bool, None, "what is put is of the use of an account that is open"),
    FactSpec("access.events", int, None, "accesses with an address in the last house/use_days"),
    FactSpec("access.events_unplaced", int, None, "those of them no file gives a country for"),
    FactSpec("access.events_elsewhere", int, None, "those from countries the holder has nothing to do with"),
    FactSpec("access.events_unfamiliar", int, None, "those from countries not seen in the account's first days"),
    FactSpec(
        "access.measure", str, ("none", "condition", "prohibit"), "the strictest measure on a place they came from"
    ),
    FactSpec("access.quiet_days", int, None, "the longest run of whole days without an access that just ended"),
    FactSpec("access.quiet_days_unheard", int, None, "so many more may have been quiet: not every source was heard"),
    FactSpec("account.personhood", str, ("us", "foreign", "unknown"), "of the holder, as the account was opened"),
    FactSpec("account.is_under_measure", bool, None, "the account is held to the conditions of a special measure"),
    # a disclosure to somebody outside: never put when an account is asked for (the first and last are reach's to put)
    FactSpec("disclosure.is_asked", bool, None, "what is put is of a disclosure"),
    FactSpec(
        "disclosure.instrument",
        str,
        (*(instrument.value for instrument in Instrument), "none"),
        "what was served; none is a disclosure nobody's process asks for",
    ),
    FactSpec("disclosure.recipient", str, tuple(recipient.value for recipient in Recipient), "whom the records go to"),
    FactSpec("disclosure.record_class", str, tuple(kind.value for kind in RecordClass), "which kind of record"),
    FactSpec(
        "disclosure.is_authentic",
        bool,
        None,
        "the checks the house asks of such a demand passed, or one failed; of a subject, that it is they who ask",
    ),
    FactSpec("disclosure.issuer", str, _OFFICES, "who issued it; of a consent, who consents"),
    FactSpec("disclosure.validator", str, _OFFICES, "who validated it"),
    FactSpec("disclosure.has_belief", bool, None, "the belief in a danger of death or serious injury is written down"),
    FactSpec("disclosure.by_two", bool, None, "two officers agreed, independently of each other"),
    FactSpec("disclosure.only_identifies", bool, None, "the order asks for the sole purpose of identifying the user"),
    FactSpec("disclosure.is_law_held", bool, None, "the law of the instrument binds the house or was adopted by it"),
    # the human's word
    FactSpec("review.disposition", str, ("admit", "decline"), "an officer's word on the application"),
    FactSpec("review.match", str, ("same", "different"), "the disposition of the screening candidates"),
)
FACTS = {spec.name: spec for spec in _SPECS}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a verb concluded. ``value`` None means unknown; ``note`` is for staff and may be personal: it is sealed.

    ``fact`` names the fact it supports, ``method`` how it was reached (``mrz``, ``email_code`` ...),
    ``basis`` the ids of evidence or list rows, ``code`` a stable slug fit to be entered in the ledger.
    """

    fact: str
    value: Scalar | None
    method: str
    code: str
    basis: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A finding as put to a clause."""

    name: str
    value: Scalar
    basis: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """The facts of one case. Reading is remembered in ``looked_at``; unknown reads as None.

    Raises :class:`LawError` for a name not in ``FACTS`` or a value outside its choices: a misspelt fact
    would otherwise be for ever unknown.
    """

    facts: tuple[Fact, ...] = ()
    looked_at: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)
    _by_name: dict[str, Fact] = field(init=False, default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse names and values the vocabulary does not know, and two facts of one name."""
        for fact in self.facts:
            spec = FACTS.get(fact.name)
            if spec is None or fact.name in self._by_name:
                message = f"{fact.name} is put twice or is not a fact the law knows"
                raise LawError(message)
            if type(fact.value) is not spec.type or (spec.choices and fact.value not in spec.choices):
                message = f"{fact.name} cannot take the value it was given"
                raise LawError(message)
            if spec.form and not re.fullmatch(spec.form, str(fact.value)):
                message = f"{fact.name} is not of the form it has to be"
                raise LawError(message)
            self._by_name[fact.name] = fact

    def __iter__(self) -> Iterator[Fact]:
        """Iterate in name order, so that two equal sets of facts have one byte form."""
        return iter([self._by_name[name] for name in sorted(self._by_name)])

    def fact(self, name: str) -> Fact | None:
        """Return the fact, or None for unknown, and remember that it was looked at."""
        if name not in FACTS:
            message = f"{name} is not a fact the law knows"
            raise LawError(message)
        found = self._by_name.get(name)
        self.looked_at[name] = found is not None
        return found

    def peek(self, name: str) -> Fact | None:
        """Return the fact, or None, without remembering that it was looked at."""
        return self._by_name.get(name)

    def get(self, name: str) -> Scalar | None:
        """Return the value, or None for unknown."""
        found = self.fact(name)
        return None if found is None else found.value

    def watched(self) -> Facts:
        """Return the same facts with an empty memory of what was looked at; they were checked once."""
        found = copy.copy(self)
        object.__setattr__(found, "looked_at", {})
        return found

    def with_facts(self, more: Iterable[Fact]) -> Facts:
        """Return these facts with ``more`` put over them."""
        over = {fact.name: fact for fact in self.facts} | {fact.name: fact for fact in more}
        return Facts(tuple(over.values()))
