"""Proposing, confirming, blocking and giving up channels."""

from datetime import UTC, datetime
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.areas import make_area
from tests.factories.channels import make_channel
from tests.factories.users import give_role, make_user
from vcp.areas.models import AreaKind
from vcp.channels import adapters, queries, service
from vcp.channels.models import Channel, SettlePolicy
from vcp.channels.service import About
from vcp.channels.states import CHANNEL, USABLE, ChannelState
from vcp.kernel.audit import AuditEvent
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from vcp.kernel.mail import Mail
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.networks import own
from vcp.networks.base import Limits

PUBLISHER = Machine("publisher")


def verbs(session: Session, channel: Channel) -> list[str]:
    rows = session.scalars(
        select(AuditEvent.verb)
        .where(AuditEvent.subject_kind == "channel", AuditEvent.subject_id == str(channel.id))
        .order_by(AuditEvent.at)
    )
    return list(rows)


def propose(session: Session, people: SimpleNamespace, **changes: object) -> Channel:
    wanted: dict[str, Any] = {
        "network": "mastodon",
        "name": "Harbour on Mastodon",
        "area_id": people.harbour.id,
        "base_url": "https://social.example",
        "by": people.admin,
    }
    return service.propose(session, **(wanted | changes))


class TestOwnFeed:
    def test_it_is_there_as_soon_as_there_is_a_force(self, session: Session) -> None:
        assert queries.own_feed(session) is None
        with pytest.raises(Conflict):
            service.own_feed(session)
        make_area(session, kind=AreaKind.FORCE)
        feed = queries.own_feed(session)
        assert feed is not None
        assert feed.state is ChannelState.CONNECTED
        assert service.own_feed(session) is feed
        assert verbs(session, feed) == ["create", "confirm"]

    def test_nobody_gives_it_up(self, session: Session, people: SimpleNamespace) -> None:
        feed = service.own_feed(session)
        with pytest.raises(Conflict):
            service.disconnect(session, feed.id, "tired of it", by=people.admin)

    def test_it_takes_what_the_site_takes(self, session: Session, people: SimpleNamespace) -> None:
        assert adapters.limits_of(service.own_feed(session)) == own.LIMITS


