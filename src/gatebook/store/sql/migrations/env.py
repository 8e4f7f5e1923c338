"""Runs migrations on the connection the caller brings."""

from alembic import context

from gatebook.store.sql.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
