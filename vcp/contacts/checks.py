"""What `vcp doctor` looks at in what comes back: readings, and what waits to be handled."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from vcp.channels.models import Channel
from vcp.contacts import queries
from vcp.contacts.models import Reader
from vcp.contacts.reading import connected_channels
from vcp.kernel import clock
from vcp.kernel.db import session
from vcp.kernel.health import Check
from vcp.kernel.heartbeat import alive

#: A channel is read every few seconds; one that wasn't for this long needs somebody.
UNREAD_AFTER = timedelta(minutes=2)
WAITS_TOO_LONG = timedelta(minutes=1)


def checks() -> Iterator[Check]:
    """Look whether residents are heard."""
    yield Check(
        "ingest",
        alive(session(), "ingest") > 0,
        "No ingest is at work: nothing that residents say on networks is read. Run `vcp ingest`.",
    )
    late = queries.waiting_since(session(), clock.now() - WAITS_TOO_LONG)
    yield Check(
        "arrivals",
        late == 0,
        f"{late} messages came and have waited for more than a minute. Look at the log of ingest.",
    )
    yield from _readings()


def _readings() -> Iterator[Check]:
    connected = connected_channels(session())
    rows = session().execute(
        select(Channel.name, Channel.connected_at, Reader.last_read_at, Reader.problem)
        .outerjoin(Reader, Reader.channel_id == Channel.id)
        .where(Channel.id.in_(connected))
        .order_by(Channel.name)
    )
    for row in rows:
        since = row.last_read_at or row.connected_at
        is_read = since is not None and since >= clock.now() - UNREAD_AFTER
        said = row.problem or "Is ingest at work?"
        advice = f"What is said to “{row.name}” has not been read for 2 minutes. {said}"
        yield Check(f"reading of {row.name}", is_read, "" if is_read else advice)
