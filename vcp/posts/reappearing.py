"""Looking out for what must not be seen: a withdrawn post that a network may still show late.

The outcome of its send was never known, or it was cancelled or given up after a try. The network
is read until some time has passed; what appears is taken down at once.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.kernel.settings import Settings
from vcp.networks.base import NetworkError, Receipt
from vcp.networks.registry import READ_AT_S
from vcp.posts.claiming import LEASE_S, PUBLISHER, took_turn
from vcp.posts.models import Delivery, DeliveryKind
from vcp.posts.publishing import settle_as_published
from vcp.posts.settling import Reading, reading_of
from vcp.posts.states import DELIVERY, DeliveryState
from vcp.posts.stopping import ASK_AFTER_S

#: How long after the withdrawal a late copy is looked for.
WATCH_FOR_S = 15 * 60
#: Seconds between two looks in the first minute, and after it.
OFTEN_S, SELDOM_S = 5, 30
#: The same where each reading costs money.
DEAR_OFTEN_S, DEAR_SELDOM_S = 15, 120
FIRST_MINUTE_S = 60
BATCH = 100
#: States in which nothing of it is known to be out.
WATCHED = (
    DeliveryState.NEEDS_PERSON,
    DeliveryState.CANCELLED,
    DeliveryState.EXPIRED,
    DeliveryState.FAILED,
)


def take_watches(session: Session, settings: Settings) -> list[Reading]:
    """Take the withdrawn deliveries that are looked for now; another process then leaves them."""
    now = clock.now()
    rows = session.scalars(
        select(Delivery)
        .where(
            Delivery.kind == DeliveryKind.PUBLISH,
            Delivery.withdraw_wanted_at.is_not(None),
            Delivery.remote_id.is_(None),
            Delivery.attempt > 0,
            Delivery.state.in_(WATCHED),
            Delivery.next_at <= now,
        )
        .limit(BATCH)
    ).all()
    taken = []
    for delivery in rows:
        if took_turn(session, delivery, now):
            session.refresh(delivery)
            try:
                taken.append(reading_of(session, delivery, settings))
            except ValueError:
                # What it sent can't be told any more; a person was asked, and others are read.
                delivery.next_at = None
    return taken


def record_watch(session: Session, reading: Reading, found: Receipt | NetworkError | None) -> None:
    """Have what appeared taken down, or say when to look again."""
    delivery = session.get_one(Delivery, reading.delivery_id)
    if delivery.state not in WATCHED or delivery.withdraw_wanted_at is None or delivery.remote_id:
        return
    if isinstance(found, Receipt):
        is_asked = delivery.state is DeliveryState.NEEDS_PERSON
        try:
            with session.begin_nested():
                verb = "say_published" if is_asked else "appear"
                settle_as_published(session, delivery, found, verb)
        except IntegrityError:
            # Another delivery with the same words took that copy meanwhile: look again.
            session.refresh(delivery)
            delivery.next_at = clock.now()
        return
    delivery.next_at = _next_look(delivery)


def ask_about_unread(session: Session) -> int:
    """Ask a person where a withdrawn post may be out and its network couldn't be read since."""
    now = clock.now()
    rows = session.scalars(
        select(Delivery)
        .where(
            Delivery.kind == DeliveryKind.PUBLISH,
            Delivery.state == DeliveryState.OUTCOME_UNKNOWN,
            Delivery.withdraw_wanted_at <= now - timedelta(seconds=ASK_AFTER_S),
            Delivery.reads == 0,
        )
        .limit(BATCH)
    ).all()
    for delivery in rows:
        why = "It was withdrawn. Whether it is out is unknown, and the network couldn't be read."
        delivery.problem = f"{why} Please look there."
        delivery.next_at = now
        DELIVERY.apply(session, delivery, "ask", by=PUBLISHER, detail=why)
    return len(rows)


def hurry(session: Session) -> None:
    """Read at once what became unknown while it is to be withdrawn, also where reading is dear."""
    now = clock.now()
    session.execute(
        update(Delivery)
        .where(
            Delivery.state == DeliveryState.OUTCOME_UNKNOWN,
            Delivery.withdraw_wanted_at.is_not(None),
            Delivery.reads == 0,
            Delivery.next_at > now + timedelta(seconds=LEASE_S + OFTEN_S),
        )
        .values(next_at=now)
        .execution_options(synchronize_session=False)
    )


def _next_look(delivery: Delivery) -> datetime | None:
    now = clock.now()
    watched_s = (now - (delivery.withdraw_wanted_at or now)).total_seconds()
    if watched_s > WATCH_FOR_S:
        return None
    is_dear = delivery.channel.network in READ_AT_S
    often_s, seldom_s = (DEAR_OFTEN_S, DEAR_SELDOM_S) if is_dear else (OFTEN_S, SELDOM_S)
    return now + timedelta(seconds=often_s if watched_s < FIRST_MINUTE_S else seldom_s)
