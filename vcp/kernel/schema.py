"""The database's tables: bringing them up to date, and asking how far they are."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from vcp.kernel.places import folder


def config(engine: Engine | None = None) -> Config:
    """Return Alembic's configuration, without any ini file."""
    found = Config()
    found.set_main_option("script_location", str(folder("migrations")).replace("%", "%%"))
    found.attributes["engine"] = engine
    return found


def head() -> str | None:
    """Return the newest migration that this version has."""
    return ScriptDirectory.from_config(config()).get_current_head()


def current(engine: Engine) -> str | None:
    """Return the migration that the database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the tables up to date; safe to repeat."""
    command.upgrade(config(engine), to)


def downgrade(engine: Engine, to: str) -> None:
    """Take the tables back to an earlier migration."""
    command.downgrade(config(engine), to)
