"""The writer of our own feed: the publisher puts a post's page, the worker the lists."""

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from vcp.kernel.db import session as current_session
from vcp.networks.base import Outgoing
from vcp.posts.models import Delivery, Post, Revision
from vcp.posts.wording import whole
from vcp.posts.words import main_words
from vcp.residents import pages, queries
from vcp.residents.addresses import file_of, post_path
from vcp.residents.site import Site, site_of


class SiteFolder:
    """`vcp.networks.own.SiteWriter` on INSTANCE/site; may be used by several threads."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def write(self, outgoing: Outgoing, key: str) -> str:
        """Put the approved words' page on the disk, and return its address.

        Of a post that was withdrawn meanwhile the tombstone is put: taking down always wins.
        Raises: OSError when nothing new is shown.
        """
        with self.app.app_context():
            site, session = site_of(self.app), current_session()
            try:
                self._write(site, session, outgoing, key)
            except DBAPIError as error:
                raise OSError("the post can't be read") from error
            return site.absolute(post_path(outgoing.reference))

    def _write(self, site: Site, session: Session, outgoing: Outgoing, key: str) -> None:
        with site.turn(session, _lock(session, outgoing.reference)):
            post = _released(session, outgoing.reference)
            revision = session.scalar(
                select(Revision)
                .join(Delivery, Delivery.revision_id == Revision.id)
                .join(Post, Post.id == Delivery.post_id)
                .where(Post.public_id == outgoing.reference, Delivery.record_key == key)
            )
            # What was frozen at approval is the text, with a signature on a shared channel.
            if (
                post is None
                or revision is None
                or whole(main_words(revision)).text not in outgoing.text
            ):
                raise OSError("these are not the approved words of a released post")
            pages.put_post(site, session, post, revision=revision, keys=[key], durable=True)

    def remove(self, reference: str) -> None:
        """Put the tombstone of a withdrawn post in its place; no such post is no error.

        Raises: OSError when the words are still shown.
        """
        with self.app.app_context():
            site, session = site_of(self.app), current_session()
            try:
                with site.turn(session, _lock(session, reference)):
                    post = _released(session, reference)
                    if post is not None:
                        pages.put_post(site, session, post, durable=True)
            except DBAPIError as error:
                raise OSError("the post can't be read") from error

    def holds(self, reference: str, key: str | None) -> bool:
        """Say whether the post's page is there, written with this key; None takes any key."""
        with self.app.app_context():
            site = site_of(self.app)
        folder = site.files.root / file_of(post_path(reference))
        if not folder.exists():
            return False
        kept = folder.with_name(pages.KEYS)
        known = kept.read_text().split() if kept.exists() else []
        return bool(known) if key is None else key in known


def _lock(session: Session, public_id: str) -> str:
    """Return the same lock as a rendering of the post takes."""
    return f"post:{session.scalar(select(Post.id).where(Post.public_id == public_id))}"


def _released(session: Session, public_id: str) -> Post | None:
    post = queries.released_post(session, public_id)
    return post if post is not None and post.released_at is not None else None
