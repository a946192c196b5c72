"""Residents' cases at the desk, in each state that a page tells apart."""

from datetime import timedelta

from sqlalchemy.orm import Session

from moderation import desks, handing_over, service
from tests.factories.contacts import make_message
from tests.factories.moderation import make_contact_case
from tests.factories.posts import Team
from tests.factories.users import make_user
from tests.security import things
from vcp.contacts.models import ChangeKind, MessageChange
from vcp.contacts.states import Disposition
from vcp.kernel import clock
from vcp.kernel.permissions import Role
from vcp.triage.inbound import screen_inbound
from vcp.triage.kept import as_json

URGENT = "Someone is breaking into the flat next door right now, he has a knife lol"


def cases(session: Session, team: Team, unbroken: str) -> dict[str, str]:
    """A case with everything on its page, a late desk, and a hand-over that was acknowledged."""
    made = things.cases(session, team, "own")
    worker = make_user(session, role=Role.MODERATOR, area=team.area, name="Sam Moor")
    full = make_contact_case(
        session,
        team,
        text=URGENT,
        verdict=as_json(screen_inbound(URGENT)),
        for_contact={"display_name": unbroken, "place": unbroken, "summary": unbroken},
        media=[{"kind": "image", "description": unbroken, "url": "https://towns.example/1.jpg"}],
        content_warning=unbroken,
        visibility="direct",
    )
    assert full.contact is not None
    for kind, text in ((ChangeKind.EDITED, unbroken), (ChangeKind.DELETED, "")):
        arrived = make_message(session, team, contact=full.contact, text=unbroken)
        session.add(
            MessageChange(
                message_id=full.contact.messages[0].id,
                arrival_id=arrived.arrival_id,
                kind=kind,
                at=clock.now(),
                text=text,
            )
        )
    service.claim(session, full.id, by=worker)
    service.note(session, full.id, unbroken, by=worker)
    room = desks.first_choice(session, "emergency_in_progress")
    assert room is not None
    room.phone = "01632 960001"
    row = handing_over.hand_over(session, full.id, room.id, unbroken, by=worker)
    service.put_back(session, full.id, by=worker)
    row.due_at = clock.now() - timedelta(minutes=3)
    handing_over.run_late(session)
    taken = make_contact_case(session, team, category="safeguarding", priority="P2")
    known = handing_over.hand_over(session, taken.id, room.id, "", by=worker)
    known.token_sha256 = handing_over.sha256("acknowledged")
    handing_over.acknowledge(session, "acknowledged", unbroken[:100], "INC 7")
    service.dispose(session, taken.id, Disposition.HANDED_OVER, "A patrol went.", by=worker)
    return {
        **made,
        "case_loaded": str(full.id),
        "case_loaded_hand_over": str(row.id),
        "case_taken": str(taken.id),
        "token_acknowledged": "acknowledged",
    }
