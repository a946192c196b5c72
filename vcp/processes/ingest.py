"""Ingest: reads what is said to every connected account, and watches what is shown there.

What is said becomes messages and contacts. Each channel is read by one thread of a bounded pool,
one reading in flight a channel; what came is stored before anything looks at it. A stream, where a
server offers one, only says when to read.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from vcp.channels.adapters import adapter_for
from vcp.channels.models import Channel
from vcp.contacts import arriving, handling, looking, queries, reading
from vcp.kernel.db import session as current_session
from vcp.kernel.db import transaction
from vcp.kernel.errors import VcpError
from vcp.kernel.settings import Settings
from vcp.networks.base import Network, NetworkError, Rejected, Unavailable
from vcp.posts import watching
from vcp.processes.loop import Loop
from vcp.processes.watcher import Watcher

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
HANDLE_EVERY_S = 0.1
RENEW_EVERY_S = 2.0
FOLLOW_EVERY_S = 5.0
WATCH_EVERY_S = 1.0
THREADS = 32
#: Pages of one reading: a server that never comes to an end isn't followed for ever.
MOST_PAGES = 2000
#: A stream that broke off is dialled again after this long, doubled each time up to the longest.
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 300.0
#: Where there is none, it is asked for again now and then.
NO_STREAM_WAIT_S = 3600.0


class Ingest(Loop):
    """Reads, stores and handles, each in its own transactions; needs no Valkey."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        """Take the settings that open credentials."""
        super().__init__(app, "ingest")
        self.settings = settings
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="read")
        self.busy: dict[Hashable, Future[None]] = {}
        self.turns: set[int] = set()
        self.hinted: set[int] = set()
        self.connected: set[int] = set()
        self.streams: dict[int, threading.Thread] = {}
        self._thorough_at: dict[int, float] = {}
        self.watcher = Watcher(self.owner, settings, self.attempt)
        self._is_first = True
        self.every(LOOK_EVERY_S, self.look)
        self.every(HANDLE_EVERY_S, self.handle)
        self.every(RENEW_EVERY_S, self.renew)
        self.every(FOLLOW_EVERY_S, self.follow)
        self.every(WATCH_EVERY_S, self.watcher.look)
        self.every(RENEW_EVERY_S, self.watcher.renew)

    def run(self) -> None:
        """Run until asked to stop, then let the calls under way end (45 s at the most)."""
        super().run()
        self.watcher.pool.shutdown(wait=False, cancel_futures=True)
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.watcher.pool.shutdown(wait=True)

    def look(self) -> None:
        """Give each channel whose turn it is, and that has no thread yet, a thread."""
        if self._is_first:
            self._take_over()
            self._is_first = False
        for channel_id in reading.due_channels(current_session(), list(self.hinted)):
            self._start(("read", channel_id), partial(self.read, channel_id))

    def handle(self) -> None:
        """Make messages of what waits, beside the readings."""
        if queries.waiting(current_session(), 1):
            self._start("handle", partial(handling.handle_waiting, self.stopping.is_set))

    def renew(self) -> None:
        """Keep the turns of what is being read right now."""
        if self.turns:
            with transaction() as session:
                reading.renew(session, self.owner, list(self.turns))

    def read(self, channel_id: int) -> None:
        """Read one channel back to where the last whole reading began."""
        with transaction() as session:
            turn = reading.take(session, channel_id, self.owner)
        if turn is None:
            return
        self.turns.add(channel_id)
        self.hinted.discard(channel_id)
        try:
            network = self._network(channel_id)
            self._read_pages(turn, network)
        except (NetworkError, VcpError) as error:
            logger.info("Reading a channel broke off: %s", error, extra={"channel": channel_id})
            with transaction() as session:
                reading.record_trouble(session, turn, error)
        else:
            self._look_again(turn, network)
            with transaction() as session:
                reading.finish(session, turn)
        finally:
            self.turns.discard(channel_id)

    def _read_pages(self, turn: reading.Turn, network: Network) -> None:
        is_thorough = turn.was_cut or time.monotonic() >= self._thorough_at.get(turn.channel_id, 0)
        since = turn.since - reading.THOROUGH_AT_LEAST if is_thorough else turn.since
        before, pages = None, 0
        while pages < MOST_PAGES:
            pages += 1
            page = network.mentions(since=since, before=before)
            new = 0
            if page.items:
                with transaction() as session:
                    new = arriving.store(session, turn.channel_id, page.items)
            before = page.older
            if before is None or (page.items and not new and not is_thorough):
                break
            if self.stopping.is_set():
                raise Unavailable("We stopped half-way.")
        else:
            raise Unavailable("The server's pages don't come to an end.")
        if is_thorough:
            after_s = reading.next_thorough(pages).total_seconds()
            self._thorough_at[turn.channel_id] = time.monotonic() + after_s

    def _look_again(self, turn: reading.Turn, network: Network) -> None:
        """Ask for some messages once more; what can't be read now keeps nothing else waiting."""
        with transaction() as session:
            due = looking.due(session, turn.channel_id)
        for message_id, remote_id in due:
            try:
                found = network.message(remote_id)
            except Rejected:
                with transaction() as session:
                    looking.put_off(session, message_id)
            except NetworkError as error:
                logger.info("Looking at messages again broke off: %s", error)
                with transaction() as session:
                    looking.postpone(session, message_id)
                return
            else:
                with transaction() as session:
                    looking.record_look(session, message_id, found)

    def follow(self) -> None:
        """Have a thread follow the stream of each connected channel that hasn't one."""
        self.connected = set(reading.connected_channels(current_session()))
        for channel_id in self.connected:
            running = self.streams.get(channel_id)
            if running is None or not running.is_alive():
                name = f"stream of channel {channel_id}"
                thread = threading.Thread(
                    target=self._follow, args=(channel_id,), name=name, daemon=True
                )
                self.streams[channel_id] = thread
                thread.start()

    def _follow(self, channel_id: int) -> None:
        """Take hints for as long as the channel is connected; without a stream, ask seldom."""
        wait_s = FIRST_WAIT_S

        def heard() -> None:
            nonlocal wait_s
            wait_s = FIRST_WAIT_S
            self.hinted.add(channel_id)

        def is_over() -> bool:
            return self.stopping.is_set() or channel_id not in self.connected

        while not is_over():
            is_offered = True
            try:
                with self.at_work():
                    network = self._network(channel_id)
                is_offered = network.listen(heard, is_over)
            except (NetworkError, VcpError, SQLAlchemyError) as error:
                logger.info("A stream broke off: %s", error, extra={"channel": channel_id})
            self.stopping.wait(wait_s if is_offered else NO_STREAM_WAIT_S)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _take_over(self) -> None:
        """Free the turns of those that died on this machine, such as this process before."""
        readers = {row.owner for row in queries.readers(current_session()) if row.owner}
        owners = readers | watching.owners(current_session())
        dead = [owner for owner in owners if is_gone(owner)]
        if dead:
            with transaction() as session:
                reading.give_up_turns(session, dead)
                watching.give_up_turns(session, dead)

    def _network(self, channel_id: int) -> Network:
        channel = current_session().get_one(Channel, channel_id)
        network = adapter_for(channel, self.settings)
        current_session().rollback()  # nothing stays open while the network is waited for
        return network

    def _start(self, key: Hashable, task: Callable[[], object]) -> None:
        running = self.busy.get(key)
        if running is not None and not running.done():
            return
        for done in [known for known, future in self.busy.items() if future.done()]:
            del self.busy[done]
        self.busy[key] = self.pool.submit(self.attempt, task)  # type: ignore[arg-type]  # result unused


def is_gone(owner: str) -> bool:
    """Say whether this owner was a process of this machine that isn't there any more."""
    name, pid, _ = owner.rsplit(":", maxsplit=2)
    if name.partition(":")[2] != socket.gethostname()[:20]:
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
