"""Record classes: into which kinds what the house holds of somebody falls, as laws on disclosure and retention ask.

The trap guarded against: one word for everything. A subpoena reaches a name and not a passport number; whoever asks for
"the records" is answered class by class.
"""

from __future__ import annotations

from enum import StrEnum


class RecordClass(StrEnum):
    """A kind of record. What each holds is said in ``trace/fields``; laws name them in their clauses."""

    NAME = "name"
    ADDRESS = "address"
    #: Telephone numbers and e-mail addresses: a subscriber's number or identity.
    CONTACT = "contact"
    #: Addresses of the network somebody used, and those assigned to them.
    NETWORK_ADDRESS = "network-address"
    #: When sessions began and ended: times, sessions, outcome and source of accesses.
    SESSION = "session"
    #: Which service, since when, of which type, and until when.
    SERVICE = "service"
    PAYMENT = "payment"
    NATIONAL_NUMBER = "national-number"
    #: What identity documents said: number, birth, nationality, dates.
    IDENTITY_DOCUMENT = "identity-document"
    OWNERSHIP = "ownership"
    #: Purpose and place of use.
    USE = "use"
    #: What the house concluded: screenings, determinations, reviews.
    ASSESSMENT = "assessment"
    #: What was done with an account: acts, their targets, programs and keys that did them.
    ACTIVITY = "activity"
    #: What is stored or sent by means of the product. The house holds none; a demand may still ask for it.
    CONTENT = "content"
