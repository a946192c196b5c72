"""`vcp seed`: an invented force for a demo, a test or a measurement."""

from pathlib import Path

import click

from vcp.cli.acting import app_at_work
from vcp.cli.options import instance_option
from vcp.kernel import schema
from vcp.kernel.db import db
from vcp.seed import FEWEST_OFFICERS, MOST_OFFICERS, seed_demo, sign_in_lines

MOST_POSTS = 200_000
MOST_CONTACTS = 200_000


@click.group("seed")
def group() -> None:
    """Fill an empty installation with an invented force."""


@group.command()
@instance_option
@click.option(
    "--officers",
    type=click.IntRange(FEWEST_OFFICERS, MOST_OFFICERS),
    default=6,
    show_default=True,
    help="How many officers write.",
)
@click.option(
    "--posts",
    type=click.IntRange(0, MOST_POSTS),
    default=40,
    show_default=True,
    help="How many posts there are, published or not.",
)
@click.option(
    "--contacts",
    type=click.IntRange(0, MOST_CONTACTS),
    default=10,
    show_default=True,
    help="How many conversations with residents there are.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same gives the same.")
def demo(instance: Path | None, officers: int, posts: int, contacts: int, seed: int) -> None:
    """Invent a force, what it posted and what residents said; print how to sign in.

    Only in demo and test mode, and only where there are no staff yet.
    """
    with app_at_work(instance) as app:
        schema.upgrade(db.engine)
        seed_demo(
            app, officers=officers, posts=posts, contacts=contacts, seed=seed, tell=click.echo
        )
        for line in sign_in_lines(app.extensions["vcp_settings"]):
            click.echo(line)
