"""The publisher's writes, of all its channels together: one unit of work for whoever waits.

A commit costs the same for one delivery as for fifty, and so do the questions before it. Whoever
comes while a unit is being stored waits for the next one, which then takes all who wait.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from vcp.kernel.db import transaction
from vcp.kernel.errors import Unavailable
from vcp.kernel.settings import Settings
from vcp.posts import claiming, publishing
from vcp.posts.claiming import Claimed
from vcp.posts.publishing import Outcome

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: A unit takes some 10 ms however little it stores. Where so many channels are being sent on, it
#: waits for those that end within this many seconds.
GATHER_FROM = 16
GATHER_S = 0.015
#: How often a result is tried to be stored before the lease is left to run out.
STORE_TRIES = 5
#: Seconds between the tries, also while stopping: what we know must outlast a short trouble.
STORE_AGAIN_S = 1.0


@dataclass
class Entry:
    """What one channel has to store, and the claim that it gets in return."""

    channel_id: int
    answer: tuple[Claimed, Outcome] | None
    claimed: Claimed | None = None
    is_stored: bool = False
    #: Set once it is stored, or when it is its channel's turn to store for all who wait.
    woken: threading.Event = field(default_factory=threading.Event)


class Ledger:
    """Stores what became of deliveries, and claims the next ones."""

    def __init__(self, owner: str, settings: Settings, stopping: threading.Event) -> None:
        """Write as this owner; nothing is claimed any more once `stopping` is set."""
        self.owner = owner
        self.settings = settings
        self.stopping = stopping
        self._waiting: list[Entry] = []
        self._is_storing = False
        self._sending: set[int] = set()
        self._lock = threading.Lock()

    def next(self, channel_id: int, answer: tuple[Claimed, Outcome] | None) -> Claimed | None:
        """Store this answer, and claim the channel's next delivery, once both are committed."""
        entry = Entry(channel_id, answer)
        with self._lock:
            self._sending.discard(channel_id)
            self._waiting.append(entry)
            has_to_wait, self._is_storing = self._is_storing, True
        if has_to_wait:
            entry.woken.wait()
        if not entry.is_stored:
            self._store_waiting()
        return entry.claimed

    def _store_waiting(self) -> None:
        """Store for all who wait now; of those who come meanwhile, the first stores next."""
        entries = self._gathered()
        try:
            self._store_all(entries)
        finally:
            # What couldn't be stored is left to its lease: nobody may wait for ever.
            with self._lock:
                self._sending.update(one.channel_id for one in entries if one.claimed is not None)
                following = self._waiting[:1]
                self._is_storing = bool(following)
            for one in entries:
                one.is_stored = True
                one.woken.set()
            for one in following:
                one.woken.set()

    def _gathered(self) -> list[Entry]:
        if len(self._sending) >= GATHER_FROM:
            time.sleep(GATHER_S)
        with self._lock:
            entries, self._waiting = self._waiting, []
        return entries

    def _store_all(self, entries: list[Entry]) -> None:
        for _ in range(STORE_TRIES):
            try:
                self._store_together(entries)
            except Unavailable:
                logger.warning("Results could not be stored yet", exc_info=True)
                time.sleep(STORE_AGAIN_S)
            except Exception:  # whatever one of them has met must not cost what the others know
                logger.exception("Results are stored one by one")
                for entry in entries:
                    self.store(partial(self._store_one, entry))
                return
            else:
                return

    def _store_together(self, entries: list[Entry]) -> None:
        with transaction() as session:
            publishing.record_many(session, [e.answer for e in entries if e.answer is not None])
            if self.stopping.is_set():
                return
            channels = [entry.channel_id for entry in entries]
            claims = claiming.claim_many(session, channels, self.owner, self.settings)
        mine = {claimed.channel_id: claimed for claimed in claims}
        for entry in entries:
            entry.claimed = mine.get(entry.channel_id)

    def _store_one(self, entry: Entry, session: Session) -> None:
        if entry.answer is not None:
            publishing.record(session, *entry.answer)
        if not self.stopping.is_set():
            entry.claimed = claiming.claim_next(
                session, entry.channel_id, self.owner, self.settings
            )

    def store(self, write: Callable[[Session], T]) -> T | None:
        """Store a result; a database that is away for a moment must not cost what we know."""
        for _ in range(STORE_TRIES):
            try:
                with transaction() as session:
                    return write(session)
            except Exception:
                logger.exception("A result could not be stored yet")
                time.sleep(STORE_AGAIN_S)
        return None