class TestProposing:
    def test_an_administrator_of_the_area_proposes(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        channel = propose(session, people)
        assert channel.state is ChannelState.PROPOSED
        assert channel.area_path == people.harbour.path
        assert verbs(session, channel) == ["create"]

    @pytest.mark.parametrize("who", ["officer", "sergeant", "chief"])
    def test_nobody_else_proposes(
        self, session: Session, people: SimpleNamespace, who: str
    ) -> None:
        with pytest.raises(NotAllowed):
            propose(session, people, by=getattr(people, who))

    def test_an_administrator_of_another_area_does_not(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        with pytest.raises(NotAllowed):
            propose(session, people, by=people.local_admin, area_id=people.hilltop.id)

    @pytest.mark.parametrize(
        "changes, field",
        [
            ({"network": "own"}, "network"),
            ({"network": "telepathy"}, "network"),
            ({"name": " "}, "name"),
            ({"name": "x" * 121}, "name"),
            ({"area_id": 999}, "area_id"),
            ({"base_url": "http://social.example"}, "base_url"),
            ({"base_url": "https://social.example/@officer"}, "base_url"),
            ({"base_url": "https://me:secret@social.example"}, "base_url"),
            ({"base_url": "ftp://social.example"}, "base_url"),
            ({"about": About(settle_after_s=0)}, "settle_after_s"),
            ({"about": About(settle_after_s=600)}, "settle_after_s"),
            ({"about": About(hours="x" * 201)}, "hours"),
        ],
    )
    def test_what_cannot_be_used_is_refused_at_its_field(
        self, session: Session, people: SimpleNamespace, changes: dict[str, object], field: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            propose(session, people, **changes)
        assert refused.value.field == field

    def test_a_name_is_there_once(self, session: Session, people: SimpleNamespace) -> None:
        propose(session, people)
        with pytest.raises(Invalid, match="name"):
            propose(session, people, name="harbour ON mastodon")


class TestConfirming:
    def waiting(self, session: Session, people: SimpleNamespace) -> Channel:
        channel = make_channel(
            session, area=people.harbour, state=ChannelState.PROPOSED, proposed_by=people.admin
        )
        channel.sealed_credentials = b"sealed"
        return channel

    def test_a_supervisor_of_the_area_confirms(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        channel = self.waiting(session, people)
        assert queries.to_confirm(session, people.sergeant) == [channel]
        service.confirm(session, channel.id, by=people.sergeant, account_id=channel.account_id)
        assert channel.state is ChannelState.CONNECTED
        assert channel.confirmed_by_id == people.sergeant.id
        assert verbs(session, channel) == ["confirm"]

    @pytest.mark.parametrize("who", ["admin", "other_admin", "officer", "stranger"])
    def test_nobody_else_confirms(
        self, session: Session, people: SimpleNamespace, who: str
    ) -> None:
        channel = self.waiting(session, people)
        with pytest.raises(NotAllowed):
            service.confirm(session, channel.id, by=getattr(people, who))

    def test_the_proposer_does_not_confirm_even_as_a_supervisor(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        channel = self.waiting(session, people)
        give_role(session, people.admin, Role.SUPERVISOR, people.harbour)
        assert queries.to_confirm(session, people.admin) == []
        with pytest.raises(NotAllowed, match="another supervisor"):
            service.confirm(session, channel.id, by=people.admin)

    def test_another_account_than_the_one_shown_is_not_confirmed(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        channel = self.waiting(session, people)
        with pytest.raises(Conflict):
            service.confirm(session, channel.id, by=people.sergeant, account_id="other")

    def test_a_channel_without_an_account_is_not_confirmed(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        channel = propose(session, people)
        with pytest.raises(Conflict):
            service.confirm(session, channel.id, by=people.sergeant)


class TestMoves:
    @pytest.mark.parametrize("state, verb", list(product(ChannelState, CHANNEL.moves)))
    def test_only_the_moves_of_the_table_are_possible(
        self, session: Session, people: SimpleNamespace, state: ChannelState, verb: str
    ) -> None:
        channel = make_channel(session, area=people.harbour, state=state)
        if CHANNEL.allows(state, verb):
            CHANNEL.apply(session, channel, verb, by=PUBLISHER)
            assert channel.state == CHANNEL.moves[verb][1]
            assert verbs(session, channel) == [verb]
        else:
            with pytest.raises(Conflict):
                CHANNEL.apply(session, channel, verb, by=PUBLISHER)

    def test_blocking_sends_one_mail_to_each_who_can_mend_it(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        channel = make_channel(session, area=people.harbour)
        assert service.block(session, channel.id, "The token was revoked.", by=PUBLISHER)
        assert not service.block(session, channel.id, "The token was revoked.", by=PUBLISHER)
        mails = session.scalars(select(Mail)).all()
        assert sorted(mail.to_address for mail in mails) == sorted(
            person.email
            for person in (
                people.admin,
                people.other_admin,
                people.local_admin,
                people.sergeant,
                people.chief,
            )
        )
        assert "The token was revoked." in mails[0].body
        assert "Connect" in mails[0].body
        assert channel.state is ChannelState.BLOCKED
        assert channel.problem == "The token was revoked."

    def test_a_channel_about_to_end_is_still_used(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        channel = make_channel(session, area=people.harbour)
        service.warn(session, channel.id, "It ends on Friday.", by=PUBLISHER)
        assert channel in queries.usable(session, people.harbour.path)

    @pytest.mark.parametrize("who", ["admin", "local_admin", "sergeant", "chief"])
    def test_administrators_and_supervisors_of_the_area_give_it_up(
        self, session: Session, settings: Settings, people: SimpleNamespace, who: str
    ) -> None:
        channel = make_channel(session, area=people.harbour, settings=settings, token="t")
        service.disconnect(session, channel.id, "not ours any more", by=getattr(people, who))
        assert channel.state is ChannelState.DISCONNECTED
        assert channel.sealed_credentials is None

    @pytest.mark.parametrize("who", ["officer", "stranger"])
    def test_others_do_not(self, session: Session, people: SimpleNamespace, who: str) -> None:
        channel = make_channel(session, area=people.harbour)
        with pytest.raises(NotAllowed):
            service.disconnect(session, channel.id, "bored", by=getattr(people, who))
        with pytest.raises(Invalid):
            service.disconnect(session, channel.id, " ", by=people.admin)


class TestReading:
    @pytest.mark.parametrize("state", list(ChannelState))
    def test_only_usable_channels_of_the_area_and_around_it_are_offered(
        self, session: Session, people: SimpleNamespace, state: ChannelState
    ) -> None:
        near = make_channel(session, area=people.harbour, state=state)
        wide = make_channel(session, area=people.force, state=state)
        make_channel(session, area=people.hilltop, state=state)
        feed = service.own_feed(session)
        expected = [feed, near, wide] if state in USABLE else [feed]
        assert queries.usable(session, people.harbour.path) == expected

    def test_a_person_sees_their_areas_and_the_wider_ones(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        near = make_channel(session, area=people.harbour)
        far = make_channel(session, area=people.hilltop)
        feed = service.own_feed(session)
        assert queries.visible(session, people.officer) == [feed, near]
        assert set(queries.visible(session, people.chief)) == {feed, near, far}
        with pytest.raises(NotAllowed):
            queries.visible_to(session, far.id, people.officer)
        with pytest.raises(NotFound):
            queries.visible_to(session, 999, people.officer)

    def test_somebody_without_a_role_sees_nothing(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        assert queries.visible(session, make_user(session, role=None)) == []

    def test_limits_come_back_as_the_server_said_them(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        channel = make_channel(session, area=people.harbour)
        said = Limits(
            characters=777,
            url_length=None,
            media_count=2,
            media_bytes=9,
            media_types=("image/png",),
            alt_characters=100,
            supports_edit=False,
            supports_content_warning=True,
            probed_at=datetime(2026, 6, 2, tzinfo=UTC),
        )
        service.note_limits(session, channel.id, said)
        session.flush()
        session.refresh(channel)
        assert adapters.limits_of(channel) == said
        channel.limits = None
        assert adapters.limits_of(channel) == adapters.UNPROBED

    def test_editing_changes_what_is_said_and_not_the_account(
        self, session: Session, people: SimpleNamespace
    ) -> None:
        channel = make_channel(session, area=people.harbour, name="Old")
        account = channel.account_id
        about = About("Streets", "Daily", is_shared=True, settle_policy=SettlePolicy.PERSON)
        with pytest.raises(NotAllowed):
            service.edit(session, channel.id, "New", about, by=people.sergeant)
        service.edit(session, channel.id, "New", about, by=people.local_admin)
        assert (channel.name, channel.is_shared, channel.account_id) == ("New", True, account)
        assert channel.settle_policy is SettlePolicy.PERSON
        assert verbs(session, channel) == ["edit"]
