"""Reading what the public may see: released posts that our own feed carries, and who wrote them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload, lazyload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from officer_profiles.models import Capability, CapabilityKind, Persona
from officer_profiles.states import PersonaState
from vcp.areas.models import Area
from vcp.channels.models import Channel
from vcp.channels.states import USABLE, ChannelState
from vcp.contacts.models import Message
from vcp.posts.models import (
    Correction,
    Delivery,
    DeliveryKind,
    Post,
    Revision,
    RevisionImage,
    whole_text,
)
from vcp.posts.states import CorrectionState, DeliveryState, PostState

OWN = "own"
#: A draft was never public; what was once stays, as an archive.
SHOWN_PERSONAS = (PersonaState.VERIFIED, PersonaState.SUSPENDED, PersonaState.ENDED)


def public_posts() -> ColumnElement[bool]:
    """Return the condition that a post is, or was, on our own feed.

    Not the state alone: a post is released by the first claim on any channel, while our own copy
    may still be stopped. An answer to what somebody wrote to us alone is theirs alone.
    """
    carried = (
        select(Delivery.id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(
            Delivery.post_id == Post.id,
            Delivery.kind == DeliveryKind.PUBLISH,
            Delivery.published_at.is_not(None),
            Channel.network == OWN,
        )
    )
    return and_(
        Post.state.in_((PostState.RELEASED, PostState.WITHDRAWN)),
        Post.released_at.is_not(None),
        Post.public_revision_id.is_not(None),
        _is_for_everybody(),
        carried.exists(),
    )


def _is_for_everybody() -> ColumnElement[bool]:
    answered_in_public = select(Message.id).where(
        Message.id == Post.answers_id, Message.visibility.in_(("public", "unlisted"))
    )
    return or_(Post.answers_id.is_(None), answered_in_public.exists())


def by_persona(persona_id: int) -> ColumnElement[bool]:
    """Return the condition that a post is this persona's."""
    return Post.persona_id == persona_id


def within(area_path: str) -> ColumnElement[bool]:
    """Return the condition that a post belongs to the area or one below it."""
    return Post.area_path.startswith(area_path, autoescape=True)


def before(post: Post) -> ColumnElement[bool]:
    """Return the condition that a post was released earlier than this one."""
    return or_(
        Post.released_at < post.released_at,
        and_(Post.released_at == post.released_at, Post.id < post.id),
    )


def post_options() -> Sequence[ORMOption]:
    """Return what to load with posts that are shown, and nothing of how they came about."""
    words = joinedload(Post.public_revision)
    persona = joinedload(Post.persona)
    return (
        words.selectinload(Revision.images),
        words.lazyload(Revision.targets),
        words.lazyload(Revision.written_by),
        persona.lazyload(Persona.members),
        persona.lazyload(Persona.capabilities),
        joinedload(Post.area),
        lazyload(Post.author),
        lazyload(Post.revision),
        selectinload(Post.deliveries),
    )


def latest(session: Session, count: int, *where: ColumnElement[bool]) -> Sequence[Post]:
    """Return the newest public posts, newest first."""
    return session.scalars(
        _posts(*where).order_by(Post.released_at.desc(), Post.id.desc()).limit(count)
    ).all()


def from_oldest(
    session: Session, offset: int, count: int, *where: ColumnElement[bool]
) -> Sequence[Post]:
    """Return public posts from the oldest on."""
    return session.scalars(
        _posts(*where).order_by(Post.released_at, Post.id).offset(offset).limit(count)
    ).all()


def _posts(*where: ColumnElement[bool]) -> Select[Post]:
    return select(Post).where(public_posts(), *where).options(*post_options())


def how_many(session: Session, *where: ColumnElement[bool]) -> int:
    """Return how many public posts there are."""
    return session.scalar(select(func.count()).select_from(Post).where(public_posts(), *where)) or 0


def post(session: Session, *where: ColumnElement[bool]) -> Post | None:
    """Return that public post; None while it isn't public."""
    return session.scalar(_posts(*where))


