"""One delivery and publishers that take turns at it, killed where a test says."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.factories.areas import BY
from tests.factories.posts import make_post
from tests.lifecycles.machine import asking, settle_by_a_look
from tests.lifecycles.processes import Fault, PublisherProcess
from tests.lifecycles.world import Died, World
from vcp.channels.states import CHANNEL
from vcp.kernel import clock
from vcp.posts import service
from vcp.posts.models import Delivery, Post
from vcp.posts.states import DeliveryState, PostState
from vcp.posts.tombstones import WithdrawalReason

#: More than the longest way there is: a copy that may yet appear is looked for in many turns, and
#: in more when the clock was set back meanwhile.
TURNS = 200


class Point(StrEnum):
    """Where a process can be killed."""

    IN_CLAIM = "in_claim"
    CLAIMED = "claimed"
    SENT = "sent"
    IN_RECORD = "in_record"
    RECORDED = "recorded"
    IN_SWEEP = "in_sweep"
    SWEPT = "swept"
    READ = "read"
    IN_SETTLING = "in_settling"


@dataclass(frozen=True)
class Turn:
    """What goes wrong in one turn, and how much time passes after it."""

    fault: Fault
    reading: Fault
    dies_at: Point | None
    passes_s: int
    is_withdrawn: bool


def make_posts(session: Session, world: World) -> list[int]:
    """Make one approved post for each channel, once for all runs; return their ids."""
    posts = [
        make_post(session, world.team, state=PostState.SCHEDULED, channel_ids=(channel.id,))
        for channel in world.channels
    ]
    session.commit()
    return [post.id for post in posts]


class Run:
    """One delivery on one channel, and publishers that take their turns, one after another."""

    def __init__(self, world: World, number: int, post_ids: list[int]) -> None:
        self.world = world
        world.begin()
        self.channel = world.channels[number]
        self.post_id = post_ids[number]
        world.session.execute(
            update(Delivery)
            .where(Delivery.channel_id != self.channel.id)
            .values(due_at=clock.now() + timedelta(days=400))
        )
        world.learn()
        self.publisher = PublisherProcess(world, "test:0")

    def turn(self, turn: Turn) -> None:
        if turn.is_withdrawn:
            self._die_in(False)
            self._withdraw()
        try:
            self._work(turn)
        except Died:
            self.publisher.die()
        self.world.move_clock(timedelta(seconds=turn.passes_s))

    def _work(self, turn: Turn) -> None:
        publisher, dies_at = self.publisher, turn.dies_at
        self._die_in(dies_at is Point.IN_SWEEP)
        publisher.sweep()
        self._die_at(dies_at is Point.SWEPT)
        while publisher.readings:
            self._die_in(dies_at is Point.IN_SETTLING)
            publisher.read(turn.reading, dies=dies_at is Point.READ)
        while publisher.takedowns:
            publisher.take_down(turn.reading)
        self._die_in(dies_at is Point.IN_CLAIM)
        if not publisher.claim(self.channel.id):
            return
        self._die_at(dies_at is Point.CLAIMED)
        publisher.send(turn.fault)
        self._die_at(dies_at is Point.SENT)
        self._die_in(dies_at is Point.IN_RECORD)
        publisher.record()
        self._die_at(dies_at is Point.RECORDED)

    def _die_in(self, is_so: bool) -> None:
        self.world.dies_before_commit = is_so

    def _die_at(self, is_so: bool) -> None:
        if is_so:
            raise Died

    def _withdraw(self) -> None:
        world = self.world
        with world.unit() as session:
            post = session.get_one(Post, self.post_id)
            by = world.team.supervisor
            if post.state is PostState.SCHEDULED:
                service.cancel(session, post.id, by=by)
            elif post.state is PostState.RELEASED:
                service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=by)

    def finish(self) -> None:
        """All is well from here on: it ends, truly, and with one copy or none."""
        world = self.world
        world.dies_before_commit = False
        self.publisher.die()
        with world.unit() as session:
            if CHANNEL.allows(self.channel.state, "reconnect"):
                CHANNEL.apply(session, self.channel, "reconnect", by=BY)
        for _ in range(TURNS):
            self.publisher.whole_turn([self.channel])
            with world.unit() as session:
                for delivery in asking(session):
                    settle_by_a_look(world, session, delivery, gives_up=False)
            if not self._is_unsettled():
                break
            world.jump_to_next([self.channel.id])
        assert not self._is_unsettled(), self._states()
        self._check()

    def _is_unsettled(self) -> bool:
        return any(row.channel_id == self.channel.id for row in self.world.unsettled())

    def _states(self) -> list[str]:
        rows = select(Delivery.state).where(Delivery.channel_id == self.channel.id)
        return [str(state) for state in self.world.session.scalars(rows)]

    def _check(self) -> None:
        network = self.world.networks[self.channel.id]
        (state,) = self._states()
        copies = sum(network.accepted.values())
        was_out = state in (DeliveryState.PUBLISHED, DeliveryState.WITHDRAWN)
        assert copies == was_out, f"{copies} copies of a delivery that is {state}"
        assert len(network.posts) == (state == DeliveryState.PUBLISHED)
        self.world.end()
