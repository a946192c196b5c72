"""Checking names and links of Bluesky, where a name is a domain."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.posts import Team
from tests.factories.public import make_public_post
from vcp.posts.models import Delivery
from vcp.residents.checking import check
from vcp.residents.site import Site, site_of
from vcp.residents.verdicts import Outcome

NAME = "harbour.carrowdale.police.example"
DID = "did:plc:abcdefghijklmnopqrstuvwx"
KEY = "3mabcdefghij2"


@pytest.fixture
def site(app: Flask, session: Session, team: Team) -> Site:
    channel = team.mastodon
    channel.network, channel.base_url = "bluesky", "https://bsky.social"
    channel.handle, channel.account_id = NAME, DID
    channel.profile_url = f"https://bsky.app/profile/{DID}"
    session.commit()
    return site_of(app)


@pytest.mark.parametrize(
    "typed",
    [
        f"@{NAME}",
        NAME,
        f" @{NAME.title()}",
        f"https://bsky.app/profile/{NAME}",
        f"bsky.app/profile/{NAME}",
        f"https://bsky.app/profile/{DID}",
        f"\uff20{NAME}",
    ],
)
def test_an_account_of_ours_is_genuine_however_it_is_pasted(
    session: Session, site: Site, typed: str
) -> None:
    found = check(session, site, typed)
    assert (found.outcome, found.name) == (Outcome.GENUINE, f"@{NAME}")


@pytest.mark.parametrize(
    "typed",
    [
        f"@{NAME.replace('o', '0')}",
        f"https://bsky.app/profile/{NAME.replace('l', 'I')}",
    ],
)
def test_a_name_that_looks_like_ours_is_no_account_of_ours(
    session: Session, site: Site, typed: str
) -> None:
    assert check(session, site, typed).outcome is Outcome.LOOKALIKE


@pytest.mark.parametrize("typed", ["@ann.example", "https://bsky.app/profile/ann.example"])
def test_other_names_are_unknown(session: Session, site: Site, typed: str) -> None:
    assert check(session, site, typed).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("who", [NAME, DID])
def test_a_link_to_a_post_is_judged_by_what_we_sent(
    session: Session, site: Site, team: Team, app: Flask, who: str
) -> None:
    both = (team.own_feed.id, team.mastodon.id)
    post = make_public_post(app, session, team, channel_ids=both)
    (delivery,) = session.query(Delivery).filter_by(post_id=post.id, channel=team.mastodon)
    delivery.remote_id = f"at://{DID}/app.bsky.feed.post/{KEY}"
    session.commit()
    link = f"https://bsky.app/profile/{who}/post/"
    assert check(session, site, link + KEY).outcome is Outcome.POST
    assert check(session, site, link + "3mzzzzzzzzzz2").outcome is Outcome.UNKNOWN_POST
