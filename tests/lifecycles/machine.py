"""What people and processes do to posts, in any order: the rules of the state machine."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import holds
from moderation.deciding import needs
from moderation.models import Case
from moderation.states import CaseState
from officer_profiles.states import PERSONA
from tests.factories.areas import BY
from tests.factories.posts import PLATE
from tests.lifecycles.processes import READING_FAULTS, Fault, PublisherProcess
from tests.lifecycles.world import World
from vcp.channels.states import CHANNEL
from vcp.kernel import clock
from vcp.kernel.errors import NotFound, VcpError
from vcp.kernel.lifecycle import Lifecycle
from vcp.posts import correcting, service, settling_by_person, stopping
from vcp.posts.freezing import outgoing
from vcp.posts.in_force import zone
from vcp.posts.models import Delivery, Post
from vcp.posts.states import DeliveryState, PostState
from vcp.posts.timing import typed_as
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.words import Words
from vcp.users.models import User
from vcp.users.states import USER

#: The colleague of the officer, who can leave for good; any number would do.
LEAVER = 4
#: The five channels.
PLACES = st.integers(0, 4)
#: By their places in `World.people`: those who may are drawn more often than those who may not.
WRITERS = st.sampled_from((0, 0, 0, 1, 1, 2, 5))
DECIDERS = st.sampled_from((2, 2, 2, 3, 3, 0, 1, 4, 5))
RELEASERS = st.sampled_from((6, 6, 2))
PLACE = st.sampled_from((0, 0, 0, 1, 2))
TEXTS = ("The road is open again.", "Surgery at ten on Monday.", "Marking bikes today.", PLATE)
TEXT = st.sampled_from(TEXTS)
#: Which of the five channels, as bits; never none of them.
CHANNELS = st.integers(1, 31)
FAULT = st.sampled_from((*Fault, Fault.NONE, Fault.LOST_AFTER, Fault.DIES_AFTER))
READING_FAULT = st.sampled_from(READING_FAULTS)
PROCESS = st.integers(0, 1)
WAITS_S = (1, 5, 16, 21, 61, 300, 700, 4000, 90_000)
#: More than the longest way there is: a copy that may yet appear is looked for in many rounds, and
#: in more when the clock was set back meanwhile.
ROUNDS = 200


class Posts(RuleBasedStateMachine):
    """Rules draw from small numbers, so that a failing run shrinks to few plain steps."""

    world: ClassVar[World]
    #: What happened in all runs, so that one sees what was tried.
    moves: ClassVar[Counter[tuple[str, str]]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.world.begin()
        self.publishers = [PublisherProcess(self.world, f"test:{n}") for n in range(2)]
        self.posts: list[int] = []

    @initialize(text=st.sampled_from(TEXTS[:2]), channels=CHANNELS)
    def begin_with_some(self, text: str, channels: int) -> None:
        """Hypothesis leaves rules out of a run: without this many runs would have no post."""
        for channels_too in (channels, 31 - channels or 31):
            self.bring_out(text=text, channels=channels_too, who=0, wait_s=0, last_s=0)

    # What people do: a refusal is an answer, anything else a fault.

    @contextmanager
    def _asked(self) -> Iterator[Session]:
        with contextlib.suppress(VcpError), self.world.unit() as session:
            yield session

    def _post(self, session: Session, place: int) -> Post:
        if not self.posts:
            raise NotFound("No post yet.")
        return session.get_one(Post, self.posts[-1 - place % len(self.posts)])

    def _by(self, number: int) -> User:
        return self.world.people[number]

    def _words(self, text: str, channels: int, wait_s: int = 0, last_s: int = 0) -> Words:
        chosen = tuple(c.id for bit, c in enumerate(self.world.channels) if channels >> bit & 1)
        later = [
            typed_as(clock.now() + timedelta(seconds=s), zone()) if s else None
            for s in (wait_s, last_s)
        ]
        return Words(text=text, channel_ids=chosen, wanted_local=later[0], not_after_local=later[1])

    @rule(who=WRITERS, text=TEXT, channels=CHANNELS, wait_s=st.sampled_from((0, 0, 600)))
    def write(self, who: int, text: str, channels: int, wait_s: int) -> None:
        with self._asked() as session:
            words = self._words(text, channels, wait_s)
            persona_id = self.world.team.persona.id
            made = service.create_draft(session, persona_id, words, by=self._by(who))
            self.posts.append(made.id)

    @rule(
        text=TEXT,
        channels=CHANNELS,
        who=st.integers(0, 1),
        wait_s=st.sampled_from((0, 0, 0, 600)),
        last_s=st.sampled_from((0, 0, 900)),
    )
    def bring_out(self, text: str, channels: int, who: int, wait_s: int, last_s: int) -> None:
        """What an officer and a supervisor do most days, in one go."""
        team = self.world.team
        with self._asked() as session:
            words = self._words(text, channels, wait_s, last_s)
            post = service.create_draft(session, team.persona.id, words, by=self._by(who))
            service.submit(session, post.id, by=self._by(who))
            if post.state is PostState.SUBMITTED:
                assert post.revision is not None
                service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
            self.posts.append(post.id)

    @rule(place=PLACE, who=WRITERS, text=TEXT, channels=CHANNELS)
    def edit(self, place: int, who: int, text: str, channels: int) -> None:
        with self._asked() as session:
            post = self._post(session, place)
            service.save(session, post.id, self._words(text, channels), by=self._by(who))

    @rule(place=PLACE, who=WRITERS)
    def submit(self, place: int, who: int) -> None:
        with self._asked() as session:
            post = self._post(session, place)
            service.submit(session, post.id, by=self._by(who))

    @rule(place=PLACE, who=DECIDERS, seen=st.integers(0, 2))
    def approve(self, place: int, who: int, seen: int) -> None:
        """`seen`: the newest words, or those that stood there before."""
        with self._asked() as session:
            post = self._post(session, place)
            words = sorted(self._revisions(post), key=lambda revision: -revision.number)
            chosen = words[min(seen, len(words) - 1)]
            service.approve(session, post.id, chosen.sha256, by=self._by(who))

    def _revisions(self, post: Post) -> list[Any]:
        model = type(post.revision)
        return list(self.world.session.query(model).filter_by(post_id=post.id))

    @rule(place=PLACE, who=DECIDERS, which=st.sampled_from(("take_back", "send_back", "cancel")))
    def stop(self, place: int, who: int, which: str) -> None:
        with self._asked() as session:
            post = self._post(session, place)
            if which == "send_back":
                service.send_back(session, post.id, "Say where it is.", by=self._by(who))
            else:
                {"take_back": service.take_back, "cancel": service.cancel}[which](
                    session, post.id, by=self._by(who)
                )

    @rule(place=PLACE, who=RELEASERS, is_returned=st.booleans())
    def decide_hold(self, place: int, who: int, is_returned: bool) -> None:
        with self._asked() as session:
            post = self._post(session, place)
            case = session.scalars(
                select(Case).where(
                    Case.revision_id == post.revision_id, Case.state != CaseState.DISPOSED
                )
            ).first()
            if case is None:
                return
            if is_returned:
                holds.return_to_author(session, case.id, "Leave the plate out.", by=self._by(who))
                return
            for need in needs(case):
                holds.release(session, case.id, need.category, "It is ours.", by=self._by(who))

    @rule(place=PLACE, who=DECIDERS)
    def schedule(self, place: int, who: int) -> None:
        with self._asked() as session:
            post = self._post(session, place)
            service.schedule(session, post.id, None, by=self._by(who))

    @rule(place=PLACE, who=DECIDERS)
    def withdraw(self, place: int, who: int) -> None:
        with self._asked() as session:
            post = self._post(session, place)
            service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=self._by(who))

    @rule(place=PLACE, who=WRITERS, text=TEXT)
    def begin_correction(self, place: int, who: int, text: str) -> None:
        with self._asked() as session:
            post = self._post(session, place)
            words = replace(self._words(f"{text} Corrected.", 1), channel_ids=())
            made = correcting.start_correction(
                session, post.id, words, "It was wrong.", by=self._by(who)
            )
            correcting.submit_correction(session, made.id, by=self._by(who))

    @rule(place=PLACE, who=DECIDERS)
    def approve_correction(self, place: int, who: int) -> None:
        with self._asked() as session:
            post = self._post(session, place)
            found = correcting.open_correction(session, post.id)
            if found is not None:
                correcting.approve_correction(
                    session, found.id, found.revision.sha256, by=self._by(who)
                )

    @rule(place=PLACE, who=WRITERS)
    def cancel_correction(self, place: int, who: int) -> None:
        with self._asked() as session:
            post = self._post(session, place)
            found = correcting.open_correction(session, post.id)
            if found is not None:
                correcting.cancel_correction(session, found.id, by=self._by(who))

    @rule(gives_up=st.booleans())
    def say_what_is_there(self, gives_up: bool) -> None:
        """A person looks at the network, and says what is so."""
        with self._asked() as session:
            for delivery in asking(session):
                settle_by_a_look(self.world, session, delivery, gives_up=gives_up)

    # What happens around them.

    @rule(which=st.sampled_from(("author", "persona", "channel", "gone")), number=PLACES)
    def stop_or_move(self, which: str, number: int) -> None:
        """Somebody is suspended, restored or gone; a channel is blocked or mended."""
        with self.world.unit() as session:
            if which == "author":
                _toggle(session, USER, self._by(number % 2), "suspend", "restore")
            elif which == "persona":
                _toggle(session, PERSONA, self.world.team.persona, "suspend", "restore")
            elif which == "gone" and number == LEAVER:
                _move(session, USER, self._by(1), "depart")
            else:
                _toggle(session, CHANNEL, self.world.channels[number], "block", "reconnect")

    @rule(seconds=st.sampled_from(WAITS_S))
    def wait(self, seconds: int) -> None:
        self.world.move_clock(timedelta(seconds=seconds))

    @rule(seconds=st.sampled_from((2, 30, 90)))
    def clock_is_set_back(self, seconds: int) -> None:
        self.world.move_clock(timedelta(seconds=-seconds))

    # What processes do.

    @rule(process=PROCESS, channel=PLACES, fault=FAULT, is_stored=st.booleans())
    def send_one(self, process: int, channel: int, fault: Fault, is_stored: bool) -> None:
        publisher = self.publishers[process]
        if publisher.claim(self.world.channels[channel].id):
            publisher.send(fault)
            if is_stored:
                publisher.record()

    @rule(process=PROCESS, channel=PLACES)
    def claim_and_stand_still(self, process: int, channel: int) -> None:
        self.publishers[process].claim(self.world.channels[channel].id)

    @rule(process=PROCESS, fault=FAULT)
    def send_what_was_claimed(self, process: int, fault: Fault) -> None:
        self.publishers[process].send(fault)

    @rule(process=PROCESS)
    def record(self, process: int) -> None:
        self.publishers[process].record()

    @rule(process=PROCESS)
    def renew(self, process: int) -> None:
        self.publishers[process].renew()

    @rule(process=PROCESS, fault=READING_FAULT, dies=st.booleans())
    def repair(self, process: int, fault: Fault, dies: bool) -> None:
        publisher = self.publishers[process]
        publisher.sweep()
        publisher.read(fault, dies=dies)
        publisher.take_down(fault)

    @rule(process=PROCESS)
    def settle(self, process: int) -> None:
        self.publishers[process].settle()

    @rule(process=PROCESS)
    def die(self, process: int) -> None:
        self.publishers[process].die()

    def teardown(self) -> None:
        """Mend everything, and let time pass: all must come to an end that is true."""
        self._mend()
        publisher = self.publishers[0]
        for each in self.publishers:
            each.die()
        for _ in range(ROUNDS):
            publisher.whole_turn(self.world.channels)
            self.say_what_is_there(gives_up=False)
            if not self.world.unsettled():
                break
            self.world.jump_to_next()
        left = [(row.state, row.next_at, row.due_at) for row in self.world.unsettled()]
        assert not left, f"after {ROUNDS} rounds at {clock.now()}: {left}"
        self.world.check_copies()
        self.world.end()
        self.moves.update((e.subject_kind, e.verb) for e in self.world.trail)

    def _mend(self) -> None:
        with self.world.unit() as session:
            for person in self.world.people[:2]:
                _move(session, USER, person, "restore")
            _move(session, PERSONA, self.world.team.persona, "restore")
            for channel in self.world.channels:
                _move(session, CHANNEL, channel, "reconnect")


def asking(session: Session) -> list[Delivery]:
    """Return the deliveries that wait for a person's word."""
    rows = select(Delivery).where(Delivery.state == DeliveryState.NEEDS_PERSON)
    return list(session.scalars(rows))


