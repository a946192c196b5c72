"""`vcp users`: adding staff, listing them, their roles, suspending and leaving."""

import json
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy.orm import Session

from vcp.areas import queries as areas
from vcp.areas import service as area_service
from vcp.areas.models import Area, AreaKind
from vcp.cli.acting import acting_as, app_at_work, json_option, otp_option, show
from vcp.cli.options import instance_option
from vcp.kernel import clock
from vcp.kernel.context import Machine
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid, NotFound
from vcp.kernel.permissions import Person, Role
from vcp.kernel.settings import Mode, Settings
from vcp.triage.categories import OUTBOUND
from vcp.users import factors, passwords, queries, service
from vcp.users.demo import code_now
from vcp.users.models import LinkPurpose, User
from vcp.users.service import WantedGrant

SETUP = Machine("setup")
MOST_PARTS = 3
as_option = click.option(
    "--as", "by_email", required=True, help="E-mail of the administrator who acts."
)
maybe_as_option = click.option(
    "--as", "by_email", default=None, help="E-mail of the administrator who acts."
)
reason_option = click.option("--reason", required=True, help="Why; it goes into the trail.")


@click.group("users")
def group() -> None:
    """Add staff, list them, change their roles, suspend them, let them go."""


@group.command("add")
@instance_option
@click.argument("email")
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    metavar="ROLE[:AREA[:CATEGORY]]",
    help="Role for an area by its short name (default: the force); may be given several times.",
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--totp-secret", default=None, help="Secret for the authenticator app, base 32.")
@click.option("--invite", is_flag=True, help="Send a link also in demo and test mode.")
@maybe_as_option
@otp_option
@json_option
def add(  # noqa: PLR0913 - one parameter an option
    *,
    instance: Path | None,
    email: str,
    name: str,
    roles: tuple[str, ...],
    password_stdin: bool,
    totp_secret: str | None,
    invite: bool,
    by_email: str | None,
    otp: str | None,
    as_json: bool,
) -> None:
    """Add a member of staff.

    In demo and test mode they can sign in at once, and what they need is printed. In production a
    link is mailed and printed; the first administrator is added without --as.
    """
    with acting_or_setup(by_email, otp, instance) as (app, by):
        settings: Settings = app.extensions["vcp_settings"]
        if settings.mode is Mode.PRODUCTION or invite:
            if password_stdin or totp_secret:
                message = "In production people choose their own password, by the link."
                raise click.UsageError(message)
            with transaction() as unit:
                wanted = _wanted(unit, settings, roles, by)
                user, url = service.invite(unit, settings, email, name, wanted, by)
                said = {"id": user.id, "email": user.email, "name": name, "link": url}
        else:
            password = _password(password_stdin=password_stdin)
            secret = _secret(totp_secret)
            with transaction() as unit:
                wanted = _wanted(unit, settings, roles, by)
                user, codes = service.add_directly(
                    unit, settings, email, name, wanted, password, secret, by=by
                )
                said = {
                    "id": user.id,
                    "email": user.email,
                    "name": name,
                    "password": password,
                    "totp_secret": secret,
                    "recovery_codes": codes if as_json else " ".join(codes),
                }
    _tell(said, as_json=as_json)


@group.command("list")
@instance_option
@json_option
def listed(instance: Path | None, *, as_json: bool) -> None:
    """Print all staff with their roles: id, email, name, state, roles."""
    with app_at_work(instance):
        rows = [_row(user, as_json=as_json) for user in queries.everybody(session())]
    show(rows, as_json=as_json)


@group.command("grant")
@instance_option
@click.argument("email")
@click.argument("role", metavar="ROLE[:AREA[:CATEGORY]]")
@as_option
@otp_option
def grant(instance: Path | None, email: str, role: str, by_email: str, otp: str | None) -> None:
    """Give somebody one more role."""
    with acting_as(by_email, otp, instance) as (app, by):
        with transaction() as unit:
            want = _wanted(unit, app.extensions["vcp_settings"], (role,), by)[0]
            user = _user(unit, email)
            service.grant_role(unit, user.id, want.role, want.area_id, by, want.category)
        click.echo(f"{email} has the role {role} from now on.")


@group.command("revoke")
@instance_option
@click.argument("email")
@click.argument("role", metavar="ROLE[:AREA[:CATEGORY]]")
@as_option
@otp_option
def revoke(instance: Path | None, email: str, role: str, by_email: str, otp: str | None) -> None:
    """Take one role away."""
    with acting_as(by_email, otp, instance) as (app, by):
        with transaction() as unit:
            want = _wanted(unit, app.extensions["vcp_settings"], (role,), by)[0]
            held = [
                found
                for found in _user(unit, email).granted
                if found.revoked_at is None
                and WantedGrant(found.role, found.area_id, found.category) == want
            ]
            if not held:
                raise NotFound(f"{email} doesn't have that role. See `vcp users list`.")
            service.revoke_role(unit, held[0].id, by)
        click.echo(f"{email} no longer has the role {role}.")


