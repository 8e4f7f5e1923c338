"""The text of a notice: what was asked, by whom, what was given and on what, and how to be heard, in plain words.

The trap guarded against: a letter nobody understands, or one that says too much. It says of one person what is theirs,
names no other, and names the authority only where nobody forbade it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gatebook.terms.demand import Instrument
from gatebook.terms.record_class import RecordClass
from gatebook.trace.production.told import INSTRUMENTS

#: Each class as somebody who never heard of classes would call it.
CLASSES: Mapping[RecordClass, str] = {
    RecordClass.NAME: "your name",
    RecordClass.ADDRESS: "your postal address",
    RecordClass.CONTACT: "your telephone numbers and e-mail addresses",
    RecordClass.NETWORK_ADDRESS: "network addresses you used or were given",
    RecordClass.SESSION: "when your sessions began and ended",
    RecordClass.SERVICE: "which service you had, and from when to when",
    RecordClass.PAYMENT: "how you paid",
    RecordClass.NATIONAL_NUMBER: "national or registration numbers",
    RecordClass.IDENTITY_DOCUMENT: "what your identity documents say",
    RecordClass.OWNERSHIP: "who stands behind you",
    RecordClass.USE: "what you said you use the service for, and where",
    RecordClass.ASSESSMENT: "what we concluded when we checked you",
    RecordClass.ACTIVITY: "what was done with your account",
    RecordClass.CONTENT: "what is stored or sent by means of the service",
}
_COURT = "You can ask the court that it came from, or the court at the place of the authority, to look at it"
#: By instrument, what can be done about it; of all others the general words are true.
_HEARD: Mapping[Instrument, str] = {
    Instrument.SUBPOENA: f"{_COURT}: a motion to quash.",
    Instrument.COURT_ORDER: f"{_COURT}: a motion to quash or to change the order.",
    Instrument.WARRANT: "You can raise in the proceedings, through a lawyer, that it should not have been issued.",
    Instrument.CONSENT: "It rests on consent given in your name. If you gave none, tell us at once.",
    Instrument.EU_PRODUCTION: "You have a right to effective remedies before a court of the State that issued it"
    " (Regulation (EU) 2023/1543 art. 18).",
    Instrument.CIVIL: f"{_COURT}, or tell the party that asked why you object.",
}
_GENERAL = "You can ask the authority why it asked, and a court to look at whether it was allowed to."


@dataclass(frozen=True, slots=True)
class Given:
    """One handing over of what is somebody's: on which day, which classes by which law, and how much of theirs."""

    given_on: str
    classes: Mapping[RecordClass, str]
    records: int
    events: int
    digest: str


@dataclass(frozen=True, slots=True)
class Telling:
    """What a notice says to one person. ``authority`` empty may not be named; ``asked`` empty asked for all."""

    to: str
    accounts: Sequence[str]
    instrument: Instrument
    jurisdiction: str
    received_on: str
    authority: str
    reference: str
    asked: Sequence[RecordClass]
    given: Sequence[Given]
    silent_until: str
    provider: str


def text_of(telling: Telling) -> str:
    """Return the notice as text, a paragraph for each thing it says."""
    return "\n\n".join(_paragraphs(telling)) + "\n"


def _paragraphs(telling: Telling) -> Iterator[str]:
    yield f"To {telling.to or 'the holder of ' + (', '.join(telling.accounts) or 'this account')}"
    yield _asked(telling)
    yield _given(telling)
    if telling.silent_until:
        yield f"Until {telling.silent_until} we were not allowed to tell you."
    # What was handed over already can be kept from nobody any more: then the general words are true.
    heard = _GENERAL if telling.given else _HEARD.get(telling.instrument, _GENERAL)
    yield (
        f"How to be heard. {heard} We cannot advise you; a lawyer can. From us you can ask what we hold about you, and"
        " what exactly we handed over; answer to the address this came from."
    )
    yield telling.provider


def _asked(telling: Telling) -> str:
    by = f"{telling.authority}, reference {telling.reference}" if telling.authority else "an authority we may not name"
    accounts = f" (account {', '.join(telling.accounts)})" if telling.accounts else ""
    asked = _listed([CLASSES[one] for one in telling.asked]) or "everything that such a paper reaches"
    served = f"On {telling.received_on} we were served with legal process that concerns you{accounts}"
    return (
        f"{served}: {INSTRUMENTS[telling.instrument]}; {by}; jurisdiction {telling.jurisdiction}. It asks for {asked}."
    )


def _given(telling: Telling) -> str:
    if not telling.given:
        return "We have handed over nothing that is yours."
    return "What we handed over.\n" + "\n".join(_one(one) for one in telling.given)


def _one(one: Given) -> str:
    classes = _listed([CLASSES[name] for name in one.classes])
    basis = "; ".join(sorted(set(one.classes.values())))
    much = f"{_count(one.records, 'record')} and {_count(one.events, 'access')}"
    return f"- On {one.given_on}: {classes}. {much}, on the basis of {basis}. SHA-256 of the whole: {one.digest}"


def _count(number: int, word: str) -> str:
    plural = f"{word}es" if word.endswith("s") else f"{word}s"
    return f"{number} {word if number == 1 else plural}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))
