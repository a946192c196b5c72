"""`vcp doctor` says when a hand-over would reach nobody."""

from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from moderation import desks
from moderation.checks import checks
from vcp.kernel import mail
from vcp.kernel.settings import Settings


def failing(session: Session) -> set[str]:
    session.flush()
    return {check.name for check in checks() if not check.is_well}


def test_control_room_must_be_reachable(session: Session) -> None:
    assert failing(session) == {"control room"}
    desks.ensure_defaults(session)
    assert failing(session) == {"control room"}
    room = desks.first_choice(session, "emergency_in_progress")
    assert room is not None
    room.phone = "01632 960001"
    assert failing(session) == set()


def test_urgent_mails_must_go_out(
    app: Flask, session: Session, settings: Settings, clock: time_machine.Traveller
) -> None:
    with_server = settings.model_copy(update={"smtp_host": "mail.carrowdale.police.example"})
    app.extensions["vcp_settings"] = with_server
    desks.ensure_defaults(session, {"control_room": "control@carrowdale.police.example"})
    mail.write(session, "a@carrowdale.police.example", "Routine", "Words")
    late = mail.write(session, "a@carrowdale.police.example", "P1", "Words", urgent=True)
    assert failing(session) == set()
    clock.shift(timedelta(seconds=61))
    assert failing(session) == {"urgent mails"}
    late.attempts = 300
    clock.shift(mail.TRIED_FOR + timedelta(days=1))
    assert failing(session) == {"urgent mails"}, "nobody has got it, though it was given up"
    late.sent_at = late.written_at
    assert failing(session) == set()
