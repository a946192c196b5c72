"""What is paused in a neighbourhood, what became due meanwhile, and what a server still shows."""

from sqlalchemy.orm import Session

from tests.factories.personas import make_persona
from tests.factories.posts import Team, make_post
from tests.factories.users import make_user
from vcp.kernel import clock
from vcp.kernel.context import Machine
from vcp.kernel.permissions import Role
from vcp.posts import pausing
from vcp.posts.models import Delivery
from vcp.posts.pause_models import HeldBack, Pause, PauseScope, Stops
from vcp.posts.states import DELIVERY, PostState

BY = Machine("test")


def control(session: Session, team: Team) -> dict[str, str]:
    """A pause by a person, a breaker that somebody proposes to lift, and one that is lifted."""
    chief = make_user(session, role=Role.SUPERVISOR, name="Sgt Chief")
    paused, spent = (make_persona(session, area=team.area, name=name) for name in ("PC A", "PC B"))
    made = pausing.pause(session, "persona", str(paused.id), "On leave.", by=chief)
    breaker = Pause(
        scope=PauseScope.PERSONA,
        stops=Stops.POSTS,
        area_path=team.area.path,
        persona_id=spent.id,
        is_breaker=True,
    )
    pausing.start(session, breaker, "PC B is over its budget of 30 posts an hour.", by=BY)
    pausing.lift(session, breaker.id, "It was a campaign.", by=chief)
    past = pausing.pause(session, "channel", str(team.mastodon.id), "Repairs.", by=chief)
    pausing.lift(session, past.id, "Repaired.", by=chief)
    post = make_post(session, team, state=PostState.SCHEDULED, text="Was due while stopped.")
    held, shown = sorted(post.deliveries, key=lambda row: row.channel_id == team.mastodon.id)
    session.add(HeldBack(delivery_id=held.id, pause_id=past.id, held_at=clock.now()))
    _still_shown(session, shown)
    return {
        "pause_id": str(made.id),
        "pause_proposed": str(breaker.id),
        "delivery_held": str(held.id),
        "delivery_stays": str(shown.id),
    }


def _still_shown(session: Session, delivery: Delivery) -> None:
    delivery.remote_id, delivery.remote_url = f"stays-{delivery.post_id}", "https://a.example/1"
    delivery.withdraw_wanted_at = clock.now()
    delivery.problem = "It was asked to be taken down, but: the server still shows it."
    for verb in ("claim", "publish", "stay"):
        DELIVERY.apply(session, delivery, verb, by=BY)
