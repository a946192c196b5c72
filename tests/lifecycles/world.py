"""A small force inside one transaction of a real database, which is undone at the end of a run.

Units of work are savepoints here, so that thousands of runs begin from the same rows and none has
to be stored; what a unit does is what the product does in it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, NamedTuple

import time_machine
from sqlalchemy import Insert, event, func, select
from sqlalchemy.orm import ORMExecuteState, Session

from officer_profiles.models import CapabilityKind
from tests.conftest import MONDAY
from tests.factories.channels import make_channel
from tests.factories.personas import grant
from tests.factories.posts import Team, make_colleague, make_team
from tests.factories.users import make_user
from vcp.channels.models import Channel, SettlePolicy
from vcp.kernel import clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.lifecycle import Lifecycle
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.networks.fake import FakeNetwork
from vcp.posts.models import Delivery, Post
from vcp.posts.states import DELIVERY, FINAL, POST, DeliveryState, PostState
from vcp.users.models import User

TRAIL = AuditEvent.__table__
LIFECYCLES: dict[str, Lifecycle[Any]] = {"post": POST, "delivery": DELIVERY}
#: Less than any channel's `settle_after_s`, as its connection has measured.
LAG = timedelta(seconds=10)
LEAVES_AN_END = {"withdraw", "appear", "stay", "mistake"}
#: How the addresses of posts begin, by network.
ADDRESSES = {"x": "https://x.com/us/status/", "bluesky": "https://bsky.app/profile/us/post/"}
ENDED = FINAL | {PostState.EXPIRED, PostState.CANCELLED, PostState.WITHDRAWN}


class Died(BaseException):
    """A process is killed inside a unit of work."""


class Line(NamedTuple):
    """What an event of the trail says of a row."""

    subject_kind: str
    subject_id: str
    verb: str
    old_state: str | None
    new_state: str | None


class CountingNetwork(FakeNetwork):
    """Remembers how often each text was accepted, also of what was taken down since."""

    def __init__(self, channel: Channel) -> None:
        self.on = channel.network
        ids = f"at://{channel.account_id}/app.bsky.feed.post/{{}}" if self.on == "bluesky" else "{}"
        super().__init__(is_idempotent=self.on == "bluesky", lag=LAG, ids=ids)
        self.accepted: Counter[str] = Counter()

    def address_of(self, remote_id: str) -> str:
        """Return where a person sees this post."""
        last = remote_id.rsplit("/", maxsplit=1)[-1]
        return ADDRESSES.get(self.on, "https://social.example/@us/") + last

    def note_accepted(self, before: int) -> None:
        """Count what was added since there were so many."""
        self.accepted.update(post.outgoing.text for post in self.posts[before:])

    def unclaimed(self, text: str, taken: Collection[str]) -> str | None:
        """Return a copy that no other post of ours has, shown yet or not: who waits sees it."""
        return next(
            (
                post.remote_id
                for post in self.posts
                if post.outgoing.text == text and post.remote_id not in taken
            ),
            None,
        )

    def forget_faults(self) -> None:
        """Drop what was to go wrong with a call that never came."""
        self._faults.clear()
        self._reading_faults.clear()

    def clock_of_ours_moved(self, by: timedelta) -> None:
        """Keep the network's own time: ours was set, theirs was not."""
        self.posts = [
            replace(post, at=post.at + by, visible_at=post.visible_at + by) for post in self.posts
        ]


