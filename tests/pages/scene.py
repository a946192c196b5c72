"""A force in which every page has something to show, and one in which nothing has happened."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from officer_profiles.states import PersonaState
from tests.client import Client
from tests.factories.alarms import make_alarm
from tests.factories.areas import make_area
from tests.factories.bulk import make_public_posts
from tests.factories.channels import make_channel
from tests.factories.moderation import NEVER, OPERATION, make_case, make_decision_maker
from tests.factories.personas import grant, make_persona
from tests.factories.posts import Team, make_post, make_team, words
from tests.factories.public import correct, make_public_post, render
from tests.factories.schedule import make_quiet_hours, make_series, make_window
from tests.factories.users import PASSWORD, SECRET, cookie_of, make_user
from tests.pages import scene_desk, scene_residents
from tests.security import things, things_of_control
from vcp.areas.models import AreaKind
from vcp.channels import conditions, spending
from vcp.channels.models import Connection
from vcp.channels.states import CHANNEL, CONNECTION, ChannelState
from vcp.kernel import clock
from vcp.kernel.context import Machine
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.posts import alarms, correcting, disavowing, series, series_making, service
from vcp.posts.alarms import Seen, raise_alarm
from vcp.posts.models import Correction, Post
from vcp.posts.schedule_models import Occurrence
from vcp.posts.series_rules import Every, Rule
from vcp.posts.states import DELIVERY, PostState
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.watch_models import AlarmKind
from vcp.posts.words import Options, Part, Poll, Variant
from vcp.residents import asking
from vcp.residents.render import render_everything
from vcp.users import demo
from vcp.users.access import open_sign_in
from vcp.users.links import make_link
from vcp.users.models import LinkPurpose, User
from vcp.users.states import USER, UserState

BY = Machine("test")
STRANGER = "stranger"
#: Signed in, with a second factor given too long ago for what decides.
STALE = "stale supervisor"
#: A claim without a source: a warning, no hold.
CLAIM = "Burglary is down 12 per cent in our area."
#: Nothing that people type may push a page wider than the window.
UNBROKEN = "Wide" * 45 + " https://police.example/" + "x" * 150
MANY = 26
FIXES = {"held": "Whose van is AB12 CDE?", "warned": CLAIM}


@dataclass
class Scene:
    """An application, the ids of what is in it, and who may be signed in."""

    app: Flask
    client: Client
    #: What stands in the gaps of addresses and forms.
    things: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def sign_in(self, who: str) -> None:
        """Make the browser that of this person."""
        with self.client.session_transaction() as cookie:
            cookie.clear()
            if who != STRANGER:
                cookie.update(cookie_of(self.tokens[who]))


def make_empty(scene: Scene, session: Session) -> None:
    """A force where people have their roles and nobody has done anything."""
    force = make_area(session, kind=AreaKind.FORCE)
    officer = make_user(session, role=Role.OFFICER, area=force)
    make_persona(session, area=force, members=(officer,), with_block=False)
    _open_browsers(scene, session, {Role.OFFICER: officer})
    session.commit()
    render_everything()


def make_full(scene: Scene, session: Session) -> None:
    """A force with one of everything, in each state that a page tells apart."""
    settings: Settings = scene.app.extensions["vcp_settings"]
    with time_machine.travel(clock.now() - timedelta(days=1)):
        team = make_team(session)
        missed = things.late_post(session, team, "own")
    scene.things |= {"post_missed": things.approve(session, missed, team)}
    scene.things |= things.posts(scene.app, session, team, "own")
    scene.things |= things.schedule(session, team, "own")
    scene.things |= _schedule(session, team)
    scene.things |= things_of_control.control(session, team)
    scene.things |= things.personas(session, team, "own")
    scene.things |= things.alarms(session, team, "own") | _alarms(scene, session, team)
    scene.things |= things.channels(session, team, "own", team.administrator)
    scene.things |= things.staff_and_areas(session, settings, team)
    scene.things |= _posts(scene, session, team)
    scene.things |= _around(session, team)
    scene.things |= _people(session, settings, team)
    scene.things |= _residents(scene, session, team, scene.things)
    people: dict[str, User] = {Role.OFFICER: team.officer, Role.SUPERVISOR: team.supervisor}
    _open_browsers(scene, session, people)
    _crowd(session, team)
    session.commit()
    render_everything()
    render(session)


def _open_browsers(scene: Scene, session: Session, people: dict[str, User]) -> None:
    """Sign in somebody of each role, for the whole force but for the given."""
    settings: Settings = scene.app.extensions["vcp_settings"]
    for role in Role:
        user = people.get(role) or make_user(session, role=role, settings=settings)
        scene.tokens[role] = open_sign_in(session, settings, user, browser="Firefox on Linux")[1]
        if role is Role.SUPERVISOR:
            with time_machine.travel(clock.now() - timedelta(minutes=settings.factor_minutes + 1)):
                scene.tokens[STALE] = open_sign_in(session, settings, user)[1]


def _thread(session: Session, team: Team) -> Post:
    """A thread with a poll, options and other words for X, waiting for a yes."""
    x = make_channel(session, area=team.area, name="Harbour X", network="x")
    grant(session, persona=team.persona, channel=x)
    for channel in (x, team.mastodon):
        polls = {"poll_choices": 4, "poll_choice_characters": 25}
        channel.limits = {**(channel.limits or {}), **polls}
    return make_post(
        session,
        team,
        state=PostState.SUBMITTED,
        more=(Part("Then we come to the market."), Part("And to the park on Sunday.")),
        variants=(Variant("x", (Part("Library, market, park."), Part("Until Sunday."))),),
        poll=Poll(("Library", "Market", "Park"), 4320, as_text=True),
        options=Options("unlisted", covers_images=True, replies="mentioned"),
        channel_ids=(team.own_feed.id, team.mastodon.id, x.id),
    )


def _posts(scene: Scene, session: Session, team: Team) -> dict[str, str]:
    """Posts in the states that `things.posts` leaves out."""
    made = {
        "post_warned": make_post(session, team, state=PostState.SUBMITTED, text=CLAIM),
        "post_wide": make_post(session, team, state=PostState.SUBMITTED, text=UNBROKEN),
        "post_cancelled": make_post(session, team, text="Cancelled before anybody saw it."),
        "post_returned": make_post(session, team, state=PostState.SUBMITTED, text="Too short."),
        "post_withdrawn": make_public_post(scene.app, session, team, text="This was wrong."),
        "post_corrected": make_public_post(scene.app, session, team, content_warning="Theft"),
        "post_scheduled": make_post(session, team, state=PostState.SCHEDULED, text="Goes now."),
        "post_thread": _thread(session, team),
    }
    service.cancel(session, made["post_cancelled"].id, by=team.officer)
    service.send_back(session, made["post_returned"].id, "Say where.", by=team.supervisor)
    wrong = made["post_withdrawn"].id
    service.withdraw(session, wrong, WithdrawalReason.MISTAKE, by=team.supervisor)
    better = words(team, text="We marked fifty bikes.", channel_ids=(team.own_feed.id,))
    correct(scene.app, session, team, made["post_corrected"], better, "We had miscounted.")
    secret, never = (make_case(session, team, text=text) for text in (OPERATION, NEVER))
    done = make_case(session, team, text="Whose car is it? AB12 CDE was left here.")
    service.take_back(session, done.post.id, by=team.officer)
    fixes = {name: _correction(scene, session, team, text) for name, text in FIXES.items()}
    assert made["post_warned"].revision is not None
    wait = next(d for d in made["post_scheduled"].deliveries if d.channel_id == team.mastodon.id)
    for verb in ("claim", "fail"):
        DELIVERY.apply(session, wait, verb, by=BY)
    wait.problem = "The server refused the post: it is too long."
    return {
        **{name: str(post.id) for name, post in made.items()},
        "post_held": str(secret.post_id),
        "case_secret": str(secret.id),
        "case_never": str(never.id),
        "case_closed": str(done.id),
        **{f"correction_{name}": str(fix.id) for name, fix in fixes.items()},
        "sha_warned": made["post_warned"].revision.sha256,
        "sha_warned_correction": fixes["warned"].revision.sha256,
        "delivery_failed": str(wait.id),
    }


def _schedule(session: Session, team: Team) -> dict[str, str]:
    """Series in their other states, and what else times are made of."""
    today = clock.now().date()
    starts: dict[str, Any] = {
        "starts_on": today + timedelta(days=1),
        "rule": Rule(Every.DAY, times=5),
    }
    stopped = make_series(session, team, name="Stopped", **starts)
    series.stop(session, stopped.id, by=team.officer)
    wide = make_series(session, team, name="W" * 100, approved=False, **starts)
    series.drop(session, wide.id, today + timedelta(days=2), by=team.officer)
    running = make_series(session, team, name="Runs", **starts)
    series_making.make(session, running.id)
    series.take_out(session, running.id, today + timedelta(days=3), by=team.officer)
    late = today.replace(day=1)
    session.add(Occurrence(series_id=wide.id, day=late, missed_because="It was not approved."))
    make_quiet_hours(session, team, area_id=team.district.id, area_path=team.district.path)
    make_window(
        session,
        team,
        first_day=today + timedelta(days=200),
        last_day=today + timedelta(days=220),
        note="W" * 90,
    )
    make_post(session, team, text="Planned.", wanted_local=f"{starts['starts_on']}T12:00")
    return {"series_stopped": str(stopped.id), "series_wide": str(wide.id)}


def _alarms(scene: Scene, session: Session, team: Team) -> dict[str, str]:
    """Alarms in the states that `things.alarms` leaves out, and something said in public."""
    settings: Settings = scene.app.extensions["vcp_settings"]
    made = {
        "edited": make_alarm(session, team.mastodon, kind=AlarmKind.EDITED, text="First."),
        "wide": make_alarm(session, team.mastodon, text=UNBROKEN),
        "stray": make_alarm(session, team.mastodon, kind=AlarmKind.STRAY),
        "said": make_alarm(session, team.mastodon, kind=AlarmKind.RENAMED, remote_id=""),
    }
    again = Seen(text="Second.", at=clock.now(), remote_id=made["edited"].remote_id)
    raise_alarm(session, team.mastodon, AlarmKind.EDITED, again)
    alarms.acknowledge(session, made["edited"].id, by=team.supervisor)
    said = made["said"]
    words = disavowing.ready(session, said, settings, is_whole_account=False)
    assert words is not None
    disavowing.disavow(
        session,
        said.id,
        words.sha256,
        is_whole_account=False,
        settings=settings,
        by=team.supervisor,
    )
    team.mastodon.sealed_credentials = b"not to be opened here"
    return {f"alarm_{name}": str(alarm.id) for name, alarm in made.items()}


def _correction(scene: Scene, session: Session, team: Team, text: str) -> Correction:
    """A correction of a post of its own, submitted."""
    post = make_public_post(scene.app, session, team, text="We were at the school gates.")
    other = words(team, text=text, channel_ids=(team.own_feed.id,))
    fix = correcting.start_correction(session, post.id, other, "Asked.", by=team.officer)
    return correcting.submit_correction(session, fix.id, by=team.officer)


def _around(session: Session, team: Team) -> dict[str, str]:
    """Channels, tries at connecting, personas and an area, in their other states."""
    blocked, gone = (make_channel(session, area=team.area) for _ in range(2))
    keyed, app_password = (
        make_channel(session, area=team.area, network=name) for name in ("x", "bluesky")
    )
    condition = conditions.of(session, keyed.id)
    condition.failures, condition.rests_until = 7, clock.now() + timedelta(minutes=1)
    condition.broke_until = condition.sign_in_ends_at = clock.now() + timedelta(days=9)
    condition.budget, condition.spent, condition.lag_ms = 5_000_000, 4_985_000, 1500
    condition.spent_month = spending.month_of(clock.now())
    CHANNEL.apply(session, blocked, "block", by=BY)
    blocked.problem = "The server no longer takes our sign-in. Connect the account again."
    CHANNEL.apply(session, gone, "disconnect", by=BY)
    tries = {}
    for verb in ("verify", "fail"):
        channel = make_channel(session, area=team.area, state=ChannelState.PROPOSED)
        made = Connection(
            channel_id=channel.id,
            oauth_state_sha256=verb * 8,
            started_by_id=team.administrator.id,
            started_at=clock.now(),
        )
        CONNECTION.started(session, made, by=BY)
        CONNECTION.apply(session, made, verb, by=BY)
        made.message = "The server answered with a web page." if verb == "fail" else None
        tries[f"connection_{verb}"] = str(made.id)
    ended = make_persona(session, area=team.area, name="PC Gone", state=PersonaState.ENDED)
    with_photo = make_persona(session, area=team.area, name="W" * 60, days_left=5)
    over = make_area(session, kind=AreaKind.BEAT, parent=team.area, name="Old Docks")
    over.valid_to = clock.now().date() - timedelta(days=1)
    return {
        "channel_blocked": str(blocked.id),
        "channel_gone": str(gone.id),
        "channel_keyed": str(keyed.id),
        "channel_app_password": str(app_password.id),
        "channel_own": str(team.own_feed.id),
        "persona_ended": str(ended.id),
        "persona_wide": str(with_photo.id),
        "area_ended": str(over.id),
        **tries,
    }


def _people(session: Session, settings: Settings, team: Team) -> dict[str, str]:
    """Staff in their other states, the links they were sent, and somebody whose post is stopped."""
    forgetful = make_user(session, area=team.area, settings=settings)
    make_decision_maker(session, team.area, "live_operation")
    departed = make_user(session, area=team.area)
    USER.apply(session, departed, "depart", by=BY)
    stopped = make_user(session, area=team.area, state=UserState.ACTIVE, name="PC Stopped")
    theirs = make_persona(session, area=team.area, members=(stopped,), channels=(team.own_feed,))
    goes = words(team, channel_ids=(team.own_feed.id,))
    post = service.create_draft(session, theirs.id, goes, by=stopped)
    service.submit(session, post.id, by=stopped)
    USER.apply(session, stopped, "suspend", by=BY)
    lost = {
        f"token_{purpose}": make_link(session, settings, forgetful, purpose, BY).rpartition("/")[2]
        for purpose in (LinkPurpose.RESET_PASSWORD, LinkPurpose.RESET_FACTOR)
    }
    offered = demo.DemoPerson(forgetful.email, "PC Demo", "Officer: writes", PASSWORD, SECRET)
    demo.keep(settings, [offered])
    return {**lost, "user_departed": str(departed.id), "post_stopped": str(post.id)}


def _residents(scene: Scene, session: Session, team: Team, made: dict[str, str]) -> dict[str, str]:
    """Contacts, questions on the site, and what somebody may want to check."""
    settings: Settings = scene.app.extensions["vcp_settings"]
    suspended = session.get_one(Persona, int(made["persona_suspended"]))
    ended = session.get_one(Persona, int(made["persona_ended"]))
    public, withdrawn = (
        session.get_one(Post, int(made[f"post_{name}"])).public_id
        for name in ("released", "withdrawn")
    )
    handle = team.mastodon.handle or ""
    return {
        # First, so that what is handled next is not taken for it.
        **scene_residents.asked(scene.app, session, team),
        **scene_residents.contacts(session, team, UNBROKEN),
        **scene_desk.cases(session, team, UNBROKEN),
        **things.contacts(session, settings, team, "own"),
        "form_key": asking.new_form(settings.signing_keys()),
        "suspended_slug": suspended.slug,
        "ended_slug": ended.slug,
        "public_id": public,
        "withdrawn_id": withdrawn,
        "account_handle": handle,
        "account_local": handle.partition("@")[0],
        "persona_name": team.persona.display_name,
        "base_url": settings.base_url,
    }


def _crowd(session: Session, team: Team) -> None:
    """Enough of everything that lists have a second page."""
    personas, feed = [team.persona], team.own_feed
    make_public_posts(session, personas=personas, author=team.officer, own_feed=feed, count=MANY)
    for number in range(MANY):
        make_user(session, area=team.area, name=f"PC Crowd {number}")
