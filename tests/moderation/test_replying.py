"""The standard reply one key away: exactly what is shown goes out, and never where it must not."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import conversation, replying, service
from moderation.clocks import running
from moderation.models import Case
from tests.client import Client
from tests.factories.contacts import make_message
from tests.factories.moderation import make_contact_case
from tests.factories.posts import Team, make_team
from tests.factories.users import make_user, sign_in
from vcp.contacts.states import Disposition
from vcp.kernel import clock
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.permissions import Role
from vcp.networks.base import Receipt
from vcp.posts import claiming, standard
from vcp.posts.models import Delivery, Post
from vcp.posts.publishing import settle_as_published
from vcp.posts.states import DELIVERY
from vcp.users.models import User


@pytest.fixture
def team(session: Session) -> Team:
    made = make_team(session)
    standard.ensure_proposed(session)
    for reply in standard.every(session):
        for person in (made.supervisor, made.district_supervisor):
            standard.approve(session, reply.id, reply.sha256, by=person)
    return made


@pytest.fixture
def person(session: Session, team: Team) -> User:
    return make_user(session, role=Role.MODERATOR, area=team.area)


def offered(session: Session, case: Case, person: User) -> replying.Offer | None:
    contact = conversation.contact_of(session, case)
    return replying.offer(session, case, contact, person)


def test_what_is_shown_is_sent_and_stops_the_clock(
    client: Client, session: Session, team: Team, person: User
) -> None:
    case = make_contact_case(session, team)
    sign_in(client, person)
    path = f"/staff/cases/{case.id}"
    client.post(f"{path}/claim")
    page = client.get(path).text
    form = page[page.index('id="standard-reply"') :]
    shown = re.search(r'<div class="vcp-finding-text[^>]*>(.*?)</div>', form, re.DOTALL)
    values = dict(re.findall(r'name="(message_id|sha256)"[^>]*value="([^"]*)"', form))
    assert shown
    assert "call 999" in shown[1]
    assert client.post(f"{path}/standard-reply", data=values).status_code == 302
    post = session.scalars(select(Post)).one()
    assert post.revision is not None
    assert post.revision.text.replace("'", "&#39;") == shown[1].strip()
    assert running(case, clock.now()) is not None
    delivery = session.scalars(select(Delivery)).one()
    DELIVERY.apply(session, delivery, "claim", by=claiming.PUBLISHER)
    receipt = Receipt("ours-1", "https://towns.example/@harbour/1", clock.now())
    settle_as_published(session, delivery, receipt, "publish")
    session.flush()
    assert case.acted_at is not None, "an answer that is out is what the desk had to do"
    again = client.post(f"{path}/standard-reply", data=values)
    assert again.status_code == 409
    assert 'id="standard-reply"' not in client.get(path).text
    service.dispose(session, case.id, Disposition.REPLIED, "Told to ring 999.", by=person)


def test_nobody_in_danger_gets_a_template(session: Session, team: Team, person: User) -> None:
    case = make_contact_case(session, team, category="safeguarding", priority="P1")
    assert offered(session, case, person) is None


def test_whoever_threatens_gets_none_and_a_third_party_only_if_somebody_says_so(
    session: Session, team: Team, person: User
) -> None:
    case = make_contact_case(session, team, category="threat_to_person", priority="P1")
    offer = offered(session, case, person)
    assert offer is not None
    assert offer.asks_third_party
    sent = {"message_id": offer.message.id, "sha256": offer.reply.sha256, "by": person}
    with pytest.raises(Invalid):
        replying.send(session, case.id, **sent, third_party=False)  # type: ignore[arg-type]  # of all kinds
    replying.send(session, case.id, **sent, third_party=True)  # type: ignore[arg-type]  # of all kinds


def test_words_that_changed_meanwhile_are_not_sent(
    session: Session, team: Team, person: User
) -> None:
    case = make_contact_case(session, team)
    offer = offered(session, case, person)
    assert offer is not None
    with pytest.raises(Conflict, match="changed meanwhile"):
        replying.send(session, case.id, offer.message.id, "0" * 64, by=person, third_party=False)
    elsewhere = make_message(session, team)
    with pytest.raises(Invalid, match="isn't part"):
        replying.send(
            session, case.id, elsewhere.id, offer.reply.sha256, by=person, third_party=False
        )


def test_newest_message_of_the_gravest_kind_is_answered(
    session: Session, team: Team, person: User
) -> None:
    case = make_contact_case(session, team)
    make_message(session, team, contact=case.contact, category="crime_report", priority="P3")
    newest = make_message(
        session, team, contact=case.contact, category="emergency_in_progress", priority="P1"
    )
    make_message(session, team, contact=case.contact)
    offer = offered(session, case, person)
    assert offer is not None
    assert offer.message.id == newest.id
