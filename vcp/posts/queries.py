"""Posts, read: what waits, what is coming, what became of each."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, joinedload, lazyload, selectinload

from officer_profiles.models import Persona, PersonaMember
from officer_profiles.states import PersonaState
from vcp.kernel import clock
from vcp.kernel.errors import NotFound
from vcp.kernel.pages import Page, paginate
from vcp.kernel.permissions import Permission, Person, allowed_paths
from vcp.posts.models import Approval, Correction, Delivery, DeliveryKind, Post, Revision
from vcp.posts.series_queries import is_template
from vcp.posts.states import CorrectionState, DeliveryState, PostState
from vcp.users.models import User
from vcp.users.states import UserState

#: Outward states: what people call a post that has begun to go out.
PUBLISHED, PARTLY, FAILED = "published", "partly_published", "failed"
PUBLISHING, NEEDS_PERSON = "publishing", "needs_person"

_ENDED_ELSEWHERE = {DeliveryState.FAILED, DeliveryState.EXPIRED, DeliveryState.CANCELLED}
#: States in which something may still go out by itself.
WAITING = (PostState.SUBMITTED, PostState.HELD, PostState.APPROVED, PostState.SCHEDULED)


def outward_state(post: Post) -> str:
    """Return what has become of a post, worked out from its deliveries; the one place for it."""
    if post.state is not PostState.RELEASED:
        return post.state.value
    states = {d.state for d in post.deliveries if d.kind is DeliveryKind.PUBLISH}
    return outward_of(post.state, states)


def outward_of(state: PostState, states: set[DeliveryState]) -> str:
    """Return the same from the states of a post and of the deliveries that put it out."""
    if state is not PostState.RELEASED:
        return state.value
    if DeliveryState.NEEDS_PERSON in states:
        return NEEDS_PERSON
    out = states & {DeliveryState.PUBLISHED, DeliveryState.WITHDRAWN}
    if states - out - _ENDED_ELSEWHERE:
        return PUBLISHING
    if not out:
        return FAILED
    return PARTLY if states & _ENDED_ELSEWHERE else PUBLISHED


def mine(
    session: Session, person: Person, number: int = 1, state: PostState | None = None
) -> Page[Post]:
    """Return one page of the posts that the person wrote or may write on, newest first."""
    is_member = exists().where(
        PersonaMember.persona_id == Post.persona_id,
        PersonaMember.user_id == person.id,
        PersonaMember.removed_at.is_(None),
    )
    rows = select(Post).where(or_(Post.author_id == person.id, is_member))
    return _page(session, _in_state(rows, state), number)


def in_areas(
    session: Session, person: Person, number: int = 1, state: PostState | None = None
) -> Page[Post]:
    """Return one page of all posts of the person's areas, newest first."""
    rows = select(Post).where(_within(person, Permission.SEE_POSTS))
    return _page(session, _in_state(rows, state), number)


def awaiting_approval(session: Session, person: Person, number: int = 1) -> Page[Post]:
    """Return one page of the posts that this person may approve now, the longest waiting first."""
    rows = (
        select(Post)
        .where(Post.state == PostState.SUBMITTED, _may_decide(person))
        .order_by(Post.state_changed_at, Post.id)
        .options(*_for_lists())
    )
    return paginate(session, rows, number)


def corrections_awaiting(session: Session, person: Person) -> list[Correction]:
    """Return the corrections that this person may approve now, the longest waiting first."""
    rows = (
        select(Correction)
        .join(Post, Post.id == Correction.post_id)
        .where(Correction.state == CorrectionState.SUBMITTED, _may_decide(person))
        .order_by(Correction.state_changed_at, Correction.id)
        .options(joinedload(Correction.post).options(*_heads()))
    )
    return list(session.scalars(rows).unique())


def waiting_count(session: Session, person: Person) -> int:
    """Return how many posts and corrections wait for this person; one query for the menu."""
    posts = (
        select(func.count())
        .select_from(Post)
        .where(Post.state == PostState.SUBMITTED, _may_decide(person))
    )
    corrections = (
        select(func.count())
        .select_from(Correction)
        .join(Post, Post.id == Correction.post_id)
        .where(Correction.state == CorrectionState.SUBMITTED, _may_decide(person))
    )
    both = select(posts.scalar_subquery() + corrections.scalar_subquery())
    return session.scalar(both) or 0


def awaiting_others(session: Session, person: Person) -> int:
    """Return how many posts of the person's areas wait for somebody else's approval."""
    waiting = (
        select(func.count())
        .select_from(Post)
        .where(
            Post.state == PostState.SUBMITTED,
            _within(person, Permission.APPROVE_POSTS),
            ~_may_decide(person),
        )
    )
    return session.scalar(waiting) or 0


def coming(session: Session, person: Person, number: int = 1) -> Page[Post]:
    """Return one page of what will go out, the next first, with approved posts without a time."""
    rows = (
        select(Post)
        .where(
            Post.state.in_((PostState.APPROVED, PostState.SCHEDULED)),
            ~is_template(),
            or_(_within(person, Permission.SEE_POSTS), Post.author_id == person.id),
        )
        .order_by(func.coalesce(Post.wanted_at, Post.state_changed_at), Post.id)
        .options(*_for_lists())
    )
    return paginate(session, rows, number)


