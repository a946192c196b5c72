"""What became due while a pause stood: a person lets it go, gives it a new time, or cancels it.

Nothing bursts out when a pause is lifted. A delivery that should have left by then waits here; its
last moment still ends it.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, literal, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.errors import Conflict, Invalid, NotFound
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, allowed_paths, check
from vcp.posts import approvals, in_force, pause_queries, timing
from vcp.posts.events import PostChanged
from vcp.posts.models import Delivery, Post
from vcp.posts.pause_models import Decision, HeldBack, Pause
from vcp.posts.states import DELIVERY, POST, DeliveryState, PostState

#: More than one page holds is decided in turns.
MOST_SHOWN = 200
_ENDED = (DeliveryState.CANCELLED, DeliveryState.EXPIRED)


def hold(session: Session, pause: Pause) -> int:
    """Keep back what lifting this pause would let go at once; return how many deliveries."""
    due = (
        select(Delivery.id, literal(pause.id), literal(clock.now(), HeldBack.held_at.type))
        .join(Post, Post.id == Delivery.post_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .join(Pause, pause_queries.now_due(pause))
    )
    done = session.execute(
        insert(HeldBack).from_select(["delivery_id", "pause_id", "held_at"], due)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # CursorResult, typed as Result


def listed(session: Session, person: Person) -> Sequence[HeldBack]:
    """Return what waits for this person's decision, the longest due first."""
    paths = allowed_paths(person, Permission.SETTLE_DELIVERIES)
    return session.scalars(
        select(HeldBack)
        .join(Delivery, Delivery.id == HeldBack.delivery_id)
        .join(Post, Post.id == Delivery.post_id)
        .where(
            HeldBack.ended_at.is_(None),
            Delivery.state.in_(pause_queries.UNSENT),
            or_(False, *(Post.area_path.startswith(path, autoescape=True) for path in paths)),
        )
        .order_by(Delivery.due_at, HeldBack.id)
        .limit(MOST_SHOWN)
        .options(
            joinedload(HeldBack.pause),
            joinedload(HeldBack.delivery).options(
                joinedload(Delivery.channel).lazyload("*"),
                joinedload(Delivery.revision).lazyload("*"),
                selectinload(Delivery.post).options(
                    joinedload(Post.persona).lazyload("*"), joinedload(Post.author).lazyload("*")
                ),
            ),
        )
    ).all()


def waiting_count(session: Session) -> int:
    """Return how many deliveries of the whole force wait for a decision."""
    rows = (
        select(func.count())
        .select_from(HeldBack)
        .join(Delivery)
        .where(HeldBack.ended_at.is_(None), Delivery.state.in_(pause_queries.UNSENT))
    )
    return session.scalar(rows) or 0


def let_go(session: Session, delivery_ids: Sequence[uuid.UUID], *, by: Person) -> int:
    """Let these leave now.

    Raises: NotFound; NotAllowed without the role for each; Conflict when a pause stops one still.
    """
    rows = _chosen(session, delivery_ids, by)
    for row in rows:
        _end(session, row, Decision.LET_GO, by=by)
    return len(rows)


def give_time(
    session: Session,
    delivery_ids: Sequence[uuid.UUID],
    wanted_local: str,
    *,
    by: Person,
    fold: int | None = None,
) -> int:
    """Let these leave at another time, in the words that were approved.

    Raises: NotFound; NotAllowed; Conflict as `let_go`; Invalid for a time that can't be used, or
    that is after the last moment of one.
    """
    at = timing.moment_of(wanted_local, in_force.zone(), fold=fold)
    timing.check_ahead(at, clock.now())
    rows = _chosen(session, delivery_ids, by)
    for row in rows:
        delivery = row.delivery
        if delivery.not_after <= at:
            last = timing.spoken(delivery.not_after, in_force.zone())
            raise Invalid(
                f"One of them must not go out after {last}. Choose an earlier time.",
                "wanted_local",
            )
        delivery.due_at = at
        if delivery.post.state is PostState.SCHEDULED:
            delivery.post.wanted_at, delivery.post.wanted_local = at, wanted_local
        _end(session, row, Decision.NEW_TIME, by=by, due_at=at.isoformat())
    return len(rows)


def cancel(session: Session, delivery_ids: Sequence[uuid.UUID], *, by: Person) -> int:
    """End these unsent; a post of which nothing is left is cancelled with them.

    Raises: NotFound; NotAllowed without the role for each.
    """
    rows = _chosen(session, delivery_ids, by, is_leaving=False)
    for row in rows:
        delivery, now = row.delivery, clock.now()
        delivery.next_at = None
        if delivery.attempt:
            # An earlier try may show up late: it is watched for, and taken down.
            delivery.withdraw_wanted_at = delivery.next_at = now
        delivery.problem = "It became due while publishing was stopped, and was cancelled."
        DELIVERY.apply(session, delivery, "cancel", by=by)
        _end(session, row, Decision.CANCELLED, by=by)
        _cancel_rest(session, delivery.post, by=by)
        raise_event(session, PostChanged(delivery.post_id))
    return len(rows)


def end_for_person(session: Session, delivery: Delivery, *, by: Person) -> None:
    """Note that a person had it sent by another way: it needs no second word."""
    row = _open(session, [delivery.id])
    if row:
        _end(session, row[0], Decision.LET_GO, by=by)


def _cancel_rest(session: Session, post: Post, *, by: Person) -> None:
    session.expire(post, ["deliveries"])
    if post.state is PostState.SCHEDULED and all(d.state in _ENDED for d in post.deliveries):
        approvals.void(session, post.id)
        POST.apply(session, post, "cancel", by=by, reason="stopped by a pause")


def _chosen(
    session: Session, delivery_ids: Sequence[uuid.UUID], by: Person, *, is_leaving: bool = True
) -> Sequence[HeldBack]:
    if not delivery_ids:
        raise Invalid("Choose at least one of them.", "delivery_ids")
    rows = _open(session, delivery_ids)
    if len(rows) != len(set(delivery_ids)):
        raise NotFound("One of them doesn't wait any more. Look at the list again.")
    stopping = pause_queries.Stopping(pause_queries.everywhere(session), ())
    for row in rows:
        post = row.delivery.post
        check(
            by,
            Permission.SETTLE_DELIVERIES,
            post.area_path,
            subject_kind="delivery",
            subject_id=row.delivery_id,
        )
        if row.delivery.state not in pause_queries.UNSENT:
            raise Conflict("What became of one of them isn't known yet. Look again in a minute.")
        if is_leaving and (why := stopping.delivery(row.delivery, post)):
            raise Conflict(f"One of them can't go yet. {why}")
    return rows


def _open(session: Session, delivery_ids: Sequence[uuid.UUID]) -> Sequence[HeldBack]:
    return session.scalars(
        select(HeldBack)
        .where(HeldBack.delivery_id.in_(delivery_ids), HeldBack.ended_at.is_(None))
        .order_by(HeldBack.id)
    ).all()


def _end(session: Session, row: HeldBack, decision: Decision, *, by: Person, **noted: Any) -> None:
    # By a condition: of two who decide at once, one does.
    done = session.execute(
        update(HeldBack)
        .where(HeldBack.id == row.id, HeldBack.ended_at.is_(None))
        .values(ended_at=clock.now(), ended_by_id=by.id, decision=decision)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]  # CursorResult, typed as Result
        raise Conflict("Somebody else decided about one of them first. Look at the list again.")
    noted |= {"delivery": str(row.delivery_id), "pause": row.pause_id}
    record(session, by, decision.value, "held_back", row.id, **noted)
