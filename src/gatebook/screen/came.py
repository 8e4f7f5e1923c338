"""What came to the lists since earlier ones: the parties added and changed, to be compared alone as they are among all.

The trap guarded against: a name that scores otherwise beside a hundred names than beside fifty thousand. The weights
are those of all the lists there are now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatebook import canonical
from gatebook.screen.delta import delta
from gatebook.screen.party import ListEdition, nobody_on
from gatebook.screen.weights import Weights


@dataclass(frozen=True, slots=True)
class Came:
    """Lists with nobody in them but who came; ``shares`` are the weights that all lists give their words.

    ``described`` is the digest of the lists before and after. ``gone`` and ``fresh`` name the lists that are in one
    alone: of a list that is fresh everybody came, of one that is gone everybody was removed.
    """

    editions: tuple[ListEdition, ...]
    shares: tuple[tuple[str, int], ...]
    described: str
    added: int
    changed: int
    removed: int
    gone: tuple[str, ...]
    fresh: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many parties were compared, as added or as changed, and how many are no longer listed."""
        return {"added": self.added, "changed": self.changed, "removed": self.removed}


def came_since(old: Sequence[ListEdition], new: Sequence[ListEdition]) -> Came:
    """Compare lists with earlier ones, each with the one of its own id."""
    before, after = {e.list_id: e for e in old}, {e.list_id for e in new}
    changes = [delta(before.get(e.list_id, nobody_on(e.list_id)), e) for e in new]
    gone = tuple(list_id for list_id in before if list_id not in after)
    came = tuple(replace(e, parties=c.came) for e, c in zip(new, changes, strict=True) if c.came)
    named = [[[e.list_id, e.digest] for e in editions] for editions in (old, new)]
    return Came(
        came,
        tuple(sorted(Weights.of_names(n.text for e in new for p in e.parties for n in p.names).shares().items())),
        canonical.digest({"since": named}),
        sum(len(c.added) for c in changes),
        sum(len(c.changed) for c in changes),
        sum(len(c.removed) for c in changes) + sum(len(before[list_id].parties) for list_id in gone),
        gone,
        tuple(e.list_id for e in new if e.list_id not in before),
    )