@group.command("link")
@instance_option
@click.argument("email")
@click.argument("purpose", type=click.Choice([purpose.value for purpose in LinkPurpose]))
@maybe_as_option
@otp_option
def link(
    instance: Path | None, email: str, purpose: str, by_email: str | None, otp: str | None
) -> None:
    """Mail a link to join, or to set a lost password or factor anew; `join` sets both anew.

    Without --as only while there is no other active administrator who could do it.
    """
    acting = acting_as(by_email, otp, instance) if by_email else _setting_up(instance)
    with acting as (app, by):
        with transaction() as unit:
            user = _user(unit, email)
            if isinstance(by, Machine) and _other_administrator(unit, user):
                raise Invalid("There is another administrator: say with --as who acts.")
            settings: Settings = app.extensions["vcp_settings"]
            url = service.send_link(unit, settings, user.id, LinkPurpose(purpose), by)
        click.echo(f"The link was mailed to {email}.")
        if isinstance(by, Machine):
            click.echo(url)


@group.command("code")
@instance_option
@click.argument("email")
def code(instance: Path | None, email: str) -> None:
    """Print a person's second factor of the moment; in demo and test mode only."""
    with app_at_work(instance) as app:
        user = queries.by_email(session(), email)
        if user is None:
            raise click.ClickException(f"Nobody has the e-mail {email}. See `vcp users list`.")
        click.echo(code_now(app.extensions["vcp_settings"], user))


def _step(verb: str, do: Callable[..., User], words: str) -> click.Command:
    @click.command(verb, help=words)
    @instance_option
    @click.argument("email")
    @reason_option
    @as_option
    @otp_option
    def command(
        instance: Path | None, email: str, reason: str, by_email: str, otp: str | None
    ) -> None:
        with acting_as(by_email, otp, instance) as (_, by):
            with transaction() as unit:
                user = do(unit, _user(unit, email).id, reason, by)
                state = user.state
            click.echo(f"{email} is now {state}.")

    return command


group.add_command(_step("suspend", service.suspend, "Shut somebody out everywhere, at once."))
group.add_command(_step("restore", service.restore, "Let somebody suspended sign in again."))
group.add_command(_step("depart", service.depart, "Close the account of somebody who leaves."))


@contextmanager
def acting_or_setup(
    by_email: str | None, otp: str | None, instance: Path | None
) -> Iterator[tuple[Flask, Person | Machine]]:
    """Give the app, and the person named by --as or, without it, whoever sets the machine up.

    Raises: click.ClickException without --as in production once there is any staff.
    """
    if by_email is not None:
        with acting_as(by_email, otp, instance) as (app, person):
            yield app, person
        return
    with app_at_work(instance) as app:
        if app.extensions["vcp_settings"].mode is Mode.PRODUCTION and queries.anybody(session()):
            message = "There is staff already: say with --as which administrator acts."
            raise click.ClickException(message)
        yield app, SETUP


@contextmanager
def _setting_up(instance: Path | None) -> Iterator[tuple[Flask, Person | Machine]]:
    with app_at_work(instance) as app:
        yield app, SETUP


def _other_administrator(unit: Session, user: User) -> bool:
    force = areas.force(unit)
    return force is not None and queries.others_who_manage(unit, user.id, force.path)


def _wanted(
    unit: Session, settings: Settings, roles: tuple[str, ...], by: Person | Machine
) -> list[WantedGrant]:
    """Return what `--role` asks for; the very first command makes the force itself."""
    wanted = []
    for text in roles:
        parts = text.split(":")
        known = [role.value for role in Role]
        if parts[0] not in known or len(parts) > MOST_PARTS:
            raise Invalid(f"{text!r} is no role. Write ROLE:AREA with {', '.join(known)}.")
        slug = parts[1] if len(parts) > 1 else ""
        area = areas.by_slug(unit, slug) if slug else _force(unit, settings, by)
        category = parts[2] if len(parts) == MOST_PARTS and parts[2] not in ("", "all") else None
        if category is not None and category not in OUTBOUND:
            raise Invalid(f"{category!r} is no category. Use one of {', '.join(OUTBOUND)}.")
        wanted.append(WantedGrant(Role(parts[0]), area.id, category))
    return wanted


def _force(unit: Session, settings: Settings, by: Person | Machine) -> Area:
    found = areas.force(unit)
    if found is not None:
        return found
    today = clock.now().astimezone(settings.zone).date()
    return area_service.add_area(unit, AreaKind.FORCE, settings.force_name, None, today, by)


def _user(unit: Session, email: str) -> User:
    found = queries.by_email(unit, email)
    if found is None:
        raise NotFound(f"Nobody here has the e-mail {email}. See `vcp users list`.")
    return found


def _password(*, password_stdin: bool) -> str:
    if not password_stdin:
        return secrets.token_urlsafe(12)
    password = sys.stdin.readline().rstrip("\r\n")
    if not password or len(password) > passwords.LONGEST:
        raise Invalid("Write the password as one line to standard input.")
    return password


def _secret(secret: str | None) -> str:
    if secret is None:
        return factors.new_secret()
    plain = secret.replace(" ", "").upper()
    if not factors.is_secret(plain):
        raise Invalid("--totp-secret takes base 32: letters A to Z and digits 2 to 7, 16 or more.")
    return plain


def _row(user: User, *, as_json: bool) -> dict[str, Any]:
    roles = [
        {"role": held.role.value, "area_path": held.area_path, "category": held.category}
        for held in user.granted
        if held.revoked_at is None
    ]
    row = {"id": user.id, "email": user.email, "name": user.display_name, "state": user.state}
    if as_json:
        return {**row, "roles": roles}
    named = (":".join(filter(None, held.values())) for held in roles)
    return {**row, "roles": ", ".join(named)}


def _tell(said: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    for name, value in said.items():
        click.echo(f"{name.replace('_', ' ')}: {value}")
