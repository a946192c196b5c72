"""Every flow with scripts off: what each person does and reads, page by page."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.states import PersonaState
from tests.browser import serve
from tests.factories.areas import BY
from tests.factories.moderation import make_decision_maker
from tests.factories.personas import make_persona
from tests.factories.posts import PLATE, Team, make_post, make_team
from tests.factories.public import render, send_due
from tests.factories.users import PASSWORD, SECRET, hashed
from tests.pages.people import Somebody
from vcp.kernel import clock
from vcp.kernel.mail import Mail
from vcp.kernel.settings import Settings
from vcp.posts.states import DELIVERY, PostState
from vcp.users import factors
from vcp.users.access import TOTP
from vcp.users.models import SignIn as SignInRow
from vcp.users.models import User

pytestmark = [pytest.mark.network, pytest.mark.in_a_browser, pytest.mark.timeout(600)]

CLEAN = "We marked forty bikes at the library today."
ALT = "A row of bicycles outside the library."
SignIn = Callable[[User], Somebody]


@pytest.fixture
def team(app: Flask, session: Session) -> Team:
    """The usual team; the persona's block is written, so that it can be shown."""
    return make_team(session)


@pytest.fixture
def origin(app: Flask) -> Iterator[str]:
    with serve(app) as address:
        yield address


@pytest.fixture
def sign_in(
    browser: Browser, origin: str, session: Session, settings: Settings
) -> Iterator[SignIn]:
    """Sign people in by the page, each in a browser of their own."""
    present: list[Somebody] = []

    def arrive(user: User) -> Somebody:
        session.commit()  # A transaction from before what others did could not write.
        user.password_hash = hashed(PASSWORD)
        user.sealed_totp = factors.seal(settings.signing_keys(), SECRET, TOTP)
        session.commit()
        present.append(Somebody.arrives(browser, origin).signs_in(user))
        return present[-1]

    yield arrive
    for one in present:
        one.page.context.close()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "bikes.jpg"
    Image.new("RGB", (320, 240), "steelblue").save(path)
    return path


def publish(app: Flask, session: Session, team: Team) -> None:
    """What the publisher and the worker do in the next second."""
    session.commit()
    send_due(app, session, team.own_feed)
    render(session)
    session.commit()


def test_a_post_is_written_held_taken_back_and_cancelled(
    team: Team, sign_in: SignIn, picture: Path
) -> None:
    officer = sign_in(team.officer).goes_to("/staff/posts/new")
    officer.types("What do you want to say?", CLEAN)
    officer.finds("input[type=file]").set_input_files(picture)
    officer.types("What the new image shows", ALT).presses("Add this image")
    officer.reads("Image 1 of 1").presses("Save draft").reads("The draft is saved.")
    officer.types("What do you want to say?", PLATE).presses("Check")
    officer.reads("this would be held", "What to do:", "What each channel will show")
    officer.reads_marked("AB12 CDE").presses("Submit for approval")
    officer.reads("so this is held", "Take it back and change the marked words")
    officer.presses("Take back").reads("It is a draft again.")
    officer.types("What do you want to say?", CLEAN).presses("Submit for approval")
    officer.reads("Submitted. Those who can approve it have been told.")
    officer.follows("Cancel this post").types("Why (optional)", "Rain.").presses("Cancel this post")
    officer.reads("Cancelled")


def test_a_mistyped_time_keeps_what_was_typed(team: Team, sign_in: SignIn) -> None:
    officer = sign_in(team.officer).goes_to("/staff/posts/new")
    officer.types("What do you want to say?", CLEAN).ticks("At a date and time")
    officer.types("Date", "2020-01-01").types("Time", "09:30").presses("Submit for approval")
    officer.reads("There is a problem")
    assert officer.page.get_by_label("What do you want to say?").input_value() == CLEAN
    assert officer.page.get_by_label("Date", exact=True).input_value() == "2020-01-01"


