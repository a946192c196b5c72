"""Two neighbourhoods with one of everything, and a person in each role of the first.

All people work in the own area. The foreign one is its neighbour, with a past of its own.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.areas import make_area
from tests.factories.channels import make_channel, make_own_feed
from tests.factories.personas import make_persona
from tests.factories.posts import Team
from tests.factories.users import PASSWORD, SECRET, hashed, make_user
from tests.security import things, things_of_control
from vcp.areas.models import Area, AreaKind
from vcp.kernel import clock
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.residents import asking
from vcp.users import factors
from vcp.users.access import TOTP, open_sign_in
from vcp.users.models import User

SIDES = ("own", "foreign")
STRANGER = "stranger"
ROLES = (*(role.value for role in Role), STRANGER)


@dataclass
class World:
    """What tests know of it: plain values, since rows come and go with each request."""

    #: What stands in the gaps of addresses and forms, for each side.
    own: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)
    #: The token of each person's browser.
    tokens: dict[str, str] = field(default_factory=dict)
    #: Each person's other browser.
    browsers: dict[str, str] = field(default_factory=dict)

    def side(self, name: str) -> dict[str, str]:
        return self.own if name == "own" else self.foreign


def make_world(app: Flask, session: Session) -> World:
    """Make both areas and everybody; what needs a past was begun yesterday."""
    settings: Settings = app.extensions["vcp_settings"]
    world = World()
    with time_machine.travel(clock.now() - timedelta(hours=23)):
        district = make_area(session, name="Northside", kind=AreaKind.DISTRICT)
        teams = {name: _team(session, district, name) for name in SIDES}
        form_key = asking.new_form(settings.signing_keys())
        missed = {name: things.late_post(session, team, name) for name, team in teams.items()}
    people = _people(session, settings, teams["own"])
    for role, user in people.items():
        world.tokens[role] = open_sign_in(session, settings, user, browser="Test")[1]
    for name, team in teams.items():
        side = world.side(name)
        side["post_missed"] = things.approve(session, missed[name], team)
        side |= things.posts(app, session, team, name)
        side |= things.schedule(session, team, name)
        side |= things_of_control.control(session, team)
        side |= things.cases(session, team, name)
        side |= things.personas(session, team, name)
        side |= things.alarms(session, team, name)
        side |= things.contacts(session, settings, team, name) | {"form_key": form_key}
        side |= things.channels(session, team, name, people[Role.ADMINISTRATOR])
        side |= things.staff_and_areas(session, settings, team)
    for role, user in people.items():
        world.browsers[role] = str(open_sign_in(session, settings, user, browser="Other")[0].id)
    stranger = make_user(session, area=teams["foreign"].area)
    world.foreign["sign_in_id"] = str(open_sign_in(session, settings, stranger)[0].id)
    session.commit()
    return world


def _team(session: Session, district: Area, name: str) -> Team:
    area = make_area(session, name={"own": "Harbour", "foreign": "Hilltop"}[name], parent=district)
    officer = make_user(session, area=area)
    feed, mastodon = make_own_feed(session), make_channel(session, area=area)
    return Team(
        area=area,
        district=district,
        other_area=area,
        officer=officer,
        supervisor=make_user(session, role=Role.SUPERVISOR, area=area),
        district_supervisor=officer,
        other_supervisor=officer,
        administrator=officer,
        persona=make_persona(session, area=area, members=(officer,), channels=(feed, mastodon)),
        own_feed=feed,
        mastodon=mastodon,
    )


def _people(session: Session, settings: Settings, team: Team) -> dict[str, User]:
    """The officer is the author; the supervisor had no hand in anything."""
    made: dict[str, User] = {Role.OFFICER: team.officer}
    for role in (role for role in Role if role is not Role.OFFICER):
        made[role] = make_user(session, role=role, area=team.area)
    for user in made.values():
        user.password_hash = hashed(PASSWORD)
        user.sealed_totp = factors.seal(settings.signing_keys(), SECRET, TOTP)
    # Somebody else who manages, so that the administrator may let people go.
    make_user(session, role=Role.ADMINISTRATOR)
    return made
