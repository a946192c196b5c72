"""A store that is read-only, full or gone: said plainly, nothing changed, nothing typed lost."""

import io
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import Team, make_team
from tests.factories.users import sign_in
from vcp.kernel.db import db
from vcp.kernel.settings import Settings
from vcp.posts.models import Post

WORDS = "The library opens late today."


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture(params=["query_only = ON", "max_page_count = 1"], ids=["read-only", "full"])
def troubled(
    request: pytest.FixtureRequest, app: Flask, team: Team, client: Client, database: str
) -> Iterator[None]:
    """From here on every connection is read-only, or has no page left, as on a full disk."""
    if not database.startswith("sqlite"):
        pytest.skip("the pragmas are SQLite's; PostgreSQL has its own fault tests")
    sign_in(client, team.officer)
    client.get("/staff/posts")
    with app.app_context():
        engine = db.engine
        engine.dispose()

    def trouble(connection: object, record: object) -> None:
        del record
        connection.execute(f"PRAGMA {request.param}")  # type: ignore[attr-defined]  # sqlite3's

    event.listen(engine, "connect", trouble)
    yield
    event.remove(engine, "connect", trouble)


def posts_of(app: Flask) -> int:
    with app.app_context():
        return db.session.query(Post).count()


def test_what_was_typed_is_shown_again_and_nothing_is_stored(
    troubled: None, app: Flask, client: Client, team: Team
) -> None:
    slug = team.persona.slug
    before = posts_of(app)
    long_text = WORDS + " Please plan for it." * 200
    answer = client.post(
        f"/staff/posts/new?persona={slug}",
        data={
            "text": long_text,
            "action": "save",
            "channel_ids": [str(team.own_feed.id)],
            "language": "en",
            "when": "now",
        },
    )
    assert answer.status_code == 503
    assert "try again in a minute" in answer.text
    assert long_text in answer.text
    assert posts_of(app) == before


@pytest.fixture
def tiny_disk(settings: Settings) -> Iterator[Path]:
    """The media folder on a disk of 64 KiB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk of its own")
    settings.media.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(settings.media)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this machine doesn't let root mount a disk")
    yield settings.media
    subprocess.run(["umount", str(settings.media)], check=True)


def test_an_image_on_a_full_disk_keeps_the_words(
    tiny_disk: Path, client: Client, team: Team, noise: Callable[[], bytes]
) -> None:
    sign_in(client, team.officer)
    answer = client.post(
        f"/staff/posts/new?persona={team.persona.slug}",
        data={
            "text": WORDS,
            "action": "save",
            "channel_ids": [str(team.own_feed.id)],
            "language": "en",
            "when": "now",
            "upload_alt": "Noise",
            "upload": (io.BytesIO(noise()), "noise.jpg"),
        },
    )
    assert answer.status_code == 503
    assert WORDS in answer.text
    assert list(tiny_disk.iterdir()) == []


@pytest.fixture
def noise() -> Callable[[], bytes]:
    """An image that no encoder makes small."""

    def make() -> bytes:
        kept = io.BytesIO()
        Image.frombytes("RGB", (400, 400), os.urandom(400 * 400 * 3)).save(kept, "JPEG", quality=95)
        return kept.getvalue()

    return make
