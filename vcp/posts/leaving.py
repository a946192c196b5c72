"""When somebody is suspended or leaves: what they had waiting is listed for their supervisor.

Nothing is cancelled here: a delivery is sent only while its author is active, so that it has
stopped already; a supervisor decides what becomes of it.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.kernel import mail
from vcp.kernel.permissions import Permission
from vcp.posts import in_force
from vcp.posts.models import Post
from vcp.posts.queries import WAITING
from vcp.users import queries as users
from vcp.users.events import PersonOut


def tell_supervisors(session: Session, event: PersonOut) -> None:
    """Write to the supervisors of every post that has just stopped."""
    rows = session.scalars(
        select(Post).where(Post.author_id == event.user_id, Post.state.in_(WAITING))
    ).unique()
    stopped: dict[str, int] = {}
    for post in rows:
        for person in users.with_permission(session, Permission.APPROVE_POSTS, post.area_path):
            if person.id != event.user_id:
                stopped[person.email] = stopped.get(person.email, 0) + 1
    author = users.by_id(session, event.user_id)
    for address, number in stopped.items():
        several = f"{number} posts" if number > 1 else "One post"
        mail.write(
            session,
            address,
            f"Stopped: {several.lower()} by {author.display_name}",
            f"{author.display_name} is {author.state.value}. {several} of theirs had not gone out "
            "yet and will not, while this lasts.\n\n"
            f"Look at what stopped, and cancel it: {in_force.page('/staff/posts/stopped')}\n",
        )
