"""Checking names and links of X, where a name has no server behind it."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.posts import Team
from tests.factories.public import make_public_post
from vcp.posts.models import Delivery
from vcp.residents.checking import check
from vcp.residents.site import Site, site_of
from vcp.residents.verdicts import Outcome

POST_ID = "2125828024652791808"


@pytest.fixture
def site(app: Flask, session: Session, team: Team) -> Site:
    channel = team.mastodon
    channel.network, channel.base_url = "x", "https://api.x.com"
    channel.handle, channel.account_id = "CarrowdaleHarbour", "1000236528342541285"
    channel.profile_url = "https://x.com/CarrowdaleHarbour"
    session.commit()
    return site_of(app)


@pytest.mark.parametrize(
    "typed",
    [
        "https://x.com/CarrowdaleHarbour",
        "x.com/carrowdaleharbour/",
        "https://twitter.com/CarrowdaleHarbour?lang=en",
        "https://mobile.twitter.com/carrowdaleharbour",
        "@CarrowdaleHarbour@x.com",
    ],
)
def test_an_account_of_ours_is_genuine_however_it_is_pasted(
    session: Session, site: Site, typed: str
) -> None:
    found = check(session, site, typed)
    assert (found.outcome, found.name) == (Outcome.GENUINE, "@CarrowdaleHarbour")


def test_a_name_alone_may_be_ours_or_a_copy_elsewhere(session: Session, site: Site) -> None:
    assert check(session, site, "@CarrowdaleHarbour").outcome is Outcome.NAME


@pytest.mark.parametrize(
    "typed",
    [
        "https://x.com/CarrowdaIeHarbour",
        "https://x.com/Carr0wdaleHarbour/status/1",
        "@carrowda1eharbour",
    ],
)
def test_a_name_that_looks_like_ours_is_no_account_of_ours(
    session: Session, site: Site, typed: str
) -> None:
    assert check(session, site, typed).outcome is Outcome.LOOKALIKE


def test_our_name_on_another_network_is_not_ours(session: Session, site: Site) -> None:
    found = check(session, site, "@CarrowdaleHarbour@social.example")
    assert found.outcome is Outcome.LOOKALIKE


@pytest.mark.parametrize(
    "typed", ["https://x.com/ann", "https://x.com/ann/status/5", "https://x.com/i"]
)
def test_others_are_unknown(session: Session, site: Site, typed: str) -> None:
    assert check(session, site, typed).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("who", ["CarrowdaleHarbour", "i"])
def test_a_link_to_a_post_is_judged_by_what_we_sent(
    session: Session, site: Site, team: Team, app: Flask, who: str
) -> None:
    both = (team.own_feed.id, team.mastodon.id)
    post = make_public_post(app, session, team, channel_ids=both)
    (delivery,) = session.query(Delivery).filter_by(post_id=post.id, channel=team.mastodon)
    delivery.remote_id = POST_ID
    session.commit()
    link = f"https://x.com/{who}/status/"
    assert check(session, site, link + POST_ID).outcome is Outcome.POST
    assert check(session, site, f"{link}{POST_ID}/photo/1?s=20").outcome is Outcome.POST
    assert check(session, site, f"{link}99").outcome is Outcome.UNKNOWN_POST
