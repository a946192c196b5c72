"""What `vcp doctor` looks at at the desk: hand-overs reach somebody, and their mails go out."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from moderation.models import Desk
from vcp.kernel import clock
from vcp.kernel.db import session
from vcp.kernel.health import Check
from vcp.kernel.mail import TRIED_FOR, Mail
from vcp.kernel.settings import settings

#: The clock tries an urgent mail after 5 s, then ever more seldom, but at least each minute.
LATE = timedelta(seconds=60)
#: How long an urgent mail that was given up keeps the doctor unwell.
GIVEN_UP_SHOWN = timedelta(days=30)
CONTROL_ROOM = "control_room"


def checks() -> Iterator[Check]:
    """Look whether the control room can be reached, and whether urgent mails wait."""
    room = session().scalar(select(Desk).where(Desk.code == CONTROL_ROOM, Desk.is_active))
    yield Check(
        "control room",
        room is not None and bool(room.email or room.phone),
        "Nobody can hand anything over to the control room: give it an e-mail address or a "
        "telephone number at /staff/desks.",
    )
    waiting = select(func.count()).where(
        Mail.is_urgent,
        Mail.sent_at.is_(None),
        Mail.written_at < clock.now() - LATE,
        # Those given up included: nobody has got them. At last they are history.
        Mail.written_at > clock.now() - TRIED_FOR - GIVEN_UP_SHOWN,
    )
    # Without a mail server, as in a demo, mails stay in the database on purpose.
    late = (session().scalar(waiting) or 0) if settings().smtp_host else 0
    yield Check(
        "urgent mails",
        late == 0,
        f"{late} urgent mails, such as hand-overs, wait for over a minute, or were given up "
        "after three days. See VCP_SMTP_HOST and the mail server; /staff/mails says why. Until "
        "then ring the desks.",
    )