@dataclass
class World:
    """The force, its networks, what is known of every row, and the trail so far."""

    session: Session
    settings: Settings
    clock: time_machine.Traveller
    team: Team
    people: list[User]
    channels: list[Channel]
    networks: dict[int, CountingNetwork] = field(default_factory=dict)
    known: dict[tuple[str, str], str] = field(default_factory=dict)
    trail: list[Line] = field(default_factory=list)
    trail_at_start: int = 0
    #: The process is killed when the next unit has done its work and hasn't stored it.
    dies_before_commit: bool = False

    def begin(self) -> None:
        """Forget the run before: every row, every copy at a network, every second."""
        self.session.rollback()
        self.clock.move_to(MONDAY)
        self.networks = {channel.id: CountingNetwork(channel) for channel in self.channels}
        self.known, self.trail = {}, []
        self.trail_at_start = self._trail_length()

    @contextmanager
    def unit(self) -> Iterator[Session]:
        """Run one unit of work: all of it is stored, or nothing; then look at every row."""
        made: list[Line] = []

        def note(asked: ORMExecuteState) -> None:
            if isinstance(asked.statement, Insert) and asked.statement.table is TRAIL:
                lines: Any = asked.parameters
                made.extend(Line(*(line[name] for name in Line._fields)) for line in lines)

        event.listen(self.session, "do_orm_execute", note)
        try:
            with self.session.begin_nested():
                yield self.session
                if self.dies_before_commit:
                    raise Died
        finally:
            self.dies_before_commit = False
            event.remove(self.session, "do_orm_execute", note)
            self.session.info.pop("after_commit", None)
            self.session.expire_all()
        self._check(made)

    def _check(self, made: list[Line]) -> None:
        """Hold that each change has its events, in order, and that no end is left again."""
        moves: dict[tuple[str, str], list[Line]] = defaultdict(list)
        self.trail += made
        for one in made:
            if one.subject_kind in LIFECYCLES and one.new_state is not None:
                moves[one.subject_kind, one.subject_id].append(one)
        for key, state in self._states().items():
            walked = self.known.get(key)
            for move in moves.pop(key, []):
                assert move.old_state == walked, f"{key}: a gap before {move.verb}"
                _must_be_legal(move)
                walked = move.new_state
            assert walked == state, f"{key} is {state}, but its trail ends at {walked}"
            self.known[key] = state
        assert not moves, f"events of rows that aren't there: {list(moves)}"

    def _states(self) -> dict[tuple[str, str], str]:
        posts = self.session.execute(
            select(Post.id, Post.state, Post.released_at, Post.public_revision_id)
        )
        found = {}
        for row_id, state, released_at, public_id in posts:
            found["post", str(row_id)] = str(state)
            is_public = state in (PostState.RELEASED, PostState.WITHDRAWN)
            assert (public_id is not None) == (released_at is not None) == is_public, (
                f"post {row_id} is {state}, and residents see: {public_id}"
            )
        for delivery_id, sent in self.session.execute(select(Delivery.id, Delivery.state)):
            found["delivery", str(delivery_id)] = str(sent)
        return found

    def end(self) -> None:
        """Hold that the trail in the database is the one that was seen, line by line."""
        assert self._trail_length() - self.trail_at_start == len(self.trail)

    def unsettled(self) -> list[Delivery]:
        """Return what may still move, and what is being taken down."""
        rows = self.session.scalars(
            select(Delivery).where(
                Delivery.state.not_in(FINAL)
                | (Delivery.withdraw_wanted_at.is_not(None) & Delivery.next_at.is_not(None))
            )
        )
        return list(rows)

    def move_clock(self, by: timedelta) -> None:
        """Let time pass; backwards, it is only our clock that was set."""
        if by < timedelta():
            for network in self.networks.values():
                network.clock_of_ours_moved(by)
        self.clock.shift(by)

    def learn(self) -> None:
        """Take the rows as they are for what was there before."""
        self.known = self._states()

    def jump_to_next(self, channel_ids: Collection[int] = ()) -> None:
        """Let time pass until something may happen again, on these channels or on any."""
        now = clock.now()
        moments = [
            moment
            for delivery in self.unsettled()
            if not channel_ids or delivery.channel_id in channel_ids
            for moment in (
                delivery.next_at,
                delivery.lease_until,
                delivery.due_at,
                delivery.channel.wait_until,
                delivery.not_after,
            )
            if moment is not None and moment > now
        ]
        soonest = min(moments, default=now + timedelta(seconds=30))
        self.clock.move_to(soonest + timedelta(seconds=1))

    def check_copies(self) -> None:
        """Hold that nothing was lost or doubled, and that nothing withdrawn is left."""
        due: Counter[tuple[int, str]] = Counter()
        kept: Counter[tuple[int, str]] = Counter()
        rows = self.session.execute(
            select(Delivery.channel_id, Delivery.payload, Delivery.state, Delivery.kind)
        )
        for channel_id, payload, state, kind in rows:
            text = _text_of(payload)
            was_out = state in (DeliveryState.PUBLISHED, DeliveryState.WITHDRAWN)
            if kind == "publish":
                due[channel_id, text] += was_out
                kept[channel_id, text] += state is DeliveryState.PUBLISHED
        for channel_id, network in self.networks.items():
            for text in {text for where, text in due if where == channel_id} | set(
                network.accepted
            ):
                copies = network.accepted[text]
                wanted = due[channel_id, text]
                assert copies == wanted, f"{copies} copies of {text!r} instead of {wanted}"
        shown = sum(len(network.posts) for network in self.networks.values())
        assert shown == sum(kept.values()), "a copy that was withdrawn is still there"

    def _trail_length(self) -> int:
        return self.session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def _text_of(payload: str) -> str:
    return str(json.loads(payload)["text"])


def _must_be_legal(move: Line) -> None:
    lifecycle = LIFECYCLES[move.subject_kind]
    if move.verb == "create":
        assert (move.old_state, move.new_state) == (None, lifecycle.initial)
        return
    sources, target = lifecycle.moves[move.verb]
    assert move.old_state in sources
    assert move.new_state == target
    # An end is left only to be taken down (what was out, what shows late, what a server keeps), or
    # where a copy turned out to be another's.
    assert move.old_state not in ENDED or move.verb in LEAVES_AN_END


def make_world(session: Session, settings: Settings, clock: time_machine.Traveller) -> World:
    """Make the force once, for all runs; it is stored, and everything after it is undone."""
    team = make_team(session)
    colleague = make_colleague(session, team)
    decider = make_user(session, role=Role.DECISION_MAKER, area=team.area, name="Dee Marsh")
    channels = [team.own_feed, team.mastodon]
    for network, policy in (
        ("mastodon", SettlePolicy.PERSON),
        ("x", SettlePolicy.READ),
        ("bluesky", SettlePolicy.READ),
    ):
        made = make_channel(session, area=team.area, network=network, settle_policy=policy)
        channels.append(made)
        for kind in CapabilityKind:
            grant(session, persona=team.persona, channel=made, kind=kind)
    session.commit()
    people = [
        team.officer,
        colleague,
        team.supervisor,
        team.district_supervisor,
        team.other_supervisor,
        team.administrator,
        decider,
    ]
    return World(session, settings, clock, team, people, channels)
