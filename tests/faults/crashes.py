"""One crash point on one network: armed, reached, and what is done then."""

import signal
import time
from pathlib import Path

import psutil

from tests.faults.fakenet_faults import WRITES
from tests.faults.nursery import Child
from tests.faults.rig import SUPERVISOR, Rig, approve_posts, submit_posts, withdraw_posts
from tests.faults.troubles import Servers, restart_postgresql, sqlite_locked
from vcp.channels.models import Channel
from vcp.kernel.db import session as current_session
from vcp.kernel.db import transaction
from vcp.posts import settling_by_person
from vcp.posts.models import Delivery
from vcp.posts.states import DeliveryState
from vcp.users.queries import by_email

BY_HAND = ("approving", "approved")
AT_THE_WIRE = ("sending", "sent")
TAKEDOWN = ("taking_down", "taken_down")
CRASHES_WITHIN_S = 60


class Crash:
    """One point on one network: what is armed, and what is done when it is reached."""

    def __init__(self, rig: Rig, point: str, network: str, servers: Servers | None) -> None:
        self.rig = rig
        self.point = point
        self.channel: Channel = next(c for c in rig.channels if c.network == network)
        #: Given when the store is in trouble instead of the process.
        self.servers = servers

    @property
    def settings(self) -> dict[str, str]:
        """What arms it."""
        about = f"@{self.channel.id}"
        if self.point in AT_THE_WIRE:
            about = f"@{WRITES[self.channel.network]}"
        elif self.point in BY_HAND:
            about = ""
        stop = "stop:" if self.servers is not None else ""
        return {"VCP_CRASH_AT": f"{stop}{self.point}{about}"}

    @property
    def markers(self) -> list[Path]:
        return list(self.rig.settings.instance.glob("crashed-*"))

    def happen(self, text: str) -> None:
        """Write, approve and send one post through it, and a takedown where it is about one."""
        self.rig.configure_network(
            plan=[{"fault": "accept_drop"}] if self.point == "settling" else []
        )
        self._stop_publisher()
        if self.point in BY_HAND:
            (post_id,) = submit_posts(self.rig, [text], [self.channel], with_own=False)
            self._approve_by_command(post_id)
        else:
            (post_id,) = approve_posts(self.rig, [text], [self.channel], with_own=False)
        if self.point in TAKEDOWN:
            self.rig.settle()
            self._stop_publisher()
            withdraw_posts(self.rig, [post_id])
        if self.point not in BY_HAND:
            self._run_into_it()
        self.rig.settle()
        self._ask_a_person()
        for marker in self.markers:
            marker.unlink()

    def _approve_by_command(self, post_id: int) -> None:
        """Approve as a person does at a terminal, who tries again when told that it failed."""
        command = ["posts", "approve", str(post_id), "--as", SUPERVISOR]
        self._meet(self.rig.run(command, **self.settings))
        again = self.rig.run(command)
        assert again.wait(CRASHES_WITHIN_S) == 0

    def _stop_publisher(self) -> None:
        """End the one that runs: it knows nothing of the point."""
        if "publisher" in self.rig.running:
            self.rig.stop("publisher")

    def _run_into_it(self) -> None:
        self.rig.run_until(lambda: bool(self.markers), **self.settings)
        self._meet(self.rig.running["publisher"])
        if self.servers is None:
            del self.rig.running["publisher"]

    def _meet(self, process: Child) -> None:
        """See it die; or, stopped there, put the store in trouble and let it go on."""
        if self.servers is None:
            assert process.wait(CRASHES_WITHIN_S) == -signal.SIGKILL
            return
        ends_at = time.monotonic() + CRASHES_WITHIN_S
        while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < ends_at, f"it didn't stop at {self.point}"
            time.sleep(0.02)
        if self.rig.settings.database.startswith("sqlite"):
            with sqlite_locked(self.rig):
                process.send_signal(signal.SIGCONT)
        else:
            restart_postgresql(self.rig, self.servers)
            process.send_signal(signal.SIGCONT)

    def _ask_a_person(self) -> None:
        """Answer for a person what X leaves open: it was looked at, and isn't there."""
        with self.rig.app.app_context():
            asked = [
                (row.id, row.channel.network)
                for row in current_session()
                .query(Delivery)
                .filter(Delivery.state == DeliveryState.NEEDS_PERSON)
            ]
            for row_id, network in asked:
                assert network == "x"
                with transaction() as session:
                    supervisor = by_email(session, SUPERVISOR)
                    assert supervisor is not None
                    settling_by_person.send_again(session, row_id, by=supervisor)
        if asked:
            self.rig.settle()
