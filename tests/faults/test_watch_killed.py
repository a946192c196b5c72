"""Ingest is killed while it watches our accounts: each foreign post has one alarm, and no more."""

import random
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.faults.rig import Rig, approve_posts, running_rig
from tests.networks.contract import outgoing
from tests.networks.rigs import TIMEOUTS
from vcp.channels.models import Channel
from vcp.kernel.db import session as current_session
from vcp.kernel.db import transaction
from vcp.kernel.settings import Settings
from vcp.networks.mastodon import MastodonNetwork
from vcp.posts.watch_models import AccountAlarm, AccountWatch, AlarmKind

SEEN_WITHIN_S = 90
EACH = 10


def name_rightly(rig: Rig) -> None:
    """Give the accounts the handles that fakenet has for them."""
    host = urlsplit(rig.fakenet_url).netloc
    with rig.app.app_context(), transaction() as unit:
        for channel in unit.scalars(select(Channel).where(Channel.network == "mastodon")):
            name = str(channel.account_id).removeprefix("id-")
            channel.handle = f"{name}@{host}"


def be_due(rig: Rig) -> None:
    """Have every account's minute be over."""
    with rig.app.app_context(), transaction() as unit:
        unit.execute(update(AccountWatch).values(next_at=None))


def alarms(rig: Rig) -> list[tuple[str, str]]:
    with rig.app.app_context():
        rows = current_session().execute(select(AccountAlarm.kind, AccountAlarm.remote_id))
        return [(AlarmKind(kind).value, remote_id) for kind, remote_id in rows]


@pytest.mark.parametrize(
    "kills", [2, pytest.param(40, marks=pytest.mark.faults_long)], ids=["quick", "full"]
)
@pytest.mark.timeout(900)
def test_kills_miss_and_double_no_alarm(
    app: Flask, settings: Settings, tmp_path: Path, kills: int
) -> None:
    chance, foreign = random.Random(kills), set()
    with running_rig(app, settings, tmp_path, channels=2, seed=kills) as rig:
        name_rightly(rig)
        rig.configure_network(page_size=20, lag_s=[0, 1])
        approve_posts(rig, [f"Surgery at the library, number {number % 4}." for number in range(8)])
        rig.start("publisher")
        rig.wait_until_at_work("publisher")
        rig.start("ingest")
        accounts = [
            MastodonNetwork(rig.fakenet_url, f"token-account{n}", f"id-account{n}", TIMEOUTS)
            for n in range(2)
        ]
        for number in range(kills):
            rig.wait_until_at_work("ingest")
            for one in range(EACH):
                words = outgoing(f"Buy coins {number} {one}")
                foreign.add(accounts[one % 2].publish(words, f"{number}-{one}").remote_id)
            be_due(rig)
            time.sleep(chance.uniform(0.05, 1.5))
            rig.kill("ingest")
            rig.start("ingest")
        rig.wait_until_settled(60)
        deadline = time.monotonic() + SEEN_WITHIN_S
        while len(alarms(rig)) < len(foreign):
            assert time.monotonic() < deadline, f"{len(alarms(rig))} of {len(foreign)} alarms"
            be_due(rig)
            time.sleep(1)
        be_due(rig)
        time.sleep(3)
        found = alarms(rig)
    assert sorted(found) == sorted(("posted", remote_id) for remote_id in foreign)