def test_a_post_is_approved_goes_out_is_corrected_and_withdrawn(
    app: Flask, session: Session, team: Team, sign_in: SignIn
) -> None:
    post = make_post(session, team, text=CLEAN, channel_ids=(team.own_feed.id,))
    page = f"/staff/posts/{post.id}"
    officer, supervisor = sign_in(team.officer), sign_in(team.supervisor)
    officer.goes_to(page).presses("Submit for approval").reads("Submitted.")
    supervisor.goes_to("/staff/posts/awaiting").follows(CLEAN[:20]).presses("Approve")
    supervisor.reads("Approved")
    publish(app, session, team)
    officer.goes_to(page).reads("Went out").follows("Correct")
    officer.types("What was wrong, and what is right now", "It was fifty.")
    officer.types("What do you want to say?", "We marked fifty bikes.")
    officer.presses("Submit for approval").reads("Submitted.")
    supervisor.goes_to("/staff/posts/awaiting").follows("It was fifty.")
    supervisor.reads("What is out now", CLEAN).presses("Approve").reads("The correction goes out")
    publish(app, session, team)
    resident = Somebody(supervisor.page, supervisor.origin)
    resident.goes_to(f"/posts/{post.public_id}/").reads("We marked fifty bikes.", "It was fifty.")
    supervisor.goes_to(page).follows("Withdraw").ticks("It is out of date.")
    supervisor.presses("Withdraw this post").reads("Residents read: It is out of date.")
    publish(app, session, team)
    resident.goes_to(f"/posts/{post.public_id}/").reads("This post was withdrawn on")
    resident.does_not_read("fifty bikes")


