"""What the publisher does, a step at a time, so that a test can end it between any two steps."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.lifecycles.world import CountingNetwork, World
from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.networks.base import (
    NetworkError,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Reason,
    Rejected,
    Unauthorised,
    Unavailable,
)
from vcp.posts import claiming, publishing, reappearing, set_back, settling, stopping
from vcp.posts.claiming import Claimed
from vcp.posts.models import Approval, Delivery, Revision
from vcp.posts.publishing import Outcome
from vcp.posts.settling import Reading
from vcp.posts.stopping import Takedown
from vcp.posts.words import words_of


class Fault(StrEnum):
    """What goes wrong with one call to a network."""

    NONE = "none"
    NOT_SENT = "not_sent"
    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate_limited"
    REJECTED = "rejected"
    SAYS_POSTED = "says_posted"
    UNAUTHORISED = "unauthorised"
    LOST_BEFORE = "lost_before"
    LOST_AFTER = "lost_after"
    DIES_BEFORE = "dies_before"
    DIES_AFTER = "dies_after"


DYING = (Fault.DIES_BEFORE, Fault.DIES_AFTER)
_ERRORS: dict[Fault, NetworkError] = {
    Fault.NOT_SENT: NotSent("No connection."),
    Fault.UNAVAILABLE: Unavailable("Closed for repairs."),
    Fault.RATE_LIMITED: RateLimited("Too much.", retry_after_s=5),
    Fault.REJECTED: Rejected("No.", reason=Reason.INVALID),
    Fault.SAYS_POSTED: Rejected("It says that already.", reason=Reason.ALREADY_POSTED),
    Fault.UNAUTHORISED: Unauthorised("Who are you?"),
    Fault.LOST_BEFORE: OutcomeUnknown("No answer."),
    Fault.LOST_AFTER: OutcomeUnknown("No answer."),
    # Who dies learns nothing; the error only ends the call.
    Fault.DIES_BEFORE: OutcomeUnknown("Dead."),
    Fault.DIES_AFTER: OutcomeUnknown("Dead."),
}
READING_FAULTS = (Fault.NONE, Fault.NOT_SENT, Fault.UNAVAILABLE)


@dataclass
class PublisherProcess:
    """One publisher: what it has claimed, sent and read is only in its memory."""

    world: World
    owner: str
    claims: list[Claimed] = field(default_factory=list)
    answers: list[tuple[Claimed, Outcome]] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    watches: list[Reading] = field(default_factory=list)
    takedowns: list[Takedown] = field(default_factory=list)

    def die(self) -> None:
        """Lose the memory, and go on as a new process under a new name."""
        self.owner = f"test:{uuid.uuid4().hex}"
        for kept in (self.claims, self.answers, self.readings, self.watches, self.takedowns):
            kept.clear()

    def claim(self, channel_id: int) -> bool:
        """Claim the channel's next delivery, and hold that it may go; false when none may."""
        world = self.world
        with world.unit() as session:
            found = claiming.claim_next(session, channel_id, self.owner, world.settings)
        if found is None:
            return False
        self._check_claim(found)
        self.claims.append(found)
        return True

    def _check_claim(self, claimed: Claimed) -> None:
        """Hold that two people stand behind exactly these bytes, and that it isn't too late."""
        session = self.world.session
        delivery = session.get_one(Delivery, claimed.delivery_id)
        post, revision = delivery.post, delivery.revision
        assert delivery.due_at <= clock.now() < delivery.not_after
        assert delivery.withdraw_wanted_at is None
        assert post.author.state == "active"
        assert post.persona.state == "verified"
        assert delivery.channel.state in ("connected", "expiring")
        assert claimed.outgoing.text == revision.text
        assert words_of(revision).sha256 == revision.sha256
        hands: set[int | None] = {post.author_id}
        for words in session.query(Revision).filter_by(post_id=post.id):
            hands |= {words.written_by_id, words.submitted_by_id}
        yes = session.query(Approval).filter_by(revision_id=revision.id, voided_at=None).all()
        assert yes, "nobody approved what is about to leave"
        assert all(one.revision_sha256 == revision.sha256 for one in yes)
        assert not {one.approved_by_id for one in yes} & hands, "approved by one of its authors"

    def send(self, fault: Fault = Fault.NONE) -> None:
        """Send the oldest claim; the answer, if there is one, is only in memory yet."""
        if not self.claims:
            return
        claimed = self.claims.pop(0)
        network = self.world.networks[claimed.channel_id]
        if fault is not Fault.NONE:
            is_accepted = fault in (Fault.LOST_AFTER, Fault.DIES_AFTER)
            network.fail_next(_ERRORS[fault], after_accepting=is_accepted)
        before, calls = len(network.posts), network.calls
        outcome = publishing.send(claimed, network)
        network.note_accepted(before)
        if network.calls > calls:
            self._check_sent(claimed)
        network.forget_faults()
        if fault in DYING:
            self.die()
        else:
            self.answers.append((claimed, outcome))

    def _check_sent(self, claimed: Claimed) -> None:
        """Hold that it wasn't asked of the network too late, or while another has the channel."""
        delivery = self.world.session.get_one(Delivery, claimed.delivery_id)
        assert clock.now() < delivery.not_after, "sent after its last moment"

    def record(self) -> None:
        """Store what the oldest answer said."""
        if self.answers:
            claimed, outcome = self.answers.pop(0)
            with self.world.unit() as session:
                publishing.record(session, claimed, outcome)

    def renew(self) -> None:
        """Keep the leases of what is in hand."""
        held = [claimed.delivery_id for claimed in self.claims]
        with self.world.unit() as session:
            claiming.renew_leases(session, self.owner, held)

    def sweep(self) -> None:
        """Do a turn of repair, up to where the networks are asked."""
        with self.world.unit() as session:
            set_back.follow(session)
            settling.lose_expired(session)
            settling.wake(session)
            settling.end_replaced(session)
            settling.expire(session)
            reappearing.hurry(session)
            self.readings += settling.take_reading(session, self.world.settings)
            reappearing.ask_about_unread(session)
            self.watches += reappearing.take_watches(session, self.world.settings)
            stopping.ask_about_shown(session)
            self.takedowns += stopping.take_down_due(session)

    def read(self, fault: Fault = Fault.NONE, *, dies: bool = False) -> None:
        """Read a network for the oldest reading taken, and settle by it."""
        if not self.readings:
            return
        reading = self.readings.pop(0)
        network = self.world.networks[reading.channel_id]
        self._fail_reading(network, fault)
        found = settling.read(reading, network)
        network.forget_faults()
        if dies:
            self.die()
            return
        with self.world.unit() as session:
            settling.record_reading(session, reading, found)

    def watch(self) -> None:
        """Look for the oldest withdrawn delivery that is looked out for."""
        reading = self.watches.pop(0)
        found = settling.read(reading, self.world.networks[reading.channel_id])
        with self.world.unit() as session:
            reappearing.record_watch(session, reading, found)

    def take_down(self, fault: Fault = Fault.NONE, *, dies: bool = False) -> None:
        """Take down the oldest takedown taken, and store what was seen."""
        if not self.takedowns:
            return
        takedown = self.takedowns.pop(0)
        network = self.world.networks[takedown.channel_id]
        if fault is not Fault.NONE:
            network.fail_next(_ERRORS[fault])
        trouble = stopping.take_down(takedown, network)
        network.forget_faults()
        if dies:
            self.die()
            return
        with self.world.unit() as session:
            stopping.record_takedown(session, takedown, trouble)

    def _fail_reading(self, network: CountingNetwork, fault: Fault) -> None:
        if fault is not Fault.NONE:
            network.fail_next(_ERRORS[fault], reading=True)

    def settle(self) -> None:
        """Store, repair, read and take down all there is; nothing goes wrong."""
        while self.answers:
            self.record()
        self.sweep()
        while self.readings:
            self.read()
        while self.watches:
            self.watch()
        while self.takedowns:
            self.take_down()

    def whole_turn(self, channels: Sequence[Channel]) -> None:
        """Do everything that there is to do now, and nothing goes wrong."""
        self.settle()
        for channel in channels:
            while self.claims or self.claim(channel.id):
                self.send()
                self.record()
