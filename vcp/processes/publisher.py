"""The publisher: looks for due deliveries in the database and sends them.

Each channel with something due gets one thread of a bounded pool, which sends until nothing is
due there: one write in flight a channel, and a slow channel holds nobody else.
"""

import gc
import logging
import uuid
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial

from flask import Flask

from vcp.channels import connecting
from vcp.channels.adapters import adapter_for
from vcp.channels.models import Channel
from vcp.kernel.crashing import crash_point
from vcp.kernel.db import session as current_session
from vcp.kernel.db import transaction
from vcp.kernel.errors import VcpError
from vcp.kernel.settings import Settings
from vcp.networks.base import (
    Network,
    NetworkError,
    NotSent,
    OutcomeUnknown,
    Receipt,
    Unauthorised,
)
from vcp.networks.own import SiteWriter
from vcp.posts import (
    claiming,
    lag_measuring,
    publishing,
    reappearing,
    reconciling,
    set_back,
    settling,
    stopping,
)
from vcp.posts.high_water import HighWater, Mark
from vcp.processes.ledger import Ledger
from vcp.processes.loop import Loop

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.1
REPAIR_EVERY_S = 1.0
RENEW_EVERY_S = 5.0
#: How often it is looked whether a channel is due for its daily check.
RECHECK_EVERY_S = 300.0
MEASURE_EVERY_S = 2.0
#: As many channels can be written to at once; the budget is 50 with answers in 200 ms.
THREADS = 64


