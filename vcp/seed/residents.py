"""What residents asked and said in the invented force, and what became of it."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import desks, handing_over
from moderation import service as cases
from moderation.models import Case
from vcp.contacts import arriving, face_to_face, intake, working
from vcp.contacts.face_to_face import Conversation
from vcp.contacts.models import Arrival, ArrivalKind, ContactKind, Message
from vcp.contacts.payloads import Asked
from vcp.contacts.states import Disposition
from vcp.posts import service as posts
from vcp.posts import standard
from vcp.posts.words import Words
from vcp.seed.calendar import Calendar
from vcp.seed.cast import Cast
from vcp.seed.feed import Feed
from vcp.seed.personas import Personas
from vcp.seed.walk import Step

MODERATOR, INSPECTOR = "moderator", "inspector"
MAIL = "{}@carrowdale.police.example"
MOMENT = timedelta(seconds=2)
#: How many days ago everyday questions were asked at the most, and which are still open.
LONGEST_AGO, STILL_OPEN = 60, 2
NAMES = ("Alex", "Robin", "Jo", "Sam", "Mika", "Ash", "")
QUESTIONS = (
    "When is the next street surgery?",
    "Whom do I ask about a street light that is out?",
    "Do you mark bikes at the school as well?",
    "Is the police office in the library open at weekends?",
    "How do I join the neighbourhood watch?",
)


class Residents:
    """Tells what came back; each method gives the steps of one conversation."""

    def __init__(self, cast: Cast, feed: Feed, personas: Personas, calendar: Calendar) -> None:
        """Take the people, our own feed, and the days."""
        self.cast = cast
        self.feed = feed
        self.personas = personas
        self.calendar = calendar

    def begin(self, session: Session) -> None:
        """Make the desks that take what is handed over, and approve the standard replies."""
        desks.ensure_defaults(session)
        for desk in desks.everyone(session):
            desk.email = MAIL.format(desk.code.replace("_", "."))
        standard.ensure_proposed(session)
        approvers = [self.cast.user(session, key) for key in (INSPECTOR, "sergeant:district:0")]
        for reply in standard.every(session):
            # Welsh texts wait: a Welsh speaker checks them first.
            if reply.language == "en":
                for person in approvers:
                    standard.approve(session, reply.id, reply.sha256, by=person)

    def steps(self, contacts: int) -> Iterator[Step]:
        """Give every step of so many contacts; they are sorted among the others."""
        tales = list(islice(self._tales(), contacts))
        for tale in tales:
            yield from tale
        for number in range(contacts - len(tales)):
            yield from self._everyday(number)

    def _tales(self) -> Iterator[Iterator[Step]]:
        """Give those that a newcomer should meet first."""
        ago, day = self.calendar.ago, self.calendar.day
        yield self._asked(ago(3), "someone is breaking into the flat next door right now", "Sam")
        yield self._asked(
            ago(22),
            "I'm worried about the lady upstairs. She is 80 and hasn't opened for three days.",
        )
        yield self._asked(ago(150), "My bike was stolen from the library last night.", "Mika")
        yield self._asked(
            day(1, "19:45"), "Will you be at the library this Thursday? Same time?", "Ash"
        )
        yield self._answered(day(3, "18:20"))
        yield self._handed_over(day(1, "08:05"))
        yield from self._logged(day(2, "11:00"))
        yield self._asked(
            day(4, "12:10"), "Who do I ask about a crossing near the school?", "Robin"
        )
        yield self._asked(ago(410), "Lovely to see you out on bikes again. Thank you!", "Jo")

    def _asked(self, at: datetime, text: str, name: str = "") -> Iterator[Step]:
        yield Step(at, self._asks(text, name))

    def _everyday(self, number: int) -> Iterator[Step]:
        """A question of every day, answered at the door and closed but for the newest."""
        kept: dict[str, int] = {}
        days, writer = 1 + number % LONGEST_AGO, f"officer:{number % self.personas.officers}"
        at = self.calendar.day(days, "12:00") + timedelta(seconds=number % 20_000)
        text = f"{QUESTIONS[number % len(QUESTIONS)]} ({number + 1})"

        def ask(session: Session) -> None:
            kept["contact"] = self._asks(text, NAMES[number % len(NAMES)], writer)(
                session
            ).contact_id

        def close(session: Session) -> None:
            officer, how = self.cast.user(session, writer), Disposition.SIGNPOSTED.value
            working.note_seen(session, kept["contact"], officer)
            working.close(session, kept["contact"], how, "Told them whom to ask.", by=officer)

        yield Step(at, ask)
        if days > STILL_OPEN:
            yield Step(at + timedelta(hours=20), close)

    def _asks(
        self, text: str, name: str = "", officer: str = "officer:0"
    ) -> Callable[[Session], Message]:
        """Have a resident send the form, and ingest handle it."""

        def do(session: Session) -> Message:
            persona_id = self.cast.personas[officer]
            area_id = self.cast.areas[self.personas.patch(officer)]
            key = hashlib.sha256(text.encode()).hexdigest()
            slug = self.cast.persona(session, persona_id).slug
            asked = Asked(text, name, persona_slug=slug, area_id=area_id, token_sha256=key)
            feed_id = self.cast.feed_id
            arriving.store_asked(session, feed_id, ArrivalKind.QUESTION, key, asked)
            arrival_id = session.scalars(
                select(Arrival.id).where(Arrival.channel_id == feed_id, Arrival.remote_id == key)
            ).one()
            arriving.take_up(session, [arrival_id])
            intake.handle(session, arrival_id)
            return session.scalars(select(Message).where(Message.arrival_id == arrival_id)).one()

        return do

    def _answered(self, at: datetime) -> Iterator[Step]:
        """A question that the officer answered, a sergeant approved, and everybody can read."""
        text = "Is it true that you will be marking bikes again? When can I bring mine?"
        reply = (
            "Yes: we mark bikes outside the library on the first Saturday of every month, 10am to "
            "noon. It is free. Bring the bike and something with your name on it."
        )
        kept: dict[str, int] = {}

        def ask(session: Session) -> None:
            kept["message"] = self._asks(text, "Alex")(session).id

        def write(session: Session) -> None:
            officer = self.cast.user(session, "officer:0")
            message = session.get_one(Message, kept["message"])
            working.note_seen(session, message.contact_id, officer)
            post = posts.create_draft(
                session,
                self.cast.personas["officer:0"],
                Words(text=reply),
                by=officer,
                answers=message,
            )
            posts.submit(session, post.id, by=officer)
            kept["post"] = post.id

        def approve(session: Session) -> None:
            sergeant = self.cast.user(session, self.personas.sergeant("officer:0"))
            words = posts.newest(posts.found(session, kept["post"]))
            posts.approve(session, kept["post"], words.sha256, by=sergeant)

        def close(session: Session) -> None:
            officer = self.cast.user(session, "officer:0")
            contact_id = session.get_one(Message, kept["message"]).contact_id
            how = Disposition.REPLIED.value
            working.close(session, contact_id, how, "Answered in public.", by=officer)

        for minutes, do in ((0, ask), (95, write), (120, approve)):
            yield Step(at + timedelta(minutes=minutes), do)
        yield Step(at + timedelta(minutes=120) + MOMENT, self.feed.publish)
        yield Step(at + timedelta(minutes=180), close)

    def _handed_over(self, at: datetime) -> Iterator[Step]:
        """A complaint that went to professional standards, who said that they have it."""
        text = "I want to complain: your officer was rude to my son and pushed him at the bus stop."
        kept: dict[str, int] = {}

        def ask(session: Session) -> None:
            kept["contact"] = self._asks(text, "Morgan")(session).contact_id

        def hand_over(session: Session) -> None:
            moderator = self.cast.user(session, MODERATOR)
            case_id = _case_of(session, kept["contact"])
            cases.claim(session, case_id, by=moderator)
            desk = desks.first_choice(session, "police_complaint")
            if desk is not None:
                handing_over.hand_over(
                    session,
                    case_id,
                    desk.id,
                    "Wants to be rung back after six.",
                    by=moderator,
                    taken_by="Standards, duty clerk",
                    reference="PSD 0412",
                )

        def dispose(session: Session) -> None:
            moderator = self.cast.user(session, MODERATOR)
            case_id, how = _case_of(session, kept["contact"]), Disposition.HANDED_OVER
            cases.dispose(session, case_id, how, "With professional standards.", by=moderator)

        yield Step(at, ask)
        yield Step(at + timedelta(minutes=25), hand_over)
        yield Step(at + timedelta(minutes=31), dispose)

    def _logged(self, at: datetime) -> Iterator[Iterator[Step]]:
        """Two conversations that officers had face to face."""
        for number, (kind, summary, place) in enumerate(
            (
                (
                    ContactKind.SURGERY,
                    "Asked about the light by the underpass; will be told when it is mended.",
                    "Library, Saturday surgery",
                ),
                (
                    ContactKind.VISIT,
                    "Shop owner worried about noise after closing time. Will walk past at ten.",
                    "High Street",
                ),
            )
        ):
            writer = f"officer:{number % self.personas.officers}"
            log = partial(self._log, kind, summary, place, writer)
            yield iter([Step(at + timedelta(hours=number), log)])

    def _log(self, kind: ContactKind, summary: str, place: str, key: str, session: Session) -> None:
        told = Conversation(
            kind=kind.value,
            at=self.calendar.day(2, "10:30"),
            area_id=self.cast.areas[self.personas.patch(key)],
            category="asb_service_request",
            summary=summary,
            place=place,
            is_answer_promised=kind is ContactKind.SURGERY,
            persona_id=self.cast.personas[key],
        )
        face_to_face.log(session, told, by=self.cast.user(session, key))


def _case_of(session: Session, contact_id: int) -> int:
    return session.scalars(select(Case.id).where(Case.contact_id == contact_id)).one()
