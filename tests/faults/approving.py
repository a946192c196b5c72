"""A supervisor who presses buttons while something is wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.client import Client
from tests.factories.users import sign_in
from tests.faults.rig import SUPERVISOR, Rig
from vcp.kernel.db import db
from vcp.posts.models import Post
from vcp.users.queries import by_email


@contextmanager
def supervisor_at_work(rig: Rig) -> Iterator[Callable[[int], int]]:
    """Give what approves a post by its form, and returns the answer's status code."""
    with rig.app.app_context():
        client = Client(rig.app, db.session)
        supervisor = by_email(db.session, SUPERVISOR)
        assert supervisor is not None
        sign_in(client, supervisor)
        db.session.commit()

        def approve(post_id: int) -> int:
            revision = db.session.get_one(Post, post_id).revision
            assert revision is not None
            form = {"revision_sha256": revision.sha256}
            db.session.rollback()
            return client.post(f"/staff/posts/{post_id}/approve", data=form).status_code

        yield approve
