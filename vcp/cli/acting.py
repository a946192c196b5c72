"""What all commands share: the instance, who acts, and how refusals are told."""

import getpass
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from flask import Flask
from sqlalchemy.exc import DBAPIError

from vcp.app import create_app
from vcp.cli.options import read_settings
from vcp.kernel.audit import record_refusal
from vcp.kernel.context import work
from vcp.kernel.db import explained, session, transaction
from vcp.kernel.errors import NotAllowed, VcpError
from vcp.kernel.permissions import Person
from vcp.kernel.settings import Mode
from vcp.users import queries as users
from vcp.users import sign_in

F = TypeVar("F", bound=Callable[..., Any])

as_option = click.option("--as", "email", required=True, help="E-mail of the person who acts.")
otp_option = click.option(
    "--otp", default=None, help="Their code of the moment (not in demo mode)."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@contextmanager
def app_at_work(instance: Path | None, **more: Any) -> Iterator[Flask]:
    """Give the app in its context, marked as a command; our errors end with one clear line."""
    app = create_app(read_settings(instance, **more))
    with app.app_context(), work("command", system_user=getpass.getuser()):
        try:
            yield app
        except VcpError as error:
            raise click.ClickException(error.message) from error
        except DBAPIError as error:
            told = explained(error)
            if isinstance(told, VcpError):
                raise click.ClickException(told.message) from error
            raise


@contextmanager
def acting_as(
    email: str, otp: str | None, instance: Path | None = None
) -> Iterator[tuple[Flask, Person]]:
    """Give the app and the person who acts, by the same rules as the pages.

    Outside demo and test mode the second factor is asked for. A refusal goes into the trail.
    """
    with app_at_work(instance) as app:
        person = users.by_email(session(), email)
        if person is None or not person.grants:
            _end(f"No active member of staff has the e-mail {email}.")
        if app.extensions["vcp_settings"].mode is Mode.PRODUCTION:
            code = otp or click.prompt("Code from the authenticator app", hide_input=True)
            sign_in.check_command_factor(person.id, code)
        try:
            yield app, person
        except NotAllowed as error:
            with transaction() as current:
                record_refusal(current, person, error)
            raise


def show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print rows: one JSON object a line, or columns for reading."""
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, default=str, ensure_ascii=False))
        return
    if not rows:
        click.echo("Nothing to show.")
        return
    heads = list(rows[0])
    wide = {head: max(len(head), *(len(str(row[head])) for row in rows)) for head in heads}
    click.echo("  ".join(head.ljust(wide[head]) for head in heads))
    for row in rows:
        click.echo("  ".join(str(row[head]).ljust(wide[head]) for head in heads))


def _end(message: str) -> NoReturn:
    raise click.ClickException(message)
