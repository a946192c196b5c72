"""The invented force keeps every rule that a real one must."""

from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.models import Case
from moderation.states import CaseState
from officer_profiles.models import Persona
from officer_profiles.queries import register
from officer_profiles.states import PersonaState
from tests.seed.conftest import OFFICERS, POSTS
from vcp.channels.queries import OWN
from vcp.kernel import clock, media
from vcp.kernel.audit import AuditEvent
from vcp.kernel.permissions import ROLE_PERMISSIONS, Permission, Role
from vcp.kernel.settings import Settings, settings
from vcp.posts import queries as posts
from vcp.posts import saved_templates, screening
from vcp.posts.guards import hands_on
from vcp.posts.models import Approval, Correction, Delivery, Post, Revision
from vcp.posts.states import CorrectionState, DeliveryState, PostState
from vcp.posts.template_models import PostTemplate
from vcp.seed import texts
from vcp.seed.places import NEIGHBOURHOODS
from vcp.triage.categories import CLEAN, NOT_SCREENED, OUTBOUND
from vcp.triage.findings import Priority
from vcp.triage.outbound import OutboundContext, screen_outbound
from vcp.users import demo
from vcp.users.models import Grant, User
from vcp.users.queries import with_permission
from vcp.users.states import UserState

OUT = (PostState.RELEASED, PostState.WITHDRAWN)
NUMBERS = OutboundContext(force_phones=frozenset({"999", "101"}))


def everything(session: Session) -> list[Post]:
    return list(session.scalars(select(Post)).unique())


def test_nobody_approved_what_they_had_a_hand_in(made: Session) -> None:
    given = list(made.scalars(select(Approval)))
    assert given
    assert all(one.approved_by_id not in hands_on(made, one.post_id) for one in given)


def test_two_people_stand_behind_every_published_wording(made: Session) -> None:
    out = [post for post in everything(made) if post.state in OUT]
    assert len(out) > POSTS // 4
    for post in out:
        assert post.public_revision is not None
        approvals = made.scalars(
            select(Approval).where(Approval.revision_id == post.public_revision_id)
        ).all()
        assert [one.revision_sha256 for one in approvals] == [post.public_revision.sha256]


def test_no_administrator_approved_anything(made: Session) -> None:
    people = set(made.scalars(select(Approval.approved_by_id)))
    roles = made.scalars(select(Grant.role).where(Grant.user_id.in_(people)))
    assert all(Permission.APPROVE_POSTS in ROLE_PERMISSIONS[Role(role)] for role in roles)


def test_the_register_lists_exactly_the_verified(made: Session) -> None:
    listed = {entry.persona.display_name for entry in register(made)}
    verified = made.scalars(
        select(Persona.display_name).where(Persona.state == PersonaState.VERIFIED)
    )
    assert listed == set(verified)
    assert len(listed) == OFFICERS + 1  # the office


def test_no_persona_was_verified_by_who_speaks_as_it(made: Session) -> None:
    for persona in made.scalars(select(Persona).where(Persona.verified_at.is_not(None))).unique():
        assert persona.verified_by_id not in {member.user_id for member in persona.members}
        assert persona.verified_by_id not in {persona.created_by_id, persona.edited_by_id}


def test_one_persona_ended_and_names_who_comes_after(made: Session) -> None:
    ended = made.scalars(select(Persona).where(Persona.state == PersonaState.ENDED)).unique().one()
    assert ended.successor is not None
    assert ended.successor.state is PersonaState.VERIFIED
    assert ended.members[0].user.state is UserState.DEPARTED


def test_a_post_of_every_state_is_there(made: Session) -> None:
    assert {post.state for post in everything(made)} == set(PostState)
    assert len([post for post in everything(made) if post.answers_id is None]) == POSTS


def test_one_draft_is_held_for_a_plate_and_its_case_waits(made: Session) -> None:
    held = select(Case).where(Case.state == CaseState.OPEN, Case.post_id.is_not(None))
    case = made.scalars(held).one()
    assert (case.categories, case.post.state) == ("personal_data", PostState.HELD)
    decide = with_permission(made, Permission.RELEASE_HOLDS, case.area_path, "personal_data")
    assert len(decide) > 1


def test_every_category_has_enough_decision_makers(made: Session) -> None:
    """A P1 needs two different people; what may never be released needs one to see it."""
    for code, category in OUTBOUND.items():
        if code in {CLEAN, NOT_SCREENED}:
            continue
        able = with_permission(made, Permission.RELEASE_HOLDS, "/1/", code)
        two = category.releasable and category.priority is Priority.P1
        assert len(able) >= (2 if two else 1), code


