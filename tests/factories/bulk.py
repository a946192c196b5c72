"""Many posts that are out, put straight into the tables: for archives and for measuring."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.posts.models import Delivery, DeliveryKind, Post, Revision
from vcp.posts.states import DeliveryState, PostState
from vcp.users.models import User

TEXT = "Post number {}. We were at the library today, marking bikes and answering questions."


def make_public_posts(
    session: Session,
    *,
    personas: list[Persona],
    author: User,
    own_feed: Channel,
    count: int,
    since: datetime | None = None,
    every: timedelta = timedelta(minutes=1),
) -> list[int]:
    """Make posts that went out one after the other; return their ids, the oldest first."""
    first = since or clock.now() - every * count
    # Above both: here a post and its words have the same number.
    used = (session.scalar(select(func.max(table.id))) or 0 for table in (Post, Revision))
    start = max(used) + 1
    ids = range(start, start + count)
    at = {number: first + every * index for index, number in enumerate(ids)}
    who = {number: personas[index % len(personas)] for index, number in enumerate(ids)}
    posts = [_post(number, who[number], author, at[number]) for number in ids]
    session.execute(insert(Post), posts)
    session.execute(insert(Revision), [_words(number, author, at[number]) for number in ids])
    session.execute(
        update(Post).where(Post.id.in_(ids)).values(revision_id=Post.id, public_revision_id=Post.id)
    )
    session.execute(insert(Delivery), [_delivery(number, own_feed, at[number]) for number in ids])
    _tell_counters(session)
    session.commit()
    return list(ids)


def make_scheduled_posts(
    session: Session, persona: Persona, author: User, own_feed: Channel, count: int, month: date
) -> list[int]:
    """Make posts that go out, or went out, over the days of one month."""
    first = datetime(month.year, month.month, 1, 9, tzinfo=UTC)
    every = timedelta(days=27) / count
    ids = make_public_posts(
        session,
        personas=[persona],
        author=author,
        own_feed=own_feed,
        count=count,
        since=first,
        every=every,
    )
    coming = [number for place, number in enumerate(ids) if place % 2]
    session.execute(
        update(Post)
        .where(Post.id.in_(coming))
        .values(state=PostState.SCHEDULED, wanted_at=Post.released_at, released_at=None)
    )
    session.execute(
        update(Delivery)
        .where(Delivery.post_id.in_(coming))
        .values(state=DeliveryState.QUEUED, remote_id=None, published_at=None)
    )
    session.commit()
    return ids


def _tell_counters(session: Session) -> None:
    """Have PostgreSQL count on from the ids that were given here by hand."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in ("post", "revision"):
        session.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")  # noqa: S608 - our own two names
        )


def _post(number: int, persona: Persona, author: User, at: datetime) -> dict[str, object]:
    return {
        "id": number,
        "public_id": f"bulk{number}",
        "persona_id": persona.id,
        "author_id": author.id,
        "area_id": persona.area_id,
        "area_path": persona.area_path,
        "state": PostState.RELEASED,
        "state_changed_at": at,
        "created_at": at,
        "version": 1,
        "zone": "Europe/London",
        "released_at": at,
    }


def _words(number: int, author: User, at: datetime) -> dict[str, object]:
    return {
        "id": number,
        "post_id": number,
        "number": 1,
        "text": TEXT.format(number),
        "language": "en",
        "written_by_id": author.id,
        "written_at": at,
        "sha256": "0" * 64,
        "warning_reason": "",
    }


def _delivery(number: int, own_feed: Channel, at: datetime) -> dict[str, object]:
    return {
        "id": uuid.uuid4(),
        "post_id": number,
        "revision_id": number,
        "channel_id": own_feed.id,
        "kind": DeliveryKind.PUBLISH,
        "state": DeliveryState.PUBLISHED,
        "state_changed_at": at,
        "created_at": at,
        "version": 1,
        "due_at": at,
        "not_after": at + timedelta(days=1),
        "payload": json.dumps({"text": TEXT.format(number)}),
        "payload_sha256": "0" * 64,
        "record_key": f"{number:013d}",
        "attempt": 1,
        "remote_id": f"bulk{number}",
        "published_at": at,
        "reads": 0,
        "withdraw_checks": 0,
    }
