"""Posts that are out on the public site, put there as the publisher does it."""

import hashlib
from pathlib import Path

from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_post
from vcp.channels.adapters import adapter_for
from vcp.channels.models import Channel
from vcp.kernel.db import transaction
from vcp.kernel.settings import Settings
from vcp.posts import claiming, correcting, publishing
from vcp.posts.models import Post
from vcp.posts.states import PostState
from vcp.posts.words import ImageRef, Words
from vcp.residents.render import render_marked
from vcp.residents.site_writer import SiteFolder


def make_image(settings: Settings, *, colour: str = "navy", alt: str = "A bicycle.") -> ImageRef:
    """An image that lies in the media folder."""
    settings.media.mkdir(parents=True, exist_ok=True)
    drawn = settings.media / "drawn.png"
    Image.new("RGB", (40, 30), colour).save(drawn)
    digest = hashlib.sha256(drawn.read_bytes()).hexdigest()
    drawn.rename(settings.media / f"{digest}.png")
    return ImageRef(digest, "image/png", 40, 30, alt)


def make_public_post(app: Flask, session: Session, team: Team, **changed: object) -> Post:
    """A post of the team's officer, out on the own feed; the lists are rendered by `render`."""
    changed.setdefault("channel_ids", (team.own_feed.id,))
    post = make_post(session, team, state=PostState.SCHEDULED, **changed)
    send_due(app, session, team.own_feed)
    assert post.state is PostState.RELEASED
    return post


def send_due(app: Flask, session: Session, channel: Channel) -> int:
    """Send what is due on the own feed, as the publisher does; return how many."""
    settings: Settings = app.extensions["vcp_settings"]
    network = adapter_for(channel, settings, SiteFolder(app))
    session.commit()
    sent = 0
    while True:
        with transaction() as unit:
            claimed = claiming.claim_next(unit, channel.id, "test", settings)
        if claimed is None:
            return sent
        outcome = publishing.send(claimed, network)
        with transaction() as unit:
            publishing.record(unit, claimed, outcome)
        sent += 1


def correct(
    app: Flask, session: Session, team: Team, post: Post, words: Words, reason: str
) -> None:
    """Correct a post that is out, as people and the publisher do."""
    row = correcting.start_correction(session, post.id, words, reason, by=team.officer)
    correcting.submit_correction(session, row.id, by=team.officer)
    correcting.approve_correction(session, row.id, row.revision.sha256, by=team.supervisor)
    send_due(app, session, team.own_feed)


def render(session: Session) -> int:
    """Store what the test holds, and render all that it made stale."""
    session.commit()
    return render_marked()


def page_of(settings: Settings, path: str) -> str:
    """What stands at this path of the public site."""
    return Path(settings.site, f"{path}index.html".lstrip("/")).read_text(encoding="utf-8")
