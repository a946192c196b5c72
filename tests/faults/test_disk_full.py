"""The disk of the installation is full: said plainly, nothing half done, and it goes on after."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.faults import invariants
from tests.faults.approving import supervisor_at_work
from tests.faults.rig import approve_posts, notices, running_rig, submit_posts
from vcp.app import create_app
from vcp.kernel import schema
from vcp.kernel.db import db
from vcp.kernel.settings import Mode, Settings
from vcp.posts.models import Post
from vcp.posts.states import PostState

NETWORKS = ("mastodon", "bluesky", "x")
SIZE = "24m"
CHUNK = 64 * 1024
SETTLED_WITHIN_S = 240


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own for the instance folder."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root may mount a disk that can be filled")
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("NOT TESTED: this machine doesn't let root mount a disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Write until nothing more goes; return the file that took the room."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as room:
        for size in (CHUNK, 512):
            try:
                while True:
                    room.write(b"x" * size)
            except OSError:
                continue
    return ballast


def installed_on(disk: Path, database_url: str) -> tuple[Flask, Settings]:
    """An installation on this disk; with SQLite its database lies there too."""
    is_sqlite = database_url.startswith("sqlite")
    settings = Settings(
        mode=Mode.TEST,
        instance=disk / "instance",
        database_url="" if is_sqlite else database_url,
    )
    app = create_app(settings)
    with app.app_context():
        schema.upgrade(db.engine)
    return app, settings


@pytest.mark.parametrize(
    "posts", [10, pytest.param(100, marks=pytest.mark.faults_long)], ids=["quick", "full"]
)
@pytest.mark.timeout(900)
def test_a_full_disk_is_said_and_leaves_nothing_half_done(
    small_disk: Path, database: str, tmp_path: Path, posts: int
) -> None:
    """P12: disk_full; the publisher is at work all the while."""
    app, settings = installed_on(small_disk, database)
    with running_rig(app, settings, tmp_path, channels=9, seed=12, networks=NETWORKS) as rig:
        approve_posts(rig, notices(posts)[: posts // 2])
        waiting = submit_posts(rig, notices(posts)[posts // 2 :])
        with supervisor_at_work(rig) as approve:
            rig.start("publisher")
            rig.wait_until_at_work("publisher")
            ballast = fill(small_disk)
            codes = [approve(post_id) for post_id in waiting]
            ballast.unlink()
            states = [db.session.get_one(Post, post_id).state for post_id in waiting]
            db.session.rollback()
            for code, state in zip(codes, states, strict=True):
                assert code in (302, 503)
                assert (code == 503) == (state is PostState.SUBMITTED), "said and done differ"
            if database.startswith("sqlite"):
                assert 503 in codes, "the disk was never full"
            refused = [row_id for row_id, code in zip(waiting, codes, strict=True) if code == 503]
            assert {approve(post_id) for post_id in refused} <= {302}
        rig.wait_until_settled(SETTLED_WITHIN_S, but_dear=True)
        rig.settle()
        figures = invariants.check(rig, deliveries=2 * posts, may_ask_a_person=["x"])
        rig.stop_all()
        with app.app_context():
            db.engine.dispose()
    print(f"\n{len(refused)} of {len(codes)} approvals refused while full; {figures}")  # noqa: T201
