"""`vcp channels`: connecting accounts with a token, confirming, listing, giving up."""

import sys
from pathlib import Path
from typing import Any

import click

from vcp.areas import queries as areas
from vcp.channels import connecting, queries, service
from vcp.channels.adapters import limits_of
from vcp.channels.models import Channel, SettlePolicy
from vcp.channels.service import About
from vcp.cli.acting import acting_as, app_at_work, as_option, json_option, otp_option, show
from vcp.cli.options import instance_option
from vcp.kernel.db import session, transaction
from vcp.kernel.permissions import Permission, check
from vcp.kernel.settings import Mode

token_option = click.option(
    "--token",
    required=True,
    help="Access token of the account; - reads it from standard input.",
)


@click.group("channels")
def group() -> None:
    """Connect accounts on networks, confirm them, list them, give them up."""


@group.group("add")
def add() -> None:
    """Connect an account with a token that you already have."""


@add.command("mastodon")
@instance_option
@click.option("--base-url", required=True, help="The server, such as https://mastodon.example.")
@token_option
@click.option("--name", required=True, help="What staff will call the channel.")
@click.option("--area", "slug", required=True, help="Area that it speaks for, by its short name.")
@click.option("--shared", is_flag=True, help="Several personas use it: posts are signed.")
@click.option("--purpose", default="", help="What it is for.")
@click.option("--hours", default="", help="When somebody reads it.")
@click.option(
    "--settle",
    type=click.Choice([policy.value for policy in SettlePolicy]),
    default=SettlePolicy.READ.value,
    help="How an unknown outcome is settled: by reading the account, or by a person.",
)
@click.option("--settle-after", default=20, help="Seconds after which “not there” counts.")
@as_option
@otp_option
@json_option
def add_mastodon(  # noqa: PLR0913 - one parameter an option
    *,
    instance: Path | None,
    base_url: str,
    token: str,
    name: str,
    slug: str,
    shared: bool,
    purpose: str,
    hours: str,
    settle: str,
    settle_after: int,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Verify the account behind a token, pin its id, ask its limits and keep the token sealed.

    In production a supervisor of the area confirms it next; in demo and test mode it is confirmed
    at once.
    """
    about = About(purpose, hours, shared, SettlePolicy(settle), settle_after)
    with acting_as(email, otp, instance) as (app, by):
        settings = app.extensions["vcp_settings"]
        area = areas.by_slug(session(), slug)
        area_id, path = area.id, area.path
        check(by, Permission.CONNECT_CHANNELS, path, subject_kind="area", subject_id=area_id)
        token = _read(token)
        # Outside any unit: a server that answers rubbish leaves nothing behind.
        found = connecting.verify_token(base_url, token)
        with transaction() as unit:
            channel = service.propose(unit, "mastodon", name, area_id, base_url, by=by, about=about)
            connecting.store_token(unit, channel, token, found, by=by, settings=settings)
            if settings.mode is not Mode.PRODUCTION:
                service.confirm_for_trial(unit, channel)
            row = _row(channel)
        show([row], as_json=as_json)


@group.command("reconnect")
@instance_option
@click.argument("channel_id", type=int)
@token_option
@as_option
@otp_option
@json_option
def reconnect(
    *,
    instance: Path | None,
    channel_id: int,
    token: str,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Give a channel a new token; it has to belong to the same account."""
    with acting_as(email, otp, instance) as (app, by):
        settings = app.extensions["vcp_settings"]
        channel = queries.visible_to(session(), channel_id, by)
        token = _read(token)
        found = connecting.verify_token(channel.base_url, token)
        with transaction() as unit:
            channel = queries.by_id(unit, channel_id)
            connecting.store_token(unit, channel, token, found, by=by, settings=settings)
            row = _row(channel)
        show([row], as_json=as_json)


@group.command("confirm")
@instance_option
@click.argument("channel_id", type=int)
@as_option
@otp_option
@json_option
def confirm(
    *, instance: Path | None, channel_id: int, email: str, otp: str | None, as_json: bool
) -> None:
    """Say, as a second person, that the account is the force's own."""
    with acting_as(email, otp, instance) as (_, by):
        with transaction() as unit:
            row = _row(service.confirm(unit, channel_id, by=by))
        show([row], as_json=as_json)


@group.command("disconnect")
@instance_option
@click.argument("channel_id", type=int)
@click.option("--reason", required=True, help="Why; it goes into the trail.")
@as_option
@otp_option
@json_option
def disconnect(
    *,
    instance: Path | None,
    channel_id: int,
    reason: str,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Give a channel up; its token is forgotten."""
    with acting_as(email, otp, instance) as (_, by):
        with transaction() as unit:
            row = _row(service.disconnect(unit, channel_id, reason, by=by))
        show([row], as_json=as_json)


@group.command("list")
@instance_option
@json_option
def listed(*, instance: Path | None, as_json: bool) -> None:
    """List all channels with their state, account and limits."""
    with app_at_work(instance):
        show([_row(channel) for channel in queries.everything(session())], as_json=as_json)


def _row(channel: Channel) -> dict[str, Any]:
    limits = limits_of(channel)
    return {
        "id": channel.id,
        "network": channel.network,
        "name": channel.name,
        "area": channel.area.slug,
        "state": channel.state.value,
        "base_url": channel.base_url,
        "account_id": channel.account_id,
        "handle": channel.handle,
        "shared": channel.is_shared,
        "settle": channel.settle_policy.value,
        "settle_after_s": channel.settle_after_s,
        "characters": limits.characters,
        "limits_probed_at": limits.probed_at.isoformat() if limits.probed_at else None,
        "problem": channel.problem,
    }


def _read(given: str) -> str:
    return sys.stdin.readline().strip() if given == "-" else given
