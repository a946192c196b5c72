"""Measuring, on posts that go out anyway, how late a network shows them where we read them back.

A channel's first posts are measured, then one a day. Networks that charge for reading are not.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from vcp.channels import lag
from vcp.channels.models import Channel, Condition
from vcp.channels.queries import OWN
from vcp.channels.states import USABLE
from vcp.kernel import clock
from vcp.kernel.settings import Settings
from vcp.networks.base import Network, NetworkError
from vcp.networks.registry import READ_AT_S
from vcp.posts.claiming import PUBLISHER
from vcp.posts.models import Delivery, DeliveryKind
from vcp.posts.settling import Reading, reading_from
from vcp.posts.states import DeliveryState

FIRST_SAMPLES = 3
AGAIN_AFTER = timedelta(hours=24)
#: A post that isn't seen for so long is later than any settling may wait for.
WATCHED_S = 60
#: A post is due this long before it went out at the most; later ones aren't measured.
_DUE_WITHIN = timedelta(minutes=10)
#: Between the network's answer and its being stored; more means that it was found by reading.
_STORED_WITHIN = timedelta(seconds=2)


@dataclass(frozen=True)
class Watched:
    """A post that went out just now and is looked for."""

    delivery_id: uuid.UUID
    remote_id: str
    accepted_at: datetime
    reading: Reading


def watched(session: Session, settings: Settings) -> list[Watched]:
    """Return the newest post of each channel that is to be measured now."""
    now = clock.now()
    rows = session.scalars(
        select(Delivery)
        .join(Channel, Channel.id == Delivery.channel_id)
        .outerjoin(Condition, Condition.channel_id == Channel.id)
        .where(
            Delivery.state == DeliveryState.PUBLISHED,
            Delivery.due_at > now - _DUE_WITHIN,
            Delivery.published_at > now - timedelta(seconds=2 * WATCHED_S),
            Delivery.kind == DeliveryKind.PUBLISH,
            Delivery.withdraw_wanted_at.is_(None),
            Channel.network.not_in((OWN, *READ_AT_S)),
            Channel.state.in_(USABLE),
            or_(Channel.wait_until.is_(None), Channel.wait_until <= now),
            or_(
                Condition.lag_samples.is_(None),
                Condition.lag_samples < FIRST_SAMPLES,
                Condition.lag_at < now - AGAIN_AFTER,
            ),
            # One that was measured already isn't measured twice.
            or_(Condition.lag_at.is_(None), Condition.lag_at < Delivery.published_at),
        )
        .order_by(Delivery.published_at)
    )
    newest = {delivery.channel_id: delivery for delivery in rows if _is_fresh(delivery)}
    return [
        Watched(
            delivery.id,
            str(delivery.remote_id),
            delivery.published_at or now,
            reading_from(session, delivery, delivery.sent_at or now, settings),
        )
        for delivery in newest.values()
    ]


def look(one: Watched, network: Network) -> float | None:
    """Look once, with no transaction open; seconds after which it was seen, None: not known yet."""
    lag_s = (clock.now() - one.accepted_at).total_seconds()
    try:
        found = network.find(one.reading.outgoing, since=one.reading.since, taken=())
        if found is not None and found.remote_id == one.remote_id:
            return lag_s
        # One that somebody deleted meanwhile says nothing about how late the server is.
        is_late = lag_s >= WATCHED_S and network.exists(one.remote_id)
    except NetworkError:
        return None
    return lag_s if is_late else None


def record_look(session: Session, one: Watched, lag_s: float) -> None:
    """Keep what was measured."""
    lag.note_lag(session, one.reading.channel_id, lag_s, by=PUBLISHER)


def _is_fresh(delivery: Delivery) -> bool:
    """Say whether the network's own answer told of it, so that the moment is that of acceptance."""
    accepted_at = delivery.published_at
    return accepted_at is not None and delivery.state_changed_at - accepted_at < _STORED_WITHIN
