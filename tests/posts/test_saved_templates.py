"""Templates: words with gaps, saved for an area; what is made of them is a draft like any other."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import Team, make_team
from tests.factories.users import make_user, sign_in
from tests.posts.composer import only_post
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.permissions import Role
from vcp.posts import saved_templates
from vcp.posts.states import PostState
from vcp.posts.template_models import PostTemplate
from vcp.posts.words import Words

SURGERY = "Our next surgery is at {place} on {start date}. Come to {place}!"


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def save(session: Session, team: Team, text: str = SURGERY, **more: str) -> PostTemplate:
    words = Words(text, **more)  # type: ignore[arg-type]  # fields by name
    return saved_templates.add(session, team.area.id, "Surgery", words, by=team.officer)


def test_gaps_are_asked_for_once_each_in_order(session: Session, team: Team) -> None:
    template = save(session, team, content_warning="About {what}")
    assert saved_templates.names_of(template) == ["place", "start date", "what"]


def test_a_filled_template_is_a_draft_that_a_second_person_still_approves(
    session: Session, team: Team
) -> None:
    template = save(session, team, content_warning="About {what}")
    values = {"place": "the library", "start date": "Friday", "what": "nothing"}
    post = saved_templates.use(session, template.id, team.persona.id, values, by=team.officer)
    assert post.revision is not None
    assert (
        post.revision.text == "Our next surgery is at the library on Friday. Come to the library!"
    )
    assert post.revision.content_warning == "About nothing"
    assert {t.channel_id for t in post.revision.targets} == {team.own_feed.id, team.mastodon.id}
    assert post.state is PostState.DRAFT


def test_a_gap_without_a_value_stays(session: Session, team: Team) -> None:
    post = saved_templates.use(
        session, save(session, team).id, team.persona.id, {"place": "the library"}, by=team.officer
    )
    assert post.revision is not None
    assert "{start date}" in post.revision.text


@pytest.mark.parametrize("value", ["{place}", "a } b", "x" * 301, "two\nlines"])
def test_a_value_that_is_no_plain_line_is_refused(session: Session, team: Team, value: str) -> None:
    template = save(session, team)
    with pytest.raises(Invalid) as refused:
        saved_templates.use(
            session, template.id, team.persona.id, {"place": value}, by=team.officer
        )
    assert refused.value.field == "place"


@pytest.mark.parametrize(
    "text", ["", "At {}", "At {0}", "At { }", "A { alone", "A } alone", "{" + "x" * 41 + "}"]
)
def test_words_that_are_no_template_are_refused(session: Session, team: Team, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        save(session, team, text)
    assert refused.value.field == "text"


def test_a_template_is_for_its_area_those_below_and_nobody_else(
    session: Session, team: Team
) -> None:
    template = save(session, team)
    wide = saved_templates.add(
        session, team.district.id, "Wide", Words("Hello {who}"), by=team.district_supervisor
    )
    beside = make_user(session, area=team.other_area)
    assert saved_templates.in_use(session, team.officer) == [template, wide]
    assert saved_templates.in_use(session, beside) == [wide]
    verbs: list[Callable[[], object]] = [
        lambda: saved_templates.visible_to(session, template.id, beside),
        lambda: saved_templates.change(session, template.id, "X", Words("Y"), by=beside),
        lambda: saved_templates.retire(session, template.id, by=beside),
        lambda: saved_templates.change(session, wide.id, "X", Words("Y"), by=team.officer),
        lambda: saved_templates.add(session, team.district.id, "X", Words("Y"), by=team.officer),
    ]
    for verb in verbs:
        with pytest.raises(NotAllowed):
            verb()
    moderator = make_user(session, role=Role.MODERATOR, area=team.area)
    with pytest.raises(NotAllowed):
        saved_templates.visible_to(session, template.id, moderator)


def test_what_is_out_of_use_starts_nothing(session: Session, team: Team) -> None:
    template = save(session, team)
    saved_templates.retire(session, template.id, by=team.supervisor)
    assert saved_templates.in_use(session, team.officer) == []
    verbs: list[Callable[[], object]] = [
        lambda: saved_templates.retire(session, template.id, by=team.officer),
        lambda: saved_templates.use(session, template.id, team.persona.id, {}, by=team.officer),
    ]
    for verb in verbs:
        with pytest.raises(Conflict):
            verb()


def test_somebody_else_s_name_is_not_written_in(session: Session, team: Team) -> None:
    with pytest.raises(NotAllowed):
        saved_templates.use(
            session, save(session, team).id, team.persona.id, {}, by=team.supervisor
        )


def test_every_step_is_in_the_trail(session: Session, team: Team) -> None:
    template = save(session, team)
    saved_templates.change(session, template.id, "Surgeries", Words("At {place}"), by=team.officer)
    saved_templates.use(session, template.id, team.persona.id, {}, by=team.officer)
    saved_templates.retire(session, template.id, by=team.officer)
    verbs = session.scalars(
        select(AuditEvent.verb).where(AuditEvent.subject_kind == "post_template")
    )
    assert sorted(verbs) == ["add", "edit", "retire", "use"]


def test_the_pages_lead_from_a_new_template_to_a_draft(
    client: Client, session: Session, team: Team
) -> None:
    sign_in(client, team.officer)
    fields = {"name": "Surgery", "area": team.area.id, "text": SURGERY, "language": "en"}
    answer = client.post("/staff/posts/templates/add", data=fields)
    assert (answer.status_code, answer.location) == (302, "/staff/posts/templates")
    listed = client.get("/staff/posts/templates").text
    assert "{start date}" in listed
    template = session.scalars(select(PostTemplate)).one()
    page = client.get(f"/staff/posts/templates/{template.id}/use").text
    assert "Start date" in page
    answer = client.post(
        f"/staff/posts/templates/{template.id}/use",
        data={"persona": team.persona.id, "gap-1": "the library", "gap-2": "Friday"},
    )
    assert (answer.status_code, answer.location) == (
        302,
        f"/staff/posts/{only_post(session).id}/edit",
    )
    assert "the library on Friday" in client.get(answer.location).text


def test_what_is_typed_wrong_is_shown_at_its_gap(
    client: Client, session: Session, team: Team
) -> None:
    template = save(session, team)
    sign_in(client, team.officer)
    answer = client.post(
        f"/staff/posts/templates/{template.id}/use",
        data={"persona": team.persona.id, "gap-1": "the library", "gap-2": "{Friday}"},
    )
    assert answer.status_code == 422
    assert 'href="#gap-2"' in answer.text
    assert 'value="{Friday}"' in answer.text
