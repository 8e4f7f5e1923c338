"""How alike two tokens are, in thousandths: 1000 is the same, 0 is beyond the cliff.

The trap guarded against: likeness by accident. A pair beyond its budget of edits counts nothing at all, figures are the
same or not, and three letters bear hardly any slip.
"""

from __future__ import annotations

from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from gatebook.screen import tables
from gatebook.screen.sounds import FRAME, VOWELS, forms, frame, sound
from gatebook.screen.tokens import FORM, INITIAL, NUMBER, PARTICLE, Token

SAME, FLOOR = 1_000, 550  # below the floor is the cliff
VOWEL_FOR_VOWEL, VOWEL, AIR, NEAR, SLIP, TURNED, EDIT = 500, 500, 500, 500, 760, 760, 1_000
FIRST, ENDING = 400, 700  # a first letter wrong, and an ending that changes the bearer's gender, cost more
SOUND, INITIAL_FOR, BLOCK = 30, 850, 30
BUDGETS = (0, 0, 0, 500, 1_000, 1_000, 1_500, 1_500, 2_000, 2_000, 2_000)
MOST = 2_500  # the budget beyond eleven letters
LEAST, LEAST_FRAME = 500, 760  # no edit costs less; none that touches the frame costs less
PER_LETTER = 1_250
CUT_LETTERS, CUT, CUT_SHORT, CUT_EACH = 4, 120, 200, 40  # a token cut short; to four letters costs more
BARE, BARE_ALIKE, BARE_PAIR = 120, 200, 220  # a token without its vowels: the same consonants, the same frame, two only
_PAIR, _LONGEST_PAIR = 2, 5
_AIR = frozenset("Hh")
_ENDINGS = frozenset("AEO")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZchjx"  # of what is written, and of how it sounds


def budget(a: int, b: int) -> int:
    """Return what edits between tokens of these lengths may cost together."""
    longest = max(a, b)
    return BUDGETS[longest] if longest < len(BUDGETS) else MOST


@cache
def _slips() -> frozenset[str]:
    return frozenset(p for pair in tables.words("slips.txt") for p in (pair, pair[::-1]))


@cache
def _classes() -> dict[str, dict[int, int]]:
    """Token to the classes it is in, each with its cost."""
    found: dict[str, dict[int, int]] = {}
    rows = [(int(cost), members.split()) for cost, members in tables.rows("names.tsv")]
    rows += [(40, line.split()) for line in tables.lines("words.txt") if " " in line]
    for number, (cost, members) in enumerate(rows):
        for member in members:
            found.setdefault(member, {})[number] = cost
    return found


@cache
def _members() -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for member, classes in _classes().items():
        for number in classes:
            found.setdefault(number, set()).add(member)
    return {n: frozenset(m) for n, m in found.items()}


def namesakes(text: str) -> frozenset[str]:
    """Return every text that a table says may stand for ``text``."""
    return frozenset(m for n in _classes().get(text, ()) for m in _members()[n])


@lru_cache(maxsize=4_096)
def swap_cost(a: str, b: str) -> int:
    """Return the cost of one letter for another."""
    if a in VOWELS and b in VOWELS:
        return VOWEL_FOR_VOWEL
    if FRAME.get(a, a) == FRAME.get(b, b) and a not in VOWELS:
        return NEAR
    if a in _AIR or b in _AIR:
        return EDIT
    return SLIP if a + b in _slips() else EDIT


def drop_cost(letter: str) -> int:
    """Return the cost of a letter left out or put in."""
    return VOWEL if letter in VOWELS else AIR if letter in _AIR else EDIT


