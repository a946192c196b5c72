"""From a draft to a scheduled post: what each step does, and what it refuses."""

from sqlalchemy.orm import Session

from tests.factories.posts import make_post, make_team
from vcp.posts.states import DeliveryState, PostState


def test_approved_post_is_scheduled_with_a_delivery_for_each_channel(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED)
    session.refresh(post)
    assert {d.channel_id for d in post.deliveries} == {team.own_feed.id, team.mastodon.id}
    assert {d.state for d in post.deliveries} == {DeliveryState.QUEUED}
