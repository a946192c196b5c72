"""`vcp pause`: stop publishing, see what is stopped, lift it, decide about what became due."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from officer_profiles import queries as personas
from vcp.areas import queries as areas
from vcp.channels import queries as channels
from vcp.channels.models import Channel
from vcp.cli.acting import acting_as, app_at_work, json_option, otp_option, show
from vcp.cli.options import instance_option
from vcp.kernel.db import session, transaction
from vcp.kernel.permissions import Person
from vcp.networks.registry import NETWORKS
from vcp.posts import holding_back, pause_queries, pausing
from vcp.posts.pause_models import Pause, PauseScope
from vcp.posts.states import PauseState

COLUMNS = ("id", "what", "stops", "state", "set_by", "set_at", "reason")
Act = Callable[[Session, Person], Pause | int]
#: Options of which one is given, with what they are called in a refusal.
ONE_OF = (
    *("everything", "area", "persona", "network", "channel"),
    *("lift", "keep", "let_go", "cancel", "listing"),
)


@click.command("pause")
@click.option("--everything", is_flag=True, help="Stop everything, for the whole force.")
@click.option("--area", help="Short name of an area; all below it is paused with it.")
@click.option("--persona", help="Short name of a persona.")
@click.option("--network", type=click.Choice(list(NETWORKS)), help="A whole network.")
@click.option("--channel", help="A channel, by its id or name.")
@click.option("--lift", type=int, metavar="ID", help="Lift it; or propose to, or confirm that.")
@click.option("--keep", type=int, metavar="ID", help="Refuse to lift it.")
@click.option("--let-go", type=click.UUID, multiple=True, help="Delivery that may leave after all.")
@click.option("--cancel", type=click.UUID, multiple=True, help="Delivery that ends unsent.")
@click.option("--list", "listing", is_flag=True, help="List all pauses, those in force first.")
@click.option("--reason", default="", help="Why.")
@click.option("--as", "email", default=None, help="E-mail of the person who acts.")
@otp_option
@instance_option
@json_option
def command(
    *,
    reason: str,
    email: str | None,
    otp: str | None,
    instance: Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Pause all publishing or a part of it, lift that, and decide about what became due."""
    chosen = [name for name in ONE_OF if asked[name]]
    if len(chosen) != 1:
        raise click.UsageError("Say one thing: what to pause, --lift, --keep, --let-go or --list.")
    if chosen == ["listing"]:
        with app_at_work(instance):
            _show([pause_queries.as_json(row) for row in pause_queries.every(session())], as_json)
        return
    if email is None:
        raise click.UsageError("Say who acts: --as EMAIL.")
    act = _act(chosen[0], asked[chosen[0]], reason)
    with acting_as(email, otp, instance) as (_, person):
        with transaction() as current:
            done = act(current, person)
            rows = [] if isinstance(done, int) else [pause_queries.as_json(done)]
        if isinstance(done, int):
            click.echo(f"{done} decided.")
        else:
            _show(rows, as_json)


def _act(what: str, value: Any, reason: str) -> Act:
    """Return what to do in a unit of work for this option."""
    acts: dict[str, Act] = {
        "everything": lambda s, by: pausing.stop_everything(s, reason, by=by),
        "lift": lambda s, by: _lift(s, value, reason, by=by),
        "keep": lambda s, by: pausing.keep(s, value, by=by),
        "let_go": lambda s, by: holding_back.let_go(s, _ids(value), by=by),
        "cancel": lambda s, by: holding_back.cancel(s, _ids(value), by=by),
    }
    return acts.get(
        what, lambda s, by: pausing.pause(s, what, _target(s, what, value), reason, by=by)
    )


def _lift(current: Session, pause_id: int, reason: str, *, by: Person) -> Pause:
    """Lift it; where it takes two people the first call proposes, and another's confirms."""
    found = pause_queries.one(current, by, pause_id)
    if found.state is PauseState.LIFT_PROPOSED:
        return pausing.confirm_lift(current, pause_id, by=by)
    return pausing.lift(current, pause_id, reason, by=by)


def _target(current: Session, scope: str, named: str) -> str:
    if scope == PauseScope.AREA:
        return str(areas.by_slug(current, named).id)
    if scope == PauseScope.PERSONA:
        return str(personas.by_slug(current, named).id)
    return named if scope == PauseScope.NETWORK else str(_channel(current, named).id)


def _channel(current: Session, named: str) -> Channel:
    is_id = named.isdigit()
    return channels.by_id(current, int(named)) if is_id else channels.by_name(current, named)


def _ids(values: tuple[uuid.UUID, ...]) -> list[uuid.UUID]:
    return list(values)


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:  # noqa: FBT001 - passed on
    if not as_json:
        rows = [{name: row[name] for name in COLUMNS} for row in rows]
    show(rows, as_json=as_json)
