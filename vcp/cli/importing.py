"""`vcp posts import`: posts from a CSV file, by the same rules as the page."""

from pathlib import Path
from typing import Any

import click

from vcp.cli.acting import acting_as, as_option, json_option, otp_option, show
from vcp.cli.options import instance_option
from vcp.kernel.sheets import text_of
from vcp.posts.import_batches import run
from vcp.posts.importing import REFUSED


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Report each row, store nothing.")
@click.option("--submit", is_flag=True, help="Submit the good rows for approval.")
@instance_option
@as_option
@otp_option
@json_option
def import_file(
    file: Path,
    instance: Path | None,
    email: str,
    otp: str | None,
    *,
    dry_run: bool,
    submit: bool,
    as_json: bool,
) -> None:
    """Make drafts of the good rows of a CSV file, and tell what is wrong with the others.

    The same row again adds nothing. Ends with 1 when a row was refused.
    """
    with acting_as(email, otp, instance) as (_, person):
        report = run(text_of(file.read_bytes()), person, dry_run=dry_run, submit=submit)
        rows: list[dict[str, Any]] = [vars(row) for row in report]
        show(rows, as_json=as_json)
        refused = sum(row.outcome == REFUSED for row in report)
        if refused:
            raise click.ClickException(f"{refused} of {len(report)} rows were refused: see above.")
        if not as_json:
            click.echo("Nothing was stored: a dry run." if dry_run else "Stored.")
