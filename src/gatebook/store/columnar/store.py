"""Everything that is asked of one engine of access events, in one object.

The trap guarded against: two parts of the program with an engine each on one folder, of which the second is refused.
"""

from __future__ import annotations

from gatebook.record.segments import SegmentSecrets
from gatebook.store.columnar.engine import Engine
from gatebook.store.columnar.lookups import ColumnarLookups
from gatebook.store.columnar.packed import ColumnarPacked
from gatebook.store.columnar.rows import ColumnarRows


class ColumnarStore(ColumnarRows, ColumnarLookups, ColumnarPacked):
    """Sealed rows and questions to them over one engine; makes its tables where they are not."""

    def __init__(self, engine: Engine, secrets: SegmentSecrets) -> None:
        ColumnarRows.__init__(self, engine, secrets)
        ColumnarLookups.__init__(self, engine, secrets.label_salt)
        ColumnarPacked.__init__(self, engine, secrets)
