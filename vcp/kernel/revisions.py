"""How far the tables are, asked without loading Alembic: every process of ours asks."""

from functools import cache

from sqlalchemy import Engine, inspect, text

from vcp.kernel.places import folder


@cache
def newest() -> str:
    """Return the newest migration that this version has: they are numbered, with one head."""
    return max(path.stem.partition("_")[0] for path in folder("migrations").glob("versions/[0-9]*"))


def current(engine: Engine) -> str | None:
    """Return the migration that the database is at; None for an empty one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        at: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return at