def test_one_warning_waits_for_an_answer(made: Session) -> None:
    waiting = [post for post in everything(made) if post.state is PostState.SUBMITTED]
    warned = [
        post
        for post in waiting
        if post.revision and screening.has_warning(screening.from_json(post.revision.verdict))
    ]
    assert len(warned) == 1
    assert warned[0].revision is not None
    assert len(waiting) > len(warned)
    assert warned[0].revision.warning_reason


def test_one_post_was_corrected_and_one_withdrawn(made: Session) -> None:
    correction = made.scalars(select(Correction)).one()
    assert correction.state is CorrectionState.APPLIED
    assert correction.post.public_revision_id == correction.revision_id
    withdrawn = [post for post in everything(made) if post.state is PostState.WITHDRAWN]
    assert [post.withdrawal_reason for post in withdrawn] == ["It said something that was wrong."]
    assert {delivery.state for delivery in withdrawn[0].deliveries} == {DeliveryState.WITHDRAWN}


def test_nothing_is_left_half_sent(made: Session) -> None:
    """A demo that begins with a delivery for a person to settle would teach the wrong thing."""
    ended = {
        DeliveryState.PUBLISHED,
        DeliveryState.WITHDRAWN,
        DeliveryState.EXPIRED,
    }
    for delivery in made.scalars(select(Delivery)).unique():
        assert delivery.channel.network == OWN
        tomorrow = delivery.state is DeliveryState.QUEUED and delivery.due_at > clock.now()
        assert tomorrow or delivery.state in ended


def test_everything_happened_in_the_past_and_over_weeks(made: Session) -> None:
    now = clock.now()
    moments = list(made.scalars(select(AuditEvent.at)))
    assert max(moments) <= now
    released = [at for at in made.scalars(select(Post.released_at)) if at is not None]
    assert max(released) - min(released) > timedelta(days=30)
    vias = set(made.scalars(select(AuditEvent.via)))
    assert vias == {"seed"}, "the trail says that these are invented"


def test_the_clock_is_right_again(seeded: Flask) -> None:
    settings: Settings = seeded.extensions["vcp_settings"]
    newest = max(path.stat().st_mtime for path in settings.site.rglob("*.html"))
    assert abs(clock.now().timestamp() - newest) < 3600


def test_images_are_there_with_words_for_who_cannot_see_them(seeded: Flask, made: Session) -> None:
    settings: Settings = seeded.extensions["vcp_settings"]
    images = [
        image for revision in made.scalars(select(Revision)).unique() for image in revision.images
    ]
    assert len({image.digest for image in images}) > 2
    for image in images:
        assert len(image.alt_text) > 20
        assert media.media_path(settings, image.digest, image.media_type).is_file()


def test_every_public_post_has_its_page_at_once(seeded: Flask, made: Session) -> None:
    site = Path(seeded.extensions["vcp_settings"].site)
    for post in everything(made):
        page = site / "posts" / post.public_id / "index.html"
        is_public = post.state in OUT and post.answers_id is None
        assert page.is_file() == is_public, post.state
    for name in ("index.html", "register/index.html", "places/index.html", "feed.atom"):
        assert (site / name).is_file(), name


def test_a_supervisor_finds_something_to_approve(made: Session) -> None:
    offered = {person.email for person in demo.known(settings()) if "Supervisor" in person.what}
    supervisor = made.scalars(select(User).where(User.email.in_(offered))).one()
    waiting = posts.awaiting_approval(made, supervisor)
    assert len(list(waiting.items)) >= 1


def test_all_staff_but_who_left_can_sign_in(made: Session) -> None:
    gone = made.scalar(select(func.count()).select_from(User).where(User.state != UserState.ACTIVE))
    assert gone == 1


@pytest.mark.parametrize("text", texts.EVERY_TEXT, ids=lambda text: text.text[:30])
def test_the_screen_finds_nothing_in_everyday_words(text: texts.Text) -> None:
    for (place, *_), spot, day in product(NEIGHBOURHOODS[::3], texts.SPOTS[::5], texts.DAYS[:1]):
        words = text.text.format(place=place, spot=spot, day=day, count=31)
        found = screen_outbound({"text": words}, context=NUMBERS)
        assert found.priority is Priority.P4, [
            (f.rule, words[f.start : f.end]) for f in found.findings
        ]


def test_officers_find_templates_to_start_from(made: Session) -> None:
    found = made.scalars(select(PostTemplate)).all()
    assert {template.name for template in found} == {"Surgery", "Bike marking", "Road closed"}
    assert all(saved_templates.names_of(template) for template in found)
