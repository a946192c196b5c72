"""Capabilities by channel, and why a persona is stopped."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy.orm import Session

from officer_profiles import queries, service, signing
from officer_profiles.models import CapabilityKind, Persona
from officer_profiles.states import PersonaState
from tests.factories.areas import make_area
from tests.factories.channels import make_channel, make_own_feed
from tests.factories.personas import grant, make_persona
from vcp.areas.models import AreaKind
from vcp.channels.states import ChannelState
from vcp.kernel import clock as time
from vcp.kernel.errors import Conflict, Invalid, NotAllowed

POST = CapabilityKind.POST


@pytest.fixture
def persona(session: Session, people: SimpleNamespace) -> Persona:
    return make_persona(session, area=people.harbour, members=(people.sam,), name="PC Sam Okoro")


def soon() -> datetime:
    return time.now() + timedelta(days=30)


def test_a_supervisor_gives_and_takes_back(
    session: Session, people: SimpleNamespace, persona: Persona
) -> None:
    channel = make_channel(session, area=people.harbour)
    given = service.grant_capability(
        session, persona.id, channel.id, POST, soon(), by=people.sergeant
    )
    assert queries.channels_for(session, persona) == [channel]
    assert queries.stopped_because(session, persona, channel) is None
    service.revoke_capability(session, given.id, by=people.sergeant)
    assert queries.channels_for(session, persona) == []
    assert "no leave to post" in str(queries.stopped_because(session, persona, channel))
    with pytest.raises(Conflict):
        service.revoke_capability(session, given.id, by=people.sergeant)


def test_leave_ends_by_itself(
    session: Session,
    people: SimpleNamespace,
    persona: Persona,
    clock: time_machine.Traveller,
) -> None:
    channel = make_channel(session, area=people.harbour)
    service.grant_capability(session, persona.id, channel.id, POST, soon(), by=people.sergeant)
    clock.shift(timedelta(days=30, seconds=-1))
    assert queries.stopped_because(session, persona, channel) is None
    clock.shift(1)
    assert queries.stopped_because(session, persona, channel) == (
        f"The leave of PC Sam Okoro to post on {channel.name} ended on 15 July 2026. "
        "A supervisor can give it again."
    )
    assert queries.channels_for(session, persona) == []


def test_leave_to_post_is_not_leave_to_reply(
    session: Session, people: SimpleNamespace, persona: Persona
) -> None:
    channel = make_channel(session, area=people.harbour)
    grant(session, persona=persona, channel=channel)
    assert queries.stopped_because(session, persona, channel, CapabilityKind.REPLY) is not None


def test_a_new_date_replaces_the_old_one(
    session: Session, people: SimpleNamespace, persona: Persona
) -> None:
    channel = make_channel(session, area=people.harbour)
    for days in (90, 10):
        ends = time.now() + timedelta(days=days)
        service.grant_capability(session, persona.id, channel.id, POST, ends, by=people.sergeant)
    kept = queries.leaves(persona, channel.id, POST)
    assert [leave.expires_at for leave in kept] == [ends]


@pytest.mark.parametrize("who", ["sam", "kim", "stranger", "admin"])
def test_only_a_supervisor_of_the_area_gives_leave(
    session: Session, people: SimpleNamespace, persona: Persona, who: str
) -> None:
    channel = make_channel(session, area=people.harbour)
    with pytest.raises(NotAllowed):
        service.grant_capability(
            session, persona.id, channel.id, POST, soon(), by=getattr(people, who)
        )


def test_nobody_gives_leave_to_a_persona_they_speak_as(
    session: Session, people: SimpleNamespace
) -> None:
    own = make_persona(session, area=people.harbour, members=(people.sergeant,))
    channel = make_channel(session, area=people.harbour)
    with pytest.raises(NotAllowed):
        service.grant_capability(session, own.id, channel.id, POST, soon(), by=people.sergeant)


def test_a_channel_of_another_area_cannot_be_given(
    session: Session, people: SimpleNamespace, persona: Persona
) -> None:
    other = make_channel(session, area=people.hilltop)
    with pytest.raises(Invalid, match="another area"):
        service.grant_capability(session, persona.id, other.id, POST, soon(), by=people.sergeant)
    wide = make_channel(session, area=make_area(session, kind=AreaKind.FORCE))
    service.grant_capability(session, persona.id, wide.id, POST, soon(), by=people.sergeant)


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_date_within_a_year_is_needed(
    session: Session, people: SimpleNamespace, persona: Persona, clock: object, days: int
) -> None:
    channel = make_channel(session, area=people.harbour)
    with pytest.raises(Invalid):
        service.grant_capability(
            session,
            persona.id,
            channel.id,
            POST,
            time.now() + timedelta(days=days),
            by=people.sergeant,
        )


@pytest.mark.parametrize(
    "state, why",
    [
        (PersonaState.DRAFT, "not verified yet"),
        (PersonaState.SUSPENDED, "is suspended"),
        (PersonaState.ENDED, "has ended"),
    ],
)
def test_a_persona_outside_the_register_is_stopped(
    session: Session, people: SimpleNamespace, state: PersonaState, why: str
) -> None:
    channel = make_channel(session, area=people.harbour)
    persona = make_persona(
        session, area=people.harbour, members=(people.sam,), state=state, channels=(channel,)
    )
    assert why in str(queries.stopped_because(session, persona, channel))
    assert queries.personas_of(session, people.sam) == []


@pytest.mark.parametrize(
    "state, why",
    [
        (ChannelState.PROPOSED, "not confirmed yet"),
        (ChannelState.CONNECTED, None),
        (ChannelState.EXPIRING, None),
        (ChannelState.BLOCKED, "is blocked"),
        (ChannelState.DISCONNECTED, "is disconnected"),
    ],
)
def test_a_channel_that_is_not_usable_stops_everybody(
    session: Session,
    people: SimpleNamespace,
    persona: Persona,
    state: ChannelState,
    why: str | None,
) -> None:
    channel = make_channel(session, area=people.harbour, state=state)
    grant(session, persona=persona, channel=channel)
    found = queries.stopped_because(session, persona, channel)
    assert (found is None) if why is None else (why in str(found))
    assert (channel in queries.channels_for(session, persona)) is (why is None)


def test_an_area_that_ended_stops_its_personas(
    session: Session, people: SimpleNamespace, persona: Persona
) -> None:
    feed = make_own_feed(session)
    grant(session, persona=persona, channel=feed)
    people.harbour.valid_to = time.now().date() - timedelta(days=1)
    assert "no longer in force" in str(queries.stopped_because(session, persona, feed))


@pytest.mark.parametrize(
    "is_shared, text, shown",
    [
        (False, "Hello", "Hello"),
        (True, "Hello", "Hello\n– PC 4417"),
        (True, "Hello \n", "Hello\n– PC 4417"),
        (True, "Hello\n– PC 4417", "Hello\n– PC 4417"),
        (True, "", "– PC 4417"),
    ],
)
def test_a_shared_channel_adds_the_signature(
    session: Session,
    people: SimpleNamespace,
    persona: Persona,
    is_shared: bool,
    text: str,
    shown: str,
) -> None:
    persona.signature = "PC 4417"
    channel = make_channel(session, area=people.harbour, is_shared=is_shared)
    assert signing.signed_text(persona, channel, text) == shown
