"""Checking whether a name, handle, address or link is ours."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from officer_profiles.states import PersonaState
from tests.client import Client
from tests.factories.channels import make_channel
from tests.factories.personas import grant, make_persona
from tests.factories.posts import Team
from tests.factories.public import make_public_post
from vcp.channels.states import ChannelState
from vcp.kernel import clock
from vcp.posts import service
from vcp.posts.tombstones import WithdrawalReason
from vcp.residents.checking import check
from vcp.residents.lookalikes import is_near, plain_host, resembles, skeleton
from vcp.residents.site import Site, site_of
from vcp.residents.verdicts import Outcome

SERVER = "social.carrowdale.police.example"


@pytest.fixture
def site(app: Flask, session: Session, team: Team) -> Site:
    channel = team.mastodon
    channel.base_url = f"https://{SERVER}"
    channel.handle = f"harbour_team@{SERVER}"
    channel.profile_url = f"https://{SERVER}/@harbour_team"
    given_up = make_channel(session, area=team.area, state=ChannelState.DISCONNECTED)
    given_up.handle = "oldharbour@towns.example"
    session.commit()
    return site_of(app)


def outcome(session: Session, site: Site, typed: str) -> Outcome:
    return check(session, site, typed).outcome


@pytest.mark.parametrize(
    "typed",
    [
        f"@harbour_team@{SERVER}",
        f"harbour_team@{SERVER}",
        f"  @Harbour_Team@{SERVER.upper()} ",
        f"acct:harbour_team@{SERVER}",
        f"https://{SERVER}/@harbour_team",
        f"http://{SERVER}/@harbour_team/",
        f"https://{SERVER}/users/harbour_team",
        f"{SERVER}/@harbour_team",
        f"https://towns.example/@harbour_team@{SERVER}",
        f"\uff20harbour\uff3fteam@{SERVER}",
        f"@harbour_\u200bteam@{SERVER}",
    ],
)
def test_an_account_of_ours_is_genuine_however_it_is_pasted(
    session: Session, site: Site, typed: str
) -> None:
    found = check(session, site, typed)
    assert (found.outcome, found.name) == (Outcome.GENUINE, f"@harbour_team@{SERVER}")
    assert [officer.name for officer in found.officers] == ["PC Sam Okoro"]
    assert found.since is not None


@pytest.mark.parametrize(
    "typed",
    [
        f"@harbour-team@{SERVER}",
        f"@harbourteam@{SERVER}",
        f"@harb\u043eur_team@{SERVER}",
        "@harbour_team@towns.example",
        "https://towns.example/@harbour_team",
        f"@harbour_teams@{SERVER}",
        f"@harobur_team@{SERVER}",
        f"@harbour_team_official@{SERVER}",
        "@harb0ur_tearn@towns.example",
        "@harbour_team@social.carrowdaIe.police.example".replace("I", "1"),
        "@harbour_team_support_2024@towns.example",
    ],
)
def test_a_look_alike_is_told_with_what_it_looks_like(
    session: Session, site: Site, typed: str
) -> None:
    found = check(session, site, typed)
    assert (found.outcome, found.name) == (Outcome.LOOKALIKE, f"@harbour_team@{SERVER}")


@pytest.mark.parametrize(
    "typed",
    [
        "https://carrowdale.police.example.login.example/pay",
        "https://carrowdale-police.example/",
        "http://carrowda1e.police.example",
        "https://c\u0430rrowdale.police.example/",
        "https://www.xn--crrowdale-0yh.police.example/",
        "fines@carrowdale-police-fines.example",
        "https://police-carrowdale.example",
    ],
)
def test_a_host_that_pretends_is_told(session: Session, site: Site, typed: str) -> None:
    assert outcome(session, site, typed) is Outcome.LOOKALIKE


@pytest.mark.parametrize(
    "typed",
    [
        "https://{host}/officers/{slug}/",
        "https://{host}/",
        "no-reply@{host}",
        "@harbour_team@social.{host}",
    ],
)
@pytest.mark.parametrize("change", ["ss for \u00df", "mark", "joiner", "punycode"])
def test_marks_and_letters_that_make_another_host_are_at_best_a_look_alike(
    session: Session, app: Flask, team: Team, typed: str, change: str
) -> None:
    site = site_of(app)
    site = replace(
        site,
        settings=site.settings.model_copy(
            update={
                "base_url": "https://essex.police.example",
                "mail_from": "no-reply@essex.police.example",
            }
        ),
    )
    team.mastodon.base_url = "https://social.essex.police.example"
    team.mastodon.handle = "harbour_team@social.essex.police.example"
    session.commit()
    wrong = {
        "ss for \u00df": "e\u00dfex",
        "mark": "essex\u0337",
        "joiner": "es\u200dsex",
        "punycode": "xn--eex-6ka",
    }[change]
    address = typed.format(host="essex.police.example", slug=team.persona.slug)
    assert outcome(session, site, address) not in {Outcome.LOOKALIKE, Outcome.UNKNOWN}
    other = address.replace("essex", wrong)
    assert outcome(session, site, other) is Outcome.LOOKALIKE


def test_a_name_with_letters_of_its_own_is_found_as_it_is_written(
    session: Session, site: Site, team: Team
) -> None:
    team.persona.display_name = "PC Zo\u00eb Wei\u00df"
    session.commit()
    assert outcome(session, site, "pc zoe\u0308 wei\u00df") is Outcome.NAME
    assert outcome(session, site, "PC Zo\u00eb Weiss") is Outcome.LOOKALIKE


def test_plain_letters_written_as_punycode_are_no_host_of_ours() -> None:
    assert plain_host("xn--essex-.police.example") == "xn--essex-.police.example"


@pytest.mark.parametrize(
    "typed",
    [
        "https://login.example\\@{host}/officers/{slug}",
        "https://login.example\\@{host}/",
        "https:\\\\login.example/{host}",
        "login.example\\@{host}",
        "login.example?@carrowdale.police.example",
        "login.example#@carrowdale.police.example",
        "https://login.example@{host}/officers/{slug}",
        "https://{host}@login.example/",
        "https://{host}:443@login.example/",
        "https://{host}\uff0f@login.example/",
        "{host}\uff0f@login.example",
        "https://login.example\uff3c@{host}/",
        "javascript://{host}/%0aalert(1)",
        "javascript://{host}/officers/{slug}",
        "ftp://{host}/",
        "data://{host}/",
    ],
)
def test_an_address_that_leads_elsewhere_than_it_seems_is_never_ours(
    session: Session, site: Site, team: Team, typed: str
) -> None:
    host = site.settings.base_url.partition("://")[2]
    address = typed.format(host=host, slug=team.persona.slug)
    assert outcome(session, site, address) in {Outcome.LOOKALIKE, Outcome.UNKNOWN}


@pytest.mark.parametrize(
    "typed",
    [
        "@somebody@towns.example",
        "https://news.example/article/7",
        "carrowdale-gazette.example",
        "mayor@council.example",
        "PC Norbert Nobody",
        "javascript:alert(1)",
        "https://[::1",
        "https://",
        "://",
        "@",
        "\u202e\u202e",
        "🚓🚓🚓",
    ],
)
def test_what_is_nobodys_of_ours_is_unknown(session: Session, site: Site, typed: str) -> None:
    assert outcome(session, site, typed) is Outcome.UNKNOWN


def test_an_account_that_was_given_up_is_told_with_its_end(session: Session, site: Site) -> None:
    found = check(session, site, "@oldharbour@towns.example")
    assert found.outcome is Outcome.ENDED
    assert found.until is not None


def test_officers_are_found_by_name_number_and_page(
    session: Session, site: Site, team: Team
) -> None:
    base = site.settings.base_url
    team.persona.collar_number = "4417"
    page = f"{base}/officers/{team.persona.slug}/"
    assert outcome(session, site, page) is Outcome.GENUINE
    assert outcome(session, site, "pc sam okoro") is Outcome.NAME
    assert outcome(session, site, "4417") is Outcome.NAME
    assert outcome(session, site, "PC Sam Okaro") is Outcome.LOOKALIKE
    assert outcome(session, site, "@pcsamokoro@towns.example") is Outcome.LOOKALIKE
    assert outcome(session, site, f"{base}/officers/nobody/") is Outcome.UNKNOWN
    assert outcome(session, site, f"{base}/") is Outcome.OUR_SITE
    assert outcome(session, site, "https://www.carrowdale.police.example/report") is (
        Outcome.OUR_SITE
    )
    assert outcome(session, site, "no-reply@carrowdale.police.example") is Outcome.OUR_MAIL


def test_an_officer_who_left_is_told_with_the_successor(
    session: Session, site: Site, team: Team
) -> None:
    after = make_persona(session, area=team.area, name="PC Kit Marlow")
    team.persona.state = PersonaState.ENDED
    team.persona.ended_at = clock.now() - timedelta(days=3)
    team.persona.successor_id = after.id
    session.flush()
    found = check(session, site, f"{site.settings.base_url}/officers/{team.persona.slug}/")
    assert (found.outcome, found.until) == (Outcome.ENDED, team.persona.ended_at)
    assert found.officers[0].successor is not None
    assert found.officers[0].successor.text == "PC Kit Marlow"


def test_a_post_is_genuine_withdrawn_or_unknown(
    app: Flask, session: Session, site: Site, team: Team
) -> None:
    post = make_public_post(app, session, team)
    base = site.settings.base_url
    assert outcome(session, site, f"{base}/posts/{post.public_id}/") is Outcome.POST
    assert outcome(session, site, f"{base}/posts/{post.public_id}") is Outcome.POST
    assert outcome(session, site, f"{base}/posts/nonsense/") is Outcome.UNKNOWN_POST
    service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=team.supervisor)
    assert outcome(session, site, f"{base}/posts/{post.public_id}/") is Outcome.WITHDRAWN


def test_a_post_on_a_network_is_known_by_what_we_sent(
    app: Flask, session: Session, site: Site, team: Team
) -> None:
    post = make_public_post(app, session, team, channel_ids=(team.own_feed.id, team.mastodon.id))
    (delivery,) = (d for d in post.deliveries if d.channel_id == team.mastodon.id)
    delivery.remote_id = "1122334455"
    session.commit()
    link = f"https://{SERVER}/@harbour_team/"
    assert outcome(session, site, f"{link}1122334455") is Outcome.POST
    assert outcome(session, site, f"{link}1122334455?x=1#y") is Outcome.POST
    assert outcome(session, site, f"https://{SERVER}/users/harbour_team/statuses/1122334455") is (
        Outcome.POST
    )
    found = check(session, site, f"{link}99")
    assert (found.outcome, found.name) == (Outcome.UNKNOWN_POST, f"@harbour_team@{SERVER}")
    assert outcome(session, site, f"https://{SERVER}/@harb0ur_team/1122334455") is (
        Outcome.LOOKALIKE
    )


def test_the_page_answers_without_an_account_and_keeps_nothing(
    client: Client, session: Session, site: Site
) -> None:
    page = client.get("/check")
    assert page.status_code == 200
    typed = "@harbour-team@towns.example"
    answer = client.post("/check", data={"what": typed})
    assert answer.status_code == 200
    assert "looks like it" in answer.text
    assert "bank details" in answer.text
    tables = session.execute(sql("SELECT key_sha256 FROM sign_in_try")).all()
    assert all(typed not in str(row) for row in tables)
    empty = client.post("/check", data={"what": " "})
    assert empty.status_code == 422
    assert "Paste what you want to check." in empty.text
    assert client.post("/check", data={"what": "x" * 501}).status_code == 422


def test_a_persona_shares_an_account_with_others(session: Session, site: Site, team: Team) -> None:
    other = make_persona(session, area=team.area, name="PCSO Ada Bell")
    grant(session, persona=other, channel=team.mastodon)
    session.expire_all()
    names = {one.name for one in check(session, site, f"harbour_team@{SERVER}").officers}
    assert names == {"PC Sam Okoro", "PCSO Ada Bell"}


@given(st.text(max_size=200))
def test_no_text_breaks_the_comparing(typed: str) -> None:
    skeleton(typed)
    plain_host(typed)
    assert resembles(typed, "harbour_team") in (True, False)


def test_one_fault_is_near_and_three_are_not() -> None:
    assert is_near("harbour", "harobur", 1)
    assert is_near("harbour", "harbou", 1)
    assert not is_near("harbour", "hrbuo", 1)
    assert not is_near("harbour", "haven", 2)
