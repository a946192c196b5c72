"""Every page, in every state that it has: by axe on a phone and on a desk, and never sideways."""

from urllib.parse import urlencode

import pytest
from flask import Flask, template_rendered
from jinja2 import Template
from sqlalchemy import delete, update
from werkzeug.test import TestResponse

from tests.factories.users import PASSWORD, code_now
from tests.pages.looking import Looking
from tests.pages.scene import Scene
from tests.pages.visiting import Visit
from tests.pages.visits import BUTTONS, NOT_PAGES, VISITS
from tests.security.steps import USUAL
from tests.users.pages import hidden
from vcp.kernel.db import transaction
from vcp.kernel.places import folder
from vcp.kernel.settings import Settings
from vcp.users.models import SignInTry, User

Scenes = dict[str, Scene]

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True)
def forget_tries(scenes: Scenes) -> None:
    """A fast machine signs in more often a minute than people may, and twice with one code."""
    for scene in scenes.values():
        with scene.app.app_context(), transaction() as current:
            current.execute(delete(SignInTry))
            current.execute(update(User).values(last_totp_step=0))


def fetch(scenes: Scenes, visit: Visit) -> TestResponse:
    """Ask for this page as its person; a form is sent as a browser would."""
    scene = scenes[visit.scene]
    address, method = address_of(scene, visit), "GET" if visit.fields is None else "POST"
    data = {name: text.format_map(scene.things) for name, text in (visit.fields or {}).items()}
    scene.sign_in(visit.who)
    return scene.client.open(address, method=method, data=data or None)


def address_of(scene: Scene, visit: Visit) -> str:
    """Return the path of the page, with the ids that its state asks for."""
    method = "GET" if visit.fields is None else "POST"
    (rule,) = (
        rule
        for rule in scene.app.url_map.iter_rules(visit.endpoint)
        if method in (rule.methods or ())
    )
    wanted = {gap: visit.gaps.get(gap, USUAL.get(gap, "")) for gap in rule.arguments}
    values = {gap: scene.things.get(name, name) for gap, name in wanted.items()}
    path = scene.app.url_map.bind("vcp.test").build(visit.endpoint, values, method=method)
    query = {name: scene.things.get(text, text) for name, text in visit.query.items()}
    return f"{path}?{urlencode(query)}" if query else path


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.name)
def test_page_can_be_used_by_everybody(scenes: Scenes, looking: Looking, visit: Visit) -> None:
    scene = scenes[visit.scene]
    answer = fetch(scenes, visit)
    assert answer.status_code == visit.status, answer.text[-2000:]
    path = address_of(scene, visit).split("?", maxsplit=1)[0]
    settings: Settings = scene.app.extensions["vcp_settings"]
    faults = looking.faults(path, answer.text, settings.media)
    assert not faults, "\n".join(faults)


def test_every_page_and_every_form_is_visited(app: Flask) -> None:
    """A new page, or a new form, is looked at from its first day."""
    pages, forms = set(), set()
    for rule in app.url_map.iter_rules():
        pages |= {rule.endpoint} if "GET" in (rule.methods or ()) else set()
        forms |= {rule.endpoint} if "POST" in (rule.methods or ()) else set()
    shown = {visit.endpoint for visit in VISITS if visit.fields is None}
    sent = {visit.endpoint for visit in VISITS if visit.fields is not None}
    assert shown == pages - NOT_PAGES
    assert sent == forms - BUTTONS
    assert forms >= BUTTONS


def test_every_template_of_a_staff_page_is_looked_at(scenes: Scenes) -> None:
    seen: set[str] = set()

    def note(sender: Flask, template: Template, **_: object) -> None:
        del sender
        seen.add(template.name or "")

    with template_rendered.connected_to(note):
        for visit in VISITS:
            fetch(scenes, visit)
    # One is shown on the way in, see below; the other is rendered outside of requests, too.
    seen |= {"users/resend.html", "errors/error.html"}
    root = folder("templates")
    there = {path.relative_to(root).as_posix() for path in root.glob("*/*.html")}
    pages = {name for name in there if not name.startswith(("macros/", "site/"))}
    assert {name for name in pages if "/_" not in name} - seen == set()


def test_page_that_sends_on_what_was_typed_can_be_used(scenes: Scenes, looking: Looking) -> None:
    """Shown once, after signing in on the way to a form that was sent signed out."""
    scene = scenes["full"]
    settings: Settings = scene.app.extensions["vcp_settings"]
    (sent,) = (visit for visit in VISITS if visit.state == "sign in first")
    ticket = hidden(fetch(scenes, sent).text, "factor_resend")
    typed = {"email": scene.things["user_email"], "password": PASSWORD, "code": code_now()}
    answer = scene.client.post("/sign-in", data={**typed, "factor_resend": ticket, "text": "Kept."})
    assert "Kept." in answer.text
    assert looking.faults("/sign-in", answer.text, settings.media) == []


def test_public_pages_can_be_used_by_everybody(scenes: Scenes, looking: Looking) -> None:
    """As they lie in the folder; `tests/residents` looks at more of their states."""
    faults = []
    for name, scene in scenes.items():
        settings: Settings = scene.app.extensions["vcp_settings"]
        files = sorted(settings.site.rglob("*.html"))
        assert files
        kinds = {path.relative_to(settings.site).parts[0]: path for path in files}
        for path in kinds.values():
            html = path.read_text(encoding="utf-8")
            found = looking.faults(f"/{path.relative_to(settings.site)}", html, settings.media)
            faults += [f"{name} {path.name}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)