class Publisher(Loop):
    """Sends, settles and takes down, each in its own transactions."""

    def __init__(self, app: Flask, settings: Settings, writer: SiteWriter) -> None:
        """Take the writer of our own feed's pages, which `vcp.residents` gives."""
        super().__init__(app, "publisher")
        self.settings = settings
        self.writer = writer
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="send")
        self.ledger = Ledger(self.owner, settings, self.stopping)
        self.busy: dict[Hashable, Future[None]] = {}
        self.sending: set[uuid.UUID] = set()
        self.high_water = HighWater(settings.instance)
        self.is_compared = False
        #: The remembered attempt that the database was found to lack last.
        self.missed: Mark | None = None
        self.every(LOOK_EVERY_S, self.look)
        self.every(REPAIR_EVERY_S, self.repair)
        self.every(RENEW_EVERY_S, self.renew)
        self.every(RECHECK_EVERY_S, self.recheck)
        self.every(MEASURE_EVERY_S, self.measure)

    def run(self) -> None:
        """Run until asked to stop, then let the calls under way end (45 s at the most).

        Their leases are kept meanwhile, or another publisher would take them for lost.
        """
        # All that was loaded stays: looking through it for garbage stops every thread for 0.2 s.
        gc.freeze()
        super().run()
        while wait(self.busy.values(), timeout=RENEW_EVERY_S).not_done:
            self.attempt(self.renew)
        self.pool.shutdown(wait=True)

    def look(self) -> None:
        """Give each channel that has something due, and no thread yet, a thread."""
        if not self.is_compared:
            self.compare()
        for channel_id in claiming.channels_due(current_session()):
            self._start(("send", channel_id), partial(self.send_all, channel_id))

    def repair(self) -> None:
        """Wake what waited, end what is late, settle what is unknown, take down, connect."""
        self.compare()
        with transaction() as session:
            set_back.follow(session)
            settling.lose_expired(session, list(self.sending))
            settling.wake(session)
            settling.end_replaced(session)
            settling.expire(session)
            reappearing.hurry(session)
            readings = settling.take_reading(session, self.settings)
            reappearing.ask_about_unread(session)
            watches = reappearing.take_watches(session, self.settings)
            stopping.ask_about_shown(session)
            takedowns = stopping.take_down_due(session)
        for reading in readings:
            self._start(("read", reading.delivery_id), partial(self.read_one, reading))
        for reading in watches:
            self._start(("watch", reading.delivery_id), partial(self.watch_one, reading))
        for takedown in takedowns:
            self._start(("down", takedown.delivery_id), partial(self.take_down_one, takedown))
        for channel_id in reconciling.channels_unread(current_session()):
            self._start(("gap", channel_id), partial(self.read_gap, channel_id))
        self._start("connect", partial(connecting.work_waiting, self.settings))

    def compare(self) -> None:
        """See whether the database has what this machine remembers; if not, it was put back."""
        mark = self.high_water.read()
        if (
            mark is not None
            and mark != self.missed
            and not reconciling.has(current_session(), mark)
        ):
            with transaction() as session:
                reconciling.notice(session, mark)
            self.missed = mark
        self.is_compared = True

    def recheck(self) -> None:
        """Ask channels, once a day each, whose account they are and what they take."""
        self._start("recheck", partial(connecting.recheck_old, self.settings))

    def renew(self) -> None:
        """Keep the leases of what is being sent right now."""
        if self.sending:
            with transaction() as session:
                claiming.renew_leases(session, self.owner, list(self.sending))

    def send_all(self, channel_id: int) -> None:
        """Send what is due on one channel, one after the other.

        What became of one and the claim of the next are one unit, shared with other channels.
        """
        try:
            network: Network | NetworkError = self._network(channel_id)
        except Unauthorised as error:
            network = error
        except (VcpError, NetworkError) as error:
            network = NotSent(str(error))
        claimed = self.ledger.next(channel_id, None)
        while claimed is not None:
            outcome = self._sent(claimed, network)
            self.sending.discard(claimed.delivery_id)
            claimed = self.ledger.next(channel_id, (claimed, outcome))
            crash_point("recorded", channel_id)

    def _sent(
        self, claimed: claiming.Claimed, network: Network | NetworkError
    ) -> publishing.Outcome:
        if isinstance(network, NetworkError):
            return publishing.Outcome(error=network)
        self.high_water.note(Mark(claimed.attempt_id, claimed.started_at))
        self.sending.add(claimed.delivery_id)
        try:
            return publishing.send(claimed, network)
        except Exception as error:  # a fault of an adapter or its library, after who knows what
            logger.exception("Sending delivery %s failed unexpectedly", claimed.delivery_id)
            return publishing.Outcome(
                error=OutcomeUnknown(f"The sending failed in an unforeseen way: {error}")
            )

    def read_one(self, reading: settling.Reading) -> None:
        """Look at the network for one delivery and settle by what is seen."""
        found = self._read(reading)
        self.ledger.store(lambda session: settling.record_reading(session, reading, found))

    def watch_one(self, reading: settling.Reading) -> None:
        """Look for a withdrawn delivery, so that it is taken down should it appear."""
        found = self._read(reading)
        self.ledger.store(lambda session: reappearing.record_watch(session, reading, found))

    def _read(self, reading: settling.Reading) -> Receipt | NetworkError | None:
        try:
            return settling.read(reading, self._network(reading.channel_id))
        except Unauthorised as error:
            return error
        except (VcpError, NetworkError) as error:
            return NotSent(str(error))

    def measure(self) -> None:
        """Look for some of what went out just now: how late does its network show it?

        What is to be sent comes first: while anything is, nothing is measured.
        """
        if self._is_sending():
            return
        for one in lag_measuring.watched(current_session(), self.settings):
            self._start(("lag", one.reading.channel_id), partial(self.look_once, one))

    def _is_sending(self) -> bool:
        return any(
            isinstance(key, tuple) and key[0] == "send" and not future.done()
            for key, future in self.busy.items()
        )

    def look_once(self, one: lag_measuring.Watched) -> None:
        """Look for one post that went out, and keep how late it is seen."""
        with suppress(VcpError, NetworkError):
            lag_s = lag_measuring.look(one, self._network(one.reading.channel_id))
            if lag_s is not None:
                with transaction() as session:
                    lag_measuring.record_look(session, one, lag_s)

    def read_gap(self, channel_id: int) -> None:
        """Look at the network for what may have left in a gap of the ledger, one by one."""
        found: object = None
        while not self.stopping.is_set() and not isinstance(found, NetworkError):
            with transaction() as session:
                looked = reconciling.take_check(session, channel_id, self.settings)
            if looked is None:
                return
            found = self._look_for(looked)

    def _look_for(self, looked: reconciling.Looked) -> object:
        found = self._read(looked.reading)
        self.ledger.store(lambda session: reconciling.record_check(session, looked, found))
        return found

    def take_down_one(self, takedown: stopping.Takedown) -> None:
        """Take one copy down and look whether it is gone."""
        try:
            seen = stopping.take_down(takedown, self._network(takedown.channel_id))
        except (VcpError, NetworkError) as error:
            seen = stopping.Seen(str(error))
        self.ledger.store(lambda session: stopping.record_takedown(session, takedown, seen))

    def _network(self, channel_id: int) -> Network:
        channel = current_session().get_one(Channel, channel_id)
        network = adapter_for(channel, self.settings, self.writer)
        current_session().rollback()  # nothing stays open while the network is waited for
        return network

    def _start(self, key: Hashable, task: Callable[[], object]) -> None:
        running = self.busy.get(key)
        if running is not None and not running.done():
            return
        for done in [known for known, future in self.busy.items() if future.done()]:
            del self.busy[done]
        self.busy[key] = self.pool.submit(self.attempt, task)  # type: ignore[arg-type]  # result unused