def posts(session: Session, ids: Iterable[str], *where: ColumnElement[bool]) -> Sequence[Post]:
    """Return those of these posts that are public."""
    return session.scalars(_posts(Post.id.in_([int(one) for one in ids]), *where)).all()


def post_ids(session: Session, *where: ColumnElement[bool]) -> Sequence[int]:
    """Return the ids of public posts."""
    return session.scalars(select(Post.id).where(public_posts(), *where)).all()


def released_at(session: Session, ids: Iterable[str]) -> dict[int, datetime]:
    """Return when each of these posts was released."""
    rows = session.execute(
        select(Post.id, Post.released_at).where(
            Post.id.in_([int(one) for one in ids]), Post.released_at.is_not(None)
        )
    )
    return {post_id: at for post_id, at in rows if at is not None}


def released_post(session: Session, public_id: str) -> Post | None:
    """Return a post that is being put out, whether or not our own feed carries it yet."""
    rows = select(Post).where(Post.public_id == public_id, _is_for_everybody())
    return session.scalar(rows.options(*post_options()))


def corrections(session: Session, post_ids: Iterable[int]) -> dict[int, list[Correction]]:
    """Return the applied corrections of each post, oldest first."""
    found: dict[int, list[Correction]] = {}
    rows = session.scalars(
        select(Correction)
        .where(Correction.post_id.in_(list(post_ids)), Correction.state == CorrectionState.APPLIED)
        .order_by(Correction.state_changed_at, Correction.id)
        .options(lazyload(Correction.post), lazyload(Correction.revision))
    )
    for row in rows:
        found.setdefault(row.post_id, []).append(row)
    return found


def first_revision_id(session: Session, post_id: int) -> int | None:
    """Return the wording that the post was first public with."""
    # Deliveries of words that were sent back before they left must not count.
    return session.scalar(
        select(Delivery.revision_id)
        .where(
            Delivery.post_id == post_id,
            Delivery.kind == DeliveryKind.PUBLISH,
            Delivery.published_at.is_not(None),
        )
        .order_by(Delivery.published_at)
        .limit(1)
    )


def revisions(session: Session, ids: Iterable[int]) -> dict[int, Revision]:
    """Return these wordings by id."""
    rows = session.scalars(
        select(Revision)
        .where(Revision.id.in_(list(ids)))
        .options(lazyload(Revision.targets), lazyload(Revision.written_by))
    )
    return {row.id: row for row in rows}


def release_times(session: Session, area_path: str) -> Sequence[datetime]:
    """Return when each public post of an area and of those below it was released."""
    rows = session.scalars(select(Post.released_at).where(public_posts(), within(area_path)))
    return [at for at in rows if at is not None]


@dataclass(frozen=True)
class RecordLine:
    """One post in a table of posts."""

    public_id: str
    released_at: datetime
    area: str
    officer: str
    language: str
    content_warning: str | None
    text: str
    image_descriptions: str
    withdrawn_at: datetime | None
    withdrawal_reason: str | None


def record_lines(
    session: Session, area_path: str, since: datetime, until: datetime
) -> list[RecordLine]:
    """Return the public posts of an area and of those below it, released in this span."""
    where = (
        public_posts(),
        within(area_path),
        Post.released_at >= since,
        Post.released_at < until,
    )
    described = _described(session, where)
    rows = session.execute(
        select(
            Post.public_id,
            Post.released_at,
            Area.name,
            Persona.display_name,
            Revision.language,
            Revision.content_warning,
            Revision.text,
            Revision.id,
            Post.withdrawn_at,
            Post.withdrawal_reason,
            Revision.further,
        )
        .select_from(Post)
        .join(Revision, Revision.id == Post.public_revision_id)
        .join(Persona, Persona.id == Post.persona_id)
        .join(Area, Area.id == Post.area_id)
        .where(*where)
        .order_by(Post.released_at, Post.id)
    )
    return [
        RecordLine(
            row[0],
            at,
            *row[2:6],
            whole_text(row[6], row[10]),
            " | ".join(described.get(row[7], [])),
            *row[8:10],
        )
        for row in rows
        if (at := row[1]) is not None
    ]


