"""`vcp personas`: listing, verifying, suspending, and leave by channel."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from officer_profiles import queries, service
from officer_profiles.models import CapabilityKind, Persona
from officer_profiles.states import PersonaState
from vcp.channels import queries as channels
from vcp.channels.models import Channel
from vcp.cli.acting import acting_as, app_at_work, as_option, json_option, otp_option, show
from vcp.cli.options import instance_option
from vcp.kernel import clock
from vcp.kernel.db import session, transaction

reason_option = click.option("--reason", required=True, help="Why; it goes into the trail.")
days_option = click.option("--days", default=180, help="For how many days it holds (up to 366).")
kind_option = click.option(
    "--kind",
    type=click.Choice([kind.value for kind in CapabilityKind]),
    default=CapabilityKind.POST.value,
    help="What for.",
)


@click.group("personas")
def group() -> None:
    """List personas, verify and suspend them, say what they may do where."""


@group.command("list")
@instance_option
@json_option
def listed(*, instance: Path | None, as_json: bool) -> None:
    """List all personas with who speaks as them and where they may post."""
    with app_at_work(instance):
        rows = [_row(session(), persona) for persona in queries.everything(session())]
        show(rows, as_json=as_json)


@group.command("verify")
@instance_option
@click.argument("slug")
@click.option("--basis", required=True, help="What was seen and checked.")
@days_option
@as_option
@otp_option
@json_option
def verify(
    *,
    instance: Path | None,
    slug: str,
    basis: str,
    days: int,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Vouch, as a supervisor of the area, that a persona is who it says; also to renew."""
    with acting_as(email, otp, instance) as (app, by):
        own = app.extensions["vcp_settings"]
        numbers = (own.emergency_number, own.non_emergency_number)
        with transaction() as unit:
            persona = queries.by_slug(unit, slug)
            vouch = service.verify if persona.state == PersonaState.DRAFT else service.renew
            ends = clock.now() + timedelta(days=days)
            vouch(unit, persona.id, basis, ends, by=by, numbers=numbers)
            row = _row(unit, persona)
        show([row], as_json=as_json)


@group.command("suspend")
@instance_option
@click.argument("slug")
@reason_option
@as_option
@otp_option
@json_option
def suspend(
    *,
    instance: Path | None,
    slug: str,
    reason: str,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Stop everything that a persona says."""
    with acting_as(email, otp, instance) as (_, by):
        with transaction() as unit:
            persona = queries.by_slug(unit, slug)
            row = _row(unit, service.suspend(unit, persona.id, reason, by=by))
        show([row], as_json=as_json)


@group.command("restore")
@instance_option
@click.argument("slug")
@reason_option
@as_option
@otp_option
@json_option
def restore(
    *,
    instance: Path | None,
    slug: str,
    reason: str,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Let a suspended persona speak again."""
    with acting_as(email, otp, instance) as (_, by):
        with transaction() as unit:
            persona = queries.by_slug(unit, slug)
            row = _row(unit, service.restore(unit, persona.id, reason, by=by))
        show([row], as_json=as_json)


@group.command("grant")
@instance_option
@click.argument("slug")
@click.argument("channel")
@kind_option
@days_option
@as_option
@otp_option
@json_option
def grant(
    *,
    instance: Path | None,
    slug: str,
    channel: str,
    kind: str,
    days: int,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Give a persona leave for one thing on a CHANNEL (its id or name)."""
    with acting_as(email, otp, instance) as (_, by):
        with transaction() as unit:
            persona = queries.by_slug(unit, slug)
            service.grant_capability(
                unit,
                persona.id,
                _channel(unit, channel).id,
                CapabilityKind(kind),
                clock.now() + timedelta(days=days),
                by=by,
            )
            row = _row(unit, persona)
        show([row], as_json=as_json)


@group.command("revoke")
@instance_option
@click.argument("slug")
@click.argument("channel")
@kind_option
@as_option
@otp_option
@json_option
def revoke(
    *,
    instance: Path | None,
    slug: str,
    channel: str,
    kind: str,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Take a persona's leave on a CHANNEL back."""
    with acting_as(email, otp, instance) as (_, by):
        with transaction() as unit:
            persona = queries.by_slug(unit, slug)
            wanted = _channel(unit, channel)
            given = queries.leaves(persona, wanted.id, CapabilityKind(kind))
            if not given:
                message = f"{persona.display_name} has no such leave on {wanted.name}."
                raise click.ClickException(message)
            service.revoke_capability(unit, given[0].id, by=by)
            row = _row(unit, persona)
        show([row], as_json=as_json)


def _channel(unit: Session, named: str) -> Channel:
    return channels.by_id(unit, int(named)) if named.isdigit() else channels.by_name(unit, named)


def _row(unit: Session, persona: Persona) -> dict[str, Any]:
    until = persona.verification_expires_at
    return {
        "id": persona.id,
        "slug": persona.slug,
        "name": persona.display_name,
        "kind": persona.kind.value,
        "area": persona.area.slug,
        "state": persona.state.value,
        "verified_until": until.isoformat() if until else None,
        "stopped": queries.persona_stopped_because(unit, persona),
        "members": [member.user.email for member in queries.members(persona)],
        "channels": [channel.id for channel in queries.channels_for(unit, persona)],
    }
