"""Reading deliveries: for their pages and for `vcp deliveries`."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, lazyload, selectinload

from vcp.channels import standing
from vcp.kernel import clock
from vcp.kernel.errors import NotFound, NotShown
from vcp.kernel.pages import Page, paginate
from vcp.kernel.permissions import Permission, Person, allowed_paths
from vcp.kernel.settings import Settings
from vcp.posts import pause_queries
from vcp.posts.gap_models import GapCheck, LedgerGap
from vcp.posts.models import Attempt, Delivery, DeliveryKind, Post
from vcp.posts.states import DeliveryState

EXPORT_BATCH = 500
NO_SUCH = "There is no such delivery in your areas."
WAITING = (DeliveryState.QUEUED, DeliveryState.RETRY_WAIT)
TROUBLED = (
    DeliveryState.NEEDS_PERSON,
    DeliveryState.OUTCOME_UNKNOWN,
    DeliveryState.BLOCKED_AUTH,
    DeliveryState.FAILED,
    DeliveryState.RETRY_WAIT,
)


def visible(person: Person, permission: Permission) -> Select[Delivery]:
    """Return the deliveries of the areas for which the person has this permission."""
    paths = allowed_paths(person, permission)
    return (
        select(Delivery)
        .join(Post, Post.id == Delivery.post_id)
        .where(or_(False, *(Post.area_path.startswith(path) for path in paths)))
    )


def listed(session: Session, person: Person, *, state: str, number: int) -> Page[Delivery]:
    """Return one page of deliveries; without a state, those in trouble. Those asking come first."""
    rows = visible(person, Permission.SEE_DELIVERIES).options(
        selectinload(Delivery.post), selectinload(Delivery.revision)
    )
    known = {known.value: known for known in DeliveryState}
    wanted = [known[state]] if state in known else list(TROUBLED)
    rows = rows.where(Delivery.state.in_(wanted))
    asking_first = Delivery.state != DeliveryState.NEEDS_PERSON
    return paginate(session, rows.order_by(asking_first, Delivery.state_changed_at), number)


def counts(session: Session, person: Person) -> dict[str, int]:
    """Return how many deliveries are in each state."""
    inner = visible(person, Permission.SEE_DELIVERIES).subquery()
    rows = session.execute(select(inner.c.state, func.count()).group_by(inner.c.state))
    return {str(state.value): count for state, count in rows}


def asking(person: Person) -> Select[int]:
    """Return the question how many deliveries wait for this person's word, for the menu."""
    rows = visible(person, Permission.SETTLE_DELIVERIES)
    rows = rows.where(Delivery.state == DeliveryState.NEEDS_PERSON)
    return rows.with_only_columns(func.count())


def one(session: Session, person: Person, delivery_id: uuid.UUID) -> Delivery:
    """Return one delivery with its attempts.

    Raises: NotFound; NotShown, which says the same, when it belongs to an area that isn't theirs.
    """
    found = session.scalars(
        visible(person, Permission.SEE_DELIVERIES)
        .where(Delivery.id == delivery_id)
        .options(selectinload(Delivery.attempts))
    ).one_or_none()
    if found is None and session.get(Delivery, delivery_id) is not None:
        raise NotShown(NO_SUCH, attempted="see", subject_kind="delivery", subject_id=delivery_id)
    if found is None:
        raise NotFound(NO_SUCH)
    return found


def waits(session: Session, delivery: Delivery, settings: Settings) -> list[str]:
    """Return why it doesn't leave now, where its channel is the reason."""
    if delivery.state not in WAITING:
        return []
    found = [wait.why for wait in standing.of(session, delivery.channel, settings).waits]
    if unread_on(session, delivery.channel_id):
        found.append(
            "The database was put back from a backup. What may have been sent before is looked "
            "for first."
        )
    return found


def unread_on(session: Session, channel_id: int) -> int:
    """Return how many deliveries of the channel are looked for before anything is sent there."""
    rows = select(func.count()).where(
        GapCheck.channel_id == channel_id, GapCheck.checked_at.is_(None)
    )
    return session.scalar(rows) or 0


@dataclass(frozen=True)
class ReadFirst:
    """What is looked for on a channel before anything is sent there, after a database came back."""

    #: Nothing is known of what was sent after this.
    since: datetime
    posts: int
    #: When the account is read again; None: now.
    again_at: datetime | None


def read_first(session: Session, channel_id: int) -> ReadFirst | None:
    """Return what is looked for on the channel; None when nothing keeps it from sending."""
    asked = (
        select(
            func.min(LedgerGap.since),
            func.count(Delivery.post_id.distinct()),
            func.min(GapCheck.next_at),
        )
        .select_from(GapCheck)
        .join(LedgerGap, LedgerGap.id == GapCheck.gap_id)
        .join(Delivery, Delivery.id == GapCheck.delivery_id)
        .where(GapCheck.channel_id == channel_id, GapCheck.checked_at.is_(None))
    )
    since, posts, next_at = session.execute(asked).one()
    if not posts:
        return None
    return ReadFirst(since, posts, next_at if next_at > clock.now() else None)


def export(session: Session) -> Iterator[dict[str, Any]]:
    """Give every delivery as documented in docs/operating.md, oldest first."""
    attempts = select(func.count()).where(Attempt.delivery_id == Delivery.id).scalar_subquery()
    rows = (
        select(Delivery, Post, attempts)
        .join(Post, Post.id == Delivery.post_id)
        .order_by(Delivery.created_at, Delivery.id)
        .options(lazyload(Post.persona), lazyload(Post.author), lazyload(Post.revision))
    )
    stopping = pause_queries.stopping_all(session)
    for delivery, post, tried in session.execute(rows.execution_options(yield_per=EXPORT_BATCH)):
        yield as_json(delivery, post.public_id, tried) | {
            "stopped_by": stopping.delivery(delivery, post)
        }


def as_json(delivery: Delivery, public_id: str, tried: int) -> dict[str, Any]:
    """Return one delivery as plain JSON values."""
    moments = {
        name: value.isoformat() if value else None
        for name, value in (
            ("due_at", delivery.due_at),
            ("not_after", delivery.not_after),
            ("sent_at", delivery.sent_at),
            ("published_at", delivery.published_at),
            ("state_changed_at", delivery.state_changed_at),
            ("next_at", delivery.next_at),
            ("resent_at", delivery.resent_at),
        )
    }
    return {
        "id": str(delivery.id),
        "post_id": delivery.post_id,
        "post": public_id,
        "channel_id": delivery.channel_id,
        "network": delivery.channel.network,
        "kind": delivery.kind.value,
        "part": delivery.part,
        "state": delivery.state.value,
        "attempts": tried,
        "payload_sha256": delivery.payload_sha256,
        "remote_id": delivery.remote_id,
        "remote_url": delivery.remote_url,
        "problem": delivery.problem,
        "withdraw_wanted": delivery.withdraw_wanted_at is not None,
        **moments,
    }


def copies(session: Session, post: Post) -> Sequence[Delivery]:
    """Return where a post went, one delivery a channel."""
    return session.scalars(
        select(Delivery)
        .where(Delivery.post_id == post.id, Delivery.kind == DeliveryKind.PUBLISH)
        .order_by(Delivery.created_at, Delivery.channel_id, Delivery.part)
    ).all()
