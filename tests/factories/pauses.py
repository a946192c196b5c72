"""Pauses for tests, as people set them."""

from sqlalchemy.orm import Session

from tests.factories.posts import Team
from tests.factories.users import make_user
from vcp.kernel.permissions import Role
from vcp.posts import pausing
from vcp.posts.pause_models import Pause, PauseScope
from vcp.users.models import User

WHY = "Something is wrong."


def targets(team: Team) -> dict[PauseScope, str]:
    """What each scope is paused by, so that the team's Mastodon delivery is covered."""
    return {
        PauseScope.EVERYTHING: "",
        PauseScope.AREA: str(team.district.id),
        PauseScope.PERSONA: str(team.persona.id),
        PauseScope.NETWORK: "mastodon",
        PauseScope.CHANNEL: str(team.mastodon.id),
    }


def make_pause(session: Session, team: Team, scope: PauseScope, *, target: str = "") -> Pause:
    """A pause by the force's administrator, who may pause anything."""
    by = team.administrator
    if scope is PauseScope.EVERYTHING:
        return pausing.stop_everything(session, WHY, by=by)
    return pausing.pause(session, scope, target or targets(team)[scope], WHY, by=by)


def make_force_supervisor(session: Session) -> User:
    """Somebody who may lift what covers the whole force."""
    return make_user(session, role=Role.SUPERVISOR)


def lift(session: Session, team: Team, pause: Pause) -> Pause:
    """Lift it as people do: by one, or by two where that takes two."""
    pausing.lift(session, pause.id, "It is over.", by=team.administrator)
    if pause.takes_two:
        pausing.confirm_lift(session, pause.id, by=make_force_supervisor(session))
    return pause
