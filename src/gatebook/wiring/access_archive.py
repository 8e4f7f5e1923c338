"""The archive of a house: months written from its access record, and asked on a cluster.

The trap guarded against: an archive that is asked without anybody knowing. A question is entered with its purpose
before the cluster hears of it, as it is where the record itself is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gatebook.procedures.archive_access import Archived, archive_access
from gatebook.procedures.check_archive import check_archive
from gatebook.procedures.house import Operator
from gatebook.store.columnar.archive_folder import ArchiveFolder
from gatebook.store.columnar.archive_lookups import ParquetRows
from gatebook.wiring.premises import Premises


def archive_month(
    premises: Premises, operator: Operator, folder: Path, month: int, moved: Callable[[int, int], None]
) -> Archived:
    """Write a month of the access record into a folder, whichever process of the house holds the record."""
    with premises.access() as record:
        record.seal()
        return archive_access(premises.house, operator, record, ArchiveFolder(folder), month, moved)


def check_months(premises: Premises, operator: Operator, folder: Path, *, rows: bool = False) -> dict[str, Any]:
    """Return what is wrong with each month of an archive; nothing where files and ledger bear it out."""
    archive, secrets = ArchiveFolder(folder), premises.segment_secrets if rows else None
    return {
        str(found.month): check_archive(premises.house, operator, archive, found.month, secrets)
        for found in archive.months()
    }


@contextmanager
def archived_rows(premises: Premises, folder: Path, master: str, seen_as: str = "") -> Iterator[ParquetRows]:
    """Give the rows of an archive, asked of a cluster that finds it at ``seen_as``, or at the same path as we do.

    Raises Unavailable when nobody answers at ``master``.
    """
    from gatebook.outside.spark_sql import SparkSql  # noqa: PLC0415  for who asks a cluster

    months = ArchiveFolder(folder).months()
    cluster = SparkSql(master, seen_as or str(folder.resolve()))
    try:
        yield ParquetRows(months, cluster, premises.segment_secrets.label_salt)
    finally:
        cluster.close()