def settle_by_a_look(world: World, session: Session, delivery: Delivery, *, gives_up: bool) -> None:
    """Say, as the supervisor who has looked there, what is so."""
    by, network = world.team.supervisor, world.networks[delivery.channel_id]
    text = outgoing(delivery, world.settings).text
    shown = network.unclaimed(text, _taken(session, delivery))
    if shown is not None:
        settling_by_person.say_published(session, delivery.id, network.address_of(shown), by=by)
    elif delivery.remote_id is not None:
        stopping.say_gone(session, delivery.id, by=by)
    elif gives_up or delivery.withdraw_wanted_at or delivery.not_after <= clock.now():
        settling_by_person.give_up(session, delivery.id, "No longer so.", by=by)
    else:
        settling_by_person.send_again(session, delivery.id, by=by)


def _taken(session: Session, delivery: Delivery) -> set[str]:
    """Return the ids on the channel that belong to other posts."""
    rows = session.scalars(
        select(Delivery.remote_id).where(
            Delivery.channel_id == delivery.channel_id,
            Delivery.post_id != delivery.post_id,
            Delivery.remote_id.is_not(None),
        )
    )
    return {str(row) for row in rows}


def _toggle(session: Session, of: Lifecycle[Any], row: Any, ends: str, begins: str) -> None:
    verb = ends if of.allows(row.state, ends) else begins
    if of.allows(row.state, verb):
        of.apply(session, row, verb, by=BY)


def _move(session: Session, of: Lifecycle[Any], row: Any, verb: str) -> None:
    if of.allows(row.state, verb):
        of.apply(session, row, verb, by=BY)
