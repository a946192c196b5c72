"""A small app that shows every frame and macro with invented words; the tests read and photograph it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from flask import Flask, flash, render_template
from flask_wtf import CSRFProtect, FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovSelect, GovSubmitInput, GovTextArea, GovTextInput
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader
from wtforms import FileField, SelectField, StringField, SubmitField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from vcp.kernel.places import static_folder
from vcp.kernel.templating import configure_templates

FORCE = "Carrowdale Police"
AT = datetime(2026, 11, 26, 14, 5, tzinfo=UTC)


class Rank(StrEnum):
    """A state as the product hands it over: an enum, not its name."""

    HELD = "held"


@dataclass(frozen=True)
class Page:
    """One page of a list, shaped as the macros expect."""

    number: int
    pages: int
    total: int

    @property
    def has_prev(self) -> bool:
        """Whether there is a page before this one."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return self.number < self.pages

    def page_url(self, number: int) -> str:
        """Return the address of another page of the list."""
        return f"?page={number}"


class ComposeForm(FlaskForm):
    """Every kind of field that the product's forms use."""

    persona = SelectField("Post as", choices=[SelectChoice("1", "PC Rowan Ashby")], widget=GovSelect())
    text = TextAreaField("What do you want to say?", [InputRequired("Write the post.")], widget=GovTextArea())
    warning = StringField("Content warning (optional)", widget=GovTextInput())
    images = FileField("Images (optional)", widget=GovFileInput())
    on = StringField("Date", [InputRequired("Choose the day on which it goes out.")], widget=GovTextInput())
    at = StringField("Time", description="Local time, for example 14:30", widget=GovTextInput())
    send = SubmitField("Send for approval", widget=GovSubmitInput())


POST_STATES = (
    "draft submitted held approved scheduled released cancelled expired withdrawn "
    "publishing published partly_published failed needs_person"
).split()
OTHER_STATES = {
    "delivery": (
        "queued sending published retry_wait outcome_unknown blocked_auth failed needs_person "
        "expired cancelled withdrawn"
    ).split(),
    "case": ["open", "in_review", "disposed"],
    "handover": ["sent", "acknowledged", "overdue"],
    "persona": ["draft", "verified", "suspended", "ended"],
    "channel": ["proposed", "connected", "expiring", "blocked", "disconnected"],
}
LIMITS = [
    {"channel": "Own feed", "limit": 5000, "url_length": None},
    {"channel": "Mastodon", "limit": 500, "url_length": 23},
]
NAV = [
    {"text": "Desk", "href": "/desk", "active": False, "count": None},
    {"text": "Write", "href": "/posts/new", "active": False, "count": None},
    {"text": "Approvals", "href": "/approvals", "active": True, "count": 7},
    {"text": "Held", "href": "/cases", "active": False, "count": 2},
    {"text": "Coming", "href": "/coming", "active": False, "count": None},
    {"text": "Personas", "href": "/personas", "active": False, "count": None},
    {"text": "Channels", "href": "/channels", "active": False, "count": 0},
    {"text": "Trail", "href": "/trail", "active": False, "count": None},
]
PLATE = {
    "rule": "identifier.plate",
    "category": "vehicle",
    "priority": 2,
    "words": "AB12 CDE",
    "why": "A registration number points to one person.",
    "advice": "Take it out, or describe the car by make and colour.",
}
CHILD = {
    "rule": "child.named",
    "category": "child",
    "priority": 1,
    "words": "nine-year-old Jo",
    "why": "A child must not be recognisable.",
    "advice": "Leave out the age and the name.",
}
PIECES = [
    {"text": "A blue van, ", "finding": None},
    {"text": "AB12 CDE", "finding": PLATE},
    {"text": ", was left outside the school.\nThank you to ", "finding": None},
    {"text": "nine-year-old Jo", "finding": CHILD},
    {"text": " <b>who</b> rang us.", "finding": None},
]
TEXT = "Bike marking this Saturday, 10 to 12, Market Square.\nMore at https://police.example/bikes <script>alert(1)</script>"
PICTURE = {"url": "/static/images/icon-512.png", "alt": "A shield with a tick", "width": 512, "height": 512}
PREVIEW = {
    "channel": "Mastodon, @northgate",
    "name": "PC Rowan Ashby",
    "handle": "@northgate@social.example",
    "text": TEXT,
    "language": "en",
    "content_warning": "Theft",
    "images": [PICTURE],
    "length": 521,
    "limit": 500,
}
POST = {
    "url": "/posts/1/",
    "name": "PC Rowan Ashby",
    "officer_url": "/officers/rowan-ashby/",
    "text": TEXT,
    "language": "en",
    "images": [PICTURE],
    "published_at": AT,
    "elsewhere": [{"text": "On Mastodon", "href": "https://social.example/@northgate/1"}],
}
POSTS = [
    POST,
    {**POST, "content_warning": "Knife crime", "corrected_at": AT, "correction_note": "The street was wrong."},
    {**POST, "withdrawn_at": AT, "withdrawal_reason": "It named the wrong road."},
]
OFFICERS = [
    {"url": "/officers/a/", "name": "PC Rowan Ashby", "rank": "Constable", "place": "Northgate", "is_verified": True},
    {"url": "/officers/b/", "name": "PCSO Mei Tarn", "place": "Canal side", "is_verified": True, "summary": "Mondays and Thursdays at the library."},
    {"url": "/officers/c/", "name": "Sgt Imran Vale", "rank": "Sergeant", "place": "Northgate", "is_verified": False},
]


def local_time(at: datetime, zone: ZoneInfo | None = None) -> str:
    """Return a time as people say it, with its zone."""
    return f"{at.astimezone(zone or ZoneInfo('Europe/London')):%d %b %Y, %H:%M %Z}"


def make_app(mode: str = "demo") -> Flask:
    """Return the app; it has the product's templates and nothing else of the product."""
    app = Flask(__name__, static_folder=str(static_folder()), static_url_path="/static")
    app.config.update(SECRET_KEY="only for these tests", TESTING=True)
    CSRFProtect(app)
    configure_templates(app)
    loaders: list[BaseLoader] = [FileSystemLoader(Path(__file__).parent / "pages")]
    if app.jinja_loader:
        loaders.append(app.jinja_loader)
    app.jinja_loader = ChoiceLoader(loaders)
    app.add_template_filter(local_time, "localtime")
    app.add_template_filter(datetime.isoformat, "isoformat")
    app.context_processor(lambda: {"force_name": FORCE, "mode": mode})
    me = SimpleNamespace(display_name="PC Rowan Ashby")

    @app.route("/compose", methods=["GET", "POST"])
    def compose() -> tuple[str, int]:
        form = ComposeForm()
        valid = form.validate_on_submit() or not form.is_submitted()
        page = render_template(
            "compose.html", me=me, nav=NAV, form=form, found=[PLATE, CHILD], pieces=PIECES,
            previews=[PREVIEW], limits=json.dumps(LIMITS),
        )
        return page, 200 if valid else 422

    @app.get("/list")
    def listed() -> str:
        flash("Approved. It goes out at 14:30.", "success")
        flash("That did not work: the channel is blocked.", "error")
        return render_template(
            "list.html", me=me, nav=NAV, at=AT, page=Page(4, 9, 171), post_states=POST_STATES,
            other_states=OTHER_STATES,
        )

    @app.get("/public")
    def public() -> str:
        return render_template("public.html", posts=POSTS, officers=OFFICERS, section="officers", report_url="/report")

    @app.get("/error/<int:status>")
    def error(status: int) -> str:
        return render_template("errors/error.html", status=status, reference="5f0c2a")

    return app
