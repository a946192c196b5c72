"""Freezing what was approved into deliveries: the bytes, their hash, the keys, the last moment.

Everything that a send needs is fixed here, in the transaction of the approval; nothing that is
edited later can change what leaves.
"""

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

import rfc8785
from sqlalchemy.orm import Session

from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.kernel.context import Actor
from vcp.kernel.media import media_path
from vcp.kernel.settings import Settings
from vcp.networks.base import MediaItem, Outgoing, Visibility
from vcp.posts.addressing import said_on, visibility_of
from vcp.posts.carding import frozen_card, outgoing_card
from vcp.posts.models import Delivery, DeliveryKind, Post, Revision
from vcp.posts.revisions import must_be_whole
from vcp.posts.states import DELIVERY
from vcp.posts.suiting import captions_of, suited_image
from vcp.posts.words import words_of

TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
TID_LENGTH = 13


def queue_deliveries(
    session: Session,
    post: Post,
    revision: Revision,
    *,
    kind: DeliveryKind,
    due_at: datetime,
    not_after: datetime,
    by: Actor,
) -> list[Delivery]:
    """Make one delivery for each channel of the revision, frozen, in this unit of work.

    Raises: Conflict for words that aren't whole, or have a gap that nobody filled.
    """
    must_be_whole(revision)
    return [
        _queue(session, post, revision, target.channel, kind, due_at, not_after, by)
        for target in revision.targets
    ]


def _queue(
    session: Session,
    post: Post,
    revision: Revision,
    channel: Channel,
    kind: DeliveryKind,
    due_at: datetime,
    not_after: datetime,
    by: Actor,
) -> Delivery:
    now = clock.now()
    payload = rfc8785.dumps(frozen(post, revision, channel, due_at)).decode()
    delivery = Delivery(
        post=post,
        revision=revision,
        channel=channel,
        kind=kind,
        created_at=now,
        due_at=due_at,
        not_after=not_after,
        payload=payload,
        payload_sha256=digest(payload),
        record_key=record_key(now),
    )
    DELIVERY.started(session, delivery, by=by, sha256=delivery.payload_sha256)
    return delivery


def frozen(post: Post, revision: Revision, channel: Channel, at: datetime) -> dict[str, Any]:
    """Return what will be sent to this channel, as plain JSON values."""
    made = {
        "reference": post.public_id,
        "text": said_on(post.persona, channel, revision.text, post.answers),
        "language": revision.language,
        "content_warning": revision.content_warning or None,
        "visibility": visibility_of(post.answers).value,
        "in_reply_to": post.answers.remote_id if post.answers else None,
        "created_at": at.isoformat(),
        "media": [
            suited_image(channel, image) | captions_of(revision, image) for image in revision.images
        ],
    }
    card = frozen_card(channel, words_of(revision))
    return made if card is None else {**made, "card": card}


def outgoing(delivery: Delivery, settings: Settings) -> Outgoing:
    """Return the frozen payload as a network adapter takes it.

    Raises: ValueError when the stored bytes are not those that were approved.
    """
    if digest(delivery.payload) != delivery.payload_sha256:
        message = f"the payload of delivery {delivery.id} was changed after approval"
        raise ValueError(message)
    said = json.loads(delivery.payload)
    media = tuple(
        MediaItem(
            path=media_path(settings, item["digest"], item["media_type"]),
            digest=item["digest"],
            media_type=item["media_type"],
            alt_text=item["alt_text"],
            width=item["width"],
            height=item["height"],
            captions=item.get("captions", ""),
        )
        for item in said["media"]
    )
    return Outgoing(
        reference=said["reference"],
        text=said["text"],
        language=said["language"],
        content_warning=said["content_warning"],
        visibility=Visibility(said["visibility"]),
        in_reply_to=said.get("in_reply_to"),
        media=media,
        created_at=datetime.fromisoformat(said["created_at"]),
        record_key=delivery.record_key,
        card=outgoing_card(said.get("card")),
    )


def digest(payload: str) -> str:
    """Return the SHA-256 of the frozen bytes, in hexadecimal."""
    return hashlib.sha256(payload.encode()).hexdigest()


def record_key(moment: datetime) -> str:
    """Return a TID: microseconds since 1970 and a random clock id, in sortable base 32.

    Source: the AT Protocol's record key specification.
    """
    micros = (moment - datetime.fromtimestamp(0, tz=moment.tzinfo)) // timedelta(microseconds=1)
    number = (micros << 10) | secrets.randbelow(1 << 10)
    digits = [TID_ALPHABET[(number >> (5 * place)) & 31] for place in range(TID_LENGTH)]
    return "".join(reversed(digits))