def edits(a: str, b: str, most: int) -> int | None:
    """Return the weighted edit cost of two forms (adjacent letters may be turned), or None beyond ``most``.

    Only a band of the table is reckoned. A way through a place so many letters off takes that many put in or left out,
    and as many again as bring it to the end; off the band these alone cost more than ``most``.
    """
    size_a, size_b, beyond = len(a), len(b), most + 1
    spare = most // VOWEL - abs(size_b - size_a)
    if spare < 0:
        return None
    down, up = max(0, size_a - size_b) + spare // 2, max(0, size_b - size_a) + spare // 2
    lost_all, put_all = drop_costs(a, size_b), drop_costs(b, size_a)
    more = [FIRST, *[0] * size_a]  # what another letter at the same place costs besides
    if size_a == size_b and a[-1] in _ENDINGS and b[-1] in _ENDINGS:
        more[size_a - 1] += ENDING
    nothing = [beyond] * (size_b + 1)
    before: list[int] = nothing
    row = [0]
    for put in put_all:
        row.append(row[-1] + put)
    for i, x in enumerate(a):
        lost, costs = lost_all[i], _swaps(x)
        now = nothing.copy()
        least = beyond
        low, high = i - down, min(size_b, i + up + 1)
        if low <= 0:
            low = 0
            least = now[0] = row[0] + lost
        for j in range(low, high):
            y = b[j]
            best = row[j]
            if x != y:
                best += costs.get(y, EDIT) + (more[i] if i == j else 0)
                if i and j and x == b[j - 1] and y == a[i - 1] and before[j - 1] + TURNED < best:
                    best = before[j - 1] + TURNED
            now[j + 1] = best = min(best, row[j + 1] + lost, now[j] + put_all[j])
            least = min(least, best)
        if least > most and min(row) > most:
            return None
        before, row = row, now
    return row[-1] if row[-1] <= most else None


@cache
def _swaps(letter: str) -> dict[str, int]:
    """Return what a letter costs for each letter of a form; what is not named costs an edit."""
    return {other: swap_cost(letter, other) for other in _LETTERS if other != letter}


@lru_cache(maxsize=200_000)
def drop_costs(text: str, other: int) -> tuple[int, ...]:
    """Return what each letter of a form costs to leave out, set against a form of ``other`` letters."""
    found = [drop_cost(c) for c in text]
    found[0] += FIRST
    if len(text) == other + 1 and text[-1] in _ENDINGS:
        found[-1] += ENDING
    return tuple(found)


@lru_cache(maxsize=1_000_000)
def _alike(a: str, b: str) -> int:
    if a == b:
        return SAME
    if len(a) == 1 or len(b) == 1:
        return INITIAL_FOR if a[0] == b[0] and a.isalpha() and b.isalpha() else 0
    if not (a.isalpha() and b.isalpha()):
        return _with_figures(a, b)
    found = max(_by_table(a, b), _by_edits(a, b), _cut_short(a, b), _bare(a, b))
    return found if found >= FLOOR else 0


def alike(a: str, b: str) -> int:
    """Return how alike two texts are, 0 to 1000; the same either way round."""
    return _alike(a, b) if a <= b else _alike(b, a)


def _with_figures(a: str, b: str) -> int:
    """Figures are never near: 1st and 1 only by table."""
    return _by_table(a, b)


def _by_table(a: str, b: str) -> int:
    theirs = _classes().get(b)
    mine = _classes().get(a)
    if not theirs or not mine:
        return 0
    return max((SAME - cost for number, cost in mine.items() if number in theirs), default=0)


@cache
def _known() -> frozenset[str]:
    """Names that the tables know: two of them that no table joins are two names, however near they are spelt."""
    common = (word for line in tables.lines("common.txt") for word in line.split()[1:])
    return frozenset((*(m for m, classes in _classes().items()), *common))


def most_steps(a: int, b: int) -> int:
    """Return how many letters may differ as written, however cheap each is: one, and one more for every four."""
    return 1 + max(a, b) // 4


def _by_edits(a: str, b: str) -> int:
    steps = OSA.distance(a, b)
    if steps > most_steps(len(a), len(b)) and not _sounds_the_same(a, b):
        return 0
    if steps > 1 and min(len(a), len(b)) <= 3:  # noqa: PLR2004  three letters bear one slip
        return 0
    if a in _known() and b in _known() and (steps > 2 or not _sounds_the_same(a, b)):  # noqa: PLR2004  as in y for ij
        return 0
    best = _per_letter(a, b, 0)
    for x in sound(a):
        for y in sound(b):
            if x == y:
                return max(best, SAME - SOUND)  # nothing else of how they sound is nearer
            if (x, y) != (a, b):
                best = max(best, _per_letter(x, y, SOUND))
    return best


