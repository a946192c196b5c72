"""Any mixture of hostile words stays words, on the officers' page and on the resident's."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.contacts import make_message
from tests.factories.posts import Team, make_team
from tests.factories.users import sign_in
from tests.hostile import ADDRESSES, Markup, corpus, families
from vcp.kernel.settings import Settings
from vcp.kernel.visible import web_link
from vcp.residents import asking

PIECES = st.sampled_from([text[:200] for text in corpus()])
MIXED = st.lists(PIECES | st.text(max_size=8), min_size=1, max_size=6).map("".join)
#: As the adapters give it: PostgreSQL can't store NUL.
STORED = MIXED.map(lambda text: text.replace("\0", ""))
SHOWN = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@SHOWN
@given(text=STORED, link=st.sampled_from([one[:500] for one in families()[ADDRESSES]]))
def test_no_mixture_acts_on_the_officers_page(
    client: Client, session: Session, team: Team, text: str, link: str
) -> None:
    message = make_message(
        session,
        team,
        text=text,
        display_name=text[:300],
        content_warning=text,
        url=link,
        media=[{"kind": text[:20], "description": text, "url": link}],
        for_contact={"display_name": text[:300], "summary": text, "place": text[:300]},
    )
    sign_in(client, team.officer)
    for path in ("/staff/contacts", f"/staff/contacts/{message.contact_id}"):
        page = client.get(path)
        assert page.status_code == 200
        assert not Markup(page.text).faults


@SHOWN
@given(text=MIXED)
def test_no_mixture_acts_on_the_residents_page(
    client: Client, session: Session, settings: Settings, team: Team, text: str
) -> None:
    form = asking.opened(settings.signing_keys(), asking.new_form(settings.signing_keys()))
    assert form is not None
    to = asking.whom(session, officer=team.persona.slug)
    asking.receive(session, form, to, text=text, name=text[:80])
    for page in (
        client.get(f"/asked/{form.secret}"),
        client.post("/check", data={"what": text}),
        client.post("/ask", data={"text": "", "name": text}),
    ):
        assert page.status_code in {200, 422, 429}
        assert not Markup(page.text).faults


@pytest.mark.parametrize(
    "path",
    [
        "/ask?officer=%00",
        "/ask?place=%00x",
        "/asked/%00",
        "/staff/contacts?q=%00",
        "/staff/contacts?q=%F0%9F%9A%93%25_%5C",
        "/staff/contacts?category=%00&lane=%00&area=%00&state=%00&whose=%00&page=%00",
        "/staff/contacts?area=99999999999999999999",
    ],
)
def test_no_address_breaks_a_page(client: Client, team: Team, path: str) -> None:
    sign_in(client, team.officer)
    assert client.get(path).status_code in {200, 404}


@pytest.mark.parametrize("end", ["/officers/%00/", "/posts/%00/", "/@a/%00", "/@%00"])
def test_no_address_breaks_the_check(
    client: Client, settings: Settings, team: Team, end: str
) -> None:
    del team
    for host in (settings.base_url, "http://127.0.0.1:8900"):
        assert client.post("/check", data={"what": host + end}).status_code == 200


@pytest.mark.parametrize("text", families()[ADDRESSES])
def test_what_is_shown_as_a_link_leads_to_the_web(text: str) -> None:
    link = web_link(text)
    assert link is None or link.startswith(("http://", "https://"))
