"""A force on a fakenet, with real processes that are killed: what the fault tests share."""

import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from tests.factories.areas import make_area
from tests.factories.channels import make_own_feed
from tests.factories.personas import make_persona
from tests.factories.users import make_user
from tests.faults.accounts import make_account
from tests.faults.nursery import Child, nursery
from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.db import session as current_session
from vcp.kernel.db import transaction
from vcp.kernel.heartbeat import Heartbeat
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.posts import service
from vcp.posts.delivery_queries import export
from vcp.posts.models import Delivery, Post
from vcp.posts.states import FINAL, DeliveryState
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.words import Words
from vcp.users.models import User

ROOT = Path(__file__).resolve().parents[2]
STOP_WITHIN_S = 60
STARTS_WITHIN_S = 60
SETTLES_WITHIN_S = 240
#: Idle seconds that `settle` doesn't wait for; a publisher at work renews its leases.
LEAPS_OVER_S = 3
MOST_SHOWN = 5
AT_REST = {state.value for state in FINAL} | {"needs_person"}
#: Who approves, for the commands that ask who acts.
SUPERVISOR = "supervisor@carrowdale.police.example"


@dataclass
class Rig:
    """One force: its app, its channels, its people, and the processes that run for it."""

    app: Flask
    settings: Settings
    fakenet_url: str
    channels: list[Channel] = field(default_factory=list)
    running: dict[str, Child] = field(default_factory=dict)
    #: Ids of the officer, the supervisor and the persona.
    team: tuple[int, int, int] | None = None
    #: Seconds by which it is later than it is.
    offset_s: int = 0

    def start(self, process: str, *, name: str = "", **settings: str) -> None:
        """Start one of our processes under a name, its own unless it is given another.

        `settings` are more of what the environment would say, such as VCP_CRASH_AT.
        """
        self.running[name or process] = self.run([process], **settings)

    def run(self, command: list[str], **settings: str) -> Child:
        """Run a `vcp` command on this installation."""
        environment = {
            "VCP_MODE": "test",
            "VCP_INSTANCE": str(self.settings.instance),
            "VCP_DATABASE_URL": self.settings.database,
            "VCP_CLOCK_OFFSET_S": str(self.offset_s),
        }
        log = self.settings.instance / f"{command[0]}.log"
        return nursery().start(command, environment | settings, log)

    def wait_until_at_work(self, name: str) -> None:
        """Wait for the first heartbeat of the one started last: before it, a kill hits nothing."""
        pid = self.running[name].pid
        deadline = time.monotonic() + STARTS_WITHIN_S
        while True:
            with self.app.app_context():
                owners = [row.owner for row in current_session().query(Heartbeat)]
            if any(f":{pid}:" in owner for owner in owners):
                return
            assert time.monotonic() < deadline, f"the {name} did not start"
            time.sleep(0.05)

    def kill(self, name: str) -> None:
        """End it without a chance to tidy up."""
        victim = self.running.pop(name)
        victim.kill()
        victim.wait()

    def move_clock(self, seconds: int) -> None:
        """Have it be later for fakenet, for this process, and for what is started from now on."""
        self.offset_s += seconds
        clock.shift(timedelta(seconds=self.offset_s))
        self.configure_network(clock_offset_s=self.offset_s)

    def stop(self, name: str) -> None:
        """End it politely."""
        victim = self.running.pop(name)
        victim.terminate()
        victim.wait(STOP_WITHIN_S)

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

    def wait_until(self, is_so: Callable[[], object], within_s: float = 60) -> float:
        """Wait for something to be so; return the seconds that it took."""
        started = time.monotonic()
        while not is_so():
            assert time.monotonic() - started < within_s, f"not after {within_s} s"
            time.sleep(0.1)
        return time.monotonic() - started

    def unsettled(self) -> int:
        """Return how many deliveries may still move by themselves."""
        with self.app.app_context():
            return current_session().query(Delivery).filter(Delivery.state.not_in(FINAL)).count()

    def unsettled_but_dear(self) -> int:
        """Return how many may still move, apart from those on X, which is read for minutes."""
        waiting = [row for row in self.deliveries() if row["state"] not in AT_REST]
        return sum(row["network"] != "x" or row["state"] == "queued" for row in waiting)

    def next_moments(self) -> list[datetime]:
        """Return when each delivery that isn't at rest is looked at next, soonest first."""
        with self.app.app_context():
            rows = (
                current_session()
                .query(Delivery)
                .filter(
                    or_(
                        Delivery.state.not_in((*FINAL, DeliveryState.NEEDS_PERSON)),
                        # What was taken down is looked at once more.
                        and_(
                            Delivery.withdraw_wanted_at.is_not(None), Delivery.next_at.is_not(None)
                        ),
                    )
                )
            )
            alive = [f":{one.pid}:" for one in self.running.values() if one.poll() is None]
            return sorted(_next_moment(row, alive) for row in rows)

    def settle(self, **settings: str) -> None:
        """Run the publisher until nothing moves any more by itself, leaping over idle time."""
        self.run_until(lambda: not self.next_moments(), **settings)

    def run_until(self, is_done: Callable[[], bool], **settings: str) -> None:
        """Run the publisher, leaping over idle time; one that has ended is started again.

        `settings` are for each that is started.
        """
        ends_at = time.monotonic() + SETTLES_WITHIN_S
        while True:
            publisher = self.running.get("publisher")
            # Asked before `is_done`, which may be about how it ended.
            is_over = publisher is None or publisher.poll() is not None
            if is_done():
                return
            assert time.monotonic() < ends_at, f"never came to rest: {self.stuck()}"
            moments = self.next_moments()
            idle_s = (moments[0] - clock.now()).total_seconds() if moments else 0
            if idle_s > LEAPS_OVER_S and publisher is not None and not is_over:
                publisher.terminate()
                while publisher.poll() is None and not is_done():
                    time.sleep(0.02)
                continue  # what was under way may have changed something
            if is_over:
                self.move_clock(max(0, math.ceil(idle_s)))
                self.start("publisher", **settings)
                self.wait_until_at_work("publisher")
            time.sleep(0.05)

    def stuck(self) -> list[dict[str, Any]]:
        """Return some of what may still move, for a failure's message."""
        names = ("state", "attempts", "state_changed_at", "sent_at", "problem")
        ended = {state.value for state in FINAL}
        return [
            {name: row[name] for name in names}
            for row in self.deliveries()
            if row["state"] not in ended
        ][:MOST_SHOWN]

    def wait_until_settled(self, within_s: float, *, but_dear: bool = False) -> float:
        """Wait for every delivery to end, or all but what waits for X; return the seconds."""
        started = time.monotonic()
        while left := self.unsettled_but_dear() if but_dear else self.unsettled():
            passed = time.monotonic() - started
            assert passed < within_s, f"{left} unsettled after {passed:.0f} s: {self.stuck()}"
            time.sleep(0.5)
        return time.monotonic() - started