def _sounds_the_same(a: str, b: str) -> bool:
    return not set(sound(a)).isdisjoint(sound(b))


def _per_letter(a: str, b: str, base: int) -> int:
    if not a or not b:
        return 0
    most = budget(len(a), len(b))
    cost = None if is_beyond(a, b, most) else edits(a, b, most)
    return 0 if cost is None else max(0, SAME - base - cost * PER_LETTER // (1_000 * max(len(a), len(b))))


def least_cost(steps: int, framed: int) -> int:
    """Return the least that so many edits cost, of which so many touch the frame."""
    return steps * LEAST + framed * (LEAST_FRAME - LEAST)


def is_beyond(a: str, b: str, most: int) -> bool:
    """Whether two forms are surely beyond ``most``: by their lengths, or by their frames. Never true of a pair within.

    Turning a length into another takes that many letters put in; an edit that touches the frame costs LEAST_FRAME.
    """
    if abs(len(a) - len(b)) * VOWEL > most:
        return True
    steps = most // LEAST_FRAME
    framed = OSA.distance(frame(a), frame(b), score_cutoff=steps)
    return framed > steps or least_cost(OSA.distance(a, b), framed) > most


def _cut_short(a: str, b: str) -> int:
    if len(a) > len(b):
        a, b = b, a
    is_cut = len(a) >= CUT_LETTERS and len(b) - len(a) > 1 and b.startswith(a)
    cost = CUT_SHORT if len(a) == CUT_LETTERS else CUT
    return max(0, SAME - cost - CUT_EACH * (len(b) - len(a))) if is_cut else 0


@lru_cache(maxsize=200_000)
def is_bare(text: str) -> bool:
    """Whether a token has lost its vowels: after the first letter one in eight at most."""
    return len(text) >= _PAIR and sum(c in VOWELS for c in text[1:]) * 8 <= len(text) - 1


def _bare(a: str, b: str) -> int:
    if not (is_bare(a) or is_bare(b)):
        return 0
    kept = _consonants(a)
    if kept == _consonants(b):
        if len(kept) > _PAIR:
            return SAME - BARE
        return SAME - BARE_PAIR if len(kept) == _PAIR and max(len(a), len(b)) <= _LONGEST_PAIR else 0
    x, y = frame(sound(a)[0]), frame(sound(b)[0])
    return SAME - BARE_ALIKE if len(x) > _PAIR and x == y and a[0] == b[0] else 0


def _consonants(text: str) -> str:
    return "".join(c for c in text if c not in VOWELS)


def likeness(a: Token, b: Token) -> int:
    """Return how alike two tokens are: over all their readings, less what it costs to read them so."""
    special = _by_role(a, b)
    if special:
        return special
    best = 0
    for x, cost in a.readings:
        for y, more in b.readings:
            best = max(best, alike(x, y) - cost - more)
    return best if best >= FLOOR else 0


def _by_role(a: Token, b: Token) -> int:
    """Forms by their code and group, particles by their class."""
    if a.role != b.role or a.role not in {FORM, PARTICLE} or not a.code:
        return 0
    if a.code == b.code:
        return SAME if a.text == b.text else SAME - 20
    return SAME - 200 if a.role == FORM and a.group == b.group else 0


@lru_cache(maxsize=50_000)
def how(a: str, b: str, found: int) -> str:
    """Return in words how two tokens that are not the same come to be alike; empty where there is nothing to say."""
    if not a or not b or found in {0, SAME}:
        return ""
    low, high = sorted((a, b))
    ways = (
        (min(len(a), len(b)) == 1, "initial"),
        (" " in a or " " in b, "written together or apart"),
        (_by_table(a, b) >= found, "another form of the name"),
        (_sounds_the_same(a, b) and found >= SAME - SOUND, "the same sound"),
        (_cut_short(low, high) >= found, "cut short"),
        (_bare(low, high) >= found, "vowels left out"),
        (not (a.isalpha() and b.isalpha()), "read another way"),
        (OSA.distance(a, b) == 1, "1 letter differs"),
    )
    return next((words for holds, words in ways if holds), f"{OSA.distance(a, b)} letters differ")


__all__ = ["INITIAL", "NUMBER", "alike", "edits", "forms", "likeness", "namesakes"]