def test_a_post_whose_time_has_passed_is_given_another_or_sent_back(
    session: Session, team: Team, sign_in: SignIn
) -> None:
    with time_machine.travel(clock.now() - timedelta(days=1)):
        soon = (clock.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
        state = PostState.SUBMITTED
        late = [make_post(session, team, state=state, text=CLEAN, wanted_local=soon) for _ in "ab"]
    supervisor = sign_in(team.supervisor).goes_to(f"/staff/posts/{late[0].id}")
    supervisor.presses("Approve").goes_to(f"/staff/posts/{late[0].id}")
    supervisor.reads("Needs a new time.").follows("Choose a time").ticks("At a date and time")
    tomorrow = clock.now() + timedelta(days=1)
    supervisor.types("Date", f"{tomorrow:%Y-%m-%d}").types("Time", "09:30")
    supervisor.presses("Set the time").reads("Scheduled", "09:30")
    supervisor.goes_to("/staff/posts/coming").reads(CLEAN[:40])
    supervisor.goes_to(f"/staff/posts/{late[1].id}").types("What should change", "Name the street.")
    supervisor.presses("Send back").reads("Sent back. The author has been told why.")
    officer = sign_in(team.officer).goes_to(f"/staff/posts/{late[1].id}")
    officer.reads("Sent back. Name the street.")


def test_a_held_draft_is_released_and_another_returned(
    session: Session, team: Team, sign_in: SignIn
) -> None:
    first, second = (make_post(session, team, state=PostState.HELD, text=PLATE) for _ in "ab")
    decider = sign_in(make_decision_maker(session, team.area)).goes_to("/staff/cases")
    decider.follows("Personal data").reads_marked("AB12 CDE").presses("Release")
    decider.reads("There is a problem")
    decider.types("Why it may go out", "The owner asked for it.").presses("Release")
    decider.reads("Released")
    decider.goes_to("/staff/cases").follows("Personal data")
    decider.types("What should change", "Take the plate out.").presses(
        "Return to the author"
    ).reads("Returned")
    officer = sign_in(team.officer)
    officer.goes_to(f"/staff/posts/{first.id}").reads("Waiting for approval")
    officer.goes_to(f"/staff/posts/{second.id}").reads("Sent back. Take the plate out.")


def test_a_persona_is_proposed_verified_given_leave_and_suspended(
    session: Session, team: Team, sign_in: SignIn
) -> None:
    officer = sign_in(team.officer).goes_to("/staff/personas/propose")
    officer.ticks("An office or team, with several people writing")
    officer.types("Name that the public reads", "Harbour team").types(
        "Signature on shared channels", "Harbour team"
    )
    for label in ("Who I am", "What I can do here", "What I can't do here"):
        officer.types(label, "Written for residents.")
    officer.types("When I read and answer", "Weekdays, 8:00 to 18:00.")
    officer.types("Who else to turn to", "In an emergency ring 999, otherwise 101.")
    officer.presses("Propose this persona").reads("Proposed.", "Ready to be verified.")
    supervisor = sign_in(team.supervisor).goes_to("/staff/personas").follows("Harbour team")
    supervisor.follows("Verify").types("What did you see and check?", "A card.")
    supervisor.presses("Verify this persona").reads("There is a problem", "Write a little more")
    supervisor.types("What did you see and check?", "Both warrant cards, seen at the station.")
    supervisor.presses("Verify this persona").reads("Verified. The persona is in the public")
    supervisor.follows("Give leave for a channel").chooses("Channel", str(team.mastodon.id))
    supervisor.presses("Give leave").reads(team.mastodon.name, "Posts")
    supervisor.follows("Suspend").types("Why?", "On leave for a year.").presses("Suspend")
    supervisor.reads("Suspended", "Restore")


def test_somebody_is_invited_and_joins(
    app: Flask, session: Session, team: Team, sign_in: SignIn, browser: Browser, origin: str
) -> None:
    admin = sign_in(team.administrator).goes_to("/staff/invite")
    admin.types("E-mail address", "kit@carrowdale.police.example").types("Name", "Kit Marlow")
    admin.chooses("Role", "officer").chooses("Area", str(team.area.id))
    admin.presses("Send the invitation").reads("Kit Marlow is invited.")
    session.commit()
    mail = session.scalars(select(Mail).where(Mail.to_address.like("kit@%"))).one()
    link = next(word for word in mail.body.split() if "/links/" in word)
    session.commit()
    kit = Somebody.arrives(browser, origin).goes_to(link[link.index("/links/") :])
    kit.reads("Welcome, Kit Marlow.").types("Choose a password", "otter violin cedar")
    kit.types("Type the password again", "otter violin").proves_app().presses("Set up and sign in")
    kit.reads("The two passwords differ.")
    for label in ("Choose a password", "Type the password again"):
        kit.types(label, "otter violin cedar")
    kit.proves_app().presses("Set up and sign in").reads("They are shown only now.")
    kit.follows("I have kept them").reads("My posts")
    kit.page.context.close()


def test_an_unknown_outcome_is_settled_by_two_buttons(
    session: Session, team: Team, sign_in: SignIn
) -> None:
    asked = []
    for text in ("One is there.", "One is not."):
        post = make_post(session, team, state=PostState.SCHEDULED, text=text)
        delivery = next(d for d in post.deliveries if d.channel_id == team.mastodon.id)
        for verb in ("claim", "lose", "ask"):
            DELIVERY.apply(session, delivery, verb, by=BY)
        asked.append(delivery.id)
    supervisor = sign_in(team.supervisor).goes_to("/staff/deliveries").follows("One is there.")
    supervisor.reads("Is it there?").presses("It is there").reads("Paste the address")
    address = "http://127.0.0.1:8900/@harbour/1"
    supervisor.types("Address of the post at the network", address).presses("It is there")
    supervisor.reads("Recorded as published.", address)
    supervisor.goes_to(f"/staff/deliveries/{asked[1]}").presses("It is not there: send it again")
    supervisor.reads("It will be sent again now.", "Queued")


def test_a_second_factor_is_asked_for_on_the_way_and_nothing_typed_is_lost(
    session: Session, team: Team, sign_in: SignIn
) -> None:
    state, draft = PersonaState.DRAFT, "PC Robin Hale"
    persona = make_persona(
        session, area=team.area, members=(team.officer,), state=state, name=draft
    )
    supervisor = sign_in(team.supervisor).goes_to(f"/staff/personas/{persona.id}/verify")
    supervisor.types("What did you see and check?", "The warrant card, at the station.")
    session.commit()
    for row in session.scalars(select(SignInRow)):
        row.factor_at -= timedelta(minutes=16)
    session.commit()
    supervisor.presses("Verify this persona").reads("Confirm that it is you", "What you typed is")
    # The code of this half minute was used to sign in; the next one is taken already.
    soon = clock.now() + timedelta(seconds=factors.STEP_S)
    supervisor.types("Code", factors.code_at(SECRET, soon)).presses("Confirm and go on")
    supervisor.reads("Verified. The persona is in the public", "The warrant card, at the station.")
