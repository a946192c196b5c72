"""What the processes tell each other through the database: who leads, and who is alive."""

from datetime import datetime, timedelta

from sqlalchemy import String, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from vcp.kernel import clock
from vcp.kernel.db import Base

#: A process that hasn't said so for this long is taken to be dead.
ALIVE_S = 15
FORGOTTEN_S = 24 * 3600


class Lease(Base):
    """A named right that one process holds for a while, such as being the clock."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime]


class Heartbeat(Base):
    """When a process last said that it is at work."""

    __tablename__ = "heartbeat"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    process: Mapped[str] = mapped_column(String(16), index=True)
    started_at: Mapped[datetime]
    beaten_at: Mapped[datetime]


def beat(session: Session, owner: str, process: str) -> None:
    """Say that this process is at work."""
    now = clock.now()
    found = session.get(Heartbeat, owner)
    if found is None:
        session.add(Heartbeat(owner=owner, process=process, started_at=now, beaten_at=now))
        old = now - timedelta(seconds=FORGOTTEN_S)
        session.execute(delete(Heartbeat).where(Heartbeat.beaten_at < old))
    else:
        found.beaten_at = now


def alive(session: Session, process: str) -> int:
    """Return how many processes of this kind are at work."""
    since = clock.now() - timedelta(seconds=ALIVE_S)
    rows = session.scalars(
        select(Heartbeat.owner).where(Heartbeat.process == process, Heartbeat.beaten_at >= since)
    )
    return len(rows.all())


def take_lease(session: Session, name: str, owner: str, seconds: float) -> bool:
    """Take or renew the lease; true for one owner at a time."""
    now = clock.now()
    until = now + timedelta(seconds=seconds)
    taken = session.execute(
        update(Lease)
        .where(Lease.name == name, or_(Lease.owner == owner, Lease.until < now))
        .values(owner=owner, until=until)
    )
    if taken.rowcount == 1:  # type: ignore[attr-defined]  # CursorResult, typed as Result
        return True
    if session.get(Lease, name) is not None:
        return False
    try:
        with session.begin_nested():
            session.add(Lease(name=name, owner=owner, until=until))
    except IntegrityError:
        return False
    return True


def end_lease(session: Session, name: str, owner: str) -> bool:
    """Give a lease back before its time; false when it is somebody else's by now."""
    ended = session.execute(delete(Lease).where(Lease.name == name, Lease.owner == owner))
    return bool(ended.rowcount)  # type: ignore[attr-defined]  # CursorResult, typed as Result