def stopped_for(session: Session, person: Person) -> list[Post]:
    """Return what waits, and doesn't go out since its author or persona was stopped."""
    now = clock.now()
    rows = (
        select(Post)
        .join(Persona, Persona.id == Post.persona_id)
        .join(User, User.id == Post.author_id)
        .where(
            Post.state.in_(WAITING),
            _within(person, Permission.APPROVE_POSTS),
            or_(
                User.state.in_((UserState.SUSPENDED, UserState.DEPARTED)),
                Persona.state != PersonaState.VERIFIED,
                Persona.verification_expires_at <= now,
            ),
        )
        .order_by(Post.state_changed_at, Post.id)
        .options(*_for_lists())
    )
    return list(session.scalars(rows).unique())


def stopped_because(post: Post) -> str | None:
    """Say why nothing of this post goes out now; None when nothing stops all of it."""
    if post.author.state in {UserState.SUSPENDED, UserState.DEPARTED}:
        return f"Its author, {post.author.display_name}, is {post.author.state.value}."
    persona, expires = post.persona, post.persona.verification_expires_at
    if persona.state is not PersonaState.VERIFIED:
        return f"{persona.display_name} is {persona.state.value}."
    if expires is not None and expires <= clock.now():
        return f"The verification of {persona.display_name} has run out."
    return None


def for_page(session: Session, post_id: int) -> Post:
    """Return a post with what its page shows, in few queries.

    Raises: NotFound.
    """
    rows = select(Post).where(Post.id == post_id)
    rows = rows.options(*_surroundings(), joinedload(Post.revision).options(*_words()))
    found = session.scalars(rows).unique().one_or_none()
    if found is None:
        raise NotFound("There is no such post. It may be in another list.")
    return found


def correction_for_page(session: Session, correction_id: int) -> Correction:
    """Return a correction with what its page shows, in few queries.

    Raises: NotFound.
    """
    rows = (
        select(Correction)
        .where(Correction.id == correction_id)
        .options(
            joinedload(Correction.post).options(*_surroundings(), _bare(Post.revision)),
            joinedload(Correction.revision).options(*_words()),
        )
    )
    found = session.scalars(rows).unique().one_or_none()
    if found is None:
        raise NotFound("There is no such correction. It may be in another list.")
    return found


def revisions_of(session: Session, post: Post) -> list[Revision]:
    """Return every wording of the post, newest first."""
    rows = (
        select(Revision)
        .where(Revision.post_id == post.id)
        .order_by(Revision.number.desc())
        .options(_bare(Revision.written_by), lazyload(Revision.images), lazyload(Revision.targets))
    )
    return list(session.scalars(rows).unique())


def approvals_of(session: Session, post: Post) -> list[Approval]:
    """Return every yes that was said to the post, newest first, ended ones included."""
    rows = (
        select(Approval)
        .where(Approval.post_id == post.id)
        .order_by(Approval.approved_at.desc())
        .options(_bare(Approval.approved_by))
    )
    return list(session.scalars(rows).unique())


def corrections_of(session: Session, post: Post) -> list[Correction]:
    """Return every correction of the post, newest first."""
    rows = (
        select(Correction)
        .where(Correction.post_id == post.id)
        .order_by(Correction.id.desc())
        .options(lazyload("*"))
    )
    return list(session.scalars(rows).unique())


def _page(session: Session, rows: Select[Post], number: int) -> Page[Post]:
    newest = rows.order_by(Post.state_changed_at.desc(), Post.id.desc())
    return paginate(session, newest.options(*_for_lists()), number)


def _in_state(rows: Select[Post], state: PostState | None) -> Select[Post]:
    return rows if state is None else rows.where(Post.state == state)


def _within(person: Person, permission: Permission) -> ColumnElement[bool]:
    paths = allowed_paths(person, permission)
    if not paths:
        return false()
    return or_(*(Post.area_path.startswith(path, autoescape=True) for path in paths))


def _may_decide(person: Person) -> ColumnElement[bool]:
    """Return the condition that the person has the role, and no hand in any wording."""
    hand = exists().where(
        Revision.post_id == Post.id,
        or_(Revision.written_by_id == person.id, Revision.submitted_by_id == person.id),
    )
    own = or_(Post.author_id == person.id, hand)
    return and_(_within(person, Permission.APPROVE_POSTS), ~own)


def _for_lists() -> list[Any]:
    """Load what a list shows in two queries, and nothing else."""
    return [*_heads(), selectinload(Post.deliveries).options(_bare(Delivery.channel))]


def _heads() -> list[Any]:
    return [_bare(Post.persona), _bare(Post.author), _bare(Post.revision)]


def _surroundings() -> list[Any]:
    """Load who and where a post is about, without what hangs on each of them."""
    persona = joinedload(Post.persona).options(
        lazyload(Persona.capabilities),
        joinedload(Persona.area),
        selectinload(Persona.members).options(_bare(PersonaMember.user)),
    )
    return [_bare(Post.author), joinedload(Post.area), persona]


def _words() -> list[Any]:
    return [
        _bare(Revision.written_by),
        selectinload(Revision.images),
        selectinload(Revision.targets),
    ]


def _bare(related: Any) -> Any:
    """Load a row along with its owner, but nothing that hangs on it."""
    return joinedload(related).lazyload("*")
