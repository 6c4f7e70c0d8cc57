"""Alembic's entry: runs on the connection and in the transaction that `sensors.opening` hands over."""

from alembic import context

from sensors.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite's DDL is transactional too, once BEGIN is ours (see sensors/opening.py).
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
