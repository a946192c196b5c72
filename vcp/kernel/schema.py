"""The database's tables: bringing them up to date."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from vcp.kernel.places import folder


def config(engine: Engine | None = None) -> Config:
    """Return Alembic's configuration, without any ini file."""
    found = Config()
    found.set_main_option("script_location", str(folder("migrations")).replace("%", "%%"))
    found.attributes["engine"] = engine
    return found


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the tables up to date; safe to repeat."""
    command.upgrade(config(engine), to)


def downgrade(engine: Engine, to: str) -> None:
    """Take the tables back to an earlier migration."""
    command.downgrade(config(engine), to)
