"""`vcp channels`: connecting accounts with a token or keys, confirming, listing, giving up."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import click
from flask import Flask

from vcp.areas import queries as areas
from vcp.channels import connecting, queries, service, spending, standing
from vcp.channels.adapters import limits_of
from vcp.channels.models import Channel, SettlePolicy
from vcp.channels.service import About
from vcp.cli.acting import acting_as, app_at_work, as_option, json_option, otp_option, show
from vcp.cli.options import instance_option
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.permissions import Permission, Person, check
from vcp.kernel.settings import Mode, settings
from vcp.networks.registry import ADDRESSES
from vcp.posts.delivery_queries import unread_on

token_option = click.option("--token", help="Access token; - reads it from standard input.")
keys_option = click.option(
    "--keys",
    type=click.File(),
    help="Instead of a token: a file of JSON with the keys that the network gave, such as for X "
    "consumer_key, consumer_secret, access_token, access_token_secret; - is standard input.",
)


def about_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what a new channel is."""
    for option in reversed(
        (
            click.option("--name", required=True, help="What staff will call the channel."),
            click.option(
                "--area", "slug", required=True, help="Area that it speaks for, by its short name."
            ),
            click.option(
                "--shared", is_flag=True, help="Several personas use it: posts are signed."
            ),
            click.option("--purpose", default="", help="What it is for."),
            click.option("--hours", default="", help="When somebody reads it."),
        )
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class New:
    """A channel to be added; `slug` is its area's short name."""

    network: str
    base_url: str
    name: str
    slug: str
    about: About


@click.group("channels")
def group() -> None:
    """Connect accounts on networks, confirm them, list them, give them up."""


@group.group("add")
def add() -> None:
    """Connect an account with a token or keys that you already have."""


@add.command("mastodon")
@instance_option
@click.option("--base-url", required=True, help="The server, such as https://mastodon.example.")
@token_option
@about_options
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
    token: str | None,
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
        new = New("mastodon", base_url, name, slug, about)
        show([_added(app, new, _given(token, None), by=by)], as_json=as_json)


@add.command("bluesky")
@instance_option
@click.option(
    "--base-url",
    default=ADDRESSES["bluesky"],
    show_default=True,
    help="The server that keeps the account.",
)
@click.option("--handle", required=True, help="The account, such as force.bsky.social.")
@click.option(
    "--app-password", required=True, help="An app password; - reads it from standard input."
)
@about_options
@as_option
@otp_option
@json_option
def add_bluesky(  # noqa: PLR0913 - one parameter an option
    *,
    instance: Path | None,
    base_url: str,
    handle: str,
    app_password: str,
    name: str,
    slug: str,
    shared: bool,
    purpose: str,
    hours: str,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Verify the account behind an app password, pin its id and keep the password sealed.

    The account's own password is refused: it could do more than post. Reconnect with --keys and
    {"identifier": "HANDLE", "app_password": "PASSWORD"}.
    """
    with acting_as(email, otp, instance) as (app, by):
        new = New("bluesky", base_url, name, slug, About(purpose, hours, shared))
        given = {"identifier": handle, "app_password": _read(app_password)}
        show([_added(app, new, given, by=by)], as_json=as_json)


@add.command("x")
@instance_option
@click.option("--base-url", default=ADDRESSES["x"], show_default=True, help="Where X answers.")
@keys_option
@about_options
@click.option(
    "--settle",
    type=click.Choice([SettlePolicy.PERSON.value, SettlePolicy.ONE_RETRY.value]),
    default=SettlePolicy.PERSON.value,
    help="When three readings don't find a post: a person decides, or it is sent once more.",
)
@as_option
@otp_option
@json_option
def add_x(  # noqa: PLR0913 - one parameter an option
    *,
    instance: Path | None,
    base_url: str,
    keys: TextIO | None,
    name: str,
    slug: str,
    shared: bool,
    purpose: str,
    hours: str,
    settle: str,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Verify the account behind four keys of X, pin its id and keep the keys sealed.

    X charges for what is posted and read. A post whose outcome is unknown is looked for after 1, 3
    and 7 minutes and then given to a person; it is never sent again by itself, unless you ask for
    one retry.
    """
    with acting_as(email, otp, instance) as (app, by):
        about = About(purpose, hours, shared, SettlePolicy(settle))
        new = New("x", base_url, name, slug, about)
        show([_added(app, new, _given(None, keys), by=by)], as_json=as_json)


@group.command("reconnect")
@instance_option
@click.argument("channel_id", type=int)
@token_option
@keys_option
@as_option
@otp_option
@json_option
def reconnect(
    *,
    instance: Path | None,
    channel_id: int,
    token: str | None,
    keys: TextIO | None,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Give a channel a new token or new keys; they have to belong to the same account."""
    with acting_as(email, otp, instance) as (app, by):
        settings = app.extensions["vcp_settings"]
        channel = queries.visible_to(session(), channel_id, by)
        given = _given(token, keys)
        found = connecting.verify(channel.network, channel.base_url, given)
        with transaction() as unit:
            channel = queries.by_id(unit, channel_id)
            connecting.store_credentials(unit, channel, given, found, by=by, settings=settings)
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
        rows = []
        for channel in queries.everything(session()):
            looked_for = unread_on(session(), channel.id)
            rows.append(_row(channel) | {"looked_for": looked_for})
        show(rows, as_json=as_json)


@group.command("budget")
@instance_option
@click.argument("channel_id", type=int)
@click.argument("dollars")
@as_option
@otp_option
@json_option
def budget(
    *,
    instance: Path | None,
    channel_id: int,
    dollars: str,
    email: str,
    otp: str | None,
    as_json: bool,
) -> None:
    """Let a channel spend so many US DOLLARS a month; `default` for what the settings say."""
    try:
        amount = None if dollars == "default" else float(dollars)
    except ValueError as error:
        raise Invalid("Give an amount such as 25 or 12.50, or the word default.") from error
    with acting_as(email, otp, instance) as (_, by):
        with transaction() as unit:
            spending.set_budget(unit, channel_id, amount, by=by, settings=settings())
            row = _row(queries.by_id(unit, channel_id))
        show([row], as_json=as_json)


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
        "capabilities": asdict(replace(limits, probed_at=None)),
        "problem": channel.problem,
        **standing.of(session(), channel, settings()).as_json(),
    }


def _added(app: Flask, new: New, credentials: Mapping[str, str], *, by: Person) -> dict[str, Any]:
    settings = app.extensions["vcp_settings"]
    area = areas.by_slug(session(), new.slug)
    area_id, path = area.id, area.path
    check(by, Permission.CONNECT_CHANNELS, path, subject_kind="area", subject_id=area_id)
    # Outside any unit: a server that answers rubbish leaves nothing behind.
    found = connecting.verify(new.network, new.base_url, credentials)
    with transaction() as unit:
        channel = service.propose(
            unit, new.network, new.name, area_id, new.base_url, by=by, about=new.about
        )
        connecting.store_credentials(unit, channel, credentials, found, by=by, settings=settings)
        if settings.mode is not Mode.PRODUCTION:
            service.confirm_for_trial(unit, channel)
        return _row(channel)


def _given(token: str | None, keys: TextIO | None) -> dict[str, str]:
    """Return the credentials that were given.

    Raises: Invalid when there are none, or the file isn't what it should be.
    """
    if keys is None:
        if token is None:
            raise Invalid("Give --token or --keys, as the network asks for.")
        return {"access_token": _read(token)}
    try:
        found = json.load(keys)
    except ValueError as error:
        raise Invalid('The keys have to be JSON, such as {"consumer_key": "…", …}.') from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found.values()):
        raise Invalid("The keys have to be one JSON object of names and texts.")
    return found


def _read(given: str) -> str:
    return sys.stdin.readline().strip() if given == "-" else given
