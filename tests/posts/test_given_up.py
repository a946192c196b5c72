"""What was given up, or refused in the end, after a try that may have left: it must not stay."""

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.posts import Team
from tests.posts.test_stopping import STAYS, delivery_of, look, receipt, sending, team, withdraw
from vcp.kernel.errors import Conflict
from vcp.kernel.settings import Settings
from vcp.networks.base import NetworkError, NotSent, OutcomeUnknown, Reason, Rejected
from vcp.posts import claiming, publishing, reappearing, settling, settling_by_person, stopping
from vcp.posts.claiming import Claimed
from vcp.posts.publishing import Outcome
from vcp.posts.states import DELIVERY, DeliveryState
from vcp.posts.stopping import Seen

__all__ = ["sending", "team"]

D = DeliveryState


def test_one_that_a_person_gave_up_is_looked_for_all_the_same(
    session: Session, team: Team, sending: Claimed, settings: Settings
) -> None:
    """Who looked and found nothing may have looked too early."""
    delivery = delivery_of(session, sending)
    for verb in ("lose", "ask"):
        DELIVERY.apply(session, delivery, verb, by=team.supervisor)
    withdraw(session, team, sending)
    settling_by_person.give_up(session, delivery.id, "It isn't there.", by=team.supervisor)
    session.flush()
    (reading,) = reappearing.take_watches(session, settings)
    reappearing.record_watch(session, reading, receipt())
    session.flush()
    look(session, Seen())
    assert delivery.state is D.WITHDRAWN


@pytest.mark.parametrize(
    "error, looked_for",
    [(OutcomeUnknown("no answer"), True), (NotSent("no route"), False)],
    ids=["the first try may have left", "neither try left"],
)
def test_one_that_was_refused_in_the_end_is_looked_for_if_an_earlier_try_may_have_left(
    session: Session,
    team: Team,
    sending: Claimed,
    settings: Settings,
    clock: time_machine.Traveller,
    error: NetworkError,
    *,
    looked_for: bool,
) -> None:
    publishing.record(session, sending, Outcome(error=error))
    for _ in range(30):
        settling.wake(session)
        for reading in settling.take_reading(session, settings):
            settling.record_reading(session, reading, None)
        session.flush()
        clock.shift(1)
    again = claiming.claim_next(session, team.mastodon.id, "test:1", settings)
    assert again is not None
    refused = Rejected("too long", reason=Reason.TOO_LONG)
    publishing.record(session, again, Outcome(error=refused))
    assert withdraw(session, team, sending).state is D.FAILED
    assert bool(reappearing.take_watches(session, settings)) is looked_for


def test_what_a_server_still_shows_cannot_be_given_up(
    session: Session, team: Team, sending: Claimed, clock: time_machine.Traveller
) -> None:
    publishing.record(session, sending, Outcome(receipt=receipt()))
    delivery = withdraw(session, team, sending)
    clock.shift(stopping.ASK_AFTER_S + 1)
    look(session, STAYS)
    stopping.ask_about_shown(session)
    assert delivery.state is D.NEEDS_PERSON
    with pytest.raises(Conflict, match="still shows it"):
        settling_by_person.give_up(session, delivery.id, "Never mind.", by=team.supervisor)
