"""What residents have said, in each state that a page tells apart."""

from dataclasses import dataclass
from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.contacts import make_contact, make_message
from tests.factories.posts import Team, words
from tests.factories.public import send_due
from vcp.contacts import arriving, intake
from vcp.contacts.models import (
    Arrival,
    ChangeKind,
    Contact,
    ContactKind,
    Message,
    MessageChange,
)
from vcp.contacts.states import CONTACT, Disposition
from vcp.kernel import clock
from vcp.kernel.context import Machine
from vcp.kernel.settings import Settings
from vcp.posts import service
from vcp.residents import asking

BY = Machine("test")
URGENT = "Someone is breaking into the flat next door right now"
QUESTION = "When is the next surgery at the library?"


def contacts(session: Session, team: Team, unbroken: str) -> dict[str, str]:
    """Contacts in the states that `things.contacts` leaves out."""
    late = make_message(session, team, posted_at=clock.now() - timedelta(days=5)).contact
    late.missed_at = clock.now()
    wide = make_message(
        session,
        team,
        text=unbroken,
        content_warning=unbroken,
        media=[{"kind": "video", "description": unbroken, "url": "https://towns.example/1.mp4"}],
        for_contact={"display_name": unbroken, "place": unbroken, "summary": unbroken},
    ).contact
    changed = make_message(session, team)
    session.add(
        MessageChange(
            message_id=changed.id,
            arrival_id=changed.arrival_id,
            kind=ChangeKind.DELETED,
            at=clock.now(),
        )
    )
    logged = make_contact(
        session,
        team,
        kind=ContactKind.SURGERY,
        summary="Parking at the school.",
        place="Library",
        logged_by_id=team.officer.id,
    )
    urgent = make_message(
        session, team, text=URGENT, category="emergency_in_progress", priority="P1"
    ).contact
    made = {
        "late": late,
        "wide": wide,
        "changed": changed.contact,
        "logged": logged,
        "urgent": urgent,
        "private": make_message(session, team, visibility="direct").contact,
        "complaint": make_message(
            session, team, category="police_complaint", priority="P3"
        ).contact,
    }
    return {f"contact_{name}": str(one.id) for name, one in made.items()}


@dataclass
class Asker:
    """A resident at the form of our own site."""

    session: Session
    settings: Settings
    team: Team

    def asks(self, text: str = QUESTION) -> str:
        """Send it, and return the secret under which it is found."""
        keys = self.settings.signing_keys()
        form = asking.opened(keys, asking.new_form(keys))
        assert form is not None
        to = asking.whom(self.session, officer=self.team.persona.slug)
        asking.receive(self.session, form, to, text=text)
        return form.secret

    def asked(self) -> tuple[str, Contact]:
        """Send it, and have it handled as the ingest does."""
        secret = self.asks()
        waiting = self.session.scalars(select(Arrival.id).where(Arrival.handled_at.is_(None)))
        for arrival_id in arriving.take_up(self.session, list(waiting)):
            intake.handle(self.session, arrival_id)
        return secret, self.session.scalars(select(Contact).order_by(Contact.id.desc())).first()  # type: ignore[return-value]  # it was just made


def _answer(app: Flask, session: Session, team: Team) -> None:
    """Answer what was written last, as people and the publisher do."""
    message = session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert message is not None
    said = words(team, text="At noon.\nBring your bike.", channel_ids=(team.own_feed.id,))
    post = service.create_draft(session, team.persona.id, said, by=team.officer, answers=message)
    service.submit(session, post.id, by=team.officer)
    assert post.revision is not None
    service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
    send_due(app, session, team.own_feed)


def asked(app: Flask, session: Session, team: Team) -> dict[str, str]:
    """Questions on our own site, by what its writer reads of them."""
    settings: Settings = app.extensions["vcp_settings"]
    asker = Asker(session, settings, team)
    answered, _ = asker.asked()
    _answer(app, session, team)
    read, seen = asker.asked()
    seen.seen_at = clock.now()
    closed, done = asker.asked()
    done.disposition, done.reason = Disposition.NO_ACTION, "Asked twice."
    CONTACT.apply(session, done, "close", by=BY)
    with time_machine.travel(clock.now() - timedelta(days=4)):
        late, _ = asker.asked()
        missed, told = asker.asked()
    told.missed_at = clock.now()
    return {
        "asked_answered": answered,
        "asked_read": read,
        "asked_closed": closed,
        "asked_late": late,
        "asked_missed": missed,
        "asked_urgent": asker.asks(URGENT),
    }
