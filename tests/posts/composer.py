"""Typing into the composer, as a browser without scripts sends it."""

import io
import re
from typing import Any

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import Team
from vcp.posts.models import Post, Revision

CLEAN = "We found a lost dog by the library. Its owner has it back."


def jpeg(colour: str = "red") -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "JPEG")
    out.seek(0)
    return out, f"{colour}.jpg"


def typed(team: Team, **changed: Any) -> dict[str, Any]:
    return {
        "text": CLEAN,
        "language": "en",
        "channel_ids": [team.own_feed.id, team.mastodon.id],
        "when": "now",
        "action": "save",
        **changed,
    }


def write(client: Client, team: Team, **changed: Any) -> Any:
    return client.post(
        f"/staff/posts/new?persona={team.persona.slug}",
        data=typed(team, **changed),
        content_type="multipart/form-data",
    )


def rewrite(client: Client, team: Team, post: Post, **changed: Any) -> Any:
    return client.post(
        f"/staff/posts/{post.id}/edit",
        data=typed(team, **changed),
        content_type="multipart/form-data",
    )


def kept_images(page: str) -> dict[str, str]:
    """Return what the form would send back for its images."""
    found = re.findall(r'name="(images-\d+-file)"[^>]*value="([^"]+)"', page)
    alts = re.findall(r'name="(images-\d+-alt_text)"[^>]*>\s*([^<]*)</textarea>', page)
    return {**dict(found), **{name: text.strip() for name, text in alts}}


def only_post(session: Session) -> Post:
    return session.scalars(select(Post)).unique().one()


def words_in(session: Session) -> list[str]:
    return list(session.scalars(select(Revision.text).order_by(Revision.number)))
