"""The clock: one leader by lease that repairs what a crash or a lost job left undone.

The publisher does all that sending needs by itself, so a dead clock delays no post.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from sqlalchemy.orm import Session

from vcp.kernel import jobs, mail
from vcp.kernel.db import session as current_session
from vcp.kernel.db import transaction
from vcp.kernel.heartbeat import alive, take_lease
from vcp.kernel.settings import settings
from vcp.processes.loop import Loop

logger = logging.getLogger(__name__)

TURN_S = 1.0
LEASE_S = 10.0
MAIL_EVERY_S = 15.0


@dataclass(frozen=True)
class Periodic:
    """Something that the leading clock does every so many seconds."""

    name: str
    seconds: float
    do: Callable[[], object]


def in_unit(repair: Callable[[Session], object]) -> Callable[[], object]:
    """Give the repair a unit of work of its own."""

    def run() -> object:
        with transaction() as session:
            return repair(session)

    return run


def send_waiting_mails() -> None:
    """Put the mails whose turn it is back on the queue, or send them when no worker lives."""
    waiting = [row.id for row in mail.waiting(current_session())]
    nobody = alive(current_session(), "worker") == 0
    for mail_id in waiting:
        if nobody or not jobs.push(mail.send_mail, mail_id):
            mail.send_mail.do(str(mail_id))


def send_urgent_mails() -> None:
    """Send what may cost a life and no worker has taken; without a mail server it waits."""
    if settings().smtp_host:
        for mail_id in [row.id for row in mail.urgent_and_untried(current_session())]:
            mail.send_mail.do(str(mail_id))


class Clock(Loop):
    """Runs the table of periodic work while it holds the lease; several clocks may run."""

    def __init__(self, app: Flask, table: tuple[Periodic, ...]) -> None:
        """Take the table of what is done when."""
        super().__init__(app, "clock")
        self.is_leader = False
        self.every(TURN_S, self.lead)
        mails = Periodic("mails", MAIL_EVERY_S, send_waiting_mails)
        urgent = Periodic("urgent mails", TURN_S, send_urgent_mails)
        for periodic in (urgent, mails, *table):
            self.every(periodic.seconds, self._when_leading(periodic))

    def lead(self) -> None:
        """Take or renew the lease."""
        self.is_leader = False
        with transaction() as session:
            taken = take_lease(session, "clock", self.owner, LEASE_S)
        self.is_leader = taken

    def _when_leading(self, periodic: Periodic) -> Callable[[], None]:
        def turn() -> None:
            if self.is_leader:
                periodic.do()

        return turn
