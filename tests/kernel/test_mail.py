"""Mails that can't go out are tried for three days, ever more seldom; a dead server loses none."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from vcp.kernel import clock as clocks
from vcp.kernel import mail
from vcp.kernel.db import transaction
from vcp.kernel.settings import Settings

pytestmark = pytest.mark.network
TO = "a@carrowdale.police.example"


@pytest.fixture
def dead_server(app: Flask, settings: Settings, free_tcp_port: int) -> Iterator[None]:
    """A mail server at whose port nobody listens."""
    del app
    dead = {"smtp_host": "127.0.0.1", "smtp_port": free_tcp_port, "smtp_starttls": False}
    mail.configure(settings.model_copy(update=dead))
    yield
    mail.configure(settings)


def written(subject: str, *, urgent: bool = False) -> mail.Mail:
    with transaction() as session:
        return mail.write(session, TO, subject, "Words", urgent=urgent)


def tries(session: Session, row: mail.Mail, clock: time_machine.Traveller, hours: float) -> int:
    """Do as the clock does, every 15 seconds; return how often the mail was tried."""
    before = row.attempts
    for _ in range(int(hours * 240)):
        clock.shift(15)
        for waiting in mail.waiting(session):
            mail.send_mail.do(str(waiting.id))
    session.refresh(row)
    return row.attempts - before


@pytest.mark.usefixtures("dead_server")
def test_an_urgent_mail_is_tried_each_minute_for_as_long_as_the_server_is_away(
    session: Session, clock: time_machine.Traveller
) -> None:
    row = written("P1", urgent=True)
    assert tries(session, row, clock, 1) > 50
    clock.shift(timedelta(hours=70))
    assert tries(session, row, clock, 0.1) > 3
    assert row.last_error


@pytest.mark.usefixtures("dead_server")
def test_other_mails_are_tried_ever_more_seldom(
    session: Session, clock: time_machine.Traveller
) -> None:
    row = written("Routine")
    assert tries(session, row, clock, 1) in range(6, 12)
    assert tries(session, row, clock, 3) in range(2, 5)


@pytest.mark.usefixtures("dead_server")
def test_a_mail_that_was_queued_twice_is_not_tried_before_its_time(
    session: Session, clock: time_machine.Traveller
) -> None:
    row = written("P1", urgent=True)
    for _ in range(3):
        mail.send_mail.do(str(row.id))
    session.refresh(row)
    assert row.attempts == 1
    clock.shift(60)
    mail.send_mail.do(str(row.id))
    session.refresh(row)
    assert row.attempts == 2


@pytest.mark.usefixtures("dead_server")
def test_after_three_days_a_mail_is_given_up_unless_it_was_never_tried(
    session: Session, clock: time_machine.Traveller
) -> None:
    row = written("P1", urgent=True)
    untried = written("P1", urgent=True)
    mail.send_mail.do(str(row.id))
    clock.shift(timedelta(hours=72, seconds=1))
    assert mail.waiting(session) == [untried], "there was no mail server yet"
    assert row.written_at < clocks.now() - mail.TRIED_FOR
