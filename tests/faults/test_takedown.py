"""P25: a post is withdrawn in the middle of every state and fault; nothing of it stays or returns.

Within a minute nothing is visible any more, or a person has been asked.
"""

import random
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories.users import make_user
from tests.faults.rig import Rig, approve_posts, running_rig
from vcp.channels.models import Channel, SettlePolicy
from vcp.kernel.db import transaction
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.posts import pausing, service
from vcp.posts.models import Post
from vcp.posts.states import PostState
from vcp.posts.tombstones import WithdrawalReason
from vcp.users.models import User

WITHIN_S = 60
READ = "^/api/v1/accounts/[^/]+/statuses$"
DELETE = {"method": "DELETE", "path": "^/api/v1/statuses/", "fault": "status", "count": 500}
#: What goes wrong on the channel of each case, in the order of the channels.
CASES: dict[str, list[dict[str, Any]]] = {
    "taken": [],
    "answer comes late": [{"fault": "hang", "seconds": 8}],
    "answer is lost": [{"fault": "accept_drop"}],
    "accepted late": [{"fault": "accept_late"}],
    "accepted late, a person settles": [{"fault": "accept_late"}],
    "answer is garbled": [{"fault": "garbled"}],
    "refused for a while": [{"fault": "refuse", "count": 3}],
    "never read": [{"fault": "drop_before", "count": 3}],
    "too many requests": [{"fault": "status", "status": 429, "count": 50}],
    "token revoked": [{"fault": "status", "status": 401}],
    "paused": [],
    "deletion fails": [DELETE],
    "can't be read": [
        {"fault": "accept_drop"},
        {"fault": "status", "method": "GET", "path": READ, "count": 500},
    ],
}
PERSON = "accepted late, a person settles"
PAUSED = "paused"
#: Only these may still be visible: their servers can't be got to take anything down.
MAY_STAY = {"deletion fails", "can't be read"}


def token(number: int) -> str:
    return f"token-account{number}"


def set_up(rig: Rig) -> None:
    """Script each channel's fault, pause one, and have a person settle another."""
    plan = [
        rule | {"token": token(number)} for number, rules in enumerate(CASES.values())
        for rule in rules
    ]  # fmt: skip
    rig.configure_network(plan=plan, late_s=[4, 12], lag_s=[0, 3], latency_ms=[50, 300])
    names = list(CASES)
    with rig.app.app_context(), transaction() as session:
        ids = [channel.id for channel in rig.channels[1:]]
        channel = session.get_one(Channel, ids[names.index(PERSON)])
        channel.settle_policy = SettlePolicy.PERSON
        chief = make_user(session, role=Role.SUPERVISOR)
        pausing.pause(session, "channel", str(ids[names.index(PAUSED)]), "Repairs", by=chief)


def withdraw_all(rig: Rig) -> None:
    """One after the other, as from a page; none is refused because the publisher was there."""
    with rig.app.app_context(), transaction() as session:
        chief_id = make_user(session, role=Role.SUPERVISOR).id
        released = session.scalars(select(Post.id).where(Post.state == PostState.RELEASED)).all()
    for post_id in released:
        with rig.app.app_context(), transaction() as session:
            chief = session.get_one(User, chief_id)
            service.withdraw(session, post_id, WithdrawalReason.MISTAKE, by=chief)


def visible(rig: Rig) -> Counter[str]:
    """How many posts each account shows now."""
    now = datetime.now(UTC)
    return Counter(
        post["account"]
        for post in rig.network_ledger()["posts"]
        if not post["deleted_at"] and datetime.fromisoformat(post["visible_at"]) <= now
    )


def states(rig: Rig) -> dict[str, str]:
    """The state of the delivery of each case."""
    of_channel = {row["channel_id"]: row["state"] for row in rig.deliveries()}
    ids = [channel.id for channel in rig.channels[1:]]
    return {name: of_channel[row_id] for name, row_id in zip(CASES, ids, strict=True)}


def still_wrong(rig: Rig) -> list[str]:
    """The cases that are visible without a person having been asked."""
    seen, now = visible(rig), states(rig)
    return [
        f"{name}: visible, and {now[name]}"
        for number, name in enumerate(CASES)
        if seen[f"account{number}"] and now[name] != "needs_person"
    ]


def wait_until_released(rig: Rig) -> None:
    deadline = time.monotonic() + 30
    while True:
        with rig.app.app_context(), transaction() as session:
            left = session.scalars(select(Post.id).where(Post.state != PostState.RELEASED)).all()
        if not left:
            return
        assert time.monotonic() < deadline, f"{len(left)} posts didn't start"
        time.sleep(0.1)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "seed",
    [1, *(pytest.param(seed, marks=pytest.mark.faults_long) for seed in range(2, 8))],
)
def test_p25_a_withdrawn_post_goes_and_stays_gone(
    app: Flask, settings: Settings, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    with running_rig(app, settings, tmp_path, channels=len(CASES), seed=seed) as rig:
        set_up(rig)
        rig.start("publisher")
        rig.wait_until_at_work("publisher")
        approve_posts(rig, [f"Notice for {name}." for name in CASES])
        wait_until_released(rig)
        time.sleep(chance.uniform(0, 3))
        withdraw_all(rig)
        began = time.monotonic()
        time.sleep(15)  # the last late one has been accepted by then
        while wrong := still_wrong(rig):
            passed = time.monotonic() - began
            assert passed <= WITHIN_S, f"after {passed:.0f} s: {wrong}"
            time.sleep(0.5)
        seconds = time.monotonic() - began
        sent = len(rig.network_ledger()["posts"])
        time.sleep(max(0.0, 45 - seconds))
        ended = states(rig)
        assert not still_wrong(rig), "something came back"
        assert len(rig.network_ledger()["posts"]) == sent, "something was sent after all"
        shown = {f"account{list(CASES).index(name)}" for name in MAY_STAY}
        assert set(visible(rig)) <= shown
        assert ended["deletion fails"] == "needs_person" == ended["can't be read"]
        assert "sending" not in ended.values()
    print(f"\nP25: {len(CASES)} cases, right after {seconds:.0f} s: {Counter(ended.values())}")  # noqa: T201 - the figures
