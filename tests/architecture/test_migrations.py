"""The migrations lead to exactly the tables that the models describe."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.engine.interfaces import ReflectedCheckConstraint, ReflectedIndex
from sqlalchemy.orm import Session

from moderation.models import Case
from tests.databases import Postgresql, Sqlite, migrate, name_of
from tests.factories.contacts import make_message
from tests.factories.moderation import make_case
from tests.factories.posts import PLATE, make_team
from vcp.kernel import schema
from vcp.kernel.db import Base, db, engine_options, prepare_engine


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(schema.config()).get_heads()) == 1


def test_models_equal_migrations(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    assert not differences, differences


def checks(found: list[ReflectedCheckConstraint]) -> set[tuple[Any, str]]:
    return {(check.get("name"), " ".join(check["sqltext"].split())) for check in found}


def indexed(index: ReflectedIndex) -> tuple[Any, ...]:
    where = {key: str(value) for key, value in index.get("dialect_options", {}).items()}
    return index["name"], tuple(index["column_names"]), bool(index["unique"]), str(where)


def described(engine: Engine) -> set[tuple[Any, ...]]:
    """Return what the comparison above doesn't look at: checks, and indexes with conditions."""
    inspector = inspect(engine)
    found: set[tuple[Any, ...]] = set()
    for table in set(inspector.get_table_names()) - {"alembic_version"}:
        found |= {(table, *check) for check in checks(inspector.get_check_constraints(table))}
        found |= {(table, *indexed(index)) for index in inspector.get_indexes(table)}
        found |= {(table, key["name"]) for key in inspector.get_foreign_keys(table)}
    return found


def test_migrations_make_the_same_checks_and_indexes_as_the_models(
    database: str, servers: dict[str, Sqlite | Postgresql]
) -> None:
    """A check or a partial index that only the tests' tables had would guard nobody."""
    with servers[name_of(database)].fresh(empty=True) as made_directly:
        migrated, direct = (
            create_engine(**engine_options(url)) for url in (database, made_directly)
        )
        prepare_engine(direct)
        Base.metadata.create_all(direct)
        expected, found = described(direct), described(migrated)
        direct.dispose()
        migrated.dispose()
    assert found - expected == set(), "only in the migrations"
    assert expected - found == set(), "only in the models"


def test_migrating_twice_changes_nothing(database: str) -> None:
    migrate(database)


def test_migrations_can_be_taken_back_and_made_again(app: Flask) -> None:
    with app.app_context():
        schema.downgrade(db.engine, "base")
        left = set(inspect(db.engine).get_table_names())
        schema.upgrade(db.engine)
    assert left == {"alembic_version"}


def test_going_back_one_version_and_forth_again_keeps_what_was_there(
    app: Flask, session: Session
) -> None:
    """Tables that are made anew on SQLite keep their rows, and what refers to them."""
    team = make_team(session)
    case = make_case(session, team, text=PLATE)
    make_message(session, team, category="crime_report", priority="P3")
    session.commit()
    kept = case.id, case.post.id, case.categories
    session.close()
    schema.downgrade(db.engine, "0001")
    schema.upgrade(db.engine)
    again = session.get_one(Case, kept[0])
    assert (again.id, again.post.id, again.categories) == kept
    assert again.changed_at == again.state_changed_at
    assert [row.contact_id for row in session.query(Case)] == [None], "their contacts are gone"
