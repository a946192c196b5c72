"""`vcp seed`: an invented force for a demo, a test or a measurement; and a code to sign in with."""

from pathlib import Path

import click

from vcp.cli import people
from vcp.cli.acting import app_at_work
from vcp.cli.options import instance_option
from vcp.kernel import schema
from vcp.kernel.db import db, session
from vcp.seed import FEWEST_OFFICERS, MOST_OFFICERS, seed_demo, sign_in_lines
from vcp.users import queries
from vcp.users.demo import code_now

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


@people.group.command("code")
@instance_option
@click.argument("email")
def code(instance: Path | None, email: str) -> None:
    """Print a person's second factor of the moment; in demo and test mode only."""
    with app_at_work(instance) as app:
        user = queries.by_email(session(), email)
        if user is None:
            raise click.ClickException(f"Nobody has the e-mail {email}. See `vcp users list`.")
        click.echo(code_now(app.extensions["vcp_settings"], user))