def _next_moment(row: Delivery, alive: list[str]) -> datetime:
    if row.state is DeliveryState.SENDING and row.lease_until is not None:
        is_dead = not any(pid in str(row.owner) for pid in alive)
        return row.lease_until if is_dead else clock.now()
    return row.next_at or row.due_at


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
    app: Flask,
    settings: Settings,
    folder: Path,
    *,
    channels: int,
    seed: int,
    networks: Sequence[str] = ("mastodon",),
    settle_after_s: int = 20,
) -> Iterator[Rig]:
    """Give a rig with our own feed and so many channels, on the networks in turn.

    The accounts are account0, account1, …; everything ends with the rig.
    """
    with running_fakenet(folder, seed) as url:
        rig = Rig(app, settings, url)
        with app.app_context(), transaction() as session:
            area = make_area(session)
            rig.channels = [make_own_feed(session)] + [
                make_account(session, settings, area, url, networks[number % len(networks)], number)
                for number in range(channels)
            ]
            for channel in rig.channels[1:]:
                channel.settle_after_s = settle_after_s
            session.flush()
            for channel in rig.channels:
                session.refresh(channel)
            session.expunge_all()
        try:
            yield rig
        finally:
            rig.stop_all()
            clock.shift(timedelta())


def notices(number: int) -> list[str]:
    """Return so many texts, no two the same."""
    return [f"Notice number {index} from your neighbourhood team." for index in range(number)]


def submit_posts(
    rig: Rig,
    texts: Sequence[str],
    channels: Sequence[Channel] = (),
    *,
    with_own: bool = True,
    copies: int = 1,
    wanted: str | None = None,
) -> list[int]:
    """Write and submit one post a text, for our own feed and so many of the channels in turn.

    Without channels: all of the rig's. `wanted` is a local time in London.
    """
    chosen = list(channels) or rig.channels[1:]
    own = (rig.channels[0].id,) if with_own else ()
    ids: list[int] = []
    with rig.app.app_context():
        for start in range(0, len(texts), 20):
            with transaction() as session:
                officer, _, persona = _team(session, rig)
                for number, text in enumerate(texts[start : start + 20], start):
                    turns = range(number * copies, (number + 1) * copies)
                    others = (chosen[turn % len(chosen)].id for turn in turns)
                    words = Words(text=text, channel_ids=(*own, *others), wanted_local=wanted)
                    post = service.create_draft(session, persona.id, words, by=officer)
                    service.submit(session, post.id, by=officer)
                    ids.append(post.id)
    return ids


def approve_posts(
    rig: Rig,
    texts: Sequence[str],
    channels: Sequence[Channel] = (),
    *,
    with_own: bool = True,
    copies: int = 1,
    wanted: str | None = None,
) -> list[int]:
    """Write, submit and approve, as `submit_posts`; return the posts' ids."""
    ids = submit_posts(rig, texts, channels, with_own=with_own, copies=copies, wanted=wanted)
    with rig.app.app_context():
        for start in range(0, len(ids), 20):
            with transaction() as session:
                _, supervisor, _ = _team(session, rig)
                for post_id in ids[start : start + 20]:
                    revision = session.get_one(Post, post_id).revision
                    assert revision is not None
                    service.approve(session, post_id, revision.sha256, by=supervisor)
    return ids


def withdraw_posts(rig: Rig, ids: Sequence[int]) -> None:
    """Take posts down, one after the other, as a supervisor does."""
    for post_id in ids:
        with rig.app.app_context(), transaction() as session:
            _, supervisor, _ = _team(session, rig)
            service.withdraw(session, post_id, WithdrawalReason.MISTAKE, by=supervisor)


def _team(session: Session, rig: Rig) -> tuple[User, User, Persona]:
    """The officer, the supervisor and the persona of this rig, made when first wanted."""
    if rig.team is None:
        channels = tuple(session.get_one(Channel, channel.id) for channel in rig.channels)
        area = channels[0].area
        officer = make_user(session, role=Role.OFFICER, area=area)
        supervisor = session.query(User).filter_by(email=SUPERVISOR).first() or make_user(
            session, role=Role.SUPERVISOR, area=area, email=SUPERVISOR
        )
        persona = make_persona(session, area=area, members=(officer,), channels=channels)
        session.flush()
        rig.team = officer.id, supervisor.id, persona.id
        return officer, supervisor, persona
    officer_id, supervisor_id, persona_id = rig.team
    return (
        session.get_one(User, officer_id),
        session.get_one(User, supervisor_id),
        session.get_one(Persona, persona_id),
    )
