"""The pages of control, as people use them: stop, lift by two, decide about what became due."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.pauses import make_force_supervisor, make_pause
from tests.factories.posts import Team, make_post, make_team
from tests.factories.users import sign_in
from vcp.kernel.settings import Settings
from vcp.posts import claiming
from vcp.posts.models import Post
from vcp.posts.pause_models import Pause, PauseScope, PersonaBudget
from vcp.posts.states import PauseState, PostState

CONTROL = "/staff/control"


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


def only_pause(session: Session) -> Pause:
    session.expire_all()
    return session.scalars(select(Pause)).one()


def test_one_press_stops_everything_and_two_people_lift_it(
    client: Client, session: Session, team: Team
) -> None:
    chief = make_force_supervisor(session)
    sign_in(client, team.supervisor)
    assert "Stop everything now" in client.get(CONTROL).text
    assert client.post(f"{CONTROL}/stop", data={}).status_code == 302
    pause = only_pause(session)
    page = client.get(CONTROL).text
    assert "Everything is stopped" in page
    assert "Stop everything now" not in page

    lift = f"{CONTROL}/{pause.id}/lift"
    sign_in(client, chief)
    assert "takes two people" in client.get(lift).text
    assert client.post(lift, data={"reason": ""}).status_code == 422
    assert client.post(lift, data={"reason": "Password changed"}).status_code == 302
    assert "That was you" in client.get(lift).text
    assert client.post(f"{CONTROL}/{pause.id}/confirm").status_code == 403
    assert only_pause(session).state is PauseState.LIFT_PROPOSED

    sign_in(client, team.administrator)
    assert "Password changed" in client.get(lift).text
    assert client.post(f"{CONTROL}/{pause.id}/confirm").status_code == 302
    assert only_pause(session).state is PauseState.LIFTED


def test_while_everything_is_stopped_every_page_says_so(
    client: Client, session: Session, team: Team
) -> None:
    sign_in(client, team.officer)
    assert "Everything is stopped" not in client.get("/staff/posts").text
    make_pause(session, team, PauseScope.EVERYTHING)
    session.commit()
    for page in ("/staff/posts", "/staff/posts/new", "/account"):
        assert "Everything is stopped" in client.get(page).text


def test_who_may_stop_everything_and_not_lift_it_is_told_who_can(
    client: Client, session: Session, team: Team
) -> None:
    make_pause(session, team, PauseScope.EVERYTHING)
    sign_in(client, team.supervisor)
    assert "You can’t lift it" in client.get(CONTROL).text
    for person in (team.officer, team.administrator):
        sign_in(client, person)
        assert "You can’t lift it" not in client.get(CONTROL).text


def test_lifting_asks_for_a_fresh_second_factor_and_stopping_does_not(
    client: Client,
    session: Session,
    team: Team,
    settings: Settings,
    clock: time_machine.Traveller,
) -> None:
    sign_in(client, team.administrator)
    for _ in range(2):  # the sign-in lives on, its second factor grows old
        clock.shift(60 * settings.idle_minutes - 60)
        client.get(CONTROL)
    assert client.post(f"{CONTROL}/stop", data={}).status_code == 302
    pause = only_pause(session)
    answer = client.post(f"{CONTROL}/{pause.id}/lift", data={"reason": "Over"})
    assert answer.status_code == 403
    assert only_pause(session).state is PauseState.IN_FORCE


def test_every_page_of_a_stopped_post_says_by_what(
    client: Client, session: Session, team: Team
) -> None:
    make_pause(session, team, PauseScope.PERSONA)
    post = make_post(session, team, state=PostState.SUBMITTED)
    assert post.revision is not None
    sign_in(client, team.supervisor)
    form = {"revision_sha256": post.revision.sha256}
    client.post(f"/staff/posts/{post.id}/approve", data=form)
    session.expire_all()
    said = "Stopped by the pause of PC Sam Okoro, set by Ada Root"
    pages = ["/staff/posts/awaiting"]  # shows what the approval said
    pages += [f"/staff/posts/{post.id}", "/staff/posts/all", "/staff/posts/coming"]
    pages += ["/staff/deliveries?state=queued", f"/staff/deliveries/{post.deliveries[0].id}"]
    for page in pages:
        assert said in client.get(page).text, page
    assert "goes out now" not in client.get("/staff/posts/awaiting").text
    assert f'href="/staff/posts/{post.id}"' in client.get(pages[-1]).text, "a way to the post"


def test_what_became_due_is_decided_on_one_page(
    client: Client, session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    pause = make_pause(session, team, PauseScope.PERSONA)
    first, second = (
        make_post(session, team, state=PostState.SCHEDULED, channel_ids=(team.mastodon.id,))
        for _ in range(2)
    )
    clock.shift(60)
    sign_in(client, team.supervisor)
    client.post(f"{CONTROL}/{pause.id}/lift", data={"reason": "Back at work"})
    assert "2 deliveries became due meanwhile" in client.get(CONTROL).text
    page = client.get(f"{CONTROL}/held").text
    ids = {post.id: str(post.deliveries[0].id) for post in (first, second)}
    assert all(row_id in page for row_id in ids.values())

    decide = f"{CONTROL}/held"
    assert client.post(decide, data={"decision": "let_go"}).status_code == 422
    bad = {"decision": "new_time", "delivery_ids": ids[first.id], "on": "2026-06-15", "at": ""}
    answer = client.post(decide, data=bad)
    assert answer.status_code == 422
    assert f'value="{ids[first.id]}"' in answer.text
    assert " checked" in answer.text

    client.post(decide, data={"decision": "let_go", "delivery_ids": ids[first.id]})
    client.post(decide, data={"decision": "cancelled", "delivery_ids": ids[second.id]})
    session.expire_all()
    assert claiming.channels_due(session) == [team.mastodon.id]
    assert session.get_one(Post, second.id).state is PostState.CANCELLED
    assert "Nothing waits here" in client.get(decide).text


def test_a_part_is_paused_from_a_list_of_ones_own(
    client: Client, session: Session, team: Team
) -> None:
    sign_in(client, team.supervisor)
    page = client.get(CONTROL).text
    assert f'value="persona:{team.persona.id}"' in page
    assert f'value="area:{team.other_area.id}"' not in page
    assert 'value="network:' not in page
    form = {"what": f"channel:{team.mastodon.id}", "why": "Repairs"}
    assert client.post(f"{CONTROL}/pause", data=form).status_code == 302
    again = client.post(f"{CONTROL}/pause", data=form)
    assert again.status_code == 422
    assert "paused already" in again.text
    sign_in(client, team.officer)
    assert "Repairs" in client.get(CONTROL).text
    assert "Stop everything now" not in client.get(CONTROL).text


def test_a_persona_is_given_a_budget_of_its_own(
    client: Client, session: Session, team: Team
) -> None:
    sign_in(client, team.supervisor)
    form = {"persona_id": str(team.persona.id), "posts_per_hour": "50", "posts_per_day": ""}
    assert client.post(f"{CONTROL}/budgets", data=form).status_code == 302
    row = session.scalars(select(PersonaBudget)).one()
    assert (row.posts_per_hour, row.posts_per_day) == (50, None)
    assert "as everybody" in client.get(f"{CONTROL}/budgets").text


def test_the_page_asks_few_questions_however_much_is_paused(
    client: Client,
    session: Session,
    team: Team,
    count_queries: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    sign_in(client, team.supervisor)
    client.get(CONTROL)
    for scope in (PauseScope.PERSONA, PauseScope.CHANNEL, PauseScope.EVERYTHING):
        make_pause(session, team, scope)
    with count_queries() as asked:
        client.get(CONTROL)
    assert len(asked) <= 20, "\n".join(asked)
