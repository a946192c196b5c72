"""Invented cases, and the people who decide about them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Case
from moderation.states import CaseState
from tests.factories.contacts import make_message
from tests.factories.posts import Team, make_post
from tests.factories.users import make_user
from vcp.areas.models import Area
from vcp.kernel.permissions import Role
from vcp.posts.states import PostState
from vcp.users.models import User

#: Held as P1 for one category, and as P1 and P2 for two.
OPERATION = "We will raid the flat at 5am tomorrow."
NEVER = "Send me your number babe, don't tell anyone x"


def make_case(session: Session, team: Team, *, text: str, **changed: object) -> Case:
    """The open case of a draft that was held for this text."""
    post = make_post(session, team, state=PostState.HELD, text=text, **changed)
    return session.scalars(select(Case).where(Case.revision_id == post.revision_id)).one()


def make_decision_maker(
    session: Session, area: Area, category: str | None = None, *, name: str = ""
) -> User:
    """Somebody who may release holds of this category here; None: of every category."""
    return make_user(session, role=Role.DECISION_MAKER, area=area, category=category, name=name)


def make_contact_case(
    session: Session,
    team: Team,
    *,
    text: str = "Someone is breaking into the flat next door",
    category: str = "emergency_in_progress",
    priority: str = "P1",
    **changed: Any,
) -> Case:
    """The open case of a resident's message that was screened as this."""
    message = make_message(
        session, team, text=text, category=category, priority=priority, **changed
    )
    return session.scalars(
        select(Case).where(Case.contact_id == message.contact_id, Case.state != CaseState.DISPOSED)
    ).one()
