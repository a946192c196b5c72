"""`vcp areas`: adding areas, importing them from CSV, listing them."""

import io
from datetime import date, datetime
from pathlib import Path

import click

from vcp.areas import queries, service
from vcp.areas.importing import import_csv
from vcp.areas.models import AreaKind
from vcp.cli.acting import app_at_work, json_option, otp_option, show
from vcp.cli.options import instance_option
from vcp.cli.people import acting_or_setup, maybe_as_option
from vcp.kernel import clock
from vcp.kernel.db import session, transaction
from vcp.kernel.sheets import text_of

day = click.DateTime(formats=["%Y-%m-%d"])


@click.group("areas")
def group() -> None:
    """Add areas, import them from CSV, list them."""


@group.command("add")
@instance_option
@click.argument("kind", type=click.Choice([kind.value for kind in AreaKind]))
@click.argument("name")
@click.option("--parent", default=None, help="Short name of the area that it lies in.")
@click.option("--from", "valid_from", type=day, default=None, help="First day (default: today).")
@click.option("--description", default="", help="What residents read about it.")
@maybe_as_option
@otp_option
def add(
    *,
    instance: Path | None,
    kind: str,
    name: str,
    parent: str | None,
    valid_from: datetime | None,
    description: str,
    by_email: str | None,
    otp: str | None,
) -> None:
    """Add one area; the force itself first, without a parent."""
    with acting_or_setup(by_email, otp, instance) as (app, by):
        today: date = clock.now().astimezone(app.extensions["vcp_settings"].zone).date()
        first = valid_from.date() if valid_from else today
        with transaction() as unit:
            parent_id = queries.by_slug(unit, parent).id if parent else None
            area = service.add_area(unit, AreaKind(kind), name, parent_id, first, by, description)
            slug = area.slug
        click.echo(f"Added {name}, short name {slug}.")


@group.command("import")
@instance_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Report each row, store nothing.")
@maybe_as_option
@otp_option
@json_option
def import_file(
    *,
    instance: Path | None,
    file: Path,
    dry_run: bool,
    by_email: str | None,
    otp: str | None,
    as_json: bool,
) -> None:
    """Add the areas of a CSV file: all of them or, when a row is refused, none."""
    with acting_or_setup(by_email, otp, instance) as (_, by):
        lines = io.StringIO(text_of(file.read_bytes()))
        with transaction() as unit:
            report = import_csv(unit, lines, by, dry_run=dry_run)
        show([vars(row) for row in report], as_json=as_json)
        refused = sum(row.outcome == "refused" for row in report)
        if refused:
            message = f"{refused} of {len(report)} rows were refused, so nothing was stored."
            raise click.ClickException(message)
        if not as_json:
            click.echo("Nothing was stored: a dry run." if dry_run else "Stored.")


@group.command("list")
@instance_option
@json_option
def listed(instance: Path | None, *, as_json: bool) -> None:
    """Print all areas: id, slug, kind, name, path, valid_from, valid_to."""
    with app_at_work(instance):
        rows = [
            {
                "id": area.id,
                "slug": area.slug,
                "kind": area.kind,
                "name": area.name,
                "path": area.path,
                "valid_from": area.valid_from,
                "valid_to": area.valid_to,
            }
            for area in queries.tree(session())
        ]
        show(rows, as_json=as_json)
