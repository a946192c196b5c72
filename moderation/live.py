"""Streams of changes to open pages of the desk: server-sent events, a few at a time.

A stream holds one thread of the web process, so there are fewer of them than threads; it keeps no
connection to the database while it waits, needs no Valkey, and ends when its sign-in does.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from flask import Flask
from sqlalchemy.exc import DBAPIError

from moderation.changes import Changes, alarms
from vcp.kernel import clock
from vcp.kernel.db import session
from vcp.kernel.errors import Unavailable
from vcp.kernel.permissions import Person
from vcp.users import access

#: How often the database is asked, and after how many times the sign-in is looked at again.
POLL_S = 1.0
SIGN_IN_EVERY = 5
#: Something is sent at least this often, so that a browser that has gone is noticed.
BEAT_EVERY = 10
#: No stream lives longer; the browser opens the next one by itself.
LONGEST_S = 300.0
#: One browser may have so many pages open; with another one the oldest goes back to asking.
MOST_EACH = 3
#: How long the browser waits before it opens the next stream, in milliseconds.
RETRY_MS = 1500


@dataclass
class Stream:
    """One open page, and what ends its stream."""

    sign_in_id: int
    until: float
    ending: threading.Event = field(default_factory=threading.Event)


class Streams:
    """The open streams of this process."""

    def __init__(self, most: int) -> None:
        """Keep how many there may be."""
        self.most = most
        self._open: list[Stream] = []
        self._lock = threading.Lock()

    def open(self, sign_in_id: int, seconds: float) -> Stream:
        """Return a new stream that lives so long at the most.

        Raises: Unavailable when there are too many; the page then asks every few seconds.
        """
        now = time.monotonic()
        with self._lock:
            self._open = [stream for stream in self._open if stream.until > now]
            same = [stream for stream in self._open if stream.sign_in_id == sign_in_id]
            for oldest in same[: len(same) - MOST_EACH + 1]:
                self._forget(oldest)
            if len(self._open) >= self.most:
                raise Unavailable("Too many pages of the desk are open. This one asks by itself.")
            stream = Stream(sign_in_id, now + min(seconds, LONGEST_S))
            self._open.append(stream)
        return stream

    def close(self, stream: Stream) -> None:
        """End a stream; safe to repeat."""
        with self._lock:
            self._forget(stream)

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def _forget(self, stream: Stream) -> None:
        stream.ending.set()
        if stream in self._open:
            self._open.remove(stream)


def events(app: Flask, stream: Stream, since: datetime) -> Iterator[str]:
    """Yield the lines of a stream until it ends; each change is one event with an id to resume."""
    changes, viewer = Changes(since), None
    yield f"retry: {RETRY_MS}\n\n"
    for tick in count():
        if time.monotonic() > stream.until:
            return
        try:
            with app.app_context():
                if tick % SIGN_IN_EVERY == 0:
                    viewer = whose(stream.sign_in_id)
                told = news(changes, viewer) if viewer is not None else None
        except DBAPIError:
            return  # the browser comes back by itself, and is told then if the store is away
        if viewer is None:
            return
        if told is not None:
            yield f"id: {changes.since.isoformat()}\ndata: {told}\n\n"
        elif tick % BEAT_EVERY == 0:
            yield ": still here\n\n"
        if stream.ending.wait(POLL_S):
            return


def news(changes: Changes, viewer: Person) -> str | None:
    """Return what a page is told of, as JSON: how many cases changed, and what must be heard."""
    found = changes.news(session(), viewer)
    if not found:
        return None
    told = {
        "changed": len(found),
        "since": changes.since.isoformat(),
        "alarms": list(alarms(session(), found)),
    }
    return json.dumps(told, ensure_ascii=False)


def whose(sign_in_id: int) -> Person | None:
    """Return the person of a sign-in while it is good."""
    found = access.in_force(session(), sign_in_id)
    return None if found is None else found.user


def moment(text: str | None) -> datetime:
    """Return the moment from which a page wants to be told; now for anything else.

    No further back than a stream lives: whoever was away longer loads the page again.
    """
    now = clock.now()
    try:
        asked = datetime.fromisoformat(text or "")
    except ValueError:
        return now
    if asked.tzinfo is None or asked > now:
        return now
    return max(asked, now - timedelta(seconds=LONGEST_S))
