"""The latest screening of an application is named in its row, so that it is found without looking at the rest."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column and fill it from the records."""
    op.add_column("applications", sa.Column("screened_record", sa.Text()))
    op.execute(
        "UPDATE applications SET screened_record = (SELECT r.record_id FROM records r"
        " WHERE r.application_id = applications.application_id AND r.kind = 'person.screened'"
        " ORDER BY r.position DESC LIMIT 1)"
    )
