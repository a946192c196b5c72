"""Turns at reading a channel, and looking at messages again."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.channels import make_channel
from tests.factories.inbound import URGENT, said, take_in
from tests.factories.posts import Team, make_team
from vcp.channels.models import Channel
from vcp.channels.states import ChannelState
from vcp.contacts import arriving, looking, reading, working
from vcp.contacts.models import ChangeKind, Message, MessageChange, Reader
from vcp.kernel import clock as our_clock
from vcp.kernel.settings import Settings
from vcp.networks.base import UNREADABLE, RateLimited, Reason, Rejected, Unauthorised, Unavailable

ONE, TWO = "ingest:here:1:aa", "ingest:here:2:bb"


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def channel(session: Session, team: Team, settings: Settings) -> Channel:
    return make_channel(session, area=team.area, settings=settings, token="token-officer")


def reader(session: Session, channel: Channel) -> Reader:
    found = session.get_one(Reader, channel.id)
    session.refresh(found)
    return found


def taken(session: Session, channel: Channel, owner: str = ONE) -> reading.Turn:
    turn = reading.take(session, channel.id, owner)
    assert turn is not None
    return turn


class TestTurns:
    def test_connected_accounts_are_read_and_no_others(
        self, session: Session, team: Team, settings: Settings, channel: Channel
    ) -> None:
        for state in ChannelState:
            if state is not ChannelState.CONNECTED and state is not ChannelState.EXPIRING:
                make_channel(session, area=team.area, settings=settings, token="t", state=state)
        assert reading.due_channels(session) == [channel.id]

    def test_one_process_reads_a_channel_at_a_time(
        self, session: Session, channel: Channel, clock: time_machine.Traveller
    ) -> None:
        taken(session, channel)
        assert reading.take(session, channel.id, TWO) is None
        assert reading.due_channels(session) == []
        clock.shift(reading.LEASE_S - 1)
        reading.renew(session, ONE, [channel.id])
        clock.shift(reading.LEASE_S - 1)
        assert reading.take(session, channel.id, TWO) is None
        clock.shift(2)
        assert taken(session, channel, TWO).was_cut

    def test_a_channel_is_read_again_after_five_seconds_and_earlier_on_a_hint(
        self, session: Session, channel: Channel, clock: time_machine.Traveller
    ) -> None:
        reading.finish(session, taken(session, channel))
        assert reading.due_channels(session, [channel.id]) == []
        clock.shift(reading.HINTED_EVERY_S)
        assert reading.due_channels(session) == []
        assert reading.due_channels(session, [channel.id]) == [channel.id]
        clock.shift(reading.EVERY_S - reading.HINTED_EVERY_S)
        assert reading.due_channels(session) == [channel.id]

    def test_x_is_read_once_a_minute_since_each_post_read_costs_money(
        self, session: Session, channel: Channel, clock: time_machine.Traveller
    ) -> None:
        channel.network = "x"
        reading.finish(session, taken(session, channel))
        clock.shift(59)
        assert reading.due_channels(session) == []
        clock.shift(1)
        assert reading.due_channels(session) == [channel.id]

    def test_a_slow_reading_delays_the_next_by_a_second_only(
        self, session: Session, channel: Channel, clock: time_machine.Traveller
    ) -> None:
        turn = taken(session, channel)
        clock.shift(8)
        reading.finish(session, turn)
        assert reading.due_channels(session) == []
        clock.shift(reading.REST_S)
        assert reading.due_channels(session) == [channel.id]

    def test_a_whole_reading_moves_the_position_to_where_it_began(
        self, session: Session, channel: Channel, clock: time_machine.Traveller
    ) -> None:
        turn = taken(session, channel)
        assert turn.since == channel.connected_at
        clock.shift(3)
        reading.finish(session, turn)
        clock.shift(60)
        again = taken(session, channel)
        assert (again.since, again.was_cut) == (turn.started_at, False)

    @pytest.mark.parametrize(
        "error, wait_s",
        [
            (Unavailable("Away."), reading.TROUBLE_S),
            (RateLimited("Too many.", retry_after_s=90), 90),
            (Rejected("No right.", reason=Reason.FORBIDDEN), reading.REFUSED_S),
        ],
    )
    def test_a_reading_that_broke_off_leaves_the_position_and_waits(
        self,
        session: Session,
        channel: Channel,
        clock: time_machine.Traveller,
        error: Exception,
        wait_s: int,
    ) -> None:
        turn = taken(session, channel)
        reading.record_trouble(session, turn, error)
        found = reader(session, channel)
        assert (found.read_to, found.problem, found.owner) == (None, str(error), None)
        assert reading.due_channels(session, [channel.id]) == []
        clock.shift(wait_s)
        assert reading.due_channels(session) == [channel.id]
        again = taken(session, channel)
        assert again.was_cut
        assert again.since == turn.since

    def test_a_refused_token_blocks_the_channel_as_in_publishing(
        self, session: Session, channel: Channel
    ) -> None:
        turn = taken(session, channel)
        reading.record_trouble(session, turn, Unauthorised("It no longer accepts our sign-in."))
        assert channel.state is ChannelState.BLOCKED
        assert reading.connected_channels(session) == []

    def test_what_another_process_took_over_is_not_ended_by_the_first(
        self, session: Session, channel: Channel, clock: time_machine.Traveller
    ) -> None:
        turn = taken(session, channel)
        clock.shift(reading.LEASE_S + 1)
        taken(session, channel, TWO)
        reading.finish(session, turn)
        found = reader(session, channel)
        assert (found.owner, found.read_to) == (TWO, None)

    def test_the_turns_of_the_dead_are_free_at_once(
        self, session: Session, channel: Channel
    ) -> None:
        taken(session, channel)
        reading.give_up_turns(session, [ONE])
        assert taken(session, channel, TWO).was_cut

    def test_a_busy_channel_is_read_thoroughly_less_often(self) -> None:
        assert reading.next_thorough(1) <= timedelta(seconds=15)
        assert reading.next_thorough(100) == reading.THOROUGH_AT_LEAST


class TestLooking:
    @pytest.fixture
    def message(self, session: Session, team: Team, clock: time_machine.Traveller) -> Message:
        arriving.store(session, team.mastodon.id, [said(remote_id="a")])
        take_in(session)
        return session.scalars(select(Message)).one()

    def test_a_message_is_looked_at_at_growing_distances_for_a_day(
        self, session: Session, message: Message, clock: time_machine.Traveller
    ) -> None:
        assert looking.due(session, message.channel_id) == []
        looks = []
        while message.look_again_at is not None:
            clock.move_to(message.look_again_at)
            assert looking.due(session, message.channel_id) == [(message.id, "a")]
            looks.append(our_clock.now() - message.received_at)
            looking.record_look(session, message.id, said(remote_id="a"))
        assert looks == list(looking.LOOKS)

    def test_a_look_finds_an_edit(
        self, session: Session, message: Message, clock: time_machine.Traveller
    ) -> None:
        looking.record_look(session, message.id, said(URGENT, remote_id="a"))
        take_in(session)
        change = session.scalars(select(MessageChange)).one()
        assert (change.kind, change.text) == (ChangeKind.EDITED, URGENT)

    def test_what_is_gone_is_marked_and_never_asked_for_again(
        self, session: Session, message: Message, clock: time_machine.Traveller
    ) -> None:
        looking.record_look(session, message.id, None)
        take_in(session)
        assert session.scalars(select(MessageChange)).one().kind is ChangeKind.DELETED
        clock.shift(timedelta(days=2))
        assert looking.due(session, message.channel_id) == []

    def test_what_cannot_be_read_is_left_to_the_next_time(
        self, session: Session, message: Message, clock: time_machine.Traveller
    ) -> None:
        clock.shift(61)
        looking.put_off(session, message.id)
        assert message.look_again_at == message.received_at + looking.LOOKS[1]

    def test_closed_contacts_are_left_alone(
        self, session: Session, team: Team, message: Message, clock: time_machine.Traveller
    ) -> None:
        working.close(session, message.contact_id, "no_action", "Only a greeting.", by=team.officer)
        clock.shift(61)
        assert looking.due(session, message.channel_id) == []
        assert message.look_again_at is None

    def test_what_the_network_cannot_be_asked_for_is_never_looked_at(self) -> None:
        assert looking.first_look(f"{UNREADABLE}1", our_clock.now()) is None
