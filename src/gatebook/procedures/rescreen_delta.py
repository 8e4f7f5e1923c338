"""Rescreening everybody with what changed on one list: what came is compared, what went is reported.

The trap guarded against: a listed person who was let in the day before and is looked at again in a year. Each edition
that lands is compared with the whole population, and a run that was cut off goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gatebook import canonical
from gatebook.errors import Conflict, LedgerError, NotFound, Overtaken, Shredded, TakenOver, VaultError
from gatebook.procedures import case as cases
from gatebook.procedures import officers_word as said
from gatebook.procedures.dealings import Dealing, dealing_named
from gatebook.procedures.house import House, Operator
from gatebook.procedures.judge_application import judge
from gatebook.procedures.lapsed_matches import Lapsed, lapsed_matches
from gatebook.procedures.list_editions import edition_if_there
from gatebook.procedures.permit import permit
from gatebook.procedures.rescreen_account import rescreen_case, until_current
from gatebook.procedures.rescreening_run import Run, due_bases, end, keep, take_up
from gatebook.procedures.tell import tell
from gatebook.procedures.weigh_case import Weighing, counts
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Row, Work
from gatebook.screen.delta import Delta, delta, together
from gatebook.screen.identifiers import indexed_values
from gatebook.screen.index import CompleteIndex
from gatebook.screen.party import ListEdition, nobody_on
from gatebook.screen.screening import Candidate, query_from_plain

Progress = Callable[[int, int], None]
_PAGE = 200
#: In this order nobody slips from one pass into another unseen: an application opened after the first pass was looked
#: at in it, or is an account before the last begins; an account restored after the second is open in the last.
_PASSES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("applications", {"state": "review"}),
    ("accounts", {"status": "restricted"}),
    ("accounts", {"status": "open"}),
)


@dataclass(frozen=True, slots=True)
class Rescreened:
    """What a run came to: editions compared, how many parties and dealings, whom it found, whose match lapsed.

    ``since`` are the digests of the editions before; ``uncompared`` are the dealings of which a record did not open.
    """

    list_id: str
    since: tuple[str, ...]
    new: str
    added: int
    changed: int
    removed: int
    compared: int
    uncompared: tuple[Dealing, ...]
    found: tuple[Dealing, ...]
    lapsed: tuple[Lapsed, ...]
    position: int


def rescreen_delta(
    house: House, operator: Operator, list_id: str, since: str = "", progress: Progress = lambda _, __: None
) -> Rescreened:
    """Compare everybody with the parties added to and changed on a list since it was last rescreened.

    Everybody may have been let in under any edition that was current since then, so what counts is what any of them had
    not; where no run ended yet, all of the list is compared. ``since`` names one edition to begin from instead, by its
    digest or the first letters of it. Whoever is found by a number or an address is found through the keyed index,
    before anything is opened; names are sealed, so each one's latest screening is opened for it (a reading,
    ``rescreening``) a page at a time: it holds every name, claimed or read. A candidate that counts and that no officer
    has disposed of leads to a determination on the lists of today: it opens a review, and restricts an account found
    blocked. A record that does not open holds nobody else up: the dealing is told of as not compared. Run again after
    a crash it goes on; of two runs the later goes on and the earlier stops.

    Raises NotFound, ListError, and Conflict when another edition landed just now or another run took over.
    """
    permit(house, operator, "officer", "rescreen-list")
    edition, digests, bases = _bases(house, list_id, since)
    run = take_up(house, Run(list_id, digests, edition.digest, house.new_id("run"), is_due=not since))
    change = together([delta(base, edition) for base in bases])
    index = _index_of(house, change, edition)
    for dealing in _named_exactly(house, change):  # (1)
        _settle(house, operator, run, index, dealing)
    _compare_names(house, operator, run, index, progress)  # (2)
    lapsed = lapsed_matches(house, operator, change, index, lambda: _go_on(house, run, progress))  # (3)
    return _enter_end(house, operator, run, change, lapsed)  # (4)


def _bases(house: House, list_id: str, since: str) -> tuple[ListEdition, list[str], list[ListEdition]]:
    """Return the current edition, the digests of those before it that count, and what to compare it with.

    Where no run ended yet, or one of them cannot be read any more, that is a list with nobody on it, and whatever was
    ever current is asked who left.
    """
    kept = [edition.digest for edition in house.lists.editions(list_id)]
    edition = house.lists.edition(list_id, kept[-1])
    if since:
        base = house.lists.edition(list_id, since)
        return edition, [base.digest], [base]
    with house.state.read() as work:
        digests = due_bases(work, list_id, kept)
    asked = kept[:-1] if digests is None else digests
    earlier = [one for digest in asked if (one := edition_if_there(house, list_id, digest))]
    if digests is None or len(earlier) < len(digests):
        earlier = [nobody_on(list_id), *earlier]
    return edition, digests or [], earlier or [edition]


def _index_of(house: House, change: Delta, edition: ListEdition) -> CompleteIndex:
    """Lay out what came, with the weights of all lists: a name scores here what it scores in a determination."""
    whole = house.screener()
    return CompleteIndex([replace(edition, parties=change.came)], whole.settings, whole.shelf.weights)


def _named_exactly(house: House, change: Delta) -> list[Dealing]:
    """Return the dealings of whoever holds a number or address of what came, by the keyed index alone."""
    values = dict.fromkeys(value for party in change.came for value in indexed_values(party))
    with house.state.read() as work:
        persons = sorted({person for name, value in values for person in house.door.find(work, name, value)})
        return [dealing for person in persons for dealing in _dealings(work, {"person_id": person}, "", 1000)]


def _dealings(work: Work, where: Mapping[str, Any], after: str, limit: int) -> list[Dealing]:
    found = []
    for register, more in _PASSES:
        rows = work.registers.page(register, {**where, **more}, after, limit)
        found += [_dealing(register, row) for row in rows]
    return found


def _dealing(register: str, row: Row) -> Dealing:
    if register == "accounts":
        return Dealing(str(row["application_id"]), str(row["account_id"]), str(row["status"]))
    return Dealing(str(row["application_id"]), "", str(row["state"]))


def _settle(house: House, operator: Operator, run: Run, index: CompleteIndex, dealing: Dealing) -> None:
    """Open all of one case, and determine it on the lists of today where what came is new to it."""
    if dealing.key in (*run.settled, *run.uncompared):
        return
    noted = replace(run, settled=[*run.settled, dealing.key], compared=run.compared + 1)

    def settle_once() -> bool | None:
        case = cases.load_case(house, operator, dealing.application_id, "rescreening", dealing.account_id)
        if not _is_new(house, index, case):
            return False
        if dealing.account_id:
            found = rescreen_case(house, operator, case, lambda work: keep(house, work, noted))
            return None if found is None else True
        _keep(house, run)  # nothing is judged by a run that another took over
        judge(house, operator, case)
        _keep(house, noted)
        return True

    try:
        if until_current(settle_once):
            run.settled, run.compared = noted.settled, noted.compared
    except (Overtaken, TakenOver):
        raise
    except (Conflict, NotFound, Shredded):
        return  # closed, settled or over since it was listed
    except (VaultError, LedgerError):  # what cannot be opened holds nobody else up
        run.uncompared = [*run.uncompared, dealing.key]


def _keep(house: House, run: Run) -> None:
    with house.state.transaction() as work:
        keep(house, work, run)


def _is_new(house: House, index: CompleteIndex, case: cases.Case) -> bool:
    """Whether what came holds a candidate that counts and that no officer has disposed of."""
    at = house.now()
    law = house.law.on(at.date())
    weighing = Weighing(case, law, at, list(index.screen_many(cases.queries_of_case(case))))
    left = said.undisposed(case.words, weighing.screenings, by_one=weighing.by_one)
    accepted = said.accepted(case.words, weighing.screenings)

    def is_open(whose: said.Whose, candidate: Candidate) -> bool:
        if candidate.grade == "weak":
            return counts(law, candidate.grade) and not said.was_seen(case.words, whose, candidate)
        return candidate.key not in accepted or candidate.by == "wallet"

    return any(is_open((n, c.key), c) for n, screening in enumerate(left) for c in screening.candidates)


def _compare_names(house: House, operator: Operator, run: Run, index: CompleteIndex, progress: Progress) -> None:
    with house.state.read() as work:
        total = sum(work.registers.count(register, where) for register, where in _PASSES)
    progress(run.compared, max(total, run.compared))
    for step, after, dealings, screenings in _pages(house, run):
        for dealing in _reached(house, operator, index, dealings, screenings):
            _settle(house, operator, run, index, dealing)
        run.step, run.after = step, after
        run.compared += sum(dealing.key not in run.settled for dealing in dealings)
        _keep(house, run)
        progress(run.compared, max(total, run.compared))


def _go_on(house: House, run: Run, progress: Progress) -> None:
    """Say between two steps that the run is at work, and hear whether it is to stop."""
    _keep(house, run)
    progress(run.compared, run.compared)


def _pages(house: House, run: Run) -> Iterator[tuple[int, str, list[Dealing], list[str]]]:
    """Yield pass, last key, dealings and the records of their latest screenings, from where the run stands.

    Who was settled is passed over: restricted in one pass, an account comes by again in the next.
    """
    for step in range(run.step, len(_PASSES)):
        register, where = _PASSES[step]
        key = "application_id" if register == "applications" else "account_id"
        after = run.after if step == run.step else ""
        while True:
            settled = frozenset(run.settled)
            with house.state.read() as work:
                rows = work.registers.page(register, where, after, _PAGE)
                found = [d for row in rows if (d := _dealing(register, row)).key not in settled]
                applications = [work.registers.get("applications", d.application_id) or {} for d in found]
            if not rows:
                break
            after = str(rows[-1][key])
            yield step, after, found, [str(row.get("screened_record") or "") for row in applications]


def _reached(
    house: House, operator: Operator, index: CompleteIndex, dealings: Sequence[Dealing], screenings: Sequence[str]
) -> list[Dealing]:
    """Return the dealings what came may be about, by all that was compared of them when they were last screened.

    What was opened is let go of with the page. Who was not screened yet, or in the days when what was asked was not
    sealed with the answer, is among them, and so is whoever what came is weakly like.
    """
    reached, asked = [], []
    for dealing, opened in zip(dealings, _opened(house, operator, screenings), strict=True):
        if "query" in opened:
            queries = (opened["query"], *opened["queries_of_others"])
            asked += [(dealing, query_from_plain(query)) for query in queries]
        else:
            reached.append(dealing)
    screened = index.screen_many([query for _, query in asked])
    reached += [dealing for (dealing, _), s in zip(asked, screened, strict=True) if s.candidates]
    return list(dict.fromkeys(reached))


def _opened(house: House, operator: Operator, records: Sequence[str]) -> list[dict[str, Any]]:
    """Open a page of records in one reading each; of one that does not open, or not any more, nothing."""
    there = [record for record in records if record]
    try:
        opened = house.door.read(house.state, there, "rescreening", operator.operator_id, house.now())
    except (NotFound, VaultError, LedgerError):
        if len(records) == 1:
            return [{}]
        return [one for record in records for one in _opened(house, operator, [record])]
    found = dict(zip(there, map(canonical.table, opened), strict=True))
    return [found.get(record, {}) for record in records]


def _enter_end(house: House, operator: Operator, run: Run, change: Delta, lapsed: tuple[Lapsed, ...]) -> Rescreened:
    changed = {one.after.party_id for one in change.changed} - {party.party_id for party in change.added}
    parties = {"added": len(change.added), "changed": len(changed), "removed": len(change.removed)}
    with house.state.transaction() as work:
        keep(house, work, run)
        found = tuple(dealing_named(work, key) for key in run.settled)
        uncompared = tuple(dealing_named(work, key) for key in run.uncompared)
        body = {
            "list": run.list_id,
            "since": run.bases,
            "new": run.new,
            **parties,
            "compared": run.compared,
            "uncompared": len(uncompared),
            "found": len(found),
            "restricted": sum(one.state == "restricted" for one in found),
            "rested": sum(len(one.matches) for one in lapsed),
        }
        position = enter(work, Entry("list.rescreened", house.now(), operator.operator_id, body=body))
        end(work, run)
        tell(house, work, "list.rescreened", list=run.list_id, digest=run.new)
    return Rescreened(
        run.list_id,
        tuple(run.bases),
        run.new,
        **parties,
        compared=run.compared,
        uncompared=uncompared,
        found=found,
        lapsed=lapsed,
        position=position,
    )
