"""One copy at a network, and two deliveries with the same words there: whose is it?

Reading finds words, so it can take a copy for the wrong one of the two. What the network answers to
a delivery's own request is proof: the other gives the copy back, and is looked for anew.
"""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from vcp.kernel import clock
from vcp.kernel.events import raise_event
from vcp.networks.base import Receipt
from vcp.posts.claiming import PUBLISHER
from vcp.posts.events import PostChanged
from vcp.posts.models import Attempt, Delivery, DeliveryKind
from vcp.posts.states import DELIVERY, DeliveryState

MISTAKEN = "What was taken for this post is another one with the same words. It is looked for anew."
#: Outcomes of an attempt whose answer named the copy.
_ANSWERED = ("published", "late")


def is_ours(session: Session, delivery: Delivery, receipt: Receipt) -> bool:
    """Have the copy that the network names free for this delivery; false when it can't be.

    It can't where the other one's claim is as good, or something stands on it by now.
    """
    if delivery.kind is not DeliveryKind.PUBLISH:
        return True
    other = session.scalar(
        select(Delivery)
        .where(
            Delivery.channel_id == delivery.channel_id,
            Delivery.remote_id == receipt.remote_id,
            Delivery.kind == DeliveryKind.PUBLISH,
            Delivery.id != delivery.id,
        )
        .with_for_update(of=Delivery)
    )
    if other is None:
        return True
    if not _can_give_back(session, other):
        return False
    other.remote_id = other.remote_url = other.published_at = None
    other.problem, other.reads, other.next_at = MISTAKEN, 0, clock.now()
    DELIVERY.apply(session, other, "mistake", by=PUBLISHER, was=receipt.remote_id)
    raise_event(session, PostChanged(other.post_id))
    return True


def is_likelier_anothers(session: Session, delivery: Delivery, receipt: Receipt) -> bool:
    """Say whether the copy that reading found was made while another with the same words was sent.

    One write at a time is in flight on a channel, so a copy is likeliest of the one that was sent
    last before it was made. Once that one is settled, this one is looked for again.
    """
    if delivery.kind is not DeliveryKind.PUBLISH or delivery.sent_at is None:
        return False
    sent_before = Delivery.sent_at <= receipt.at
    if delivery.sent_at <= receipt.at:
        sent_before &= Delivery.sent_at > delivery.sent_at
    others = session.scalars(
        select(Delivery).where(
            Delivery.channel_id == delivery.channel_id,
            Delivery.kind == DeliveryKind.PUBLISH,
            Delivery.state.in_((DeliveryState.SENDING, DeliveryState.OUTCOME_UNKNOWN)),
            Delivery.id != delivery.id,
            sent_before,
        )
    )
    return any(other.text == delivery.text for other in others)


def _can_give_back(session: Session, other: Delivery) -> bool:
    if other.state is not DeliveryState.PUBLISHED or other.withdraw_wanted_at is not None:
        return False
    is_proven = exists().where(Attempt.delivery_id == other.id, Attempt.outcome.in_(_ANSWERED))
    later = aliased(Delivery)
    is_built_on = exists().where(
        later.post_id == other.post_id,
        later.channel_id == other.channel_id,
        later.remote_id.is_not(None),
        (later.part == other.part + 1) | (later.kind == DeliveryKind.CORRECT),
    )
    return not session.scalar(select(is_proven | is_built_on))
