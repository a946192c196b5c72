"""How Alembic finds the models and the database; run through `vcp db`."""

from alembic import context
from sqlalchemy import Engine

import vcp.app  # so that every model is known
from vcp.kernel.db import Base

assert vcp.app  # noqa: S101 - the import is what matters


def run(engine: Engine) -> None:
    """Run the wanted migrations in one transaction."""
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run(context.config.attributes["engine"])
