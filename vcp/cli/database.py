"""`vcp db`: bring the tables up to date, or say how far they are."""

from datetime import UTC, datetime
from pathlib import Path

import click

from moderation import desks
from vcp.cli.acting import app_at_work
from vcp.cli.options import instance_option
from vcp.kernel import revisions, schema, vault
from vcp.kernel.context import Machine
from vcp.kernel.db import db, transaction
from vcp.posts import reconciling, standard


@click.group("db")
def group() -> None:
    """Bring the database up to date."""


@group.command()
@instance_option
def upgrade(instance: Path | None) -> None:
    """Bring the tables up to this version; safe to repeat."""
    with app_at_work(instance) as app:
        bring_up_to_date(app.extensions["vcp_settings"].instance)
        click.echo(f"The database is at {revisions.current(db.engine)}.")


def bring_up_to_date(instance: Path) -> None:
    """Bring the tables, keys and what every force begins with up to this version."""
    schema.upgrade(db.engine)
    vault.make_keys(instance)
    with transaction() as session:
        desks.ensure_defaults(session)
        standard.ensure_proposed(session)


@group.command()
@instance_option
@click.argument("to")
def downgrade(instance: Path | None, to: str) -> None:
    """Take the tables back to an earlier migration (stop all processes first)."""
    with app_at_work(instance):
        schema.downgrade(db.engine, to)
        click.echo(f"The database is at {revisions.current(db.engine)}.")


@group.command()
@instance_option
@click.option(
    "--since",
    type=click.DateTime(("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")),
    help="When the backup was taken, in UTC; default: the newest attempt that it holds.",
)
def restored(instance: Path | None, since: datetime | None) -> None:
    """Say that the database was put back: accounts are read before anything is sent there."""
    moment = since.replace(tzinfo=UTC) if since else None
    with app_at_work(instance), transaction() as session:
        gap = reconciling.open_gap(session, by=Machine("restore"), since=moment)
        waiting = reconciling.unread(session)
        click.echo(f"Read back to {gap.since.isoformat()}: {waiting} deliveries are looked for.")


@group.command()
@instance_option
def current(instance: Path | None) -> None:
    """Say which migration the database is at, and which this version wants."""
    with app_at_work(instance):
        click.echo(f"at {revisions.current(db.engine)}, this version wants {revisions.newest()}")
