"""What residents send to do harm, on every page that shows it, in Chromium under our own CSP."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Dialog, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import desks, handing_over
from moderation.models import Case, Desk
from tests.browser import DESK, PHONE, serve, watch
from tests.factories.contacts import make_contact, make_message
from tests.factories.posts import Team, make_team
from tests.factories.users import cookie_of, make_user
from tests.hostile import ADDRESSES, WAYS_OUT, Markup, corpus, families
from vcp.contacts.models import (
    Arrival,
    ArrivalKind,
    ChangeKind,
    Contact,
    ContactKind,
    Message,
    MessageChange,
    Note,
)
from vcp.kernel import clock
from vcp.kernel.mail import Mail
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.residents import asking
from vcp.users.access import open_sign_in
from vcp.users.models import User

pytestmark = [pytest.mark.network, pytest.mark.in_a_browser, pytest.mark.timeout(600)]

#: What the document itself says after the browser has read the page.
LOOK = """() => {
  const bad = window.ran ? ['a script ran'] : [];
  const never = ['IFRAME','OBJECT','EMBED','APPLET','BASE','PORTAL','MATH','MARQUEE','VIDEO',
                 'AUDIO','STYLE','TEMPLATE'];
  for (const e of document.querySelectorAll('*')) {
    if (never.includes(e.tagName)) bad.push('element ' + e.tagName);
    for (const a of e.attributes)
      if (/^(on|hx-on|srcdoc)/.test(a.name) || (a.name === 'formaction' && a.value[0] !== '/'))
        bad.push('attribute ' + a.name);
    if (e.tagName === 'SCRIPT' && !e.src.startsWith(location.origin + '/static/'))
      bad.push('script ' + e.outerHTML.slice(0, 80));
    if (e.tagName === 'A' && e.hasAttribute('href')
        && !['http:', 'https:', 'tel:'].includes(e.protocol)) bad.push('link to ' + e.protocol);
    const to = e.getAttribute('action') || '';
    if (e.tagName === 'FORM' && new URL(to, location.href).origin !== location.origin)
      bad.push('form to ' + to);
  }
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) bad.push('scrolls sideways to ' + root.scrollWidth);
  return bad;
}"""
A_CONTACT = 12


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def contacts(session: Session, team: Team) -> list[Contact]:
    """All of the corpus, in every field that a resident fills."""
    links = families()[ADDRESSES]
    made = []
    # As the adapters give it: PostgreSQL can't store NUL.
    everything = [text.replace("\0", "") for text in corpus()]
    for number, start in enumerate(range(0, len(everything), A_CONTACT)):
        texts = everything[start : start + A_CONTACT]
        name = texts[number % len(texts)]
        is_urgent = number % 2 == 0
        contact = make_contact(
            session,
            team,
            handle=f"{name[:250]}@{number}.example",
            display_name=name[:300],
            category="crime_report" if is_urgent else "asb_service_request",
            priority="P3" if is_urgent else "P4",
            summary=name,
            place=name[:300],
            reason=name,
        )
        made.append(contact)
        for place, text in enumerate(texts):
            _hostile_message(session, team, contact, text, links[(number + place) % len(links)])
        session.add(
            Note(
                contact_id=contact.id,
                written_by_id=team.officer.id,
                written_at=clock.now(),
                text=name,
            )
        )
    for text in (text.replace("\0", "") for text in families()[WAYS_OUT]):
        make_contact(
            session,
            team,
            kind=ContactKind.VISIT,
            display_name=text[:300],
            summary=text,
            place=text[:300],
        )
    session.commit()
    return made


def _hostile_message(
    session: Session, team: Team, contact: Contact, text: str, link: str
) -> Message:
    message = make_message(
        session,
        team,
        contact=contact,
        text=text,
        content_warning=text,
        handle=text[:300],
        display_name=text[:300],
        language=text[:35],
        url=link[:500],
        profile_url=link[:500],
        media=[{"kind": "image", "description": text, "url": link}],
        category=contact.category,
        priority=contact.priority,
    )
    arrival = Arrival(
        channel_id=message.channel_id,
        kind=ArrivalKind.EDIT,
        remote_id=message.remote_id,
        payload=json.dumps({}),
        received_at=clock.now(),
        handled_at=clock.now(),
    )
    session.add(arrival)
    session.flush()
    session.add(
        MessageChange(
            message_id=message.id,
            arrival_id=arrival.id,
            kind=ChangeKind.EDITED,
            at=clock.now(),
            text=text,
        )
    )
    return message


@pytest.fixture
def secrets(app: Flask, session: Session, settings: Settings, team: Team) -> list[str]:
    """What was asked on our site, by the secrets under which it is found."""
    keys = settings.signing_keys()
    found = []
    for text in corpus():
        form = asking.opened(keys, asking.new_form(keys))
        assert form is not None
        to = asking.whom(session, officer=team.persona.slug)
        asking.receive(session, form, to, text=text, name=text[:80])
        found.append(form.secret)
    session.commit()
    return found


@pytest.fixture
def origin(app: Flask) -> Iterator[str]:
    with serve(app) as address:
        yield address


class Looker:
    """Looks at one page after the other, on a phone and on a desk, and keeps what is wrong."""

    def __init__(self, browser: Browser, app: Flask, origin: str) -> None:
        self.context = browser.new_context(viewport=PHONE)
        self.app, self.origin = app, origin
        self.page: Page = self.context.new_page()
        self.page.on("dialog", self._dialog)
        self.told = watch(self.page, origin)
        self.faults: list[str] = []

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def signs_in(self, session: Session, settings: Settings, user: User) -> None:
        token = open_sign_in(session, settings, user, browser="Test")[1]
        session.commit()
        serializer = self.app.session_interface.get_signing_serializer(  # type: ignore[attr-defined]  # Flask's own
            self.app
        )
        cookie = {"name": "vcp", "value": serializer.dumps(cookie_of(token)), "url": self.origin}
        self.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict of playwright

    def looks_at(self, path: str) -> None:
        answer = self.page.goto(f"{self.origin}{path}", wait_until="load")
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        self.faults += [f"{path}: {fault}" for fault in Markup(answer.text()).faults]
        self.checks(path)

    def checks(self, path: str) -> None:
        for window in (PHONE, DESK):
            self.page.set_viewport_size(window)
            self.faults += [f"{path}: {fault}" for fault in self.page.evaluate(LOOK)]

    def ends(self) -> None:
        self.context.close()
        wrong = [*dict.fromkeys(self.faults), *self.told()]
        assert not wrong, "\n".join(wrong[:40])


@pytest.mark.usefixtures("contacts")
def test_staff_pages_show_what_was_said_and_nothing_of_it_acts(
    app: Flask, session: Session, settings: Settings, team: Team, browser: Browser, origin: str
) -> None:
    paths = [f"/staff/contacts?page={number}" for number in range(1, 4)]
    paths += [f"/staff/contacts/{one}" for one in session.scalars(select(Contact.id))]
    paths += ["/staff/cases", "/staff/figures"]
    paths += [f"/staff/cases/{one}" for one in session.scalars(select(Case.id).limit(8))]
    ids = session.scalars(select(Message.id).where(Message.id % 6 == 0))
    paths += [f"/staff/posts/answers/{one}" for one in ids]
    looker = Looker(browser, app, origin)
    supervisor = make_user(session, role=Role.SUPERVISOR, area=team.area)
    looker.signs_in(session, settings, supervisor)
    for path in [path for path in paths if "answers" not in path]:
        looker.looks_at(path)
    looker.signs_in(session, settings, team.officer)
    for path in [path for path in paths if "answers" in path]:
        looker.looks_at(path)
    looker.ends()


@pytest.mark.usefixtures("contacts")
def test_searching_for_it_shows_it_back_harmless(
    app: Flask, session: Session, settings: Settings, team: Team, browser: Browser, origin: str
) -> None:
    looker = Looker(browser, app, origin)
    looker.signs_in(session, settings, team.officer)
    for text in families()[WAYS_OUT][::3]:
        looker.page.goto(f"{origin}/staff/contacts?category=crime_report")
        looker.page.get_by_label("Words, or a handle").fill(text[:200])
        with looker.page.expect_navigation():
            looker.page.get_by_role("button", name="Show").click()
        looker.checks(f"search for {text[:40]!r}")
    looker.ends()


def test_residents_pages_show_it_to_its_writer_harmless(
    app: Flask, secrets: list[str], browser: Browser, origin: str
) -> None:
    looker = Looker(browser, app, origin)
    for secret in secrets[::2]:
        looker.looks_at(f"/asked/{secret}")
    for path, label, button in (
        ("/ask", "What shall we call you? (optional)", "Send"),
        ("/check", "A name, handle, address or link", "Check"),
    ):
        for text in families()[WAYS_OUT][::4]:
            looker.page.goto(f"{origin}{path}")
            looker.page.get_by_label(label).fill(text)
            with looker.page.expect_navigation():
                looker.page.get_by_role("button", name=button, exact=True).click()
            looker.checks(f"{path} with {text[:40]!r}")
    looker.ends()


@pytest.mark.usefixtures("contacts")
def test_a_desk_and_its_mails_show_it_harmless(
    app: Flask, session: Session, settings: Settings, team: Team, browser: Browser, origin: str
) -> None:
    desks.ensure_defaults(session, {"control_room": "room@carrowdale.police.example"})
    room = session.scalars(select(Desk).where(Desk.code == "control_room")).one()
    moderator = make_user(session, role=Role.MODERATOR, area=team.area)
    links = []
    for case_id, text in zip(session.scalars(select(Case.id)), corpus()[::13], strict=False):
        handing_over.hand_over(session, case_id, room.id, text, by=moderator)
        body = session.scalars(select(Mail.body).order_by(Mail.id.desc())).first() or ""
        links.append((body.partition("/acknowledge/")[2].split()[0], text))
    session.commit()
    looker = Looker(browser, app, origin)
    for token, text in links:
        looker.looks_at(f"/acknowledge/{token}")
        looker.page.get_by_label("Your name, or who takes it").fill(text[:100])
        with looker.page.expect_navigation():
            looker.page.get_by_role("button", name="We have it").click()
        looker.checks(f"acknowledged by {text[:40]!r}")
    looker.signs_in(session, settings, make_user(session, role=Role.ADMINISTRATOR))
    looker.looks_at("/staff/mails")
    looker.signs_in(session, settings, make_user(session, role=Role.AUDITOR))
    looker.looks_at("/staff/trail")
    looker.ends()
