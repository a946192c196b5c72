"""E-mails about posts: who can approve is told that something waits, authors what was decided.

A mail never holds the words of a post: it may be read where the post must not be.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.areas import queries as areas
from vcp.kernel import mail
from vcp.kernel.permissions import Permission, Person, allowed_paths
from vcp.posts import in_force
from vcp.posts.guards import hands_on, hands_on_each
from vcp.posts.models import Correction, Post
from vcp.posts.states import PostState
from vcp.users import queries as users
from vcp.users.models import User

#: So many posts are asked about in one query.
AT_ONCE = 500


@dataclass(frozen=True)
class Approvers:
    """Who can say yes to a post: the people of the nearest area that has somebody."""

    people: tuple[User, ...]
    area_name: str | None
    #: False when nobody of the post's own area can, so that it went further up.
    is_own_area: bool

    @property
    def sentence(self) -> str:
        """Say who decides, for the author."""
        if not self.people:
            return (
                "Nobody can approve this at the moment: everyone with the role for this area has "
                "a hand in it. Ask an administrator to give the role to someone else."
            )
        if self.is_own_area:
            return f"Waits for a supervisor of {self.area_name}."
        return (
            f"Nobody of this post's own area can approve it, so it waits for a supervisor of "
            f"{self.area_name}."
        )


def approvers(session: Session, post: Post, involved: set[int] | None = None) -> Approvers:
    """Return who can approve this post: of its own area, else of the next area up.

    `involved` are those with a hand in its words, looked up unless they are known.
    """
    involved = hands_on(session, post.id) if involved is None else involved
    able = [
        person
        for person in users.with_permission(session, Permission.APPROVE_POSTS, post.area_path)
        if person.id not in involved
    ]
    if not able:
        return Approvers((), None, is_own_area=False)
    nearest = max(len(_covering(person, post.area_path)) for person in able)
    people = tuple(p for p in able if len(_covering(p, post.area_path)) == nearest)
    path = _covering(people[0], post.area_path)
    is_own = path == post.area_path
    area = post.area if is_own else areas.by_path(session, path)
    return Approvers(people, area.name, is_own_area=is_own)


def approval_wanted(session: Session, post: Post, correction: Correction | None = None) -> None:
    """Write to those who can approve that something waits for them."""
    found = approvers(session, post)
    thing = "a correction of a post" if correction else "a post"
    path = f"/staff/posts/corrections/{correction.id}" if correction else f"/staff/posts/{post.id}"
    for person in found.people:
        mail.write(
            session,
            person.email,
            f"Waiting for approval: {thing} by {post.persona.display_name}",
            f"{thing.capitalize()} by {post.persona.display_name} waits for a second person.\n\n"
            f"Read it and decide: {in_force.page(path)}\n\n"
            f"{_note(found, post)}",
        )


def import_wanted(session: Session, post_ids: Sequence[int], *, by: Person) -> None:
    """Write to those who can approve how many posts of an imported file wait for them."""
    # Posts of one area with the same people behind them have the same approvers.
    alike: dict[tuple[str, frozenset[int]], list[int]] = {}
    for start in range(0, len(post_ids), AT_ONCE):
        asked = post_ids[start : start + AT_ONCE]
        hands = hands_on_each(session, asked)
        waiting = select(Post.id, Post.area_path).where(
            Post.id.in_(asked), Post.state == PostState.SUBMITTED
        )
        for row in session.execute(waiting):
            alike.setdefault((row.area_path, frozenset(hands[row.id])), []).append(row.id)
    found = [post_id for ids in alike.values() for post_id in ids]
    if len(found) == 1:
        approval_wanted(session, session.get_one(Post, found[0]))
        return
    counts = Counter[User]()
    for (_, involved), ids in alike.items():
        for person in approvers(session, session.get_one(Post, ids[0]), set(involved)).people:
            counts[person] += len(ids)
    for person, count in counts.items():
        posts, wait = ("post", "waits") if count == 1 else ("posts", "wait")
        mail.write(
            session,
            person.email,
            f"Waiting for approval: {count} imported {posts}",
            f"{count} {posts} of a file that {by.display_name} imported {wait} for a second "
            f"person.\n\nRead and decide: {in_force.page('/staff/posts/awaiting')}\n",
        )


def sent_back(session: Session, post: Post, reason: str, *, by_name: str) -> None:
    """Write to the author that the post came back, and why."""
    mail.write(
        session,
        post.author.email,
        f"Sent back to you: a post by {post.persona.display_name}",
        f"{by_name} sent it back: {reason}\n\n"
        f"Change it and submit it again: {in_force.page(f'/staff/posts/{post.id}')}\n",
    )


def needs_time(session: Session, post: Post) -> None:
    """Write to the author that the yes came after the wanted time, so nothing was sent."""
    mail.write(
        session,
        post.author.email,
        f"Approved, but its time has passed: a post by {post.persona.display_name}",
        "It was approved after the time that you chose, so nothing was sent.\n\n"
        f"Choose a new time, or cancel it: {in_force.page(f'/staff/posts/{post.id}')}\n",
    )


def expired(session: Session, post: Post, channels: Iterable[str]) -> None:
    """Write to the author where the last moment passed before the post could be sent."""
    names = ", ".join(sorted(channels))
    mail.write(
        session,
        post.author.email,
        f"Not sent in time: a post by {post.persona.display_name}",
        f"Its last moment passed before it could be sent to {names}, so it was not sent there and "
        "will not be.\n\n"
        "If it is still needed, write a new post with a later last moment. What happened: "
        f"{in_force.page(f'/staff/posts/{post.id}')}\n",
    )


def _covering(person: User, area_path: str) -> str:
    """Return the nearest area of the person's grants that covers this one."""
    paths = allowed_paths(person, Permission.APPROVE_POSTS)
    return max((path for path in paths if area_path.startswith(path)), key=len, default="")


def _note(found: Approvers, post: Post) -> str:
    if found.is_own_area:
        return ""
    return f"You get this because nobody of {post.area.name} itself can approve it.\n"