def _described(session: Session, where: Sequence[ColumnElement[bool]]) -> dict[int, list[str]]:
    """Return what the images of the public revisions show, by revision."""
    described: dict[int, list[str]] = {}
    pictures = session.execute(
        select(RevisionImage.revision_id, RevisionImage.alt_text)
        .join(Post, Post.public_revision_id == RevisionImage.revision_id)
        .where(*where)
        .order_by(RevisionImage.revision_id, RevisionImage.position)
    )
    for revision_id, alt_text in pictures:
        described.setdefault(revision_id, []).append(alt_text)
    return described


def public_ids(session: Session, offset: int, count: int) -> Sequence[str]:
    """Return the public ids of posts from the oldest on."""
    return session.scalars(
        select(Post.public_id)
        .where(public_posts())
        .order_by(Post.released_at, Post.id)
        .offset(offset)
        .limit(count)
    ).all()


def personas(session: Session, *where: ColumnElement[bool]) -> Sequence[Persona]:
    """Return personas that the public may know of, by name."""
    return session.scalars(
        select(Persona)
        .where(Persona.state.in_(SHOWN_PERSONAS), *where)
        .order_by(Persona.display_name, Persona.id)
        .options(
            lazyload(Persona.members),
            lazyload(Persona.capabilities),
            joinedload(Persona.area),
            joinedload(Persona.successor).lazyload(Persona.members),
            joinedload(Persona.successor).lazyload(Persona.capabilities),
        )
    ).all()


def outlets(session: Session, now: datetime) -> dict[int, list[Channel]]:
    """Return the accounts on networks that each persona may post to now, by persona id."""
    rows = session.execute(
        select(Capability.persona_id, Channel)
        .join(Channel, Channel.id == Capability.channel_id)
        .where(
            Capability.kind == CapabilityKind.POST,
            Capability.revoked_at.is_(None),
            Capability.expires_at > now,
            Channel.network != OWN,
            Channel.state.in_(USABLE),
        )
        .order_by(Channel.network, Channel.name, Channel.id)
    )
    found: dict[int, list[Channel]] = {}
    for persona_id, channel in rows:
        if channel not in found.setdefault(persona_id, []):
            found[persona_id].append(channel)
    return found


def accounts(session: Session) -> Sequence[Channel]:
    """Return the force's accounts on networks, those given up included."""
    return session.scalars(
        select(Channel)
        .where(Channel.network != OWN, Channel.state != ChannelState.PROPOSED)
        .where(Channel.connected_at.is_not(None))
        .order_by(Channel.network, Channel.name, Channel.id)
    ).all()


def areas(session: Session) -> dict[int, Area]:
    """Return every area by id, parents before what lies in them."""
    rows = session.scalars(select(Area).order_by(func.length(Area.path), Area.name, Area.id))
    return {row.id: row for row in rows}


def chain(session: Session, path: str) -> list[Area]:
    """Return the areas from the force down to the one at this path."""
    rows = session.scalars(select(Area).where(Area.id.in_(ids_in(path))))
    return sorted(rows, key=lambda area: len(area.path))


def ids_in(path: str) -> list[int]:
    """Return the ids of the areas in a path such as `/1/4/`."""
    return [int(part) for part in path.split("/") if part]


def copies(post: Post) -> list[Delivery]:
    """Return the post's copies that are out on networks."""
    return [
        delivery
        for delivery in post.deliveries
        if delivery.kind is DeliveryKind.PUBLISH
        and delivery.state is DeliveryState.PUBLISHED
        and delivery.channel.network != OWN
        and delivery.part == 1
    ]


def still_shown(post: Post) -> list[Delivery]:
    """Return the copies of a withdrawn post that a network's server doesn't take down."""
    return [
        delivery
        for delivery in post.deliveries
        if delivery.withdraw_wanted_at is not None
        and delivery.remote_id is not None
        and delivery.state is DeliveryState.NEEDS_PERSON
        and delivery.channel.network != OWN
    ]


def record_keys(post: Post) -> list[str]:
    """Return the keys of our own feed's copies of the post that are out."""
    return [
        delivery.record_key
        for delivery in post.deliveries
        if delivery.published_at is not None and delivery.channel.network == OWN
    ]
