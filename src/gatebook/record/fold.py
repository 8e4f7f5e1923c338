"""The fold: what an entry of the ledger does to the registers.

The trap guarded against: a register that knows more than the ledger. A procedure never writes a register;
it enters an entry, and ``changes`` says what that entry does to each register. Rebuilding is the same fold.
"""

from __future__ import annotations

from collections.abc import Callable

from gatebook import canonical
from gatebook.record import process_fold
from gatebook.record.entered_segments import segment_key
from gatebook.record.entry import Entry
from gatebook.record.registers import Change

#: Clauses of this source say that somebody is on a blocking list.
_BLOCKS = "ofac/"


def changes(position: int, entry: Entry) -> list[Change]:
    """Return what ``entry``, standing at ``position``, does to the registers."""
    found = list(_FOLDS[entry.kind](position, entry)) if entry.kind in _FOLDS else []
    if entry.record:
        values = {
            "person_id": entry.person,
            "application_id": entry.application,
            "kind": entry.kind,
            "commitment": entry.commitment,
            "sealed_at": canonical.instant(entry.at),
            "position": position,
        }
        found.append(Change("records", entry.record, values))
    return found


def _received(position: int, entry: Entry) -> list[Change]:
    # A crash after this entry must leave the application in review, so that is the state it starts in. It waits on
    # the house itself until it is determined, so that one cut off here can be told from one left to an officer.
    values = {
        "person_id": entry.person,
        "account_type": entry.body["account_type"],
        "product": entry.body["product"],
        "is_reseller": entry.body["is_reseller"],
        "state": "review",
        "waiting_on": "house",
        "outcome": "",
        "received_at": canonical.instant(entry.at),
        "claims_record": entry.record,
        "position": position,
    }
    return [Change("applications", entry.application, values), Change("persons", entry.person)]


def _awaits_judgement(position: int, entry: Entry) -> list[Change]:
    """Something was entered that the application has to be judged on: the next step is the house's own."""
    return [Change("applications", entry.application, {"waiting_on": "house", "position": position})]


def _screened(_: int, entry: Entry) -> list[Change]:
    """No step of its own: only where the latest screening lies, so that it is found without looking at the rest."""
    return [Change("applications", entry.application, {"screened_record": entry.record})]


def _code_answered(position: int, entry: Entry) -> list[Change]:
    return _awaits_judgement(position, entry) if entry.body["verdict"] == "right" else []


def _determined(position: int, entry: Entry) -> list[Change]:
    body, at = entry.body, canonical.instant(entry.at)
    row = {
        "application_id": entry.application,
        "person_id": entry.person,
        "asked_on": body["asked_on"],
        "at": at,
        "edition": entry.edition,
        "outcome": body["outcome"],
        "record_id": entry.record,
        "position": position,
    }
    found = [Change("determinations", body["determination"], row)]
    if any(clause.startswith(_BLOCKS) and answer == "unmet" for clause, answer in body["answers"].items()):
        found.append(_listed(entry))
    if entry.account:  # a determination on an account that is already open does not move its application
        # Screened counts once it led to a determination: a screening cut off before that has to be made again.
        account = {"screened_at": at, "determination_id": body["determination"], "position": position}
        return [*found, Change("accounts", entry.account, account)]
    # An admission moves the state only with account.opened, a decline only with application.declined.
    application = {
        "outcome": body["outcome"],
        "waiting_on": body["waiting_on"],
        "due": body["due"],
        "conditions": body["conditions"],
        "personhood": body["personhood"],
        "determined_at": at,
        "determination_id": body["determination"],
        "edition": entry.edition,
        "position": position,
    }
    return [*found, Change("applications", entry.application, application)]


def _listed(entry: Entry) -> Change:
    """The person was found on a blocking list, or an officer called a listed party the same; it does not end."""
    return Change("persons", entry.person, {"was_listed": True})


def _opened(position: int, entry: Entry) -> list[Change]:
    account = {
        "application_id": entry.application,
        "person_id": entry.person,
        "account_type": entry.body["account_type"],
        "status": "open",
        "conditions": entry.body["conditions"],
        "personhood": entry.body["personhood"],
        "is_reseller": entry.body["is_reseller"],
        "opened_at": canonical.instant(entry.at),
        "screened_at": canonical.instant(entry.at),
        "position": position,
    }
    application = {"state": "admitted", "account_id": entry.account, "waiting_on": "", "position": position}
    return [Change("accounts", entry.account, account), Change("applications", entry.application, application)]


def _ended(position: int, entry: Entry) -> list[Change]:
    """``application.declined``, ``.withdrawn`` and ``.lapsed``: the application is settled, and its data has a day."""
    body = entry.body
    values = {
        "state": entry.kind.partition(".")[2],
        "waiting_on": "",
        "position": position,
        "retain_until": body.get("retain_until", ""),
        "retain_rule": body.get("retain_rule", ""),
    }
    return [Change("applications", entry.application, values)]


def _restricted(position: int, entry: Entry) -> list[Change]:
    values = {"status": "restricted", "cause": entry.body["cause"], "position": position}
    return [Change("accounts", entry.account, values)]


def _restored(position: int, entry: Entry) -> list[Change]:
    return [Change("accounts", entry.account, {"status": "open", "cause": "", "position": position})]


def _conditioned(position: int, entry: Entry) -> list[Change]:
    values = {"conditions": entry.body["conditions"], "position": position}
    return [Change("accounts", entry.account, values)]


