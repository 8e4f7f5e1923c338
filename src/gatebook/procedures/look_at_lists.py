"""Looking at the lists: which are compared with, how old each is, and what they say of one name.

The trap guarded against: a list thought fresh because a list of the same name was once loaded. The age is that of
the edition compared with now.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from gatebook import canonical
from gatebook.errors import NotFound
from gatebook.identify.reader import Reader
from gatebook.procedures.house import House, Operator
from gatebook.procedures.list_editions import digests_there
from gatebook.procedures.look import page
from gatebook.procedures.permit import permit
from gatebook.procedures.rescreening_run import is_compared
from gatebook.record.ports import Row
from gatebook.screen.certificate import certificate_in_words, certificate_to_plain, certify
from gatebook.screen.delta import delta, delta_to_plain, delta_words
from gatebook.screen.findings import max_age_set
from gatebook.screen.party import ListEdition
from gatebook.screen.said import names_said
from gatebook.screen.screeners import OWN, SCREENERS
from gatebook.screen.screening import Query, candidate_to_plain


def screen_name(
    house: House,
    operator: Operator,
    name: str,
    born_on: str = "",
    country: str = "",
    kind: str = "",
    *,
    certificate: bool = False,
    scorer: str = OWN,
) -> dict[str, Any]:
    """Compare a name with the lists and return every candidate with why it matched; nothing is kept.

    With ``certificate`` the answer says too what was not found: the best name turned down, and the bound on the rest.
    ``scorer`` names another way of screening; what it says is shown to who asks, and no determination rests on it.
    Raises InvalidInput for a name without a letter and a birth date in another form: compared as it stands it would
    clash with every listed one.
    """
    permit(house, operator, "look", "screen-name")
    reader = Reader(house.now())
    reader.birth({"born_on": born_on}, "")
    if not any(c.isalpha() for c in name):
        reader.problem("/name", "no-letters", "must hold a letter")
    if certificate and scorer != OWN:
        reader.problem("/certificate", "other-scorer", f"there is one for the scorer {OWN} alone")
    if scorer not in SCREENERS:
        reader.problem("/scorer", "unknown", f"must be one of {', '.join(SCREENERS)}")
    reader.done("this name cannot be compared")
    query = Query(names_said(name), kind, born_on, (country,) if country else ())
    found = house.screener_named(scorer).screen(query)
    lists = [canonical.table(edition) for edition in found.editions]
    answer = {"scorer": scorer, "candidates": [candidate_to_plain(c) for c in found.candidates], "lists": lists}
    if not certificate:
        return answer
    made = certify(house.screener(), query)
    plain = canonical.table(certificate_to_plain(made))
    return {**answer, "certificate": {**plain, "words": certificate_in_words(made)}}


def lists(house: House, operator: Operator, after: str, limit: int) -> tuple[list[Row], str]:
    """Return a page of lists: as entered, whether compared with, its form and rows, how old it is and how old allowed.

    The age counts from the publisher's own day or the day of fetching, whichever is older; the age allowed is the
    list's own, else the house's. Rows refused are counted by reason; ``is_rescreened`` says that everybody was compared
    with this edition.
    """
    rows, following = page(house, operator, "lists", {}, after, limit)
    compared = {edition.list_id: edition for edition in house.lists.current()}
    allowed = int(house.law.on(house.now().date()).parameters.number("house/list_age_days"))
    with house.state.read() as work:
        found = [
            {**row, "is_rescreened": is_compared(work, row["list_id"], digests_there(house, row["list_id"]))}
            for row in rows
        ]
    for row in found:
        edition = compared.get(row["list_id"])
        row.update({"is_compared": False} if edition is None else _as_it_stands(house, edition, allowed))
    return list(found), following


def _as_it_stands(house: House, edition: ListEdition, allowed: int) -> dict[str, Any]:
    age, most = edition.age_days(house.now().date()), max_age_set(edition.max_age_days, allowed)
    report = edition.report
    return {
        "is_compared": True,
        "form": edition.form,
        "fetched_at": canonical.instant(edition.fetched_at) if edition.fetched_at else "",
        "published_on": edition.published_on,
        "age_days": age,
        "max_age_days": most,
        "is_older_than_set": age is None or age > most,
        "rows": report.rows,
        "parsed": report.parsed,
        "refused": dict(sorted(Counter(reason for _, reason in report.refused).items())),
        "unread": dict(sorted(Counter(reason for _, reason in report.unread).items())),
        "missing": list(report.missing),
    }


def differences(house: House, operator: Operator, list_id: str, old: str = "", new: str = "") -> dict[str, Any]:
    """Return who was added to, removed from and changed on a list between two editions, field by field and in words.

    ``old`` and ``new`` are digests or the first letters of them; left out, the current edition is compared with the
    one before it. Raises NotFound when there is no such edition.
    """
    permit(house, operator, "look", "compare-editions")
    kept = [edition.digest for edition in house.lists.editions(list_id)]
    later = house.lists.edition(list_id, new or kept[-1])
    place = kept.index(later.digest)
    if not old and not place:
        raise NotFound("there is no edition of this list before that one to compare it with")
    found = delta(house.lists.edition(list_id, old or kept[place - 1]), later)
    return {**delta_to_plain(found), "words": delta_words(found)}


def readiness(house: House) -> dict[str, Any]:
    """Return whether the state answers and a list is loaded, how far the ledger is, and how old the lists are.

    ``law_fault`` says whether something is wrong with the operator's law folder, while the house goes on under the law
    last read. Anybody may ask this, so what is wrong stands in the log and where the law is shown.
    """
    with house.state.read() as work:
        size, rows = work.ledger.size(), work.registers.page("lists", {}, "", 100)
    ages = {row["list_id"]: (house.now() - canonical.parse_instant(row["loaded_at"])).days for row in rows}
    return {"ready": bool(rows), "ledger_size": size, "list_age_days": ages, "law_fault": bool(house.law.fault())}
