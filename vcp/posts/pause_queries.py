"""Reading pauses: what they cover, and what stops a post or one of its deliveries now."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from vcp.areas.queries import prefixes
from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.kernel.errors import NotFound, NotShown
from vcp.kernel.pages import Page, paginate
from vcp.kernel.permissions import Permission, Person, allowed_paths
from vcp.networks.registry import NETWORKS
from vcp.posts import in_force, timing
from vcp.posts.models import Delivery, Post
from vcp.posts.pause_models import HeldBack, Pause, PauseScope, Stops
from vcp.posts.states import DeliveryState, PostState

NO_SUCH = "There is no such pause in your areas."
#: States in which a delivery has not left and may still.
UNSENT = (DeliveryState.QUEUED, DeliveryState.RETRY_WAIT, DeliveryState.BLOCKED_AUTH)
_NOT_OUT = (PostState.SUBMITTED, PostState.HELD, PostState.APPROVED, PostState.SCHEDULED)
#: A pause in force that stops everything.
_IS_FULL_STOP = (
    Pause.lifted_at.is_(None),
    Pause.scope == PauseScope.EVERYTHING,
    Pause.stops == Stops.ALL,
)


def covers() -> ColumnElement[bool]:
    """Return the condition that a `Pause` covers a `Delivery` of a `Post` on a `Channel`."""
    where = or_(
        Pause.scope == PauseScope.EVERYTHING,
        Pause.persona_id == Post.persona_id,
        Pause.channel_id == Delivery.channel_id,
        Pause.network == Channel.network,
        and_(Pause.scope == PauseScope.AREA, Post.area_path.startswith(Pause.area_path)),
    )
    what = or_(
        Pause.stops == Stops.ALL,
        and_(Pause.stops == Stops.POSTS, Post.answers_id.is_(None)),
        and_(Pause.stops == Stops.ANSWERS, Post.answers_id.is_not(None)),
    )
    return and_(where, what)


def not_paused() -> ColumnElement[bool]:
    """Return the condition that no pause in force covers a delivery, its post and channel known.

    Whether there is any pause is asked first, and once for all deliveries: mostly there is none.
    """
    in_force_now = Pause.lifted_at.is_(None)
    found = exists().where(in_force_now, covers()).correlate(Delivery, Post, Channel)
    return or_(~exists().where(in_force_now), ~found)


def not_all_stopped() -> ColumnElement[bool]:
    """Return the condition that not everything is stopped: asked first, it spares the rest."""
    return ~exists().where(*_IS_FULL_STOP)


def full_stops(person: Person) -> Select[int]:
    """Return the question how many pauses stop everything: whoever it is, they are told."""
    del person
    return select(func.count()).select_from(Pause).where(*_IS_FULL_STOP)


def not_held_back() -> ColumnElement[bool]:
    """Return the condition that a delivery isn't one that became due while stopped and waits."""
    return Delivery.id.not_in(select(HeldBack.delivery_id).where(HeldBack.ended_at.is_(None)))


def named(pause: Pause) -> str:
    """Return what is paused, as people call it."""
    if pause.scope is PauseScope.EVERYTHING:
        return "everything"
    if pause.area is not None:
        return pause.area.name
    if pause.persona is not None:
        return pause.persona.display_name
    if pause.channel is not None:
        return pause.channel.name
    return f"everything on {NETWORKS.get(pause.network or '', pause.network)}"


def sentence(pause: Pause) -> str:
    """Say what stops it: the pause, its reason, who set it and when."""
    by = pause.set_by.display_name if pause.set_by else "the posting budget"
    at = timing.spoken(pause.set_at, in_force.zone())
    return f"Stopped by the pause of {named(pause)}, set by {by} on {at}: {pause.reason}"


class Stopping:
    """The pauses in force, asked once for a page, and what each of its posts is stopped by."""

    def __init__(self, pauses: Sequence[Pause], held: Iterable[HeldBack]) -> None:
        """Take the pauses in force, and what waits for a person to let it go."""
        self.pauses = pauses
        self.held = {row.delivery_id: row for row in held}

    def delivery(self, delivery: Delivery, post: Post) -> str | None:
        """Say what stops this delivery of the post; None when it may go, or has ended."""
        if delivery.state not in UNSENT:
            return None
        return self._pause(post, delivery.channel) or self._held(delivery.id)

    def post(self, post: Post) -> str | None:
        """Say what stops this post, or a part of it; None when nothing does, or it is out."""
        found = (self.delivery(delivery, post) for delivery in post.deliveries)
        stopped = next((why for why in found if why), None)
        if stopped is None and post.state in _NOT_OUT and not post.deliveries:
            return self._pause(post, None)
        return stopped

    def _pause(self, post: Post, channel: Channel | None) -> str | None:
        return next((sentence(p) for p in self.pauses if _covers(p, post, channel)), None)

    def _held(self, delivery_id: uuid.UUID) -> str | None:
        row = self.held.get(delivery_id)
        if row is None:
            return None
        return (
            f"It became due while {named(row.pause)} was paused, so it waits until a person lets "
            "it go, gives it a new time or cancels it."
        )