def _closed(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    values = {
        "status": "closed",
        "cause": body["cause"],
        "for_cause": body["for_cause"],
        "position": position,
        "closed_at": canonical.instant(entry.at),
        "retain_until": body["retain_until"],
        "retain_rule": body["retain_rule"],
    }
    return [Change("accounts", entry.account, values)]


def _review_opened(position: int, entry: Entry) -> list[Change]:
    values = {
        "application_id": entry.application,
        "account_id": entry.account,
        "person_id": entry.person,
        "state": "open",
        "cause": entry.body["cause"],
        "opened_at": canonical.instant(entry.at),
        "position": position,
    }
    return [Change("reviews", entry.body["review"], values)]


def _review_disposed(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    state = "proposed" if body["four_eyes"] else "disposed"
    values = {
        "state": state,
        "disposition": body["disposition"],
        "match": body["match"],
        "four_eyes": body["four_eyes"],
        "proposed_by": entry.operator,
        "position": position,
    }
    return [Change("reviews", body["review"], values), *([] if body["four_eyes"] else _word_counts(position, entry))]


def _review_approved(position: int, entry: Entry) -> list[Change]:
    values = {"state": "disposed", "approved_by": entry.operator, "position": position}
    return [Change("reviews", entry.body["review"], values), *_word_counts(position, entry)]


def _word_counts(position: int, entry: Entry) -> list[Change]:
    """An officer's word that needs nobody else's: the next step is the house's own, and "same" is a listed person."""
    listed = [_listed(entry)] if entry.body["match"] == "same" else []
    # A review of an account that is already open leaves its settled application alone.
    if entry.account:
        return [*listed, Change("accounts", entry.account, {"position": position})]
    return [*listed, *_awaits_judgement(position, entry)]


def _review_closed(position: int, entry: Entry) -> list[Change]:
    values = {
        "state": "closed",
        "closed_at": canonical.instant(entry.at),
        "outcome": entry.body["outcome"],
        "position": position,
    }
    return [Change("reviews", entry.body["review"], values)]


def _expiring(_: int, entry: Entry) -> list[Change]:
    return [Change("persons", entry.person, {"shredding": entry.body["rule"]})]


def _shredded(_: int, entry: Entry) -> list[Change]:
    values = {"shredded_at": canonical.instant(entry.at), "shred_rule": entry.body["rule"]}
    return [Change("persons", entry.person, values)]


def _spared(_: int, entry: Entry) -> list[Change]:
    """A hold came before the key was destroyed: what was begun is called off."""
    return [Change("persons", entry.person, {"shredding": ""})]


def _trimming(_: int, entry: Entry) -> list[Change]:
    """What is left of a person's records lies under another key; the one before is still to be destroyed."""
    body = entry.body
    trimming = {"rule": body["rule"], "classes": body["classes"]}
    return [Change("persons", entry.person, {"sealed_under": body["sealed_under"], "trimming": trimming})]


def _trimmed(_: int, entry: Entry) -> list[Change]:
    trimmed = {"rule": entry.body["rule"], "classes": entry.body["classes"]}
    return [Change("persons", entry.person, {"trimming": None, "trimmed": trimmed})]


def _key_made(position: int, entry: Entry) -> list[Change]:
    values = {
        "made_by": entry.operator,
        "scopes": entry.body["scopes"],
        "made_at": canonical.instant(entry.at),
        "position": position,
    }
    return [Change("keys", entry.body["key"], values)]


def _key_revoked(position: int, entry: Entry) -> list[Change]:
    return [Change("keys", entry.body["key"], {"revoked_at": canonical.instant(entry.at), "position": position})]


def _list_loaded(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    values = {
        "digest": body["digest"],
        "parties": body["parties"],
        "refused_rows": body["refused_rows"],
        "loaded_at": canonical.instant(entry.at),
        "position": position,
    }
    return [Change("lists", body["list"], values)]


def _access_logged(position: int, entry: Entry) -> list[Change]:
    at = canonical.instant(entry.at)
    shared = {"segments": entry.body["segments"], "sealed_at": at, "position": position}
    return [Change("access_batches", batch, {**counts, **shared}) for batch, counts in entry.body["batches"].items()]


def _access_sealed(position: int, entry: Entry) -> list[Change]:
    values = {name: value for name, value in entry.body.items() if name != "segment"}
    found = {**values, "sealed_at": canonical.instant(entry.at), "position": position}
    return [Change("access_segments", segment_key(entry.body["segment"]), found)]


_FOLDS: dict[str, Callable[[int, Entry], list[Change]]] = {
    "application.received": _received,
    "evidence.received": _awaits_judgement,
    "code.answered": _code_answered,
    "person.screened": _screened,
    "determination.made": _determined,
    "account.opened": _opened,
    "application.declined": _ended,
    "application.withdrawn": _ended,
    "application.lapsed": _ended,
    "account.restricted": _restricted,
    "account.restored": _restored,
    "account.conditioned": _conditioned,
    "account.closed": _closed,
    "review.opened": _review_opened,
    "review.disposed": _review_disposed,
    "review.approved": _review_approved,
    "review.closed": _review_closed,
    "record.expiring": _expiring,
    "record.shredded": _shredded,
    "record.spared": _spared,
    "record.trimming": _trimming,
    "record.trimmed": _trimmed,
    "list.loaded": _list_loaded,
    "key.made": _key_made,
    "key.revoked": _key_revoked,
    "access.logged": _access_logged,
    "access.sealed": _access_sealed,
    **process_fold.FOLDS,
}
