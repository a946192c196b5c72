"""`vcp seed demo`: an invented force with a past, made by the same services as a real one."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from flask import Flask
from sqlalchemy.orm import Session

from vcp.channels import service as channels
from vcp.kernel import clock
from vcp.kernel.db import session as current_session
from vcp.kernel.errors import Conflict, NotAllowed
from vcp.kernel.media import StoredImage
from vcp.kernel.settings import Mode, Settings
from vcp.residents.render import render_everything
from vcp.seed import people, pictures, places
from vcp.seed.calendar import Calendar
from vcp.seed.cast import Cast
from vcp.seed.feed import Feed
from vcp.seed.personas import FORMER, NEWCOMER, OFFICE, Personas
from vcp.seed.posts import LEFT, Posts, days_of
from vcp.seed.residents import Residents
from vcp.seed.tales import Stage
from vcp.seed.templates import add_templates
from vcp.seed.walk import Step, walk
from vcp.users import service as users
from vcp.users.demo import known
from vcp.users.queries import anybody

FEWEST_OFFICERS, MOST_OFFICERS = 2, 1000
DAYS_BEFORE = 20
COLLARS = range(2001, 9999)


def _say_nothing(_: str) -> None:
    """Take no notice of how far it is."""


def seed_demo(
    app: Flask,
    *,
    officers: int = 6,
    posts: int = 40,
    contacts: int = 10,
    seed: int = 1,
    tell: Callable[[str], object] = _say_nothing,
) -> None:
    """Fill an empty installation with an invented force, its past, and its public pages.

    The same seed gives the same names, words, areas, passwords and secrets; dates count back
    from now. `tell` hears how far it is.

    Raises: NotAllowed in production; Conflict where there are staff already.
    """
    settings: Settings = app.extensions["vcp_settings"]
    if settings.mode is Mode.PRODUCTION:
        raise NotAllowed(
            "An invented force has no place in production. Use another folder, with "
            "VCP_MODE=demo and --instance."
        )
    with app.app_context():
        if anybody(current_session()):
            raise Conflict(
                f"{settings.instance} has staff already, so nothing was invented. Give an empty "
                "folder with --instance."
            )
        story = Story(settings, officers, posts, contacts, seed)
        walk(settings, story.steps(), tell, story.cast.hold)
        people.keep_sign_ins(settings, story.everybody, seed)
        tell("Rendering the public pages …")
        render_everything()


class Story:
    """Everything that happens, in the order in which it happened."""

    def __init__(
        self, settings: Settings, officers: int, posts: int, contacts: int, seed: int
    ) -> None:
        """Draw what chance decides; nothing is stored but the pictures."""
        chance = random.Random(seed)
        self.settings = settings
        self.posts, self.officers, self.seed = posts, officers, seed
        self.contacts = contacts
        self.calendar = Calendar(clock.now(), settings.zone)
        self.cast = Cast()
        self.everybody = people.staff(chance, officers)
        self.writing = [
            member.key
            for member in self.everybody
            if member.key.startswith("officer:") or member.key in {FORMER, NEWCOMER}
        ]
        collars = dict(zip(self.writing, chance.sample(COLLARS, len(self.writing)), strict=True))
        portraits = {key: pictures.stored_portrait(settings, chance) for key in self.writing}
        self.personas = Personas(settings, self.cast, self.everybody, collars, portraits)
        self.chance = chance

    def steps(self) -> Iterator[Step]:
        """Give every step, the earliest first."""
        begun = self.calendar.day(days_of(self.officers, self.posts) + DAYS_BEFORE, "09:00")
        yield from self._beginning(begun)
        feed = Feed(self.settings, self.cast)
        stage = Stage(self.cast, feed, self._pictures())
        told = Posts(stage, self.personas, self.calendar, self.chance).steps(self.posts)
        residents = Residents(self.cast, feed, self.personas, self.calendar)
        yield Step(begun + timedelta(days=1), residents.begin)
        yield Step(begun + timedelta(days=2), lambda session: add_templates(session, self.cast))
        yield from sorted(
            [*told, *residents.steps(self.contacts), *self._later()], key=lambda step: step.at
        )

    def _pictures(self) -> dict[str, StoredImage]:
        return pictures.stored_pictures(self.settings) if self.posts else {}

    def _beginning(self, begun: datetime) -> Iterator[Step]:
        """Areas, staff and personas, a minute between each."""
        for number, do in enumerate(self._first_acts(begun)):
            yield Step(begun + timedelta(minutes=number), do)

    def _first_acts(self, begun: datetime) -> Iterator[Callable[[Session], object]]:
        cast, settings = self.cast, self.settings
        yield lambda session: places.add_force(session, cast, begun)
        yield lambda session: people.add_administrator(
            session, settings, cast, self.everybody, self.seed
        )
        yield self._add_places(begun)
        yield lambda session: people.add_staff(session, settings, cast, self.everybody, self.seed)
        yield self._note_feed
        for key in self.writing:
            if key != NEWCOMER:
                yield partial(self.personas.propose, key=key)
        yield self.personas.propose_office
        for key in (*self.writing, OFFICE):
            if key != NEWCOMER:
                yield partial(self.personas.verify, key=key)
        yield cast.hold

    def _add_places(self, begun: datetime) -> Callable[[Session], None]:
        def do(session: Session) -> None:
            administrator = self.cast.user(session, people.ADMINISTRATOR)
            places.add_places(session, self.cast, begun, self.officers, by=administrator)

        return do

    def _note_feed(self, session: Session) -> None:
        self.cast.feed_id = channels.own_feed(session).id

    def _later(self) -> Iterator[Step]:
        """What happened to people meanwhile: one left, one has just come."""
        day = self.calendar.day
        yield Step(
            day(LEFT, "14:00"),
            lambda session: self.personas.end(
                session, FORMER, "officer:0", "Moved to another force; the patch was handed on."
            ),
        )
        yield Step(day(LEFT, "17:00"), self._depart)
        yield Step(self.calendar.ago(45), lambda session: self.personas.propose(session, NEWCOMER))

    def _depart(self, session: Session) -> None:
        administrator = self.cast.user(session, people.ADMINISTRATOR)
        users.depart(session, self.cast.users[FORMER], "Moved to another force.", administrator)


def sign_in_lines(settings: Settings) -> list[str]:
    """Return how one signs in to this demo, for the terminal; nothing outside demo mode."""
    offered = known(settings)
    if not offered:
        return []
    lines = [f"  Sign in at {settings.base_url}/sign-in: it offers these people.", ""]
    for one in offered:
        lines += [f"  {one.what}", f"    {one.email}   key {one.secret}"]
    command = f"vcp users code EMAIL --instance {settings.instance}"
    return [
        *lines,
        "",
        f"  Password of all of them: {offered[0].password}",
        f"  Code of the moment: {command}",
        "  (or set up an authenticator app with the key)",
    ]
