"""Settling what the network didn't tell, by the word of a person who has looked there."""

import uuid

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, check
from vcp.networks.addresses import remote_id_at
from vcp.networks.registry import NETWORKS
from vcp.posts import answering, holding_back
from vcp.posts.claiming import start_posts
from vcp.posts.delivery_queries import one
from vcp.posts.events import PostChanged
from vcp.posts.models import Delivery, Post
from vcp.posts.states import DELIVERY


def say_published(session: Session, delivery_id: uuid.UUID, url: str, *, by: Person) -> Delivery:
    """Record a person's word that it is there, with the address where they saw it.

    Raises: Invalid without the address of a post; Conflict when nobody is asked any more.
    """
    delivery = _asked(session, delivery_id, by)
    channel = delivery.channel
    remote_id = remote_id_at(url, channel.network, channel.account_id)
    if remote_id is None:
        raise Invalid(
            f"This isn't the address of a post on {NETWORKS[channel.network]}. Open the post "
            "itself there, and copy the address of that page.",
            "url",
        )
    delivery.remote_url, delivery.remote_id = url.strip(), remote_id
    delivery.published_at, delivery.problem = clock.now(), None
    delivery.next_at = clock.now() if delivery.withdraw_wanted_at else None
    try:
        with session.begin_nested():
            DELIVERY.apply(session, delivery, "say_published", by=by, url=url)
    except IntegrityError as error:
        raise Conflict("That address already belongs to another post of this channel.") from error
    # After a database was put back, one may be asked about whose post hasn't begun to leave here.
    start_posts(session, [delivery])
    answering.note_published(session, delivery)
    raise_event(session, PostChanged(delivery.post_id))
    return delivery


def send_again(session: Session, delivery_id: uuid.UUID, *, by: Person) -> Delivery:
    """Queue it once more on a person's word that it is not there.

    Raises: Conflict when it must come down, is too late, or nobody is asked any more.
    """
    delivery = _asked(session, delivery_id, by)
    if delivery.withdraw_wanted_at is not None:
        raise Conflict("This post was withdrawn, so it must not be sent again.")
    if delivery.not_after <= clock.now():
        raise Conflict("Its last moment has passed. Write a new post if it is still needed.")
    delivery.problem = delivery.next_at = None
    holding_back.end_for_person(session, delivery, by=by)
    DELIVERY.apply(session, delivery, "send_again", by=by)
    return delivery


def give_up(session: Session, delivery_id: uuid.UUID, reason: str, *, by: Person) -> Delivery:
    """End it unsent on a person's word, with a reason.

    What was withdrawn is looked for all the same. Raises: Invalid without a reason; Conflict when
    a server still shows it, or nobody is asked any more.
    """
    delivery = _asked(session, delivery_id, by)
    if not reason:
        raise Invalid("Say why it should not be sent again.", "reason")
    if delivery.remote_id is not None:
        raise Conflict("It was sent, and its server still shows it. Remove it there.")
    delivery.problem = f"Given up: {reason}"
    if delivery.withdraw_wanted_at is None:
        delivery.next_at = None
    DELIVERY.apply(session, delivery, "give_up", by=by, reason=reason)
    raise_event(session, PostChanged(delivery.post_id))
    return delivery


def _asked(session: Session, delivery_id: uuid.UUID, by: Person) -> Delivery:
    delivery = one(session, by, delivery_id)
    post: Post = delivery.post
    check(
        by,
        Permission.SETTLE_DELIVERIES,
        post.area_path,
        subject_kind="delivery",
        subject_id=delivery.id,
    )
    return delivery