def _covers(pause: Pause, post: Post, channel: Channel | None) -> bool:
    if pause.stops is not Stops.ALL and (pause.stops is Stops.POSTS) != (post.answers_id is None):
        return False
    if pause.scope is PauseScope.AREA:
        return post.area_path.startswith(pause.area_path)
    if pause.scope is PauseScope.PERSONA:
        return pause.persona_id == post.persona_id
    if pause.scope is PauseScope.EVERYTHING:
        return True
    if channel is None:
        return False
    return channel.id == pause.channel_id or channel.network == pause.network


def stopping(session: Session, deliveries: Iterable[Delivery]) -> Stopping:
    """Return what stops these deliveries and their posts: two queries, however many there are."""
    waiting = [delivery.id for delivery in deliveries if delivery.state in UNSENT]
    held = HeldBack.delivery_id.in_(waiting)
    return Stopping(everywhere(session), _open(session, held) if waiting else ())


def stopping_all(session: Session) -> Stopping:
    """Return what stops any delivery that there is."""
    return Stopping(everywhere(session), _open(session))


def everywhere(session: Session) -> Sequence[Pause]:
    """Return all pauses in force, the widest first."""
    rows = session.scalars(
        select(Pause).where(Pause.lifted_at.is_(None)).options(*_names()).order_by(Pause.set_at)
    ).all()
    widest = list(PauseScope)
    return sorted(rows, key=lambda pause: widest.index(pause.scope))


def _open(session: Session, *where: ColumnElement[bool]) -> Sequence[HeldBack]:
    return session.scalars(
        select(HeldBack)
        .where(HeldBack.ended_at.is_(None), *where)
        .options(joinedload(HeldBack.pause).options(*_names()))
    ).all()


def seen_by(session: Session, person: Person) -> list[Pause]:
    """Return the pauses in force that touch this person's areas."""
    return [pause for pause in everywhere(session) if _touches(pause, person)]


def past(session: Session, person: Person, number: int) -> Page[Pause]:
    """Return one page of the lifted pauses that touched this person's areas, the latest first."""
    paths = allowed_paths(person, Permission.SEE_PAUSES)
    above = {prefix for path in paths for prefix in prefixes(path)}
    rows = (
        select(Pause)
        .where(
            Pause.lifted_at.is_not(None),
            or_(
                Pause.area_path.in_(above),
                *(Pause.area_path.startswith(path, autoescape=True) for path in paths),
            ),
        )
        .order_by(Pause.lifted_at.desc(), Pause.id.desc())
        .options(*_names())
    )
    return paginate(session, rows, number)


def one(session: Session, person: Person, pause_id: int) -> Pause:
    """Return a pause that this person may know of.

    Raises: NotFound; NotShown, which says the same, when it is of areas that aren't theirs.
    """
    pause = session.get(Pause, pause_id)
    if pause is None:
        raise NotFound(NO_SUCH)
    if not _touches(pause, person):
        raise NotShown(NO_SUCH, attempted="see", subject_kind="pause", subject_id=pause_id)
    return pause


def _touches(pause: Pause, person: Person) -> bool:
    paths = allowed_paths(person, Permission.SEE_PAUSES)
    return any(p.startswith(pause.area_path) or pause.area_path.startswith(p) for p in paths)


def as_json(pause: Pause) -> dict[str, object]:
    """Return one pause as plain JSON values, as docs/operating.md says."""
    people = (("set_by", pause.set_by), ("proposed_by", pause.proposed_by))
    return {
        "id": pause.id,
        "scope": pause.scope.value,
        "what": named(pause),
        "stops": pause.stops.value,
        "area_path": pause.area_path,
        "state": pause.state.value,
        "reason": pause.reason,
        "is_breaker": pause.is_breaker,
        "takes_two": pause.takes_two,
        **{name: person.email if person else None for name, person in people},
        "set_at": pause.set_at.isoformat(),
        "lifted_by": pause.lifted_by.email if pause.lifted_by else None,
        "lifted_at": pause.lifted_at.isoformat() if pause.lifted_at else None,
        "lift_reason": pause.lift_reason,
    }


def every(session: Session) -> Sequence[Pause]:
    """Return all pauses, those in force first, then the latest lifted."""
    rows = select(Pause).options(*_names())
    return session.scalars(
        rows.order_by(Pause.lifted_at.is_not(None), Pause.lifted_at.desc(), Pause.id)
    ).all()


def now_due(pause: Pause) -> ColumnElement[bool]:
    """Return the condition that lifting this pause would let a delivery go by itself at once."""
    may_still = (*UNSENT, DeliveryState.SENDING, DeliveryState.OUTCOME_UNKNOWN)
    return and_(
        Pause.id == pause.id,
        covers(),
        Delivery.state.in_(may_still),
        Delivery.due_at <= clock.now(),
        Delivery.withdraw_wanted_at.is_(None),
        not_held_back(),
    )


def _names() -> list[Any]:
    """Load what a sentence about a pause names, and nothing that hangs on it."""
    return [
        joinedload(related).lazyload("*")
        for related in (
            *(Pause.area, Pause.persona, Pause.channel),
            *(Pause.set_by, Pause.proposed_by, Pause.lifted_by),
        )
    ]
