"""Alarms about accounts of ours, without a network, and the words that may be said about them."""

from itertools import count

from sqlalchemy.orm import Session

from tests.factories.users import make_user
from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.kernel.permissions import Role
from vcp.posts import standard
from vcp.posts.alarms import Seen, raise_alarm
from vcp.posts.watch_models import AccountAlarm, AlarmKind

_numbers = count(1)
COINS = "Buy these coins now"


def make_alarm(
    session: Session,
    channel: Channel,
    *,
    kind: AlarmKind = AlarmKind.POSTED,
    text: str = COINS,
    remote_id: str | None = None,
) -> AccountAlarm:
    """An open alarm about something of its own on this account."""
    number = next(_numbers)
    seen = Seen(
        remote_id=f"foreign-{number}" if remote_id is None else remote_id,
        url=f"https://towns.example/@harbour/foreign-{number}",
        text=text,
        at=clock.now(),
    )
    alarm = raise_alarm(session, channel, kind, seen)
    assert alarm is not None
    return alarm


def approve_statements(session: Session) -> str:
    """Have two people approve every text about accounts; return the hash of the one about posts."""
    standard.ensure_proposed(session)
    mine = [row for row in standard.every(session) if row.category.startswith(standard.DISAVOW)]
    for _ in range(standard.NEEDED):
        person = make_user(session, role=Role.SUPERVISOR, name="Sgt Approver")
        for reply in mine:
            if reply.state.value == "proposed":
                standard.approve(session, reply.id, reply.sha256, by=person)
    return next(row.sha256 for row in mine if row.category == "disavow_posted")
