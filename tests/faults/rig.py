"""A force on a fakenet, with real processes that are killed: what the fault tests share."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from flask import Flask

from officer_profiles.models import Persona
from tests.factories.areas import make_area
from tests.factories.channels import make_channel, make_own_feed
from tests.factories.personas import make_persona
from tests.factories.users import make_user
from vcp.channels.models import Channel
from vcp.kernel.audit import AuditEvent
from vcp.kernel.db import session as current_session
from vcp.kernel.db import transaction
from vcp.kernel.heartbeat import Heartbeat
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.posts import service
from vcp.posts.delivery_queries import export
from vcp.posts.models import Delivery
from vcp.posts.states import FINAL
from vcp.posts.words import Words
from vcp.users.models import User

ROOT = Path(__file__).resolve().parents[2]
STOP_WITHIN_S = 60
STARTS_WITHIN_S = 60
MOST_SHOWN = 5


@dataclass
class Rig:
    """One force: its app, its channels, its people, and the processes that run for it."""

    app: Flask
    settings: Settings
    fakenet_url: str
    channels: list[Channel] = field(default_factory=list)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, process: str) -> None:
        """Start one of our processes, as a process manager would."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("VCP_")
        }
        environment |= {
            "VCP_MODE": "test",
            "VCP_INSTANCE": str(self.settings.instance),
            "VCP_DATABASE_URL": self.settings.database,
        }
        with (self.settings.instance / f"{process}.log").open("ab") as log:
            self.running[process] = subprocess.Popen(
                [sys.executable, "-m", "vcp", process],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def wait_until_at_work(self, process: str) -> None:
        """Wait for the first heartbeat of the one started last: before it, a kill hits nothing."""
        pid = self.running[process].pid
        deadline = time.monotonic() + STARTS_WITHIN_S
        while True:
            with self.app.app_context():
                owners = [row.owner for row in current_session().query(Heartbeat)]
            if any(f":{pid}:" in owner for owner in owners):
                return
            assert time.monotonic() < deadline, f"the {process} did not start"
            time.sleep(0.05)

    def kill(self, process: str) -> None:
        """End it without a chance to tidy up."""
        victim = self.running.pop(process)
        victim.send_signal(signal.SIGKILL)
        victim.wait()

    def stop_all(self) -> None:
        """End everything politely."""
        for victim in self.running.values():
            victim.terminate()
        for victim in self.running.values():
            victim.wait(STOP_WITHIN_S)
        self.running.clear()

    def configure_network(self, **values: Any) -> None:
        """Tell fakenet how to behave."""
        answer = requests.post(f"{self.fakenet_url}/_fakenet/config", json=values, timeout=5)
        assert answer.ok, answer.text

    def network_ledger(self) -> dict[str, Any]:
        """Return what fakenet has accepted."""
        found: dict[str, Any] = requests.get(
            f"{self.fakenet_url}/_fakenet/ledger", timeout=10
        ).json()
        return found

    def deliveries(self) -> list[dict[str, Any]]:
        """Return our own ledger, as `vcp deliveries --json` gives it."""
        with self.app.app_context():
            return list(export(current_session()))

    def events(self) -> list[AuditEvent]:
        """Return the trail, oldest first."""
        with self.app.app_context():
            rows = current_session().query(AuditEvent).order_by(AuditEvent.at).all()
            current_session().expunge_all()
            return rows

    def unsettled(self) -> int:
        """Return how many deliveries may still move by themselves."""
        with self.app.app_context():
            return current_session().query(Delivery).filter(Delivery.state.not_in(FINAL)).count()

    def stuck(self) -> list[dict[str, Any]]:
        """Return some of what may still move, for a failure's message."""
        names = ("state", "attempts", "state_changed_at", "sent_at", "problem")
        ended = {state.value for state in FINAL}
        return [
            {name: row[name] for name in names}
            for row in self.deliveries()
            if row["state"] not in ended
        ][:MOST_SHOWN]

    def wait_until_settled(self, within_s: float) -> float:
        """Wait for every delivery to end; return the seconds that it took."""
        started = time.monotonic()
        while left := self.unsettled():
            passed = time.monotonic() - started
            assert passed < within_s, f"{left} unsettled after {passed:.0f} s: {self.stuck()}"
            time.sleep(0.5)
        return time.monotonic() - started


@contextmanager
def running_fakenet(folder: Path, seed: int) -> Iterator[str]:
    """Run fakenet in a process of its own; give its address."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.faults.fakenet",
            "--journal",
            str(folder / "journal.jsonl"),
            "--seed",
            str(seed),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@contextmanager
def running_rig(
    app: Flask, settings: Settings, folder: Path, *, channels: int, seed: int
) -> Iterator[Rig]:
    """Give a rig with our own feed and so many Mastodon channels; everything ends with it."""
    with running_fakenet(folder, seed) as url:
        rig = Rig(app, settings, url)
        with app.app_context(), transaction() as session:
            area = make_area(session)
            rig.channels = [make_own_feed(session)] + [
                make_channel(
                    session,
                    area=area,
                    base_url=url,
                    settings=settings,
                    token=f"token-account{number}",
                    account_id=f"id-account{number}",
                )
                for number in range(channels)
            ]
            session.flush()
            for channel in rig.channels:
                session.refresh(channel)
            session.expunge_all()
        try:
            yield rig
        finally:
            rig.stop_all()


def approve_posts(rig: Rig, texts: list[str]) -> None:
    """Write, submit and approve one post a text, for our own feed and one Mastodon in turn."""
    with rig.app.app_context():
        with transaction() as session:
            officer, supervisor, persona = _team(session, rig)
            ids = officer.id, supervisor.id, persona.id
        for start in range(0, len(texts), 20):
            with transaction() as session:
                officer, supervisor = (session.get_one(User, row_id) for row_id in ids[:2])
                for number, text in enumerate(texts[start : start + 20], start):
                    mastodon = rig.channels[1 + number % (len(rig.channels) - 1)]
                    words = Words(text=text, channel_ids=(rig.channels[0].id, mastodon.id))
                    post = service.create_draft(session, ids[2], words, by=officer)
                    service.submit(session, post.id, by=officer)
                    assert post.revision is not None
                    service.approve(session, post.id, post.revision.sha256, by=supervisor)


def _team(session: Any, rig: Rig) -> tuple[User, User, Persona]:
    channels = tuple(session.get_one(Channel, channel.id) for channel in rig.channels)
    area = channels[0].area
    officer = make_user(session, role=Role.OFFICER, area=area)
    supervisor = make_user(session, role=Role.SUPERVISOR, area=area)
    return (
        officer,
        supervisor,
        make_persona(session, area=area, members=(officer,), channels=channels),
    )


def journal(folder: Path) -> list[dict[str, Any]]:
    """Return every change that fakenet wrote down, oldest first."""
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
