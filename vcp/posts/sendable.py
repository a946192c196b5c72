"""Which deliveries may leave now: everything that allowed them must still hold.

The conditions are one question to the database, so that nothing changes between its parts. The
statements are built once: the publisher asks ten times a second, and building one costs more
than asking it (measured: 10 ms a look when built anew, under 3 ms when kept).
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from officer_profiles.models import Capability, CapabilityKind, Persona
from officer_profiles.states import PersonaState
from vcp.channels.models import Channel, Condition
from vcp.channels.states import USABLE
from vcp.kernel.db import UtcDateTime
from vcp.posts.gap_models import GapCheck
from vcp.posts.models import Delivery, DeliveryKind, Post
from vcp.posts.pause_queries import not_all_stopped, not_held_back, not_paused
from vcp.posts.states import DeliveryState, PostState
from vcp.users.models import User
from vcp.users.states import UserState

_NOW = bindparam("now", type_=UtcDateTime)
_OTHER = aliased(Delivery)


def _may_post(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """The persona has leave to post, or for an answer to reply, on the channel."""
    needed = case((Post.answers_id.is_(None), CapabilityKind.POST), else_=CapabilityKind.REPLY)
    leave = exists().where(
        Capability.persona_id == Persona.id,
        Capability.channel_id == Delivery.channel_id,
        Capability.kind == needed,
        Capability.revoked_at.is_(None),
        Capability.expires_at > now,
    )
    return leave.correlate(Persona, Post, Delivery)


def _allowed(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Its post goes out, its author serves, its persona is verified, its channel works.

    And nothing that covers it is paused. Asked of each delivery that is due: from an EXISTS
    PostgreSQL makes a join, which pairs every post with every channel first.
    """
    allowed = select(Post.id).where(
        Post.id == Delivery.post_id,
        Post.state.in_((PostState.SCHEDULED, PostState.RELEASED)),
        User.id == Post.author_id,
        User.state == UserState.ACTIVE,
        Persona.id == Post.persona_id,
        Persona.state == PersonaState.VERIFIED,
        or_(Persona.verification_expires_at.is_(None), Persona.verification_expires_at > now),
        Channel.id == Delivery.channel_id,
        Channel.state.in_(USABLE),
        or_(Channel.wait_until.is_(None), Channel.wait_until <= now),
        _may_post(now),
        not_paused(),
    )
    return allowed.correlate(Delivery).scalar_subquery().is_not(None)


def _channel_is_well(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """The channel neither rests after failures nor has spent its budget, and no gap is open."""
    stopped = exists().where(
        Condition.channel_id == Delivery.channel_id,
        or_(Condition.rests_until > now, Condition.broke_until > now),
    )
    unread = exists().where(
        GapCheck.channel_id == Delivery.channel_id, GapCheck.checked_at.is_(None)
    )
    return and_(~stopped.correlate(Delivery), ~unread.correlate(Delivery))


def _has_target() -> ColumnElement[bool]:
    """What a correction changes is out."""
    return _is_out(0)


def is_replaced() -> ColumnElement[bool]:
    """Newer words than those of this correction were approved for the same part."""
    newer = exists().where(
        _OTHER.post_id == Delivery.post_id,
        _OTHER.channel_id == Delivery.channel_id,
        _OTHER.part == Delivery.part,
        _OTHER.kind == DeliveryKind.CORRECT,
        _OTHER.revision_id > Delivery.revision_id,
    )
    return newer.correlate(Delivery)


def _follows() -> ColumnElement[bool]:
    """The part of its thread before it is out."""
    return _is_out(1)


def _is_out(back: int) -> ColumnElement[bool]:
    """The part of the post that stands so many places before this one is at the network."""
    target = exists().where(
        _OTHER.post_id == Delivery.post_id,
        _OTHER.channel_id == Delivery.channel_id,
        _OTHER.part == Delivery.part - back,
        _OTHER.remote_id.is_not(None),
        _OTHER.kind == DeliveryKind.PUBLISH,
        _OTHER.state == DeliveryState.PUBLISHED,
    )
    return target.correlate(Delivery)


def _channel_is_free() -> ColumnElement[bool]:
    """Nothing is being sent on the channel."""
    busy = exists().where(
        _OTHER.channel_id == Delivery.channel_id, _OTHER.state == DeliveryState.SENDING
    )
    return ~busy.correlate(Delivery)


def _sendable(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(
        not_all_stopped(),
        Delivery.state == DeliveryState.QUEUED,
        Delivery.due_at <= now,
        Delivery.not_after > now,
        Delivery.withdraw_wanted_at.is_(None),
        or_(Delivery.kind == DeliveryKind.PUBLISH, and_(_has_target(), ~is_replaced())),
        or_(Delivery.part == 1, Delivery.kind == DeliveryKind.CORRECT, _follows()),
        not_held_back(),
        _allowed(now),
        _channel_is_well(now),
    )


#: The channels with something to send at `now`, where nothing is being sent, and their networks.
CHANNELS_DUE = (
    select(Delivery.channel_id, Channel.network)
    .join(Channel, Channel.id == Delivery.channel_id)
    .where(_sendable(_NOW), _channel_is_free())
    .distinct()
)
#: Those of `channel_ids` on which no other publisher claims at this moment, their networks, and
#: whether sending on them failed last. It holds them, so that no two ever claim on one channel.
FREE_CHANNELS = (
    select(
        Channel.id,
        Channel.network,
        exists()
        .where(Condition.channel_id == Channel.id, Condition.failures > 0)
        .correlate(Channel)
        .label("is_failing"),
    )
    .where(Channel.id.in_(bindparam("channel_ids", expanding=True)))
    .with_for_update(of=Channel, skip_locked=True, key_share=True)
)
_CLAIMING = aliased(Channel)
_BY_AGE = (Delivery.due_at, Delivery.created_at, Delivery.part, Delivery.id)


def _first_of_each(
    *order: ColumnElement[Any] | InstrumentedAttribute[Any],
) -> Select[int, uuid.UUID]:
    """Ask for the first in this order of what could be sent at `now` on each of `channel_ids`.

    A question of its own for each channel: however many wait there, an index gives the first.
    """
    first = (
        select(Delivery.id)
        .where(Delivery.channel_id == _CLAIMING.id, _sendable(_NOW), _channel_is_free())
        .order_by(*order)
        .limit(1)
        .correlate(_CLAIMING)
        .scalar_subquery()
    )
    return select(_CLAIMING.id.label("channel_id"), first.label("delivery_id")).where(
        _CLAIMING.id.in_(bindparam("channel_ids", expanding=True))
    )


OLDEST_OF_EACH = _first_of_each(*_BY_AGE)
#: On channels that fail: one that the network chokes on must not be the only one that tries whether
#: it is well again.
LEAST_TRIED_OF_EACH = _first_of_each(Delivery.attempt, *_BY_AGE)
