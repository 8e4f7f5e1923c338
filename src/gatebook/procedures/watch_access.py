"""Watching accesses: the law of the day is asked what sealed accesses show, and what it answers is put to a person.

The trap guarded against: a silent block, and a question put twice or not at all. Nothing here changes an account. The
reviews of a page of accounts, what is remembered of them, and how far the watch is are one transaction: cut off
anywhere, the next turn goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import TakenOver
from gatebook.identify.check import findings_to_facts
from gatebook.law.consider import consider
from gatebook.law.sources import asks_about_use
from gatebook.law.tree import LawOfDay
from gatebook.procedures.access_sources import heard_since
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.residences import residences
from gatebook.procedures.tally_access import HolderOf, assigned_holder, tally_access
from gatebook.procedures.use_review import open_use_review
from gatebook.procedures.watch_memory import (
    Asked,
    Cursor,
    Remembered,
    cursor_of,
    forget_account,
    keep_cursor,
    keep_remembered,
    remembered_of,
)
from gatebook.record.ports import Row, Work
from gatebook.terms.determination import Answer, Reason
from gatebook.terms.fact import Facts
from gatebook.trace import watch
from gatebook.trace.ports import AccessRows

_PAGE = 200
_SPECIAL_MEASURE = "special-measure"


@dataclass(frozen=True, slots=True)
class AccessWatched:
    """What one turn came to. ``unheld`` counts accesses of principals no account is known to hold."""

    segments: int = 0
    accounts: int = 0
    unheld: int = 0
    reviews: tuple[str, ...] = ()

    def joined(self, other: AccessWatched) -> AccessWatched:
        """Return both together."""
        return AccessWatched(
            self.segments + other.segments,
            self.accounts + other.accounts,
            self.unheld + other.unheld,
            (*self.reviews, *other.reviews),
        )


def watch_access(
    house: House,
    operator: Operator,
    rows: AccessRows,
    since_segment: int,
    until_segment: int,
    holder: HolderOf | None = None,
) -> AccessWatched:
    """Ask the ongoing clauses about each segment from ``since_segment`` up to but not including ``until_segment``.

    A segment is looked at once, whenever that is. A principal is an account of this house by its id, or by ``holder``
    (the house's assignments, where none is given) at both ends of the time it was seen in; where those differ nobody
    is guessed. Where a clause is unmet and
    nobody is being asked about it, one review opens for the account; countries an officer let stand are not asked
    about again. Unknown opens none. On a day without
    such clauses nothing is looked at, and it is all still to come. Raises TakenOver when another turn came between.
    """
    permit(house, operator, "officer", "watch-access")
    law = _law_of_use(house)
    done = AccessWatched()
    if not law.clauses:
        return done
    cursor = _begin(house, since_segment, law.day)
    with house.state.read() as work:
        heard = heard_since(work)
    turn = _Turn(house, operator, law, rows, holder or assigned_holder(house), heard.date() if heard else None)
    for _ in range(cursor.segment, until_segment):
        cursor, found = _watch_segment(turn, cursor)
        done = done.joined(found)
    return done


def _begin(house: House, since_segment: int, today: date) -> Cursor:
    """Return how far the watch is; where it never ran, or not so far, it begins here."""
    with house.state.read() as work:
        cursor = cursor_of(work, Cursor(since_segment - 1, "", today))
    if cursor.segment >= since_segment:
        return cursor
    begun = replace(cursor, segment=since_segment, after="")
    with house.state.transaction() as work:
        keep_cursor(work, begun)
    return begun


def _law_of_use(house: House) -> LawOfDay:
    """The law of today with the clauses that ask about use alone; its edition stays that of the whole."""
    law = house.law.on(house.now().date())
    return replace(law, clauses=tuple(clause for clause in law.clauses if asks_about_use(clause.clause_id)))


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one turn works with."""

    house: House
    operator: Operator
    law: LawOfDay
    rows: AccessRows
    holder: HolderOf
    heard_since: date | None

    def number(self, name: str) -> int:
        return self.law.parameters.number(f"house/{name}")

    @property
    def oldest(self) -> date:
        """The first of the days looked back on."""
        return self.law.day - timedelta(days=self.number("use_days") - 1)

    @property
    def yardstick(self) -> watch.Yardstick:
        measures = self.law.parameters.table("eo13984/measures_on_jurisdictions")
        return watch.Yardstick(self.law.day, self.number("use_days"), self.number("first_use_days"), measures)


def _watch_segment(turn: _Turn, cursor: Cursor) -> tuple[Cursor, AccessWatched]:
    tallies, unheld = tally_access(turn.house, turn.rows, cursor.segment, turn.law.day, turn.holder)
    due = sorted(account_id for account_id in tallies if account_id > cursor.after)
    pages = [due[n : n + _PAGE] for n in range(0, len(due), _PAGE)] or [[]]
    done = AccessWatched(1, len(due), unheld)
    for n, page in enumerate(pages):
        is_last = n == len(pages) - 1
        following = (
            replace(cursor, segment=cursor.segment + 1, after="") if is_last else replace(cursor, after=page[-1])
        )
        reviews = _watch_page(turn, {account_id: tallies[account_id] for account_id in page}, cursor, following)
        done, cursor = replace(done, reviews=(*done.reviews, *reviews)), following
    return cursor, done


def _watch_page(turn: _Turn, tallies: Mapping[str, watch.Tally], cursor: Cursor, following: Cursor) -> tuple[str, ...]:
    """Ask about a page of accounts: readings first, each entered; then all that follows in one transaction."""
    with turn.house.state.read() as work:
        unread = [row for account_id in tallies if (row := _unread(turn, work, account_id, tallies[account_id]))]
    known = residences(turn.house, turn.operator, unread) if unread else {}
    read_at = {str(row["account_id"]): int(row["position"]) for row in unread}
    reviews = []
    with turn.house.state.transaction() as work:
        work.ledger.lock()
        if cursor_of(work, cursor) != cursor:
            raise TakenOver("another watch of the accesses took over")
        for account_id, tally in tallies.items():
            account = work.registers.get("accounts", account_id)
            if account is None or account["status"] == "closed":
                forget_account(work, account_id)
                continue
            held = remembered_of(work, account_id)
            if account_id in known:
                held = held.knowing(known[account_id], read_at[account_id])
            reviews += _watch_account(turn, work, account, held, tally, cursor.began)
        keep_cursor(work, following)
    return tuple(reviews)


def _unread(turn: _Turn, work: Work, account_id: str, tally: watch.Tally) -> Row | None:
    """The row of an account whose holder's countries are to be read: not before it has accesses enough to ask of."""
    held = remembered_of(work, account_id)
    seen = watch.remember(held.seen, tally, turn.oldest)
    if sum(sum(found.values()) for found in seen.days.values()) < turn.number("elsewhere_events"):
        return None
    account = work.registers.get("accounts", account_id)
    if account is None or account["status"] == "closed":
        return None
    is_read = held.known_in is not None and held.known_at == account["position"]
    return None if is_read else account


def _watch_account(
    turn: _Turn, work: Work, account: Row, held: Remembered, tally: watch.Tally, began: date
) -> list[str]:
    """Put what was seen of one account to the law, open a review where it has to be, and keep what was seen."""
    opened_on = canonical.parse_instant(str(account["opened_at"])).date()
    kept = _kept(work, held)
    holder = watch.Holder(
        held.known_in or None,
        str(account["personhood"] or "unknown"),
        _SPECIAL_MEASURE in (account["conditions"] or ()),
        kept,
    )
    # An account never seen may have been used before anybody watched.
    heard = max(turn.heard_since, began) if turn.heard_since and held.seen.last is None else turn.heard_since
    quiet = watch.longest_quiet(held.seen, tally, opened_on, heard)
    seen = watch.remember(held.seen, tally, turn.oldest)
    facts = Facts(findings_to_facts(watch.findings(seen, quiet, holder, turn.yardstick)))
    unmet = [r for r in consider(turn.law, facts) if r.answer is Answer.UNMET and r.effect == "review"]
    due = [reason for reason in unmet if not _is_being_asked(work, account, held, reason)]
    review_id, asked = "", dict(held.asked)
    if due:
        shown = _shown(turn, seen, holder, facts)
        review_id = open_use_review(turn.house, turn.operator, work, account, due, shown)
        based = [fact for reason in due for fact in reason.facts if fact.basis]
        asked |= {f.name: Asked(review_id, f.basis, tuple(sorted(kept.get(f.name, ())))) for f in based}
    keep_remembered(work, str(account["account_id"]), replace(held, seen=seen, asked=asked))
    return [review_id] if due else []


def _kept(work: Work, held: Remembered) -> dict[str, frozenset[str]]:
    """Return, by fact, what officers were asked about and let stand: they are asked about what is new."""
    found = {}
    for fact, asked in held.asked.items():
        review = work.registers.get("reviews", asked.review)
        is_kept = review is not None and review["state"] == "closed" and review["outcome"] == "admit"
        found[fact] = frozenset(asked.kept) | frozenset(asked.about if is_kept else ())
    return found


def _is_being_asked(work: Work, account: Row, held: Remembered, reason: Reason) -> bool:
    """Whether a review is in hand that was opened on this clause, or on it among others."""
    where = {"application_id": account["application_id"], "account_id": account["account_id"]}
    reviews = [r for r in work.registers.page("reviews", where, "", 1000) if r["state"] != "closed"]
    asked = {held.asked[fact.name].review for fact in reason.facts if fact.basis and fact.name in held.asked}
    return any(review["cause"] == reason.clause or review["review_id"] in asked for review in reviews)


def _shown(turn: _Turn, seen: watch.Seen, holder: watch.Holder, facts: Facts) -> dict[str, Plain]:
    """What the officer is shown: every fact put, and from which day to which it was used from where."""
    countries = [
        {"country": country or "unknown", **canonical.table(span)} for country, span in sorted(seen.countries.items())
    ]
    days = {
        day.isoformat(): {country or "unknown": events for country, events in sorted(found.items())}
        for day, found in seen.days.items()
    }
    return {
        "asked_on": turn.law.day.isoformat(),
        "edition": turn.law.edition,
        "facts": canonical.plain(list(facts)),
        "known_in": sorted(holder.known_in or ()),
        "countries": canonical.plain(countries),
        "days": canonical.plain(days),
    }
