"""Looking at our own accounts, a thread for each: what isn't ours raises an alarm.

Part of the ingest, since it opens credentials; it has threads of its own, so that a slow network
keeps no message of a resident waiting.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial

from vcp.channels.adapters import adapter_for
from vcp.channels.models import Channel
from vcp.kernel.db import session as current_session
from vcp.kernel.db import transaction
from vcp.kernel.errors import VcpError
from vcp.kernel.settings import Settings
from vcp.networks.base import Network, NetworkError, Rejected
from vcp.posts import comparing, missing, profiles, watching

logger = logging.getLogger(__name__)

THREADS = 8
#: Pages of one look: new posts are followed further back than changes of old ones.
MOST_PAGES, MOST_PAGES_THOROUGH = 50, 10


class Watcher:
    """Takes the turns of accounts, each in its own transactions."""

    def __init__(
        self,
        owner: str,
        settings: Settings,
        attempt: Callable[[Callable[[], None]], None],
        network_of: Callable[[Channel, Settings], Network] = adapter_for,
    ) -> None:
        """Take the process's name, what opens credentials, and what a thread runs its work in."""
        self.owner = owner
        self.settings = settings
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="watch")
        self.turns: set[int] = set()
        self._attempt = attempt
        self._network_of = network_of
        self._busy: dict[int, Future[None]] = {}

    def look(self) -> None:
        """Give each account whose turn it is, and that has no thread yet, a thread."""
        for channel_id in watching.due_channels(current_session()):
            running = self._busy.get(channel_id)
            if running is None or running.done():
                task = partial(self.watch, channel_id)
                self._busy[channel_id] = self.pool.submit(self._attempt, task)

    def renew(self) -> None:
        """Keep the turns of what is being looked at right now."""
        if self.turns:
            with transaction() as session:
                watching.renew(session, self.owner, list(self.turns))

    def watch(self, channel_id: int) -> None:
        """Look at one account back to where the last whole look began."""
        with transaction() as session:
            turn = watching.take(session, channel_id, self.owner)
        if turn is None:
            return
        self.turns.add(channel_id)
        try:
            network = self._network(channel_id)
            self._look(turn, network)
        except (NetworkError, VcpError) as error:
            logger.info("Watching an account broke off: %s", error, extra={"channel": channel_id})
            with transaction() as session:
                watching.record_trouble(session, turn, error)
        else:
            with transaction() as session:
                watching.finish(session, turn)
        finally:
            self.turns.discard(channel_id)

    def _look(self, turn: watching.Turn, network: Network) -> None:
        seen, floor = self._compare_pages(turn, network)
        with transaction() as session:
            absent = missing.absent(session, turn, seen, floor)
        for one in absent:
            try:
                is_there = network.exists(one.remote_id)
            except Rejected:
                continue  # this id can't be asked for; the others can
            with transaction() as session:
                missing.record_answer(session, turn, one, is_there=is_there)
        if turn.is_thorough:
            account = network.account()
            with transaction() as session:
                profiles.compare_profile(session, turn, account)

    def _compare_pages(self, turn: watching.Turn, network: Network) -> tuple[set[str], datetime]:
        """Compare page by page; return the ids seen, and the moment up to which all were."""
        most = MOST_PAGES_THOROUGH if turn.is_thorough else MOST_PAGES
        seen: set[str] = set()
        before = None
        for _ in range(most):
            page = network.own_posts(since=turn.since, before=before)
            with transaction() as session:
                comparing.compare(session, turn, page.items)
            seen |= {one for item in page.items for one in (item.remote_id, *item.earlier_ids)}
            before = page.older
            if before is None:
                return seen, turn.since
        oldest = min((item.created_at for item in page.items), default=turn.since)
        return seen, max(oldest, turn.since)

    def _network(self, channel_id: int) -> Network:
        channel = current_session().get_one(Channel, channel_id)
        network = self._network_of(channel, self.settings)
        current_session().rollback()  # nothing stays open while the network is waited for
        return network
