"""Freezing what was approved into deliveries: the bytes, their hash, the keys, the last moment.

Everything that a send needs is fixed here, in the transaction of the approval; nothing that is
edited later can change what leaves.
"""

import hashlib
import itertools
import json
import secrets
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import rfc8785
from sqlalchemy.orm import Session

from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.kernel.context import Actor
from vcp.kernel.media import media_path
from vcp.kernel.settings import Settings
from vcp.networks.base import Ballot, Outgoing, Replies, Visibility
from vcp.networks.media import MediaItem
from vcp.posts.addressing import OWN, said_on, visibility_of
from vcp.posts.carding import frozen_card, outgoing_card
from vcp.posts.following import LATER_PARTS
from vcp.posts.models import Delivery, DeliveryKind, Post, Revision
from vcp.posts.revisions import must_be_whole
from vcp.posts.states import DELIVERY
from vcp.posts.suiting import captions_of, suited_image
from vcp.posts.wording import sent_to
from vcp.posts.words import Words, words_of

TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
TID_LENGTH = 13
_clock_ids = itertools.count(secrets.randbelow(1 << 10))


def queue_deliveries(
    session: Session,
    post: Post,
    revision: Revision,
    *,
    kind: DeliveryKind,
    due_at: datetime,
    not_after: datetime,
    by: Actor,
    instead_of: Revision | None = None,
) -> list[Delivery]:
    """Make one delivery for each part and channel, frozen, in this unit of work.

    A correction is sent only for the parts in which it differs from what it is `instead_of`.
    Raises: Conflict for words that aren't whole, or have a gap that nobody filled.
    """
    must_be_whole(revision)
    new = _sent(revision)
    old = _sent(instead_of) if instead_of else {}
    return [
        _queue(session, post, revision, copy, kind, due_at, not_after, by)
        for copy in new
        if copy[0].network == OWN or new[copy] != old.get(copy)
    ]


def _sent(revision: Revision) -> dict[tuple[Channel, int], Words]:
    """Return what each channel is sent, by channel and part."""
    channels = [target.channel for target in revision.targets]
    words = words_of(revision)
    return {
        (channel, part): said
        for channel in channels
        for part, said in enumerate(sent_to(words, channel, channels), start=1)
    }


def _queue(
    session: Session,
    post: Post,
    revision: Revision,
    copy: tuple[Channel, int],
    kind: DeliveryKind,
    due_at: datetime,
    not_after: datetime,
    by: Actor,
) -> Delivery:
    now = clock.now()
    channel, part = copy
    payload = rfc8785.dumps(frozen(post, revision, channel, due_at, part)).decode()
    is_later = part > 1 and kind is DeliveryKind.PUBLISH
    delivery = Delivery(
        post=post,
        revision=revision,
        channel=channel,
        kind=kind,
        part=part,
        created_at=now,
        due_at=due_at,
        not_after=not_after + LATER_PARTS if is_later else not_after,
        payload=payload,
        payload_sha256=digest(payload),
        # One for each part, in their order.
        record_key=record_key(now + timedelta(microseconds=part - 1)),
    )
    DELIVERY.started(session, delivery, by=by, sha256=delivery.payload_sha256)
    return delivery


def frozen(
    post: Post, revision: Revision, channel: Channel, at: datetime, part: int = 1
) -> dict[str, Any]:
    """Return what will be sent to this channel, as plain JSON values.

    What a later part of a thread answers isn't known yet: `following` tells, when it is claimed.
    """
    said = _sent(revision)[channel, part]
    options = said.options
    visibility = visibility_of(post.answers) if post.answers else Visibility(options.visibility)
    made = {
        "reference": post.public_id,
        "part": part,
        "text": said_on(post.persona, channel, said.text, post.answers),
        "language": said.language,
        "content_warning": said.content_warning or None,
        "visibility": visibility.value,
        "in_reply_to": post.answers.remote_id if post.answers and part == 1 else None,
        # A reader sorts by it.
        "created_at": (at + timedelta(milliseconds=part - 1)).isoformat(),
        "poll": asdict(Ballot(said.poll.choices, said.poll.minutes)) if said.poll else None,
        "covers_images": options.covers_images,
        "replies": options.replies if part == 1 else Replies.EVERYONE.value,
        "media": [suited_image(channel, image) | captions_of(said, image) for image in said.images],
    }
    card = frozen_card(channel, said)
    return made if card is None else {**made, "card": card}


def outgoing(delivery: Delivery, settings: Settings, reply_to: str | None = None) -> Outgoing:
    """Return the frozen payload as a network adapter takes it.

    `reply_to` is where a later part of a thread goes, the post at the network before it. Raises:
    ValueError when the stored bytes are not those that were approved, or that isn't known.
    """
    if delivery.part > 1 and reply_to is None:
        message = f"the part before part {delivery.part} isn't at the network"
        raise ValueError(message)
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
    poll = said.get("poll")
    return Outgoing(
        reference=said["reference"],
        text=said["text"],
        language=said["language"],
        content_warning=said["content_warning"],
        visibility=Visibility(said["visibility"]),
        in_reply_to=reply_to or said.get("in_reply_to"),
        media=media,
        created_at=datetime.fromisoformat(said["created_at"]),
        record_key=delivery.record_key,
        poll=poll and Ballot(tuple(poll["choices"]), poll["minutes"]),
        covers_images=said.get("covers_images", False),
        replies=Replies(said.get("replies", Replies.EVERYONE)),
        card=outgoing_card(said.get("card")),
    )


def digest(payload: str) -> str:
    """Return the SHA-256 of the frozen bytes, in hexadecimal."""
    return hashlib.sha256(payload.encode()).hexdigest()


def record_key(moment: datetime) -> str:
    """Return a TID: microseconds since 1970 and a clock id, in sortable base 32.

    The clock id differs between the keys of one process, also of one moment, and begins at chance.
    Source: the AT Protocol's record key specification.
    """
    micros = (moment - datetime.fromtimestamp(0, tz=moment.tzinfo)) // timedelta(microseconds=1)
    number = (micros << 10) | (next(_clock_ids) % (1 << 10))
    digits = [TID_ALPHABET[(number >> (5 * place)) & 31] for place in range(TID_LENGTH)]
    return "".join(reversed(digits))
