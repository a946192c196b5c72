"""Whether the month's budget has room for a delivery, where a network charges for posts."""

import json
import uuid

from sqlalchemy.orm import Session

from vcp.channels import spending
from vcp.channels.models import Channel
from vcp.kernel.context import Actor
from vcp.kernel.settings import Settings
from vcp.networks.lengths import with_warning
from vcp.networks.registry import METERED
from vcp.posts.freezing import digest
from vcp.posts.models import Attempt, Delivery, DeliveryKind


def may_claim(
    session: Session, channel_id: int, delivery_id: uuid.UUID, settings: Settings, *, by: Actor
) -> bool:
    """Say whether this delivery may be sent for what it costs; if not, its channel stops."""
    channel = session.get_one(Channel, channel_id)
    delivery = session.get_one(Delivery, delivery_id)
    if not _costs(delivery):
        return True
    return spending.may_send(session, channel, _said(delivery), settings, by=by)


def count(session: Session, attempt: Attempt, delivery: Delivery, settings: Settings) -> None:
    """Count what this attempt costs, in the unit that claims it."""
    channel = delivery.channel
    if channel.network in METERED and _costs(delivery):
        spending.count_post(session, channel, _said(delivery), attempt.id, settings)


def _costs(delivery: Delivery) -> bool:
    """Say whether anything is charged for: not where nothing can be sent.

    A network that charges can't correct a post, and what isn't as approved is refused when claimed.
    """
    is_as_approved = digest(delivery.payload) == delivery.payload_sha256
    return delivery.kind is DeliveryKind.PUBLISH and is_as_approved


def _said(delivery: Delivery) -> str:
    said = json.loads(delivery.payload)
    return with_warning(said["text"], said["content_warning"])
