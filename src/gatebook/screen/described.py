"""What was compared with, told: each list with its parties, its rows, what could not be used, and how old it is.

The trap guarded against: a result that says "no match" and not against what. A list that lost a file says so here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from gatebook.screen.party import ListEdition


def described(edition: ListEdition, today: date) -> dict[str, Any]:
    """Return an edition as plain values; reasons are counted, and hold nothing of the rows."""
    report = edition.report
    return {
        "id": edition.list_id,
        "form": edition.form,
        "digest": edition.digest,
        "is_blocking": edition.is_blocking,
        "parties": len(edition.parties),
        "rows": report.rows,
        "refused": _counted(reason for _, reason in report.refused),
        "unread": _counted(reason for _, reason in report.unread),
        "missing": list(report.missing),
        "published_on": edition.published_on,
        "age_days": edition.age_days(today),
    }


def loaded(edition: ListEdition) -> dict[str, Any]:
    """Return what was kept, and what a person has to know of it: files not given, and things inside rows not used."""
    unread = _counted(reason for _, reason in edition.report.unread)
    plain = {"list": edition.list_id, "digest": edition.digest, "parties": len(edition.parties)}
    return {**plain, "missing": list(edition.report.missing), "unread": unread}


def in_words(told: Mapping[str, Any]) -> str:
    """Return it as one line."""
    form = "your own list" if told["form"] == "own" else told["form"]
    refused = "".join(f", {count} refused ({reason})" for reason, count in told["refused"].items())
    unread = f", {sum(told['unread'].values())} things unread" if told["unread"] else ""
    missing = f", without {', '.join(told['missing'])}" if told["missing"] else ""
    days = [f"published {told['published_on']}"] if told["published_on"] else []
    days += [f"{told['age_days']} days old"] if told["age_days"] is not None else ["of no known day"]
    counts = f"{told['parties']} parties in {told['rows']} rows{refused}{unread}{missing}"
    return f"{told['id']} ({form}): {counts}; {', '.join(days)}"


def _counted(reasons: Iterable[str]) -> dict[str, int]:
    """Count reasons by their first words: what follows a colon may be of a cell."""
    return dict(sorted(Counter(reason.partition(":")[0] for reason in reasons).items()))
